#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is written first is lost last: in an output that was cut, no page of a group is lost while
# one of a less valuable group is there.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# Each group in two places, in an order that is not that of their value. Random pages, so that a cut
# anywhere in the file is a cut in each group's turn. Vital: the image at 16 MiB, page tables.
cat <<-END >groups
	6 0x200 0x80
	5 0x280 0x80
	1 0x300 0x40
	7 0x400 0x200
	4 0x600 0x40
	0 0x640 0x20
	2 0x700 0x80
	0 0x1000 0x200
	4 0x1600 0x40
	7 0x1800 0x100
	1 0x1900 0x40
	2 0x1980 0x40
	6 0x1a00 0x100
	5 0x1b00 0x100
END
{
	small_kernel 6.1
	cat <<-END
		pages 0x200+0x80 anon
		pages 0x280+0x80 cache
		pages 0x300+0x40 slab
		pages 0x400+0x200 free order=9
		pages 0x600+0x40 cache-private
		pages 0x640+0x20 table
		pages 0x1600+0x40 cache-private
		pages 0x1800+0x100 free order=8
		pages 0x1900+0x40 slab
		pages 0x1a00+0x100 anon
		pages 0x1b00+0x100 cache
		fill 0x200+0x580 random
		fill 0x1600+0x600 random
	END
} | core core

# in_order FILE LEVEL SENTENCE: some page is lost and some is there, and the order holds.
in_order() {
	if ! "$TOOL_DIR/kdump-ls" --check "$1" >"$why" 2>&1; then
		fail "$3"
		return
	fi
	"$TOOL_DIR/kdump-ls" --descs "$1" >descs
	if perl -e '
		my ($groups, $descs) = @ARGV;
		my (@group_of, @there, @lost);
		open my $in, "<", $groups or die;
		while (<$in>) {
			my ($group, $first, $nr) = split;
			$group_of[$_] = $group for hex($first) .. hex($first) + hex($nr) - 1;
		}
		open $in, "<", $descs or die;
		while (<$in>) {
			my ($pfn, $offset) = split;
			my $group = $group_of[hex $pfn];
			next unless defined $group;
			$offset ? $there[$group]++ : $lost[$group]++;
		}
		my ($last) = grep { $there[$_] } reverse 0 .. 7;
		my ($first) = grep { $lost[$_] } 0 .. 7;
		print "there: ", join(" ", map { $_ // 0 } @there[0 .. 7]), "\n";
		print "lost:  ", join(" ", map { $_ // 0 } @lost[0 .. 7]), "\n";
		exit !(defined $last && defined $first && $last <= $first);
	' groups descs >"$why" 2>&1; then
		pass "$3"
	else
		fail "$3"
	fi
}

# shellcheck disable=SC2317 # called through run
limited() {
	(
		ulimit -f $((at / 512))
		exec vmtool dump --message-level 0 -f -c -d "$level" core dump
	)
}
for level in 0 31; do
	run vmtool dump --message-level 0 -f -c -d $level core whole
	data=$("$TOOL_DIR/kdump-ls" --descs whole | awk 'NR == 1 || $2 < min { min = $2 } END { print min }')
	size=$(stat -c %s whole)
	for percent in 10 25 50 75; do
		at=$((data + (size - data) * percent / 100))
		run limited
		exits 3 "level $level: an output cut at $percent% is incomplete"
		in_order dump $level "level $level, $percent%: what is lost matters less than what is there"
	done
done

# The log and what leads to it and to the struct pages are ordinary kernel memory, and the first of
# all: 2 MiB of objects would have come before.
{
	small_kernel 6.1
	echo "pages 0x300+0x200 slab"
	echo "fill 0x300+0x200 random"
	log_of <<-END
		1000 T1 5 the first message
		27030059000 T1 0 Kernel panic - not syncing: sysrq triggered crash
	END
} | core logged
run vmtool dump --message-level 0 -f -c -L 400k logged dump
exits 3 "an output that has room for little is incomplete"
run vmtool dump --dump-dmesg -F dump
exits 0 "but has the kernel's log"
out_has 'Kernel panic - not syncing: sysrq triggered crash$' "to the last message"

# A stream: records of descriptors follow the data they describe, soon enough that of what arrived
# less than a third is lost.
for level in 0 31; do
	vmtool dump --message-level 0 -F -c -d $level core >stream
	size=$(stat -c %s stream)
	for percent in 10 25 50 75; do
		head -c $((size * percent / 100)) stream >cut-stream
		status=0
		vmtool dump -R -f dump <cut-stream >"$out" 2>"$err" || status=$?
		ran="vmtool dump -R"
		exits 3 "level $level: a stream cut at $percent% is incomplete"
		ok "and what arrived is well-formed" "$TOOL_DIR/kdump-ls" --check dump
		[ "$percent" -ge 25 ] || continue
		in_order dump $level "level $level, stream, $percent%: what is lost matters less than what is there"
		share=$("$TOOL_DIR/kdump-ls" --descs dump | awk -v arrived=$((size * percent / 100)) \
			'$2 { n += $3 } END { print int(100 * n / arrived) }')
		ok "and most of what arrived can be read: $share%" test "$share" -ge 65
	done
done

finish
