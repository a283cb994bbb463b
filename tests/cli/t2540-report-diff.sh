#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two recordings compared, and which command lines make no sense.
. "$(dirname "$0")/lib.sh"

run vmtool report a.data
fails_in_one_line 1 'cannot read a.data' "a recording may be named without -i"
run vmtool report a.data b.data
fails_in_one_line 129 'one recording at a time' "but one of them"
run vmtool report --diff a.data
fails_in_one_line 129 'takes two recordings' "--diff of one recording"
for with in --slab '--flamegraph x' '--timeline x' --folded --leaks --alloc '-i x'; do
	# shellcheck disable=SC2086 # an option and its value
	run vmtool report --diff a.data b.data $with
	fails_in_one_line 129 'does not go with --diff' "--diff with $with"
done
run vmtool report --flamegraph x --timeline y
fails_in_one_line 129 'one at a time' "two pictures at a time"
run vmtool report --flamegraph x --json
fails_in_one_line 129 'no other form goes with it' "a picture and a form that is printed"
for two in '--json --csv' '--csv --folded' '--json --call-graph' '--page --slab' '--profile --samples'; do
	# shellcheck disable=SC2086 # two options
	run vmtool report $two
	fails_in_one_line 129 "${two% *} and ${two#* }: one at a time" "$two"
done
run vmtool report --by comm --alloc
fails_in_one_line 129 '--by and --alloc: one at a time' "rows by two rules"
run vmtool report --csv -g --json
fails_in_one_line 129 'one at a time' "three forms"
printf '[report]\n\tjson = true\n' >config
VMTOOL_CONFIG=$PWD/config run vmtool report --csv
fails_in_one_line 1 'cannot read vmtool.data' "a form of the configuration gives way to one that was typed"

[ "$(id -u)" -eq 0 ] || {
	skip "machine: not root, nothing can be recorded" "two recordings compared"
	finish
}
if ! vmtool record -o a.data true >/dev/null 2>&1; then
	skip "machine: vmtool record does not work here" "two recordings compared"
	finish
fi
run vmtool record -q -a -e raw_syscalls:sys_enter -o calls.data true
run vmtool report -i calls.data
exits 0 "a recording of other tracepoints is shown, though none of its events is a profile"
out_has "event 'raw_syscalls:sys_enter'" "by its events"

escape=$(printf '\033')
cp /bin/true "a${escape}b"
vmtool record -q -o escape.data "./a${escape}b" 2>/dev/null
run vmtool report --samples -i escape.data
out_has '^ *a[?]b ' "a command's name does not reach the terminal as it is"
ok "nor does any escape" sh -c "! grep -q '$escape' '$out'"

vmtool record -q -e kmem:mm_page_alloc --filter 'order > 50' -o none.data true 2>/dev/null
vmtool record -o b.data dd if=/dev/zero of=file bs=64k count=32 >/dev/null 2>&1

run vmtool report --diff a.data a.data --csv
is 1 "$(wc -l <"$out")" "a recording does not differ from itself"
printf '[report]\n\tinput = no.data\n\tleaks\n\tlifetime\n\tpercent-limit = 3\n' >config
VMTOOL_CONFIG=$PWD/config run vmtool report --diff a.data a.data --csv
is 1 "$(wc -l <"$out")" "nor does it by what the configuration says of other reports"
run vmtool report --diff a.data b.data -l 1
out_has '^ \.\.\. [0-9]* more$' "rows that are not shown are told of"
run vmtool report --diff a.data b.data --json --by migtype,order
is true "$(json "$out" '$_->{rows}[0]{order} =~ /^[0-9]+$/ && $_->{rows}[0]{migratetype} ne "" ? "true" : "false"')" \
	"keys are called as in other reports"
is "$(vmtool report --diff a.data b.data --csv --by migtype,order | sed -n '2s/,.*//p')" \
	"$(json "$out" '$_->{rows}[0]{change_bytes}')" "CSV has the change, too"
is "$(vmtool report b.data --csv --by gfp | sed 's/.*,//' | sort)" \
	"$(vmtool report --diff none.data b.data --csv --by gfp | sed 's/.*,//' | sort)" \
	"flags too"
run vmtool report --diff a.data b.data --json --by comm
is "$(json "$out" '$_->{after}{bytes} - $_->{before}{bytes}')" \
	"$(json "$out" 'my $n = 0; $n += $_->{change_bytes} for @{$_->{rows}}; $n')" \
	"changes add up to the difference"
is true "$(json "$out" '(grep { $_->{comm} eq "dd" && !$_->{before_bytes} } @{$_->{rows}}) ? "true" : "false"')" \
	"a command of the second one alone is new there"

finish
