# lvs-sync-heard INTERFACE GROUP PORT SECONDS: listens beside the kernel, whose own messages do not come back to it, and
# prints the sync ids that others send, with their addresses.
use strict;
use warnings;
use Socket;
use Time::HiRes ();

my ($interface, $group, $port, $seconds) = @ARGV;
my ($IP_ADD_MEMBERSHIP) = (35);
open(my $file, "<", "/sys/class/net/$interface/ifindex") or die "no interface $interface\n";
my $index = int(<$file>);
socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "reuse: $!\n";
bind($socket, pack_sockaddr_in($port, inet_aton($group))) or die "bind: $!\n";
setsockopt($socket, 0, $IP_ADD_MEMBERSHIP, pack("a4a4i", inet_aton($group), INADDR_ANY, $index))
    or die "join: $!\n";
my ($end, %told) = (Time::HiRes::time() + $seconds);
while ((my $left = $end - Time::HiRes::time()) > 0) {
    vec(my $ready = "", fileno $socket, 1) = 1;
    next if select($ready, undef, undef, $left) < 1;
    my $sender = recv($socket, my $message, 65536, 0) // next;
    next if length $message < 4;
    # The id is the second byte of both versions of the message (net/netfilter/ipvs/ip_vs_sync.c).
    my $id = unpack("xC", $message);
    my (undef, $from) = unpack_sockaddr_in($sender);
    my $line = "$id " . inet_ntoa($from);
    print "$line\n" unless $told{$line}++;
}
