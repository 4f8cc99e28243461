#!/bin/busybox sh
# shellcheck shell=dash
# The guest's first process, in the initial root: puts the machine's root, read-only over virtiofs, below a tmpfs and makes
# that the root. cgroup2 is the only hierarchy. Whatever fails here ends the guest, with what was said on its console.
set -eu

bb() { /bin/busybox "$@"; }
trap 'bb echo "guest: init failed"; bb sync; bb poweroff -f' EXIT

bb mkdir -p /proc /sys /dev /host /above /root
bb mount -t proc proc /proc
bb mount -t sysfs sysfs /sys
bb mount -t devtmpfs dev /dev
while read -r module; do
  bb insmod "/modules/$module"
done </modules/order

bb mount -t virtiofs -o ro host /host
bb mount -t tmpfs -o mode=755 above /above
bb mkdir /above/upper /above/work
bb mount -t overlay -o lowerdir=/host,upperdir=/above/upper,workdir=/above/work root /root

for name in proc sys dev; do bb mount --move /$name /root/$name; done
bb mount -t cgroup2 cgroup2 /root/sys/fs/cgroup
bb mkdir -p /root/dev/pts /root/dev/shm
bb mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /root/dev/pts
bb mount -t tmpfs -o mode=1777 shm /root/dev/shm
bb mount -t tmpfs -o mode=755 run /root/run
# An overlay's own upper directory cannot be on an overlay: what tests make is on a tmpfs.
bb mkdir /root/run/guest
bb mount -t tmpfs -o mode=1777 tmp /root/run/guest
# What programs on the machine keep of theirs is nothing to the guest's; and it changes while they run.
bb mkdir -p /root/var/lib/cofferdam
bb mount -t tmpfs -o mode=755 kept /root/var/lib/cofferdam
bb ip link set lo up
bb hostname guest
bb cp /job /root/run/job

trap - EXIT
exec /bin/busybox switch_root /root /bin/sh -c '. /run/job'
