# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154,SC2034
#
# What tests of `vmtool dump` share, sourced after lib.sh: memory images made from text (the
# language is in tests/tool/mkvmcore/spec.h) and what must come of them.

# core NAME: an image from the description on stdin; it stays in NAME.txt.
core() {
	cat >"$1.txt"
	"$TOOL_DIR/mkvmcore" "$1.txt" "$1" || exit 1
}

# 32 MiB of memory with a kernel at 16 MiB, no page of it described: everything is the kernel's.
small_kernel() {
	cat <<-END
		kernel $1
		vmemmap 4K
		text-load
		load 0x1000+0x9e000
		load 1M+31M
	END
}

# What is in the pages from 0x200 to 0x1000 of small_kernel: each class there is, in places where a
# wrong step of the walk would show.
every_class() {
	cat <<-END
		pages 0x200+0x20 free
		pages 0x220+0x8 free order=2
		pages 0x240+0x20 anon
		pages 0x260+0x10 anon-isolated
		pages 0x270+0x10 anon-swapcache
		pages 0x280+0x20 cache
		pages 0x2a0+0x20 cache-private
		pages 0x2c0+0x20 shmem
		pages 0x2e0+0x10 swapcache
		pages 0x2f0+0x10 ksm
		pages 0x300+0x20 slab
		pages 0x320+0x20 slab order=3
		pages 0x340+0x10 movable
		pages 0x350+0x10 table
		pages 0x360+0x10 offline
		pages 0x370+0x10 pcp
		pages 0x380+0x40 anon order=4
		pages 0x3c0+0x40 cache order=2
		pages 0x400+0x400 free order=10
		pages 0x800+0x200 hugetlb order=9
		pages 0xa00+0x200 anon order=9
		pages 0xc00+0x80 cache-private order=7
		pages 0xc80+0x10 kernel order=4
		flag 0x24f hwpoison
		flag 0x285 hwpoison
		flag 0x301 hwpoison
		flag 0xb07 hwpoison
		flag 0x241 waiters
		flag 0x281 waiters
		fill 0x240+0x40 pfn
		fill 0x280+0x40 random
		fill 0xc00+0x80 random
		fill 0xd00+0x40 pfn
		fill 0xd40+0x40 byte=0xff
	END
}

# keeps_as_told CORE LEVEL DUMP SENTENCE: DUMP is well-formed, holds exactly the pages which the
# description of CORE says stay at this level, and each of them is as in CORE. The last is what a
# reader says that is not ours.
keeps_as_told() {
	"$TOOL_DIR/mkvmcore" -k "$2" "$1.txt" again >"$scratch/told" || exit 1
	rm -f again
	if "$TOOL_DIR/kdump-ls" --check "$3" >"$why" 2>&1 &&
		"$TOOL_DIR/kdump-ls" --pages "$3" >"$scratch/got" 2>"$why" &&
		diff -u "$scratch/told" "$scratch/got" >"$why" &&
		"$TOOL_DIR/kdump-read" "$3" "$1" >"$why" 2>&1; then
		pass "$4"
	else
		show_err >>"$why"
		fail "$4"
	fi
}

# same_dump A B: byte by byte, but for what the note of ours counts: of a dump made of a dump it
# counts other things.
same_dump() {
	for same in "$1" "$2"; do
		perl -0777 -pe 's/VMTOOL\0\0.{2028}/VMTOOL/s' "$same" >"$scratch/${same##*/}.same" || return 1
	done
	cmp "$scratch/${1##*/}.same" "$scratch/${2##*/}.same"
}

# warns REGEX SENTENCE: stderr is exactly one line, a warning that matches.
warns() {
	if [ "$(wc -l <"$err")" -eq 1 ] && grep -Eq "^vmtool dump: warning: $1" "$err"; then
		pass "$2"
	else
		{ echo "expected one line on stderr: vmtool dump: warning: $1" && show_err; } >"$why"
		fail "$2"
	fi
}

# A field of the dump's header, as kdump-ls names it.
header() {
	"$TOOL_DIR/kdump-ls" "$1" | sed -n "s/^$2 //p"
}

# log_of: the kernel's log, for the description of a small_kernel: a message for each line of stdin,
# which has nanoseconds, caller (T1, C0), level (0 to 7) and text. Laid out as in 5.10 and later.
log_of() {
	perl -e '
		my ($base, $at) = (0xffff888000000000, 0x180000);
		my ($rb, $descs, $infos, $data) = map { $at + $_ } 0x100, 0x200, 0x800, 0x2000;
		my ($n, $pos) = (0, 0);
		sub put { printf "patch64 phys:%#x %#x\n", @_ }
		print "page-offset 0xffff888000000000\n";
		printf "vmcoreinfo set SYMBOL(prb) %x\n", $base + $at;
		while (<STDIN>) {
			chomp;
			my ($ns, $caller, $level, $text) = split / /, $_, 4;
			my ($desc, $info) = ($descs + 24 * $n, $infos + 88 * $n);
			my $id = substr($caller, 1) | ($caller =~ /^C/ ? 1 << 31 : 0);
			my $next = $pos + 8 + (length($text) + 7 & ~7);
			put($desc, 2 << 62 | $n), put($desc + 8, $pos), put($desc + 16, $next);
			put($info, $n), put($info + 8, $ns);
			put($info + 16, length($text) | $level << 29 | $id << 32);
			printf "patch phys:%#x %s\n", $data + $pos + 8, unpack "H*", $text;
			($pos, $n) = ($next, $n + 1);
		}
		put($at, $base + $rb), put($rb, 4), put($rb + 8, $base + $descs);
		put($rb + 16, $base + $infos), put($rb + 24, $n - 1), put($rb + 32, 0);
		put($rb + 48, 12), put($rb + 56, $base + $data)'
}

# core32 NAME CLASS [pae]: an ELF core (CLASS 32 or 64) of i386, 64 pages at 1 MiB and 16 of highmem
# at 8 MiB, half of them zeros; with pae four at 5 GiB too.
core32() {
	perl - "$@" <<'END'
my ($name, $class, $pae) = @ARGV;
my $wide = $class == 64;
my $none = $wide ? ~0 : 0xffffffff;	# as kexec-tools has it for highmem
my $notes = pack("VVVa8", 5, 144, 1, "CORE") . "\0" x 144;
my @loads = ([0x100000, 64, 0xc0100000], [0x800000, 16, $none]);
push @loads, [5 << 30, 4, $none] if $pae;
my ($ehsize, $phsize) = $wide ? (64, 56) : (52, 32);
my $at = 4096 * 2;
my ($phdrs, $data) = ("", "");
sub phdr {
	my ($type, $offset, $paddr, $size, $vaddr) = @_;
	return $wide ? pack("VVQ<Q<Q<Q<Q<Q<", $type, 0, $offset, $vaddr, $paddr, $size, $size, 0)
		: pack("V8", $type, $offset, $vaddr, $paddr, $size, $size, 0, 0);
}
$phdrs .= phdr(4, 4096, 0, length($notes), 0);
for my $load (@loads) {
	my ($paddr, $pages, $vaddr) = @$load;
	$phdrs .= phdr(1, $at, $paddr, $pages * 4096, $vaddr);
	for my $i (0 .. $pages - 1) {
		my $pfn = $paddr / 4096 + $i;
		$data .= $i % 2 ? pack("V", $pfn) x 1024 : "\0" x 4096;
	}
	$at += $pages * 4096;
}
my $ident = pack("a4CCCx9", "\177ELF", $wide ? 2 : 1, 1, 1);
my $format = $wide ? "vvVQ<Q<Q<Vvvvvvv" : "vvVVVVVvvvvvv";
my $ehdr = $ident . pack($format, 4, 3, 1, 0, $ehsize, 0, 0, $ehsize, $phsize, 1 + @loads, 0, 0, 0);
open(my $out, ">", $name) or die;
print $out $ehdr . $phdrs;
print $out "\0" x (4096 - length($ehdr . $phdrs)), $notes, "\0" x (4096 - length($notes)), $data;
END
}
