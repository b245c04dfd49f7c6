# drill-fault make|mend FAULT GUARD_S [VALUE]: makes a fault for a drill, and mends it. Before it is
# made a timer of this node is armed that mends it after GUARD_S seconds, whatever becomes of the
# console; where none can be armed nothing is done. VALUE is whose adverts to drop, which interface to
# cut, or which TCP port to refuse.
act=$1 fault=$2 guard_s=$3 value=${4-}
unit=signalbox-drill
text=/run/$unit.sh
saved=/run/$unit.saved
case $fault in
    stopped | killed | power) mend='systemctl start keepalived.service' ;;
    frozen) mend='systemctl kill --signal=CONT keepalived.service' ;;
    filtered) mend='
for tool in iptables iptables-legacy; do
    command -v "$tool" > /dev/null || continue
    while "$tool" -w 5 -D INPUT -p 112 -s "$1" -j DROP 2> /dev/null; do :; done
done
true' ;;
    refused) mend='
for tool in iptables iptables-legacy ip6tables ip6tables-legacy; do
    command -v "$tool" > /dev/null || continue
    while "$tool" -w 5 -D INPUT -p tcp --dport "$1" -j REJECT --reject-with tcp-reset 2> /dev/null; do :; done
done
true' ;;
    link) mend='
ip link set dev "$1" up || exit 5
while read -r family kind rest; do
    case $kind in
        address) ip "$family" address replace $rest dev "$1" ;;
        route) ip "$family" route replace $rest dev "$1" ;;
    esac
done < /run/signalbox-drill.saved
true' ;;
esac
disarm() { systemctl stop "$unit.timer" 2> /dev/null; systemctl reset-failed "$unit.service" 2> /dev/null; }

if [ "$act" = mend ]; then
    disarm
    sh -c "$mend" "$unit" "$value" || exit 5
    rm -f "$text" "$saved"
    exit 0
fi
disarm
echo "$mend" > "$text" || exit 5
[ "$fault" = link ] && {
    ip -4 route show dev "$value" | grep -v 'proto kernel' | sed 's/^/-4 route /; s/ linkdown//'
    ip -6 -o address show dev "$value" scope global | sed 's/.* inet6 \([^ ]*\) .*/-6 address \1/'
    ip -6 route show dev "$value" | grep -v -e 'proto kernel' -e '^fe80' | sed 's/^/-6 route /'
} > "$saved"
[ "$fault" = power ] ||
    systemd-run --quiet --collect --unit="$unit" --on-active="${guard_s}s" \
        --timer-property=AccuracySec=1s sh "$text" "$value" ||
    { echo 'no timer can be armed that would mend the fault, so it is not made' >&2; exit 5; }
case $fault in
    stopped) systemctl stop keepalived.service ;;
    killed) systemctl kill --signal=KILL keepalived.service ;;
    frozen) systemctl kill --signal=STOP keepalived.service ;;
    filtered)
        # The second where the first has no kernel to talk to.
        iptables -w 5 -I INPUT -p 112 -s "$value" -j DROP 2> /dev/null ||
            iptables-legacy -w 5 -I INPUT -p 112 -s "$value" -j DROP
        ;;
    refused)
        set -- INPUT -p tcp --dport "$value" -j REJECT --reject-with tcp-reset
        iptables -w 5 -I "$@" 2> /dev/null || iptables-legacy -w 5 -I "$@" || exit 5
        ip6tables -w 5 -I "$@" 2> /dev/null || ip6tables-legacy -w 5 -I "$@" 2> /dev/null || true
        ;;
    # These may take this very connection with them, so they are done when it has answered.
    link) setsid sh -c 'sleep 1; ip link set dev "$0" down' "$value" > /dev/null 2>&1 < /dev/null & ;;
    power) setsid sh -c 'sleep 1; systemctl reboot --force --force' > /dev/null 2>&1 < /dev/null & ;;
esac
