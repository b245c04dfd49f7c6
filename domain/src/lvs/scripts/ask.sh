# lvs-ask ADDRESS PORT COUNT LIMIT_S: so many TCP connections, one after the other, each closed once it
# stands. Prints `asked N answered N refused N silent N`. None is begun after LIMIT_S.
exec perl -e '
use strict; use warnings;
use Socket qw(:DEFAULT getaddrinfo);
use IO::Handle;
use Errno qw(EINPROGRESS);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
# A lost packet is sent again after one second, and after three.
use constant PATIENCE => 3.5;
my ($address, $port, $count, $limit_s) = @ARGV;
my ($error, $target) = getaddrinfo($address, $port, { socktype => SOCK_STREAM });
die "$address: $error\n" if $error;
my %told = map { $_ => 0 } qw(answered refused silent);
my $began = clock_gettime(CLOCK_MONOTONIC);
my $asked = 0;
while ($asked < $count && clock_gettime(CLOCK_MONOTONIC) - $began < $limit_s) {
    socket(my $socket, $target->{family}, SOCK_STREAM, 0) or die "socket: $!\n";
    $socket->blocking(0);
    ++$asked;
    my $how = "answered";
    if (!connect($socket, $target->{addr})) {
        if ($! == EINPROGRESS) {
            vec(my $ready = "", fileno $socket, 1) = 1;
            my $stands = select(undef, $ready, undef, PATIENCE);
            $how = $stands <= 0 ? "silent"
                : unpack("i", getsockopt($socket, SOL_SOCKET, SO_ERROR)) ? "refused" : "answered";
        } else {
            $how = "refused";
        }
    }
    ++$told{$how};
    close $socket;
}
print "asked $asked", (map { " $_ $told{$_}" } qw(answered refused silent)), "\n";
' -- "$@"
