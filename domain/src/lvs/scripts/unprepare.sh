# lvs-unprepare dr ADDRESS | tun ADDRESS | nat SERVER PORT …: takes back what lvs-prepare did, and what of it no other
# preparation needs. May run when nothing of it is there.
cd /etc/systemd/system || exit 1
case $1 in
nat) name=signalbox-lvs-nat-$2-$3.service ;;
*) name=signalbox-lvs-$1-$2.service ;;
esac
if [ -e "$name" ]; then
    systemctl -q disable "$name"
    systemctl stop "$name" || exit 1
    rm "$name"
fi
for shared in arp tunnel redirects; do
    shared=signalbox-lvs-$shared.service
    [ -e "$shared" ] || continue
    grep -lqs "^Requires=.*$shared" signalbox-lvs-*.service && continue
    systemctl stop "$shared" || exit 1
    rm "$shared"
done
systemctl daemon-reload
