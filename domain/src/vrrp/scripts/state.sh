# vrrp-state INSTANCE SIGNAL ADDRESS…: where this director stands, by its own word and by its
# interfaces, and by which configuration. SIGNAL is what `keepalived --signum=JSON` says.
name=$1 signal=$2
shift 2
said=stopped
find_daemon && said= && ask_daemon
present=$(ip -o addr show) || exit 5
if [ -z "$said" ]; then
    read_dump || exit 3
    number_after state
    case $number in
        0) said=INIT ;; 1) said=BACKUP ;; 2) said=MASTER ;; 3) said=FAULT ;; *) said=UNKNOWN ;;
    esac
fi
held=0
for address; do
    case $present in *" $address/"*) held=$((held + 1)) ;; esac
done
if [ "$held" -eq 0 ]; then holds=none; elif [ "$held" -eq $# ]; then holds=all; else holds=some; fi
echo "$said, holds $holds"
if [ "$said" != stopped ]; then
    number_after vrid
    vrid=$number
    number_after base_priority
    echo "VRID $vrid, base priority $number"
fi
case $said in MASTER | BACKUP) echo 'in the election' ;; esac
