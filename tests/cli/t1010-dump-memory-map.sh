#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The memory map of an image, in every order and shape ELF allows.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# small_kernel without its segments.
bare_kernel() {
	printf 'kernel 6.1\nvmemmap 4K\n'
}

{
	bare_kernel
	cat <<-END
		load 48M+1M
		load 8M+24M
		load 0x1000+0x9e000
		text-load
		load 1M+7M
		load 40M+4M
	END
	every_class
} | core core
run vmtool dump -c -d 31 core dump
exits 0 "segments in no order, with holes between them"
keeps_as_told core 31 dump "give the pages told"
is 12544 "$(header dump max_mapnr)" "up to the end of the highest segment"

{
	bare_kernel
	cat <<-END
		load 1M+31M
		load 2M+4M
		load 16M+17M
		load 3M+1M
		text-load
	END
	every_class
} | core core
run vmtool dump -f -c -d 31 core dump
keeps_as_told core 31 dump "segments that overlap and lie in each other"

{
	bare_kernel
	cat <<-END
		load 1M+15M
		load 16M+16M
		load 0x2000400+0x2800
		load 0x2005800+0x800
		load 0x2007000+0x100
		load 0x2007f00+0x100
	END
	every_class
	echo "fill 0x2000+8 byte=0xaa"
} | core core
run vmtool dump -f -d 31 core dump
exits 0 "memory that begins and ends inside pages"
keeps_as_told core 31 dump "is kept to the byte"
"$TOOL_DIR/kdump-ls" --ram dump >ram
is "0x100+0x1f03 0x2005+0x1 0x2007+0x1" "$(tr '\n' ' ' <ram | sed 's/ $//')" \
	"and such pages are memory in the first bitmap"

{
	small_kernel 6.1
	every_class
	echo "load 64M+2M filesz=1M"
	echo "load 80M+1M filesz=0"
	echo "load 96M+64K filesz=0x1800"
} | core core
run vmtool dump -f -d 31 core dump
exits 0 "segments of which a part is not stored"
keeps_as_told core 31 dump "are dumped as far as they are"
"$TOOL_DIR/kdump-ls" --ram dump | tail -n 3 | tr '\n' ' ' >ram
is "0x4000+0x200 0x5000+0x100 0x6000+0x10 " "$(cat ram)" "the rest is memory that is missing"

{
	bare_kernel
	cat <<-END
		load 1M+31M filesz=1M
		load 2M+4M filesz=3M
		load 2M+30M
		load 1M+1M filesz=0
	END
	every_class
} | core core
run vmtool dump -f -d 31 core dump
keeps_as_told core 31 dump "what one segment only claims and another stores is taken from there"

{ small_kernel 6.1 && every_class && echo xnum; } | core core
run vmtool dump -f -d 31 core dump
keeps_as_told core 31 dump "a count of program headers in section header 0 (PN_XNUM)"

{ small_kernel 6.1 && every_class && echo xnum && echo "load-many 64M 4K 8K 66000"; } | core core
run vmtool dump -f -d 31 core dump
exits 0 "more program headers than e_phnum can say"
"$TOOL_DIR/kdump-ls" --pages dump >pages
is 66000 "$(sed -n '/^0x4000+/,$p' pages | wc -l)" "each with its page"

{ small_kernel 6.1 && every_class && echo "shdrs-first 2"; } | core core
run vmtool dump -f -d 31 core dump
keeps_as_told core 31 dump "section headers before the program headers (QEMU >= 7.2)"

{ bare_kernel && echo "load 0+32M vaddr=none" && every_class; } | core core
run vmtool dump -f -d 31 core dump
keeps_as_told core 31 dump "segments without virtual addresses (QEMU without paging)"

# Almost all free, and far up.
{
	cat <<-END
		kernel 6.1
		default none
		load 0+64M
		load 2T+8G
		kernel-at 0x20000000000
		pages 0x20009000+0x1f7000 free order=10
	END
} | core core
run vmtool dump -f -c -d 16 core dump
exits 0 "8 GiB above a hole of 2 TiB are dumped"
"$TOOL_DIR/kdump-ls" --pages dump >pages
is "0x0+0x4000 0x20000000+0x9000 " "$(tr '\n' ' ' <pages)" "without what is free"

finish
