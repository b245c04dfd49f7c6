# firewall-rules try|arm|load|keep|undo|state TOOL …: changes the rules of one iptables.
#   try            loads standard input into a network namespace of its own, prints what it became
#   arm S DIGEST   saves the rules, which must have DIGEST, and sets a timer that restores them in S s
#   load           loads standard input, with the counters of the rules that stay
#   keep           takes the timer away and has the rules loaded at boot, where something does that
#   undo DIGEST    restores the rules of DIGEST and what is loaded at boot, if arm saved them last
#   state          prints "rules DIGEST" and "state none|armed|undoing|kept|rolled-back"
act=$1 tool=$2
folder=/var/lib/signalbox/firewall/$tool
unit=signalbox-firewall-$tool
what=rules

# As domain/src/firewall/canonical.rs has it.
canonical() {
    perl -e '
        local $/;
        my %tables;
        for (split /^(?=\*)/m, <STDIN>) {
            my ($name) = /^\*(\w+)/ or next;
            s/^(#.*)?\n//mg;
            s/^\[\d+:\d+\] //mg;
            s/^(:\S+ \S+).*$/$1 [0:0]/mg;
            $tables{$name} = $_ if /^-A /m || /^:\S+ (-|DROP)/m;
        }
        print @tables{sort keys %tables};
    '
}
digest() { canonical | sha256sum | cut -d ' ' -f 1; }

# Prints what to load for the file wanted: rules with the same words in the same chain of the file
# before keep its counters, and tables that are wanted no more are emptied. Tables that were not there
# are to be emptied by before.
prepared() {
    perl -e '
        sub text { local $/; open my $file, "<", $_[0] or die "$_[0]: $!\n"; scalar <$file> }
        sub tables { map { /^\*(\w+)/ ? ($1 => $_) : () } split /^(?=\*)/m, $_[0] }
        sub emptied {
            my ($name, $table) = @_;
            ("*$name\n", (map { ":$_ ACCEPT [0:0]\n" } $table =~ /^:(\S+) [A-Z]/mg), "COMMIT\n");
        }
        my ($before, $wanted) = (text("before"), text("wanted"));
        my %old = tables($before);
        my %new = tables($wanted);
        open my $more, ">>", "before" or die "before: $!\n";
        print $more map { $old{$_} ? () : emptied($_, $new{$_}) } sort keys %new;
        print map { $new{$_} ? () : emptied($_, $old{$_}) } sort keys %old;
        my ($table, %policy, %rules);
        for (split /^/, $before) {
            if (/^(\[\d+:\d+\]) -A (.*)/) { push @{ $rules{"$table $2"} }, $1 }
            elsif (/^:(\S+) \S+ (\[.*\])/) { $policy{"$table $1"} = $2 }
            elsif (/^\*(\w+)/) { $table = $1 }
        }
        for (split /^/, $wanted) {
            if (/^-A (.*)/) { print shift @{ $rules{"$table $1"} || [] } || "[0:0]", " " }
            elsif (/^\*(\w+)/) { $table = $1 }
            else { s/^(:(\S+) [A-Z]+).*/"$1 " . ($policy{"$table $2"} || "[0:0]")/e }
            print;
        }
    '
}

save() { "$tool-save" -c; }
is_planned() { [ "$(digest < before)" = "$planned" ]; }
restoring() { echo "$tool-restore -w 10 -c < before"; }
save_for_boot() { "$tool-save"; }
boot_file() {
    case $tool in iptables*) plugin=15-ip4tables file=rules.v4 ;; *) plugin=25-ip6tables file=rules.v6 ;; esac
    ! has_plugin "$plugin" || echo "/etc/iptables/$file"
}

case $act in
try)
    # Sets belong to a network namespace, too: rules need them to be there, not what is in them.
    sets=$(mktemp) || exit 5
    trap 'rm -f "$sets"' EXIT
    ipset list -t 2> /dev/null | sed -n '
        /^Name: /{ s//create "/; s/$/"/; h; }
        /^Type: /{ s// /; H; }
        /^Header: /{ s// /; H; x; s/\n//g; p; }
    ' > "$sets"
    unshare -n sh -c '
        [ ! -s "$2" ] || ipset restore < "$2"
        "$1-restore" -w 10 && exec "$1-save"
    ' sh "$tool" "$sets"
    ;;
arm)
    planned=$4
    begin
    arm "$3"
    ;;
load)
    is_armed
    cat > wanted && prepared > loading || exit 5
    "$tool-restore" -w 10 -c < loading && exit 0
    status=$?
    restore_now
    exit "$status"
    ;;
keep)
    keep
    ;;
undo)
    planned=$3
    # What an earlier job saved is not this one's to restore.
    in_folder && [ -e before ] && is_planned || exit 0
    undo
    ;;
state)
    saved=$("$tool-save") || exit 5
    echo "rules $(printf '%s\n' "$saved" | digest)"
    echo "state $(state)"
    ;;
esac
