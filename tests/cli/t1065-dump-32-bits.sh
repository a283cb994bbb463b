#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images of 32-bit machines are read and packed, at levels 0 and 1: nothing is known of their
# kernels. What reads the dumps is not ours.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# core32 NAME CLASS: an ELF core of i386, 64 pages at 1 MiB and 16 at 8 MiB (half of them zeros).
cat >core32.pl <<'END'
my ($name, $class) = @ARGV;
my $wide = $class == 64;
my $notes = pack("VVVa8", 5, 144, 1, "CORE") . "\0" x 144;
my @loads = ([0x100000, 64], [0x800000, 16]);
my ($ehsize, $phsize) = $wide ? (64, 56) : (52, 32);
my $at = 4096 * 2;
my ($phdrs, $data) = ("", "");
sub phdr {
	my ($type, $offset, $paddr, $size) = @_;
	return $wide ? pack("VVQ<Q<Q<Q<Q<Q<", $type, 0, $offset, 0, $paddr, $size, $size, 0)
		: pack("V8", $type, $offset, 0, $paddr, $size, $size, 0, 0);
}
$phdrs .= phdr(4, 4096, 0, length($notes));
for my $load (@loads) {
	my ($paddr, $pages) = @$load;
	$phdrs .= phdr(1, $at, $paddr, $pages * 4096);
	for my $i (0 .. $pages - 1) {
		my $pfn = $paddr / 4096 + $i;
		$data .= $i % 2 ? pack("V", $pfn) x 1024 : "\0" x 4096;
	}
	$at += $pages * 4096;
}
my $ident = pack("a4CCCx9", "\177ELF", $wide ? 2 : 1, 1, 1);
my $ehdr = $ident . ($wide ? pack("vvVQ<Q<Q<Vvvvvvv", 4, 3, 1, 0, $ehsize, 0, 0, $ehsize, $phsize, 3, 0, 0, 0)
	: pack("vvVVVVVvvvvvv", 4, 3, 1, 0, $ehsize, 0, 0, $ehsize, $phsize, 3, 0, 0, 0));
open(my $out, ">", $name) or die;
print $out $ehdr . $phdrs;
print $out "\0" x (4096 - length($ehdr . $phdrs)), $notes, "\0" x (4096 - length($notes)), $data;
END
perl core32.pl narrow 32
perl core32.pl wide 64

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

# e_flags of a 32-bit ELF header.
printf '\001' | dd of=narrow bs=1 seek=36 conv=notrunc 2>"$why"
run vmtool dump -f --message-level 0 narrow dump
fails_in_one_line 3 'the image was incomplete already' "the mark of an incomplete ELF file is seen"

finish
