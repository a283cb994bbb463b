#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat counts the calls of those it was asked about, and of no others.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

find_sources

# A process that waits to be told, in the call that is not to be counted: begin ARGUMENTS...
mkfifo go
begin() {
	"$load" wait "$@" <go &
	target=$!
	exec 3>go
	wait_for waits "$target"
}

# waits PID: it is the program, past what its loader reads: it sleeps nowhere else.
# shellcheck disable=SC2317 # called through wait_for
waits() {
	[ "$(readlink "/proc/$1/exe")" = "$(readlink -f "$load")" ] && grep -q ') S ' "/proc/$1/stat"
}

# Starts to count (its arguments) and returns once it does, which the first interval shows.
watch_it() {
	rm -f "$scratch/result"
	vmtool stat --json -I 20 -e getppid,getuid,read -o "$scratch/result" "$@" 2>"$err" &
	watcher=$!
	wait_for sh -c '[ -s "$1" ] || ! kill -0 "$2"' - "$scratch/result" "$watcher"
}

let_go() {
	echo >&3
	exec 3>&-
	wait "$target"
	wait "$watcher"
	status=$?
}

for source in $sources; do
	begin calls=300 threads=4x100 forks=2x5
	watch_it --source "$source" -p "$target"
	let_go
	exits 0 "$source: -p ends with the process"
	is 700 "$(calls getppid)" "$source: a process with the threads it makes"
	is 10 "$(calls getuid)" "$source: and the children"
	is 0 "$(calls read)" "$source: the call it was in when counting began is not invented"

	begin calls=300 forks=2x5
	watch_it --source "$source" --no-inherit -p "$target"
	let_go
	is 300 "$(calls getppid)" "$source: --no-inherit counts the process"
	is 0 "$(calls getuid)" "$source: and not its children"
	count --source "$source" --no-inherit -e getppid,getuid -- "$load" calls=30 forks=2x5
	is "30 0" "$(calls getppid) $(calls getuid)" "$source: the same for a command"

	begin calls=200
	count --source "$source" -e getppid --timeout 100 -p "$target"
	ok "$source: what a process used is told while it is there" \
		test "$(value '$_->{resources}{max_rss_bytes}')" -gt 100000
	is "null number" "$(value '$_->{resources}{voluntary_switches}') $(value \
		'defined $_->{resources}{user_ns} ? "number" : "null"')" \
		"$source: but not what nobody knows"
	watch_it --source "$source" -t "$target"
	let_go
	is 200 "$(calls getppid)" "$source: -t is a thread"
	is null "$(value '$_->{resources}{user_ns}')" "$source: one that has ended cannot be asked"
done

case $sources in
*bpf*perf*) ;;
*)
	skip "machine: not root, or no BPF" "cgroups, CPUs and the whole machine"
	finish
	;;
esac

cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ -n "$cgroups" ] && mkdir "$cgroups/vmtool-test.$$" 2>/dev/null; then
	cgroup=$cgroups/vmtool-test.$$
	mkdir "$cgroup/below"
	for source in bpf 'bpf --without-current-btf' perf; do
		begin calls=400 forks=1x5
		echo $target >"$cgroup/below/cgroup.procs"
		# An option may come with it.
		# shellcheck disable=SC2086
		watch_it --source $source -G "$cgroup"
		"$load" calls=1000
		echo >&3
		exec 3>&-
		wait "$target"
		kill -TERM "$watcher"
		wait "$watcher"
		is "400 5" "$(calls getppid) $(calls getuid)" \
			"$source: a cgroup is counted with those below it, and nothing else"
	done
	sh -c "echo \$\$ >$cgroup/cgroup.procs; exec $VMTOOL stat --json --per-cgroup \
		-o $scratch/result -- $load calls=77" 2>"$err"
	is 77 "$(calls getppid)" "rows are split by cgroup"
	is "$(stat -c %i "$cgroup")" "$(value '$_->{syscalls}[0]{cgroup}')" "which has its number"
	is "${cgroup#"$cgroups"}" "$(value '$_->{syscalls}[0]{path}')" "and its path"
	# Tasks that have just ended may be in it for a moment more.
	rmdir "$cgroup/below"
	ok "no cgroup of ours is left behind" wait_for rmdir "$cgroup"
else
	skip "machine: no cgroup of version 2 to make one in" "cgroups"
fi

first=$(allowed_cpus | head -n 1)
last=$(allowed_cpus | tail -n 1)
if [ "$last" != "$first" ]; then
	for source in bpf perf; do
		count --source "$source" -e getppid -C "$first" -- taskset -c "$last" "$load" calls=500
		is 0 "$(calls getppid)" "$source: calls on other CPUs are not counted"
		count --source "$source" -e getppid -C "$first,$last" -- taskset -c "$last" "$load" calls=500
		is 500 "$(calls getppid)" "$source: calls on the CPUs asked for are"
	done
else
	skip "machine: one CPU" "calls by CPU"
fi

for source in bpf perf; do
	count --source "$source" -a -e getpgrp -- "$load" execs=20
	ok "$source: -a counts all processes" test "$(calls getpgrp)" -ge 20
done

# A call of vmtool's own: it asks a command to end that way. Of several tries, as another vmtool may
# do the same meanwhile.
nobody_asks() {
	count --source "$1" -a -e pidfd_send_signal --timeout 50 -- sleep 60
	[ "$(calls pidfd_send_signal)" -eq 0 ]
}
for source in bpf perf; do
	for _ in 1 2 3 4 5 6 7 8; do
		nobody_asks "$source" && break
	done
	is 0 "$(calls pidfd_send_signal)" "$source: but what vmtool does itself"
done

# What the kernel says itself, read within the time we count and around it. Of what others allocate
# meanwhile some kernels do not show all: in interrupts on top of the idle task no program runs
# there (up to 400 pages of 74,000 seen on busy machines). Those of the load are all there.
vmstat="awk '/^pgalloc_/ { got += \$2 } END { printf \"%.0f\\n\", got }' /proc/vmstat"
before=$(sh -c "$vmstat")
count -a -e getpgrp -- sh -c "$vmstat; $load touch=60000; $vmstat"
around=$(($(sh -c "$vmstat") - before))
within=$(($(tail -n 1 "$out") - $(head -n 1 "$out")))
pages=$(value '$_->{memory}{pages_allocated}')
ok "pages allocated on the whole machine are those of /proc/vmstat" \
	test 60000 -le "$pages" -a "$pages" -le "$((around + around / 200))"
ok "which are those of the program at least" test "$within" -ge 60000
# What a start takes beside them is the same for both, if the machine has it in memory: two in turn.
# Each 512 pages have a page table.
count -e getpgrp -- "$load" touch=5000
pages=$(value '$_->{memory}{pages_allocated}')
count -e getpgrp -- "$load" touch=25000
near 20039 "$(($(value '$_->{memory}{pages_allocated}') - pages))" 2 "a command's pages are its own"

count --per-thread -e getppid -- "$load" threads=4x100
is "100 100 100 100" "$(value 'join " ", map { $_->{calls} } @{$_->{syscalls}}')" \
	"rows are split by thread"
is syscall-load "$(value '$_->{syscalls}[0]{comm}')" "which has a name"
count --per-process -e getuid,getppid -- "$load" calls=10 forks=1x3
is "1 1 1 10" "$(value 'join " ", sort { $a <=> $b } map { $_->{calls} } @{$_->{syscalls}}')" \
	"rows are split by process"
count --source ptrace --per-process -e getuid,getppid -- "$load" calls=10 forks=1x3
is "1 1 1 10" "$(value 'join " ", sort { $a <=> $b } map { $_->{calls} } @{$_->{syscalls}}')" \
	"by ptrace too"
for source in $sources; do
	[ "$source" != perf ] || continue
	count --source "$source" --per-process -e brk -- sh -c "exec $load calls=0"
	is syscall-load "$(value 'join " ", map { $_->{comm} } @{$_->{syscalls}}')" \
		"$source: its name is that of the program it runs in the end"
done
run vmtool stat --source perf --per-thread -- true
exits 125 "perf counters cannot be split"

# Where a task's state lies depends on its address; --max-tasks leaves one of the quick places.
count --source bpf --max-tasks 500 -e getppid,getuid,getpgrp -- "$load" calls=10 threads=8x100 forks=4x10 execs=3
is "810 40 3 0" "$(calls getppid) $(calls getuid) $(calls getpgrp) $(value '$_->{lost}')" \
	"tasks that share a quick place are all counted"

# More tasks than there is room for, which only bpf minds: counted, and told.
count --source bpf --max-tasks 2 -- "$load" forks=8x20
exits 0 "a command with more tasks than there is room for"
ok "has those counted that were not followed" test "$(value '$_->{lost}')" -gt 0
run vmtool stat --source bpf --max-tasks 2 -- "$load" forks=8x20
err_has "^LOST: [0-9]+ tasks not followed" "and told"
"$TOOL_DIR/two-threads" >tids &
target=$!
wait_for test -s tids
count --source bpf --max-tasks 1 -e getppid --timeout 50 -p "$target"
kill "$target"
wait "$target"
exits 0 "a process with more threads than there is room for is no failure"
is 1 "$(value '$_->{lost}')" "those that were not followed are told"
run vmtool stat --source bpf --max-tasks 30 --per-thread -- "$load" threads=20x1
err_has "^LOST: [0-9]+ calls not counted, the map of rows was full" "so are rows there was no room for"

finish
