# signalbox-load STATE [cpu|memory ENTER LEAVE | disk PATH ENTER LEAVE]…: exit status 1 while one of
# them, in percent, reached ENTER and has not fallen below LEAVE since. STATE remembers that, and the
# processor's counters. Nothing but df is started: keepalived runs this every few seconds.
state=$1
shift
was= ticks=0 idle=0
[ -r "$state" ] && read -r ticks idle was < "$state"
now_ticks=0 now_idle=0 is=
processor() {
    read -r _ a b c d e f g h _ < /proc/stat
    now_ticks=$((a + b + c + d + e + f + g + h)) now_idle=$((d + e))
    used=0
    if [ "$ticks" -gt 0 ] && [ "$now_ticks" -gt "$ticks" ]; then
        used=$((100 - 100 * (now_idle - idle) / (now_ticks - ticks)))
    fi
}
memory() {
    total=1 available=1
    while read -r key number _; do
        case $key in
            MemTotal:) total=$number ;;
            MemAvailable:) available=$number && break ;;
        esac
    done < /proc/meminfo
    used=$((100 - 100 * available / total))
}
disk() {
    used=$(df -P -- "$1") || used=0
    used=${used%\%*}
    used=${used##* }
}
while [ $# -gt 0 ]; do
    what=$1
    shift
    case $what in
        cpu) processor ;;
        memory) memory ;;
        disk) disk "$1" && what=disk:$1 && shift ;;
        *) echo "signalbox-load: $what" >&2 && exit 0 ;;
    esac
    limit=$1
    case " $was " in *" $what "*) limit=$2 ;; esac
    [ "$used" -lt "$limit" ] || is="$is $what"
    shift 2
done
echo "$now_ticks $now_idle$is" > "$state"
[ -z "$is" ]
