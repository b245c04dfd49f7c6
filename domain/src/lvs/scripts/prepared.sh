# lvs-prepared dr ADDRESS | tun ADDRESS | nat SERVER PORT …: prints `prepared` where lvs-prepare's unit works and is
# enabled, `absent` where there is none, else what is missing.
case $1 in
nat) name=signalbox-lvs-nat-$2-$3.service ;;
*) name=signalbox-lvs-$1-$2.service ;;
esac
if [ ! -e "/etc/systemd/system/$name" ]; then
    echo absent
    exit 0
fi
systemctl -q is-enabled "$name" || { echo "$name is not enabled"; exit 0; }
systemctl -q is-active "$name" || { echo "$name is not active"; exit 0; }
case $1 in
nat) ip rule show | grep -q "from $2 ipproto tcp sport $3 lookup $((100000 + $3))" || { echo "no rule"; exit 0; } ;;
dr) ip -o address show dev lo to "$2/32" | grep -q . || { echo "no $2 on lo"; exit 0; } ;;
tun) ip -o address show dev tunl0 to "$2/32" up | grep -q . || { echo "no $2 on tunl0"; exit 0; } ;;
esac
echo prepared
