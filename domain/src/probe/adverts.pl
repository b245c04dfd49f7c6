# VRRP adverts of other directors as keepalived here hears them: the kernel gives a copy of each to a
# raw socket, behind the packet filter. One of a sender is told every 0.7 s: to see a beat is enough.
my (@advert_sockets, %adverts);
my $ADVERT_SENDERS = 64;

# Only while keepalived is there: it is what joined the group that adverts are sent to.
sub listen_for_adverts {
    return if @advert_sockets || !$pid;
    for my $family (2, 10) {
        socket(my $socket, $family, 3, 112) or next;
        push @advert_sockets, { socket => $socket, family => $family };
    }
}

sub hear_advert {
    my ($listener) = @_;
    my $from = recv($listener->{socket}, my $packet, 512, 0x40); # MSG_DONTWAIT
    defined $from or return 0;
    my ($v4, $now) = ($listener->{family} == 2, clock_ms(0));
    my $source = $v4 ? substr($packet, 12, 4) : substr($from, 8, 16);
    substr($packet, 0, 4 * (ord($packet) & 0xf), "") if $v4;
    return 1 if length $packet < 8 || (ord($packet) & 0xf) != 1;
    my ($vrid, $priority) = unpack("xCC", $packet);
    my $sender = "$vrid " . Socket::inet_ntop($listener->{family}, $source);
    return 1 if !$adverts{$sender} && keys %adverts >= $ADVERT_SENDERS;
    my $heard = $adverts{$sender} ||= [];
    push @$heard, [$now, $priority] if !@$heard || $now - $heard->[-1][0] >= 700;
    return 1;
}

# Those of the last five seconds, so that none is lost between two readings.
sub read_adverts {
    listen_for_adverts();
    return unless @advert_sockets;
    my $since = clock_ms(0) - 5_000;
    my $text = "";
    for my $sender (sort keys %adverts) {
        my @recent = grep { $_->[0] > $since } @{ $adverts{$sender} };
        $adverts{$sender} = \@recent;
        delete $adverts{$sender} unless @recent;
        $text .= "$sender $_->[1] $_->[0]\n" for @recent;
    }
    return $text;
}

section("adverts", 1_000, \&read_adverts);
