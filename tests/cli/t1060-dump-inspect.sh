#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Looking into an image without dumping it: --show-layout, --explain, --list-free.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core

run vmtool dump --show-layout core
exits 0 "--show-layout"
out_has '^OFFSET\(page\._mapcount\) +48 +VMCOREINFO$' "tells a fact, its value and its source"
out_has '^BTF there is no BTF in the kernel image' "tells why a source is missing"
ok "which writes no file" test "$(find . -type f | wc -l)" -eq 2

run vmtool dump --show-layout --json core
exits 0 "--show-layout --json"
is '"OFFSET(page.flags)" 0 0 null' "$(perl -MJSON::PP -0777 -ne '
	my $json = JSON::PP->new->canonical->allow_nonref;
	my ($fact) = grep { $_->{key} eq "OFFSET(page.flags)" } @{decode_json($_)->{facts}};
	print join " ", map { $json->encode($fact->{$_}) } qw(key value vmcoreinfo btf)' "$out")" \
	"has what each source says"

explains() { # PFN LEVELS CLASS
	run vmtool dump --explain "$1" core
	exits 0 "--explain of a page frame that is $3"
	out_has "^class $3: " "says so"
	out_has "$2" "and when it is left out"
}
explains 0x200 '^left out at levels with any of 16$' free
explains 0x401 '^left out at levels with any of 16$' free
out_has '^part of what begins at page frame 0x400$' "and where its block begins"
explains 0x24f '^left out at every level: PG_hwpoison$' user
explains 0x280 '^left out at levels with any of 6$' cache
explains 0x2a0 '^left out at levels with any of 4$' cache-private
explains 0x321 '^kept at every level$' slab
out_has '^part of what begins at page frame 0x320$' "and where its compound page begins"
explains 0x360 '^left out at every level$' offline
explains 0x808 '^left out at levels with any of 8$' user
explains 1 '^kept at every level$' kernel

run vmtool dump --explain 0x99999999 core
fails_in_one_line 1 'page frame 0x99999999 is beyond the memory of the image, which ends before page frame 0x2000' \
	"a page frame that is not there"
{
	small_kernel 6.1
	echo 'load 0x20000000+0x1000'
} | core holes
run vmtool dump --explain 0x10000 holes
fails_in_one_line 1 'page frame 0x10000 is in a hole of the memory: section 0x2 is not present' \
	"a page frame between two others"
run vmtool dump --explain 0xa0 core
exits 0 "--explain of a page frame with a struct page and no memory"
out_has '^not in this image, nor in any dump of it: no memory there$' "says that there is none"
vmtool dump --message-level 0 -d 31 core dropped
run vmtool dump --explain 0x280 dropped
exits 0 "--explain of a page that a dump has left out"
out_has '^class cache: ' "knows what it was"
out_has '^not in this image: it was left out of it$' "and that it is gone"
run vmtool dump --json --explain 0x280 dropped
is 'true false' "$(json "$out" '$_->{memory}') $(json "$out" '$_->{in_image}')" "JSON too"
run vmtool dump --explain 0x200 core
out_has '^  _mapcount +0xffffff7f  a page type: free block$' "a page type is named"
{
	small_kernel 6.1
	echo 'pages 0x240+0x1 anon mapcount=0x7fffffff'
} | core mapped
run vmtool dump --explain 0x240 mapped
out_has '^  _mapcount +0x7fffffff  mapped 2147483648 times$' "a count does not become a negative one"
run vmtool dump --explain 0xffff888000240123 core
exits 0 "--explain of an address"
out_has '^address 0xffff888000240123, physical 0x240123$' "says where it leads"
out_has '^page frame 0x240, struct page' "to a page frame"
run vmtool dump --explain 0xffff888000240123 --json core
is '2359587 576' "$(json "$out" '$_->{physical_address}') $(json "$out" '$_->{pfn}')" "JSON too"
run vmtool dump --explain 0xffffc00000000000 core
fails_in_one_line 1 'virtual address 0xffffc00000000000 is not mapped' "an address that leads nowhere"
run vmtool dump --explain 0512 core
out_has '^page frame 0x200,' "a number with a 0 in front is decimal"
run vmtool dump --explain twelve core
fails_in_one_line 129 "'twelve' is no page frame number" "a page frame that is no number"
run vmtool dump --explain 1 core dump
fails_in_one_line 1 'cannot open dump' "--explain with a second operand that is no part"
run vmtool dump --list-free --show-layout core
fails_in_one_line 129 'exclude each other' "two looks at a time"
for two in '--info --explain 1' '--info -g info' '--verify --list-free' '-g info --map' \
	'--show-layout --dump-dmesg' '-R --receive' '-R -g info'; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump $two core
	fails_in_one_line 129 'exclude each other' "$two"
done
ok "nothing is written" test ! -e info
for vain in -d31 -c -l -p -z --strict; do
	for look in --info --verify --map '--explain 1' '-g info' -R --receive --dump-dmesg --mem-usage; do
		# shellcheck disable=SC2086 # words on purpose
		run vmtool dump $look $vain core
		fails_in_one_line 129 "${vain%31} has no effect with ${look% *}" "$look with $vain"
	done
done
for vain in -E -F --split --reassemble; do
	run vmtool dump --mem-usage $vain core
	fails_in_one_line 129 "$vain has no effect with --mem-usage" "--mem-usage with $vain"
done
run vmtool dump --mem-usage --info core
fails_in_one_line 129 'exclude each other' "--mem-usage and --info"
for look in --info --verify '-g info' -R --receive; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump $look -i nowhere core
	fails_in_one_line 129 'looks at no kernel: -i' "$look with -i"
	# With -x it looks at no image.
	[ "$look" != '-g info' ] || continue
	# shellcheck disable=SC2086
	run vmtool dump $look -x nowhere core
	fails_in_one_line 129 'looks at no kernel: -x' "$look with -x"
done
for writes in --split --reassemble -E --dry-run; do
	run vmtool dump --info $writes core
	fails_in_one_line 129 'write no dump' "--info with $writes"
	run vmtool dump --list-free $writes core
	fails_in_one_line 129 'write no dump' "--list-free with $writes"
done
for as in '' --dump-dmesg --map; do
	# shellcheck disable=SC2086
	run vmtool dump $as core -
	fails_in_one_line 129 "'-' stands for no stream" "dump $as to -"
	# shellcheck disable=SC2086
	run vmtool dump $as core ''
	fails_in_one_line 129 'the name of a file is empty' "dump $as to a file without a name"
done
run vmtool dump -g - core
fails_in_one_line 129 "'-' stands for no stream" "-g to -"
run vmtool dump --receive ''
fails_in_one_line 129 'the name of a file is empty' "--receive what a script forgot to name"
ok "nothing is written" test ! -e ./- -a ! -e ./-incomplete

run vmtool dump --list-free core
fails_in_one_line 1 'node_data' "--list-free where there are no lists"

# An escape sequence in the name of the kernel, wherever that stands.
LC_ALL=C sed "s/6\.1\.0-56-amd64/6.1.0$(printf '\033')[31mamd6/g" core >escape
vmtool dump --message-level 0 -c -d 31 escape escape.dump
for look in '--show-layout escape' '--dry-run --show-stats escape' '--map escape' '--info escape.dump' \
	'--verify escape.dump'; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump $look
	ok "${look% *} names the kernel" grep -qF '6.1.0?[31mamd6' "$out"
	ok "and changes no colour" sh -c '! grep -q "$(printf "\033")" "$1"' - "$out"
done

finish
