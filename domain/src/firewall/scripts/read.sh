# firewall-read ENTRIES: everything that decides on packets here, in sections that begin with
# "== NAME"; of sets at most so many entries.
# "!! WHY" stands where a tool is not there or failed.
for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
    echo "== $tool"
    if ! command -v "$tool-save" > /dev/null; then
        echo "!! $tool-save: not found"
    elif ! said=$("$tool-save" -c 2>&1); then
        echo "!! $tool-save: $said" | head -n 1
    else
        printf '%s\n' "$said"
    fi
done
echo '== nft'
command -v nft > /dev/null && nft list ruleset 2> /dev/null
# All sets, and the entries of as many as are read: those of the rest would be too long.
echo '== ipset'
# Where the kernel has none, ipset would load the module by being asked. A container does not see
# what is loaded, and loads nothing.
if [ -d /sys/module ] && [ ! -d /sys/module/ip_set ]; then
    echo
elif ! command -v ipset > /dev/null; then
    echo '!! ipset: not found'
elif ! said=$(ipset list -t 2>&1); then
    echo "!! ipset: $said" | head -n 1
else
    printf '%s\n' "$said"
    room=$1
    for entries in $(printf '%s\n' "$said" | sed -n 's/^Number of entries: //p'); do
        room=$((room - entries))
    done
    if [ "$room" -ge 0 ]; then
        ipset save 2> /dev/null
    else
        room=$1
        printf '%s\n' "$said" | sed -n 's/^Name: //p; s/^Number of entries: //p' |
            while IFS= read -r name && read -r entries; do
                [ "$entries" -le "$room" ] || continue
                room=$((room - entries))
                ipset save "$name" 2> /dev/null
            done
    fi
fi
echo '== loads at boot'
ls /usr/share/netfilter-persistent/plugins.d 2> /dev/null
echo '== timer'
command -v systemd-run > /dev/null && [ -d /run/systemd/system ] && echo systemd-run
echo '== scratch'
command -v unshare > /dev/null && echo unshare
# How the console's connection reached this node: sshd tells it to its children, and sudo hides it.
echo '== line'
pid=$$
while [ "$pid" -gt 1 ]; do
    line=$(tr '\0' '\n' < "/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p')
    [ -z "$line" ] || { echo "$line"; break; }
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
done
exit 0
