#!/bin/sh
# Runs once inside the freshly bootstrapped image: everything that all nodes of every lab share.
set -eu

rm -f /etc/ssh/ssh_host_*
for unit in mariadb.service mariadb.socket nginx.service keepalived.service; do
  [ ! -e "/lib/systemd/system/$unit" ] || systemctl --quiet disable "$unit"
done

# What a server does by the clock only costs the machine that runs ten of them.
systemctl --quiet mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  systemd-tmpfiles-clean.timer man-db.timer logrotate.timer

# What cannot work, or has nothing to do, on a node whose kernel, console and disks belong to somebody else.
systemctl --quiet mask \
  console-getty.service getty.target systemd-firstboot.service systemd-random-seed.service systemd-pstore.service \
  systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-repart.service systemd-machine-id-commit.service \
  systemd-journal-flush.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-udev-trigger.service systemd-udevd.service \
  systemd-udevd-control.socket systemd-udevd-kernel.socket kmod-static-nodes.service \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-fs-fuse-connections.mount systemd-sysusers.service systemd-networkd.service systemd-resolved.service \
  systemd-ask-password-console.path systemd-ask-password-wall.path

# `ops` may become root without a password, `plain` may not and signs in by password.
useradd --create-home --shell /bin/bash ops
useradd --create-home --shell /bin/bash --password "$(openssl passwd -6 plain-password)" plain
printf 'ops ALL=(ALL) NOPASSWD: ALL\n' > /etc/sudoers.d/ops
chmod 0440 /etc/sudoers.d/ops

: > /etc/default/locale

mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' > /etc/systemd/journald.conf.d/lab.conf

printf 'PermitRootLogin prohibit-password\nPasswordAuthentication yes\nUseDNS no\nPrintMotd no\n' > /etc/ssh/sshd_config.d/lab.conf

cat > /etc/systemd/system/node-network.service <<'UNIT'
[Unit]
Description=Addresses and routes of this node
DefaultDependencies=no
After=systemd-modules-load.service
Before=network.target network-online.target systemd-sysctl.service
Wants=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/ip -batch /etc/network/node.batch

[Install]
WantedBy=sysinit.target
UNIT
mkdir -p /etc/network
systemctl --quiet enable node-network.service

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/*.log /var/log/apt
