#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The comparison of ways to read a dump in the manual of vmtool stat can be typed as it stands
# there.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

small_kernel 6.1 | core vmcore
sed -n '/^    for tool in/,/^    done/p' "$SRC_DIR/Documentation/vmtool-stat.adoc" |
	sed 's/ -r 5 / -r 2 /' >example
is 7 "$(wc -l <example)" "the manual has it"

tools="makedumpfile 'vmtool dump'"
if ! command -v makedumpfile >/dev/null; then
	skip "missing: makedumpfile" "makedumpfile"
	tools="'vmtool dump'"
fi
sed -i "s/^    for tool in .*/    for tool in $tools; do/" example
run sh example
exits 0 "it runs"

# A table each: column N of a row.
tables=$(grep -c '= sum' "$err")
column() {
	awk -v table="$1" -v row="$2" -v column="$3" '/= sum/ { t++; calls = 1 } / peak RSS$/ { calls = 0 }
		t == table && calls && index($0, row " ") == 1 { sub(row, ""); print $column }' "$err"
}
is "$((tables * 4))" "$(grep -cE '^(non-)?mmap -d(0|31) .* [0-9.]+x +[0-9.]+x$' "$err")" \
	"each way has its row, with what it relates to the first"
for table in $(seq "$tables"); do
	for level in 0 31; do
		# In the order of their numbers: read, mmap, munmap, pread64.
		is "$(column "$table" "non-mmap -d$level" 5)" "$(for i in 1 2 3 4; do
			column "$table" "non-mmap -d$level" $i
		done | awk '{ sum += $1 } END { print sum }')" "the sum of table $table, -d$level"
	done
done
# What --non-mmap is for.
if [ "$tables" = 2 ]; then
	ok "makedumpfile reads where it may not map" \
		test "$(column 1 'non-mmap -d0' 1)" -gt "$((2 * $(column 1 'mmap -d0' 1)))"
	ok "and maps where it may" test "$(column 1 'mmap -d0' 2)" -gt "$(column 1 'non-mmap -d0' 2)"
fi

finish
