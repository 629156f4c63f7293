#!/bin/bash
# Boots a real systemd over the host's files, in namespaces of its own; the host's files stay as they
# are. Run as root:
#
#   unshare --pid --fork --mount --uts --ipc --cgroup --kill-child Tests/System/boot-system.sh FOLDER
#
# FOLDER is an empty folder; FOLDER/root is the system's root, a tmpfs over /. FOLDER/files, if it
# exists, is copied into that root before systemd starts. The network is the host's.
set -euo pipefail
folder=${1:?usage: boot-system.sh FOLDER}
root=$folder/root

mount --make-rprivate /
mkdir -p "$folder/layers" "$root"
mount -t tmpfs -o mode=0755 tmpfs "$folder/layers"
mkdir "$folder/layers/upper" "$folder/layers/work"
mount -t overlay overlay "$root" \
  -o "lowerdir=/,upperdir=$folder/layers/upper,workdir=$folder/layers/work"

mkdir -p "$root"/{proc,sys,dev,run,tmp}
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
for device in null zero full random urandom tty; do cp -a "/dev/$device" "$root/dev/"; done
for camera in /dev/video*; do
  if [[ -c $camera ]]; then
    cp -a "$camera" "$root/dev/"
    # As udev does it.
    chgrp video "$root$camera" && chmod 660 "$root$camera"
  fi
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

# Only what the service's unit asks for is started: no mounts, consoles, devices or services of the host.
units=$root/etc/systemd/system
rm -rf "$units" && mkdir -p "$units"
printf '' > "$root/etc/fstab"
printf '[Unit]\nDescription=Nothing but the journal\nRequires=systemd-journald.service\nAfter=systemd-journald.service\n' \
  > "$units/bare.target"
ln -s bare.target "$units/default.target"
rm -f "$root/etc/machine-id" && systemd-id128 new > "$root/etc/machine-id"
rm -rf "$root/var/log/journal"
if [[ -d $folder/files ]]; then
  cp -a "$folder/files/." "$root/"
  # The copy brings the rights of a temporary folder.
  chmod 755 "$root"
fi

# Not by chroot: in one the kernel makes no user namespaces, which the unit's PrivateUsers= needs.
cd "$root"
mkdir -p "$root/.host"
pivot_root . .host
umount -l /.host
rmdir /.host
exec env -i container=landmarkd-tests PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --show-status=no --log-target=journal --log-level=notice
