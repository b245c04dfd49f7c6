# vrrp-wire SECONDS MOST: prints each VRRP packet that reaches an interface or leaves it, as
#   MS-SINCE-THE-BEGIN INTERFACE in|out MAC HEX
# the packet from its IP header on, and at the end "listened MS". A packet socket is before the packet
# filter for what comes in and behind it for what goes out. The kernel filters (VRRP is 112, and 51 where it
# is behind an authentication header), so that other traffic costs nothing.
use strict;
use Time::HiRes qw(time);
my ($seconds, $most) = @ARGV;
socket(my $wire, 17, 2, unpack("S", pack("n", 3))) or die "no packet socket: $!\n";
my $program = join "", map { pack "SCCL", @$_ } (
    [0x28, 0, 0, 0xfffff000], # the protocol over Ethernet
    [0x15, 0, 3, 0x0800],
    [0x30, 0, 0, 9],
    [0x15, 4, 0, 112],
    [0x15, 3, 4, 51],
    [0x15, 0, 3, 0x86dd],
    [0x30, 0, 0, 6],
    [0x15, 0, 1, 112],
    [0x06, 0, 0, 0xffff],
    [0x06, 0, 0, 0],
);
my $align = length pack "P", "";
setsockopt($wire, 1, 26, pack("S x!$align P", 10, $program)) or die "no packet filter: $!\n";
# What came before the filter.
1 while defined recv($wire, my $early, 1, 0x40);
my %name;
for my $file (glob "/sys/class/net/*/ifindex") {
    open my $in, "<", $file or next;
    chomp(my $index = <$in>);
    ($name{$index}) = $file =~ m{net/([^/]+)/};
}
my $begin = time;
my $told = 0;
while ((my $left = $begin + $seconds - time) > 0 && $told < $most) {
    vec(my $ready = "", fileno $wire, 1) = 1;
    select($ready, undef, undef, $left) > 0 or next;
    my $from = recv($wire, my $packet, 512, 0x40);
    defined $from or next;
    my ($index, $kind, $length, $mac) = unpack "x4 l x2 C C a8", $from;
    printf "%d %s %s %s %s\n", 1000 * (time - $begin), $name{$index} // "?", $kind == 4 ? "out" : "in",
        join(":", map { sprintf "%02x", $_ } unpack "C$length", $mac) || "-", unpack("H*", $packet);
    $told++;
}
printf "listened %d\n", 1000 * (time - $begin);
