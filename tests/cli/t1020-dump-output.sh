#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where a dump may be written to, and what else is touched: nothing.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
mode() {
	stat -c %a "$1"
}

umask 0
run vmtool dump -c -d 31 core dump
exits 0 "a new file is made"
is 600 "$(mode dump)" "which only its owner can read, whatever the umask"
keeps_as_told core 31 dump "and holds the dump"

echo precious >file
chmod 644 file
run vmtool dump core file
fails_in_one_line 1 '^vmtool dump: .*file.*exists' "an existing file is refused"
is precious "$(cat file)" "and left as it was"
run vmtool dump -f -c -d 31 core file
exits 0 "-f overwrites it"
is 600 "$(mode file)" "and takes its contents from other eyes"
ok "with the same bytes as in a new file" cmp dump file

head -c 1000000 /dev/zero >longer
run vmtool dump -f -c -d 31 core longer
ok "also where the old file was longer" cmp dump longer

ln -s target link
run vmtool dump core link
fails_in_one_line 1 '^vmtool dump: link is a symbolic link' "a symbolic link to nothing is refused"
ok "and nothing is made behind it" test ! -e target
echo precious >target
run vmtool dump -f core link
fails_in_one_line 1 '^vmtool dump: link is a symbolic link' "a symbolic link is refused also with -f"
is precious "$(cat target)" "and what it leads to is left as it was"

mkdir dir
run vmtool dump core dir
fails_in_one_line 1 '^vmtool dump: .*dir.*[Dd]irectory' "a directory is refused"
run vmtool dump core nowhere/dump
fails_in_one_line 1 '^vmtool dump: .*nowhere/dump.*No such file' "a directory that is not there is named"
run vmtool dump core file/dump
fails_in_one_line 1 '^vmtool dump: .*file/dump.*Not a directory' "a file in place of a directory is named"

mkfifo fifo
run timeout 100 vmtool dump core fifo
fails_in_one_line 1 '^vmtool dump: fifo .*FIFO' "a FIFO is refused, without waiting for its reader"

run vmtool dump -c -d 31 core /dev/null
exits 0 "/dev/null is written to without -f"
ok "and stays what it is" test -c /dev/null

run vmtool dump core core
fails_in_one_line 129 '^vmtool dump: core is the image itself' "the image is not overwritten"
run vmtool dump -f core core
fails_in_one_line 129 '^vmtool dump: core is the image itself' "nor with -f"
ln core hard
run vmtool dump -f core hard
fails_in_one_line 129 '^vmtool dump: hard is the image itself' "nor by another of its names"
"$TOOL_DIR/mkvmcore" core.txt again
ok "nor any byte of it" cmp core again

run vmtool dump --dry-run -c -d 31 core
exits 0 "a dry run needs no output"
run vmtool dump --dry-run -c -d 31 core new
exits 0 "and with one"
ok "writes nothing" test ! -e new
run vmtool dump --dry-run -f -c -d 31 core file
ok "also where -f would let it" cmp dump file
run vmtool dump --dry-run -c -d 31 core file
exits 0 "nor does it look at what is there"
ok "or touch it" cmp dump file

run vmtool dump core
fails_in_one_line 129 '^vmtool dump: .*dumpfile' "no output and no dry run is a usage error"
run vmtool dump -d 32 core new
fails_in_one_line 129 '^vmtool dump: .*32' "level 32 is a usage error"
run vmtool dump -d x core new
fails_in_one_line 129 '^vmtool dump: .*x' "a level that is no number is a usage error"
run vmtool dump core new more
fails_in_one_line 1 'cannot open new: No such file' "all operands but the last are the image"
ok "and none of these made a file" test ! -e new

# Nobody need be behind a device to be refused. (This number is no loop device's by default.)
vmtool dump -F --message-level 0 -c -d 31 core >stream
if mknod device b 7 777 2>/dev/null; then
	run sh -c 'vmtool dump -R -f device <stream'
	fails_in_one_line 1 'device is a block device, and what a stream leaves out .*: name a file' \
		"a stream is put together in nothing but a file"
else
	skip "machine: no device files for $(id -un)" "a stream is put together in nothing but a file"
fi

# A block device, where there is one to have.
head -c 64M /dev/zero | tr '\0' '\377' >disk
if device=$(losetup --find --show disk 2>/dev/null); then
	run vmtool dump -c -d 31 core "$device"
	fails_in_one_line 1 'is a block device \(-f overwrites what is on it\)' \
		"a block device is refused without -f"
	is 64 "$(head -c 64 "$device" | tr -cd '\377' | wc -c)" "and left as it was"
	run vmtool dump -f -c -d 31 core "$device"
	exits 0 "a block device is written to with -f"
	cmp -n "$(stat -c %s dump)" "$device" dump >"$why" 2>&1
	is 0 $? "with the bytes a file gets, whatever was on it before"
	run sh -c 'vmtool dump -R -f "$1" <stream' - "$device"
	fails_in_one_line 1 'is a block device, and what a stream leaves out .*: name a file' \
		"a stream is put together in no block device"
	cmp -n "$(stat -c %s dump)" "$device" dump >"$why" 2>&1
	is 0 $? "which is left as it was"
	losetup -d "$device"
else
	skip "machine: no loop device for $(id -un)" "a block device is written to"
	skip "machine: no loop device for $(id -un)" "a stream is put together in no block device"
fi

finish
