# keepalived: its configuration, and what it says of itself when it gets its JSON signal.
my ($pid, $config_id, $config_file, $json_signal) = (0, "", "/etc/keepalived/keepalived.conf", undef);
my ($asked_ms, $ask_at_ms, $awaited, $json_before, $json_mtime) = (0, 0, 0, "", 0);
my ($journal, $journal_pid, $journal_rest) = (undef, 0, "");
my (%digests, @included, @track_files);

# Finds the daemon; notices a restart.
sub find_keepalived {
    my $found = slurp("/run/keepalived.pid");
    ($found) = defined $found && $found =~ /^(\d+)/ ? $1 : 0;
    my $cmdline = $found ? slurp("/proc/$found/cmdline") : undef;
    $found = 0 unless defined $cmdline && $cmdline =~ /keepalived/;
    return $found if $found == $pid;
    $pid = $found;
    return 0 if !$pid;
    my @words = split /\0/, $cmdline;
    $config_id = option(\@words, "-i", "--config-id") || (split /\./, (POSIX::uname())[1])[0];
    $config_file = option(\@words, "-f", "--use-file") || "/etc/keepalived/keepalived.conf";
    # A build without JSON would die of the signal, so the daemon is asked for its number first.
    my $number = output_of("keepalived", "--signum=JSON");
    $json_signal = defined $number && $number =~ /^(\d+)\s*$/ ? $1 : undef;
    follow_journal();
    $ask_at_ms = clock_ms(1);
    return $pid;
}

sub option {
    my ($words, $short, $long) = @_;
    for my $i (0 .. $#$words) {
        return $words->[$i + 1] if $words->[$i] eq $short || $words->[$i] eq $long;
        return $1 if $words->[$i] =~ /^(?:\Q$short\E|\Q$long\E=)(.+)/;
    }
    return undef;
}

# keepalived logs each dump, so it is asked when its journal or an address says that something
# happened, and otherwise seldom.
sub follow_journal {
    return if $journal;
    $journal_pid = open($journal, "-|");
    defined $journal_pid or return;
    if ($journal_pid == 0) {
        open(STDERR, ">", "/dev/null");
        open(STDIN, "<", "/dev/null");
        exec "journalctl", "-f", "-u", "keepalived", "-n", "0", "-o", "cat", "--no-pager";
        POSIX::_exit(127);
    }
}

sub read_journal {
    my $n = sysread($journal, $journal_rest, 65536, length $journal_rest);
    if (!$n) { close $journal; undef $journal; return }
    while ($journal_rest =~ s/^([^\n]*)\n//) {
        my $line = $1;
        ask_keepalived(0) if $line =~ /^\(|VRRP_|[Rr]eload|Starting/ && $line !~ /^Printing/;
    }
    $journal_rest = "" if length $journal_rest > 65536;
}

# At most five dumps a second; the last event of a burst is answered, too.
sub ask_keepalived {
    my ($after_ms) = @_;
    my $at = clock_ms(1) + $after_ms;
    $at = $asked_ms + 200 if $at < $asked_ms + 200;
    $ask_at_ms = $at if !$ask_at_ms || $at < $ask_at_ms;
}

sub json_path {
    my $dir = "/tmp";
    my $environ = slurp("/proc/$pid/environ") || "";
    $dir = $1 if $environ =~ /(?:^|\0)TMPDIR=([^\0]+)/;
    # By the root of the daemon: a unit with PrivateTmp has another /tmp than we.
    return "/proc/$pid/root$dir/keepalived.json";
}

sub signal_keepalived {
    $ask_at_ms = 0;
    return unless $pid && defined $json_signal;
    my $path = json_path();
    $json_before = slurp($path) || "";
    $json_mtime = (stat $path)[9] || 0;
    $asked_ms = clock_ms(1);
    $awaited = kill($json_signal, $pid);
}

# The file is not written in one piece: it counts when it is complete and not the one from before,
# or when no other came in time.
sub read_json {
    my $path = json_path();
    my $text = slurp($path);
    my $late = clock_ms(1) - $asked_ms > 1_000;
    my $complete = defined $text && $text =~ /\]\s*$/;
    if ($complete && ($late || $text ne $json_before || ((stat $path)[9] || 0) != $json_mtime)) {
        $awaited = 0;
        $text =~ s/("auth_data"\s*:\s*)"(?:[^"\\]|\\.)*"/$1""/g;
        say_section("vrrp_state", $text);
    } elsif ($late) {
        $awaited = 0;
        say_section("vrrp_state", undef, "keepalived wrote no JSON within 1 s");
    }
}

# Called at every turn of the loop; returns in how many milliseconds it wants to be called again.
sub watch_keepalived {
    my ($now) = @_;
    signal_keepalived() if $ask_at_ms && $now >= $ask_at_ms;
    read_json() if $awaited;
    return $awaited ? 10 : $ask_at_ms ? $ask_at_ms - $now : 1_000;
}

# Its word is proved as long as the daemon lives and its journal is followed in silence.
sub check_keepalived {
    if (!find_keepalived()) {
        say_section("vrrp_state", undef, "keepalived is not running") if -e $config_file;
        return;
    }
    if (!defined $json_signal) {
        say_section("vrrp_state", undef, "this keepalived is built without JSON");
        return;
    }
    $proven{vrrp_state} = 1 if $journal && defined $sent{vrrp_state} && $sent{vrrp_state} =~ /^=/;
    ask_keepalived(0) if clock_ms(1) - $asked_ms > ($journal ? 15_000 : 2_000);
}

# The configuration with its includes in place and no password in it: each is replaced by a salted
# digest of the 8 bytes that keepalived uses, which tells equal from different and no more.
sub read_conf {
    return unless -e $config_file;
    @included = ();
    my ($text, $why) = with_includes($config_file, 0);
    defined $text or return (undef, $why);
    @track_files = $text =~ /^\s*(?:vrrp_)?track_file\s+signalbox_\S+\s*\{[^}]*?^\s*file\s+"?([^\s"]+)/gm;
    return "id $config_id\n" . redacted($text);
}

sub with_includes {
    my ($file, $depth) = @_;
    my $text = slurp($file);
    defined $text or return (undef, "$file: $!");
    return (undef, "$file: includes nest deeper than 10") if $depth > 10;
    my ($folder) = $file =~ m{^(.*)/};
    $text =~ s{^[ \t]*include[rmwba]*[ \t]+("?)(\S+?)\1[ \t]*$}{
        my $pattern = $2 =~ m{^/} ? $2 : "$folder/$2";
        join "\n", map { push @included, $_; (with_includes($_, $depth + 1))[0] || "" } glob $pattern;
    }gemx;
    return $text;
}

sub redacted {
    my ($text) = @_;
    my %by_variable;
    $text =~ s{(\bauth_(?:pass|hmac\w*|key)[ \t]+)("[^"\n]*"?|\S+)}{
        my ($head, $value) = ($1, $2);
        my $tail = $value !~ /^"/ && $value =~ s/(\}+)$// ? " $1" : "";
        # Outside quotes a comment begins anywhere, and ends the password.
        $value =~ s/[\#!].*// unless $value =~ s/^"([^"]*)"?$/$1/;
        if ($value =~ /^\$(?:\{)?(\w+)/) { $by_variable{$1} = 1 } else { $value = digest($value) }
        "$head\"$value\"$tail";
    }gex;
    for my $name (keys %by_variable) {
        $text =~ s{^([ \t]*\$\Q$name\E[ \t]*=[ \t]*)(.*)$}{ $1 . digest($2) }gem;
    }
    return $text;
}

sub digest {
    my ($password) = @_;
    my $used = substr($password, 0, 8);
    return $digests{$used} if defined $digests{$used};
    pipe(my $out, my $in) or return "unknown";
    my $child = open(my $sum, "-|");
    defined $child or return "unknown";
    if ($child == 0) {
        close $in;
        open(STDIN, "<&", $out);
        exec "sha256sum";
        POSIX::_exit(127);
    }
    close $out;
    syswrite($in, "$SALT:$used");
    close $in;
    my $line = <$sum>;
    close $sum;
    return "unknown" unless defined $line && $line =~ /^([0-9a-f]{64})/;
    return $digests{$used} = $1;
}

# Read anew only when a file of it changed. A new file in an included folder shows with the next
# change of the others, or when keepalived starts anew.
my ($conf_stamp, @conf) = ("none");
sub read_conf_if_changed {
    my $stamp = join " ", $pid, map { join ":", $_, (stat $_)[1, 7, 9, 10] } $config_file, @included;
    if ($stamp ne $conf_stamp) {
        $conf_stamp = $stamp;
        @conf = read_conf();
        ask_keepalived(300);
    }
    return @conf;
}

section("vrrp_conf", 2_000, \&read_conf_if_changed);

# The generated track files that keep this director out of service, a line each.
sub read_out {
    return unless -e $config_file;
    return join "", map { "$_\n" } grep { (slurp($_) || "") =~ /^\S+ out$/m } @track_files;
}

section("vrrp_out", 2_000, \&read_out);
