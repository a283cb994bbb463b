#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dump --map shows what memory is used for, where, and what of it a dump still holds: as letters, in
# blocks on a terminal, as a picture, as CSV and as JSON, all of the same numbers.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{
	small_kernel 6.1
	cat <<-END
		pages 0x200+0x80 anon
		pages 0x280+0x100 cache
		pages 0x380+0x40 slab
		pages 0x400+0x400 free order=10
		pages 0x800+0x20 table
	END
} | core core
vmtool dump --message-level 0 -c -d 31 core dump

# letter PFN: what stands for it, from the line of its address; of 32 MiB a letter is 16 KiB.
letter() {
	at=$(printf '0x%x' $(($1 / 256 * 256 * 4096)))
	sed -n "s/^ *$at  //p" "$out" | cut -c$((1 + $1 % 256 / 4))
}

run vmtool dump --map core
exits 0 "a map of an image"
out_has '^kernel 6.1.0-56-amd64, .* MiB of memory; a letter is 16.0 KiB$' "says what a letter is"
for what in 0x200:U 0x27f:U 0x280:C 0x37f:C 0x380:S 0x3c0:K 0x400:F 0x7ff:F 0x800:T 0x1fff:K; do
	is "${what#*:}" "$(letter $((${what%:*})))" "page frame ${what%:*} is ${what#*:}"
done
is "" "$(letter 160)" "where there is no memory stands nothing"
out_has '^  U user  +512 KiB +1\.[0-9]%$' "the legend has each class with its size"
ok "no line is wider than a terminal" sh -c '! grep "^ *0x" "$1" | grep -q "^.\{81\}"' - "$out"
ok "colours are for terminals" sh -c '! grep -q "$(printf "\033")" "$1"' - "$out"

run vmtool dump --map dump
out_has ' MiB of it in the dump; ' "a map of a dump says how much it holds"
for what in 0x200:u 0x280:c 0x380:S 0x3c0:K 0x400:f 0x800:T; do
	is "${what#*:}" "$(letter $((${what%:*})))" "what was left out is small: ${what#*:} at ${what%:*}"
done
out_has '^  U user .*   u 512 KiB not in the dump$' "and told in the legend"

# The numbers, in each form.
run vmtool dump --map --json dump
# shellcheck disable=SC2016 # Perl
is "128 128 256 256 64 0 1024 1024" "$(json "$out" 'my %c = map { ($_->{class} => $_) } @{$_->{classes}};
	join " ", map { ($c{$_}{pages}, $c{$_}{not_in_dump}) } qw(user cache slab free)')" \
	"JSON has pages and those that are not there"
pages=$(json "$out" '$_->{memory_pages}')
is "$pages" "$(json "$out" 'my $n = 0; for my $c (@{$_->{cells}}) { $n += $_ for
	values %{$c->{in_dump}}, values %{$c->{not_in_dump}} } $n')" "its cells are all of the memory"
is "$pages" "$(vmtool dump --dry-run --message-level 0 --json core |
	json /dev/stdin 'my $n = 0; $n += $_->{pages} for @{$_->{classes}}; $n')" \
	"which a dump counts as well"
run vmtool dump --map --csv dump
is "$pages" "$(awk -F, 'NR > 1 { for (i = 3; i <= NF; i++) n += $i } END { print n }' "$out")" \
	"CSV has as much"
is 'address,bytes,kernel,kernel_not_in_dump' "$(head -n 1 "$out" | cut -d, -f1-4)" "and names its columns"
is 1 "$(awk -F, '{ n[NF]++ } END { for (i in n) k++; print k }' "$out")" "each line has all of them"

# The picture.
run vmtool dump --map dump map.svg
exits 0 "a picture"
ok "is XML" perl -e '
	local $/; $_ = <STDIN>; s/^<\?xml.*?\?>\s*//; my @open;
	while (/<(\/?)([a-z]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|[^<]+/g) {
		next unless $2;
		if ($1) { die "$2 ends" unless pop(@open) eq $2 } elsif (!$4) { push @open, $2 }
	}
	die "not all of it" if @open or (pos // length) < length;' <map.svg
ok "with the kernel in its title" grep -q 'kernel 6.1.0-56-amd64' map.svg
ok "slab in one colour" grep -q '<path fill="#f28e2b" d=' map.svg
ok "and user pages as those that are not there" grep -q '<path fill="#d1495b" class="gone"' map.svg
ok "but none that are" sh -c '! grep -q "<path fill=\"#d1495b\" d" map.svg'
ok "in 128 + 128 pages of 32 MiB it is small" test "$(wc -c <map.svg)" -lt 20000
run vmtool dump --map --message-level 0 dump map.svg
fails_in_one_line 1 'map.svg: File exists|map.svg \(-f' "a file that is there is refused"
run vmtool dump --map -f dump map.svg
exits 0 "but not with -f"
cp dump copy
run vmtool dump --map --message-level 0 -f dump dump
fails_in_one_line 1 'dump: not a part of a split dump' "the dump itself is not drawn over"
ok "and stays" cmp dump copy

# Nothing is known of its pages: then that is the map.
{ small_kernel 6.1 && echo 'vmcoreinfo del SIZE(page)'; } | core bare
if run vmtool dump --map bare; then :; fi
exits 0 "an image whose classes cannot be told has a map all the same"
ok "of one class" grep -q '^  ? unknown .* 100.0%$' "$out"

if command -v script >/dev/null; then
	# shellcheck disable=SC2034 # its environment
	run script -qec "env TERM=xterm LC_ALL=C.UTF-8 vmtool dump --map dump" /dev/null
	ok "a terminal gets blocks in colour" grep -q "$(printf '\033\\[38;5;67m\342\226\210')" "$out"
	run script -qec "env NO_COLOR=1 TERM=xterm LC_ALL=C.UTF-8 vmtool dump --map dump" /dev/null
	ok "but not if it wants none" sh -c '! grep -q "$(printf "\033")" "$1"' - "$out"
else
	skip "missing: bsdutils" "a terminal gets blocks in colour"
fi

# elf_of ADDRESS+SIZE...: an ELF core of such memory, of which nothing is stored.
elf_of() {
	perl -e 'my @loads = map { [split /[+]/] } @ARGV;
		print "\x7fELF\2\1\1", "\0" x 9, pack("SSLQQQLS6", 4, 62, 1, 0, 64, 0, 0, 64, 56, scalar @loads, 0, 0, 0);
		print pack("LLQ6", 1, 7, 64, 0, $_->[0], 0, $_->[1], 0) for @loads' "$@"
}

# Whoever names two parts of a dump means no picture.
vmtool dump --message-level 0 -F core >stream
for image in core dump stream; do
	cp "$image" other
	run vmtool dump -f --map core other
	fails_in_one_line 1 'part of a split dump' "no picture is written over a $image"
	ok "with -f either" cmp "$image" other
done

# Small pieces of memory far from each other, and more than there can be.
# shellcheck disable=SC2046 # words on purpose
elf_of $(seq -f '%.0f+65536' 0 8589934592 2568390443008) >scattered
run vmtool dump --map scattered
exits 0 "scattered memory has a map"
ok "and no line is wider for that" sh -c '! grep "^ *0x" "$1" | grep -q "^.\{81\}"' - "$out"
ok "that fits on a few screens" test "$(wc -l <"$out")" -le 140
ok "in larger pieces" grep -q '; a letter is [0-9.]* GiB$' "$out"
run vmtool dump --map --csv scattered
ok "all of it is there" test "$(wc -l <"$out")" -ge 300
elf_of 0+562949953421312 >absurd
run vmtool dump --map absurd
fails_in_one_line 1 'promise 512 TiB of memory, and the file has none of it' "memory no machine has"

for options in '--map -F' '--map -R' '--map --info' '--map --explain 1' '--map --json --csv'; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump $options dump
	exits 129 "$options makes no sense"
done
run vmtool dump --csv dump
fails_in_one_line 129 '--csv goes with --map' "--csv is for the map"
run vmtool dump --map dump a.svg b.svg
fails_in_one_line 1 'cannot open a.svg' "one picture is enough"
run vmtool dump --map --csv dump a.svg
fails_in_one_line 129 'exclude each other' "a picture is no CSV"

# Parts of a set are one dump.
vmtool dump --message-level 0 --split -c -d 31 core part1 part2 part3
run vmtool dump --map dump
cp "$out" whole
run vmtool dump --map part2 part3 part1
exits 0 "a map of all parts"
ok "is that of the dump" cmp "$out" whole
run vmtool dump --map part1 part2 part3 parts.svg
ok "as a picture too" sh -c 'grep -q "<svg" parts.svg && cmp map.svg parts.svg'
ln -s part3 link3
run vmtool dump --map part1 part2 link3
ok "a link to a part is no picture" cmp "$out" whole
for look in '--explain 0x400' --show-layout; do
	# shellcheck disable=SC2086 # words on purpose
	vmtool dump $look dump >one 2>&1
	# shellcheck disable=SC2086
	run vmtool dump $look part1 part2 part3
	exits 0 "$look of all parts"
	ok "says what it says of the dump" sh -c 'cat "$1" "$2" | cmp - one' - "$out" "$err"
done

finish
