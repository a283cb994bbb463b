#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No dump is lost: whichever call on the output fails, and at whatever moment the process is killed,
# what has been written until then can be read, by a reader that is not ours as well.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# Some 3 MiB that do not get smaller, so that there are a number of writes, and little else: it is
# dumped and read a hundred times.
core core <<-END
	kernel 6.1
	vmemmap 4K
	kernel-at 4M
	load 0+9M
	pages 0x100+0x20 slab
	pages 0x200+0x180 anon
	pages 0x380+0x80 cache
	fill 0x100+0x300 random
END
run vmtool dump -c core whole
exits 0 "the whole of it is dumped"
"$TOOL_DIR/kdump-ls" --sums whole >whole.sums
pages=$(header whole pages)

faulty() {
	FAULTS="count:counts $1" run "$TOOL_DIR/faulty" dump --message-level 0 -f -c core dump
}
calls() {
	sed -n "s/^$1 //p" counts
}

# usable: dump can be read by both readers, says that it is incomplete, and each page in it is
# right.
usable() {
	"$TOOL_DIR/kdump-ls" --sums dump 2>"$why" >sums
	"$TOOL_DIR/kdump-ls" --check dump >>"$why" 2>&1 || return 1
	if [ $(($(header dump status) & 8)) -ne 8 ]; then
		echo "it does not say that it is incomplete" >>"$why"
		return 1
	fi
	if [ -n "$(comm -23 sums whole.sums)" ]; then
		echo "some of its pages are not those of the whole" >>"$why"
		return 1
	fi
	"$TOOL_DIR/kdump-read" -l dump >>"$why" 2>&1
}

# kept_what_fitted: the last run failed, said so in a line, and left either nothing or a dump, never
# less than it said.
kept_what_fitted() {
	if [ "$(wc -l <"$err")" -ne 1 ]; then
		show_err >"$why"
		return 1
	fi
	case $status in
	1)
		echo "a file is left" >"$why"
		[ ! -e dump ]
		;;
	3)
		usable || return 1
		dumps=$((dumps + 1))
		said=$(sed -n 's/.* incomplete, \([0-9]*\) of .*/\1/p' "$err")
		echo "it says that $said pages can be read, $(wc -l <sums) can" >>"$why"
		[ "$said" -eq "$(wc -l <sums)" ]
		;;
	*)
		show_err >"$why"
		return 1
		;;
	esac
}

# each CALL HOW SENTENCE: the sentence holds of kept_what_fitted() for each call of this kind.
each() {
	n=0
	dumps=0
	faulty ""
	total=$(calls "$1")
	while [ $((n += 1)) -le "$total" ]; do
		faulty "$1:$n$2"
		if ! kept_what_fitted; then
			fail "$3 ($1 $n of $total)"
			return
		fi
	done
	if [ "$dumps" -lt "$4" ]; then
		echo "only $dumps of $total failures left a dump" >"$why"
		fail "$3"
	else
		pass "$3: each of $total, $dumps dumps"
	fi
}

faulty ""
exits 0 "nothing fails"
ok "and the dump is the same" cmp dump whole
each pwrite "+:ENOSPC" "the disk is full from a write on" 5
each pwrite ":EIO" "one write fails" 5
each fallocate ":ENOSPC" "space cannot be taken" 0
each fdatasync ":EIO" "what was written does not get to the disk" 1

# Half of a write is not an error yet.
n=0
while [ $((n += 1)) -le "$(calls pwrite)" ]; do
	faulty "pwrite:$n:short"
	if [ "$status" -ne 0 ] || ! cmp -s dump whole; then
		break
	fi
done
echo "write $n" >"$why"
if [ "$n" -gt "$(calls pwrite)" ]; then
	pass "writes that stop halfway go on"
else
	fail "writes that stop halfway go on"
fi
faulty "fallocate:1+:EOPNOTSUPP"
exits 0 "a file system that cannot take space ahead will do"
ok "for the same dump" cmp dump whole
faulty "fallocate:1+:EOPNOTSUPP pwrite:$(($(calls pwrite) / 2)):kill"
ok "whose descriptors have their space before they are written" \
	test $(($(stat -c %b dump) * 512)) -ge "$(stat -c %s dump)"

faulty "close:1:EIO"
exits 3 "an error that only close reports counts"
fails_in_one_line 3 '^vmtool dump: .*incomplete.*close dump: Input/output error' "and is named"

# SIGKILL halfway through each write: a dump from its header on, which follows the bitmaps and the
# space of the descriptors, and nothing that looks like one before. The last write only clears the
# flag of what is all there.
n=0
dumps=0
faulty ""
total=$(calls pwrite)
while [ $((n += 1)) -le "$total" ]; do
	faulty "pwrite:$n:kill"
	if [ "$n" -eq "$total" ] && cmp -s dump whole; then
		dumps=$((dumps + 1))
	elif usable && [ "$(header dump pages)" -eq "$pages" ]; then
		run vmtool dump --verify dump
		[ "$status" -eq 3 ] || break
		dumps=$((dumps + 1))
	elif [ "$dumps" -gt 0 ] || [ "$(head -c 5 dump)" = KDUMP ]; then
		break
	else
		run vmtool dump --verify dump
		grep -q 'begins with zeros' "$err" || break
	fi
done
if [ "$n" -gt "$total" ] && [ "$dumps" -ge 5 ] && [ "$dumps" -lt "$total" ]; then
	pass "SIGKILL in any write leaves a dump, from its header on, and none before: $dumps of $total"
else
	echo "write $n of $total, $dumps dumps before it" >>"$why"
	fail "SIGKILL in any write leaves a dump or none"
fi

# Memory is what a capture kernel has little of. Each thread that works has pages at hand, the first
# of them first.
lacking() {
	rm -f dump
	FAULTS="count:counts $1" run "$TOOL_DIR/faulty" dump --message-level 0 --num-threads 3 -c core dump
}
lacking ""
total=$(calls alloc)
n=0
sentence="without memory from some moment on there is a whole dump, or what there is says so"
while [ $((n += 1)) -le "$total" ]; do
	lacking "alloc:$n+:ENOMEM"
	if [ "$status" -eq 0 ]; then cmp dump whole >"$why" 2>&1; else kept_what_fitted; fi || break
done
if [ $n -gt "$total" ]; then pass "$sentence"; else fail "$sentence ($n of $total)"; fi
lacking "alloc:$((total - 3))+:ENOMEM"
exits 0 "a dump that has begun goes on with the memory it has"
ok "and becomes the same" cmp dump whole
# The first thread is the one that reads signals, the others are those that work.
lacking thread:2:ENOMEM
exits 0 "threads that take all memory there is leave pages to work on"
ok "and the dump becomes the same" cmp dump whole
lacking alloc:2:ENOMEM
exits 0 "without memory to look for the kernel's types there is a dump"
ok "and where others know all of it, the same" cmp dump whole

# Places that have nothing to do with calls.
size=$(stat -c %s whole)
step=$((size / 512 / 12))
at=$step
dumps=0
sentence="a file that may not grow is a dump of what fitted"
# shellcheck disable=SC2317 # called through run
limited() {
	(
		ulimit -f "$at"
		exec vmtool dump --message-level 0 -f -c core dump
	)
}
while [ $at -lt $((size / 512)) ]; do
	run limited
	if ! kept_what_fitted; then
		fail "$sentence: $at blocks"
		break
	fi
	at=$((at + step))
done
[ $at -lt $((size / 512)) ] || pass "$sentence: $dumps dumps"
ok "of which the last holds nearly all pages" test "$(wc -l <sums)" -gt $((pages * 9 / 10))

finish
