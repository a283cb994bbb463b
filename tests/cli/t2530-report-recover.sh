#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A recording that was cut short: what is there is reported, and written again for others.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "machine: not root, nothing can be recorded"
# Of the loop alone: what else runs would fill the part that is left.
vmtool record -e kmem:mm_page_alloc/call-graph=kernel/ -e kmem:mm_page_free -o whole.data \
	"$TOOL_DIR/page-loop" 100 1 >/dev/null 2>said ||
	skip_all "machine: vmtool record does not work here"

# A busy machine may keep an event back, which the recording then knows.
if grep -q ', complete;' said; then
	line='^Recording: complete \([1-9][0-9]* counts' complete=true
else
	line='^Recording: [1-9][0-9]* missing' complete=false
fi
run vmtool report -i whole.data
out_has "$line" "a whole recording of ours proves whether it is complete"
run vmtool report -i whole.data --json
is $complete "$(json "$out" '$_->{complete}')" "in JSON too"

# Formats and symbols take less than a quarter of it, the rest is records of 3200 samples.
size=$(stat -c %s whole.data)
head -c $((size * 3 / 4)) whole.data >cut.data
run vmtool report -i cut.data
exits 0 "a cut recording is reported"
out_has '^Recording: .*bytes of it were cut off' "and says so"
for form in --csv --folded --samples '--flamegraph cut.svg' '--timeline cut.svg'; do
	# shellcheck disable=SC2086 # an option and its value
	run vmtool report -i cut.data $form
	err_has '^vmtool report: the recording is not complete: .*bytes of it were cut off' \
		"$form has no place for it: a remark says it"
done
ok "and the picture" grep -q '>Page allocations over time (.*bytes of it were cut off)' cut.svg
run vmtool report --diff whole.data cut.data --csv
err_has '^vmtool report: cut.data is not complete: .*bytes of it were cut off' "of two recordings it names the one"
run vmtool report -i cut.data --json
is false "$(json "$out" '$_->{complete}')" "in JSON too"
requests=$(json "$out" '$_->{summary}{allocation_requests}{requests}')

run vmtool report -i cut.data --recover again.data
exits 0 "it is recovered"
run vmtool report -i cut.data --recover again.data
fails_in_one_line 1 'create again.data: File exists' "but not over another file"
for option in --comm=page-loop --html=page.html --json --slab --live --lines=3 --by=comm --skip=x; do
	run vmtool report -i cut.data --recover part.data "$option"
	fails_in_one_line 129 'does not go with --recover' "$option is not passed over"
done
run vmtool report -i again.data --json
is "$requests" "$(json "$out" '$_->{summary}{allocation_requests}{requests}')" \
	"what was recovered has all that could be read"

if ! command -v perf >/dev/null; then
	skip "missing: linux-perf" "perf kmem reads it"
else
	by_perf perf kmem -i again.data --page stat
	is "$requests" "$(sed -n 's/^Total allocation requests *: *\([0-9]*\).*/\1/p' "$by_perf")" \
		"perf kmem reads it"
	# What else ran may have run code of BPF, which comes and goes.
	of_the_loop() {
		awk '/^[^\t]/ { keep = $1 == "page-loop" } keep'
	}
	vmtool report --samples -i cut.data 2>/dev/null | of_the_loop >expected
	by_perf perf script -i again.data
	of_the_loop <"$by_perf" >got
	of_any_perf got expected
	ok "there are samples to compare" grep -q mm_page_alloc expected
	ok "and perf script prints the same samples" cmp expected got
fi

# Records are not whole in the middle, but the file has its end, with its proof.
data_at=$(od -An -t u8 -j 40 -N 8 whole.data | tr -d ' ')
data_size=$(od -An -t u8 -j 48 -N 8 whole.data | tr -d ' ')
cp whole.data broken.data
dd if=/dev/zero of=broken.data bs=1 seek=$((data_at + data_size / 2)) count=4096 conv=notrunc \
	status=none
run vmtool report -i broken.data --recover mended.data
exits 0 "a recording with a hole is recovered"
ok "something of it is missing" grep -q 'bytes could not be read' "$out"
run vmtool report -i mended.data
unproven='^Recording: whether it is complete is not known'
$complete || unproven="$unproven|^Recording: .*missing"
out_has "$unproven" "the copy has no proof of what it lacks"
run vmtool report -i whole.data --recover copy.data
run vmtool report -i copy.data
out_has "$line" "the copy of a whole one has"

# A proof whose count is less than its samples, from whatever kernel.
perl -0777 -pe 's/[1-9](\d* \d+ \d+ \d+ )exact kmem/0${1}differs em/; s/[1-9](\d* \d+ \d+ \d+ differs )/0$1/' \
	whole.data >odd.data
run vmtool report -i odd.data
out_has '^Recording: (whether it is complete is not known|at least)' \
	"a count below its samples proves nothing"
ok "and is no huge loss" sh -c "! grep -Eq '^Recording:.*[0-9]{19}' '$out'"

finish
