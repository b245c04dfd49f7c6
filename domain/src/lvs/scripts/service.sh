# lvs-service SERVICE…: prints a service of the kernel's table in one line, `wrr persistent 60;10.0.0.1:80 Masq 2 500/100`
# with its real servers in their order, or `absent`.
listed=$(ipvsadm -Ln "$@" 2>&1) || {
    case $listed in
    *"No such service"*) echo absent; exit 0 ;;
    *) echo "$listed" >&2; exit 1 ;;
    esac
}
limits=$(ipvsadm -Ln --thresholds "$@") || exit 1
printf '%s\n%s\n' "$listed" "$limits" | awk '
    /^(TCP|UDP|SCTP|FWM) / && !head {
        $1 = $2 = ""
        if ($3 == "IPv6") $3 = ""
        gsub(/[(),]/, " ")
        gsub(/[ms]h-fallback/, "flag-1")
        gsub(/[ms]h-port/, "flag-2")
        $0 = $0
        $1 = $1
        head = $0
    }
    $1 == "->" && $4 ~ /^[0-9]+$/ && $3 ~ /^[A-Z]/ { way[$2] = $3 " " $4 }
    $1 == "->" && $3 ~ /^[0-9]+$/ { limits[$2] = $3 "/" $4 }
    END {
        print head
        for (server in way) print server, way[server], limits[server] | "sort"
    }' | paste -sd ';'
