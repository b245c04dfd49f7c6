# lvs-sync-arrived ADDRESS PORT: prints `arrived` where a connection to this service is here that another director made.
# The kernel tells addresses in hexadecimal.
to=$(IFS=. && set -- $1 && printf '%02X%02X%02X%02X' "$@")
awk -v to="$to" -v port="$(printf %04X "$2")" '
    $4 == to && $5 == port && $(NF - 1) == "SYNC" { found = 1 }
    END { print found ? "arrived" : "nothing yet" }' /proc/net/ip_vs_conn_sync
