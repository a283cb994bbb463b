#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat shows several runs and several commands side by side with all that was counted of
# them.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

find_sources
case $sources in
bpf*) best=bpf ;;
*) best=ptrace ;;
esac

compare() {
	run vmtool stat --source "$best" --compare "$@"
}

# field NAME: of the first row of a table in CSV, by the name of its column.
field() {
	awk -F , -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
		NR == 2 && at { print $at }' table
}

# Every call there is has a place in the sum, whatever number it has and whichever way it comes in.
compare -e '*' --csv -o table -- "A: $load calls=10 ia32=7 forks=1x3"
is "$(field sum)" "$(awk -F , 'NR == 1 { while ($(end + 1) != "sum") end++ }
	NR == 2 { for (i = 2; i <= end; i++) sum += $i; print sum }' table)" \
	"the sum of a comparison is that of all its columns"
compare -e '*' --json -o "$scratch/result" -- "A: $load calls=10 ia32=7 forks=1x3"
is "$(json "$scratch/result" '$_->[0]{runs}[0]{sum}')" \
	"$(json "$scratch/result" 'do { my $n = 0; $n += $_->{calls} for @{$_->[0]{runs}[0]{syscalls}}; $n }')" \
	"and in JSON of all calls"
is "10 4" "$(field getppid) $(field exit_group)" "calls with high numbers have a column"
is 7 "$(field ia32:getppid)" "calls by int 0x80 have one"
is "" "$(field mlock)" "calls that nobody made have none, where many were asked for"
compare -e mlock,getppid --csv -o table -- "A: $load calls=10"
is "0 10" "$(field mlock) $(field getppid)" "but have, where they were asked for by name"
compare -e 'ia32:getp*d,getppid' --csv -o table -- "A: $load calls=10 ia32=7"
is "17 7" "$(field sum) $(field ia32:getppid)" \
	"calls of one entry are asked for by their names"
compare -e mmap,munmap,mremap,brk --csv -o table -- "A: $load touch=300"
ok "memory has columns too: page faults" test "$(field minor_faults)" -ge 300
ok "the peak RSS in bytes" test "$(field peak_rss_bytes)" -ge $((300 * 4096))
ok "and address space" test "$(field grown_bytes)" -ge $((300 * 4096)) -a "$(field shrunk_bytes)" -ge 0
compare -e read --csv -o table -- "A: $load"
is "" "$(field grown_bytes)" "which is empty where its calls were not counted"
compare -e process_vm_readv,getppid -- "A: $load calls=10" "$(printf 'l\033[1m\303\244: %s' "$load")"
is "$(awk '/= sum/ { print index($0, "= sum") + 4 }' "$err")" \
	"$(awk '/^A / { match($0, / 10 +0 +10 /); print RSTART + RLENGTH - 2; exit }' "$err")" \
	"long names have wide columns"
err_has "^l\?\[1mä      +0 " "labels are harmless to a terminal"
compare --csv -o table -- "a,\"b: $load"
ok "and quoted in CSV" grep -q '^"a,""b",[0-9]' table

if [ "$(id -u)" -ne 0 ]; then
	skip "machine: not root" "tracepoints of several runs"
else
	events=page-faults,syscalls:sys_enter_getppid
	compare -e "getppid,$events" -- "A: $load calls=20 touch=300" "B: $load calls=30"
	err_has "^ +getppid +\= sum +page-faults +syscalls:sys_enter_getppid +user " \
		"events have columns of their own"
	err_has "^A +20 +20 +[0-9]{3,} +20 " "beside the calls"
	run vmtool stat --source "$best" -r 3 -e "getppid,$events" -- "$load" calls=20
	err_has "^  syscalls:sys_enter_getppid +20\.0 +0\.0%$" "so have they in repeated runs"
	run vmtool stat --source "$best" -r 2 -e "$events" -- "$load" calls=20
	is 0 "$(grep -c '^total\|^syscall ' "$err")" "without a table of calls when none were asked for"
fi

case $best in
bpf)
	run vmtool stat --csv --per-process -o table -e getppid -- "$load" calls=5
	is 5 "$(field calls)" "CSV of groups has a column of theirs"
	is "${load##*/}" "$(field group_name)" "and one of their names"
	is "" "$(awk -F , '$1 == "memory" && $2 $3 != ""' table)" "also in rows that are of all groups"
	ok "which are then aligned" grep -Eq '^memory,,,pages_allocated,[0-9]+$' table
	;;
*) skip "machine: not root, or no BPF" "groups in CSV" ;;
esac

finish
