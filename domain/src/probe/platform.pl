# What the machine is: once per connection, as each version costs a process.
my %VERSION_OF = (
    keepalived => ["keepalived", "--version"],
    ipvsadm => ["ipvsadm", "--version"],
    iptables => ["iptables", "--version"],
    nginx => ["nginx", "-v"],
    mariadb => ["mariadbd", "--version"],
    perl => undef,
);

my ($platform, @programs);

# One program at each turn of the loop, so that nothing else waits long.
sub read_platform {
    if (!defined $platform) {
        $platform = platform_without_programs();
        $VERSION_OF{mysql} = ["mysqld", "--version"] unless installed("mariadbd");
        @programs = sort keys %VERSION_OF;
    }
    if (defined(my $program = shift @programs)) {
        my $command = $VERSION_OF{$program};
        my $said = $command ? installed($command->[0]) && output_of(@$command) : "v$^V";
        $platform .= "software $program $1\n"
            if defined $said && $said =~ /(\d+(?:\.\d+)+[-\w.+]*)/;
    }
    return $platform if !@programs;
    $_->{due_ms} = clock_ms(1) + 200 for grep { $_->{name} eq "platform" } @sections;
    return;
}

sub platform_without_programs {
    my ($name, $os) = ((POSIX::uname())[1], slurp("/etc/os-release") || "");
    my ($pretty) = $os =~ /^PRETTY_NAME="?([^"\n]*)/m;
    my $kernel = slurp("/proc/sys/kernel/osrelease") || "\n";
    my $cpus = () = (slurp("/proc/stat") || "") =~ /^cpu\d/mg;
    return "hostname $name\nos " . ($pretty || "unknown") . "\nkernel $kernel" . "cpus $cpus\n";
}

sub installed {
    my ($program) = @_;
    for my $folder (split /:/, $ENV{PATH}) { return 1 if -x "$folder/$program" }
    return undef;
}

section("platform", 3_600_000, \&read_platform);
