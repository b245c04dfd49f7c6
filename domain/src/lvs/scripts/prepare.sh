# lvs-prepare dr ADDRESS | tun ADDRESS | nat SERVER PORT GATEWAY: prepares a real server, now and after each boot, by
# units of systemd. May run again.
set -e
cd /etc/systemd/system
ip=$(command -v ip)

# unit NAME: from standard input, whole or not at all.
unit() {
    cat > ".$1.new"
    chmod 644 ".$1.new"
    mv ".$1.new" "$1"
}

# The kernel goes by the greater of all's setting and the interface's own.
arp() {
    unit signalbox-lvs-arp.service << 'END'
[Unit]
Description=Real server of LVS: no word by ARP about virtual addresses
StopWhenUnneeded=yes

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'cd /proc/sys/net/ipv4/conf/all; was=/run/signalbox-lvs-arp; \
    [ -e $$was ] || echo "$$(cat arp_ignore) $$(cat arp_announce)" > $$was; \
    [ "$$(cat arp_ignore)" -ge 1 ] || echo 1 > arp_ignore; echo 2 > arp_announce'
ExecStop=/bin/sh -ec 'cd /proc/sys/net/ipv4/conf/all; read ignore announce < /run/signalbox-lvs-arp; \
    echo $$ignore > arp_ignore; echo $$announce > arp_announce; rm /run/signalbox-lvs-arp'
END
}

# Loose: what comes out of the tunnel has a source that is routed elsewhere.
tunnel() {
    unit signalbox-lvs-tunnel.service << 'END'
[Unit]
Description=Real server of LVS: the tunnel
StopWhenUnneeded=yes

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec '[ -e /sys/class/net/tunl0 ] || modprobe ipip; was=/run/signalbox-lvs-tunnel; \
    filter=/proc/sys/net/ipv4/conf/tunl0/rp_filter; \
    [ -e $$was ] || echo "$$(cat $$filter) $$(cat /sys/class/net/tunl0/flags)" > $$was; \
    ip link set tunl0 up; echo 2 > $$filter'
ExecStop=/bin/sh -ec 'read filter flags < /run/signalbox-lvs-tunnel; \
    echo $$filter > /proc/sys/net/ipv4/conf/tunl0/rp_filter; \
    [ $$((flags & 1)) = 1 ] || ip link set tunl0 down; rm /run/signalbox-lvs-tunnel'
END
}

# A director that sends an answer out where it came in tells the server of a shorter way, past itself.
redirects() {
    unit signalbox-lvs-redirects.service << 'END'
[Unit]
Description=Real server of LVS: no ICMP redirects past the director
StopWhenUnneeded=yes

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'cd /proc/sys/net/ipv4/conf; was=/run/signalbox-lvs-redirects; \
    [ -e $$was ] || grep . */accept_redirects > $$was; for f in */accept_redirects; do echo 0 > "$$f"; done'
ExecStop=/bin/sh -c 'cd /proc/sys/net/ipv4/conf; \
    while IFS=: read -r file value; do [ ! -e "$$file" ] || echo "$$value" > "$$file"; done < /run/signalbox-lvs-redirects; \
    rm /run/signalbox-lvs-redirects'
END
}

# address INTERFACE REQUIRED…
address() {
    interface=$1
    shift
    unit "$name" << END
[Unit]
Description=Real server of LVS: $vip on $interface
X-Signalbox=$mode $vip
Requires=$*
After=$* network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$ip address replace $vip/32 dev $interface
ExecStop=-$ip address del $vip/32 dev $interface

[Install]
WantedBy=multi-user.target
END
}

mode=$1
case $mode in
dr | tun)
    vip=$2 name=signalbox-lvs-$mode-$2.service
    arp
    if [ "$mode" = dr ]; then
        address lo signalbox-lvs-arp.service
    else
        tunnel
        address tunl0 signalbox-lvs-arp.service signalbox-lvs-tunnel.service
    fi
    ;;
nat)
    server=$2 port=$3 gateway=$4
    table=$((100000 + port)) name=signalbox-lvs-nat-$2-$3.service
    # Before the main table's, 32766.
    rule="priority 30000 from $server ipproto tcp sport $port lookup $table"
    interface=$(ip -o -4 address show to "$server/32" | awk '{ print $2; exit }')
    network=$(ip -o -4 route show dev "$interface" scope link proto kernel src "$server" | awk '{ print $1; exit }')
    [ -n "$network" ] || { echo "no network of $server" >&2; exit 1; }
    if [ ! -e "$name" ] && ip rule show | grep -qw "lookup $table"; then
        echo "the routing table $table is in use" >&2
        exit 1
    fi
    redirects
    unit "$name" << END
[Unit]
Description=Real server of LVS: answers of $server:$port go back through $gateway
X-Signalbox=nat $server $port $gateway
Requires=signalbox-lvs-redirects.service
After=signalbox-lvs-redirects.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$ip route replace $network dev $interface src $server table $table
ExecStart=$ip route replace default via $gateway dev $interface onlink table $table
ExecStart=-$ip rule del $rule
ExecStart=$ip rule add $rule
ExecStop=-$ip rule del $rule
ExecStop=-$ip route flush table $table
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
END
    ;;
esac
systemctl daemon-reload
systemctl -q enable "$name"
systemctl restart "$name"
