#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool record: whom, when, how long, into how many files.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/record-lib.sh"
command -v perf >/dev/null || skip_all "missing: linux-perf"

# Until it is ended, or nobody is there to end it.
(while kill -0 $$ 2>/dev/null; do cat /dev/null; sleep 0.1; done) &
other=$!

run vmtool record -m 1M -q -e raw_syscalls:sys_enter -o command.data -- sh -c 'cat /dev/null; cat /dev/null'
is "cat sh" "$(samples command.data comm | tr -d ' ' | sort -u | tr '\n' ' ' | sed 's/ $//')" \
	"-e with a command: that command and what it starts"

run vmtool record -m 1M -q -a -e sched:sched_switch -o all.data -- sleep 0.3
ok "-a: everyone" test "$(samples all.data comm | sort -u | wc -l)" -gt 1

vmtool record -m 1M -q -e raw_syscalls:sys_enter -p "$other" -o pid.data &
recorder=$!
wait_for has_samples pid.data
kill -TERM "$recorder"
wait "$recorder"
is 0 $? "SIGTERM ends a recording in good order"
ok "-p: that process and what it starts" test "$(number pid.data)" -gt 0
is "" "$(samples pid.data comm | grep -vE '^ *(sh|dash|bash|cat|sleep|t2002.*) *$' | head -n 1)" \
	"and nobody else"

# An idle machine may leave the first CPU alone for that long: both have something to do.
cat >pinned <<'END'
for i in 1 2 3 4 5; do sleep 0.01; done
END
first=$(allowed_cpus | head -n 1)
last=$(allowed_cpus | tail -n 1)
run vmtool record -m 1M -q -C "$first" -e sched:sched_switch -o cpu.data -- \
	sh -c 'taskset -c "$1" sh pinned & taskset -c "$2" sh pinned; wait' - "$first" "$last"
is "$(printf '[%03d]' "$first")" "$(samples cpu.data cpu | tr -d ' ' | sort -u)" "-C: only that CPU"

# It ends when there is something of it in the file.
(while kill -0 $$ 2>/dev/null && ! [ -e left ]; do sleep 0.05; done) &
short=$!
(wait_for has_samples gone.data; : >left) &
run timeout 250 vmtool record -m 1M -q -e raw_syscalls:sys_enter -p "$short" -o gone.data
exits 0 "a recording of a process ends with it"

# It leaves a child behind, and whoever began it has become a program that waits for nobody.
cp "$(command -v cat)" leftone
cat >leaves <<'END'
while [ -d "$PWD" ] && ! [ -e left ]; do sleep 0.05; done
sh is_left $$ &
END
cat >is_left <<'END'
until grep -q '^State:[[:blank:]]*Z' "/proc/$1/status"; do sleep 0.05; done
sleep 0.3
./leftone /dev/null
END
rm -f left
sh -c 'sh leaves & echo $! >short; exec sleep 250' &
keeper=$!
wait_for test -s short
(wait_for has_samples kept.data; : >left) &
run timeout 240 vmtool record -m 1M -q -p "$(cat short)" -e raw_syscalls:sys_enter -o kept.data
exits 0 "and with what it started, though nobody reaps it"
ok "which is recorded until its own end" test -n "$(samples kept.data comm | grep leftone)"
kill "$keeper"
wait "$keeper" 2>/dev/null

# A machine with other things to do may come to the early one only after the delay, or begin to
# record when the late one has run its ten times: then once more, with more time for all. Events are
# few, so that none is lost.
cp "$(command -v cat)" earlyone
cp earlyone lateone
cat >both <<'END'
./earlyone /dev/null
date +%s%3N >early-ended
sleep "$1"
for _ in $(seq 10); do ./lateone /dev/null; sleep "$2"; done
END
for times in '300 0.3 0.02' '4000 4 0.3' '16000 16 1'; do
	began=$(date +%s%3N)
	# Each is a word.
	# shellcheck disable=SC2086
	set -- $times
	run vmtool record -m 1M -q -a -e sched:sched_process_exec -D "$1" -o delay.data -- sh both "$2" "$3"
	samples delay.data comm >comms
	[ $(($(cat early-ended) - began)) -lt "$1" ] && grep -q lateone comms && break
done
is 0 "$(grep -c earlyone comms)" "-D: what runs before is not recorded"
ok "and what runs after is" grep -q lateone comms

# Some 500 KiB, and the rest when the file is closed: what comes before that is in it, however long
# a busy machine takes to close it.
cat >work <<'END'
dd if=/dev/zero of=/dev/null bs=1 count=2500 status=none
for _ in $(seq 2000); do
	ls -l /proc/$PPID/fd 2>/dev/null | grep -q 'size.data$' || break
	sleep 0.05
done
dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none
echo yes >ended
END
run vmtool record -m 1M -q --max-size 300k -e 'raw_syscalls:*' -o size.data -- sh work
exits 0 "--max-size: the command runs to its end"
is yes "$(cat ended)" "which is not the file's"
ok "the file is about that large" test "$(stat -c %s size.data)" -lt 3000000
ok "and good" test "$(number size.data)" -gt 100

# The second file has begun before the command goes on.
cat >work <<'END'
for _ in 1 2 3; do
	dd if=/dev/zero of=/dev/null bs=1 count=2000 status=none
	for _ in $(seq 2000); do
		set -- parts.data.2*
		[ ! -e "$1" ] || break
		sleep 0.05
	done
done
END
run vmtool record -m 1M -q --switch-output 200k -e 'raw_syscalls:*' -o parts.data -- sh work
exits 0 "--switch-output: several files"
ok "there are some" test "$(find . -name "parts.data.2*" | wc -l)" -ge 1
bad=
for part in parts.data.2*; do
	[ "$(number "$part")" -gt 0 ] || bad="$bad $part"
done
# Nothing may have come after the last change of files.
vmtool report -i parts.data --samples >/dev/null || bad="$bad parts.data"
is "" "$bad" "and perf reads each that was full"

vmtool record -m 1M -q --overwrite -m 64k -a -e 'raw_syscalls:*' -o flight.data &
recorder=$!
# Until it is ready for the signal, which waits until events are recorded.
wait_for keeps_usr2 "$recorder"
snapshots() {
	find . -name 'flight.data.2*' | sort
}
# shellcheck disable=SC2317 # called through wait_for
there_are() {
	[ "$(snapshots | wc -l)" -eq "$1" ]
}
for n in 1 2; do
	kill -USR2 "$recorder"
	wait_for there_are $n
	dd if=/dev/zero of=/dev/null bs=1 count=100 status=none
done
kill -INT "$recorder"
wait "$recorder"
is 0 $? "--overwrite runs until it is interrupted, in a script's background too"
is 2 "$(snapshots | wc -l)" "SIGUSR2 writes what the rings hold, each time"
ok "which perf reads" test "$(number "$(snapshots | tail -n 1)")" -gt 10
ok "as it does what the end wrote" test "$(number flight.data)" -gt 10

# Rings that hold less than one process does, which has ended when they are written; another one was
# there before the recording, and not when it ended.
cp "$TOOL_DIR/page-loop" flown
vmtool record -q --overwrite -m 64k -e kmem:mm_page_alloc -o flown.data -- ./flown 1000 >/dev/null
is flown "$(vmtool report -i flown.data --csv --by comm | sed -n 's/^[0-9]*,[0-9]*,//p')" \
	"a process of which only the last events are there still has its name"
cp "$(command -v cat)" crashed
mkfifo begun ends
sh -c './crashed begun ends; : >gone' >/dev/null &
echo >begun
vmtool record -q --overwrite -m 1M -a -e kmem:mm_page_free --filter 'comm == "crashed"' \
	-o crashed.data -- sh -c 'echo >ends; until [ -e gone ]; do sleep 0.05; done'
ok "and so has one that was there before" sh -c \
	'vmtool report -i crashed.data --samples | grep -q "^ *crashed "'

run vmtool record -m 1M -q -g -e page-faults:u -o user.data -- cat /dev/null
samples user.data ip,sym,dso >frames
ok "-g: user frames have names of files" grep -q "ld-linux\|libc" frames
run vmtool record -m 1M -q --call-graph dwarf,4096 -e page-faults:u -o dwarf.data -- cat /dev/null
by_perf perf evlist -v -i dwarf.data
ok "dwarf: samples carry a piece of the stack" grep -q "sample_stack_user: 4096" "$by_perf"
run vmtool record -m 1M -q -g --page -o chains.data -- true
is 0 "$(samples chains.data event,ip | awk '/:/ { free = /mm_page_free/; frees += free; next }
	free && NF { n++ } END { print frees ? n + 0 : "no frees" }')" "frees of pages carry no chain"

run vmtool record -m 1M -q --test-no-populate -e page-faults:u -o nopop.data -- true
ok "without MADV_POPULATE_WRITE the file is as good" test "$(number nopop.data)" -gt 0
run vmtool record -m 1M -q --no-mmap-output -e page-faults:u -o written.data -- true
exits 0 "write() instead of mapped output"
ok "written files too" test "$(number written.data)" -gt 0

# A cgroup of our own, where there is a hierarchy to make one in.
group=
for root in /sys/fs/cgroup/perf_event /sys/fs/cgroup/unified /sys/fs/cgroup; do
	if mkdir "$root/vmtool-test-$$" 2>/dev/null; then
		group=$root/vmtool-test-$$
		break
	fi
done
if [ -n "$group" ] && (echo 0 >"$group/cgroup.procs") 2>/dev/null; then
	run vmtool record -m 1M -q -G "$group" -e raw_syscalls:sys_enter -o group.data -- \
		sh -c "echo 0 >$group/cgroup.procs; cat /dev/null"
	exits 0 "-G: a cgroup"
	is "" "$(samples group.data comm | grep -vE '^ *(sh|cat) *$' | head -n 1)" "and nobody else"
else
	skip "machine: no cgroup can be made" "-G: a cgroup"
fi
[ -z "$group" ] || rmdir "$group"

kill "$other"
wait "$other" 2>/dev/null
finish
