# Inside the new chroot: installs LAVA and what its jobs need.   $1 the release to prefer, as apt names it
set -eu
apt-get update
apt-get install -y --no-install-recommends -t "$1" \
    lava-server lava-dispatcher postgresql qemu-system-x86 busybox-static cpio git xz-utils zstd unzip procps
apt-get clean
