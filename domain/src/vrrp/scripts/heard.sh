# vrrp-heard INSTANCE TRIES: the count of adverts received, and the count once it has grown or,
# a quarter of a second each, TRIES readings later.
name=$1
find_daemon || { echo 'keepalived is not running' >&2; exit 3; }
read_dump || exit 3
number_after advert_rcvd
first=$number
left=$2
while [ "$number" -eq "$first" ] && [ "$left" -gt 0 ]; do
    sleep 0.15
    read_dump || exit 3
    number_after advert_rcvd
    left=$((left - 1))
done
echo "$first $number"
