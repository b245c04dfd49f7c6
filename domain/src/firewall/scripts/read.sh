# firewall-read: everything that decides on packets here, in sections that begin with "== NAME".
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
