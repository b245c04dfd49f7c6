# client-probe ASK ADDRESS PORT INTERVAL_MS DURATION_MS: a client that asks on a fixed beat, whether
# or not it was answered. ASK is http, tcp or ping. One line a request, in the order asked:
# `<at_ms> <latency_us>`, or `<at_ms> -` when no answer came within half a second. Ends after
# DURATION_MS, or when nobody reads; exit status 0 says that the last request was answered.
exec perl -e '
use strict; use warnings;
use Socket qw(:DEFAULT getaddrinfo IPPROTO_TCP);
use IO::Handle;
use Errno qw(EINPROGRESS);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
use constant { PATIENCE => 0.5, ECHO => 8, ECHO6 => 128 };
$| = 1;
my ($ask, $address, $port, $interval_ms, $duration_ms) = @ARGV;
my $ping = $ask eq "ping";
my ($error, $target) = getaddrinfo($address, $port, { socktype => SOCK_STREAM });
die "$address: $error\n" if $error;
my ($family, $peer) = ($target->{family}, $target->{addr});
my $v6 = $family != AF_INET;
my $host = $v6 ? "[$address]" : $address;
my $begin = clock_gettime(CLOCK_MONOTONIC);
my ($number, @asked) = (0);

sub checksum {
    my $sum = 0;
    $sum += $_ for unpack "n*", $_[0];
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
    return ~$sum & 0xffff;
}

sub ask {
    my $request = { at => $_[0], since => $_[0], sent => 0 };
    push @asked, $request;
    my ($type, $protocol) = $ping ? (SOCK_RAW, $v6 ? 58 : 1) : (SOCK_STREAM, IPPROTO_TCP);
    socket(my $socket, $family, $type, $protocol) or return $request->{done} = 1;
    $socket->blocking(0);
    $request->{socket} = $socket;
    if ($ping) {
        my $sequence = ++$number & 0xffff;
        $request->{sequence} = $sequence;
        my @head = ($v6 ? ECHO6 : ECHO, 0);
        my $sum = $v6 ? 0 : checksum(pack "CCnnn", @head, 0, $$ & 0xffff, $sequence);
        send($socket, pack("CCnnn", @head, $sum, $$ & 0xffff, $sequence), 0, $peer) or fail($request);
    } elsif (!connect($socket, $peer) && $! != EINPROGRESS) {
        fail($request);
    }
}

sub fail { my ($request) = @_; $request->{done} = 1; close delete $request->{socket} }

sub answered {
    my ($request, $now) = @_;
    $request->{latency} = $now - $request->{at};
    $request->{done} = 1;
    close delete $request->{socket};
}

# Takes what the socket has; TCP first becomes writable (connected, or refused), then readable.
sub advance {
    my ($request, $now) = @_;
    my $socket = $request->{socket};
    if ($ping) {
        return unless defined recv($socket, my $packet, 1500, 0);
        $packet = substr $packet, 4 * (ord($packet) & 15) unless $v6;
        my ($type, undef, undef, $id, $sequence) = unpack "CCnnn", $packet;
        return unless $type == ($v6 ? 129 : 0) && $id == ($$ & 0xffff) && $sequence == $request->{sequence};
        return answered($request, $now);
    }
    if (!$request->{sent}) {
        return fail($request) if unpack "i", getsockopt($socket, SOL_SOCKET, SO_ERROR);
        @$request{qw(sent since)} = (1, $now);
        return answered($request, $now) if $ask eq "tcp";
        send($socket, "GET / HTTP/1.0\r\nHost: $host\r\nUser-Agent: signalbox\r\n\r\n", MSG_NOSIGNAL) or fail($request);
        return;
    }
    my $got = sysread $socket, my $head, 16;
    return fail($request) unless $got;
    $head =~ m{^HTTP/1\.\d [1-4]} ? answered($request, $now) : fail($request);
}

my ($next, $last) = (0, 0);
while (1) {
    my $now = clock_gettime(CLOCK_MONOTONIC) - $begin;
    my $asking = $next * 1000 < $duration_ms;
    if ($asking && $now >= $next) {
        ask($now);
        $next = ($now > $next + 1 ? $now : $next) + $interval_ms / 1000;
        next;
    }
    last if !$asking && !@asked;
    my ($readable, $writable) = ("", "");
    for (grep { !$_->{done} } @asked) {
        vec($ping || $_->{sent} ? $readable : $writable, fileno $_->{socket}, 1) = 1;
    }
    my $wait = $asking ? $next - $now : PATIENCE;
    $wait = $asked[0]{since} + PATIENCE - $now if @asked && $asked[0]{since} + PATIENCE - $now < $wait;
    select($readable, $writable, undef, $wait > 0 ? $wait : 0);
    $now = clock_gettime(CLOCK_MONOTONIC) - $begin;
    for my $request (grep { !$_->{done} } @asked) {
        my $set = $ping || $request->{sent} ? $readable : $writable;
        advance($request, $now) if vec $set, fileno $request->{socket}, 1;
        fail($request) if !$request->{done} && $now - $request->{since} >= PATIENCE;
    }
    while (@asked && $asked[0]{done}) {
        my $request = shift @asked;
        $last = exists $request->{latency};
        printf "%d %s\n", $request->{at} * 1000, $last ? int($request->{latency} * 1e6) : "-" or exit 0;
    }
}
exit($last ? 0 : 1);
' -- "$@"
