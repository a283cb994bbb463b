#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a dump says of itself: on a terminal, to a person, to a machine.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core

# json PATH...: values of the report on stdout of the last run, on one line; of a list of classes,
# each value in it.
json() {
	perl -MJSON::PP -e '
		local $/;
		open my $file, "<", shift @ARGV or die;
		my $report = JSON::PP->new->decode(<$file>);
		my $json = JSON::PP->new->canonical->allow_nonref;
		my @found;
		for my $path (@ARGV) {
			my $value = $report;
			for my $key (split /\./, $path) {
				die "no $key\n" unless exists $value->{$key};
				$value = $value->{$key};
			}
			my @values = ref $value eq "ARRAY" && @$value && ref $value->[0] ?
				map { @$_{qw(class pages left_out)} } @$value : $value;
			push @found, map { $json->encode($_) } @values;
		}
		print "@found\n"' "$out" "$@"
}

run vmtool dump -c -d 31 core dump
exits 0 "a dump that is not asked for more"
is 1 "$(cat "$out" "$err" | wc -l)" "prints one line"
out_has '^wrote dump: .* of memory' "which says what it made"

run vmtool dump -f -c -d 31 --message-level 0 core dump
is "" "$(cat "$out" "$err")" "--message-level 0 prints nothing"

run vmtool dump -f -c -d 31 --show-stats core dump
exits 0 "--show-stats"
out_has '^  user +1,168 .*left out$' "counts user pages"
out_has '^  free +1,064 .*left out$' "counts free pages"
out_has '^  Original pages +8,094' "totals as makedumpfile does"
out_has '^  total +[0-9.]+ m?s' "tells the time"

run vmtool dump -f -c -d 31 --json core dump
exits 0 "--json"
is "" "$(cat "$err")" "prints nothing but the report"
is '"core" "dump" true 31 "6.1.0-56-amd64" 0' \
	"$(json input output complete level kernel truncated_bytes)" "what was done"
is '"kernel" 5462 0 "slab" 64 0 "typed" 16 0 "cache" 144 144 "cache-private" 160 160 "user" 1168 1168 "free" 1064 1064 "offline" 16 16 "unknown" 0 0 "missing" 0 0' \
	"$(json classes)" "and each class, as the image was described"
is "8094 8192 5541" "$(json pages.original pages.total pages.written)" \
	"the pages there were, there could be, and there are"
is 5541 "$("$TOOL_DIR/kdump-ls" --descs dump | wc -l)" "which is how many are in the file"
zero=$("$TOOL_DIR/kdump-ls" --descs dump | cut -d ' ' -f 2 | sort -n | uniq -c | sort -n | tail -n 1)
is "$(echo "$zero" | sed 's/^ *//; s/ .*//')" "$(json pages.zero)" "and how many of them share the zero page"
is "$(stat -c %s dump)" "$(json output_bytes)" "and its size in bytes"
is '[]' "$(json warnings)" "and no warning"

run vmtool dump --dry-run -c -d 31 --json core
exits 0 "--json of a dry run"
ok "is JSON too" perl -MJSON::PP -e 'local $/; JSON::PP->new->decode(<>)' "$out"

# On a terminal there is progress; in a file there is none, and no control characters.
run vmtool dump -f -c -d 31 core dump
cat "$out" "$err" >both
ok "no control character goes to a file" test -z "$(tr -d '\n[:print:]' <both)"

# A capture kernel has little memory. The sanitizers need a lot of it themselves.
if grep -q -e __asan_init -e __tsan_init "$VMTOOL"; then
	skip "machine: a sanitizer's memory is not vmtool's" "24 MiB are enough for an image of 4 GiB"
else
	{
		cat <<-END
			kernel 6.1
			default none
			load 0+4G
			pages 0x40000+0xc0000 free order=10
			pages 0x8000+0x1000 anon order=9
			fill 0x9000+0x1000 random
			fill 0xa000+0x1000 pfn
		END
	} | core large
	for options in "-d 31" "-d 16 --non-mmap"; do
		# shellcheck disable=SC2086
		run vmtool dump --dry-run -c $options --json large
		peak=$(json memory.peak_resident_bytes)
		ok "24 MiB are enough for an image of 4 GiB, $options ($((peak / 1024)) KiB)" \
			test "$peak" -le $((24 << 20))
	done
fi

finish
