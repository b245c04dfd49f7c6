# firewall-sets try|arm|load|keep|undo|state …: changes sets, by the edits of standard input: create,
# add, del, flush and destroy, as ipset restore has them.
#   try             edits copies of the sets in a network namespace of their own; prints "change
#                   DIGEST", the lines that go ("- ") and come ("+ "), and the sets as they became
#   arm S DIGEST    sets a timer that takes the edits back in S s; they must amount to that change
#   load            edits the sets, as armed
#   keep            takes the timer away and has the sets made at boot, where something does that
#   undo DIGEST     takes that change back and what is loaded at boot, if it was armed last
#   state DIGEST    prints "sets new|old|mixed" of that change, and the timer's "state …"
act=$1
folder=/var/lib/signalbox/firewall/sets
unit=signalbox-firewall-sets
what=sets
# Of a set with more entries only the change is printed.
entries=4096

digest() { sha256sum | cut -d ' ' -f 1; }
names() { sed -n 's/^[a-z]* \([^ ]*\).*/\1/p' "$1" | sort -u; }
# The sets that are named in a file, as they are.
save_named() {
    names "$1" | while IFS= read -r name; do
        ! ipset list -n "$name" > /dev/null 2>&1 || ipset save "$name" || exit 5
    done
}
# Without what changes by itself: sizes, counters, and the time that entries have left.
canonical() {
    perl -pe '
        s/^(create \S+ \S+).*/$1/;
        my ($plain, $quoted) = /^([^"]*)(.*)$/s;
        $plain =~ s/ (timeout|packets|bytes) \d+//g;
        $_ = $plain . $quoted;
    ' | LC_ALL=C sort
}
# All sets, those that are named in the file edits with their entries, in a namespace with the edits.
edited() {
    ipset list -t 2> /dev/null | sed -n '
        /^Name: /{ s//create "/; s/$/"/; h; }
        /^Type: /{ s// /; H; }
        /^Header: /{ s// /; H; x; s/\n//g; p; }
    ' > copies
    grep '^add ' before >> copies
    unshare -n sh -c 'ipset restore < copies && ipset restore < edits || exit
        for name in $0; do ! ipset list -n "$name" > /dev/null 2>&1 || ipset save "$name"; done' \
        "$(names edits)" > after
}
change() {
    canonical < before > before.c && canonical < after > after.c || return 5
    LC_ALL=C comm -23 before.c after.c | sed 's/^/- /'
    LC_ALL=C comm -13 before.c after.c | sed 's/^/+ /'
}

# What takes the edits back, whether none, some or all were made.
inverse() {
    perl -e '
        my (%create, %adds, %add, %made, @inverse);
        open my $before, "<", "before" or die "before: $!\n";
        while (<$before>) {
            $create{$1} = $_ if /^create (\S+)/;
            push(@{ $adds{$1} }, $_), $add{"$1 $2"} = $_ if /^add (\S+) (\S+)/;
        }
        open my $edits, "<", "edits" or die "edits: $!\n";
        while (<$edits>) {
            my ($act, $set, $entry) = split;
            if ($act eq "create") {
                $made{$set} = 1;
                unshift @inverse, $_, "flush $set\n", "destroy $set\n";
            } elsif ($made{$set}) {
                next;
            } elsif ($act eq "add") {
                unshift @inverse, "del $set $entry\n";
            } elsif ($act eq "del") {
                unshift @inverse, $add{"$set $entry"} || "add $set $entry\n";
            } else {
                unshift @inverse, $act eq "destroy" ? $create{$set} : (), @{ $adds{$set} || [] };
            }
        }
        print @inverse;
    '
}

save() { save_named edits; }
is_planned() { edited && change > change && [ "$(digest < change)" = "$planned" ]; }
restoring() { inverse > inverse && echo 'ipset -exist restore < inverse'; }
save_for_boot() { ipset save; }
boot_file() { ! has_plugin 10-ipset || echo /etc/iptables/ipsets; }

# Whether what came is there and what went is not, or the other way round.
stands() {
    save > now && canonical < now | perl -e '
        my %there = map { $_ => 1 } <STDIN>;
        open my $change, "<", "change" or die "change: $!\n";
        my %seen;
        while (<$change>) {
            my $came = s/^\+ //;
            s/^- // unless $came;
            $seen{ !$came == !$there{$_} ? "new" : "old" } = 1;
        }
        print keys %seen == 1 ? keys %seen : "mixed";
    '
}

case $act in
try)
    cd "$(mktemp -d)" && trap 'rm -rf "$PWD"' EXIT || exit 5
    cat > edits && save > before && edited || exit
    change > change || exit 5
    echo "change $(digest < change)"
    cat change
    names edits | while IFS= read -r name; do
        [ "$(grep -c "^add $name " after)" -gt "$entries" ] || grep "^[a-z]* $name " after
    done
    :
    ;;
arm)
    planned=$3
    begin
    cat > edits
    arm "$2"
    ;;
load)
    is_armed
    ipset restore < edits && exit 0
    status=$?
    restore_now
    exit "$status"
    ;;
keep)
    keep
    ;;
undo)
    # What an earlier job changed is not this one's to take back.
    in_folder && [ -e change ] && [ "$(digest < change)" = "$2" ] || exit 0
    undo
    ;;
state)
    # A change that was never armed was never made.
    if in_folder && [ -e change ] && [ "$(digest < change)" = "$2" ]; then
        echo "sets $(stands)"
    else
        echo 'sets old'
    fi
    echo "state $(state)"
    ;;
esac
