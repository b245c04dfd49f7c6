# firewall-trace ask|begin|collect|end|state TOOL …: one rule at the top of the table raw has the
# kernel tell how one packet goes. The node takes it out by itself when nothing else does.
#   ask SOURCE DESTINATION   what it takes, as far as it is here; changes nothing
#   begin ID S CHAIN SOURCE DESTINATION PROTOCOL [SPORT DPORT]
#                            listens and inserts the rule, with a timer that ends it all in S s
#   collect ID               prints what was heard, and ends it
#   end ID                   takes out what begin put in, if anything is left of it
#   state                    prints "trace none|under way", "raw DIGEST" of the table's rules, and
#                            "logger NAME", to whom the kernel tells of packets
# Exit status 6: refused, and nothing was changed; why is on stderr.
act=$1 tool=$2
folder=/run/signalbox/trace-$tool
unit=signalbox-trace-$tool
case $tool in ip6*) family=10 ;; *) family=2 ;; esac
case $tool in *-nft) backend=nft ;; *) backend=legacy ;; esac
logger=/proc/sys/net/netfilter/nf_log/$family
refuse() { echo "$1" >&2; exit 6; }

end() {
    # Without undo it came no further than the folder.
    if [ -e "$folder/undo" ]; then
        sh "$folder/undo" "$folder" "$tool" "$logger"
    else
        rm -rf "$folder"
    fi
    systemctl stop "$unit.timer" 2> /dev/null
    systemctl reset-failed "$unit.service" "$unit.timer" 2> /dev/null
    [ ! -e "$folder" ]
}

case $act in
ask)
    if command -v perl > /dev/null; then echo perl; fi
    # In a network namespace of its own.
    if said=$(unshare -n "$tool" -w 10 -t raw -I OUTPUT -m limit --limit 1/second \
        --limit-burst 5 -m comment --comment 'signalbox trace' -j TRACE 2>&1); then
        echo 'target yes'
    else
        echo "target no $said" | head -n 1
    fi
    sed -n "s/^ *$family \(.*\) (\(.*\))\$/logger \1\nloggers \2/p" /proc/net/netfilter/nf_log
    if modprobe --dry-run --quiet nfnetlink_log 2> /dev/null; then echo 'loggers nfnetlink_log'; fi
    ip -o route get "$3" 2> /dev/null | sed -n 's/.* dev \([^ ]*\).*/from \1/p'
    ip -o route get "$4" 2> /dev/null | sed -n 's/.* dev \([^ ]*\).*/to \1/p'
    exit 0
    ;;
begin)
    id=$3 seconds=$4 chain=$5 source=$6 destination=$7
    shift 7
    mkdir -p "${folder%/*}" && mkdir -m 700 "$folder" 2> /dev/null && cd "$folder" ||
        refuse 'another trace of these rules is under way'
    echo "$id" > id
    ports=$*
    case $1 in
    tcp) set -- -p tcp --syn --sport "$2" --dport "$3" ;;
    udp) set -- -p udp --sport "$2" --dport "$3" ;;
    icmp) set -- -p icmp --icmp-type 8/0 ;;
    icmpv6) set -- -p icmpv6 --icmpv6-type 128/0 ;;
    esac
    set -- "$chain" -s "$source" -d "$destination" "$@" -m limit --limit 1/second \
        --limit-burst 5 -m comment --comment "signalbox trace $id" -j TRACE
    printf '%s\n' "$@" > rule
    cat > undo <<'END'
# FOLDER TOOL LOGGER
cd "$1" 2> /dev/null || exit 0
folder=$1 tool=$2 logger=$3
set --
while IFS= read -r word; do set -- "$@" "$word"; done < rule
for try in 1 2 3 4 5 6 7 8 9 10; do
    while "$tool" -w 10 -t raw -D "$@" 2> /dev/null; do :; done
    "$tool" -w 10 -t raw -C "$@" 2> /dev/null
    # 1: it is not there. 4: the rules could not be locked.
    [ $? != 1 ] || break
    [ "$try" != 10 ] || exit 1
    sleep 1
done
if [ -e logger ] && [ "$(cat "$logger")" = nfnetlink_log ]; then cat logger > "$logger"; fi
cd / && rm -rf "$folder"
END
    systemd-run --quiet --collect --unit="$unit" --on-active="${seconds}s" \
        --timer-property=AccuracySec=100ms sh "$folder/undo" "$folder" "$tool" "$logger" ||
        { cd / && rm -rf "$folder"; exit 5; }
    # shellcheck disable=SC2086 # The protocol and two numbers.
    (trap '' HUP; listen "$backend" "$family" "$id" "$seconds" $ports) \
        > /dev/null 2> trouble < /dev/null &
    listener=$!
    while [ ! -e ready ] && kill -0 "$listener" 2> /dev/null; do sleep 0.1; done
    [ -e ready ] || { cat trouble >&2; end; exit 5; }
    if [ "$backend" = legacy ]; then
        cat "$logger" > logger && echo nfnetlink_log > "$logger" || { end; exit 5; }
    fi
    "$tool" -w 10 -t raw -I "$@" || { end; exit 5; }
    ;;
collect)
    cd "$folder" 2> /dev/null && [ "$(cat id)" = "$3" ] ||
        refuse 'the node has ended this trace by itself: it took too long'
    : > stop
    tries=0
    while [ ! -e done ] && [ "$tries" -lt 40 ]; do
        tries=$((tries + 1))
        sleep 0.2
    done
    [ -e done ] || { cat trouble >&2; end; exit 5; }
    cat heard
    end
    ;;
end)
    # Another's is left alone.
    [ ! -e "$folder/id" ] || [ "$(cat "$folder/id")" = "$3" ] || exit 0
    end
    ;;
state)
    saved=$("$tool-save" -t raw) || exit 5
    if [ -e "$folder" ]; then echo 'trace under way'; else echo 'trace none'; fi
    echo "raw $(printf '%s\n' "$saved" | sed -n '/^-A /p' | sha256sum | cut -d ' ' -f 1)"
    echo "logger $(cat "$logger" 2> /dev/null)"
    ;;
esac
