#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A dump of more than 2 GiB finds the disk full, or its stream is cut there: what is in the file is
# described, and nothing that is not. (makedumpfile, up to 1.7.8, keeps the end of the file in an
# int where it mends the last descriptors.)
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "machine: needs root, to mount a small disk"
[ "$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)" -gt 3500 ] ||
	skip_all "machine: needs 3.5 GiB of memory for that disk"

mkdir disk
if ! mount -t tmpfs -o size=2200m none disk 2>/dev/null; then
	skip_all "machine: may not mount"
fi
trap 'cd / && umount "$scratch/work/disk"; rm -rf "$scratch"' EXIT

# 2.5 GiB of memory, 64 MiB of which are in the file: the segments all have the same bytes.
{
	i=1
	echo 'load 0+64M'
	echo 'fill 0+0x4000 random'
	while [ "$i" -lt 40 ]; do
		echo "load $((i * 64))M+64M"
		i=$((i + 1))
	done
} | core plain
first=$(readelf -lW plain | awk '$1 == "LOAD" { print $2; exit }')
{
	cat plain.txt
	i=2
	while [ "$i" -le 40 ]; do
		echo "phdr $i p_offset $first"
		i=$((i + 1))
	done
} | core core
pages=$((40 * 16384))

# what_is_there DUMP: descriptors all point into the file, and there are so many.
what_is_there() {
	"$TOOL_DIR/kdump-ls" --check "$1" >"$why" 2>&1 || return 1
	there=$("$TOOL_DIR/kdump-ls" --descs "$1" | awk '$2 { n++ } END { print n + 0 }')
	echo "$there descriptors" >>"$why"
}

run vmtool dump --message-level 0 -d 0 core disk/dump
exits 3 "the disk is full at 2.2 GiB"
ok "and the file is larger than 2 GiB" test "$(stat -c %s disk/dump)" -gt $((1 << 31))
if what_is_there disk/dump; then
	pass "what it describes is in it"
else
	fail "what it describes is in it"
fi
told=$(sed -n 's/.* \([0-9]*\) of [0-9]* pages can be read.*/\1/p' "$err")
is "$told" "$there" "as many pages as was said"
ok "which is nearly all that fitted" test "$there" -gt $((2150 * 256)) -a "$there" -lt "$pages"
ok "another reader finds them as they are in the image" "$TOOL_DIR/kdump-read" -l disk/dump core
rm -f disk/dump

# The same through a pipe.
run sh -c 'vmtool dump --message-level 0 -F -d 0 core | vmtool dump --receive disk/dump'
exits 3 "a stream finds it full as well"
ok "and keeps what came" test "$(stat -c %s disk/dump-incomplete)" -gt $((1 << 31))
# A hole of the file cannot be mapped on a disk that is full.
mount -o remount,size=2300m disk
if what_is_there disk/dump-incomplete; then
	pass "what it describes is in it"
else
	fail "what it describes is in it"
fi
ok "which is nearly all" test "$there" -gt $((2100 * 256))
rm -f disk/dump*
mount -o remount,size=2200m disk

run vmtool dump --message-level 0 -E -d 0 core disk/dump
exits 3 "an ELF file finds it full"
run vmtool dump --verify disk/dump
exits 3 "and is incomplete"
ok "but not damaged" grep -q ' 0 damaged$' "$out"

finish
