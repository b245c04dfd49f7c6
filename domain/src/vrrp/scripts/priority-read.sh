# vrrp-priority-read FILE: the number in it; 0 when it is not there, as keepalived takes it.
[ -e "$1" ] || { echo 0; exit 0; }
number=
read -r number < "$1" || :
echo "${number:-0}"
