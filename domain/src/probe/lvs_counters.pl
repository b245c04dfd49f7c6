# What each virtual service and real server has taken, and what the table in /proc does not tell of
# them: asked of IPVS by generic netlink (linux/ip_vs.h).
my ($IPVS_GET_SERVICE, $IPVS_GET_DEST) = (4, 8);
my $ipvs_family;

sub ipvs_address {
    my ($family, $bytes) = @_;
    return Socket::inet_ntop($family, substr($bytes, 0, $family == 2 ? 4 : 16));
}

# Connections, packets in and out, bytes in and out. Old kernels have only what is cut to 32 bits.
sub ipvs_counters {
    my ($wide, $narrow) = @_;
    my $of = attributes($wide // $narrow // return "0 0 0 0 0");
    return join " ", map { unpack(length $of->{$_} == 8 ? "Q" : "L", $of->{$_}) } 1 .. 5;
}

sub ipvs_service_line {
    my ($service) = @_;
    my $family = unpack("S", $service->{1});
    my $target = defined $service->{5}
        ? sprintf("mark %d %s", unpack("L", $service->{5}), $family == 2 ? "v4" : "v6")
        : join(" ", unpack("S", $service->{2}), ipvs_address($family, $service->{3}), unpack("n", $service->{4}));
    # For IPv6 it is the length of the prefix.
    my $netmask = $family == 2 ? ipvs_address(2, $service->{9}) : unpack("L", $service->{9});
    (my $engine = $service->{11} // "") =~ s/\0.*//s;
    return join " ", "service", $target, unpack("L", $service->{7}), $netmask,
        length $engine ? $engine : "-", ipvs_counters($service->{12}, $service->{10});
}

sub ipvs_server_line {
    my ($server, $family) = @_;
    $family = unpack("S", $server->{11}) if defined $server->{11};
    return join " ", "server", ipvs_address($family, $server->{1}), unpack("n", $server->{2}),
        map({ unpack("L", $_) } @$server{5, 6, 9}), ipvs_counters($server->{12}, $server->{10});
}

sub read_lvs_counters {
    return unless $ipvs;
    $ipvs_family ||= find_ipvs_family() or return;
    my $began = clock_ms(1);
    my @lines;
    for my $message (generic_dump($ipvs_family, $IPVS_GET_SERVICE, 1)) {
        my $service = attributes($message->{1} // next);
        my @keys = defined $service->{5} ? (1, 5) : (1, 2, 3, 4);
        next if grep { !defined $service->{$_} } @keys, 7, 9;
        my $which = attribute(1, join "", map { attribute($_, $service->{$_}) } @keys);
        my @servers = generic_dump($ipvs_family, $IPVS_GET_DEST, 1, $which);
        my $family = unpack("S", $service->{1});
        my @of_servers = map { ipvs_server_line(attributes($_->{2}), $family) } grep { $_->{2} } @servers;
        push @lines, join("\n", ipvs_service_line($service), sort @of_servers) . "\n";
    }
    # A large table is asked less often: the probe is to take less than a hundredth of a processor.
    my $took_ms = clock_ms(1) - $began;
    $_->{period_ms} = $took_ms > 20 ? 100 * $took_ms : 2_000 for grep { $_->{name} eq "lvs_counters" } @sections;
    # With the time in it, it is sent at every reading: a rate is of the time between two.
    return "at $began\n" . join("", sort @lines);
}

section("lvs_counters", 2_000, \&read_lvs_counters);
