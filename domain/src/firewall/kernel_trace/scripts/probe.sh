# firewall-probe ask
# firewall-probe tcp|udp|icmp|icmpv6 ID SOURCE DESTINATION [SPORT DPORT]: sends one packet, from an
# address that this node has, and prints what came back within a second. The packet of UDP and ICMP
# carries ID; TCP opens a connection, which is reset at once where it came about.
if ! command -v perl > /dev/null; then
    echo 'perl: not found' >&2
    exit 5
fi
[ "$1" != ask ] || { echo perl; exit 0; }
exec perl -e '
use strict; use warnings;
use Socket qw(:DEFAULT getaddrinfo);
use Errno qw(EINPROGRESS EADDRINUSE EADDRNOTAVAIL ECONNREFUSED);
my ($protocol, $id, $source, $destination, $sport, $dport) = @ARGV;
my %kinds = (tcp => SOCK_STREAM, udp => SOCK_DGRAM, icmp => SOCK_RAW, icmpv6 => SOCK_RAW);
my %numbers = (tcp => 6, udp => 17, icmp => 1, icmpv6 => 58);
my ($kind, $number) = ($kinds{$protocol}, $numbers{$protocol});
sub numeric {
    my ($address, $port) = @_;
    my $hints = { flags => Socket::AI_NUMERICHOST(), socktype => SOCK_STREAM };
    my ($error, $found) = getaddrinfo($address, $port, $hints);
    die "$address: $error\n" if $error;
    return ($found->{family}, $found->{addr});
}
my ($family, $from) = numeric($source, $sport);
my (undef, $to) = numeric($destination, $dport);
socket(my $socket, $family, $kind, $number) or die "socket: $!\n";
setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) if $kind == SOCK_STREAM;
if (!bind $socket, $from) {
    die "port $sport of $source is in use here: choose another source port\n" if $! == EADDRINUSE;
    die "this node does not have $source now\n" if $! == EADDRNOTAVAIL;
    die "$source: $!\n";
}
sub waits_to {
    my ($what, $seconds) = @_;
    my ($in, $out) = ("", "");
    vec($what eq "read" ? $in : $out, fileno $socket, 1) = 1;
    return select($in, $out, undef, $seconds) > 0;
}
sub checksum {
    my ($bytes) = @_;
    my $sum = 0;
    $sum += $_ for unpack "n*", $bytes . "\0" x (length($bytes) % 2);
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
    return ~$sum & 0xffff;
}
my $came = "nothing";
if ($kind == SOCK_STREAM) {
    # A reset, so that the port is free again at once.
    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack "ii", 1, 0);
    use Fcntl;
    fcntl($socket, F_SETFL, O_NONBLOCK);
    connect($socket, $to) or $! == EINPROGRESS or die "$destination port $dport: $!\n";
    # Less than a second: the SYN is not sent again.
    if (waits_to("write", 0.9)) {
        $! = unpack "i", getsockopt $socket, SOL_SOCKET, SO_ERROR;
        $came = $! == 0 ? "the connection came about" : $! == ECONNREFUSED ? "refused" : "$!";
    }
} elsif ($kind == SOCK_DGRAM) {
    connect($socket, $to) or die "$destination: $!\n";
    defined send($socket, $id, 0) or die "$destination port $dport: $!\n";
    if (waits_to("read", 0.9)) {
        $came = defined recv($socket, my $answer, 2048, 0) ? "an answer" : $! == ECONNREFUSED ? "refused" : "$!";
    }
} else {
    my ($type, $answer) = $number == 1 ? (8, 0) : (128, 129);
    my $echo = pack("CCnnn", $type, 0, 0, hex(substr $id, 0, 4), 1) . $id;
    # Of ICMPv6 the kernel makes it.
    substr($echo, 2, 2) = pack "n", checksum($echo) if $number == 1;
    defined send($socket, $echo, 0, $to) or die "$destination: $!\n";
    my $until = time + 2;
    while (time < $until && $came eq "nothing" && waits_to("read", 0.9)) {
        recv $socket, my $bytes, 2048, 0;
        $bytes = substr $bytes, 4 * (ord($bytes) & 15) if $number == 1 && length $bytes >= 20;
        $came = "an answer" if length $bytes > 8 && ord($bytes) == $answer && substr($bytes, 8) eq $id;
    }
}
print "sent; back came $came\n";
' -- "$@"
