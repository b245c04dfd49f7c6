# listen BACKEND FAMILY ID S PROTOCOL [SPORT DPORT]: hears the kernel's trace in this folder. The file
# ready says that it hears; stop, that nothing more is to come; heard has what it heard once done is
# there. One line an event, "IN OUT EVENT", where EVENT is of xt_TRACE as the kernel logs it,
#   TRACE: filter:INPUT:rule:2
# or of nf_tables, the rule told by its place in the chain:
#   nft 2 filter INPUT rule 2 jump LOGGED | policy ACCEPT | return
# Only the probe's packet is told: by its payload ID, or the sequence number that its SYN came with.
# Ends after S seconds, or 400 events.
listen() {
    exec perl -e '
use strict; use warnings;
my ($backend, $family, $id, $seconds, $protocol, $sport, $dport) = @ARGV;
my $end = time + $seconds;
my (@heard, %interfaces, %is_ours, %families, $sequence);
sub netlink {
    my ($groups) = @_;
    socket(my $socket, 16, 3, 12) or die "netlink: $!\n";
    setsockopt($socket, 1, 33, pack "i", 4 << 20);
    bind($socket, pack "SSLL", 16, 0, 0, $groups) or die "netlink: $!\n";
    return $socket;
}
sub attribute {
    my ($kind, $value) = @_;
    my $bytes = pack("SS", 4 + length $value, $kind) . $value;
    return $bytes . "\0" x (-length($bytes) % 4);
}
sub ask {
    my ($socket, $kind, $flags, $family, $attributes) = @_;
    my $body = pack("CCn", $family, 0, 0) . $attributes;
    my $message = pack("LSSLL", 16 + length $body, $kind, $flags, 1, 0) . $body;
    defined send($socket, $message, 0, pack "SSLL", 16, 0, 0, 0) or die "netlink: $!\n";
}
sub parts {
    my ($bytes, $head, $shape) = @_;
    my @parts;
    while (length $bytes >= $head) {
        my ($length, $kind) = unpack $shape, $bytes;
        last if $length < $head || $length > length $bytes;
        push @parts, [$kind, substr $bytes, $head, $length - $head];
        my $next = ($length + 3) & ~3;
        $bytes = $next < length $bytes ? substr $bytes, $next : "";
    }
    return @parts;
}
sub messages { return parts($_[0], 16, "LS") }
sub attributes { return map { ($_->[0] & 0x3fff, $_->[1]) } parts($_[0], 4, "SS") }
sub text {
    my ($text) = @_;
    $text =~ s/\0.*//s;
    $text =~ tr/!-~ /?/c;
    return $text;
}
sub interface {
    my ($number) = @_;
    return defined $number ? $interfaces{unpack "N", $number} || "-" : "-";
}
# Of what lies behind the IP header.
sub is_ours {
    my ($bytes) = @_;
    return substr($bytes, 8, length $id) eq $id if $protocol ne "tcp";
    return 0 if length $bytes < 8;
    my ($from, $to, $number) = unpack "nnN", $bytes;
    $sequence = $number if !defined $sequence && $from == $sport && $to == $dport;
    return defined $sequence && $number == $sequence;
}
sub logged {
    my ($of, $body) = @_;
    my %told = attributes($body);
    return if $of != $family || !defined $told{9} || !defined $told{10} || length $told{9} < 20;
    my $head = $family == 2 ? 4 * (ord($told{9}) & 15) : 40;
    my $prefix = text($told{10});
    return if $prefix !~ /^TRACE: / || length $told{9} < $head || !is_ours(substr $told{9}, $head);
    push @heard, [interface($told{4}), interface($told{5}), $prefix];
}
my %verdicts = (0 => "DROP", 1 => "ACCEPT", 2 => "STOLEN", 3 => "QUEUE",
    -1 => "CONTINUE", -3 => "jump", -4 => "goto", -5 => "RETURN");
sub verdict {
    my ($code, $chain) = @_;
    $code = unpack "l", pack "L", unpack "N", $code;
    my $verdict = exists $verdicts{$code} ? $verdicts{$code} : "verdict$code";
    return defined $chain && length $chain ? "$verdict " . text($chain) : $verdict;
}
sub traced {
    my ($of, $body) = @_;
    my %told = attributes($body);
    return if grep { !defined $told{$_} } 1, 2, 4, 6;
    $is_ours{$told{6}} = is_ours($told{9}) if defined $told{9};
    return if !$is_ours{$told{6}};
    my $kind = unpack "N", $told{4};
    my @place = ("nft", $of, text($told{1}), text($told{2}));
    my $event;
    if ($kind == 1 && defined $told{16}) {
        $event = "policy " . verdict($told{16});
    } elsif ($kind == 3 && defined $told{3} && defined $told{5}) {
        my %verdict = attributes($told{5});
        return if !defined $verdict{1};
        $families{$of} = 1;
        $event = "rule " . unpack("H*", $told{3}) . " " . verdict($verdict{1}, $verdict{2});
    } else {
        $event = "return";
    }
    push @heard, [interface($told{10}), interface($told{12}), "@place $event"];
}
# The places of the rules in their chains, by table, chain and handle.
sub places {
    my ($of) = @_;
    my $socket = netlink(0);
    my (%places, %count);
    ask($socket, 10 << 8 | 7, 0x301, $of, "");
    while (defined recv $socket, my $bytes, 1 << 17, 0) {
        for (messages($bytes)) {
            my ($kind, $body) = @$_;
            return %places if $kind == 2 || $kind == 3;
            my %told = attributes(substr $body, 4);
            next if grep { !defined $told{$_} } 1, 2, 3;
            my $chain = text($told{1}) . " " . text($told{2});
            $places{"$of $chain rule " . unpack "H*", $told{3}} = ++$count{$chain};
        }
    }
    return %places;
}
if (opendir my $all, "/sys/class/net") {
    for my $name (readdir $all) {
        open my $file, "<", "/sys/class/net/$name/ifindex" or next;
        my $number = <$file>;
        $interfaces{$number + 0} = $name if defined $number;
    }
}
my $kernel = netlink($backend eq "nft" ? 1 << 8 : 0);
if ($backend eq "legacy") {
    # Take group 0, at least 128 bytes of each packet, each at once.
    for (attribute(1, "\1"), attribute(2, pack "NCx", 128, 2), attribute(5, pack "N", 1)) {
        ask($kernel, 4 << 8 | 1, 5, 0, $_);
        defined recv $kernel, my $answer, 4096, 0 or die "log group 0: $!\n";
        my $error = unpack "x16 l", $answer;
        $! = -$error;
        die "the kernel log group 0: $!\n" if $error;
    }
}
sub mark { open my $file, ">", $_[0] or die "$_[0]: $!\n" }
mark("ready");
my ($quiet, $stopping) = (0, 0);
while (time < $end && @heard < 400 && -e "rule") {
    my $in = "";
    vec($in, fileno $kernel, 1) = 1;
    if (-e "stop") {
        last if $quiet >= 7;
        $end = time + 3 if !$stopping++;
    }
    if (select($in, undef, undef, 0.1) < 1) { $quiet++; next }
    $quiet = 0;
    defined recv $kernel, my $bytes, 1 << 17, 0 or do { push @heard, ["-", "-", "lost"]; next };
    for (messages($bytes)) {
        my ($kind, $body) = @$_;
        next if length $body < 4;
        my ($of, $told) = (ord $body, substr $body, 4);
        logged($of, $told) if $kind == 4 << 8;
        traced($of, $told) if $kind == (10 << 8 | 17);
    }
}
my %places = map { places($_) } sort keys %families;
open my $file, ">", "heard" or die "heard: $!\n";
for (@heard) {
    my ($in, $out, $event) = @$_;
    $event =~ s/^(nft )(\d+ \S+ \S+ rule) (\w+)/$1 . "$2 " . ($places{"$2 $3"} || "?")/e;
    print $file "$in $out $event\n";
}
close $file or die "heard: $!\n";
mark("done");
' -- "$@"
}

