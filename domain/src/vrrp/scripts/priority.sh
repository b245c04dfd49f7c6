# vrrp-priority FILE plus|minus AMOUNT: sets the number that keepalived adds to a priority.
# Renamed into place, which keepalived's inotify watch of the directory sees: neither it nor a
# node that crashes ever finds half a number.
file=$1
case $2 in minus) sign=- ;; *) sign= ;; esac
printf '%s\n' "$sign$3" > "$file.new" && mv -f "$file.new" "$file"
