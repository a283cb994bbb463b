#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An image without a VMCOREINFO note: the text is found in the memory, and of several that of the
# kernel that crashed.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
"$TOOL_DIR/mkvmcore" -i core.txt again >info || exit 1
vmtool dump --message-level 0 -d 31 -z core direct

# place ADDR BYTES-BEFORE <TEXT: the statement that puts the text into a page of the kernel's.
place() {
	echo "patch phys:$1 $({ printf %b "$2" && cat; } | od -An -v -tx1 | tr -d ' \n')"
}
sed 's/^OSRELEASE=.*/OSRELEASE=6.1.0-elsewhere/' info >other
sed 's/^\(SYMBOL(init_uts_ns)\)=.*/\1=ffffffff81234560/' info >stale
note='\0013\0\0\0\0\0020\0\0\0\0\0\0VMCOREINFO\0\0'


for kind in '' "$note"; do
	{
		cat core.txt
		echo 'vmcoreinfo none'
		place 0xd80000 '' <other
		place 0xd90000 "$note" <stale
		place 0xda0000 "$kind" <info
	} | core bare
	run vmtool dump -f --message-level 2 -d 31 bare dump
	exits 0 "an image with VMCOREINFO in memory ${kind:+as a note }is dumped"
	warns 'the image has no VMCOREINFO note: it was found in its memory' "it is said where it was"
	is "$(header direct pages)" "$(header dump pages)" "and page classes are told"
	"$TOOL_DIR/kdump-ls" --vmcoreinfo dump >got
	ok "the dump has the text as a note" cmp info got
	run vmtool dump -f --message-level 2 -d 31 dump second
	err_is "" "so nobody has to look for it again"
	ok "in a dump of the dump" same_dump dump second
done

{
	cat core.txt
	echo 'vmcoreinfo none'
	place 0xd80000 '' <other
	place 0xd90000 "$note" <stale
} | core bare
run vmtool dump -f --message-level 2 -d 31 bare dump
exits 0 "texts of other kernels alone"
err_has '2 texts like VMCOREINFO are in the memory of the image, none of them' "are not believed"
err_has 'page classes cannot be told, dump level 31 becomes 1' "and nothing is left out"

# Two kernels that are both right about themselves: the capture kernel's text has no CRASHTIME.
sed '/^CRASHTIME=/d; s/^BUILD-ID=.*/BUILD-ID=capture/' info >capture
{
	cat core.txt
	echo 'vmcoreinfo none'
	place 0xd80000 '' <capture
	place 0xd90000 "$note" <info
} | core bare
vmtool dump -f --message-level 0 -d 31 bare dump
"$TOOL_DIR/kdump-ls" --vmcoreinfo dump >got
ok "of two kernels the one is taken that crashed" cmp info got
{
	cat core.txt
	echo 'vmcoreinfo none'
	place 0xd80000 '' <capture
} | core bare
vmtool dump -f --message-level 0 -d 31 bare dump
"$TOOL_DIR/kdump-ls" --vmcoreinfo dump >got
ok "a kernel that did not crash is taken when it is alone" cmp capture got

# QEMU's dump of a machine it has no name for says "Unknown" there.
unnamed() {
	cp "$1" "$2"
	printf 'Unknown\0' | dd of="$2" bs=1 seek=272 conv=notrunc status=none
}
vmtool dump --message-level 0 -d 0 core whole
unnamed whole nameless
run vmtool dump -f --message-level 2 -d 31 nameless dump
exits 0 "a dump that names no machine is dumped"
err_has 'its page tables are those of x86_64' "it is said how the machine was found out"
is "$(header direct pages)" "$(header dump pages)" "and page classes are told"
vmtool dump --message-level 0 -f -d 0 bare whole
unnamed whole nameless
run vmtool dump -f --message-level 2 -d 31 nameless dump
is "$(header direct pages)" "$(header dump pages)" "also where VMCOREINFO has to be found first"

finish
