#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat and perf stat count as many system calls of each name. Apart from the command tests:
# to open and close a counter of each call takes perf half a minute.
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

work='calls=1000 errors=50 threads=8x300 forks=8x10 vforks=5 clones=5 execs=4 memory=10 bytes=20'

[ "$(id -u)" -eq 0 ] || skip_all "machine: not root"
perf --version >/dev/null 2>&1 || skip_all "missing: linux-perf"
perf stat -e syscalls:sys_enter_getppid -o "$scratch/one" true 2>"$err" ||
	skip_all "machine: perf cannot count tracepoints here ($(sed -n '/[a-z]/{p;q}' "$err"))"

# The tasks are words.
# shellcheck disable=SC2086
run perf stat -x, -o "$scratch/perf-stat" -e 'syscalls:sys_enter_*' "$load" $work
exits 0 "perf stat counts"
# perf begins behind the first execve, and goes by the kernel's names; how often threads wait for
# one another is chance.
sed -n 's/^\([1-9][0-9]*\),[^,]*,syscalls:sys_enter_\([^,]*\),.*/\2 \1/p' "$scratch/perf-stat" |
	sed 's/^newfstat /fstat /; s/^newuname /uname /; s/^sendfile64 /sendfile /' |
	awk '$1 == "execve" { $2++ } $1 != "futex"' | LC_ALL=C sort >"$scratch/expected"
ok "and has counted" test "$(wc -l <"$scratch/expected")" -gt 10

find_sources
for source in $sources; do
	# shellcheck disable=SC2086
	count --source "$source" -- "$load" $work
	json "$scratch/result" 'join "\n", map { "$_->{name} $_->{calls}" } @{$_->{syscalls}}' |
		grep -v '^futex ' | LC_ALL=C sort >"$scratch/got"
	ok "$source agrees with perf stat" diff "$scratch/expected" "$scratch/got"
done

finish
