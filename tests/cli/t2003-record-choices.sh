#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool record: threads, periods, call chains of each event, files that are switched, and what a
# process may not.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/record-lib.sh"
command -v perf >/dev/null || skip_all "missing: linux-perf"

# Frames of the samples of one event.
frames() {
	samples "$1" event,ip |
		awk -v event="$2" '/:/ { wanted = index($0, event); next } wanted && NF { print $1 }'
}

"$TOOL_DIR/two-threads" >tids &
both=$!
wait_for test -s tids
second=$(cat tids)
# Until each thread of a process has done what it does, and what it waits for has come, some times.
cat >both_went_on <<'END'
switches() {
	sed -n 's/^voluntary_ctxt_switches:[[:blank:]]*//p' "$1/status"
}
for task in /proc/"$1"/task/*; do
	before=$(switches "$task")
	until [ "$(switches "$task")" -gt $((before + 5)) ]; do sleep 0.01; done
done
END
run vmtool record -m 1M -q -t "$second" -e raw_syscalls:sys_enter -o thread.data -- sh both_went_on "$both"
is "$second" "$(samples thread.data tid | tr -d ' ' | sort -u)" "-t: one thread of a process alone"
run vmtool record -m 1M -q -p "$both" -e raw_syscalls:sys_enter -o process.data -- sh both_went_on "$both"
is 2 "$(samples process.data tid | sort -u | wc -l)" "-p: all of its threads"
kill "$both"
wait "$both" 2>/dev/null
(while kill -0 $$ 2>/dev/null; do cat /dev/null; sleep 0.05; done) &
both=$!
run vmtool record -m 1M -q -t "$both" -e raw_syscalls:sys_enter -o thread.data -- sh both_went_on "$both"
is "$both" "$(samples thread.data tid | tr -d ' ' | sort -u)" "-t: nor what that thread starts"
kill "$both"
wait "$both" 2>/dev/null

run vmtool record -m 1M -c 10 -e raw_syscalls:sys_enter -o tenth.data -- \
	dd if=/dev/zero of=/dev/null bs=1 count=10000 status=none
err_has 'completeness not known' "-c 10: nothing can be said about completeness"
samples_nr=$(number tenth.data)
ok "and a tenth of the 20000 calls and some are there" \
	test "$samples_nr" -ge 2000 -a "$samples_nr" -le 2100
run vmtool record -m 1M -q --require-complete -c 10 -e raw_syscalls:sys_enter -o tenth.data -- true
exits 3 "which is not enough for --require-complete"

run vmtool record -m 1M -q -g --kernel-callchains -e page-faults -o kernel.data -- cat /dev/null
frames kernel.data page-faults >kernel.frames
ok "--kernel-callchains: chains are there" test -s kernel.frames
is "" "$(grep -v '^ffff' kernel.frames | head -n 1)" "and hold no user frame"
run vmtool record -m 1M -q -g -e page-faults -o user.data -- cat /dev/null
samples user.data event,ip | awk 'NF == 1 { print $1 }' >user.frames
ok "which they do without" grep -qv ^ffff user.frames

run vmtool record -m 1M -q -a -e kmem:mm_page_alloc/call-graph=no/ \
	-e kmem:mm_page_free/call-graph=kernel,max-stack=3/ -o each.data -- true
is 0 "$(frames each.data mm_page_alloc | wc -l)" "call-graph=no/ of one event"
ok "and a chain of another" test "$(frames each.data mm_page_free | wc -l)" -gt 0
is "" "$(samples each.data event,ip | awk '
	/:/ { n = 0; next } NF && ++n > 3 { print "longer than 3" }' | head -n 1)" \
	"with max-stack=3/ not longer than that"

vmtool record -m 1M -q -a --switch-output=signal -e sched:sched_switch -o signal.data &
recorder=$!
parts() {
	find . -name "$1.2*" | sort
}
# Sleeping switches, on an idle machine too.
wait_for has_samples signal.data
kill -USR2 "$recorder"
wait_for eval '[ -n "$(parts signal.data)" ]'
wait_for has_samples signal.data
kill -TERM "$recorder"
wait "$recorder"
is 1 "$(parts signal.data | wc -l)" "--switch-output=signal: SIGUSR2 begins another file"
ok "perf reads the first" test "$(number signal.data.2*)" -gt 0
ok "and the last" test "$(number signal.data)" -gt 0
# In the file between the two switches it has begun nothing, nor ended.
cp "$(command -v sh)" lasting
cat >lasts <<'END'
echo $$ >lasting.pid
for nr in 1 2; do
	kill -USR2 "$1"
	while set -- "$1" kids.data.2* && { [ $# -le $nr ] || ! [ -e "$2" ]; }; do sleep 0.05; done
done
END
# shellcheck disable=SC2016 # for sh
run vmtool record -m 1M -q --switch-output=signal -e raw_syscalls:sys_enter -o kids.data -- \
	sh -c './lasting lasts $PPID & wait'
is lasting "$(samples "$(parts kids.data | sed -n 2p)" comm,tid |
	awk -v tid="$(cat lasting.pid)" '$2 == tid { print $1 }' | sort -u)" \
	"what a command started is known by name in a file that begins later"
# As if others had been complete at the same time: every name of these ten seconds is taken.
mkdir taken
# shellcheck disable=SC2016 # for perl
perl -MPOSIX=strftime -e 'my $now = time;
	for my $s ($now .. $now + 9) {
		for (0 .. 99) {
			open(my $f, ">", sprintf("taken/data.%s%02d", strftime("%Y%m%d%H%M%S", gmtime $s), $_)) or die;
		}
	}'
run vmtool record -m 1M -q --overwrite -e page-faults:u -o taken/data -- sh -c 'kill -USR2 $PPID
	for _ in $(seq 2000); do
		sleep 0.05
		set -- $(find . -path "./taken/data.2*" -size +0)
		[ $# -eq 0 ] || break
	done'
is "1001 1" "$(find taken -name 'data.2*' | wc -l) $(find taken -name 'data.2*' -size +0 | wc -l)" \
	"a file does not take the name of another"
# The command waits until the recorder has closed its file, and for a moment more.
mkdir there
run vmtool record -m 1M -q --switch-output=signal -e raw_syscalls:sys_enter -o there/data -- \
	sh -c 'mv there away; kill -USR2 $PPID
	for _ in $(seq 2000); do
		sleep 0.05
		ls -l /proc/$PPID/fd 2>/dev/null | grep -q away/data || break
	done
	sleep 0.1
	echo yes >ended'
exits 125 "a directory that was moved away ends a recording at the next switch"
err_has 'there/data: recording ended early.*No such file' "and is told"
is yes "$(cat ended 2>/dev/null)" "when the command has ended"
ok "the file before is a good one" by_perf perf script -i away/data

# A busy machine may let it last for another second. A CPU's ring is read at once, those of several
# one after the other.
cat >work <<'END'
for _ in $(seq 2000); do
	sleep 0.05
	set -- time.data.2*
	[ ! -e "$1" ] || break
done
sleep 0.05
END
began=$(date +%s%3N)
run vmtool record -m 1M -q -a --switch-output=1s -e sched:sched_switch -o time.data -- sh work
ended=$(date +%s%3N)
parts_nr=$(parts time.data | wc -l)
ok "--switch-output=1s: every second another file" \
	test "$parts_nr" -ge 1 -a "$parts_nr" -le $(((ended - began) / 1000))
part=$(parts time.data | tail -n 1)
samples "$part" cpu,time >before
samples time.data cpu,time >behind
ok "with something in each" test -s before -a -s behind
is "" "$(awk 'NR == FNR { last[$1] = $2; next } $2 < last[$1]' before behind | head -n 1)" \
	"which begins where the one before ends"

run vmtool record -m 64k --overwrite -e raw_syscalls:sys_enter -o newest.data -- \
	dd if=/dev/zero of=/dev/null bs=1 count=5000 status=none
# exit_group: 231 of x86_64, 94 of others.
samples newest.data trace >newest
ok "--overwrite: the last event is there" grep -Eq 'NR (231|94) ' newest
ok "and not all of them" test "$(number newest.data)" -lt 10000
run vmtool record -m 8M -q --overwrite -e raw_syscalls:sys_enter -o few.data -- \
	dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none
ok "all of them are there when the rings hold them" test "$(number few.data)" -ge 2000

# Preparing mapped output by write(): a full disk is an error here as well, not a SIGBUS.
mkdir full
if mount -t tmpfs -o size=3m none full 2>/dev/null; then
	run vmtool record -m 1M --test-no-populate -e 'raw_syscalls:*' -o full/data -- \
		dd if=/dev/zero of=/dev/null bs=1 count=30000 status=none
	exits 125 "a full disk without MADV_POPULATE_WRITE ends a recording"
	err_has 'full/data: recording ended early.*No space left on device' "and is told"
	ok "perf reads the file" test "$(number full/data)" -gt 100
	umount full
else
	skip "machine: tmpfs cannot be mounted" "a full disk without MADV_POPULATE_WRITE ends a recording"
fi

run vmtool record -m 1M -q --test-no-btf --page -o nobtf.data -- cat /dev/null
exits 0 "a kernel without BTF is recorded"
err_has 'migrate types will be shown as numbers' "with a remark"
run vmtool report -i nobtf.data --page --caller
ok "and reported: by number, or by name where this kernel is known to be the one" \
	grep -q "SUMMARY (page allocator)" "$out"

# Somebody without privilege, who must reach the program and a directory, and is nobody else: what a
# user may lock is for all his programs.
user=$((100000 + $$ % 100000))
open=$(mktemp -d /tmp/vmtool-test-open.XXXXXX)
chmod 1777 "$open"
install -m 755 "$VMTOOL" "$open/vmtool"
as_nobody() {
	run setpriv --reuid=$user --regid=$user --clear-groups \
		env ASAN_OPTIONS="${ASAN_OPTIONS:-}" sh -c "cd $open && ./vmtool record $*"
}
if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 2 ]; then
	as_nobody -o data -a -e cpu-clock -- true
	fails_in_one_line 125 'CAP_PERFMON.*kernel.perf_event_paranoid.*below .it is' \
		"the whole system is not everybody's: which sysctl and capability is told"
	as_nobody -o data -e page-faults -- true
	fails_in_one_line 125 'CAP_PERFMON.*perf_event_paranoid.*page-faults:u' \
		"nor is the kernel's part of one's own process, and what goes is told"
else
	skip "machine: perf_event_paranoid lets everybody" \
		"the whole system is not everybody's: which sysctl and capability is told"
fi
# Debian's kernels and Ubuntu's may keep everything from everybody.
if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 2 ] &&
	! setpriv --reuid=$user --regid=$user --clear-groups perf stat -e page-faults:u -o /dev/null true; then
	everybody=
	skip "machine: perf_event_paranoid lets nobody" "user events of one's own command are"
else
	everybody=yes
	as_nobody -q -o data -e page-faults:u -- true
	exits 0 "user events of one's own command are"
	err_is "" "and nothing is said of the kernel's functions, which they do not mention"
fi
# Half a MiB for each CPU is what kernel.perf_event_mlock_kb is for.
if [ "$everybody$(cat /proc/sys/kernel/perf_event_mlock_kb) $(getconf PAGESIZE)" = "yes516 4096" ]; then
	prlimit --memlock=0: --pid $$
	as_nobody -q -o data -e page-faults:u -- true
	exits 0 "where no more may be locked, all rings get smaller: the first does not take it all"
	prlimit --memlock=65536 --pid $$
	as_nobody -q --overwrite -m 512k -o data -e page-faults:u -- true
	exits 0 "the names of tasks take no memory from a flight recorder's samples"
else
	skip "machine: not the usual kernel.perf_event_mlock_kb" "rings of those who may lock no memory"
	skip "machine: not the usual kernel.perf_event_mlock_kb" \
		"the names of tasks take no memory from a flight recorder's samples"
fi
if [ "$(stat -c %a /sys/kernel/tracing 2>/dev/null || echo 700)" = 700 ]; then
	as_nobody -o data -- true
	fails_in_one_line 125 'tracing|tracefs' "tracepoints are read as root: what is in the way is told"
else
	skip "machine: tracefs is open to everybody" "tracepoints are read as root: what is in the way is told"
fi
rm -rf "$open"

# Root that may not mount, where no tracefs is mounted.
if unshare -m sh -c 'umount /sys/kernel/debug/tracing; umount /sys/kernel/tracing; umount /sys/kernel/debug
	! [ -e /sys/kernel/tracing/events ] && ! [ -e /sys/kernel/debug/tracing/events ]' 2>/dev/null; then
	run unshare -m sh -c 'umount /sys/kernel/debug/tracing; umount /sys/kernel/tracing
		umount /sys/kernel/debug; exec setpriv --bounding-set=-sys_admin "$@"' sh \
		vmtool record -q -o none.data -- true
	sed -i '/^umount:/d' "$err"
	fails_in_one_line 125 'tracefs is not mounted .*mount -t tracefs' "no tracefs: how to mount it is told"
else
	skip "machine: tracefs cannot be unmounted" "no tracefs: how to mount it is told"
fi

finish
