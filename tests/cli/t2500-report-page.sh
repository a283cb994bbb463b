#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reports of what perf recorded: the same totals as perf kmem, in all forms of a recording.
. "$(dirname "$0")/lib.sh"

run vmtool report -i none.data
fails_in_one_line 1 'vmtool report: cannot read none.data: open: No such file' "a file that is not there"

: >empty
run vmtool report -i empty
fails_in_one_line 1 'the file is empty' "an empty file"

echo 'this is some text, not a recording' >text
run vmtool report -i text
fails_in_one_line 1 'not a recording' "a file that is no recording"
head -c 20000 /dev/zero >text
run vmtool report -i text
fails_in_one_line 1 'ended before its header was written' "one that was killed before its header"

printf '2ELIFREP\0\0\0\0\0\0\0\150' >big
run vmtool report -i big
fails_in_one_line 1 'big-endian' "a recording of a big-endian machine is named as such"

command -v perf >/dev/null || {
	skip "missing: linux-perf" "totals of perf kmem"
	finish
}
[ "$(id -u)" -eq 0 ] || {
	skip "machine: not root, perf cannot record" "totals of perf kmem"
	finish
}
if ! by_perf perf kmem --page record --no-bpf-event -o page.data true; then
	skip "machine: perf kmem record does not work here" "totals of perf kmem"
	finish
fi

# Request counts and KB, of either program.
totals() {
	sed -n 's/^Total \(alloc.*\|free.*\) requests *: *\([0-9]*\) *\[ *\([0-9]*\) KB.*/\1 \2 \3/p'
}

same_totals() {
	if ! by_perf perf kmem -i "$1" --page stat; then
		skip "machine: perf kmem dies of $1" "$2"
		return
	fi
	totals <"$by_perf" >expected
	vmtool report -i "$1" >shown
	totals <shown >got
	# A block that was freed in parts is one whole free to perf, and strangers' frees.
	if grep -q '^Total frees of parts' shown; then
		sed -i '/^alloc[+-]\|^free-/d' expected got
	fi
	ok "$2" diff expected got
	ok "$2: there is something to compare" grep -q '^allocation [1-9]' got
}

same_totals page.data "a plain recording has the totals perf kmem shows"

if ! by_perf perf kmem --page record --no-bpf-event -z -o z.data true; then
	skip "machine: perf cannot compress" "a compressed recording"
elif vmtool version --build-options | grep -q '^ *+ libzstd'; then
	same_totals z.data "a compressed recording"
else
	run vmtool report -i z.data
	fails_in_one_line 1 'built without zstd' "a compressed recording without zstd"
fi

if by_perf perf record --no-bpf-event -q --threads=cpu -a -g -e kmem:mm_page_alloc,kmem:mm_page_free \
	-o threads.data true; then
	same_totals threads.data "a directory of perf record --threads"
else
	skip "machine: perf record --threads dies" "a directory of perf record --threads"
fi

if by_perf perf record --no-bpf-event -q -e kmem:mm_page_alloc,kmem:mm_page_free -o bare.data true; then
	run vmtool report --page -i bare.data
	exits 0 "a recording without call chains is reported"
	out_has '^Total allocation requests *: *[1-9]' "with its totals"
	head -c 2000 bare.data >bare-cut.data
	run vmtool report -i bare-cut.data
	err_has 'lacks the formats of its tracepoints, which perf writes last' \
		"of one that was cut short it is told why there are no pages"
else
	skip "machine: perf record dies" "a recording without call chains"
fi

if by_perf perf record --no-bpf-event -q -a -g -e kmem:mm_page_alloc,kmem:mm_page_free -o - true; then
	mv "$by_perf" pipe.data
	vmtool report -i - --json <pipe.data >pipe.json
	vmtool report -i pipe.data --json >file.json
	ok "a pipe reads like the file that was made of it" cmp pipe.json file.json
	is true "$(json pipe.json '$_->{summary}{allocation_requests}{requests} > 0 ? "true" : "false"')" \
		"a recording that perf wrote to a pipe"
else
	skip "machine: perf record dies" "a recording that perf wrote to a pipe"
fi

run vmtool report -i page.data -g
out_has '^# Share  *bytes ' "a call tree says what its numbers are"
out_has '^Recording: ' "and whether something is missing"

run vmtool report -i page.data -s ordre
fails_in_one_line 129 "unknown key 'ordre' of -s; did you mean 'order'" "a mistyped key"

run vmtool report -i page.data --json
is "$(json "$out" '$_->{summary}{allocation_requests}{bytes} - $_->{summary}{allocation_failures}{bytes}')" \
	"$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')" \
	"rows add up to the summary"
is true "$(json "$out" '$_->{summary}{bytes_with_callsite} >=
	0.995 * $_->{summary}{allocation_requests}{bytes} ? "true" : "false"')" \
	"at least 99.5% of the bytes have a call site outside the page allocator"
is true "$(json "$out" '$_->{summary}{bytes_with_owner} >=
	0.9 * $_->{summary}{allocation_requests}{bytes} ? "true" : "false"')" \
	"at least 90% have an owner"

run vmtool report -i page.data --live --json
is "$(json "$out" '$_ = $_->{summary}; $_->{alloc_only_requests}{bytes} -
	$_->{allocation_failures}{bytes} - $_->{unseen_free_requests}{bytes}')" \
	"$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')" \
	"what is live adds up to what was allocated only"

run vmtool report --csv -l 3 --by comm,order -i page.data
is "bytes,hits,comm,order" "$(head -n 1 "$out")" "columns are what rows are told apart by"
is 4 "$(wc -l <"$out")" "and -l limits the rows, wherever it stands"

# What is allocated with an order of 1 or more, summed up from all rows and chosen beforehand.
large() {
	sed -n 's/^\([0-9]*,[0-9]*\),\([1-9][0-9]*\)$/\1,\2/p' | LC_ALL=C sort
}
vmtool report -i page.data --csv --by order 2>/dev/null | large >expected
vmtool report -i page.data --csv --by order --filter 'order>=1' 2>/dev/null >rows
large <rows >got
ok "a filter chooses allocations by their fields" cmp expected got
ok "and no others" sh -c '[ "$(wc -l <rows)" -eq $(($(wc -l <got) + 1)) ]'
run vmtool report -i page.data --filter 'ordre>=1'
fails_in_one_line 129 "no event of the recording has a field 'ordre'; did you mean 'order'" \
	"a field that no event has"

owner=$(vmtool report -i page.data --csv --by owner -l 1 2>/dev/null | sed -n '2s/^[0-9]*,[0-9]*,//p' | tr -d '"')
run vmtool report -i page.data --symbol "$owner" --json --by owner
ok "rows have an owner" test -n "$owner"
is "$owner" "$(json "$out" 'join "|", map { $_->{owner} } @{$_->{rows}}')" \
	"--symbol chooses allocations by call site or owner"

run vmtool report -i page.data -l 1
is 1 "$(grep -c '^# [0-9a-f]* *: ' "$out")" "the legend has the flags of the rows shown, and no others"
run vmtool report -i page.data --time 0,0 --json
is 0 "$(json "$out" '$_->{summary}{allocation_requests}{requests}')" "no sample is from the clock's first moment"
run vmtool report -i page.data --percent-limit many
fails_in_one_line 129 "'many' is no percentage" "a percentage that is none"
for two in '--lifetime --csv' '--timeline x.svg --by comm' '--folded --lifetime' '--timeline x.svg --live' \
	'--html x.html --lifetime' '--folded -l 3' '--flamegraph x.svg -s hit' '--call-graph --alloc' \
	'--folded --percent-limit 3' '--samples --weight hits --folded' '--samples --skip x'; do
	# shellcheck disable=SC2086 # words
	run vmtool report -i page.data $two
	fails_in_one_line 129 'does not go with' "$two: no word is passed over"
done
run vmtool report -i page.data --weight hits
fails_in_one_line 129 '--weight is of call stacks' "a weight of nothing"
is 3 "$(vmtool report -i page.data --samples -l 3 | grep -c kmem:)" "-l limits samples too"
is "bytes,hits,comm,old_live_bytes,growing_quarters" \
	"$(vmtool report -i page.data --leaks --csv --by comm | head -n 1)" "leaks have their columns in CSV"
run vmtool report -i page.data --samples --leaks
fails_in_one_line 129 "--leaks does not go with the list of samples" "an option of another view"

# On a terminal, which script(1) makes.
terminal() {
	script -qefc "$*" /dev/null </dev/null >screen 2>/dev/null
}
report_page="vmtool report -i $PWD/page.data"
VMTOOL_PAGER="sed s/^/paged:/" terminal "$report_page"
ok "a pager shows what goes to a terminal" grep -q '^paged:SUMMARY' screen
VMTOOL_PAGER="sed s/^/paged:/" terminal "$report_page --no-pager"
ok "but not with --no-pager" grep -q '^SUMMARY' screen
PAGER="sed s/^/paged:/" VMTOOL_PAGER='' terminal "$report_page"
ok "nor when its name is empty" grep -q '^SUMMARY' screen
VMTOOL_PAGER="sed s/^/paged:/" terminal "$report_page --json"
ok "nor for JSON" grep -q '^{' screen
VMTOOL_PAGER="head -n 1" terminal "$report_page --alloc"
is 0 "$?" "who has seen enough ends it without an error"

finish
