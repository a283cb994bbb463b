#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images in the format of LiME: ranges of memory and nothing else. Here they are made of ELF cores.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# lime CORE FILE [ORDER]: each address once, ranges in the order of the core.
lime() {
	perl - "$@" <<-'END'
		my ($from, $to, $order) = @ARGV;
		my $word = $order ? 'N2Q>2' : 'V2Q<2';
		open my $in, '<:raw', $from or die;
		open my $out, '>:raw', $to or die;
		local $/;
		my $core = <$in>;
		my ($phoff, $nr) = (unpack('x32 Q<', $core), unpack('x56 v', $core));
		my %had;
		for my $i (0 .. $nr - 1) {
			my ($type, undef, $offset, undef, $paddr, $size) = unpack 'V2Q<5', substr $core, $phoff + 56 * $i, 56;
			next if $type != 1 || $had{$paddr}++ || $size == 0 || $paddr == 16 << 20;
			print $out pack($word . 'x8', 0x4c694d45, 1, $paddr, $paddr + $size - 1), substr $core, $offset, $size;
		}
	END
}

# shellcheck disable=SC2317 # called through ok
same_pages() {
	"$TOOL_DIR/kdump-ls" --sums "$1" >sums && "$TOOL_DIR/kdump-ls" --sums "$2" | diff -q sums -
}

{ small_kernel 6.1 && every_class; } | core core
"$TOOL_DIR/mkvmcore" -i core.txt again >info || exit 1
{
	cat core.txt
	echo 'vmcoreinfo none'
	echo "patch phys:0xd80000 $(od -An -v -tx1 <info | tr -d ' \n')"
} | core bare
lime bare lime

run vmtool dump --message-level 2 -d 31 lime dump
exits 0 "an image of LiME's is dumped"
err_has 'no VMCOREINFO note: it was found in its memory' "its VMCOREINFO is found"
err_has 'its page tables are those of x86_64' "and its machine"
vmtool dump --message-level 0 -d 31 bare direct
ok "the dump has the pages that one of the same memory in ELF has" same_pages direct dump
vmtool dump --message-level 0 -E -d 30 lime elf
vmtool dump --message-level 0 -f -d 30 elf dump
vmtool dump --message-level 0 -f -d 30 bare direct
ok "so has what is made of it as an ELF core" same_pages direct dump
run vmtool dump --info lime
out_has 'LiME' "--info names the format"

cp lime kept
run vmtool dump -f --map elf kept
fails_in_one_line 1 'an image of its own, not a part of a split dump' "no picture is written over one, -f or not"
run vmtool dump -f --dump-dmesg elf kept
fails_in_one_line 129 'kept is a memory image' "nor a log"
ok "which stays as it is" cmp lime kept

head -c 20000000 lime >short
run vmtool dump -f -d 0 short dump
exits 3 "one that is cut off is dumped as far as it goes"
head -c 10 lime >short
run vmtool dump -f -d 0 short dump
fails_in_one_line 1 "short: no range of memory is in it$" "but not inside the first header"
(cat lime && printf 'junk that is no header of 32 bytes') >bad
run vmtool dump -f --message-level 2 -d 31 bad dump
exits 3 "one with something behind its last range is dumped without that"
err_has 'the last 34 bytes of the file are left out, .* 6b6e756a instead of LiME.s magic number$' "which is named"
err_has 'the image was incomplete already: the dump holds what is there$' "for it may have been memory"
ok "all of its ranges are in the dump" same_pages direct dump
(cat lime && head -c 5000 /dev/zero) >bad
run vmtool dump -f --message-level 2 -d 31 bad dump
exits 0 "zeros behind it mean nothing"
ok "and change nothing" same_pages direct dump
# A terabyte that is a hole of the file is searched for VMCOREINFO, too, and soon.
{
	cat core.txt
	echo 'vmcoreinfo none'
	echo "patch phys:0xd80000 $(sed '/^CRASHTIME=/d' info | od -An -v -tx1 | tr -d ' \n')"
} | core bare
lime bare sparse
perl -e 'print pack "V2Q<2x8", 0x4c694d45, 1, 8 << 30, (8 << 30) + (1 << 40) - 1' >>sparse
truncate -s +1T sparse
run timeout 100 vmtool dump --explain 0x240 sparse
exits 0 "an image with a hole of a terabyte is looked into"
lime bare big big-endian
run vmtool dump -f --message-level 0 -d 0 big dump
exits 0 "numbers of the other byte order are read"
finish
