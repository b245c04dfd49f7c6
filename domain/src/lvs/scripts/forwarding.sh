# lvs-forwarding SERVICE…: prints the forwarding methods of a service's real servers in one line, each once.
table=$(ipvsadm -Ln "$@") || exit 1
echo "$table" | awk '$1 == "->" && $4 ~ /^[0-9]+$/ { print $3 }' | sort -u | paste -sd ' '
