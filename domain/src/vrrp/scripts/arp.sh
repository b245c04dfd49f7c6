# vrrp-arp INTERFACE OWN_ADDRESS ADDRESS…: asks by ARP who has each address, three times in 0.6 s,
# and prints `ADDRESS MAC` for everybody who answers. Two that answer for one address are both told.
exec perl -e '
use strict; use warnings;
use Socket ();
my ($interface, $own, @targets) = @ARGV;
sub line_of { open my $file, "<", $_[0] or die "$_[0]: $!\n"; my $line = <$file>; chomp $line; $line }
my $index = line_of("/sys/class/net/$interface/ifindex");
my $mac = pack "H12", line_of("/sys/class/net/$interface/address") =~ s/://gr;
socket(my $socket, 17, 3, unpack "S", pack "n", 0x0806) or die "packet socket: $!\n";
# sockaddr_ll: AF_PACKET, ETH_P_ARP, interface, hardware type, packet type, address.
my $here = pack "SnlSCCa8", 17, 0x0806, $index, 1, 0, 6, "\xff" x 6;
bind($socket, $here) or die "bind: $!\n";
my (%asked, %told);
$asked{Socket::inet_aton($_)} = $_ for @targets;
for (1 .. 3) {
    for my $target (keys %asked) {
        my $frame = "\xff" x 6 . $mac . pack("nnnCCn", 0x0806, 1, 0x0800, 6, 4, 1)
            . $mac . Socket::inet_aton($own) . "\0" x 6 . $target;
        send($socket, $frame, 0, $here) or die "send: $!\n";
    }
    my $left = 0.2;
    while ($left > 0) {
        my $ready = "";
        vec($ready, fileno $socket, 1) = 1;
        (my $found, $left) = select($ready, undef, undef, $left);
        last if $found <= 0;
        recv($socket, my $frame, 512, 0x40) // next;
        next if length $frame < 42 || unpack("x20 n", $frame) != 2;
        my ($from, $address) = unpack "x22 H12 a4", $frame;
        next unless $asked{$address} && !$told{$address . $from}++;
        print "$asked{$address} ", join(":", $from =~ /../g), "\n";
    }
}
' -- "$@"
