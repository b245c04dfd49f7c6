# drill-fault make|mend FAULT GUARD_S [VALUE]: makes a fault for a drill, and mends it. Before it is
# made a timer of this node is armed that mends it after GUARD_S seconds, whatever becomes of the
# console; where none can be armed nothing is done. VALUE is whose adverts to drop, which interface to
# cut, or which TCP port to refuse.
act=$1 fault=$2 guard_s=$3 value=${4-}
unit=signalbox-drill
text=/run/$unit.sh
case $fault in
    stopped | killed | power) mend='systemctl start keepalived.service' ;;
    frozen) mend='systemctl kill --signal=CONT keepalived.service' ;;
    # Only what was put in is taken out, once: the node may have a rule of its own that reads the same.
    filtered) mend='
[ -e /run/signalbox-drill.saved ] || exit 0
while read -r tool; do
    "$tool" -w 5 -D INPUT -p 112 -s "$1" -j DROP
done < /run/signalbox-drill.saved
rm -f /run/signalbox-drill.saved' ;;
    refused) mend='
[ -e /run/signalbox-drill.saved ] || exit 0
while read -r tool; do
    "$tool" -w 5 -D INPUT -p tcp --dport "$1" -j REJECT --reject-with tcp-reset
done < /run/signalbox-drill.saved
rm -f /run/signalbox-drill.saved' ;;
    link) mend='
ip link set dev "$1" up || exit 5
[ -e /run/signalbox-drill.saved ] || exit 0
while read -r family kind rest; do
    case $kind in
        address) ip "$family" address replace $rest dev "$1" ;;
        route) ip "$family" route replace $rest dev "$1" ;;
    esac
done < /run/signalbox-drill.saved
rm -f /run/signalbox-drill.saved' ;;
esac
disarm() {
    systemctl stop "$unit.timer" "$unit-now.timer" 2> /dev/null
    systemctl reset-failed "$unit.service" "$unit-now.service" 2> /dev/null
}
# What may take this very connection with it is done when it has answered.
soon() {
    systemd-run --quiet --collect --unit="$unit-now" --on-active=1s --timer-property=AccuracySec=10ms "$@"
}
# Puts a rule in front, by the first tool that has a kernel to talk to, and notes by which.
insert() {
    for tool in "$1" "$1-legacy"; do
        "$tool" -w 5 -I INPUT $rule 2> /dev/null && echo "$tool" >> "/run/$unit.saved" && return
    done
    return 5
}

if [ "$act" = mend ]; then
    disarm
    sh -c "$mend" "$unit" "$value" || exit 5
    rm -f "$text"
    exit 0
fi
disarm
rm -f "/run/$unit.saved"
echo "$mend" > "$text" || exit 5
if [ "$fault" = link ]; then
    # What keepalived or a router's advertisement put there is theirs to put back.
    for family in -4 -6; do
        ip "$family" route show table all dev "$value" |
            grep -v -e 'proto kernel' -e 'proto keepalived' -e 'proto 18' -e 'proto ra' -e 'table local' -e '^fe80' |
            sed "s/^/$family route /; s/ linkdown//"
    done > "/run/$unit.saved"
    ip -6 -o address show dev "$value" scope global | grep -v -e ' dynamic' -e ' nodad' |
        sed 's/.* inet6 \([^ ]*\) .*/-6 address \1/' >> "/run/$unit.saved"
fi
[ "$fault" = power ] ||
    systemd-run --quiet --collect --unit="$unit" --on-active="${guard_s}s" \
        --timer-property=AccuracySec=1s sh "$text" "$value" ||
    { echo 'no timer can be armed that would mend the fault, so it is not made' >&2; exit 5; }
case $fault in
    stopped) systemctl stop keepalived.service ;;
    killed) systemctl kill --signal=KILL keepalived.service ;;
    frozen) systemctl kill --signal=STOP keepalived.service ;;
    filtered) rule="-p 112 -s $value -j DROP" && insert iptables ;;
    refused)
        rule="-p tcp --dport $value -j REJECT --reject-with tcp-reset"
        insert iptables || exit 5
        insert ip6tables || true
        ;;
    link) soon ip link set dev "$value" down ;;
    power) soon systemctl reboot --force --force ;;
esac
