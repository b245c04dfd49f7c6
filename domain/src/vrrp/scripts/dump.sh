# Makes keepalived write its JSON dump and reads it into $dump, without leaving a copy anywhere:
# the dump carries the password. The daemon is asked again on each try, because its file is not
# replaced atomically and another reader may have caused the one that lies there.
find_daemon() {
    for file in /run/keepalived.pid /run/keepalived/keepalived.pid; do
        pid=
        [ -r "$file" ] && read -r pid < "$file" || :
        if [ -n "$pid" ] && [ -r "/proc/$pid/comm" ]; then
            read -r comm < "/proc/$pid/comm" || :
            [ "$comm" = keepalived ] && return 0
        fi
    done
    return 1
}
read_dump() {
    signal=$(keepalived --signum=JSON) || { echo "this keepalived cannot dump JSON" >&2; exit 4; }
    file=/proc/$pid/root/tmp/keepalived.json
    stamp=/run/signalbox.$$
    trap 'rm -f "$stamp"' EXIT
    : > "$stamp"
    tries=0
    while [ "$tries" -lt 30 ]; do
        kill -"$signal" "$pid" || return 1
        sleep 0.1
        dump=
        [ "$file" -nt "$stamp" ] && { IFS= read -r dump < "$file" || :; }
        case $dump in
            *'"iname":"'"$name"'"'*'"state":'[0-9]*'"advert_rcvd":'[0-9]*) return 0 ;;
        esac
        tries=$((tries + 1))
    done
    echo "keepalived's dump does not speak of $name" >&2
    return 1
}
# number_after KEY: the number after the first KEY that follows the instance's name.
number_after() {
    rest=${dump#*'"iname":"'"$name"'"'}
    rest=${rest#*'"'"$1"'":'}
    number=${rest%%[!0-9]*}
}
