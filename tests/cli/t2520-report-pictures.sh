#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Stacks as text and as pictures.
. "$(dirname "$0")/lib.sh"

command -v perf >/dev/null || skip_all "missing: linux-perf"
[ "$(id -u)" -eq 0 ] || skip_all "machine: not root, perf cannot record"
by_perf perf kmem --page record --no-bpf-event -o page.data true ||
	skip_all "machine: perf kmem record does not work here"

vmtool report -i page.data --json >page.json
bytes=$(json page.json '$_->{summary}{allocation_requests}{bytes} - $_->{summary}{allocation_failures}{bytes}')
hits=$(json page.json '$_->{summary}{allocation_requests}{requests} - $_->{summary}{allocation_failures}{requests}')

run vmtool report -i page.data --folded
is "$bytes" "$(awk '{ n += $NF } END { print n }' "$out")" "folded stacks add up to the bytes"
out_has '^[^;]+;.*[a-z].* [0-9]+$' "a stack begins with the command"
run vmtool report -i page.data --folded --weight hits
is "$hits" "$(awk '{ n += $NF } END { print n }' "$out")" "or to the requests"

run vmtool report -i page.data --flamegraph flame.svg
exits 0 "a flame graph"
is "$bytes" "$(sed -n 's/.*data-total="\([0-9]*\)".*/\1/p' flame.svg)" "weighs as much"
run vmtool report -i page.data --timeline time.svg
exits 0 "a timeline"
ok "both are whole" perl -0777 -ne 'exit 1 unless /\A<\?xml/ && /<\/svg>\n\z/' flame.svg time.svg

cp flame.svg kept.svg
run vmtool report -i page.data --pid 999999999 --flamegraph flame.svg
exits 1 "a flame graph of nothing"
ok "says so" grep -q 'flame.svg: there is nothing to draw' "$err"
ok "leaves the picture that was there" cmp flame.svg kept.svg

run vmtool report -i page.data --flamegraph /nowhere/flame.svg
# Other lines may warn of programs that have gone since.
exits 1 "a picture that cannot be written"
ok "is told" grep -q 'open /nowhere/flame.svg: No such file' "$err"

if ! command -v chromium >/dev/null; then
	skip "missing: chromium" "the picture's script searches and zooms"
else
	# A function that is there, but not everywhere.
	name=$(vmtool report -i page.data --folded | tr ';' '\n' | grep -E '^[a-z_]{8,}$' |
		LC_ALL=C sort | uniq -c | sort -n | awk 'NR == 1 { print $2 }')
	timeout 250 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$PWD/browser" \
		--dump-dom "file://$PWD/flame.svg#search=$name&zoom=$name" >dom 2>/dev/null
	ok "zoom shows in the document" grep -q "id=\"zoomed\"[^>]*>in $name<" dom
	ok "search shows in the document" grep -Eq "id=\"matched\"[^>]*>$name: [0-9.]+%<" dom
	ok "what was found is marked" grep -q 'class="hit"' dom
fi

finish
