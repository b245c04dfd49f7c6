# lvs-server ADDRESS: what this node has for being a real server, a line each: `systemd`, `rules` and `tunnel` for
# what it could use, `unit …` for what Signalbox prepared, `named FILE` for files that have the address.
[ -d /run/systemd/system ] && echo systemd
ip rule show > /dev/null 2>&1 && echo rules
if [ -e /sys/class/net/tunl0 ] || modprobe -nq ipip 2> /dev/null; then echo tunnel; fi
sed -n 's/^X-Signalbox=/unit /p' /etc/systemd/system/signalbox-lvs-*.service 2> /dev/null
grep -rlswF --exclude='signalbox-lvs-*' -- "$1" /etc/network /etc/netplan /etc/NetworkManager /etc/systemd \
    /etc/sysconfig /etc/keepalived /etc/rc.local | sed 's/^/named /'
exit 0
