# A change that comes back by itself unless it is kept. Whoever goes on from here has
#   folder, unit   where it is saved, and the timer's name
#   what           changes, in a word for people
#   save           prints what is there
#   is_planned     says whether "before", which save printed, is what the plan was made for
#   restoring      prints the command that restores it
#   boot_file      prints the file that is loaded at boot, where something loads it
#   save_for_boot  prints what that file shall have
# The state is the name of one file in the folder: a rename decides between the timer and keep.
# Exit status 6: refused, and nothing was changed; why is on stderr.
refuse() { echo "$1" >&2; exit 6; }
in_folder() { cd "$folder" 2> /dev/null; }
state() {
    for state in armed undoing kept rolled-back; do
        [ ! -e "$folder/$state" ] || { echo "$state"; return; }
    done
    echo none
}
stop_timer() {
    systemctl stop "$unit.timer" 2> /dev/null
    systemctl reset-failed "$unit.service" "$unit.timer" 2> /dev/null
    :
}
has_plugin() { [ -e "/usr/share/netfilter-persistent/plugins.d/$1" ]; }

begin() {
    mkdir -p "$folder" && chmod 700 "$folder" && in_folder || exit 5
    case $(state) in armed | undoing) refuse "another change of these $what waits to be kept" ;; esac
    stop_timer
    rm -f kept rolled-back boot
}
# Saves what is there and restores it in so many seconds.
arm() {
    file=$(boot_file)
    [ -z "$file" ] || [ ! -e "$file" ] || cp -p "$file" boot || exit 5
    save > before || exit 5
    is_planned || refuse "the $what are not those that the plan was made for"
    command=$(restoring) || exit 5
    cat > restore <<END
cd $folder && mv armed undoing 2> /dev/null || exit 0
for try in 1 2 3 4 5 6 7 8 9 10; do
    $command && exec mv undoing rolled-back
    sleep 1
done
exit 1
END
    : > armed
    systemd-run --quiet --collect --unit="$unit" --on-active="${1}s" \
        --timer-property=AccuracySec=100ms sh "$folder/restore" || { rm -f armed; exit 5; }
}
is_armed() { in_folder && [ -e armed ] || refuse "no timer is armed that would bring the old $what back"; }
# What was refused may have been loaded in part.
restore_now() {
    sh restore
    stop_timer
}
keep() {
    in_folder && mv armed kept 2> /dev/null || refuse "too late: the state is $(state)"
    stop_timer
    file=$(boot_file)
    [ -n "$file" ] || exit 0
    mkdir -p "${file%/*}" && save_for_boot > "$file.new" && chmod 640 "$file.new" && mv -f "$file.new" "$file"
}
undo() {
    if [ -e kept ]; then
        mv kept armed
        file=$(boot_file)
        if [ -e boot ]; then cp -p boot "$file" || exit 5; else rm -f ${file:+"$file"}; fi
    fi
    restore_now
    case $(state) in none | rolled-back) ;; *) exit 1 ;; esac
}
