#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine of a terabyte: memory and work stay bounded. Its struct pages are few, mapped again and
# again. DUMP_LARGE_TIB=17 tries another size (make check-large).
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

tib=${DUMP_LARGE_TIB:-1}
core core <<-END
	kernel 6.1
	vmemmap 2M
	default none
	kernel-at 64M
	load 0+${tib}T
	repeat 0x10000+$((tib * 0x10000000 - 0x10000))
	pages 0x10000+0x8000 free order=10
	pages 0x10000+8 slab
	pages 0x10008+0x3f8 anon
END
pages=$((tib * 0x10000000))
sections=$((tib * 8192 - 2))

number() {
	perl -0ne 'print $1 if /"'"$1"'": (\d+)/' "$out"
}
run vmtool dump -c -d 31 --num-threads 1 --json core dump
exits 0 "$tib TiB are dumped"
is $pages "$(number original)" "all of it is seen"
ok "free pages are left out" grep -q "\"left_out\": $((sections * 31744))" "$out"
ok "and so are user pages" grep -q "\"left_out\": $((sections * 1016))" "$out"
is $pages "$(number total)" "and the last page frame is the last"
ok "struct pages are fetched once" test "$(number struct_pages_fetched)" -le "$pages"

# 16 MiB and 2 MiB for the thread, whatever the size. A sanitizer takes far more for itself.
used=$(($(number peak_resident_bytes) + $(number page_table_bytes)))
if grep -q __asan_init "$VMTOOL"; then
	limit=$((1 << 30))
else
	limit=$((18 << 20))
fi
ok "with $((used >> 20)) MiB of memory" test "$used" -le "$limit"

run vmtool dump --verify --json --num-threads 1 --message-level 0 dump
exits 0 "the dump is good"
ok "and holds what is kept" grep -q "\"in_dump\": $((65536 + sections * 8))," "$out"

# Slab and user pages in turns: the plan of a GiB takes 256 KiB, and 2 MiB are held.
gib=12
core core <<-END
	kernel 6.1
	vmemmap 2M
	default none
	kernel-at 64M
	load 0+${gib}G
	repeat 0x10000+$((gib * 0x40000 - 0x10000))
	$(awk 'BEGIN { for (n = 65536; n < 98304; n += 2)
		printf "pages %#x+1 slab\npages %#x+1 anon\n", n, n + 1 }')
END
pages=$((gib * 0x40000))
run vmtool dump -c -d 31 --num-threads 1 --json -f core dump
exits 0 "mixed memory is dumped"
fetched=$(number struct_pages_fetched)
ok "what is not held is planned again" test "$fetched" -gt "$pages"
ok "once more and no more" test "$fetched" -le $((pages * 2))
run vmtool dump --verify --json --message-level 0 dump
exits 0 "the dump is good"
ok "and holds what is kept" grep -q "\"in_dump\": $(((pages + 65536) / 2))," "$out"

finish
