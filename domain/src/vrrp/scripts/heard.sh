# vrrp-heard INSTANCE SIGNAL TRIES: the count of adverts received, and the count once it has grown
# or, a quarter of a second each, TRIES readings later.
name=$1 signal=$2 left=$3
find_daemon || { echo 'keepalived is not running' >&2; exit 3; }
ask_daemon
read_dump || exit 3
number_after advert_rcvd
first=$number
while [ "$number" -eq "$first" ] && [ "$left" -gt 0 ]; do
    ask_daemon
    sleep 0.25
    read_dump || exit 3
    number_after advert_rcvd
    left=$((left - 1))
done
echo "$first $number"
