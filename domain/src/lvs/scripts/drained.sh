# lvs-drained SERVER SERVICE…: prints `takes nothing new` where a real server has weight 0, or is not
# there because keepalived took it out; else its weight.
server=$1
shift
table=$(ipvsadm -Ln --persistent-conn "$@") || exit 1
echo "$table" | awk -v server="$server" '
    $1 == "->" && $2 == server { weight = $3 }
    END { print weight + 0 == 0 ? "takes nothing new" : "weight " weight }'
