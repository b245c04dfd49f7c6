# vrrp-conf-read: prints what keepalived is on this node and the files that it reads, as
# `daemon running|stopped|missing`, `boot WORD` as `systemctl is-enabled` has it, `version TEXT`,
# `host NAME`, `main PATH`, then for each file `file BYTES PATH`, a line end, its bytes and a line
# end; `lost PATH WHY` for one that cannot be read.
exec perl -e '
use strict; use warnings;
use POSIX ();
my $MOST = 4 << 20;
my ($daemon, $main, $host) = ("stopped", "/etc/keepalived/keepalived.conf", (split /\./, (POSIX::uname())[1])[0]);
sub slurp { my ($path) = @_; open my $in, "<:raw", $path or return undef; local $/; return <$in> // "" }
for my $file ("/run/keepalived.pid", "/run/keepalived/keepalived.pid") {
    my ($pid) = (slurp($file) || "") =~ /^(\d+)/ or next;
    my $cmdline = slurp("/proc/$pid/cmdline") || "";
    next unless $cmdline =~ /keepalived/;
    $daemon = "running";
    my @words = split /\0/, $cmdline;
    for my $i (0 .. $#words) {
        $main = $words[$i + 1] if $words[$i] =~ /^(-f|--use-file)$/ && defined $words[$i + 1];
        $main = $1 if $words[$i] =~ /^(?:-f|--use-file=)(.+)/;
        $host = $words[$i + 1] if $words[$i] =~ /^(-i|--config-id)$/ && defined $words[$i + 1];
        $host = $1 if $words[$i] =~ /^(?:-i|--config-id=)(.+)/;
    }
    last;
}
my $version = `keepalived --version 2>&1`;
$daemon = "missing" unless defined $version && $version =~ /^Keepalived/;
$version = "" unless defined $version;
$version =~ s/\n.*//s;
my $boot = `systemctl is-enabled keepalived.service 2> /dev/null` || "unknown\n";
print "daemon $daemon\nboot ${boot}version $version\nhost $host\nmain $main\n";
my (%seen, $bytes);
sub tell_file {
    my ($path, $depth) = @_;
    return if $seen{$path}++;
    my $text = slurp($path);
    return print "lost $path $!\n" unless defined $text;
    $bytes += length $text;
    return print "lost $path the files are longer than $MOST bytes\n" if $bytes > $MOST;
    my $decoded = $text;
    return print "lost $path it is not UTF-8\n" unless utf8::decode($decoded) || $text !~ /[\x80-\xff]/;
    print "file ", length $text, " $path\n", $text, "\n";
    return if $depth > 20;
    my ($folder) = $path =~ m{^(.*)/};
    for my $line (split /\n/, $text) {
        next unless $line =~ /^\s*(?:@\^?\S+\s+)?include[rmwba]*\s+"?([^\s"]+)/;
        my $pattern = $1 =~ m{^/} ? $1 : "$folder/$1";
        tell_file($_, $depth + 1) for grep { -f } glob $pattern;
    }
}
tell_file($main, 0) if -e $main;
# What Signalbox wrote for keepalived to run includes nothing.
tell_file($_, 99) for grep { -f } glob "/etc/keepalived/signalbox/*.sh";
'
