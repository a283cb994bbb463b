#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat shows what was counted in several forms, over time, and for several runs and commands.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

find_sources
# One that sees everything about calls.
case $sources in
bpf*) best=bpf ;;
*) best=ptrace ;;
esac

show() {
	run vmtool stat --source "$best" "$@"
}

# shape: for what is the same whoever counted. ptrace needs no time to begin.
shape() {
	run vmtool stat --source ptrace "$@"
}

count() {
	show --json -o "$scratch/result" "$@"
}

show -- "$load" calls=123 errors=4
exits 0 "a table is shown"
out_is "" "and not on standard output"
err_has "^vmtool stat: .*syscall-load calls=123 errors=4 \(source $best\)$" \
	"headed by the command and the source"
err_has "^getppid +123 +0 +0 +- +[0-9.]+ [mun]s +" "with a row for each call"
err_has "^exit_group +1 +0 +1 +- +- +- +- +- +-$" "- for what there is not"
err_has "^total +[0-9]+ +[0-9]+ +1 " "and a total"
err_has "^  address space +[0-9.]+ [KM]iB grown, [0-9.]+ [KM]iB shrunk$" "with memory"
err_has "^  faults +[0-9]+ minor, [0-9]+ major; peak RSS [0-9.]+ [KM]iB$" "with faults"
err_has "^[0-9.]+ user  [0-9.]+ system  [0-9.]+ elapsed  [0-9.]+% CPU" "and resources"
is "" "$(grep -v '^vmtool stat: the command runs' "$err" | awk 'length > 120')" "in lines a terminal can show"

shape -e getppid -- sh -c 'true; exit 0'
err_has "^vmtool stat: sh -c 'true; exit 0' \(source ptrace\)$" "its words can be given to a shell again"

show --errno -s errors -e close,openat,getppid -- "$load" calls=9 errors=4
err_has "^    EBADF +4$" "errors are shown by kind"
is "close openat getppid" "$(awk '$1 ~ /^(close|openat|getppid)$/ { printf "%s%s", n++ ? " " : "", $1 }' "$err")" \
	"and rows sorted as asked for"
shape -s name -e close,openat,getppid -- "$load" calls=9 errors=4
is "close getppid openat" "$(awk '$1 ~ /^(close|openat|getppid)$/ { printf "%s%s", n++ ? " " : "", $1 }' "$err")" \
	"by name as well"
show --histogram -e getppid -- "$load" calls=100
err_has "^ +[0-9.]+ [un]s \.\. [0-9.]+ [un]s +[0-9]+ \|#+$" "a histogram has bars"

count --errno --histogram -e close -- "$load" errors=7
is "7" "$(value '$_->{syscalls}[0]{errnos}{EBADF}')" "JSON has the errors by kind"
is "$(calls close)" "$(value 'do { my $n = 0; $n += $_->[1] for @{$_->{syscalls}[0]{histogram}}; $n }')" \
	"and the whole histogram"

shape --csv -e getppid -o table -- "$load" calls=5
is "kind,name,calls,errors,unfinished,bytes,total_ns,avg_ns,p50_ns,p99_ns,max_ns" \
	"$(head -n 1 table)" "CSV has a header"
ok "and a row" grep -Eq '^syscall,getppid,5,0,0,,[0-9]+,[0-9]+,[0-9]+,[0-9]+,[0-9]+$' table
shape -x ';' -e getppid -o table -- "$load" calls=5
ok "or another separator" grep -q '^syscall;getppid;5;' table
ok "the memory that JSON tells of is there" grep -q '^memory;mappings_peak;' table
shape --csv --errno --histogram -e close -o table -- "$load" errors=7
ok "and errors by kind" grep -q '^errno,close:EBADF,7$' table
is "$(sed -n 's/^syscall,close,\([0-9]*\),.*/\1/p' table)" \
	"$(awk -F , '$1 == "histogram" && $2 ~ /^close:[0-9]+$/ { n += $3 } END { print n }' table)" \
	"and histograms"

# between LEAST MOST GOT SENTENCE: within 7% of that.
between() {
	if perl -e 'exit !($ARGV[0] * 0.93 <= $ARGV[2] && $ARGV[2] <= $ARGV[1] * 1.07)' "$1" "$2" "$3"; then
		pass "$4"
	else
		echo "expected $1 to $2, with 7% more or less, got $3" >"$why"
		fail "$4"
	fi
}
# No call is shorter than it was to be, nor longer than the program found, which on a busy machine
# may be put aside between a call and its clock.
count -e nanosleep -- "$load" sleeps=90
read -r _ p50 _ p99 <"$out"
between 1000000 "$p50" "$(value '$_->{syscalls}[0]{p50_ns}')" "the median is within 7%"
between 10000000 "$p99" "$(value '$_->{syscalls}[0]{p99_ns}')" "so is the 99th percentile"

# It ends when two intervals have.
cat >work <<'END'
"$2" calls=100
for _ in $(seq 2000); do
	[ "$(wc -l <"$1")" -lt 2 ] || break
	sleep 0.05
done
exec "$2" calls=100
END
count -I 50 -e getppid,nanosleep -- sh work "$scratch/result" "$load"
lines=$(wc -l <"$scratch/result")
ok "the time of each counts from the start of the command" perl -ne '
	/"time_ns": (\d+).*"elapsed_ns": (\d+)/ or die; exit($1 > $2 + 1e6)' "$scratch/result"
ok "intervals are shown as they end" test "$lines" -ge 3
is "$(calls getppid)" "$(head -n -1 "$scratch/result" | sed 's/.*"name": "getppid", *"calls": \([0-9]*\).*/\1/;t;d' |
	awk '{ sum += $1 } END { print sum }')" "and add up to the total"
show -I 50 -e nanosleep -- "$load" sleeps=90
err_has "^[0-9]+\.[0-9]+ s$" "the table has the time of each"
sed -n 's/^  pages  *\([0-9]*\) allocated.*/\1/p' "$err" >pages
is "$(tail -n 1 pages)" "$(head -n -1 pages | awk '{ sum += $1 } END { print sum }')" "and its pages"

shape -r 3 -e getppid -- "$load" calls=50
err_has "mean of 3 runs" "runs can be repeated"
err_has "^getppid +50\.0 +0\.0% " "with mean and deviation"
err_has "^getppid( +[0-9.]+ [num]*s +[0-9.]+%| +[0-9.]+ +[0-9.]+%){2} +[0-9.]+ [num]*s( +[0-9.]+ [num]*s +[0-9.]+%){2} " \
	"of the median and the 99th percentile of each run as well"
err_has '^  peak RSS +[0-9.]+ [KM]iB +[0-9.]+%$' "and of memory"
err_has '^  minor faults +[0-9.]+ +[0-9.]+%$' "and of faults"
shape -r 3 --json -e getppid -o table -- "$load" calls=50
is 3 "$(wc -l <table)" "JSON has each of them"

# Once more with more time where the first of them did not come before the delay was over, or the
# second before counting began.
for times in '200 0.3' '2000 4' '20000 40'; do
	began=$(date +%s%3N)
	count -D "${times% *}" -e getppid -- sh -c "$load calls=10; date +%s%3N >early; sleep ${times#* }
		$load calls=20"
	[ $(($(cat early) - began)) -ge "${times% *}" ] || [ "$(calls getppid)" -lt 20 ] || break
done
is 20 "$(calls getppid)" "counting can begin later"
# Once more with more time where the command did not get to its call.
for limit in 200 2000 20000; do
	count --timeout $limit -e pause -- "$load" block
	[ "$(value 'scalar @{$_->{syscalls}}')" -eq 0 ] || break
done
exits 143 "a time limit ends the command"
is 1 "$(value '$_->{syscalls}[0]{unfinished}')" "with its last call unfinished"

# Lengths in whole pages: 3 + 4 anonymous and stack, 2 of a file, 5 moved to; and the break.
count -e memory,read -- "$load" memory=10
base=$(value '$_->{memory}{mappings}{anonymous}{made}')
count -e memory,read -- "$load" memory=30
is "$((base + 20))" "$(value '$_->{memory}{mappings}{anonymous}{made}')" "anonymous mappings"
is 30 "$(value '$_->{memory}{mappings}{stack}{made}')" "and stacks are counted"
is $((30 * 4 * 4096)) "$(value '$_->{memory}{mappings}{stack}{bytes}')" "with their lengths"

count -e read -- "$load" memory=3
is "null null" "$(value '$_->{memory}{grown_bytes}') $(value '$_->{memory}{mappings}{file}{made}')" \
	"what calls do that are not counted is not 0"

if [ "$best" = bpf ]; then
	count -e order=0 -- "$load" touch=3000
	ok "pages of an order can be counted alone" \
		test "$(value '$_->{memory}{allocations_by_order}[0]')" -ge 3000
	is "null 0" "$(value '$_->{memory}{allocations_by_order}[1]') $(value 'scalar @{$_->{syscalls}}')" \
		"and nothing else then"
	count -e order=2-3 -- "$load" touch=100 vectors=50
	ok "or some orders" test "$(value '$_->{memory}{pages_allocated}')" -ge 200
	is null "$(value '$_->{memory}{allocations_by_order}[0]')" "and no others"
	show -e order=1-3 -- "$load" vectors=50
	err_has "^  by order +(1: [0-9]+/[0-9]+, )?2: [0-9]+/[0-9]+.* allocated/freed$" \
		"which the table shows"
	is "" "$(grep -E '^syscall|  by order .*0:' "$err")" "without what was not asked for"
	run vmtool stat --source perf -e order=2 -- true
	exits 125 "a source that sees no pages counts none"
else
	skip "machine: not root, or no BPF" "pages by order"
fi

if [ "$(id -u)" -ne 0 ]; then
	skip "machine: not root" "tracepoints beside the calls"
else
	count -e getppid,page-faults,syscalls:sys_enter_getppid -- "$load" calls=77 touch=500
	is 77 "$(value '$_->{events}{"syscalls:sys_enter_getppid"}')" "tracepoints are counted too"
	ok "and software events" test "$(value '$_->{events}{"page-faults"}')" -ge 500
fi

shape --compare -e getppid,close -- "one: $load calls=100 errors=20" \
	"two: $load calls=300 errors=20"
exits 0 "commands can be compared"
err_has "^ +close +getppid +\= sum +user +sys +\= total +elapsed" "a column for each call"
err_has "^one +[0-9]+ +100 +[0-9]+ .* 1\.00x +" "a row for each command"
err_has "^two +[0-9]+ +300 +[0-9]+ .* [0-9]+\.[0-9][0-9]x +" "with its ratio to the first"
err_has "^ +grown +shrunk +allocated +freed +minor +major +peak RSS$" "below it what memory did"
err_has "^two +([0-9.]+ [KMGi]*B|-) .* [1-9][0-9]* +[0-9]+ +[0-9.]+ [KMG]iB$" "also a row for each"
shape --compare -r 2 --json -e getppid -o table -- "a: $load calls=10" "b: $load calls=20"
is "10 20" "$(json table '"$_->[0]{runs}[1]{sum} $_->[1]{runs}[1]{sum}"')" "in JSON too"
shape --compare -- "$load calls=1" "sh: cat /dev/null | cat"
err_has "^ +read +mmap +munmap +\= sum" "mmap, munmap and read are the default"
shape --compare -- "a: no-such-command"
exits 127 "one that cannot be run ends it"
err_has "^vmtool stat: a: cannot run 'no-such-command'" "and is named"

finish
