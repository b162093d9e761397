# Inside the chroot, once: /srv/lavafed/vmlinuz and initramfs.cpio.gz, which a QEMU without KVM boots in some two seconds.
# Debian's cloud kernel has all it needs built in, so the file system is busybox, a link per command and a start script.
set -eu
out=/srv/lavafed
work=$(mktemp -d)
mkdir -p "$out"
cd "$work"
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
apt-get -o APT::Sandbox::User=root download "$kernel"
dpkg-deb -x linux-image-*.deb kernel
cp kernel/boot/vmlinuz-* "$out/vmlinuz"

mkdir -p fs/bin fs/dev fs/etc fs/proc fs/root fs/sys fs/tmp
cp /bin/busybox fs/bin/
for command in $(/bin/busybox --list); do
    [ "$command" = busybox ] || ln -s busybox "fs/bin/$command"
done
cat >fs/init <<'EOF'
#!/bin/sh
export PATH=/bin HOME=/root
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
dmesg -n 3
cd /
while true; do setsid cttyhack sh -l; done
EOF
echo "PS1='lavafed-qemu:# '" >fs/etc/profile
chmod 755 fs/init
(cd fs && find . | cpio -o -H newc --quiet) | gzip -9 >"$out/initramfs.cpio.gz"
chmod 644 "$out"/*
rm -rf "$work"
