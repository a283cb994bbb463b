#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dump --split writes a set of files; a list of levels and -L choose what fits.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

sums() {
	for file; do "$TOOL_DIR/kdump-ls" --sums "$file"; done
}

{ small_kernel 6.1 && every_class && echo 'fill 0xe00+0x400 pfn'; } | core core
for level in 0 31; do
	run vmtool dump -f -c -d $level core whole
	for files in 'a b' 'a b c d e f g'; do
		rm -f a b c d e f g
		# shellcheck disable=SC2086 # words on purpose
		run vmtool dump --split -c -d $level core $files
		exits 0 "level $level is split into $files"
		# shellcheck disable=SC2086
		set -- $files
		good=0
		for file; do "$TOOL_DIR/kdump-ls" --check "$file" >"$why" 2>&1 && good=$((good + 1)); done
		is $# $good "each file is well-formed"
		sums whole >want
		sums "$@" >got
		ok "together they have the pages of a dump in one file" cmp want got
		is "" "$(for file; do header "$file" start_pfn; done | awk '$1 % 64')" \
			"each begins with a multiple of 64"
		most=$(for file; do sums "$file" | wc -l; done | sort -n | tail -n 1)
		ok "no file has much more than its share of the pages" \
			test "$most" -le $(($(wc -l <want) / $# + 64))
	done
done
head -c 4096 a >header.a
head -c 4096 g >header.g
ok "main headers are the same in all files" cmp header.a header.g

rm -f a b
vmtool dump --split -c -d 31 --num-threads 1 --message-level 0 core a b
run vmtool dump --split -f -c -d 31 --num-threads 3 core c d
ok "the number of threads makes no difference" sh -c 'cmp a c && cmp b d'

run vmtool dump --split -f core a
fails_in_one_line 129 'at least two' "one file is no set"
run vmtool dump --split -f core a b a
fails_in_one_line 129 'a is named twice' "each file is named once"
cp a as-before
ln a linked
run vmtool dump --split -f core a ./a
fails_in_one_line 129 'a and ./a are one file' "so is each file by whatever name"
run vmtool dump --split -f core b a linked
fails_in_one_line 129 'a and linked are one file' "a second link to it too"
ok "and nothing is overwritten" cmp a as-before
run vmtool dump --split -f core new ./new
fails_in_one_line 129 'new and ./new are one file' "also when it is not there yet"
ok "and then it is not left there" test ! -e new
run vmtool dump --split -F core
fails_in_one_line 129 '--split goes with none of' "a set is no stream"
: >exists
rm -f new
run vmtool dump --split core new exists
fails_in_one_line 1 'exists' "a file that is there stops it all"
ok "and leaves nothing" test ! -e new

# Space for a level: the whole of 31 fits, that of 0 does not.
run vmtool dump -f -d 31 core want
size=$(stat -c %s want)
run vmtool dump -f -L $((size + 4096)) -d 0,31 core got
exits 0 "level 31 is tried when there is no space for level 0"
err_has 'no space for level 0, trying level 31' "which is told"
ok "and is the dump of that level" cmp want got
run vmtool dump -f -L $((size * 2 / 3)) -d 0,31 core got
exits 3 "when no level fits the last one stays"
is 31 "$(header got dump_level)" "with what there was space for"
ok "no more" test "$(stat -c %s got)" -le $((size * 2 / 3))
run vmtool dump -f -L 0 core got
fails_in_one_line 129 "option '-L': no dump fits in 0 bytes" "0 is not as much as there is"
run vmtool dump -f -c -L 1000 -d 31 core got
fails_in_one_line 1 'grow over 1000' "without space for a page there is no dump"
ok "and no file" test ! -e got
run vmtool dump -f -E -L 1M core got
fails_in_one_line 3 'the dump is incomplete' "ELF files are limited too"
run vmtool dump -f --split -L 1M core a b
fails_in_one_line 3 'the dump is incomplete' "and sets"
run sh -c 'vmtool dump -F -L 1M core >stream'
fails_in_one_line 3 'the dump is incomplete' "and streams"
for list in 31,32 ',' 31,x ''; do
	run vmtool dump -d "$list" core got
	fails_in_one_line 129 "expected a number from 0 to 31" "'$list' is no list of levels"
done

# Options that change nothing here.
run vmtool dump -f -d 31 --cyclic-buffer 1024 --splitblock-size 1024 --work-dir /nowhere -b 4 -D core got
ok "makedumpfile's options for its buffers change nothing" cmp want got
rm -f got
run vmtool dump --check-params -c -d 31 core got
exits 0 "--check-params is content with a good command line"
ok "and does nothing" test ! -e got
run vmtool dump --check-params -c -d 32 core got
fails_in_one_line 129 '32' "and not with a bad one"

finish
