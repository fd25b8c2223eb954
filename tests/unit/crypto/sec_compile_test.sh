#!/bin/sh
# Compiles sec_compile.c once per case and wants an error from each but the control.
#
#   sec_compile_test.sh sec_compile.c SRC COMPILER...
set -eu
file=$1 src=$2
shift 2

compiles() {
    "$@" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wformat=2 -Werror -I"$src" -c -o /dev/null "-DCASE=$number" "$file" 2>/dev/null
}

number=0
compiles "$@" || { echo "the control does not compile"; exit 1; }
last=$(sed -n 's/^#elif CASE == //p' "$file" | tail -1)
[ "$last" -ge 15 ] || { echo "cases are missing"; exit 1; }
bad=0
while [ "$number" -lt "$last" ]; do
    number=$((number + 1))
    ! compiles "$@" || { echo "case $number compiles"; bad=1; }
done
exit $bad
