open(my $ip, "-|", "ip", "-o", "addr", "show", "up", "to", $ADDRESS) or die "ip: $!\n";
my @held = grep { !/^\d+: lo\s/ } <$ip>;
print "held ", @held ? "yes" : "no", "\n";
print read_lvs_counters() // die("the kernel has no IPVS\n");
open(my $table, "<", "/proc/net/ip_vs") or die "/proc/net/ip_vs: $!\n";
print "== table\n", <$table>;
