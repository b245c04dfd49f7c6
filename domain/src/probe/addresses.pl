# Addresses and links, asked of the kernel by rtnetlink (rtnetlink(7)), which also tells of changes.
my ($RTM_GETLINK, $RTM_GETADDR) = (18, 22);
my $ADDRESS_GROUPS = 0x1 | 0x10 | 0x100; # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR

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
