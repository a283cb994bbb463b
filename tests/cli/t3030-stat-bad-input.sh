#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat passes on how the command ended, and says in one line what is wrong.
. "$(dirname "$0")/lib.sh"

load=$TOOL_DIR/syscall-load
quiet="vmtool stat --source ptrace -o table"

run $quiet -- "$load" exit=42
exits 42 "the exit status is the command's"
run $quiet -- "$load" die=15
exits 143 "a command ended by a signal is 128 more than it"
run $quiet -- sh -c 'echo to stdout; echo to stderr >&2'
out_is "to stdout" "the command's output is left alone"
err_has "^to stderr$" "and so are its errors"

run vmtool stat -- no-such-command
fails_in_one_line 127 "^vmtool stat: cannot run 'no-such-command': No such file or directory$" \
	"a command that is not found is 127"
run vmtool stat -- /etc/passwd
fails_in_one_line 126 "^vmtool stat: cannot run '/etc/passwd': Permission denied$" \
	"one that cannot be run is 126"
run vmtool stat
fails_in_one_line 129 "^vmtool stat: a command is missing, or -p, -t, -a or -G" \
	"nothing to count is a usage error"
run vmtool stat -e mumap -- true
fails_in_one_line 129 "^vmtool stat: there is no system call 'mumap'; did you mean 'munmap'" \
	"an unknown call is told its nearest"
run vmtool stat -e ia32:mmup -- true
fails_in_one_line 129 "no system call 'ia32:mmup'; did you mean 'ia32:mmap'" "of its own entry"
run vmtool stat -e 'no*such' -- true
fails_in_one_line 129 "^vmtool stat: there is no system call 'no\*such'" \
	"a glob that matches nothing is an error"
run vmtool stat -e order=16 -- true
fails_in_one_line 129 "'order=16': expected orders of pages, such as 2 or 2-4, up to 15" \
	"so are orders there are not"
run vmtool stat -e order=2 --no-pages -- true
fails_in_one_line 129 "contradict each other" "and orders of no pages"
run vmtool stat -p none
fails_in_one_line 129 "^vmtool stat: 'none' is no process$" "a process has a number"
run vmtool stat -p 1,2x
fails_in_one_line 129 "'2x' is no process" "each of them"
run vmtool stat -C 3-1 -- true
fails_in_one_line 129 "'3-1' is no list of CPUs" "so do CPUs"
run vmtool stat -C 1000 -- true
fails_in_one_line 129 "there is no CPU 1000 here, only 0 to [0-9]+" "a CPU that is not there is named"
run vmtool stat -e '' -- true
fails_in_one_line 129 "there is no event in ''" "nothing is no event"
run vmtool stat -G '' -- true
fails_in_one_line 129 "^vmtool stat: -G: a cgroup has a name" "a cgroup whose name is empty is not everyone"
run vmtool stat -G /proc -- true
fails_in_one_line 125 "'/proc' is no cgroup of version 2" "a cgroup is one of version 2"
run vmtool stat -G /proc
fails_in_one_line 1 "'/proc' is no cgroup of version 2" "which is 1 where no command has a status"
run sh -c 'exec vmtool stat --source ptrace -- true 2>/dev/full'
exits 1 "a table that cannot be shown is a failure"
run vmtool stat -p 1 -a
fails_in_one_line 129 "only one of -p, -t, -a and -G" "two answers to 'whose' are one too many"
run vmtool stat -G no/such/group
fails_in_one_line 1 "^vmtool stat: cgroup 'no/such/group'( below .*: No such file or directory|: cgroups of version 2 are not mounted)$" \
	"a cgroup that is not there is named"
run vmtool stat --source magic -- true
fails_in_one_line 129 "expected (bpf, )?perf or ptrace, not 'magic'" "sources have names"
run vmtool stat -x '' -- true
fails_in_one_line 129 "expected one character" "a separator is one character"
for char in 1 '"' _; do
	run vmtool stat -x "$char" -- true
	fails_in_one_line 129 "expected one character that is no part" "and not $char"
done
run vmtool stat -x ';' --json -- true
fails_in_one_line 129 "--json has no separator" "nor in JSON"
run vmtool stat -I 100 -r 2 -- true
fails_in_one_line 129 "intervals" "intervals are of one run"
run vmtool stat -p 1 -r 2
fails_in_one_line 129 "repeated" "only commands are repeated"
run vmtool stat --compare -- "A: it's"
fails_in_one_line 129 "a quote is left open" "an open quote in a command is found"

run vmtool stat -o /no/such/dir/table -- sh -c 'echo ran >&2'
fails_in_one_line 125 "^vmtool stat: cannot write '/no/such/dir/table': No such file or directory$" \
	"output that cannot be written is told before the command runs"
run vmtool stat --source ptrace -o /dev/full -- true
exits 1 "a full disk behind the table is a failure"
err_has "^vmtool stat: cannot write '/dev/full': No space left on device$" "and is told"

for stream in 1 2; do
	{
		echo before >&$stream
		vmtool stat --source ptrace --csv -e getppid -o /dev/fd/$stream -- sh -c "echo command >&$stream"
		echo behind >&$stream
	} >log 2>&1
	is "before command behind" "$(grep -Ex 'before|command|behind' log | tr '\n' ' ' | sed 's/ $//')" \
		"what is stream $stream already is not written over"
	ok "and has the table" test "$(wc -l <log)" -gt 3
done
echo old >log
run vmtool stat --source ptrace --csv -e getppid -o log -- true
ok "a file is" eval '! grep -qx old log'

# A process that is gone: the number of one that has just ended.
sh -c 'exit 0' &
gone=$!
wait $gone
run vmtool stat -p $gone
fails_in_one_line 1 "^vmtool stat: process $gone: No such process$" "a process that is gone is named"

# As with Ctrl-C, which a shell has its background commands ignore.
vmtool stat --source ptrace -e pause --json -o "$scratch/result" -- "$load" block \
	2>"$err" &
pid=$!
# Until the command is in its call: it sleeps, as the program that it is.
# shellcheck disable=SC2317 # called through wait_for
in_its_call() {
	child=$(tr -d ' ' <"/proc/$1/task/$1/children")
	[ "$(readlink "/proc/$child/exe")" = "$(readlink -f "$load")" ] && grep -q ') S ' "/proc/$child/stat"
}
wait_for in_its_call $pid
kill -TERM $pid
wait $pid
status=$?
is 143 "$status" "a signal to vmtool ends the command"
is "1 1" "$(json "$scratch/result" '"$_->{syscalls}[0]{calls} $_->{syscalls}[0]{unfinished}"')" \
	"and what was counted is shown, with the call that did not return"

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$scratch" "$scratch/work" "$scratch/bin"
	mkdir -m 777 open
	# The tree may lie where only root can look.
	cp "$VMTOOL" "$load" open
	run setpriv --reuid 65534 --clear-groups --bounding-set -all --inh-caps=-all \
		open/vmtool stat --json -o open/result -- "open/${load##*/}" calls=10
	exits 0 "a user without privileges can count"
	err_has "source bpf is not to be had|source perf is not to be had" \
		"and is told why better sources were not taken"
	is ptrace "$(json open/result '$_->{source}')" "it is the last source that counts then"
	run setpriv --reuid 65534 --clear-groups open/vmtool stat -a --timeout 100
	exits 1 "the whole machine cannot be counted without privileges"
	err_has "there is no way to count here.*(CAP_BPF|root)" "and what would help is named"
	if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 1 ]; then
		run setpriv --reuid 65534 --clear-groups open/vmtool stat -e faults -- true
		fails_in_one_line 125 "count 'faults' \(needs root, CAP_PERFMON or kernel.perf_event_paranoid at 1 or" \
			"so it is of an event"
	else
		skip "machine: kernel.perf_event_paranoid below 2" "users who may not count events"
	fi
else
	skip "machine: not root" "users without privileges"
fi

if unshare -m mount -t tmpfs none /sys/devices/system/cpu 2>/dev/null; then
	run unshare -m sh -c 'mount -t tmpfs none /sys/devices/system/cpu; exec vmtool stat -e mmap -- true'
	ok "a library of ours has nothing to say by itself" sh -c '! grep -q "^libbpf" "$1"' sh "$err"
else
	skip "machine: no mount namespaces" "a library of ours has nothing to say by itself"
fi
run vmtool stat --per-process -r 2 -- true
fails_in_one_line 129 'are of one run, not of several' "groups of several runs"
run vmtool stat --per-thread --errno -- true
fails_in_one_line 129 'errors by kind .--errno. are of all together' "errors by kind in groups"

finish
