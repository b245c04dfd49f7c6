# lvs-ask ADDRESS PORT COUNT LIMIT_S: so many TCP connections, one after the other, each closed once it
# stands. Prints `asked N answered N refused N silent N`. None is begun after LIMIT_S.
#
# IPVS knows a closed connection for two minutes more (tcpfin) and sends one from the same port to the
# same real server, unscheduled and uncounted. So each has the port of its moment, which comes round
# again after 141 s.
exec perl -e '
use strict; use warnings;
use Socket qw(:DEFAULT getaddrinfo);
use IO::Handle;
use Errno qw(EADDRINUSE EADDRNOTAVAIL EINPROGRESS);
use Time::HiRes qw(clock_gettime sleep time CLOCK_MONOTONIC);
# A lost packet is sent again after one second, and after three.
use constant PATIENCE => 3.5;
use constant { SLOT_S => 0.005, FIRST_PORT => 32_768, PORTS => 28_232 };
my ($address, $port, $count, $limit_s) = @ARGV;
my ($error, $target) = getaddrinfo($address, $port, { socktype => SOCK_STREAM });
die "$address: $error\n" if $error;
my %told = map { $_ => 0 } qw(answered refused silent);
my $began = clock_gettime(CLOCK_MONOTONIC);
my ($asked, $last) = (0, 0);

# Waits for the next port.
sub port {
    while (1) {
        my $now = time;
        my $slot = int($now / SLOT_S);
        if ($slot != $last) { $last = $slot; return FIRST_PORT + $slot % PORTS }
        sleep(($slot + 1) * SLOT_S - $now);
    }
}

while ($asked < $count && clock_gettime(CLOCK_MONOTONIC) - $began < $limit_s) {
    socket(my $socket, $target->{family}, SOCK_STREAM, 0) or die "socket: $!\n";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    my $own = $target->{family} == AF_INET
        ? pack_sockaddr_in(port(), INADDR_ANY)
        : Socket::pack_sockaddr_in6(port(), Socket::IN6ADDR_ANY());
    next unless bind($socket, $own); # Somebody else has it.
    $socket->blocking(0);
    ++$asked;
    my $how = "answered";
    if (!connect($socket, $target->{addr})) {
        if ($! == EADDRNOTAVAIL || $! == EADDRINUSE) {
            --$asked;
            next;
        }
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
