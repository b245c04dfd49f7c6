# lvs-path [TO FROM]…: the kernel's settings of ARP, forwarding and source checks, a line each as
# `NAME:VALUE`, and the way to each address as `route TO …`. FROM is the address that packets come from,
# or a dash.
cd /proc/sys/net/ipv4 || exit 1
grep . ip_forward conf/*/arp_ignore conf/*/arp_announce conf/*/rp_filter
while [ $# -gt 1 ]; do
    if [ "$2" = - ]; then way=$(ip -o route get "$1" 2>&1); else way=$(ip -o route get "$1" from "$2" 2>&1); fi
    printf 'route %s %s\n' "$1" "$way"
    shift 2
done
