#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images of machines other than the one this runs on: page tables of another kind, the other byte
# order. A dump is in the order of its image, and a reader that is not ours reads it.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# an_image_of MACHINE KERNEL: every class, and what follows from kinds of pages alone.
an_image_of() {
	echo "machine $1"
	small_kernel "$2"
	every_class
}

for machine in aarch64 s390x; do
	[ $machine = s390x ] && order=big || order=little
	for kernel in 6.1 6.12; do
		an_image_of $machine $kernel | core core
		for level in 0 8 31; do
			run vmtool dump -f -c -d $level core dump
			exits 0 "$machine, kernel $kernel is dumped at level $level"
			err_is "" "of which there is nothing to say"
			keeps_as_told core $level dump "exactly the pages told"
		done
	done
	is "$machine" "$(header dump machine)" "the dump names its machine"
	run vmtool dump --info core
	out_has "^kernel .*, $machine$" "so does --info of the image"
	is "$order" "$(header dump byte_order)" "its numbers are of the machine's byte order"

	# What is made of a dump says the same.
	vmtool dump --message-level 0 -f -d 0 -c core whole
	run vmtool dump -f -c -d 31 whole again
	ok "a dump of a dump of $machine" same_dump dump again
	run vmtool dump -f -E -d 0 core elf
	run vmtool dump -f -c -d 31 elf again
	ok "a dump of an ELF file of $machine" same_dump dump again
	run sh -c 'vmtool dump --message-level 0 -F -c -d 31 core | vmtool dump -R -f again'
	ok "a dump through a stream" cmp dump again
	run vmtool dump -f -c -d 31 --split core one two
	run vmtool dump -f --reassemble one two joined
	keeps_as_told core 31 joined "a set that is put together again"
	run vmtool dump --verify dump
	exits 0 "a dump that verifies"

	# As QEMU writes it where it knows no note.
	"$TOOL_DIR/mkvmcore" -i core.txt again >info || exit 1
	{
		cat core.txt
		echo 'vmcoreinfo none'
		echo "patch phys:0xda0000 $(od -An -v -tx1 info | tr -d ' \n')"
	} | core bare
	run vmtool dump -f --message-level 2 -c -d 31 bare again
	warns 'the image has no VMCOREINFO note: it was found in its memory' \
		"$machine: VMCOREINFO is found in the memory"
	is "$(header dump pages)" "$(header again pages)" "and the classes are told"
	run vmtool dump --explain 0x2a0 core
	out_has 'cache-private' "$machine: a page is explained"
done

{ an_image_of aarch64 6.12 && echo "levels 5"; } | core core
run vmtool dump -f -c -d 31 core dump
keeps_as_told core 31 dump "aarch64 with addresses of 52 bits"
for machine in aarch64 s390x; do
	{ an_image_of $machine 6.12 && echo "vmemmap scattered"; } | core core
	run vmtool dump -f -c -d 31 core dump
	keeps_as_told core 31 dump "$machine with struct pages out of order"
done

# A tail page is known by a number in the machine's order.
{
	echo "machine s390x"
	small_kernel 6.12
	cat <<-END
		pages 0x200+0x10 anon
		pages 0x220+4 anon order=2
		patch64 page:0x210+8 0x20000008001
	END
} | core core
run vmtool dump -f -d 31 core dump
keeps_as_told core 31 dump "s390x: a tail without a real head is kept"

finish
