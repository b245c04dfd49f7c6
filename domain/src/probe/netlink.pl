# Netlink (netlink(7)): dumps of tables of the kernel, and their attributes.
my ($AF_NETLINK, $NETLINK_GENERIC) = (16, 16);
my ($NLMSG_ERROR, $NLMSG_DONE) = (2, 3);
my ($NLM_F_REQUEST, $NLM_F_DUMP) = (0x1, 0x300);

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

# The attributes of each message of a dump by generic netlink; `$more` are attributes of the request.
sub generic_dump {
    my ($family, $command, $version, $more) = @_;
    my $body = pack("CCx2", $command, $version) . ($more // "");
    my $messages = dump_of($family, $body, $NETLINK_GENERIC) or return;
    return map { attributes(substr($_, 4)) } @$messages;
}

sub attribute {
    my ($type, $value) = @_;
    my $length = 4 + length $value;
    return pack("SS", $length, $type) . $value . "\0" x (-$length & 3);
}

# The number by which the kernel knows IPVS (linux/ip_vs.h) among the families.
sub find_ipvs_family {
    my ($GENL_CTRL, $CTRL_GETFAMILY) = (16, 3);
    for my $family (generic_dump($GENL_CTRL, $CTRL_GETFAMILY, 1)) {
        return unpack("S", $family->{1}) if defined $family->{2} && $family->{2} eq "IPVS\0";
    }
    return undef;
}
