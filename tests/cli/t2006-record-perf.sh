#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What perf makes of files of vmtool record, plain and compressed: what vmtool report makes of them.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/record-lib.sh"

command -v perf >/dev/null || skip_all "missing: linux-perf"
if vmtool version --build-options | grep -q '^ *+ libzstd'; then
	forms='plain -z'
else
	forms=plain
fi

# record NAME OPTIONS...: of a few commands, in the form of this turn.
record() {
	name=$1
	shift
	[ "$form" = plain ] || set -- "$form" "$@"
	vmtool record -m 4M -q -o "$name" "$@" -- sh -c 'ls /usr >/dev/null; :' || echo failed >"$name"
}
# Programs that are still there as they were; see t2510 for stubs of calls to libraries.
own_samples() {
	awk '/^[^\t]/ { keep = $1 ~ /^(sh|dash|bash|ls)$/ } keep' | sed -E 's/ [^ ]*@plt\+0x/ @plt+0x/'
}
same() {
	ok "$1" sh -c 'cmp -s expected got || { diff expected got | head -n 20; false; }'
}
same_samples() {
	by_perf perf script --no-inline -i "$1"
	cp "$by_perf" perf.samples
	vmtool report --samples -i "$1" 2>/dev/null >our.samples
	of_any_perf perf.samples our.samples
	own_samples <perf.samples >expected
	own_samples <our.samples >got
	if [ "$(wc -l <expected)" -gt "$2" ]; then
		same "$form: perf script prints the same samples: $3"
	else
		is "more than $2 lines" "$(wc -l <expected)" "$form: perf script prints samples: $3"
	fi
}
# The numbers behind the colons of a summary. Not of bytes of objects freed: where one was allocated
# again without an event (in bulk), perf counts its next free, too. What perf does not count is no
# part of it, nor how many pages were freed again: blocks may be freed in parts, of which perf does
# not know.
summary() {
	sed -n '/^Total bytes freed/d; /^Total frees /d; /^Total \(alloc[+-]\|free-\)/d; /^\(Total\|Internal\|Cross\)/p' "$1" |
		sed 's/ *(uncertain.*//' | tr -s ' ' | sort
}
# "12.34% ls libc.so.6 [.] memcpy", in one order; two static functions of one name are two rows of
# perf's, which are left out.
rows() {
	grep '^ *[0-9.]*%' | awk '{ $1 = $1 } 1' | grep -v '@plt$\|bpf\|\[k\] 0x\|\[unknown\]' | LC_ALL=C sort
}
unless_twice() {
	awk 'FILENAME == "twice" { twice[$0] = 1; next } { key = $0; sub(/^[^ ]* /, "", key) } !(key in twice)' \
		twice -
}

for form in $forms; do
	record kmem.data --page --slab
	same_samples kmem.data 100 "pages with kernel chains, slab objects"
	for kind in page slab; do
		by_perf perf kmem --$kind -i kmem.data stat
		cp "$by_perf" perf.text
		vmtool report --$kind -i kmem.data >our.text 2>/dev/null
		summary perf.text >expected
		summary our.text >got
		same "$form: perf kmem --$kind stat has the same summary"
		ok "$form: with something in it" grep -q ': *[1-9]' expected
	done

	record calls.data -g -e 'raw_syscalls:*,page-faults'
	same_samples calls.data 300 "system calls and page faults, with kernel and user chains"
	# Without sched:sched_stat_runtime, which is an event for each nanosecond.
	record mixed.data -c 2 -e 'sched:sched_sw*,sched:sched_wak*,sched:sched_proc*' \
		-e minor-faults/call-graph=kernel/,task-clock
	same_samples mixed.data 50 "events of all kinds, each with its own period and chain"
	record tracepoints.data -e 'syscalls:sys_*_openat,syscalls:sys_*_mmap,task:*,signal:*,exceptions:*'
	same_samples tracepoints.data 50 "names of files, flags, lists"

	record profile.data -g -e cpu-clock -F 9999
	same_samples profile.data 30 "a profile"
	by_perf perf report -i profile.data --stdio --no-children -g none -w 9,15,80,200
	rows <"$by_perf" >all
	cut -d ' ' -f 2- all | LC_ALL=C sort | uniq -d >twice
	unless_twice <all >expected
	vmtool report -i profile.data 2>/dev/null | rows | unless_twice >got
	same "$form: perf report has the same rows"
	ok "$form: which are some" test -s expected
done

# In a pipe; what the command prints goes elsewhere.
vmtool record -m 4M -o - --page -g -- ls -d /usr 2>ended | cat >pipe.data
ok "a recording in a pipe is told of" grep -q 'events, .*; [0-9.]* [KM]*i*B sent; ' ended
ok "beside what the command printed" grep -q '^/usr$' ended
vmtool report -i - --json <pipe.data >pipe.json
vmtool report --recover pipe.file -i pipe.data >recovered
vmtool report -i pipe.file --json >file.json
ok "a pipe reads like the file that was made of it" cmp pipe.json file.json
ok "and as complete as it was when it was sent" \
	grep -q "\"complete\": $(grep -q ' complete' ended && echo true || echo false)" pipe.json
# More than a pipe holds: whoever is past it knows that the reader has begun.
perl -e '$SIG{INT} = "DEFAULT"; my $pid = open(my $to, "|-", @ARGV); my $data = do { local $/; <STDIN> };
	syswrite($to, substr($data, 0, 80000)); kill INT => $pid; syswrite($to, substr($data, 80000));
	close($to); exit($? != 0)' "$VMTOOL" report -i - --json <pipe.data >interrupted.json
ok "Ctrl-C, which ends the sender, leaves the reader" cmp pipe.json interrupted.json
by_perf sh -c 'perf script -F comm,tid,cpu,time,event,ip,sym -i - <pipe.data'
cp "$by_perf" got
by_perf perf script -F comm,tid,cpu,time,event,ip,sym -i pipe.file
cp "$by_perf" expected
same "perf script prints the same samples of both"
ok "which are some" test "$(wc -l <got)" -gt 30
head -c $(($(stat -c %s pipe.data) - 100)) pipe.data | vmtool report -i - >cut.out
ok "one that broke off says so" grep -q '^Recording: .*its end was cut off' cut.out

finish
