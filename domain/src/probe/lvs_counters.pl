# How many connections each virtual service has taken, asked of IPVS by generic netlink
# (linux/ip_vs.h): the table in /proc counts only those that are open.
my ($NETLINK_GENERIC, $GENL_CTRL, $CTRL_GETFAMILY, $IPVS_GET_SERVICE) = (16, 16, 3, 4);
my $ipvs_family;

sub generic_dump {
    my ($family, $command, $version) = @_;
    my $messages = dump_of($family, pack("CCx2", $command, $version), $NETLINK_GENERIC) or return;
    return map { attributes(substr($_, 4)) } @$messages;
}

sub find_ipvs_family {
    for my $family (generic_dump($GENL_CTRL, $CTRL_GETFAMILY, 1)) {
        return unpack("S", $family->{1}) if defined $family->{2} && $family->{2} eq "IPVS\0";
    }
    return undef;
}

sub read_lvs_counters {
    return unless $ipvs;
    $ipvs_family ||= find_ipvs_family() or return;
    my @lines;
    for my $message (generic_dump($ipvs_family, $IPVS_GET_SERVICE, 1)) {
        my $service = attributes($message->{1} // next);
        my ($family, $protocol, $address, $port) = @$service{1 .. 4};
        # A service by firewall mark has none of its own.
        next unless defined $protocol && defined $address && defined $port;
        $family = unpack("S", $family);
        $address = Socket::inet_ntop($family, substr($address, 0, $family == 2 ? 4 : 16));
        my ($wide, $narrow) = @$service{12, 10};
        my $taken = $wide ? unpack("Q", attributes($wide)->{1}) : unpack("L", attributes($narrow)->{1});
        push @lines, join(" ", unpack("S", $protocol), $address, unpack("n", $port), $taken) . "\n";
    }
    # With the time in it, it is sent at every reading: a rate is of the time between two.
    return "at " . clock_ms(1) . "\n" . join("", sort @lines);
}

section("lvs_counters", 2_000, \&read_lvs_counters);
