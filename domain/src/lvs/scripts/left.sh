# lvs-left SERVER SERVICE…: prints `active N, persistent N`: the connections and the persistence
# templates that a director still has to a real server. keepalived takes out one that fails its check:
# then nothing is left that could be waited for.
server=$1
shift
table=$(ipvsadm -Ln --persistent-conn "$@") || exit 1
echo "$table" | awk -v server="$server" '
    $1 == "->" && $2 == server { active = $5; persistent = $4 }
    END { print "active " active + 0 ", persistent " persistent + 0 }'
