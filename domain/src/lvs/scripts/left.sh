# lvs-left SERVER SERVICE…: prints `active N, persistent N`: the connections and the persistence
# templates that a director still has to a real server.
server=$1
shift
ipvsadm -Ln --persistent-conn "$@" | awk -v server="$server" '
    $1 == "->" && $2 == server { print "active " $5 ", persistent " $4; found = 1 }
    END { exit !found }'
