# vrrp-kill [INTERFACE ADDRESS PREFIX]…: ends a keepalived that does not end by itself, and takes the
# addresses away that it left behind. A stopped process takes no other signal than KILL.
systemctl kill --signal=KILL keepalived.service 2> /dev/null
systemctl stop keepalived.service || exit 5
while [ $# -ge 3 ]; do
    case $(ip -o addr show dev "$1") in
        *" $2/$3 "*) ip addr del "$2/$3" dev "$1" || exit 6 ;;
    esac
    shift 3
done
