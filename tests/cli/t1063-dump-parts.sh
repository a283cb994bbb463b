#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parts of a split dump are an image together, in any order, and --reassemble makes one file of
# them. What is missing is named.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
vmtool dump --message-level 0 -d 31 -z core direct
vmtool dump --message-level 0 -d 2 -c core level2
vmtool dump --message-level 0 --split -d 2 -c core a b c

run vmtool dump -f -d 31 -z c a b dump
exits 0 "parts in any order are filtered"
ok "as the image itself would be" same_dump direct dump
run vmtool dump -F --message-level 0 -d 31 -z b c a
cp "$out" stream
run sh -c 'vmtool dump -R -f dump <stream'
ok "to a stream as well" same_dump direct dump

vmtool dump --mem-usage a >of-one 2>warned
run vmtool dump --mem-usage b c a
exits 0 "--mem-usage of all parts"
err_is "" "misses none of them"
ok "and counts all" sh -c '! cmp -s of-one "$1"' - "$out"
run vmtool dump --dry-run -d 31 b c a
exits 0 "a dry run, which needs no output, of all parts"
run vmtool dump --reassemble -f b a c dump
exits 0 "--reassemble puts parts together"
ok "as if the dump had never been split" same_dump level2 dump
run vmtool dump --reassemble -f -z a b c dump
is "$(header level2 pages)" "$(header dump pages)" "--reassemble can pack them in another way"

run vmtool dump --reassemble -f --message-level 2 a c dump
exits 3 "a part that is missing makes the dump incomplete"
err_has 'a part of the split dump is missing: the one with page frames 0x[0-9a-f]* to 0x[0-9a-f]*, ' \
	"and is named"
is 8 $(($(header dump status) & 8)) "the dump says that it is incomplete"
run vmtool dump -f --message-level 2 b dump
exits 3 "one part alone is an image that is not all there"

# Byte 424 is the header's status, 8 the flag of a part that is not all there.
printf '\011' | dd of=b bs=1 seek=424 conv=notrunc status=none
run vmtool dump --reassemble -f --message-level 0 a b c dump
exits 3 "an incomplete part is taken for what it has"
err_has 'the image was incomplete already' "and it is said"

run vmtool dump --verify --message-level 0 a
exits 3 "a part alone is not all of a dump"
err_has '^vmtool dump: a is incomplete: what is there, [0-9]* pages, can be read$' "though it is good itself"
pages=$(sed -n 's/.*what is there, \([0-9]*\) pages.*/\1/p' "$err")
run vmtool dump --info --json a
is "$pages" "$(json "$out" '$_->{stored_pages}')" "--info counts those alone"
cp c kept
run vmtool dump --reassemble -f a b c
fails_in_one_line 129 'c is a part of a split dump, which -f does not overwrite' "an output that was forgotten"
run vmtool dump -f -d 31 a c
exits 129 "also of a dump of two parts"
ok "costs no part" cmp c kept
run vmtool dump --reassemble -f a b b dump
fails_in_one_line 1 'given twice' "a part given twice is refused"
run vmtool dump -f a level2 dump
fails_in_one_line 1 'level2: not a part of a split dump' "so is a dump that is no part"
run vmtool dump -f core a dump
fails_in_one_line 1 'core: this ELF file is an image of its own' "and an image"
head -c 20000 /dev/zero >none
for other in "none a" "core.txt a"; do
	# shellcheck disable=SC2086 # two names
	run vmtool dump -f $other dump
	fails_in_one_line 1 "^vmtool dump: ${other% a}: " "what is nothing of this kind is named: $other"
done
run vmtool dump -f a b c a
fails_in_one_line 129 'a is the image itself' "an input is not written over"
run vmtool dump -f a b c b
fails_in_one_line 129 'b is a part of the image itself' "whichever it is"
run vmtool dump --reassemble -d 31 a b c dump
fails_in_one_line 129 'keeps every page' "--reassemble has no level"

# So little memory that a part of three gets none of it.
printf 'load 1M+256K\nload 8M+64K\nfill 0x100+0x40 pfn\n' | core little
vmtool dump -f --message-level 0 --split little a b c
vmtool dump -f --message-level 0 little direct
for order in 'a b c' 'c b a' 'c a b' 'b c a'; do
	# shellcheck disable=SC2086 # three names
	run vmtool dump --reassemble -f --message-level 0 $order dump
	ok "parts of which one is empty are put together: $order" same_dump direct dump
done

finish
