#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images of 32-bit machines are read and packed, at levels 0 and 1: nothing is known of their
# kernels. What reads the dumps is not ours.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

core32 narrow 32
core32 wide 64
core32 pae 64 pae

for image in narrow wide; do
	for options in '-d 0' '-d 1 -c' '-d 1 -z'; do
		# shellcheck disable=SC2086 # words on purpose
		run vmtool dump -f --message-level 0 $options $image dump
		exits 0 "an ELF core of i386 ($image) is packed with $options"
		"$TOOL_DIR/kdump-read" dump narrow >read.log 2>&1
		ok "libkdumpfile finds every page in it" grep -q '^pages 80, 0 lost, the others the same in both' read.log
		run vmtool dump -f --message-level 0 -d 1 -c dump again
		exits 0 "it is read again"
		"$TOOL_DIR/kdump-read" again narrow >read.log 2>&1
		ok "and nothing is lost" grep -q '^pages 80, 0 lost, the others the same in both' read.log
	done
done
run vmtool dump -f --message-level 2 -d 31 narrow dump
err_has 'dump level 31 becomes 1' "a level above 1 becomes 1"
vmtool dump -F --message-level 0 -d 1 narrow >stream
head -c $(($(stat -c %s stream) - 20)) stream >short
run sh -c 'vmtool dump -R -f part <short'
is 8 $(($(od -An -tu4 -j412 -N4 part) & 8)) "a cut stream leaves a file that says it is incomplete"


# As an ELF file: ELF32 where all fits, else what kexec-tools makes of such a machine.
class_of() {
	readelf -h "$1" 2>"$why" | awk '$1 == "Class:" { print $2 }'
}
for image in narrow wide; do
	run vmtool dump -f -E -d 0 --message-level 0 $image elf
	exits 0 "-E writes an ELF file of it ($image)"
	is ELF32 "$(class_of elf)" "of 32 bits"
	"$TOOL_DIR/kdump-read" elf $image >read.log 2>&1
	ok "libkdumpfile finds every page in it" grep -q '^pages 80, 0 lost, the others the same in both' read.log
	vmtool dump -F -E -d 0 --message-level 0 $image >stream
	run sh -c 'vmtool dump -R -f again <stream'
	ok "so does it through a stream" cmp elf again
	run vmtool dump -f -c -d 0 --message-level 0 elf dump
	exits 0 "it is read again"
	vmtool dump -f -c -d 0 --message-level 0 narrow direct
	ok "and packed as the image itself" cmp direct dump
	run vmtool dump -f -E -d 0 --message-level 0 dump again
	exits 0 "a dump becomes an ELF file"
	"$TOOL_DIR/kdump-read" again narrow >read.log 2>&1
	ok "with every page" grep -q '^pages 80, 0 lost, the others the same in both' read.log
	is ELF32 "$(class_of again)" "of 32 bits"
done
vmtool dump -f -E -d 0 --message-level 0 narrow elf
is '0xc0100000 0x00100000 0x40000
0x00000000 0x00800000 0x10000' "$(readelf -lW elf 2>"$why" | awk '$1 == "LOAD" { print $3, $4, $6 }')" \
	"memory has its virtual addresses, highmem none"
run vmtool dump --info elf
exits 0 "--info of it"
out_has 'i686|i386' "names the machine"
run vmtool dump --verify elf
exits 0 "--verify of it"

run vmtool dump -f -E -d 0 --message-level 0 pae elf
exits 0 "a 32-bit machine with memory above 4 GiB"
is ELF64 "$(class_of elf)" "becomes an ELF file of 64 bits"
"$TOOL_DIR/kdump-read" elf pae >read.log 2>&1
ok "with every page" grep -q '^pages 84, 0 lost, the others the same in both' read.log
run vmtool dump -f -E -d 0 --message-level 0 elf again
ok "which stays what it is" cmp elf again

run sh -c 'ulimit -f 400; vmtool dump -f -E -d 0 --message-level 0 narrow part'
fails_in_one_line 3 'the dump is incomplete, .*part' "one that does not fit"
is 1 "$(od -An -tu4 -j36 -N4 part | tr -d ' ')" "is marked incomplete"
run vmtool dump --verify part
exits 3 "and is not taken for complete"
vmtool dump -F -E -d 0 --message-level 0 narrow >stream
head -c 200000 stream >short
run sh -c 'vmtool dump -R -f part <short'
is 1 "$(od -An -tu4 -j36 -N4 part | tr -d ' ')" "nor is what a cut stream leaves"

# e_flags of a 32-bit ELF header.
printf '\001' | dd of=narrow bs=1 seek=36 conv=notrunc 2>"$why"
run vmtool dump -f --message-level 0 narrow dump
fails_in_one_line 3 'the image was incomplete already' "the mark of an incomplete ELF file is seen"

finish
