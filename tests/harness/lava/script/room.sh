# First process of a room: shows a chroot in a private view of the file system, says its process id, and then lives
# for as long as somebody holds the other end of its standard input. The kernel ends all other processes of the room
# with it. As the first process of its process namespace it must be bash, which buries children it has adopted.
#   $1 the chroot   $2 an empty folder for the view, or nothing to write to the chroot itself   $3 a folder for logs, or nothing
set -eu
root=$1 view=$2 logs=$3
read -r pid _ </proc/self/stat # this /proc is still that of the host, and so is the number
if [ -n "$view" ]; then
    mount -t tmpfs -o mode=755 lavafed "$view"
    mkdir "$view/changes" "$view/work" "$view/root"
    mount -t overlay -o "lowerdir=$root,upperdir=$view/changes,workdir=$view/work" overlay "$view/root"
    root=$view/root
fi
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
[ -z "$logs" ] || mount --bind "$logs" "$root/var/log/lava-server"
exec chroot "$root" /bin/bash -c 'cd /; echo "$0"; read -r _' "$pid"
