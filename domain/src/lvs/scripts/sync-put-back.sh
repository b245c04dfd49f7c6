# lvs-sync-put-back ROLE none | ROLE INTERFACE ID GROUP PORT TTL MAXLEN, with - for what was not told: makes the kernel's
# sync daemon of a role what it was. May run whatever is there.
role=$1 interface=$2 id=$3 group=$4 port=$5 ttl=$6 maxlen=$7
ipvsadm --stop-daemon "$role" 2> /dev/null
[ "$interface" = none ] && exit 0
set -- --start-daemon "$role" --mcast-interface "$interface" --syncid "$id"
[ "$group" = - ] || set -- "$@" --mcast-group "$group"
[ "$port" = - ] || set -- "$@" --mcast-port "$port"
[ "$ttl" = - ] || set -- "$@" --mcast-ttl "$ttl"
[ "$maxlen" = - ] || set -- "$@" --sync-maxlen "$maxlen"
exec ipvsadm "$@"
