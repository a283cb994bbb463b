#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A dump that is there already: what it is (--info), and whether it is what it says (--verify).
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
for codec in -c -l -p -z ""; do
	vmtool dump --message-level 0 -f $codec core dump || continue
	run vmtool dump --verify dump
	exits 0 "a dump made with '$codec' is good"
	run vmtool dump --verify --num-threads 1 dump
	exits 0 "also to one thread"
done
run vmtool dump --verify core
exits 0 "an ELF core is good"
ok "and all of it was read" grep -q '^ELF.* 8,094 good, 0 lost, 0 damaged$' "$out"

# What it says of itself.
vmtool dump --message-level 0 -f -c -d 31 core dump
pages=$(header dump pages | sed 's/\(...\)$/,\1/')
run vmtool dump --info dump
exits 0 "--info of a dump"
ok "names the kernel" grep -q '^kernel  *6.1.0-56-amd64, x86_64$' "$out"
ok "the time of the crash" grep -q '^crashed  *2023-11-14 22:13:20 UTC$' "$out"
ok "the level" grep -q '^level  *31$' "$out"
ok "what it is compressed with" grep -q '^compression  *zlib$' "$out"
ok "that it is complete" grep -q '^complete  *yes$' "$out"
ok "who wrote it" grep -q '^written by  *vmtool [0-9.]*, codec zlib (.*)$' "$out"
ok "and classes" grep -Eq '^  slab +64 +0$' "$out"
run vmtool dump --json --info dump
ok "JSON has the same" perl -0ne 'exit !(/"kernel": "6.1.0-56-amd64"/ && /"level": 31/ &&
	/"complete": true/ && /"class": "slab",\s*"pages": 64,\s*"left_out": 0/)' "$out"
run vmtool dump --json --verify dump
ok "and so has that of --verify" perl -0ne 'exit !(/^\{\s*"verdict": "good"/ &&
	/"in_dump": '"${pages%,*}${pages#*,}"',\s*"good": '"${pages%,*}${pages#*,}"',\s*"lost": 0,\s*"cut_off": 0,\s*"damaged": 0/)' "$out"
run vmtool dump --info core
exits 0 "--info of an ELF core"
ok "knows no level" sh -c '! grep -q ^level "$1"' - "$out"

# The note: last, of a size of its own, the same for any number of threads, not handed on.
is "CORE 1 336
VMCOREINFO 0 3284
VMTOOL 1447908401 2028" "$("$TOOL_DIR/kdump-ls" --notes dump)" "a dump has a note of ours behind the others"
vmtool dump --message-level 0 -f --num-threads 3 -c -d 31 core again
ok "which knows nothing of threads" cmp dump again
vmtool dump --message-level 0 -f -z -d 1 dump again
is "$("$TOOL_DIR/kdump-ls" --notes dump)" "$("$TOOL_DIR/kdump-ls" --notes again)" \
	"a dump made of a dump has one as well"
ok "of its own" sh -c 'vmtool dump --info again | grep -q "codec zstd"'
vmtool dump -F --message-level 0 -c -d 31 core | vmtool dump -R -f again
ok "a stream carries it too" cmp dump again

# What was unreadable is counted there.
FAULTS="pread:4000000+1:EIO" "$TOOL_DIR/faulty" dump --message-level 0 -f -c core lossy
run vmtool dump --verify lossy
exits 0 "a dump without an unreadable page is good"
ok "its loss is told" grep -q ' 1 lost, 0 damaged$' "$out"
ok "by --info too" sh -c 'vmtool dump --info lossy | grep -q " 1 unreadable$"'

# Memory that is less than a page, and cannot be read.
{ echo 'load 1M+1K' && echo 'load 4M+6K'; } | core pieces
FAULTS="pread:0x2000+0x2000:EIO" run "$TOOL_DIR/faulty" dump --verify --json --message-level 0 pieces
is '3 1 2' "$(json "$out" 'join " ", @{$_->{pages}}{qw(in_dump good damaged)}')" \
	"pieces of pages are counted as pages, good or damaged"

# Damage. Descriptors begin behind headers and bitmaps.
descs=$("$TOOL_DIR/kdump-ls" dump | awk '
	/^block_size/ { block = $2 } /^sub_hdr_size/ { sub_ = $2 } /^bitmap_blocks/ { maps = $2 }
	END { print block * (1 + sub_ + maps) }')
size=$(stat -c %s dump)
# put OFFSET HEXBYTES: over a copy of the dump.
put() {
	cp dump bad
	perl -e 'print pack "H*", shift' "$2" | dd of=bad bs=1 seek="$1" conv=notrunc 2>/dev/null
}
# says CODE REGEX SENTENCE: there is a summary on stdout as well.
says() {
	if [ "$status" -eq "$1" ] && tail -n 1 "$err" | grep -Eq "$2"; then
		pass "$3"
	else
		{ echo "exit code $status, expected $1 and: $2" && show_err; } >"$why"
		fail "$3"
	fi
}
damaged() {
	run vmtool dump --verify bad
	says 1 "^vmtool dump: bad is damaged: .*$1" "$2 is damage"
}
put $((descs - 8192 + 0x1000 / 8)) 00
damaged '8 of .* pages; page frame 0x1000: in the dump, but not in the map of memory' \
	"a bitmap of memory without pages of the dump"
run vmtool dump --verify --json --message-level 0 bad
is 8 "$(json "$out" '$_->{pages}{in_dump} - $_->{pages}{good}')" "which are counted once"
put "$descs" ffffffffffffff7f
damaged 'the file ends before the page' "a page beyond the end"
put "$descs" 0100000000000000
damaged 'lie before the page data' "a page among the headers"
put $((descs + 8)) 01000000
damaged 'absurd size of 1 bytes' "a raw page of one byte"
put $((descs + 12)) 07000000
damaged 'unknown flags' "a codec nobody knows"
zlib=$("$TOOL_DIR/kdump-ls" --descs dump | awk '$4 == 1 { print $2; exit }')
put $((zlib + 20)) 0000000000000000
damaged 'not a page packed with zlib' "a compressed page that was written over"
offset=$("$TOOL_DIR/kdump-ls" --descs dump | awk 'NR == 1 { print $2 + 4 }')
put "$descs" "$(printf '%016x' "$offset" | fold -w 2 | tac | tr -d '\n')"
damaged "partly another page's" "pages that overlap"
# Without a level some pages are stored raw and alone; the descriptors' place is the same.
vmtool dump --message-level 0 -f -d 0 core bad
"$TOOL_DIR/kdump-ls" --descs bad | perl -e '
	my ($descs, %at, %nr) = shift;
	while (<STDIN>) { my $o = (split)[1]; $at{$o} = $. - 1; $nr{$o}++ }
	my ($alone) = grep { $nr{$_} == 1 } sort { $a <=> $b } keys %nr;
	my ($zeros) = grep { $nr{$_} > 1 } keys %nr;
	open my $f, "+<:raw", "bad" or die;
	seek $f, $descs + 24 * $at{$zeros}, 0;
	print $f pack "Q<", $alone' "$descs"
damaged "another page's, and no zeros" "a page of zeros that points at another page"
head -c $((size - 5000)) dump >bad
damaged 'the file ends before the page' "a file that was cut"
head -c $((descs + 240)) dump >bad
damaged 'the file ends before' "a file cut in its descriptors"
for len in 0 7 100 4096 8192 $((descs - 1)); do
	head -c "$len" dump >bad
	run vmtool dump --verify bad
	fails_in_one_line 1 '^vmtool dump: bad' "a file of $len bytes is none"
done

# Zeros where descriptors were: not what the note says was lost.
put $((descs + 240)) 000000000000000000000000000000000000000000000000
run vmtool dump --verify bad
says 3 '^vmtool dump: bad is incomplete: ' "more pages lost than the dump says of itself"

# What was stopped says so, and where it ends is no damage: neither before all descriptors have
# their place, nor between two blocks of the file, where a descriptor has its offset and nothing
# else.
put 424 09
cp bad stopped
head -c "$descs" stopped >bad
run vmtool dump --verify bad
says 3 '^vmtool dump: bad is incomplete: 0 of ' "a stopped dump that ends before its descriptors is incomplete"
head -c $((descs + 240)) stopped >bad
run vmtool dump --verify bad
says 3 'bad is incomplete: 0 of ' "so is one that ends behind the first of them"
ok "whose pages are cut off" grep -q ' cut off, 0 damaged$' "$out"
head -c $((size - 5000)) stopped >bad
run vmtool dump --verify bad
says 3 'bad is incomplete: ' "and one that lacks its end"
cut=$(sed -n 's/.* good, 0 lost, \([0-9]*\) cut off, 0 damaged$/\1/p' "$out")
ok "the pages it lacks are counted" test "${cut:-0}" -gt 0
run vmtool dump --verify --json bad
ok "in JSON too" perl -0ne 'exit !(/"verdict": "incomplete"/ && /"cut_off": '"$cut"',\s*"damaged": 0/)' "$out"
perl -e 'print pack "Q<", 1 << 62' | dd of=bad bs=1 seek="$descs" conv=notrunc 2>/dev/null
run vmtool dump --verify bad
says 1 'bad is damaged: 1 of .* the file ends before the page' "an offset where no page would be is damage all the same"
cp stopped bad
perl -e 'print "\0" x 16' | dd of=bad bs=1 seek=$((descs + 240 + 8)) conv=notrunc 2>/dev/null
run vmtool dump --verify bad
says 3 '^vmtool dump: bad is incomplete: ' "a descriptor that was half written is a page lost"
perl -e 'print pack "Q<", 1 << 62' | dd of=bad bs=1 seek=$((descs + 240)) conv=notrunc 2>/dev/null
run vmtool dump --verify bad
says 1 'bad is damaged: 1 of ' "but not one whose offset nobody would have written"
put $((descs + 248)) 00000000000000000000000000000000
damaged 'absurd size of 0 bytes' "in a dump that says it is complete it"

# shellcheck disable=SC2317 # called through run
limited() {
	(
		ulimit -f $(((size - 10000) / 512))
		exec vmtool dump -f -c -d 31 core bad
	)
}
run limited
run vmtool dump --verify bad
says 3 '^vmtool dump: bad is incomplete: [0-9]+ of [0-9]+ pages' "a full disk leaves what is incomplete"
ok "but nothing that is damaged" grep -q ' 0 damaged$' "$out"
run vmtool dump --info bad
exits 0 "--info of it"
ok "says so" grep -q '^complete  *no$' "$out"

# Other formats.
vmtool dump --message-level 0 -f -E -d 31 core elf
run vmtool dump --verify elf
exits 0 "an ELF file of ours is good"
ok "and carries the note" sh -c 'vmtool dump --info elf | grep -q "^written by"'
vmtool dump --message-level 0 -f --split -c -d 31 core part1 part2
run vmtool dump --verify part1 part2
exits 0 "a split dump is good"
ok "all of it" grep -q " $pages pages: $pages good" "$out"
run vmtool dump --verify part2
says 3 'part2 is incomplete' "one part of it is incomplete"
vmtool dump -F --message-level 0 -c -d 31 core >flat
run vmtool dump --verify flat
exits 0 "a flattened file is good"
for percent in 30 60 90 99; do
	head -c $(($(stat -c %s flat) * percent / 100)) flat >flat-cut
	run vmtool dump --verify flat-cut
	says 3 'flat-cut is incomplete: ' "cut at $percent% it is incomplete"
	ok "and not damaged at $percent%" grep -q ' 0 damaged$' "$out"
done
for cut in 17 18 29 40 41; do
	head -c -"$cut" flat >flat-cut
	run vmtool dump --verify flat-cut
	says 3 'flat-cut is incomplete' "cut anywhere, $cut bytes before its end, it is incomplete"
	ok "and nothing is damaged" grep -q ' 0 damaged$' "$out"
done

# Of another writer, whose records have 1000 bytes each: a few bytes of the last of 12 pages, and
# all of those before it.
echo lp64 le raw flat >spec
"$TOOL_DIR/mkkdump" spec flat12
vmtool dump --message-level 0 -R dump12 <flat12
for left in 1 10; do
	at=$(($(stat -c %s dump12) - 4096 + left))
	head -c $((4096 + (at / 1000 + 1) * 16 + at)) flat12 >flat-cut
	run vmtool dump --verify flat-cut
	ok "cut $left bytes behind a page, that page is good" grep -q ' 12 pages: 11 good, ' "$out"
done
# Before version 1 the header did not say it, and 0 would be a level.
for level in version=0:unknown version=1:known; do
	echo "lp64 le raw ${level%:*}" >spec
	"$TOOL_DIR/mkkdump" spec old
	run vmtool dump --info --json --message-level 0 old
	is "${level#*:}" "$(json "$out" 'defined $_->{level} ? "known" : "unknown"')" \
		"the level of a file of ${level%:*} is ${level#*:}"
done
head -c -16 flat >flat-cut
run vmtool dump --verify flat-cut
says 3 'flat-cut is incomplete' "a flattened file without its end record is incomplete"

run vmtool dump --verify --info dump
fails_in_one_line 129 'exclude each other' "--verify and --info are two questions"
run vmtool dump --verify -F dump
fails_in_one_line 129 'write no dump' "neither of them writes"
run vmtool dump --verify nowhere
fails_in_one_line 1 'nowhere: No such file' "a file that is not there"
run vmtool dump --verify /dev/null
fails_in_one_line 1 '/dev/null' "nor is this a dump"

finish
