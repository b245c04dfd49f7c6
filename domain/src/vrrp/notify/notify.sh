# signalbox-notify INSTANCE|GROUP NAME STATE PRIORITY: what keepalived says of a transition, for the
# journal: journalctl -t signalbox-vrrp
[ "$1" = INSTANCE ] || exit 0
exec logger -t signalbox-vrrp -p daemon.notice "$2 is $3, priority $4"
