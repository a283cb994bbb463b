#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat --pressure shows how short memory was, in the kernel's own numbers.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

# The source that anybody can have: none of this is its work.
show() {
	run vmtool stat --source ptrace -e getppid "$@"
}

show --json -o result -- true
is null "$(json result '$_->{pressure}')" "nobody is told of pressure who has not asked"
show --pressure --json -o result -- true
exits 0 "anybody may ask for it"
is machine "$(json result '$_->{pressure}{of}')" "a command has that of the whole machine beside it"
show --pressure --compare -- "A: true" "B: true"
fails_in_one_line 129 "only --json has room for --pressure" "a comparison as a table has no room for it"
show --pressure --compare --json -o result -- "A: true" "B: true"
is machine "$(json result '$_->[1]{runs}[0]{pressure}{of}')" "as JSON it has"

# Numbers of our own in the place of the kernel's: these, and all of them with a 9 behind it.
cat >early <<END
workingset_refault_anon 1
workingset_refault_file 2
pswpin 5
allocstall_normal 100
allocstall_movable 200
pgscan_direct 10
pgscan_anon 20
pgscan_file 30
oom_kill 7
END
sed 's/[0-9]*$/&9/' early >late
mkdir psi
echo "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000" >early-psi
echo "some avg10=0.00 avg60=0.00 avg300=0.00 total=2600" >late-psi
# In one write each, over the old ones: an interval may end at any time, and finds one or the other.
change='dd if=late of=vmstat bs=64k conv=notrunc status=none
	dd if=late-psi of=psi/memory bs=64k conv=notrunc status=none'

# changing OPTIONS... -- COMMAND...: COMMAND sees the first numbers, and makes them the later ones
# with $change.
changing() {
	cat early >vmstat
	cat early-psi >psi/memory
	run unshare -m sh -c 'mount --bind vmstat /proc/vmstat && mount --bind psi /proc/pressure &&
		exec vmtool stat --source ptrace -e getppid --pressure "$@"' sh "$@"
}

touch vmstat
if unshare -m sh -c 'mount --bind vmstat /proc/vmstat && mount --bind psi /proc/pressure' 2>/dev/null; then
	changing -- sh -c "$change"
	err_has "^pressure on memory \(of the whole machine\)$" "people read a block of its own"
	err_has "^  stalled         1\.6 ms some, - all$" "with stalls, and - for what the kernel does not tell"
	err_has "^  scanned         468 pages, 99 by allocations$" "with what was scanned"
	err_has "^  reclaimed       - pages, - by allocations, 45 refaulted$" "taken, and read again"
	err_has "^  allocations     2718 had to reclaim, - to compact$" "with allocations that had to wait"
	err_has "^  swapped         54 pages in, - out$" "with swap"
	err_has "^  OOM kills       72$" "and those that were killed"

	changing --json -o result -- sh -c "$change"
	is "1600000 null 468 72" "$(json result 'my $p = $_->{pressure};
		join " ", map { $p->{$_} // "null" } qw(some_ns full_ns pgscan oom_kill)')" \
		"JSON has the names of the kernel, and null"
	changing --csv -o result -- sh -c "$change"
	is "pressure,some_ns,1600000 pressure,full_ns, pressure,pgscan,468" \
		"$(grep '^pressure' result | sed 3q | tr '\n' ' ' | sed 's/ $//')" "so has CSV, and nothing"
	changing -I 100 --csv -o result -- sh -c "sleep 0.25; $change; sleep 0.25"
	is 72 "$(sed '/^time/d' result | sed -n 's/^pressure,oom_kill,//p' | sed '$d' |
		awk '{ sum += $1 } END { print sum }')" "intervals add up to all of it"
	changing -r 2 -- sh -c "$change"
	err_has "^  oom_kill +36\.0 +141\.4%$" "runs are shown by mean and deviation"
	err_has "^  full_ns +- +-$" "where each of them knows"
	changing -D 60000 -- sh -c "$change"
	err_has "^  stalled         - some, - all$" "what was over before counting began is not known"
	changing -D 60000 -I 50 --csv -o result -- sh -c "sleep 0.2; $change"
	is "pressure,oom_kill," "$(grep '^pressure,oom_kill,' result | sort -u)" "in no interval either"
else
	skip "machine: no mount namespaces, or no PSI" "numbers that are known"
fi

cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cgroup=$cgroups/vmtool-test.$$
if [ -z "$cgroups" ] || ! mkdir "$cgroup" 2>/dev/null; then
	skip "machine: no cgroup of version 2 to make one in" "cgroups"
elif ! vmtool stat -e getppid -G "$cgroup" -- true 2>/dev/null; then
	rmdir "$cgroup"
	skip "machine: what a cgroup does cannot be counted" "cgroups"
else
	run vmtool stat --pressure -e getppid --json -o result -G "$cgroup" -- true
	rmdir "$cgroup"
	is cgroup "$(json result '$_->{pressure}{of}')" "a cgroup has its own"
	is null "$(json result '$_->{pressure}{compact_stall}')" "as far as the kernel counts by cgroup"
	mkdir "$cgroup"
	run vmtool stat --pressure -e getppid -G "$cgroup" -- rmdir "$cgroup"
	err_has "^ *OOM kills +-$" "one that is gone took its numbers with it"
	err_has "^vmtool stat: the cgroup was removed and its numbers with it" "which is told"
fi

finish
