# vrrp-announce INTERFACE ADDRESS…: says by gratuitous ARP, three times in 0.4 s, that the addresses
# are here. keepalived does not say so again when another director stops claiming them.
exec perl -e '
use strict; use warnings;
use Socket ();
my ($interface, @addresses) = @ARGV;
sub line_of { open my $file, "<", $_[0] or die "$_[0]: $!\n"; my $line = <$file>; chomp $line; $line }
my $index = line_of("/sys/class/net/$interface/ifindex");
my $mac = pack "H12", line_of("/sys/class/net/$interface/address") =~ s/://gr;
socket(my $socket, 17, 3, 0) or die "packet socket: $!\n";
my $there = pack "SnlSCCa8", 17, 0x0806, $index, 1, 0, 6, "\xff" x 6;
for my $turn (1 .. 3) {
    for my $address (map { Socket::inet_aton($_) } @addresses) {
        # Request and reply: some hosts take only one of them.
        for my $kind (1, 2) {
            my $frame = "\xff" x 6 . $mac . pack("nnnCCn", 0x0806, 1, 0x0800, 6, 4, $kind)
                . $mac . $address . "\xff" x 6 . $address;
            send($socket, $frame, 0, $there) or die "send: $!\n";
        }
    }
    select undef, undef, undef, 0.2 if $turn < 3;
}
' -- "$@"
