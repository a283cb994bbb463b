#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dump -E writes ELF core files, which hold what a kdump-compressed dump of the same level holds.
# Who says so is libkdumpfile.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# The checksum of a page of zeros, as kdump-read has it.
printf 'load 1M+4K\n' | core nothing
run vmtool dump -E nothing zeros
zero=$("$TOOL_DIR/kdump-read" -s zeros | awk '{ print $2 }')

# holds_the_same ELF DUMP zeros|no-zeros SENTENCE: the pages of ELF are those of DUMP; without
# zeros, those of it that are zeros may be missing, and only those.
holds_the_same() {
	{
		"$TOOL_DIR/kdump-read" -s "$1" | sort >got && "$TOOL_DIR/kdump-read" -s "$2" | sort >want
	} 2>"$why"
	[ "$3" = zeros ] || { grep -v " $zero\$" want >some && comm -12 got want | sort - some |
		uniq >all && mv all want; }
	if [ -s want ] && diff -u want got >>"$why"; then
		pass "$4"
	else
		fail "$4"
	fi
}

{ small_kernel 6.1 && every_class && echo 'fill 0xe00+0x100 random'; } | core core
for level in 0 1 8 31; do
	vmtool dump -f -d $level --message-level 0 core dump
	run vmtool dump -f -E -d $level core elf
	exits 0 "an ELF file of level $level"
	[ $((level & 1)) -eq 1 ] && zeros=no-zeros || zeros=zeros
	holds_the_same elf dump "$zeros" "holds the pages of level $level"
	for options in '--num-threads 1' '--num-threads 3' --non-mmap; do
		# shellcheck disable=SC2086 # words on purpose
		run vmtool dump -f -E -d $level $options core again
		ok "$options: byte for byte the same" cmp elf again
	done
	vmtool dump -F -E -d $level --message-level 0 core >stream
	run sh -c 'vmtool dump -R -f again <stream'
	ok "so is what comes through a stream" cmp elf again
done

# Nothing is lost on the way through an ELF file: the notes, what is memory, what is in it.
run vmtool dump -f -E -d 0 core elf
run vmtool dump -f -c -d 31 elf via
vmtool dump -f -c -d 31 --message-level 0 core direct
ok "a dump of the ELF file is a dump of the image" same_dump via direct
ok "zero pages are holes of the file" test "$(du -k elf | cut -f 1)" -lt \
	$(($(stat -c %s elf) / 1024 / 2))

readelf -lW elf >segments
is NOTE "$(awk '$1 == "NOTE" || $1 == "LOAD" { print $1; exit }' segments)" \
	"the notes are the first segment"
# FIRST+SIZE of memory from the segments, those that follow each other as one.
memory() {
	readelf -lW "$1" | awk '$1 == "LOAD" { print $4, $6, $3 }' | sort | perl -ne '
		my ($at, $size) = map hex, split;
		next if defined $end && $at < $end;	# the image of the kernel, a second time
		if (defined $end && $at == $end) { $end += $size; next }
		printf "%#x-%#x\n", $begin, $end if defined $end;
		($begin, $end) = ($at, $at + $size);
		END { printf "%#x-%#x\n", $begin, $end }'
}
printf 'load 0x1000+0x9e400\nload 1M+31M\nload 0x2100200+0x1200\nload 0x10000000+0x800\n' |
	core odd
for level in 0 1; do
	run vmtool dump -f -E -d $level odd elf
	is "$(memory odd)" "$(memory elf)" \
		"level $level: memory begins and ends where it does, inside a page too"
done

# Virtual addresses are kept, where there are any.
vaddrs() {
	readelf -lW "$1" | awk '$1 == "LOAD" { print $3, $4 }' | perl -ane '
		printf "%x\n", hex($F[0]) ? (hex($F[0]) - hex($F[1])) & ~0 : 0' | sort -u
}
printf 'load 1M+8M vaddr=0xffff888000100000\nload 64M+1M vaddr=0xffffffff81000000\n%s\n' \
	'load 128M+1M vaddr=none' | core virtual
run vmtool dump -f -E virtual elf
is "$(vaddrs virtual)" "$(vaddrs elf)" "virtual addresses of the segments are kept"
{ small_kernel 6.1 && every_class; } | core core
run vmtool dump -f -E -d 31 core elf
is "$(vaddrs core)" "$(vaddrs elf)" "in many segments too"

# More than 65534 segments: their number is in a section header.
printf 'xnum\nload-many 16M 4K 8K 33000\nfill 0x1000+66000 byte=7\n' | core many
run vmtool dump -f -E many elf
exits 0 "33000 places with memory"
readelf -hW elf >header 2>"$why"
ok "are more than fit in e_phnum" grep -Eq 'program headers: *65535 \([0-9]+\)' header
run vmtool dump -f -d 0 elf via
vmtool dump -f -d 0 --message-level 0 many direct
ok "and all of them are found again" cmp via direct
rm -f many via direct elf

# The mark is set from the start.
{ small_kernel 6.1 && every_class && echo 'fill 0x100+0xa00 pfn'; } | core core
run sh -c 'ulimit -f 20000; vmtool dump -f -E -d 0 "$1" part' part core
fails_in_one_line 3 'the dump is incomplete, .*part' "a file that may not grow"
is 1 "$(od -An -tu4 -j48 -N4 part | tr -d ' ')" "is marked incomplete"
vmtool dump -f -d 0 --message-level 0 core dump
"$TOOL_DIR/kdump-read" -s part | sort >got 2>"$why"
"$TOOL_DIR/kdump-read" -s dump | sort >want
ok "and has no page that is not right" test "$(comm -23 got want | wc -l)" -eq 0
run vmtool dump --info part
ok "and is not taken for complete by --info" grep -Eq '^complete +no' "$out"
run vmtool dump --verify part
exits 3 "nor by --verify"
run vmtool dump -f --message-level 0 part again
fails_in_one_line 3 'the image was incomplete already' "nor when it is filtered again"
is 8 "$(($(header again status) & 8))" "which makes a dump that is marked incomplete"
vmtool dump -F -E -d 0 --message-level 0 core 2>"$err" | head -c 9000000 >short
run sh -c 'vmtool dump -f -R part <short'
fails_in_one_line 3 'part is incomplete' "a stream that is cut"
is 1 "$(od -An -tu4 -j48 -N4 part | tr -d ' ')" "leaves a file that is marked incomplete"
run vmtool dump --verify --json part
ok "most of what arrived of it can be read" test \
	"$(json "$out" '$_->{pages}{good}')" -gt $((9000000 * 3 / 4 / 4096))

run vmtool dump -f -E -c core elf
fails_in_one_line 129 'an ELF file has no compressed pages' "-E and -c make no sense"

finish
