#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kernels that cannot be understood: memory that can be read is dumped all the same, with level N &
# 1.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# How many page frames small_kernel has.
all=8094

# unclassified SENTENCE LINE...: classes cannot be told. Said in one warning and in the report; all
# pages are dumped; --strict refuses and leaves nothing behind.
unclassified() {
	sentence=$1
	shift
	{ small_kernel 6.1 && every_class && printf '%s\n' "$@"; } | core core
	rm -f dump
	run vmtool dump -d 31 core dump
	exits 0 "$sentence: there is a dump"
	warns 'page classes cannot be told, dump level 31 becomes 1: ' "$sentence: said in one line"
	is "$all" "$(header dump pages)" "$sentence: of all pages"
	is 1 "$(header dump dump_level)" "$sentence: of level 1"
	ok "$sentence: as they are" "$TOOL_DIR/kdump-read" dump core
	run vmtool dump --dry-run --json -d 31 core
	out_has '"level_effective": 1,' "$sentence: and in the report"
	out_has 'page classes cannot be told' "$sentence: with the reason"
	rm -f dump
	run vmtool dump --strict -d 31 core dump
	fails_in_one_line 1 '^vmtool dump: page classes cannot be told' "$sentence: --strict refuses"
	ok "$sentence: and makes no file" test ! -e dump
}

unclassified "no VMCOREINFO" "vmcoreinfo none"
unclassified "no page tables" "vmcoreinfo set NUMBER(phys_base) 0x7f00000000000000"
unclassified "page tables that loop at the top" "entry 4 0xffffffff81000000 self" \
	"entry 4 0xffffea0000000000 self"
unclassified "page tables that loop further down" "entry 2 0xffffffff81000000 self"
unclassified "a page table outside of memory" "entry 3 0xffffffff81000000 0x7ffffffff000067"
unclassified "another kernel where VMCOREINFO points" "vmcoreinfo set SYMBOL(init_uts_ns) ffffffff81011000"
unclassified "struct pages that are not mapped" "entry 4 0xffffea0000000000 0"
unclassified "mem_section full of garbage" "patch64 root:0 0xdeadbeefdeadbeef"
unclassified "mem_section without roots" "patch64 root:0 0"
unclassified "no section present" "section 0 low=0"
unclassified "a section with more flags than are known" "section 0 low=0x4f"
unclassified "a section that points nowhere" "patch64 section:0 0x123456789abcdeff"
unclassified "page tables of another level" "vmcoreinfo set NUMBER(pgtable_l5_enabled) 1"

# Where only a part cannot be told, the rest is filtered.
#
# Struct pages of frames 0x800 to 0x83f are in the page of the 33rd entry: the head of the hugetlb
# page is among them, and what it is the head of can only be kept.
{ small_kernel 6.1 && every_class && echo "entry 1 0xffffea0000020000 0"; } | core core
"$TOOL_DIR/mkvmcore" -k 31 core.txt core >told
run vmtool dump -d 31 core dump
exits 0 "struct pages of which some cannot be read"
warns '64 page frames have no struct page that can be read' "are counted in a warning"
ok "their page frames are kept" sh -c "echo 0x800+0x40 | $TOOL_DIR/kdump-ls --holds /dev/stdin dump"
ok "and none is lost" "$TOOL_DIR/kdump-ls" --holds told dump
is $((5541 + 512)) "$(header dump pages)" "the others are filtered, but for tails of a lost head"

{
	small_kernel 6.1
	every_class
	echo "load 256M+2M"
	echo "section 2 low=0"
} | core core
run vmtool dump -f -d 31 core dump
exits 0 "memory in a section that is not there"
warns '512 page frames have no struct page' "is counted in a warning"
ok "and kept" sh -c "echo 0x10000+0x200 | $TOOL_DIR/kdump-ls --holds /dev/stdin dump"

# There have been four, five and six such flags: with one that is not known each page frame would
# be judged by a neighbour's struct page.
{
	small_kernel 6.12
	every_class
	echo "load 256M+2M"
	echo "pages 0x10000+0x100 anon"
	echo "section 2 low=0x4f"
} | core core
run vmtool dump -f -d 31 core dump
exits 0 "a section with a flag that is not known"
named='section 0x2: section_mem_map is 0x[0-9a-f]*4f, which has flags that are not known'
warns "512 page frames have no struct page .*$named" "is named in a warning"
ok "and kept" sh -c "echo 0x10000+0x200 | $TOOL_DIR/kdump-ls --holds /dev/stdin dump"

# A kernel that has something else than the order of a free block in page.private: of each free page
# seven more would be lost that are in use.
{
	small_kernel 6.12
	for n in 0 1 2 3 4 5 6 7 8 9; do
		echo "pages 0x4${n}0 free private=3"
		echo "pages 0x4${n}1+7 anon"
	done
} | core core
run vmtool dump -f -d 16 core dump
exits 0 "free blocks with pages inside that are in use"
warns '10 free blocks have pages inside that are in use' "are named"
ok "and kept" sh -c "echo 0x400+0x98 | $TOOL_DIR/kdump-ls --holds /dev/stdin dump"
run vmtool dump --explain 0x410 core
out_has "called a free block, but pages inside it are in use" "what --explain says of one"

# A block is looked into at 1, 2, 4 page frames behind its first, and is believed as a whole.
{
	small_kernel 6.12
	echo "pages 0x400+8 free order=3"
	echo "pages 0x406+2 anon order=1"
} | core core
run vmtool dump -f -d 16 core dump
exits 0 "a free block with a compound page left over inside"
ok "is left out whole" sh -c "! echo 0x407+1 | $TOOL_DIR/kdump-ls --holds /dev/stdin dump 2>/dev/null"
for page in 0x406 0x407; do
	run vmtool dump --explain $page core
	out_has "^class free: " "--explain $page says so of its page"
done

# Looking into them costs no reads, also where the image has struct pages at odd offsets.
{
	echo "kernel 6.1"
	echo "default kernel"
	echo "kernel-at 16M"
	echo "load 0+128M"
	echo "pages 0x2000+0x6000 free order=3"
} | core core
run vmtool dump -f -E -d 0 core odd
exits 0 "an image with struct pages at odd offsets"
run vmtool dump -f --json --num-threads 1 -d 16 odd dump
reads=$(sed -n 's/.*"reads": \([0-9]*\).*/\1/p' "$out")
ok "is read in long pieces ($reads)" test "${reads:-1000}" -lt 380

# Memory that was not accepted yet, where the kernel says what marks it.
{
	small_kernel 6.12
	echo "vmcoreinfo set NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE) -150994944"
	echo "pages 0x400+0x400 free order=10"
	echo "patch32 page:0x400+48 0xf7000000"
} | core core
run vmtool dump --explain 0x400 core
out_has "^class free: _mapcount is PAGE_UNACCEPTED_MAPCOUNT_VALUE" "memory not accepted yet is free"
out_has "a page type: not accepted yet" "and its type is named"
run vmtool dump --explain 0x7ff core
out_has "^class free: inside a free block" "up to the end of its block"

# Struct pages the kernel itself never wrote.
{
	small_kernel 6.1
	every_class
	for page in 0x500 0x501 0x502; do
		for at in 0 8 16 24 32 40 48 56; do
			echo "patch64 page:$page+$at -1"
		done
	done
	echo "pages 0x400+0x400 kernel"
} | core core
run vmtool dump -f -d 31 core dump
exits 0 "struct pages full of ones"
keeps_as_told core 31 dump "are of nothing known and kept"

finish
