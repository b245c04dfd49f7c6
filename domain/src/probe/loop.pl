# The loop: waits for the kernel, the journal and the console, and reads what is due.
my $events = netlink($ADDRESS_GROUPS);
my ($beat_due_ms, $ipvs_due_ms, $keepalived_due_ms, $refresh) = (0, 0, 0, undef);
my $commands = "";

$SIG{$_} = sub { exit 0 } for qw(TERM HUP INT PIPE);
END { kill("TERM", $journal_pid) if $journal_pid }

sub read_due {
    my ($now) = @_;
    for my $section (@sections) {
        next if $now < $section->{due_ms};
        $section->{due_ms} = $now + $section->{period_ms};
        my @read = $section->{read}->();
        say_section($section->{name}, @read) if @read || defined $sent{$section->{name}};
    }
}

# The console sends "refresh TOKEN": everything is read and sent again, then the token comes back.
sub read_command {
    my $n = sysread(STDIN, $commands, 4096, length $commands);
    exit 0 if !$n || length $commands > 65536;
    while ($commands =~ s/^([^\n]*)\n//) {
        next unless $1 =~ /^refresh (\w+)$/;
        ($refresh, %sent) = ($1);
        $_->{due_ms} = 0 for grep { $_->{name} ne "platform" } @sections;
        ask_keepalived(0);
    }
}

sub beat {
    check_keepalived();
    # The kernel would have told of a change.
    $proven{addresses} = 1 if $events && defined $sent{addresses};
    frame(".", "beat", join " ", sort keys %proven);
    %proven = ();
}

while (1) {
    my $now = clock_ms(1);
    if ($now >= $beat_due_ms) { $beat_due_ms = $now + 1_000; beat() }
    if ($now >= $ipvs_due_ms) {
        watch_ipvs();
        $ipvs_due_ms = $now + ($ipvs ? $ipvs_period_ms : 5_000);
    }
    read_due($now);
    my $wait_ms = watch_keepalived($now);
    if (defined $refresh && !$awaited && !$ask_at_ms) {
        frame(".", "refreshed", $refresh);
        undef $refresh;
    }
    for my $due ($beat_due_ms, $ipvs_due_ms, map { $_->{due_ms} } @sections) {
        $wait_ms = $due - $now if $due - $now < $wait_ms;
    }
    $wait_ms = 1 if $wait_ms < 1;

    my $ready = "";
    vec($ready, fileno STDIN, 1) = 1;
    vec($ready, fileno $events, 1) = 1 if $events;
    vec($ready, fileno $journal, 1) = 1 if $journal;
    vec($ready, fileno $_->{socket}, 1) = 1 for @advert_sockets;
    next if select($ready, undef, undef, $wait_ms / 1000) <= 0;
    read_command() if vec($ready, fileno STDIN, 1);
    read_journal() if $journal && vec($ready, fileno $journal, 1);
    for my $listener (@advert_sockets) {
        next unless vec($ready, fileno $listener->{socket}, 1);
        for (1 .. 64) { hear_advert($listener) or last }
    }
    if ($events && vec($ready, fileno $events, 1)) {
        sysread($events, my $event, 65536);
        say_section("addresses", read_addresses());
        ask_keepalived(20) if $pid;
    }
}
