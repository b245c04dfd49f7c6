# Without perl the node says so, and gives signs of life until there is one or its channel closes.
if ! command -v perl >/dev/null 2>&1; then
    why="perl is not installed; on Debian: apt-get install perl-base"
    printf '! probe 0 %s\n%s' "${#why}" "$why"
    until command -v perl >/dev/null 2>&1; do
        printf '. beat 0 0\n' || exit 0
        sleep 2
    done
    printf '= probe 0 0\n'
fi
