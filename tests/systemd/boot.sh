#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# boot.sh ROOT DIR - systemd as the first process of a machine of its own: its
# own processes, mounts, network, cgroups and names, with ROOT below and what
# it writes in DIR.  To be run by unshare --mount --pid --fork --net --cgroup
# --ipc --uts, in the cgroup it is to have; container.py does that.
set -e
root=$1
dir=$2
mount --make-rprivate /
mount -t overlay overlay \
    -o "lowerdir=$root,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
cd "$dir/root"
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null zero full random urandom tty; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
ip link set lo up
hostname umbel-test
pivot_root . mnt
cd /
umount -l /mnt
# As nspawn does it: systemd hands credentials on by mounts.
mount --make-rshared /
exec env -i container=umbel PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --show-status=0
