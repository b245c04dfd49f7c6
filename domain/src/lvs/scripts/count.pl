# lvs-count ADDRESS: whether the node has the address where it answers for it, the counters of each
# service and real server as the probe tells them, and the table.
use strict;
use warnings;
use Socket ();
use Time::HiRes ();

my ($ADDRESS) = @ARGV;
my $ipvs = 1;
my @sections;
# The kernel adds up what its processors count every two seconds (ip_vs_est.c): until then the counters
# are those of before.
Time::HiRes::sleep(2.5);
sub section { }
sub clock_ms { return int(Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) * 1000) }
