#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run counts what really happened, and tests/tally adds it up.
. "$(dirname "$0")/lib.sh"

unset TEST_RUNNER AGAIN
RESULTS=$PWD/results
export RESULTS

# tap NAME LINE...: a test program that prints these lines.
tap() {
	name=$1
	shift
	{
		echo '#!/bin/sh'
		printf "echo '%s'\n" "$@"
	} >"./$name"
	chmod +x "./$name"
}

# counts NAME TEST...: "passed failed skipped" of one run outside CI, in which each test has $limit
# seconds.
limit=200
counts() {
	name=$1
	shift
	run env CI= "$SRC_DIR/tests/run" "$name" "$limit" 2 "$@"
	cut -d' ' -f2-4 "results/$name"
}

tap good 'ok 1 - it works' 'ok 2 - it really does' '1..2'
is "2 0 0" "$(counts good ./good)" "what passes is counted"

tap bad 'ok 1' 'not ok 2 - it breaks' '1..2'
is "1 1 0" "$(counts bad ./bad)" "so is what fails"
run "$SRC_DIR/tests/run" bad 200 2 ./bad
exits 1 "and the runner fails with it"

tap dead 'ok 1'
echo 'kill -9 $$' >>dead
is "1 1 0" "$(counts dead ./dead)" "a program that dies is a failure though all it said was ok"

tap early 'ok 1' '1..2'
is "1 1 0" "$(counts early ./early)" "one that stops before its plan is a failure"

tap exit-code 'ok 1' '1..1'
echo 'exit 99' >>exit-code
is "1 1 0" "$(counts exit-code ./exit-code)" "one that ends with a sanitizer's exit code is a failure"

# Once more with more time where it was ended before it had said that.
tap hangs 'ok 1'
echo ': >said; exec sleep 1000' >>hangs
for limit in 1 20; do
	rm -f said
	hung=$(counts hangs ./hangs)
	[ ! -e said ] || break
done
is "1 1 0" "$hung" "one that hangs is ended and is a failure"
limit=200

tap skips 'ok 1 - a # SKIP missing: qemu' 'ok 2 - b # SKIP machine: no KVM' 'ok 3 - c' '1..3'
tap skips-all '1..0 # SKIP machine: no KVM'
is "1 0 3" "$(counts skips ./skips ./skips-all)" "skips are told from passes"
run env CI= "$SRC_DIR/tests/run" skips 200 2 ./skips ./skips-all
is "  ./skips-all: machine: no KVM
  ./skips: machine: no KVM (b)
  ./skips: missing: qemu (a)" "$(sed '1,/^Skipped:/d' "$out" | sort)" "and each is listed with its reason"

run env CI=true "$SRC_DIR/tests/run" skips-in-ci 200 2 ./skips ./skips-all
exits 1 "in CI a skip fails the run"
is "1 1 2" "$(cut -d' ' -f2-4 results/skips-in-ci)" "unless the machine is the reason"
out_has '^  \./skips: missing: qemu [(]a[)]$' "and the reason is named"

run "$SRC_DIR/tests/run" empty 2 2
exits 1 "a run without tests is no success"

rm -r results
counts good ./good >/dev/null
run "$SRC_DIR/tests/tally" results
exits 0 "the sum of successes is a success"
is "2 passed, 0 failed" "$(tail -n 1 "$out")" "whose last line counts"

counts skips ./skips >/dev/null
run "$SRC_DIR/tests/tally" results
is "3 passed, 0 failed, 2 skipped" "$(tail -n 1 "$out")" "skips are named when there are any"

counts bad ./bad >/dev/null
run "$SRC_DIR/tests/tally" results
is "1 4 passed, 1 failed, 2 skipped" "$status $(tail -n 1 "$out")" "one failure fails the sum"

tap tells 'not ok 1 - it breaks' '# expected: 1' '# got:      2' 'ok 2 - it works' '# at last' '1..2'
counts bad ./tells >/dev/null
out_has '^  # got:      2$' "what a test says of its failure is shown"
ok "but not what it says of success" test "$(grep -c 'at last' "$out")" -eq 0
run "$SRC_DIR/tests/tally" results
out_has '^  # got:      2$' "and once more with the sum"
counts bad ./good >/dev/null
run "$SRC_DIR/tests/tally" results
ok "until it works" test "$(grep -c 'got:' "$out")" -eq 0

# once NAME: a test whose statement fails the first time only.
once() {
	tap "$1" 'ok 1 - it begins'
	cat >>"$1" <<-END
		if [ -e $1-ran ]; then echo 'ok 2 - it goes on'; else echo 'not ok 2 - it goes on'; echo '# once only'; fi
		: >$1-ran
		echo '1..2'
	END
}
once first
once second
is "6 0 0" "$(AGAIN=2 counts bad ./first ./good ./second)" "what fails runs once more, if that is asked for"
out_has '^Once more, by themselves: \./first \./second$' "and this is said"
run "$SRC_DIR/tests/tally" results
out_has 'bad .*with what failed first and not again: \./first \./second$' "and once more with the sum"
out_has '^  # once only$' "with what was wrong"
rm -f ./*-ran
is "4 2 0" "$(AGAIN=1 counts bad ./first ./good ./second)" "not if too much fails"
rm -f ./*-ran
is "4 2 0" "$(AGAIN=2 counts bad ./first ./good ./bad)" "nor does it count if something fails again"
ok "all of which is shown then" test "$(grep -c 'it breaks\|it goes on' results/.failed-bad)" -eq 3
tap silent 'ok 1'
printf '[ -e silent-ran ] || { : >silent-ran; exit 99; }; echo 1..1\n' >>silent
is "1 0 0" "$(AGAIN=1 counts bad ./silent)" "a program that dies once holds when it runs again"

rm results/bad
echo never >results/expected
run "$SRC_DIR/tests/tally" results
is "1 3 passed, 1 failed, 2 skipped" "$status $(tail -n 1 "$out")" "a part that never ran is a failure"

rm -r results
mkdir results
run "$SRC_DIR/tests/tally" results
is "1 0 passed, 1 failed" "$status $(tail -n 1 "$out")" "no test at all is a failure"

finish
