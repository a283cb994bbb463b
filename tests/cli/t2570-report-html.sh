#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A report as one HTML page.
. "$(dirname "$0")/lib.sh"

run vmtool report --html x --flamegraph y
fails_in_one_line 129 'one at a time' "a page and a picture at a time"
run vmtool report --html x --csv
fails_in_one_line 129 'no other form goes with it' "a page and a form that is printed"

[ "$(id -u)" -eq 0 ] || skip_all "machine: not root, nothing can be recorded"
# A task that has chosen its name.
# shellcheck disable=SC2016 # variables of perl
if ! vmtool record -q --page --slab -g -o page.data \
	perl -e '$0 = "</script><u>\xe2\x80\xa8"; my $x = "x" x 4e6' 2>/dev/null; then
	skip "machine: vmtool record does not work here" "a page"
	finish
fi

run vmtool report -i page.data --html page.html
exits 0 "a page is written"
is "" "$(cat "$out")" "and nothing printed"
ok "it loads nothing" sh -c '! grep -Eqi "(src|href) *= *.?[a-z]+:|url\(|@import" page.html'
ok "its policy would not let it" grep -q "default-src 'none'" page.html
is 2 "$(grep -c '</script>' page.html)" "no name ends a script"
ok "names are text" grep -q '&lt;/script&gt;&lt;u&gt;' page.html
ok "its command line can be run again" grep -Fq "perl -e '\$0 = " page.html
ok "it says whether anything is missing" grep -Eq 'class="state (good|bad|unsure)">Recording: ' page.html
ok "pages and slab objects have their tables" \
	sh -c 'grep -q "id=\"page-rows\"" page.html && grep -q "id=\"slab-rows\"" page.html'
run vmtool report -i page.data --slab --html slab.html
ok "one view alone can be chosen" sh -c '! grep -q "id=\"page-rows\"" slab.html'
run vmtool report -i page.data --html some.html --symbol do_anonymous_page --comm "not 'here'"
ok "what was chosen is said" grep -q \
	"<p class=\"note\">--comm 'not '.*here.*' --symbol do_anonymous_page: only what these choose" some.html
ok "and nothing else is there" sh -c '! grep -q "id=\"slab-rows\"" some.html'
ok "on a page of all there is not" sh -c '! grep -q "only what these choose" page.html'
run vmtool report -i page.data --html page.html --by comm
vmtool report -i page.data --csv --by comm >rows
is "$(($(wc -l <rows) - 1))" \
	"$(sed -n '/id="page-rows">/,/<\/table>/p' page.html | grep -c '^<tr>')" \
	"rows are those of other forms"
run vmtool report -i page.data --html /nowhere/page.html
exits 1 "a page that cannot be written"

cp page.data kept.data
ln -s page.data link.data
for option in --html --flamegraph --timeline; do
	run vmtool report -i page.data "$option" link.data
	fails_in_one_line 129 'link.data is the recording itself' "$option onto the recording"
done
ok "which is as it was" cmp page.data kept.data

# shellcheck disable=SC2016 # of the other shell
run vmtool record -q -e cpu-clock -c 100000 -g -o profile.data sh -c 'i=0; while [ $((i += 1)) -lt 30000 ]; do :; done'
run vmtool report -i profile.data --html profile.html
ok "a profile has its table and frames" sh -c 'grep -q "id=\"profile-rows-0\"" profile.html &&
	grep -q "id=\"flame\"" profile.html'

# shellcheck disable=SC2016 # variables of perl
run vmtool record -q -e raw_syscalls:sys_enter -o many.data \
	perl -e 'for (1 .. 5100) { $0 = "name $_" }'
run vmtool report -i many.data --profile --html many.html
is 5000 "$(grep -c '^<tr>' many.html)" "a profile has no more rows than a browser takes"
ok "and says so" grep -q 'The first 5,000 of 5,[0-9]* rows are shown' many.html

if ! command -v chromium >/dev/null; then
	skip "missing: chromium" "the page's script sorts, searches and zooms"
	finish
fi
# dom_of FILE FRAGMENT: what its script makes of it, in the file dom.
dom_of() {
	timeout 250 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$PWD/browser" --dump-dom "file://$PWD/$1$2" >dom 2>/dev/null
}
dom_of page.html '#sort=hits&find=perl&search=do_syscall_64&zoom=perl'
ok "a table is sorted by the column asked for" \
	grep -q '<th scope="col" class="number" aria-sort="descending"><button type="button">Hits<' dom
# Hits stand in the second cell of each row of the first table.
sed -n '/id="page-rows">/,/<\/table>/p' dom | grep '^<tr' |
	sed 's/.*<td class="number" data-v="\([0-9]*\)".*/\1/' >hits
ok "and its rows are in that order" sh -c 'sort -rn hits | cmp - hits'
ok "a search leaves the rows that match" \
	grep -Eq 'id="page-rows-shown">[0-9,]+ of [0-9,]+ rows<' dom
ok "zoom shows in the document" grep -q 'id="zoomed">in perl<' dom
ok "search shows in the document" grep -Eq 'id="matched">do_syscall_64: [0-9.]+%<' dom
ok "what was found is marked" grep -q 'class="frame hit' dom
ok "memory over time is drawn" grep -q '<path class="live"' dom
ok "no name became an element" sh -c '! grep -q "<u>" dom'

# What a page without a single allocation says; and how its script writes figures.
run vmtool report -i page.data --page --pid 999999999 --html none.html
echo '<script>document.body.append([1023, 1048575, 10239, 2 ** 63].map(bytes).join("|"))</script>' >>none.html
dom_of none.html '#search=vfs&zoom=perl'
ok "a page of nothing says that there is nothing to draw" grep -q 'There is nothing to draw' dom
ok "and has no figures but 0" \
	sh -c 'grep -q ">0 B</text>" dom && ! sed "/<script/,/<.script>/d" dom | grep -Eq "NaN|∞|/s<|>1 B<"'
ok "figures are written as in the rest of the page" grep -Fq '1023 B|1.00 MiB|10.0 KiB|8.00 EiB' dom

finish
