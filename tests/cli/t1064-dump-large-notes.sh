#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Device dumps (vmcoredd) make notes of tens of megabytes: they are copied, and never held in
# memory.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{
	small_kernel 6.1
	every_class
	echo 'note VMCOREDD 0x700 30000000'
	echo 'note VMCOREDD 0x700 34000003'
} | core core

# bounded SENTENCE: about the report of the last run. A sanitizer takes far more for itself.
bounded() {
	used=$(json "$out" '$_->{peak_resident_bytes} + $_->{page_table_bytes}')
	grep -q __asan_init "$VMTOOL" && used=0
	ok "$1 ($((used >> 20)) MiB)" test "$used" -le $((18 << 20))
}

run vmtool dump --json --num-threads 1 -c -d 31 core dump
exits 0 "64 MB of notes in a dump"
bounded "do not go through memory"
is 2 "$("$TOOL_DIR/kdump-ls" --notes dump | grep -c '^VMCOREDD 1792 3[04]00000[03]$')" "and are in it"
keeps_as_told core 31 dump "with the pages behind them"
ok "byte by byte" sh -c '[ "$(tr -dc Z <dump | wc -c)" -ge 64000003 ]'
run vmtool dump --json --num-threads 1 -E -d 31 core elf
exits 0 "the same as ELF"
bounded "do not go through memory"
run vmtool dump --json --num-threads 1 -z -d 31 dump again
exits 0 "and from one dump to another"
bounded "do not go through memory"
is "$("$TOOL_DIR/kdump-ls" --notes dump)" "$("$TOOL_DIR/kdump-ls" --notes again)" "and are the same"
run sh -c 'vmtool dump --message-level 0 -F -c -d 31 core | vmtool dump --receive received'
exits 0 "a stream carries them"
ok "all of it" cmp dump received

finish
