# Addresses and links, asked of the kernel by rtnetlink (rtnetlink(7)), which also tells of changes.
my $AF_NETLINK = 16;
my ($RTM_GETLINK, $RTM_GETADDR, $NLMSG_ERROR, $NLMSG_DONE) = (18, 22, 2, 3);
my ($NLM_F_REQUEST, $NLM_F_DUMP) = (0x1, 0x300);
my $ADDRESS_GROUPS = 0x1 | 0x10 | 0x100; # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR

sub netlink {
    my ($groups, $protocol) = @_;
    socket(my $socket, $AF_NETLINK, 3, $protocol || 0) or return undef;
    bind($socket, pack("SSLL", $AF_NETLINK, 0, 0, $groups)) or return undef;
    return $socket;
}

# The body of each message of a dump; undef when the kernel refuses.
sub dump_of {
    my ($type, $body, $protocol) = @_;
    my $socket = netlink(0, $protocol) or return undef;
    my $head = pack("LSSLL", 16 + length $body, $type, $NLM_F_REQUEST | $NLM_F_DUMP, 1, 0);
    syswrite($socket, $head . $body) or return undef;
    my @messages;
    while (sysread($socket, my $batch, 65536)) {
        while (length $batch >= 16) {
            my ($length, $kind) = unpack("LS", $batch);
            return undef if $length < 16 || $kind == $NLMSG_ERROR;
            return \@messages if $kind == $NLMSG_DONE;
            push @messages, substr($batch, 16, $length - 16);
            substr($batch, 0, ($length + 3) & ~3, "");
        }
    }
    return undef;
}

sub attributes {
    my ($bytes) = @_;
    my %found;
    while (length $bytes >= 4) {
        my ($length, $type) = unpack("SS", $bytes);
        last if $length < 4;
        $found{$type} = substr($bytes, 4, $length - 4);
        my $step = ($length + 3) & ~3;
        last if $step >= length $bytes;
        substr($bytes, 0, $step, "");
    }
    return \%found;
}

# One line an address: interface, up or down, address/prefix.
sub read_addresses {
    my $links = dump_of($RTM_GETLINK, "\0" x 4) or return (undef, "rtnetlink: $!");
    my (%name, %up);
    for my $link (@$links) {
        my ($index, $flags) = unpack("x4 l L", $link);
        my $ifname = attributes(substr($link, 16))->{3};
        defined $ifname or next;
        $ifname =~ s/\0.*//s;
        $name{$index} = $ifname;
        $up{$index} = ($flags & 0x1) && ($flags & 0x10000) ? "up" : "down";
    }
    my $addresses = dump_of($RTM_GETADDR, "\0" x 4) or return (undef, "rtnetlink: $!");
    my @lines;
    for my $message (@$addresses) {
        my ($family, $prefix, undef, undef, $index) = unpack("CCCCL", $message);
        my $found = attributes(substr($message, 8));
        my $address = $found->{2} || $found->{1};
        next unless defined $address && defined $name{$index};
        next unless length $address == ($family == 2 ? 4 : 16);
        my $text = Socket::inet_ntop($family, $address);
        push @lines, "$name{$index} $up{$index} $text/$prefix\n";
    }
    return join("", sort @lines);
}

section("addresses", 5_000, \&read_addresses);
