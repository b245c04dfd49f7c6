# The IPVS table. The kernel tells nobody of changes to it, so it is read often, and sent at once
# when services, servers or weights changed; connection counts alone wait for the second to end.
my ($ipvs, $ipvs_structure, $ipvs_text) = (undef, "", "");
my $ipvs_period_ms = 90;
my ($hz, $hz_jiffies, $hz_ms) = (0, 0, 0);

sub read_ipvs {
    if (!$ipvs) {
        return unless -e "/proc/net/ip_vs";
        open($ipvs, "<", "/proc/net/ip_vs") or return (undef, "/proc/net/ip_vs: $!");
    }
    my $text = "";
    sysseek($ipvs, 0, 0);
    while (1) {
        my $n = sysread($ipvs, $text, 65536, length $text);
        if (!defined $n) { undef $ipvs; return (undef, "/proc/net/ip_vs: $!") }
        last if $n == 0 || length $text > $SECTION_MAX;
    }
    measure_hz() if !$hz && $text =~ /persistent/;
    return "hz $hz\n$text";
}

# The table tells persistence times in jiffies, and nothing but their pace tells how long one is.
sub measure_hz {
    my ($jiffies) = (slurp("/proc/timer_list") || "") =~ /^jiffies: (\d+)/m or return;
    my $now = clock_ms(1);
    if ($hz_jiffies && $now - $hz_ms > 900) {
        my $measured = 1000 * ($jiffies - $hz_jiffies) / ($now - $hz_ms);
        ($hz) = sort { abs($a - $measured) <=> abs($b - $measured) } 100, 250, 300, 1000;
    } elsif (!$hz_jiffies) {
        ($hz_jiffies, $hz_ms) = ($jiffies, $now);
    }
}

# Between the readings of each second: only for a change that matters.
sub watch_ipvs {
    my ($text) = read_ipvs();
    if (defined $text && $text ne $ipvs_text) {
        $ipvs_text = $text;
        my $structure = $text;
        $structure =~ s/^(  -> \S+\s+\S+\s+\d+).*/$1/mg;
        say_section("lvs", $text) if $structure ne $ipvs_structure;
        $ipvs_structure = $structure;
    }
    # A large table is read less often: a hundred kilobytes at five times a second.
    $ipvs_period_ms = 90 + length($ipvs_text) / 1_000;
}

section("lvs", 1_000, \&read_ipvs);
