# lvs-end end|restore OLD SERVER METHOD UPPER LOWER SERVICE…: ends every connection to a real server of
# weight 0. With expire_nodest_conn the kernel forgets the connections of a server that is taken out;
# then it is put back as it was. OLD is what expire_nodest_conn was. `restore` puts both back, and may
# run again. Exit status 6: connections are left.
act=$1 old=$2 server=$3 method=$4 upper=$5 lower=$6
shift 6
setting=/proc/sys/net/ipv4/vs/expire_nodest_conn
listed() {
    ipvsadm -Ln --persistent-conn "$@" | awk -v server="$server" '
        $1 == "->" && $2 == server { print $4 + $5 + $6; found = 1 }
        END { exit !found }'
}
put_back() {
    listed "$@" > /dev/null || ipvsadm -a "$@" -r "$server" "$method" -w 0 -x "$upper" -y "$lower" || exit 7
}
if [ "$act" = end ]; then
    table=$(ipvsadm -Ln --persistent-conn "$@") || exit 7
    # What is inactive has ended already, and one that keepalived took out has nothing left.
    echo "$table" | awk -v server="$server" '
        $1 == "->" && $2 == server && $4 + $5 > 0 { found = 1 }
        END { exit found }' && exit 0
    trap 'echo "$old" > $setting; put_back "$@"' EXIT
    trap 'exit 7' HUP INT TERM
    echo 1 > $setting || exit 7
    for try in 1 2 3 4 5; do
        ipvsadm -d "$@" -r "$server" || exit 7
        sleep 1
        put_back "$@"
        left=$(listed "$@")
        [ "$left" = 0 ] && exit 0
    done
    echo "$left connections are left" >&2
    exit 6
fi
echo "$old" > $setting || exit 7
put_back "$@"
