# vrrp-reach [ADDRESS PORT]…: one TCP connection to each, all at once, for at most two seconds.
exec perl -e '
use strict; use warnings;
use Socket qw(:DEFAULT getaddrinfo);
use IO::Handle; use IO::Select;
my ($waiting, %server) = (IO::Select->new);
while (my ($address, $port) = splice @ARGV, 0, 2) {
    my ($error, $target) = getaddrinfo($address, $port, { socktype => SOCK_STREAM });
    die "$address: $error\n" if $error;
    socket(my $socket, $target->{family}, SOCK_STREAM, 0) or die "socket: $!\n";
    $socket->blocking(0);
    $server{$socket} = "$address $port";
    connect($socket, $target->{addr});
    $waiting->add($socket);
}
my $until = time + 2;
while ($waiting->count && time <= $until) {
    for my $socket ($waiting->can_write(0.5)) {
        $waiting->remove($socket);
        next if unpack "i", getsockopt($socket, SOL_SOCKET, SO_ERROR);
        print delete $server{$socket}, " reached\n";
    }
}
print "$_ silent\n" for sort values %server;
' -- "$@"
