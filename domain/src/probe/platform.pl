# What the machine is: once per connection, as each version costs a process.
my %VERSION_OF = (
    keepalived => ["keepalived", "--version"],
    ipvsadm => ["ipvsadm", "--version"],
    iptables => ["iptables", "--version"],
    nginx => ["nginx", "-v"],
    mariadb => ["mariadbd", "--version"],
    perl => undef,
);

sub read_platform {
    my ($name, $os) = ((POSIX::uname())[1], slurp("/etc/os-release") || "");
    my ($pretty) = $os =~ /^PRETTY_NAME="?([^"\n]*)/m;
    my $kernel = slurp("/proc/sys/kernel/osrelease") || "\n";
    my $cpus = () = (slurp("/proc/stat") || "") =~ /^cpu\d/mg;
    my $text = "hostname $name\nos " . ($pretty || "unknown") . "\nkernel $kernel" . "cpus $cpus\n";
    $VERSION_OF{mysql} = ["mysqld", "--version"] unless installed("mariadbd");
    for my $program (sort keys %VERSION_OF) {
        my $command = $VERSION_OF{$program};
        my $said = $command ? installed($command->[0]) && output_of(@$command) : "v$^V";
        next unless defined $said && $said =~ /(\d+(?:\.\d+)+[-\w.+]*)/;
        $text .= "software $program $1\n";
    }
    return $text;
}

sub installed {
    my ($program) = @_;
    for my $folder (split /:/, $ENV{PATH}) { return 1 if -x "$folder/$program" }
    return undef;
}

section("platform", 3_600_000, \&read_platform);
