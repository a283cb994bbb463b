#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat leaves the command the world it has without us, and shows what was whole when it is
# cut short.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

find_sources

# A command that ends at once twice, and the third time stays until it is told to end.
cat >third <<'END'
echo $$ >>runs
[ "$(wc -l <runs)" -lt 3 ] || exec sleep 60
END

# begin OPTIONS...: vmtool stat in the background, once the third run is on its way. Its options
# come last, with what to run.
begin() {
	rm -f runs
	touch runs
	vmtool stat --source ptrace -e getppid "$@" >"$out" 2>"$err" &
	pid=$!
	# shellcheck disable=SC2016 # for the other shell
	wait_for sh -c '[ "$(wc -l <runs)" -ge 3 ]'
}

ends() {
	status=0
	wait $pid || status=$?
}

begin -r 5 -- sh third
kill -TERM $pid
ends
exits 143 "the exit status of a run that was cut short is passed on"
err_has "mean of 2 runs" "repeated runs show those that were whole"
err_has "^vmtool stat: interrupted: shown are the 2 of 5 runs that were not cut short$" "and say so"

# As Ctrl-C: both get it, and the command is gone before we look.
begin -r 5 --json -o table -- sh third
kill -STOP $pid
kill -TERM "$(tail -n 1 runs)"
kill -TERM $pid
kill -CONT $pid
ends
is "2 3" "$(wc -l <table) $(wc -l <runs)" "so they do when the command was faster to end than we"

begin --compare -r 5 -- "A: sh third" "B: true"
kill -TERM $pid
ends
exits 143 "a comparison is cut short"
err_has "^B +" "and shows"
err_has "^vmtool stat: interrupted: shown are the 2 of 5 turns that were not cut short$" "the turns it has"
touch runs
echo 1 >>runs
begin --compare -- "A: true" "B: sh -c 'echo 1 >>runs; echo 1 >>runs; exec sh third'"
kill -TERM $pid
ends
is 1 "$(grep -c no_new_privs "$err")" "remarks are made once, not for each run"
sed -i /no_new_privs/d "$err"
err_is "vmtool stat: interrupted before each command had run once" "or says that it has none"

# A command that minds no signal: without its tracer its calls would fail.
cat >stubborn <<'END'
trap '' TERM
echo >>runs; echo >>runs; echo >>runs
sleep 60
END
begin --json -o "$scratch/result" -- sh stubborn
kill -TERM $pid
ends
exits 137 "a command that does not end under ptrace is killed"
err_has "^vmtool stat: the command did not end when it was asked to, and was killed" "which is said"

case $sources in
*perf*) ;;
*)
	skip "machine: not root" "a second run that had not begun, cgroups, limits and CPUs"
	finish
	;;
esac

# As Ctrl-C while the second run is prepared: its command is gone before it is run.
# (ptrace waits for what the first run left behind, too, and so has no second.)
cat >again <<'END'
echo >>runs
[ "$(wc -l <runs)" -lt 2 ] || exec sleep 20
(
	while [ -d /proc/$PPID ]; do
		for stat in /proc/[0-9]*/stat; do
			read -r next _ _ parent _ 2>/dev/null <"$stat" || continue
			[ "$parent" = $PPID ] && [ "$next" != $$ ] || continue
			kill -TERM "$next" $PPID
			exit
		done
	done
) </dev/null >/dev/null 2>&1 &
END
: >runs
run vmtool stat -e getppid -r 5 --json -o table -- sh again
err_has "^vmtool stat: interrupted: shown are the 1 of 5 runs that were not cut short$" \
	"so do they when the next one had not begun"
ok "and are there" test -s table

run sh -c "ulimit -Sn 300; exec vmtool stat --source perf -r 3 -e getppid -o table -- sh -c 'ulimit -Sn'"
is "300 300 300" "$(paste -sd' ' "$out")" "perf: the limit of open files is the user's, run after run"

cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ -n "$cgroups" ] && mkdir "$cgroups/vmtool-test.$$" 2>/dev/null; then
	run sh -c "echo \$\$ >$cgroups/vmtool-test.$$/cgroup.procs
		exec vmtool stat --source perf -e getppid -o table -- sed -n 's/^0:://p' /proc/self/cgroup"
	out_has "^/vmtool-test.$$/vmtool-stat\.[0-9.]+$" "perf: the command stays below our cgroup"
	# Its reader ends; vmtool does when it finds that, and not before its cgroup is gone.
	run sh -c "echo \$\$ >$cgroups/vmtool-test.$$/cgroup.procs
		{ vmtool stat --source perf -e getppid -I 20 -- sleep 1 2>&1; echo \$? >ended; } | head -n 1"
	is "1 0" "$(wc -l <ended) $(find "$cgroups/vmtool-test.$$" -mindepth 1 -type d | wc -l)" \
		"which is gone as well when nobody reads what is counted"
	wait_for rmdir "$cgroups/vmtool-test.$$"
else
	skip "machine: no cgroup of version 2 to make one in" "the place of the command's cgroup"
fi

first=$(allowed_cpus | head -n 1)
last=$(allowed_cpus | tail -n 1)
if [ "$last" != "$first" ]; then
	for cpus in "$first" "$first,$last"; do
		count --source perf --without-cgroups -e getppid,syscalls:sys_enter_getppid -C "$cpus" -- \
			taskset -c "$last" "$load" calls=500 threads=2x50
		expected=600
		[ "$cpus" != "$first" ] || expected=0
		is "$expected $expected" \
			"$(calls getppid) $(value '$_->{events}{"syscalls:sys_enter_getppid"}')" \
			"perf: $expected calls on CPUs $cpus without a cgroup"
	done
else
	skip "machine: one CPU" "calls by CPU"
fi

mkfifo go
"$load" wait calls=100 <go &
target=$!
exec 3>go
rm -f "$scratch/result"
vmtool stat --source perf --json -I 20 -e getppid -o "$scratch/result" -p $target,$target 2>"$err" &
pid=$!
wait_for test -s "$scratch/result"
echo >&3
exec 3>&-
wait $target
ends
is 100 "$(calls getppid)" "perf: a process named twice counts once"

"$load" threads=1x1 block &
target=$!
before=$(date +%s%N)
run vmtool stat -D 300 --timeout 400 --json -o "$scratch/result" -p $target
ok "the time of a process is that in which it was counted" \
	test "$(value '$_->{resources}{elapsed_ns}')" -le $(($(date +%s%N) - before - 300000000))
run vmtool stat --json -o "$scratch/result" -p $target -- sleep 0.05
is null "$(value '$_->{resources}{voluntary_switches}')" \
	"what is used beside a command is the process's, not the command's"
run vmtool stat -p $target -- sleep 0.05
err_has "^vmtool stat: process $target, as long as it takes to run sleep 0.05 \(source" "as the heading says"
run vmtool stat -a --json -o "$scratch/result" -- true
is null "$(value '$_->{resources}{user_ns}')" "and the whole machine's is not known"
kill $target
# The shell tells how it ended.
wait $target 2>/dev/null

finish
