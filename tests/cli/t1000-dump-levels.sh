#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each level drops exactly the pages of its classes, whatever the kernel's memory looks like.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

for kernel in 6.1 6.12; do
	{ small_kernel $kernel && every_class; } | core core
	for level in 0 1 2 3 4 6 8 16 24 31; do
		run vmtool dump -f -c -d $level core dump
		exits 0 "kernel $kernel is dumped at level $level"
		keeps_as_told core $level dump "kernel $kernel at level $level: exactly the pages told"
	done
	run vmtool dump -f -d 31 core dump
	keeps_as_told core 31 dump "kernel $kernel at level 31 without compression"
	run vmtool dump -f -d 31 --non-mmap core dump.read
	ok "--non-mmap makes the same dump of $kernel" cmp dump dump.read
	run vmtool dump -f -d 31 --no-cache core dump.read
	ok "so does --no-cache" cmp dump dump.read
done

# The compressors that were built in; libkdumpfile decompresses.
{ small_kernel 6.1 && every_class; } | core core
vmtool dump -h | sed -n 's/^ *\(-[clpz]\), .*compress each page with \(.*\)/\1 \2/p' >codecs
ok "there is a compressor at least" test -s codecs
while read -r option name; do
	run vmtool dump -f -d 31 "$option" core dump
	keeps_as_told core 31 dump "pages compressed with $name"
	ok "which makes them smaller" test "$(stat -c %s dump)" -lt "$(stat -c %s dump.read)"
done <codecs

# variant SENTENCE LINE...: lines put behind the description of every class.
variant() {
	sentence=$1
	shift
	{ small_kernel 6.1 && every_class && printf '%s\n' "$@"; } | core core
	run vmtool dump -f -c -d 31 core dump
	keeps_as_told core 31 dump "$sentence"
}

variant "page tables of 5 levels" "levels 5"
variant "struct pages in 4K pages out of order" "vmemmap scattered"
variant "struct pages in a 2M page" "vmemmap 2M"
variant "a kernel moved by KASLR" "kernel-virt 0xffffffffaac00000" \
	"page-offset 0xffff9e0080000000" "vmemmap-base 0xfffff3a000000000"
variant "a section with the flag of vmemmap preinit (6.15)" "section 0 low=0x2f"
variant "segments at odd offsets of the file" packed "note ODD 7 333"

{ small_kernel 6.1 && every_class && echo "flag 0x800 hwpoison"; } | core core
run vmtool dump -f -d 0 core dump
keeps_as_told core 0 dump "a poisoned hugetlb page is left out whole: the flag stands on its head"
{ small_kernel 6.12 && every_class && echo "flag 0x800 hwpoison"; } | core core
run vmtool dump -f -d 0 core dump
keeps_as_told core 0 dump "and where hugetlb is a page type too"

# Only what the kernel can prove counts: none of these is what one field says it is.
{
	small_kernel 6.12
	cat <<-END
		pages 0x200+0x10 slab mapping=0xffff888000100001
		pages 0x210+0x10 zsmalloc mapping=0xffff888000100001
		pages 0x220+0x10 table flags=0x20
		pages 0x230+0x10 guard mapping=0xffff888000100001
		pages 0x240+0x10 unaccepted
		pages 0x250+0x10 zsmalloc mapcount=0xf6000005
	END
} | core core
run vmtool dump -f -d 31 core dump
keeps_as_told core 31 dump "pages of other types are the kernel's, whatever their mapping says"

# Tail pages whose head is no head, or another tail.
for kernel in 6.1 6.12; do
	{
		small_kernel $kernel
		cat <<-END
			pages 0x200+0x10 anon
			pages 0x220+4 anon order=2
			patch64 page:0x210+8 0xffffea0000008001
			patch64 page:0x211+8 0xffffea0000008841
		END
	} | core core
	run vmtool dump -f -d 31 core dump
	keeps_as_told core 31 dump "kernel $kernel: a tail without a real head is kept"
done

{
	small_kernel 6.1
	cat <<-END
		pages 0x200 free private=11
		pages 0x201 free private=3
		pages 0x210 free private=0xffffffffffffffff
	END
} | core core
run vmtool dump -f -d 16 core dump
out_free=$("$TOOL_DIR/kdump-ls" --pages dump | tr '\n' ' ')
is "0x1+0x9e 0x100+0x1f00 " "$out_free" "free blocks of impossible orders are kept"

# A block that says it is longer than the memory behind it.
{
	small_kernel 6.1
	echo "load 64M+1M"
	echo "load 66M+1M"
	echo "pages 0x4000+0x400 free order=10"
	echo "pages 0x4200+0x100 kernel"
} | core core
run vmtool dump -f -d 16 core dump
exits 0 "a free block that reaches over a hole is dumped"
keeps_as_told core 16 dump "and drops nothing behind its end"

finish
