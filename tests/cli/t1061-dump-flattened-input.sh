#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A flattened dump is read as it lies in its file; one that was cut never passes for a whole one.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
vmtool dump --message-level 0 -d 31 -z core direct

for options in '-d 0' '-d 16 -c'; do
	# shellcheck disable=SC2086 # words on purpose
	vmtool dump -F --message-level 0 $options core >stream
	run vmtool dump -f -d 31 -z stream dump
	exits 0 "a stream made with $options is a dump like any other"
	ok "and comes to what the image itself comes to" same_dump direct dump
done

vmtool dump -F --message-level 0 -d 31 core >stream
run vmtool dump -F --message-level 0 -d 31 stream
exits 0 "from stream to stream"
ok "nothing changes" same_dump stream "$out"
run vmtool dump --dump-dmesg -F stream
vmtool dump --dump-dmesg -F core >log 2>core.err
ok "the log is that of the image" cmp log "$out"

size=$(stat -c %s stream)
for cut in $((size - 1)) $((size - 16)) $((size / 2)); do
	head -c "$cut" stream >short
	run vmtool dump -f --message-level 2 -z short dump
	exits 3 "a stream cut at $cut of $size bytes gives a dump that is not all there"
	err_has 'the flattened stream is cut off: .* bytes in [0-9]* records are good' \
		"it is said how much is good"
	is 8 $(($(header dump status) & 8)) "and the dump says that it is incomplete"
done
head -c 5000 stream >short
run vmtool dump -f short dump
fails_in_one_line 1 'short: cut off, and what is there is no image' "one cut in its headers is told"
head -c 4100 stream >short
run vmtool dump -f short dump
fails_in_one_line 1 'short: a flattened dump without records' "so is one without a record"
head -c 300 stream >short
run vmtool dump -f short dump
fails_in_one_line 1 'short: a flattened dump cut off in its header' "and one without a header"
run sh -c 'cat stream | vmtool dump -f /dev/stdin dump'
fails_in_one_line 1 "cannot seek" "what comes through a pipe must be put in a file first"

finish
