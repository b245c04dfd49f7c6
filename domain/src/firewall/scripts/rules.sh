# firewall-rules try|arm|load|keep|undo|state TOOL …: changes the rules of one iptables so that they
# come back by themselves unless they are kept.
#   try            loads standard input into a network namespace of its own, prints what it became
#   arm S DIGEST   saves the rules, which must have DIGEST, and sets a timer that restores them in S s
#   load           loads standard input, with the counters of the rules that stay
#   keep           takes the timer away and has the rules loaded at boot, where something does that
#   undo           restores what arm saved, if anything was armed, and what is loaded at boot
#   state          prints "rules DIGEST" and "state none|armed|undoing|kept|rolled-back"
# The state is the name of one file in the folder: a rename decides between the timer and keep.
# Exit status 6: refused, and nothing was changed; why is on stderr.
act=$1 tool=$2
folder=/var/lib/signalbox/firewall/$tool
unit=signalbox-firewall-$tool
refuse() { echo "$1" >&2; exit 6; }

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

# What has the same words in the same chain keeps its counters.
with_counters_of() {
    perl -e '
        my ($table, %policy, %rules);
        open my $live, "<", $ARGV[0] or die "$ARGV[0]: $!\n";
        while (<$live>) {
            $table = $1 if /^\*(\w+)/;
            $policy{"$table $1"} = $2 if /^:(\S+) \S+ (\[.*\])/;
            push @{ $rules{"$table $2"} }, $1 if /^(\[\d+:\d+\]) -A (.*)/;
        }
        while (<STDIN>) {
            $table = $1 if /^\*(\w+)/;
            s/^(:(\S+) [A-Z]+).*/"$1 " . ($policy{"$table $2"} || "[0:0]")/e;
            my $counters = /^-A (.*)/ && shift @{ $rules{"$table $1"} || [] };
            print $counters ? "$counters $_" : /^-A / ? "[0:0] $_" : $_;
        }
    ' "$1"
}

# Tables that the first file lacks and standard input has, emptied.
emptied_unless_in() {
    perl -e '
        local $/;
        open my $in, "<", $ARGV[0] or die "$ARGV[0]: $!\n";
        my %there = map { $_ => 1 } <$in> =~ /^\*(\w+)/mg;
        for (split /^(?=\*)/m, <STDIN>) {
            my ($name) = /^\*(\w+)/ or next;
            next if $there{$name};
            print "*$name\n", (map { ":$_ ACCEPT [0:0]\n" } /^:(\S+) [A-Z]/mg), "COMMIT\n";
        }
    ' "$1"
}

in_folder() { cd "$folder" 2> /dev/null; }
state() {
    for state in armed undoing kept rolled-back; do
        [ ! -e "$folder/$state" ] || { echo "$state"; return; }
    done
    echo none
}
# The file that is loaded at boot, where something loads it.
boot_file() {
    case $tool in iptables*) plugin=15-ip4tables file=rules.v4 ;; *) plugin=25-ip6tables file=rules.v6 ;; esac
    [ ! -e "/usr/share/netfilter-persistent/plugins.d/$plugin" ] || echo "/etc/iptables/$file"
}
stop_timer() {
    systemctl stop "$unit.timer" 2> /dev/null
    systemctl reset-failed "$unit.service" "$unit.timer" 2> /dev/null
    :
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
    mkdir -p "$folder" && chmod 700 "$folder" && in_folder || exit 5
    case $(state) in armed | undoing) refuse 'another change of these rules waits to be kept' ;; esac
    stop_timer
    rm -f kept rolled-back boot
    file=$(boot_file)
    [ -z "$file" ] || [ ! -e "$file" ] || cp -p "$file" boot || exit 5
    "$tool-save" -c > before || exit 5
    [ "$(digest < before)" = "$4" ] || refuse 'the rules are not those that the plan was made for'
    cat > restore <<END
cd $folder && mv armed undoing 2> /dev/null || exit 0
for try in 1 2 3 4 5 6 7 8 9 10; do
    $tool-restore -w 10 -c < before && exec mv undoing rolled-back
    sleep 1
done
exit 1
END
    : > armed
    systemd-run --quiet --collect --unit="$unit" --on-active="${3}s" \
        --timer-property=AccuracySec=100ms sh "$folder/restore" || { rm -f armed; exit 5; }
    ;;
load)
    in_folder && [ -e armed ] || refuse 'no timer is armed that would bring the old rules back'
    cat > wanted && "$tool-save" -c > live || exit 5
    emptied_unless_in before < wanted >> before || exit 5
    emptied_unless_in wanted < live > emptied || exit 5
    cat emptied wanted | with_counters_of live > loading || exit 5
    "$tool-restore" -w 10 -c < loading && exit 0
    # A table before the one that was refused may be loaded already.
    status=$?
    sh restore
    stop_timer
    exit "$status"
    ;;
keep)
    in_folder && mv armed kept 2> /dev/null || refuse "too late: the state is $(state)"
    stop_timer
    file=$(boot_file)
    [ -n "$file" ] || exit 0
    mkdir -p "${file%/*}" && "$tool-save" > "$file.new" && chmod 640 "$file.new" && mv -f "$file.new" "$file"
    ;;
undo)
    in_folder || exit 0
    if [ -e kept ]; then
        mv kept armed
        file=$(boot_file)
        if [ -e boot ]; then cp -p boot "$file" || exit 5; else rm -f ${file:+"$file"}; fi
    fi
    sh restore
    stop_timer
    case $(state) in none | rolled-back) ;; *) exit 1 ;; esac
    ;;
state)
    saved=$("$tool-save") || exit 5
    echo "rules $(printf '%s\n' "$saved" | digest)"
    echo "state $(state)"
    ;;
esac
