# vrrp-priority FILE plus|minus AMOUNT [MARK]: sets the number that keepalived adds to a priority, and
# a word after it, which keepalived does not read: so the number and why it is there are one.
# Renamed into place, which keepalived's inotify watch of the directory sees: neither it nor a
# node that crashes ever finds half a number.
file=$1
case $2 in minus) sign=- ;; *) sign= ;; esac
printf '%s\n' "$sign$3${4:+ $4}" > "$file.new" && mv -f "$file.new" "$file"
