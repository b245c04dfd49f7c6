# lvs-put-back service|server OPTIONS… | no-service SERVICE… | no-server SERVER SERVICE…: has the kernel's table as it was,
# whatever of it is there. May run again.
act=$1
shift
case $act in
service) ipvsadm -E "$@" 2> /dev/null || ipvsadm -A "$@" ;;
server) ipvsadm -e "$@" 2> /dev/null || ipvsadm -a "$@" ;;
no-service)
    ipvsadm -Ln "$@" > /dev/null 2>&1 || exit 0
    ipvsadm -D "$@"
    ;;
no-server)
    server=$1
    shift
    ipvsadm -Ln "$@" 2> /dev/null | awk -v server="$server" '
        $1 == "->" && $2 == server { found = 1 }
        END { exit !found }' || exit 0
    ipvsadm -d "$@" -r "$server"
    ;;
esac
