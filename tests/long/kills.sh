#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KILLS (100) times kill -9 at any moment: what a dump or a recording has written stays readable.
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"
kills=${KILLS:-100}

# kill_after COMMAND...: start it, and kill it at some moment within the time it needs.
kill_after() {
	"$@" >/dev/null 2>&1 &
	pid=$!
	perl -e 'select(undef, undef, undef, rand($ARGV[0]))' "$took"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}

seconds() {
	perl -MTime::HiRes=time -e '$t = time; system(@ARGV); printf "%.3f", time - $t' "$@"
}

{
	cat <<-END
		kernel 6.1
		default none
		kernel-at 64M
		load 0+512M
		fill 0x10+0x4000 random
		fill 0x8000+0x4000 pfn
	END
} | core core
took=$(seconds vmtool dump --message-level 0 core whole)
"$TOOL_DIR/kdump-ls" --sums whole >whole.sums

broken=0
wrong=0
marked=0
kept=0
n=0
while [ "$n" -lt "$kills" ]; do
	n=$((n + 1))
	rm -f dump
	kill_after vmtool dump -c --message-level 0 core dump
	# Before its header the file is nothing yet.
	[ "$(head -c 5 dump 2>/dev/null)" = KDUMP ] || continue
	"$TOOL_DIR/kdump-ls" --check dump >check 2>&1 || {
		broken=$((broken + 1))
		continue
	}
	kept=$((kept + 1))
	"$TOOL_DIR/kdump-ls" --sums dump >sums
	[ "$(comm -23 sums whole.sums | wc -l)" -eq 0 ] || wrong=$((wrong + 1))
	if [ "$(wc -l <sums)" -lt "$(wc -l <whole.sums)" ] &&
		[ "$(($(header dump status) & 8))" -eq 0 ]; then
		marked=$((marked + 1))
	fi
done
echo "# $kills dumps killed, $kept of them with pages in the file"
is 0 "$broken" "each dump that was begun is well-formed"
is 0 "$wrong" "no page of it is wrong"
is 0 "$marked" "and none that is not whole says it is"
ok "there were such dumps" test "$kept" -gt $((kills / 10))

if [ "$(id -u)" -ne 0 ] || ! vmtool record -q -m 1M -o try.data -- true 2>/dev/null; then
	skip "machine: recording is not permitted here" "recordings that are killed can be read"
	kills=0
fi
took=1.0
read=0
unread=0
n=0
while [ "$n" -lt "$kills" ]; do
	n=$((n + 1))
	rm -f cut.data
	kill_after vmtool record -q -m 1M --page --slab -o cut.data -- sleep 5
	# Its header is written when all is there that it tells of; before it is nothing to read.
	[ "$(head -c 8 cut.data 2>/dev/null)" = PERFILE2 ] || continue
	read=$((read + 1))
	vmtool report -i cut.data --json >report.json 2>report.err || {
		unread=$((unread + 1))
		sed 's/^/# /' report.err
	}
done
echo "# $kills recordings killed, $read of them with something in the file"
[ "$kills" -eq 0 ] || is 0 "$unread" "recordings that are killed can be read"
[ "$kills" -eq 0 ] || ok "there were such recordings" test "$read" -gt $((kills / 10))

finish
