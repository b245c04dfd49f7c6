# What the probe says, and when. Every text here runs as one perl program with nothing but
# perl-base; no text holds a single quote, because sh hands it over between two of them.
#
# A frame is "KIND NAME NODE_MS LENGTH\n" and LENGTH bytes. KIND "=": the section NAME has this
# content now; "!": it cannot be read, with why; ".": a sign of life. NAME "beat": the content
# names the sections that were read again and had not changed; "refreshed": all were read anew.
use strict;
use warnings;
no warnings "exec";
use POSIX ();
use Socket ();

$0 = "signalbox-probe";
$ENV{LC_ALL} = "C";
binmode STDOUT;

my $SECTION_MAX = 512 * 1024;
my ($SALT) = @ARGV;
my (%sent, %proven, @sections);
my $machine = (POSIX::uname())[4];
my %clock_gettime = (x86_64 => 228, aarch64 => 113, riscv64 => 113, ppc64le => 246, s390x => 260);

# Milliseconds: clock 0 is the time of day, 1 never goes back.
sub clock_ms {
    my ($clock) = @_;
    my $nr = $clock_gettime{$machine} or return time() * 1000;
    my $time = "\0" x 16;
    syscall($nr, $clock, $time) == 0 or return time() * 1000;
    my ($s, $ns) = unpack("l!l!", $time);
    return $s * 1000 + int($ns / 1_000_000);
}

sub frame {
    my ($kind, $name, $content) = @_;
    my $bytes = sprintf("%s %s %d %d\n", $kind, $name, clock_ms(0), length $content) . $content;
    while (length $bytes) {
        my $n = syswrite(STDOUT, $bytes);
        defined $n or $!{EINTR} or exit 0;
        substr($bytes, 0, $n || 0, "");
    }
}

# Sends a section when it is not what was sent last.
sub say_section {
    my ($name, $content, $why) = @_;
    my ($kind, $body) = defined $content ? ("=", $content) : ("!", $why || "no answer");
    ($kind, $body) = ("!", "more than $SECTION_MAX bytes") if length $body > $SECTION_MAX;
    $proven{$name} = 1 if $kind eq "=";
    return if defined $sent{$name} && $sent{$name} eq $kind . $body;
    $sent{$name} = $kind . $body;
    frame($kind, $name, $body);
}

# A whole file, or undef; $! says why.
sub slurp {
    my ($path) = @_;
    open(my $file, "<", $path) or return undef;
    my $text = "";
    while (1) {
        my $n = sysread($file, $text, 65536, length $text);
        defined $n or return undef;
        last if $n == 0 || length $text > $SECTION_MAX;
    }
    return $text;
}

# The output of a program, without a shell in between; undef when it is not there.
sub output_of {
    my (@command) = @_;
    my $pid = open(my $pipe, "-|");
    defined $pid or return undef;
    if ($pid == 0) {
        open(STDERR, ">&", \*STDOUT);
        open(STDIN, "<", "/dev/null");
        exec { $command[0] } @command;
        POSIX::_exit(127);
    }
    my $text = "";
    while (sysread($pipe, $text, 65536, length $text)) { last if length $text > $SECTION_MAX }
    close $pipe;
    return ($? >> 8) == 127 ? undef : $text;
}

# Names a section, how often it is read, and what reads it: that returns the content, undef and why,
# or nothing at all where a machine has no such thing.
sub section {
    my ($name, $period_ms, $read) = @_;
    push @sections, { name => $name, period_ms => $period_ms, due_ms => 0, read => $read };
}
