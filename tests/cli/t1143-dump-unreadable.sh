#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Memory that cannot be read: the dump goes on without it, says so, and succeeds.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{
	small_kernel 6.1
	cat <<-END
		pages 0x300+0x40 slab
		pages 0x400+0x40 anon
		pages 0x440+0x40 anon mapping=0x4f2f3f4f5f6f7fe1
		fill 0x300+0x180 random
	END
} | core core
run vmtool dump -c core whole
exits 0 "with all of it readable"
"$TOOL_DIR/kdump-ls" --sums whole >whole.sums

# Where a page frame lies in the file: the segment of 1M+31M.
segment=$(perl -e '
	open my $in, "<:raw", "core" or die;
	read $in, my $bytes, 4096;
	my ($at, $nr) = (unpack("Q<", substr $bytes, 32, 8), unpack("S<", substr $bytes, 56, 2));
	for my $i (0 .. $nr - 1) {
		my ($type, undef, $offset, undef, $paddr) =
			unpack "L<L<Q<Q<Q<", substr $bytes, $at + 56 * $i, 32;
		print $offset if $type == 1 && $paddr == 1 << 20;
	}')
page() {
	echo $((segment + ($1 - 0x100) * 4096))
}

# lost FILE: page frames that are lost, on one line.
lost() {
	"$TOOL_DIR/kdump-ls" --descs "$1" | awk '$2 == 0 { printf "%s ", $1 }'
}

export FAULTS
for threads in 1 2; do
	FAULTS="pread:$(page 0x410)+8192:EIO pread:$(page 0x320)+1:EIO pread:$(page 0x1fff)+4096:EIO"
	run "$TOOL_DIR/faulty" dump --num-threads $threads -f -c core dump
	exits 0 "$threads threads: pages that cannot be read do not stop a dump"
	is "0x320 0x410 0x411 0x1fff " "$(lost dump)" "they alone are lost"
	is 0 "$(($(header dump status) & 8))" "it is marked complete"
	"$TOOL_DIR/kdump-ls" --sums dump >sums
	ok "and all others are as they are" test -z "$(comm -23 sums whole.sums)"
	ok "for another reader too" "$TOOL_DIR/kdump-read" -l dump core
	ok "the first is named with the reason" \
		grep -q '^vmtool dump: warning: page frame 0x.* cannot be read: .*Input/output' "$err"
	ok "and all are counted and listed" grep -q \
		'warning: 4 pages cannot be read and are lost, page frames 0x320, 0x1fff, 0x410-0x411$' \
		"$err"
done
run "$TOOL_DIR/faulty" dump --json -f -c core dump
ok "JSON lists them as well" grep -q '"unreadable": *4' "$out"
ok "range by range" perl -0ne \
	'exit !/"first_pfn":\s*1040,\s*"pages":\s*2\b/' "$out"

# They are lost for good, but that is no reason to call what is made of the dump incomplete.
run vmtool dump -f -z dump again
exits 0 "a dump that lacks pages is filtered again"
is "0x320 0x410 0x411 0x1fff " "$(lost again)" "they are lost, and no others"
is 0 "$(($(header again status) & 8))" "it is marked complete as well"
ok "and the warnings come again" grep -q 'warning: 4 pages cannot be read and are lost' "$err"
run vmtool dump -F --message-level 0 dump
exits 0 "as a stream too"
# Byte 424 is the header's status, 8 the flag of a dump that is not all there.
printf '\011' | dd of=dump bs=1 seek=424 conv=notrunc 2>"$why"
run vmtool dump -f --message-level 0 dump again
fails_in_one_line 3 'the image was incomplete already, 4 of its pages' "unless it is marked incomplete"

# The struct pages of 64 page frames: they are kept, as nothing is known of them.
marked=$(LC_ALL=C grep -obUaP '\xe1\x7f\x6f\x5f\x4f\x3f\x2f\x4f' core | head -n 1 | cut -d: -f1)
at=$((marked / 4096 * 4096))
FAULTS="pread:$at+1:EIO"
run "$TOOL_DIR/faulty" dump -d 31 -f -c core dump
exits 0 "struct pages that cannot be read do not stop a dump"
warned='vmtool dump: warning: [0-9]* page frames have no struct page that can be read: they are kept (.*)'
ok "which says so" grep -qx "$warned" "$err"
"$TOOL_DIR/kdump-ls" --pages dump >pages
ok "and keeps what they stood for" grep -q '^0x440+' pages
vmtool dump -d 31 -f -c --message-level 0 core dump
"$TOOL_DIR/kdump-ls" --pages dump >pages
ok "which it leaves out otherwise" sh -c '! grep -q "^0x440" pages'

# What is poisoned is not even tried.
{ cat core.txt && echo "flag 0x450 hwpoison"; } | core poisoned
FAULTS="pread:$(page 0x450)+4096:EIO"
run "$TOOL_DIR/faulty" dump --non-mmap -f poisoned dump
exits 0 "a poisoned page"
"$TOOL_DIR/kdump-ls" --pages dump >pages
ok "is left out" sh -c '! grep -q "^0x400+0x80" pages'
ok "and was not asked for" sh -c '! grep -q "cannot be read" "$1"' - "$err"

finish
