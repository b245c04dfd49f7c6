# What IPVS is set to: its timeouts and synchronisation by generic netlink (linux/ip_vs.h), the
# settings in /proc, and whether connections are there that came from another director.
use strict;
use warnings;
use Socket ();

my ($COUNT_ROWS) = @ARGV;
my ($IPVS_GET_DAEMON, $IPVS_GET_CONFIG, $IPVS_GET_INFO) = (11, 13, 15);

# The one answer to a request that is no dump.
sub generic_ask {
    my ($family, $command) = @_;
    my $socket = netlink(0, $NETLINK_GENERIC) or die "netlink: $!\n";
    my $body = pack("CCx2", $command, 1);
    syswrite($socket, pack("LSSLL", 16 + length $body, $family, $NLM_F_REQUEST, 1, 0) . $body);
    sysread($socket, my $answer, 65536) or die "netlink: $!\n";
    my ($length, $kind) = unpack("LS", $answer);
    die "IPVS does not answer\n" if $kind == $NLMSG_ERROR;
    return attributes(substr($answer, 20, $length - 20));
}

my $family = find_ipvs_family() or die "the kernel has no IPVS\n";
my $config = generic_ask($family, $IPVS_GET_CONFIG);
print "timeouts ", join(" ", map { unpack("L", $config->{$_}) } 4 .. 6), "\n";
my $info = generic_ask($family, $IPVS_GET_INFO);
print "buckets ", unpack("L", $info->{2}), "\n";

for my $message (generic_dump($family, $IPVS_GET_DAEMON, 1)) {
    my $daemon = attributes($message->{3} // next);
    my $number = sub { my ($type, $form) = @_; defined $daemon->{$type} ? unpack($form, $daemon->{$type}) : "-" };
    (my $interface = $daemon->{2}) =~ s/\0.*//s;
    my $group = defined $daemon->{5} ? Socket::inet_ntop(2, $daemon->{5})
        : defined $daemon->{6} ? Socket::inet_ntop(10, $daemon->{6}) : "-";
    my $state = unpack("L", $daemon->{1}) == 1 ? "master" : "backup";
    print join(" ", "daemon", $state, $interface, $number->(3, "L"), $group, $number->(7, "S"),
        $number->(8, "C"), $number->(4, "S")), "\n";
}

for my $path (sort glob "/proc/sys/net/ipv4/vs/*") {
    open(my $file, "<", $path) or next;
    my $value = <$file> // next;
    my ($name) = $path =~ m{([^/]+)$};
    print "setting $name ", join(" ", split " ", $value), "\n";
}

# The origin stands before the last column.
open(my $table, "<", "/proc/net/ip_vs_conn_sync") or exit 0;
my ($seen, $local, $synced) = (-1, 0, 0);
while (<$table>) {
    next if ++$seen == 0;
    last if $seen > $COUNT_ROWS;
    if (/ SYNC +\d+$/) { $synced++ } else { $local++ }
}
print "origins $local $synced ", $seen > $COUNT_ROWS ? "cut" : "whole", "\n";
