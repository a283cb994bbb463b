#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool record: files that perf reads, exit codes, its own events left out, what is wrong with
# input.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/record-lib.sh"

# A number of system calls that is known: two events each, and a few thousand around them.
CALLS=20000
# shellcheck disable=SC2317 # called through wait_for
calls() {
	dd if=/dev/zero of=/dev/null bs=1 count=$((CALLS / 2)) status=none
}

# A recording of which the events do not matter: some of user space, so that the kernel's functions
# need not be named.
# shellcheck disable=SC2317 # called through run
cheap() {
	vmtool record -m 1M -q -e page-faults:u "$@"
}

# What a file says of itself, without any of vmtool's code: "state committed" and its sections.
cat >"$scratch/super" <<'END'
use strict;
use warnings;
local $/;
open(my $in, "<:raw", $ARGV[0]) or die "$ARGV[0]: $!";
my $file = <$in>;
substr($file, 104, 8) eq "vmtool\0\1" or die "no super";
my ($state, $nr, $offset, $committed) = unpack("VVQ<Q<", substr($file, 112, 24));
my $whole = 0;
while ($whole < $committed) {
	my ($type, $misc, $size) = unpack("Vvv", substr($file, $offset + $whole, 8));
	die "record of size $size at $whole" if $size < 8 || $whole + $size > $committed;
	$whole += $size;
}
print "state $state whole ", $whole == $committed ? "yes" : "no", "\n";
for my $i (0 .. $nr - 1) {
	my ($type, $flags, $at, $size) = unpack("VVQ<Q<", substr($file, 136 + 24 * $i, 24));
	next if $type < 256;
	print map { "$type $_\n" } split(/\n/, substr($file, $at, $size));
}
END
super() {
	perl "$scratch/super" "$1"
}

run vmtool record -o page.data -- true
exits 0 "a recording of pages succeeds"
err_has '^vmtool record: [0-9,]+ events, .* in page\.data; vmtool itself: [0-9.]+% of a CPU' \
	"and ends with one line about itself"
ok "its file is complete as a file" test "$(super page.data | head -n 1)" = "state 1 whole yes"
super page.data >superblock
is "$(cat /proc/sys/kernel/random/boot_id)" "$(sed -n 's/^256 boot_id //p' superblock)" \
	"it names the boot it was recorded in"
ok "and the migrate types of this kernel" grep -q '^257 1 MOVABLE$' superblock
ok "and its zones" grep -q '^258 0 [0-9]* [0-9]* ' superblock
ok "and the functions its samples mention" grep -Eq '^260 [0-9a-f]+ [0-9a-f]+ - [a-z_]' superblock
ok "and what every descriptor counted" grep -q '^259 .*kmem:mm_page_alloc$' superblock

if command -v perf >/dev/null; then
	events=$(sed -n 's/^262 events //p' superblock)
	is "$events" "$(samples page.data event | grep -c kmem:)" "perf script finds as many samples"
	by_perf perf kmem --page -i page.data stat
	ok "perf kmem reads it" grep -q "Total allocation requests *: *[1-9]" "$by_perf"
	by_perf perf script -i page.data
	ok "perf report knows the kernel's symbols" \
		grep -q "alloc_pages_noprof\|__alloc_pages\|alloc_frozen_pages" "$by_perf"
else
	skip "missing: linux-perf" "perf script finds as many samples"
fi

# A kernel may count events and keep them back (seen on a virtual machine whose kernel hides some
# tasks, in interrupts on top of these), and once this one did not even count a fifth of the calls.
# The first is told, the second nobody can know: a recording gets three tries to be without.
for _ in 1 2 3; do
	run vmtool record -m 4M -q -e 'raw_syscalls:*' -o calls.data -- sh -c "$(command -v dd) \
		if=/dev/zero of=/dev/null bs=1 count=$((CALLS / 2)) status=none"
	super calls.data >calls.super
	states=$(awk '$1 == 259 && /raw_sys/ { print $9 }' calls.super | sort -u)
	events=$(sed -n 's/^262 events //p' calls.super)
	[ "$states" = exact ] && [ "$events" -ge $((CALLS * 2)) ] && break
done
exits 0 "tracepoints of one command alone"
is exact "$states" "are all there: counts, samples and losses add up"
ok "as many as were made ($events)" test "$events" -ge $((CALLS * 2))

run vmtool record --require-complete -m 4k -e 'raw_syscalls:*' -o tiny.data -- \
	dd if=/dev/zero of=/dev/null bs=1 count=$((CALLS / 4)) status=none
super tiny.data | awk '$1 == 259 && /raw_sys/' >tiny
missing=$(awk '{ lost += $7 } END { print lost }' tiny)
if [ "$missing" -gt 0 ]; then
	exits 3 "--require-complete fails when a tiny ring loses events"
	is "$missing" "$(sed -n 's/.* events, \([0-9,]*\) missing.*/\1/p' "$err" | tr -d ,)" \
		"and says exactly how many"
else
	exits 0 "--require-complete is content: the tiny ring lost nothing"
fi
is "" "$(awk '$5 != $6 + $7' tiny)" "every descriptor's count is its samples and its losses"

run vmtool record --test-no-lost -m 4k -e 'raw_syscalls:*' -o tiny.data -- \
	dd if=/dev/zero of=/dev/null bs=1 count=$((CALLS / 4)) status=none
is derived "$(super tiny.data | awk '$1 == 259 && /raw_sys/ { print $9 }' | sort -u)" \
	"a kernel that does not count losses: the missing number is computed"

# Own events: the process that records is the shell's child.
own_events() {
	vmtool record -m 1M -q -a -e 'raw_syscalls:*' "$@" -o own.data -- sleep 0.1 &
	own=$!
	wait "$own"
	of_own
}
of_own() {
	by_perf perf script -i own.data --pid "$own" -F pid || echo "perf script dies of it"
	grep -c . "$by_perf"
}
if command -v perf >/dev/null; then
	is 0 "$(own_events)" "no event of the recorder itself is in its file"
	is 0 "$(own_events --no-mmap-output)" "nor when it writes with write()"
	ok "--include-self leaves them in" test "$(own_events --include-self)" -gt 0
	vmtool record -m 1M -q -e cpu-clock -c 100000 -a -o own.data -- sleep 0.1 &
	own=$!
	wait "$own"
	is 0 "$(of_own)" "nor when it samples by time"
	vmtool record -m 1M -q --page --slab -z -o packed.data -- true
	is "$(super packed.data | sed -n 's/^262 events //p')" \
		"$(samples packed.data event | grep -c kmem:)" "perf reads compressed files"
else
	skip "missing: linux-perf" "no event of the recorder itself is in its file"
fi

run cheap -o code.data -- sh -c 'exit 7'
exits 7 "the exit code is the command's"
run cheap -o code.data -- sh -c 'kill -KILL $$'
exits 137 "a signal is 128 more"
run cheap -o code.data -- ./no-such-command
fails_in_one_line 127 '^vmtool record: \./no-such-command: run the command: No such file' \
	"a command that is not there"
run cheap -o code.data -- /
fails_in_one_line 126 '^vmtool record: /: run the command: Permission denied' \
	"a command that cannot be run"

# A command may be over before a reader has come to work: then nothing of a CPU would be there.
unread=
for _ in 1 2 3; do
	vmtool record -m 1M -q -e 'raw_syscalls:*' -o short.data -- true
	unread="$unread$(super short.data | awk '$1 == 259 && /raw_sys/ && $5 > 0 && !$6')"
done
is "" "$unread" "the rings of the shortest commands are read"

# Names of what is mentioned, for other machines.
run vmtool record -m 1M -q -g -e page-faults -o names.data -- cat /dev/null
super names.data >names.super
linker=$(sed -n 's/^261 dso [0-9a-f]* \(.*ld-linux.*\)/\1/p' names.super | head -n 1)
is "$(readelf -n "$linker" | sed -n 's/^ *Build ID: //p')" \
	"$(sed -n "s|^261 dso \\([0-9a-f]*\\) $linker\$|\\1|p" names.super)" \
	"programs and libraries that samples mention are there with their build-ids, once"
ok "and the functions in them" grep -Eq '^261 [0-9a-f]+ [0-9a-f]+ _?[a-z]' names.super
ok "and the kernel's, of call chains" grep -Eq '^260 .* (do_syscall_64|el0_svc)' names.super
run vmtool record -m 1M -q --slab -o slab.data -- true
super slab.data | awk '$1 == 260 && $4 == "-"' >slab.super
ok "and call sites of slab objects, which are in no chain" test "$(wc -l <slab.super)" -gt 10
if command -v perf >/dev/null; then
	by_perf perf buildid-list -i names.data
	is "$(sed -n "s|^261 dso \\([0-9a-f]*\\) $linker\$|\\1|p" names.super)" \
		"$(sed -n "s|^\\([0-9a-f]*\\) $linker\$|\\1|p" "$by_perf")" \
		"perf buildid-list tells the same build"
	is "$(sed -n 's/^256 kernel_build_id //p' names.super)" \
		"$(sed -n 's/ \[kernel.kallsyms\]$//p' "$by_perf")" \
		"and the kernel's"
else
	skip "missing: linux-perf" "perf buildid-list tells the same build"
fi

echo precious >kept
run cheap -o kept -- true
is precious "$(cat kept.old)" "a file that is there becomes .old"
echo precious >kept
run cheap -o kept -- ./no-such-command
is precious "$(cat kept)" "but stays when the command cannot be run"
run cheap -o /dev/null -- true
fails_in_one_line 129 '^vmtool record: /dev/null: not a regular file' "unless it is none"
run cheap -o no/such/dir -- true
fails_in_one_line 125 '^vmtool record: no/such/dir: No such file' "a directory that is not there"

run vmtool record -e kmem:mm_page_aloc -- true
fails_in_one_line 129 "unknown event 'kmem:mm_page_aloc'; did you mean 'kmem:mm_page_alloc'" \
	"an event with a typing error"
run vmtool record -e mm_page_alloc -- true
fails_in_one_line 129 "did you mean 'kmem:mm_page_alloc'" "an event without its system"
run vmtool record -e kmem:mm_page_alloc --filter 'ordre > 1' -- true
fails_in_one_line 129 "does not accept the filter 'ordre > 1'" "a filter the kernel refuses"
run vmtool record -e page-faults --filter 'x > 1' -- true
fails_in_one_line 129 'page-faults is no tracepoint and has no filter' "a filter of no tracepoint"
run vmtool record --filter 'order > 1' -- true
fails_in_one_line 129 '--filter.* no event' "a filter of no event"
run vmtool record -p 4194304
fails_in_one_line 125 'there is no process 4194304' "a process that is not there"
run vmtool record -e kmem:mm_page_alloc/max-stack=0/ -- true
fails_in_one_line 129 "max-stack" "a term out of range"
run vmtool record -C 0-x -- true
fails_in_one_line 129 "'0-x' is no list of CPUs" "a list of CPUs that is none"
run vmtool record -C 0,8191 -- true
fails_in_one_line 125 '^vmtool record: -C: CPU 8191 is not online' "a CPU that is not there"
run vmtool record -F 100 --page -- true
fails_in_one_line 129 '^vmtool record: -F is of clocks and software events' "a frequency that nothing takes"
run vmtool record --max-size 0 -- true
fails_in_one_line 129 "'--max-size'" "a size of nothing"
run vmtool record -o '' -- true
fails_in_one_line 129 '^vmtool record: -o: a file has a name' "a file without a name"
run vmtool record -o - --switch-output 1s -- true
fails_in_one_line 129 '^vmtool record: -o - is one recording' "several files in one pipe"
run vmtool record -G /etc -- true
fails_in_one_line 125 "'/etc' is no cgroup" "a directory that is no cgroup"
run vmtool record -G '' -- true
fails_in_one_line 129 '^vmtool record: -G: a cgroup has a name' "a cgroup whose name is empty is not everyone"
run vmtool record -G no-such-group -- true
fails_in_one_line 125 "cgroup 'no-such-group'( below .*: No such file|: cgroups are not mounted)" "a cgroup that is not there"

run vmtool record -e kmem:mm_page_alloc --filter 'order >= 1' -a -o filter.data -- \
	dd if=/dev/zero of=filter.out bs=1M count=8 status=none
exits 0 "a filter the kernel accepts"
vmtool record -q -e 'kmem:mm_page_*' -e kmem:mm_page_alloc --filter 'order < 64' --filter 'order >= 1' -a \
	-o filter.data -- dd if=/dev/zero of=filter.out bs=1M count=8 status=none
is 0 "$(vmtool report -i filter.data --samples | grep -c 'mm_page_alloc: .* order=0 ')" \
	"filters hold, both of them, for an event that a glob had named before"

# Killed: what was committed is whole.
vmtool record -m 1M -q -p $$ -e 'raw_syscalls:*' -o killed.data &
own=$!
# shellcheck disable=SC2317 # called through wait_for
some_is_there() {
	calls
	super killed.data && [ "$(committed killed.data)" -gt 100000 ]
}
wait_for some_is_there
kill -KILL "$own"
wait "$own" 2>/dev/null
is "state 0 whole yes" "$(super killed.data | head -n 1)" \
	"a killed recording says how far its records are whole"

mkdir full
if mount -t tmpfs -o size=1536k none full 2>/dev/null; then
	run vmtool record -e 'raw_syscalls:*' -o full/data -- \
		dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none
	exits 125 "a full disk ends a recording"
	err_has 'full/data: recording ended early.*No space left on device' "and is told"
	is "" "$(grep 'neither written' "$err")" "without a word of what the kernel kept back"
	is "state 1 whole yes" "$(super full/data | head -n 1)" "its file is a good one"
	dd if=/dev/zero of=full/rest bs=4k 2>/dev/null
	run cheap -o full/more -- true
	fails_in_one_line 125 'full/more: .*No space left on device' "a disk that is full already"
	is no "$(test -e full/more && echo yes || echo no)" "gets no file that is no recording"
	cp full/data before
	run cheap -o full/data -- true
	fails_in_one_line 125 'full/data: .*No space left on device' "nor one over an older file"
	ok "which is there as it was" cmp before full/data
	is no "$(test -e full/data.old && echo yes || echo no)" "under its own name"
	umount full
else
	skip "machine: tmpfs cannot be mounted" "a full disk ends a recording"
fi

# What is allocated on one CPU and freed on the next would look live if frees began later there, or
# ended earlier. "on" and "off" of frees and of others, in the order in which the kernel was asked
# for them.
free=$(cat /sys/kernel/tracing/events/kmem/mm_page_free/id /sys/kernel/debug/tracing/events/kmem/mm_page_free/id \
	2>/dev/null | head -n 1)
if command -v strace >/dev/null && [ -n "$free" ]; then
	# Leaks cannot be looked for while strace does.
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -s 200 -e trace=perf_event_open,ioctl -o calls \
		vmtool record -m 1M -q -o order.data -- true
	is "on free, on other, off other, off free" "$(awk -v free="$free" '
		/^perf_event_open/ { is_free[$NF] = index($0, "TRACEPOINT") && index($0, "config=" free ",") }
		/PERF_EVENT_IOC_(EN|DIS)ABLE/ {
			fd = $1; gsub(/[^0-9]/, "", fd)
			now = (/_ENABLE/ ? "on " : "off ") (is_free[fd] ? "free" : "other")
			if (now != last) { printf "%s%s", last ? ", " : "", now; last = now }
		}' calls)" "frees are recorded from before the first allocation to after the last"
elif [ -n "$free" ]; then
	skip "missing: strace" "frees are recorded from before the first allocation to after the last"
else
	skip "machine: no tracefs in its place" "frees are recorded from before the first allocation to after the last"
fi

# In a PID namespace, where all tasks outside of it have the number 0. Of these two alone: others
# would fill the rings.
cp "$TOOL_DIR/page-loop" stranger
mkfifo go over
if unshare -p -f --mount-proc true 2>/dev/null; then
	(read -r _ <go && ./stranger 1000 >over) >/dev/null &
	unshare -p -f --mount-proc vmtool record -m 4M -q -a -e kmem:mm_page_alloc \
		--filter 'comm == "stranger" || comm == "cat"' -o inside.data -- sh -c 'echo >go; cat over' >ns.out
	is "[outside] cat" "$(vmtool report -i inside.data --csv --by comm |
		sed -n 's/^[0-9]*,[0-9]*,\(.outside.\|stranger\|cat\)$/\1/p' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
		"tasks outside of a PID namespace are not taken for one of them"
else
	skip "machine: no PID namespaces" "tasks outside of a PID namespace are not taken for one of them"
fi

if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 0 ] && unshare -U -r true 2>/dev/null; then
	run unshare -U -r vmtool record -q -o root.data -- true
	fails_in_one_line 125 'needs root, CAP_PERFMON' "root of a user namespace is none to the kernel's events"
else
	skip "machine: no user namespaces" "root of a user namespace is none to the kernel's events"
fi

# Without a mounted tracefs.
if unshare -m true 2>/dev/null; then
	run unshare -m sh -c 'umount /sys/kernel/tracing 2>/dev/null; umount /sys/kernel/debug/tracing \
		2>/dev/null; vmtool record -m 1M -q -o notracefs.data -- true'
	exits 0 "tracefs need not be mounted"
	if grep -q -e __asan_init -e __tsan_init "$VMTOOL"; then
		skip "machine: a sanitizer needs /proc itself" "what /proc is needed for is told"
	else
		run unshare -m sh -c 'mount -t tmpfs none /proc && exec vmtool record -m 1M -q -o noproc.data -- true'
		fails_in_one_line 125 '/proc/self/task: No such file' "what /proc is needed for is told"
	fi
else
	skip "machine: no mount namespaces" "tracefs need not be mounted, but /proc"
fi

finish
