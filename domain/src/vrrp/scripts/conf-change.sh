# vrrp-conf-change try|swap|restore CHANGE: changes files below /etc/keepalived. What to change is on
# standard input: `was SHA256|absent PATH` for each file, `kept WORD OFFSET BYTES PATH` for each
# password that stays, `gone PATH` for one that is removed, and `file BYTES PATH`, a line end, the new
# text and a line end.
# `try` has keepalived test the files as they are and as they would be, in a mount namespace of its
# own, and prints `now LINE` and `then LINE` for what it says, then `then-exit STATUS`. `swap` saves
# the old files under the name CHANGE and puts the new ones in place; `restore` puts the saved ones
# back, and may run again.
# Exit status 6: nothing was changed; why is on stderr.
act=$1 change=$2
folder=/etc/keepalived
saved=/var/lib/signalbox/keepalived/$change
put_files='
use strict; use warnings;
use File::Basename qw(dirname);
my ($folder, $into, $saved) = @ARGV;
binmode STDIN;
local $/;
my $rest = <STDIN>;
sub refuse { print STDERR "@_\n"; exit 6 }
sub slurp { my ($path) = @_; open my $in, "<:raw", $path or return undef; local $/; return <$in> // "" }
sub digest {
    my ($path) = @_;
    return "absent" unless -e $path;
    open my $sum, "-|", "sha256sum", "--", $path or refuse("sha256sum: $!");
    my $line = <$sum>;
    return ($line || "") =~ /^\\?([0-9a-f]{64})/ ? $1 : "unread";
}
my (%new, %kept, @order, @gone);
while (length $rest) {
    $rest =~ s/^([^\n]*)\n// or refuse("the change is cut");
    my $line = $1;
    if ($line =~ /^was (\S+) (.+)$/) {
        my ($was, $path) = ($1, $2);
        refuse("$path was changed meanwhile") if digest($path) ne $was;
    } elsif ($line =~ /^kept (\S+) (\d+) (\d+) (.+)$/) {
        my ($word, $offset, $bytes, $text) = ($1, $2, $3, slurp($4));
        refuse("$4: $!") unless defined $text;
        $kept{$word} = substr $text, $offset, $bytes;
    } elsif ($line =~ /^file (\d+) (.+)$/) {
        my ($bytes, $path) = ($1, $2);
        refuse("the change is cut") if length $rest <= $bytes;
        $new{$path} = substr $rest, 0, $bytes, "";
        $rest =~ s/^\n// or refuse("the change is cut");
        push @order, $path;
    } elsif ($line =~ /^gone (.+)$/) {
        push @gone, $1;
    } else {
        refuse("a line that is no change");
    }
}
for my $path (@order, @gone) {
    refuse("$path is not below $folder") if index($path, "$folder/") != 0 || $path =~ m{/\.\./};
}
for my $path (@order) {
    $new{$path} =~ s{(kept-[0-9a-z]+)}{ $kept{$1} // refuse("$1 is no password of this node") }ge;
}
sub put {
    my ($path, $text, $like) = @_;
    system("mkdir", "-p", "--", dirname($path)) == 0 or refuse("$path: no folder");
    my $next = "$path.signalbox";
    open my $out, ">:raw", $next or refuse("$next: $!");
    my @like = stat $like;
    chmod @like ? $like[2] & 07777 : 0640, $next;
    chown @like[4, 5], $next if @like;
    print $out $text or refuse("$next: $!");
    $out->flush && $out->sync or refuse("$next: $!");
    close $out or refuse("$next: $!");
    rename $next, $path or refuse("$path: $!");
}
if (length $saved) {
    for my $path (@order, @gone) {
        my $old = slurp($path);
        if (defined $old) { put("$saved/files$path", $old, $path) } else { put("$saved/absent$path", "", "") }
    }
    put("$saved/complete", "", "");
}
put($into . substr($_, length $folder), $new{$_}, $_) for @order;
for my $path (map { $into . substr($_, length $folder) } @gone) {
    unlink $path or refuse("$path: $!") if -e $path;
}
'
case $act in
    try)
        trial=$(mktemp -d /run/signalbox-keepalived.XXXXXX) || exit 6
        trap 'rm -rf "$trial"' EXIT
        cp -a "$folder/." "$trial/" || exit 6
        perl -e "use IO::Handle; $put_files" "$folder" "$trial" '' || exit 6
        keepalived -t 2>&1 | sed 's/^/now /'
        said=$(unshare --mount sh -c 'mount --bind "$1" "$2" && exec keepalived -t' sh "$trial" "$folder" 2>&1)
        status=$?
        [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/then /'
        echo "then-exit $status"
        ;;
    swap)
        umask 077
        # Of earlier changes nothing is left to take back.
        for earlier in "${saved%/*}"/*; do
            [ "$earlier" = "$saved" ] || rm -rf "$earlier"
        done
        perl -e "use IO::Handle; $put_files" "$folder" "$folder" "$saved"
        ;;
    restore)
        [ -e "$saved/complete" ] || { rm -rf "$saved"; exit 0; }
        if [ -d "$saved/files" ]; then
            (cd "$saved/files" && find . -type f) | while read -r path; do
                path=${path#.}
                cp -p "$saved/files$path" "$path.signalbox" && mv -f "$path.signalbox" "$path" || exit 6
            done || exit 6
        fi
        if [ -d "$saved/absent" ]; then
            (cd "$saved/absent" && find . -type f) | while read -r path; do rm -f "${path#.}"; done
        fi
        rm -rf "$saved"
        ;;
esac
