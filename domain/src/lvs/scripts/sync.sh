# lvs-sync: prints the kernel's sync daemons as ipvsadm lists them: `master eth0 77` or `master none`, each option as
# `master group 224.0.0.81`, and the first line of either again as `some eth0 77`.
listed=$(ipvsadm -l --daemon) || exit 1
for role in master backup; do
    printf '%s\n' "$listed" | awk -v role="$role" '
        $0 ~ "^" role " sync daemon" {
            sub(/^[^(]*\(/, "")
            sub(/\).*/, "")
            count = split($0, options, /, */)
            for (i = 1; i <= count; i++) {
                split(options[i], pair, "=")
                value[pair[1]] = pair[2]
                print role, pair[1], pair[2]
            }
            print role, value["mcast"], value["syncid"]
            print "some", value["mcast"], value["syncid"]
            found = 1
        }
        END { if (!found) print role, "none" }'
done
