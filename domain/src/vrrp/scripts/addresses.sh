# vrrp-addresses ADDRESS…: prints how many of them the interfaces of this node have, as
# `holds all|some|none`.
present=$(ip -o addr show) || exit 5
held=0
for address; do
    case $present in *" $address/"*) held=$((held + 1)) ;; esac
done
if [ "$held" -eq 0 ]; then echo 'holds none'; elif [ "$held" -eq $# ]; then echo 'holds all'; else echo 'holds some'; fi
