# vrrp-reach [ADDRESS PORT]…: one TCP connection to each, all at once.
command -v bash > /dev/null && command -v timeout > /dev/null || { echo 'bash or timeout is missing' >&2; exit 4; }
while [ $# -ge 2 ]; do
    (
        if timeout 2 bash -c 'exec 3<> "/dev/tcp/$0/$1"' "$1" "$2" 2> /dev/null; then
            echo "$1 $2 reached"
        else
            echo "$1 $2 silent"
        fi
    ) &
    shift 2
done
wait
