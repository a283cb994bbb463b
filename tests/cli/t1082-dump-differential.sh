#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images that makedumpfile (1.7.2 to 1.7.8) is known not to manage: vmtool does. What the
# makedumpfile at hand makes of each is told as a comment, and no test: a later one may do better.
# (Files over 2 GiB on a full disk: tests/slow/dump-2gib.sh.)
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# rival WHAT ARGUMENT...: what it says to these arguments.
rival() {
	command -v makedumpfile >/dev/null || return 0
	what=$1
	shift
	code=0
	# It dies of SIGBUS in one of these, which the shell that waits for it would tell as if it
	# were ours.
	# shellcheck disable=SC3045 # dash has it
	{
		(ulimit -c 0 && exec timeout 60 makedumpfile "$@") >rival.log 2>&1 || code=$?
	} 2>/dev/null
	tr '\r' '\n' <rival.log | sed '/^[[:space:]]*$/d' | tail -n 2 | head -n 1 |
		sed "s/^/$what: makedumpfile exits with $code: /" | diag
}

{ small_kernel 6.1 && every_class; } | core core
rival "an image like any other" -c -d 31 core theirs
run vmtool dump -c -d 31 core dump
exits 0 "an image like any other"

# QEMU since 7.2 puts section headers between the ELF header and the program headers.
{ cat core.txt && echo 'shdrs-first 2'; } | core qemu
rival "QEMU's e_phoff" -c -d 31 -f qemu theirs
run vmtool dump -f -c -d 31 qemu again
exits 0 "program headers that are not where they usually are"
ok "are found" same_dump dump again

# A segment whose end is not in the file: pages that cannot be read.
{ cat core.txt && echo 'truncate phys:24M'; } | core short
rival "pages that cannot be read" -c -d 31 -f short theirs
run vmtool dump -f -c -d 0 short again
exits 3 "an image that was cut is dumped as far as it is there"
ok "all that is there" test "$(header again pages)" -ge 5800
ok "and well-formed" "$TOOL_DIR/kdump-ls" --check again

# One part of a set whose disk was full.
vmtool dump --message-level 0 --split -d 0 core part1 part2
size=$(stat -c %s part2)
# shellcheck disable=SC2317 # called through run
limited() {
	vmtool dump --message-level 0 -f --split -d 0 -L $((size * 3 / 5)) core first second
}
run limited
exits 3 "a set that was not finished"
rival "a set of which one part is incomplete" --reassemble part1 second -f theirs
run vmtool dump --message-level 0 --reassemble part1 second joined
exits 3 "is joined with what there is of it"
lost=$("$TOOL_DIR/kdump-ls" --descs joined | awk '!$2 { n++ } END { print n + 0 }')
ok "$lost pages are lost" test "$lost" -gt 0 -a "$lost" -lt "$(header joined pages)"
ok "and the others are those of the image" "$TOOL_DIR/kdump-read" -l joined core

finish
