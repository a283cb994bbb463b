# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What several of these scripts need. Sourced by them, with $build set to the build folder.

# The middle one of the numbers on standard input.
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# made_up_machine GIB FILE: the image of a machine with so much memory. Its struct pages are few,
# mapped again and again.
made_up_machine() {
	"${build:?}/tests/tool/mkvmcore" "$2" <<-END
		kernel 6.1
		vmemmap 2M
		default none
		kernel-at 64M
		load 0+$1G
		repeat 0x10000+$(($1 * 0x40000 - 0x10000))
		pages 0x10000+0x8000 free order=10
		pages 0x10000+8 slab
		pages 0x10008+0x3f8 anon
	END
}

# json_number PATH FILE: the number a JSON file has there (seconds.plan), "-" when it has none.
json_number() {
	perl -MJSON::PP -0777 -e '
		my ($path, $file) = @ARGV;
		open my $in, "<", $file or die "$file: $!";
		my $value = decode_json(<$in>);
		$value = ref $value eq "HASH" ? $value->{$_} : undef for split /\./, $path;
		print $value // "-", "\n"' "$1" "$2"
}

# peak_mib FILE: of a report of vmtool dump --json: resident, and page tables, in MiB.
peak_mib() {
	echo "$(json_number memory.peak_resident_bytes "$1") $(json_number memory.page_table_bytes "$1")" |
		awk '{ printf "%.1f", ($1 + $2) / 1048576 }'
}
