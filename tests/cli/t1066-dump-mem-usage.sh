#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --mem-usage tells what a dump could leave out, in makedumpfile's words; also of a running kernel,
# whose /proc/kcore has segments of virtual memory that are nowhere in particular.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
run vmtool dump --mem-usage core
exits 0 "--mem-usage of an image"
cp "$out" usage
report=$(vmtool dump --dry-run --json -d 31 core)
# left_out NAME: of that class.
left_out() {
	echo "$report" >report
	json report "(grep { \$_->{class} eq '$1' } @{\$_->{pages}{classes} // \$_->{classes}})[0]{left_out}"
}
# counted NAME
counted() {
	sed -n "s/^$1[[:space:]]*\([0-9]*\) .*/\1/p" usage
}
is "$(left_out user)" "$(counted USER)" "user pages are counted"
is "$(left_out free)" "$(counted FREE)" "free pages are counted"
is "$(left_out cache)" "$(counted NON_PRI_CACHE)" "the page cache is counted"
out_has '^TYPE		PAGES			EXCLUDABLE	DESCRIPTION$' "the lines are makedumpfile's"
out_has '^page size:		4096 ' "with the page size"
is "$(counted 'Total pages on system:')" \
	"$(($(counted ZERO) + $(counted NON_PRI_CACHE) + $(counted PRI_CACHE) + $(counted USER) + \
		$(counted FREE) + $(counted KERN_DATA) + 17))" \
	"all of them, and 17 that are poisoned or offline, are the memory there is"
run vmtool dump --mem-usage core file
fails_in_one_line 1 'cannot open file' "--mem-usage has no output that could be passed over"
run vmtool dump --mem-usage --json core
is "$(echo "$report" | json /dev/stdin '$_->{pages_written} // 0')" \
	"$(json "$out" '$_->{pages_written} // 0')" "the same as JSON"

{
	cat core.txt
	echo 'load 64M+4K'
	echo 'phdr 4 p_paddr 0xffffffffffffffff'
	echo 'phdr 4 p_memsz 0x1fffffffffff'
	echo 'phdr 4 p_filesz 0x1fffffffffff'
} | core kcore
run vmtool dump --mem-usage kcore
exits 0 "segments of virtual memory alone"
is "$(grep '^Total pages' usage)" "$(grep '^Total pages' "$out")" "are passed over"
ok "and nothing was written" test ! -e dump

finish
