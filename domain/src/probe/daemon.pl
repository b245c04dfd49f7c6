# Whether the processes of keepalived run: a stopped one keeps its addresses and says nothing of it.
# One line a process: `parent`, `vrrp` or `child`, and the letter of its state (proc(5)).
sub read_daemon {
    return unless -e $config_file;
    return "" if !$pid;
    my $children = slurp("/proc/$pid/task/$pid/children");
    my %vrrp = map { $_ => 1 } map { (slurp($_) || "") =~ /^(\d+)/ ? $1 : () }
        qw(/run/vrrp.pid /run/keepalived_vrrp.pid /run/keepalived/vrrp.pid);
    my @processes = defined $children ? split(/\s+/, $children) : keys %vrrp;
    my $text = "";
    for my $process ($pid, sort { $a <=> $b } @processes) {
        my $stat = slurp("/proc/$process/stat");
        my ($state) = defined $stat ? $stat =~ /^\d+ \(keepalived[^)]*\) (\S)/ : ();
        # S, R and D come and go, and say the same.
        $state =~ tr/SD/R/ if defined $state;
        my $role = $process == $pid ? "parent" : $vrrp{$process} ? "vrrp" : "child";
        $text .= "$role $state\n" if defined $state;
    }
    return $text;
}

section("vrrp_daemon", 1_000, \&read_daemon);
