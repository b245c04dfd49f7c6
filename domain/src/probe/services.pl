# Units that matter here. systemd keeps a link with the invocation id of each running unit, so that
# a start or stop shows without asking systemctl, which costs a process.
my @UNITS = map { "$_.service" } qw(keepalived nginx mariadb mysql mysqld ssh sshd);
# systemd stamps by the monotonic clock; by this it becomes the time of day.
my $boot_ms = clock_ms(0) - clock_ms(1);
my ($invocations, $units_asked_ms, $units) = ("", 0, undef);

sub read_services {
    my $now = join " ", map { readlink("/run/systemd/units/invocation:$_") || "-" } @UNITS;
    # A unit between two states gets no new invocation when it arrives.
    my $between = ($units // "") =~ /^ActiveState=(?!active$|inactive$|failed$)/m;
    my $old = clock_ms(1) - $units_asked_ms > 120_000;
    if (!defined $units || $between || $old || $now ne $invocations) {
        ($invocations, $units_asked_ms) = ($now, clock_ms(1));
        my @properties = "Id,LoadState,ActiveState,ActiveEnterTimestampMonotonic";
        $units = output_of("systemctl", "show", "--no-pager", "-p", @properties, @UNITS);
    }
    defined $units or return (undef, "systemctl: not found");
    return "boot_ms $boot_ms\n$units";
}

section("services", 2_000, \&read_services);
