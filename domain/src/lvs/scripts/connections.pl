# Counts IPVS connections in one pass, and prints a fair sample of those that are asked for. The rows
# of /proc/net/ip_vs_conn_sync: protocol, client, virtual address, real server, each with its port and
# all in hex, state, where it was made, seconds to its end.
use strict;
use warnings;
use Socket ();

my ($ROWS, $SECONDS, $protocol, $virtual, $virtual_port, $server, $server_port, $client, $state) = @ARGV;

# An address or a firewall mark as the kernel writes it there.
sub hex_of {
    my ($text) = @_;
    return join ":", unpack("(H4)8", Socket::inet_pton(10, $text)) if $text =~ /:/;
    return uc unpack("H8", Socket::inet_aton($text)) if $text =~ /\./;
    return sprintf "%08X", $text;
}

my @wanted;
push @wanted, [0, uc $protocol] if $protocol ne "-";
push @wanted, [1, hex_of($client)] if $client ne "-";
push @wanted, [3, hex_of($virtual)] if $virtual ne "-";
push @wanted, [4, sprintf "%04X", $virtual_port] if $virtual_port ne "-";
push @wanted, [5, hex_of($server)] if $server ne "-";
push @wanted, [6, sprintf "%04X", $server_port] if $server_port ne "-";
push @wanted, [7, $state] if $state ne "-";

my ($total, $templates, $synced, $matched, $matched_templates, $cut) = (0) x 6;
my (%states, @sample);
open(my $table, "<", "/proc/net/ip_vs_conn_sync") or die "/proc/net/ip_vs_conn_sync: $!\n";
<$table>;
LINE: while (<$table>) {
    if (($total & 4095) == 4095 && time - $^T >= $SECONDS) { $cut = 1; last }
    $total++;
    my @row = split;
    # Persistence keeps a template for each client: no port of a client belongs to it.
    my $template = $row[2] eq "0000";
    $templates++ if $template;
    $synced++ if $row[8] eq "SYNC";
    for (@wanted) { next LINE if $row[$_->[0]] ne $_->[1] }
    $matched++;
    if ($template) { $matched_templates++ } else { $states{$row[7]}++ }
    if (@sample < $ROWS) { push @sample, "@row" }
    elsif ((my $place = int rand $matched) < $ROWS) { $sample[$place] = "@row" }
}
print "counted $total $templates $synced $matched $matched_templates $cut\n";
print "state $_ $states{$_}\n" for sort keys %states;
print "row $_\n" for @sample;
