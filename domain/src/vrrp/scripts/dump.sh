# Finds keepalived, makes it write its JSON dump, and reads that into $dump, leaving no copy: the
# dump carries the password. The daemon is asked anew on each try, because its file is not replaced
# atomically and another reader may have caused the one that lies there. Forks cost a small node
# more than anything else, so there is one only where a try has failed.
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
ask_daemon() {
    # The kernel dates this directory when it is first looked at.
    [ -d /proc/$$ ] && kill -"$signal" "$pid"
}
read_dump() {
    # By the daemon's root: a unit with PrivateTmp has another /tmp.
    file=/proc/$pid/root/tmp/keepalived.json
    tries=0
    while [ "$tries" -lt 30 ]; do
        dump=
        [ "$file" -nt /proc/$$ ] && { IFS= read -r dump < "$file" || :; }
        case $dump in
            *'"iname":"'"$name"'"'*'"state":'[0-9]*'"advert_rcvd":'[0-9]*) return 0 ;;
        esac
        ask_daemon || return 1
        sleep 0.1
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
