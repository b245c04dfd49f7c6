# vrrp-priority-read FILE: the number in it, and the mark after it if there is one; 0 when it is not
# there, as keepalived takes it.
[ -e "$1" ] || { echo 0; exit 0; }
number= mark=
read -r number mark < "$1" || :
echo "${number:-0}${mark:+ $mark}"
