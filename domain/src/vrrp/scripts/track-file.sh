# vrrp-track-file try|install|remove INSTANCE: gives an instance a track file that the console may
# write, or takes it away again. `try` does all but put it in place. Lines are inserted, none is
# changed; keepalived must accept the result without a word, and must itself refuse a broken file
# on reload (2.2.7 without reload_check_config would exit and leave its addresses behind).
# The candidate lies beside the original for a moment, as relative includes want it.
# Exit status 6: this configuration is not edited; why is on stderr.
act=$1 name=$2
conf=/etc/keepalived/keepalived.conf
folder=/etc/keepalived/signalbox
saved=$folder/keepalived.conf.before-$name
candidate=$conf.signalbox
refuse() { echo "$1" >&2; exit 6; }

if [ "$act" = remove ]; then
    [ -e "$saved" ] || exit 0
    mv -f "$saved" "$conf" && exec systemctl reload keepalived.service
fi
# A copy that an earlier installation left must not be put back over what was edited since.
[ "$act" = try ] || rm -f "$saved"
defined=no follows=no
grep -q "^[[:space:]]*track_file[[:space:]][[:space:]]*signalbox_$name[[:space:]]*{" "$conf" && defined=yes
grep -q "^[[:space:]]*signalbox_$name\([[:space:]]\|$\)" "$conf" && follows=yes
case "$defined $follows" in
    'yes yes') exit 0 ;;
    'no no') ;;
    *) refuse "track_file signalbox_$name is there in part" ;;
esac
case $(tr '\0' ' ' < "/proc/$(cat /run/keepalived.pid)/cmdline") in
    *' -f'* | *' --use-file'*) refuse 'keepalived runs with another configuration file' ;;
esac
grep -q '^[[:space:]]*reload_check_config' "$conf" || refuse 'global_defs has no reload_check_config'
trap 'rm -f "$candidate"' EXIT
cp -p "$conf" "$candidate" || exit 5
perl -e '
use strict; use warnings;
my ($file, $name, $folder) = @ARGV;
open my $in, "<", $file or die "$file: $!\n";
my @lines = <$in>;
my @at = grep { $lines[$_] =~ /^\s*vrrp_instance\s+"?\Q$name\E"?\s*(\{\s*)?([#!].*)?$/ } 0 .. $#lines;
die "$file does not begin $name exactly once\n" if @at != 1;
my $open = $at[0];
$open++ until $lines[$open] =~ /\{/ || $open - $at[0] > 2;
die "$file: no { after vrrp_instance $name\n" unless $lines[$open] =~ /^[^#!]*\{\s*([#!].*)?$/;
splice @lines, $open + 1, 0, "    track_file {\n        signalbox_$name weight 1\n    }\n";
splice @lines, $at[0], 0, "track_file signalbox_$name {\n    file $folder/$name.priority\n    weight 1\n}\n\n";
open my $out, ">", $file or die "$file: $!\n";
print $out @lines;
close $out or die "$file: $!\n";
' "$candidate" "$name" "$folder" || exit 6
said=$(keepalived -t -f "$candidate" 2>&1) && [ -z "$said" ] || refuse "keepalived -t says: $said"
[ "$act" = install ] || exit 0
mkdir -p "$folder" && echo 0 > "$folder/$name.priority" || exit 5
cp -p "$conf" "$saved" && mv -f "$candidate" "$conf" && exec systemctl reload keepalived.service
