#!/usr/bin/perl
# A client of the lab's services: asks for pages and writes rows at a steady pace, and prints one line for each
# answer or failure. Arguments: RUN SECONDS WEB_HOST:PORT REQUESTS_PER_SECOND DATABASE_HOST:PORT WRITES_PER_SECOND
#
#   page  MILLISECONDS ok SERVER LATENCY_MS     page  MILLISECONDS failed REASON
#   write MILLISECONDS ok SEQUENCE LATENCY_MS   write MILLISECONDS failed SEQUENCE
#
# MILLISECONDS count from the start. A write is `ok` only once the server has acknowledged it.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IPC::Open2;
use Time::HiRes qw(sleep time);

my ($run, $seconds, $web, $requests_per_second, $database, $writes_per_second) = @ARGV;
my $patience = 1;    # Seconds that a client waits for an answer.
my $start = time;
$| = 1;
$SIG{PIPE} = 'IGNORE';

sub milliseconds { sprintf '%.1f', 1000 * shift }

# Calls the action at the pace asked for; time lost in one call is not made up for by a burst.
sub pace {
    my ($per_second, $action) = @_;
    return if $per_second <= 0;
    my $next = time;
    while ((my $now = time) < $start + $seconds) {
        if ($now < $next) { sleep $next - $now; next }
        $action->($now);
        $next += 1 / $per_second;
        $next = time if $next < time - 1 / $per_second;
    }
}

sub page {
    my ($now) = @_;
    my $at = milliseconds($now - $start);
    my $socket = IO::Socket::INET->new(PeerAddr => $web, Timeout => $patience)
        or return print "page $at failed connect\n";
    print $socket "GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n";
    my $select = IO::Select->new($socket);
    my $answer = '';
    while (time < $now + $patience && $select->can_read($now + $patience - time)) {
        last unless sysread $socket, $answer, 65536, length $answer;
    }
    my ($server) = $answer =~ /^HTTP\/1\.. 200 .*^X-Served-By: (\S+)\r$/ms;
    return print "page $at failed answer\n" unless defined $server && $answer =~ /<\/p>\s*$/;
    print "page $at ok $server ", milliseconds(time - $now), "\n";
}

my ($sequence, $client, $from, $to) = (0);

sub connect_database {
    my ($host, $port) = split /:/, $database;
    local $ENV{MYSQL_PWD} = 'app-password';
    $client = open2($from, $to, 'mariadb', '--no-defaults', "--host=$host", "--port=$port", '--user=app', '--batch',
        '--skip-column-names', '--unbuffered', '--connect-timeout=1', 'lab');
    $to->autoflush(1);
}

sub disconnect_database {
    kill 'KILL', $client;
    waitpid $client, 0;
    undef $client;
}

sub write_row {
    my ($now) = @_;
    my $at = milliseconds($now - $start);
    connect_database() unless defined $client;
    $sequence++;
    print $to "INSERT INTO ledger (run, sequence) VALUES ('$run', $sequence); SELECT 'written', $sequence;\n";
    my $select = IO::Select->new($from);
    my $answer = '';
    while (time < $now + $patience && $select->can_read($now + $patience - time)) {
        last unless sysread $from, $answer, 4096, length $answer;
        return print "write $at ok $sequence ", milliseconds(time - $now), "\n" if $answer eq "written\t$sequence\n";
    }
    disconnect_database();
    print "write $at failed $sequence\n";
}

open STDERR, '>', '/dev/null';
my $writer = fork;
die 'fork' unless defined $writer;
if ($writer == 0) {
    pace($writes_per_second, \&write_row);
    disconnect_database() if defined $client;
    exit 0;
}
pace($requests_per_second, \&page);
waitpid $writer, 0;
