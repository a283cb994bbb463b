#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# -x vmlinux: types from its DWARF and symbols from its symbol table, weighed against what the image
# says. The vmlinux is a small one, of C with the structures of the kernel in the image.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

vmtool version --json >version.json
if [ "$(json version.json '(grep { $_->{name} eq "libdw" } @{$_->{libraries}})[0]{present}')" != true ]; then
	echo '1..0 # SKIP missing: libdw-dev'
	exit 0
fi

{ small_kernel 6.12 && every_class && echo 'kernel-virt 0xffffffff9a000000'; } | core core
"$TOOL_DIR/mkvmcore" -i core.txt again >info || exit 1
rm again
of_info() { sed -n "s/^$1=//p" info; }
linked() {
	perl -e 'no warnings "portable"; printf "%#x", hex($ARGV[0]) - hex($ARGV[1])' \
		"$(of_info "SYMBOL($1)")" "$(of_info KERNELOFFSET)"
}

# kernel_source MEMBER MEMBER: what a dump asks for, in the words of 6.12; the members stand in the
# middle of struct page.
kernel_source() {
	cat <<-END
		const char linux_banner[] = "Linux version $(of_info OSRELEASE) (x) #1";
		typedef struct { int counter; } atomic_t;
		struct list_head { struct list_head *next, *prev; };
		struct page {
			unsigned long flags;
			union {
				struct {
					union { struct list_head lru; void *pcp_list[2]; };
					const volatile unsigned long $1;
					unsigned long $2, private;
				};
				unsigned long compound_head;
			};
			union { atomic_t _mapcount; unsigned int page_type; };
			atomic_t _refcount;
			unsigned long memcg_data;
		} page;
		struct free_area { struct list_head free_list[5]; unsigned long nr_free; };
		struct zone { char watermarks[256]; struct free_area free_area[11]; char rest[312]; } zone;
		struct mem_section { unsigned long section_mem_map; void *usage, *ext; long pad; } section;
		struct new_utsname { char sysname[65]; };
		struct uts_namespace { struct new_utsname name; } uts;
		enum pageflags { PG_lru = 5, PG_head, PG_swapcache = 10, PG_private = 14,
			PG_swapbacked = 17, PG_hwpoison = 20 } flag;
		enum pagetype { PGTY_buddy = 0xf0, PGTY_offline, PGTY_table, PGTY_guard, PGTY_hugetlb,
			PGTY_slab } type;
	END
}

# build NAME OPTION...: a vmlinux of the C on stdin.
build() {
	build_name=$1
	shift
	cat >"$build_name.c"
	${CC:-cc} -g -O0 -fno-pie -no-pie -nostdlib -static -Wl,-e,0 -Wl,--defsym,_stext="$(linked _stext)" \
		-Wl,--defsym,init_uts_ns="$(linked init_uts_ns)" \
		-Wl,--build-id=0x"$(of_info BUILD-ID)" "$@" -o "$build_name" "$build_name.c" 2>log ||
		{ diag <log && exit 1; }
}

kernel_source mapping index | build vmlinux
run vmtool dump --show-layout -x vmlinux core
exits 0 "--show-layout with a vmlinux"
out_has '^vmlinux types from its DWARF; symbols from its symbol table$' "says what it has"
out_has '^OFFSET\(page\.mapping\) +24 +VMCOREINFO, vmlinux$' "a member in anonymous structures is found"
out_has '^LENGTH\(zone\.free_area\) +11 +VMCOREINFO, vmlinux$' "so is the length of an array"
out_has '^NUMBER\(PG_head_mask\) +64 +VMCOREINFO, vmlinux$' "and a mask from a flag"
out_has '^NUMBER\(PAGE_SLAB_MAPCOUNT_VALUE\) +-184549376 +VMCOREINFO, vmlinux$' "and a page type"
out_has '^SYMBOL\(init_uts_ns\) +0x[0-9a-f]+ +VMCOREINFO, vmlinux$' "symbols are where the kernel ran"
err_is "" "there is nothing to warn of"
run vmtool dump --show-layout --json -x vmlinux core
is DWARF "$(json "$out" '$_->{vmlinux}{types}')" "JSON says it too"

vmtool dump --message-level 0 -d 31 core want
run vmtool dump -d 31 --message-level 2 -x vmlinux core dump
exits 0 "a dump with a vmlinux"
ok "is the same, page for page" same_dump want dump
err_is "" "and nothing is to be said"

# VMCOREINFO of the vmlinux alone: what it has of it is what the kernel wrote, symbols as they were
# linked.
run vmtool dump -g made -x vmlinux
exits 0 "-g with -x and no image"
err_has 'phys_base, KERNELOFFSET. is not in what is made of a vmlinux' "says what cannot be in it"
# values FILE: of keys but those of symbols, sorted
values() { grep -v '^SYMBOL' "$1" | sed 's/=/ /' | sort; }
values info >of-kernel
values made >of-vmlinux
is "" "$(join of-vmlinux of-kernel | awk '$2 != $3')" "no value is another than the kernel's"
ok "most of what a filter asks for is there" test "$(join of-vmlinux of-kernel | wc -l)" -ge 25
is "SYMBOL(init_uts_ns)=$(linked init_uts_ns | sed 's/^0x//')" "$(grep 'SYMBOL(init_uts_ns)' made)" \
	"symbols are where they were linked"
# Since 6.3 the kernel writes them of the folio, which had them before.
for has in 'compound_dtor compound_order' 'index_a index_b'; do
	{
		kernel_source mapping index | sed "s/unsigned long compound_head;/struct { unsigned long compound_head; char ${has% *}, ${has#* }; };/"
		echo 'struct folio { unsigned long flags; char _folio_dtor, _folio_order; } folio;'
	} | build folios
	vmtool dump --message-level 0 -f -g folio-keys -x folios
	case $has in compound*) of=page.compound_ ;; *) of=folio._folio_ ;; esac
	is "OFFSET(${of}dtor) OFFSET(${of}order)" \
		"$(sed -n 's/^\(.*[._]\(dtor\|order\))\)=.*/\1/p' folio-keys | paste -sd ' ')" \
		"destructor and order are those of ${of%%.*}, as the kernel writes them"
done

run vmtool dump -g made -x vmlinux
fails_in_one_line 1 'made .-f overwrites it.: File exists' "an existing file stays"
run vmtool dump -g vmlinux -f -x vmlinux
fails_in_one_line 129 'the image itself' "so does the vmlinux"
run vmtool dump -g other -x core.txt
fails_in_one_line 1 'core\.txt is no ELF file' "what is no vmlinux is refused"
run vmtool dump -g other -x vmlinux core
fails_in_one_line 129 'takes no <vmcore>' "and an image beside it"

# What cannot be asked of VMCOREINFO is asked of the vmlinux.
grep -Ev '^(OFFSET|SIZE|LENGTH|NUMBER\((PG|PAGE)_)' info >stripped
run vmtool dump -f -d 31 --message-level 2 -i stripped core dump
err_has 'page classes cannot be told, dump level 31 becomes 1' "with little VMCOREINFO there are no classes"
run vmtool dump -f -d 31 --message-level 2 -i stripped -x vmlinux core dump
exits 0 "with a vmlinux there are"
err_is "" "all of them"
ok "the same pages are kept" sh -c '"$1" --pages want >a && "$1" --pages dump >b && cmp a b' \
	sh "$TOOL_DIR/kdump-ls"

# Who is right is not known: neither is believed, pages stay.
kernel_source index mapping | build differs
run vmtool dump -f -d 31 --message-level 2 -x differs core dump
exits 0 "a vmlinux with another struct page"
err_has 'are kept: OFFSET\(page\.mapping\) is 24 in VMCOREINFO and 32 in vmlinux: neither is believed' \
	"is contradicted, and the rule is named"
pages() {
	"$TOOL_DIR/kdump-ls" --pages "$1" |
		perl -ne '/(\w+)\+(\w+)/ and print map { "$_\n" } hex($1) .. hex($1) + hex($2) - 1' | sort
}
pages want >a
pages dump >b
is "" "$(comm -23 a b)" "no page is lost for it"
ok "some are kept in vain" test "$(wc -l <b)" -gt "$(wc -l <a)"

# A name that means two things means nothing: the others still do.
{ kernel_source mapping index && echo 'int f(void) { struct zone { int x; struct free_area free_area[3]; } zone;
	return (int)sizeof(zone); }'; } | build shadowed
run vmtool dump --show-layout -x shadowed core
out_has '^LENGTH\(zone\.free_area\) +11 +VMCOREINFO, vmlinux$' "a type of a function is no type of the kernel"
{ kernel_source mapping index | sed 's/free_area\[11\]/free_area[12]/' >second.c; kernel_source mapping index; } |
	build twice -Wl,--allow-multiple-definition second.c
run vmtool dump --show-layout -x twice core
exits 0 "two structures of one name"
out_has '^LENGTH\(zone\.free_area\) +11 +VMCOREINFO$' "are not taken"
out_has '^OFFSET\(page\.mapping\) +24 +VMCOREINFO, vmlinux$' "what stands twice and is the same is"

# What no kernel has is not read to its end.
{ kernel_source mapping index; perl -e 'print "struct folio {\n"; printf "int %s_$_;\n", "member" x 16 for 1 .. 5000; print "} folio;\n"'; } |
	build huge
run vmtool dump --show-layout -x huge core
exits 0 "a vmlinux with a structure of megabytes of names"
warns 'huge: no types: DWARF: more types of the names that are asked for than any kernel has: no BTF in it$' \
	"is not believed, and read no further"

strip -g -o stripped.elf vmlinux
run vmtool dump -f -d 31 --message-level 2 -x stripped.elf core dump
exits 0 "a vmlinux without DWARF and BTF"
warns 'stripped\.elf: no types: neither DWARF nor BTF in it$' "is worth a remark"
ok "and no hindrance" same_dump want dump
run vmtool dump -g other -x stripped.elf
exits 0 "of VMCOREINFO it has the symbols"
err_has 'stripped\.elf: no sizes, offsets and numbers: neither DWARF nor BTF in it' "and says so"
strip -o bare.elf vmlinux
run vmtool dump -f -g other -x bare.elf
fails_in_one_line 1 'bare\.elf: no VMCOREINFO can be made of it: neither DWARF nor BTF in it, and it has no symbol table' \
	"of one without symbols, too, none is made"
run vmtool dump --show-layout -x stripped.elf core
out_has '^SYMBOL\(init_uts_ns\) +0x[0-9a-f]+ +VMCOREINFO, vmlinux$' "its symbols are used"

# Another kernel's, and another build of the same release.
kernel_source mapping index | build rebuilt -Wl,--build-id=0xabcdef0123456789
run vmtool dump -f -d 31 -x rebuilt core dump
fails_in_one_line 1 'rebuilt is another build of the kernel: its build id is abcdef0123456789, that of the image 0011' "another build is refused"
for look in '--dump-dmesg core text' '--explain 0x200 core' '--list-free core'; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump -x rebuilt $look
	fails_in_one_line 1 'is another build of the kernel' "by $look too"
done

# Where one of them has no build id the version, which the memory has too, and symbols tell.
sed 's/#1"/#1 SMP PREEMPT_DYNAMIC synthetic\\n"/' vmlinux.c | build anonymous -Wl,--build-id=none
run vmtool dump -f -d 31 --message-level 2 -x anonymous core dump
exits 0 "a vmlinux without a build id, but with the kernel's version"
err_is "" "is believed"
ok "and used" same_dump want dump
sed 's/#1"/#2 SMP PREEMPT_DYNAMIC synthetic\\n"/' vmlinux.c | build second -Wl,--build-id=none
run vmtool dump -f -d 31 -x second core dump
fails_in_one_line 1 'second is another build of the kernel: it is "#2 SMP .*", the image is of "#1 SMP' \
	"one with another version is refused"
grep -v BUILD-ID info >no-id
run vmtool dump -f -d 31 -x second -i no-id core dump
fails_in_one_line 1 'second is another build of the kernel' "also where the kernel's build id is not known"
build moved -Wl,--build-id=none -Wl,--defsym,init_uts_ns="$(linked _stext)" <anonymous.c
run vmtool dump -f -d 31 -x moved core dump
fails_in_one_line 1 'moved is another build of the kernel: init_uts_ns .* not where VMCOREINFO has them' \
	"and one whose symbols are elsewhere"
printf 'load 1M+1M\n' | core nameless
run vmtool dump -f -d 1 --message-level 2 -x anonymous nameless dump
exits 0 "an image that says nothing of its kernel"
err_has 'anonymous: nothing proves that it is of this build of the kernel: it has no build id' \
	"and a vmlinux: it is said that it is taken on trust"
ln -s "$VMTOOL" "$scratch/bin/makedumpfile"
run makedumpfile -f -d 31 -x rebuilt core dump
is 2 "$status" "in the place of makedumpfile with its exit code"
run makedumpfile -f -g made -x vmlinux
exits 0 "makedumpfile -g -x makes VMCOREINFO of a vmlinux too"
out_has 'The vmcoreinfo is saved to made\.' "and says where it is"
run makedumpfile -g made -f
is 1 "$status" "without -x it has nothing to make it of"
mkfifo pipe
run timeout -k 1 100 "$VMTOOL" dump --show-layout -x pipe core
fails_in_one_line 1 'pipe: ' "a FIFO is not waited for"
head -c 3000 vmlinux >vmlinux.cut
run vmtool dump -f -d 31 -x vmlinux.cut core dump
ok "a vmlinux that is cut off ends in one line or in a dump" test "$(grep -vc warning "$err")" -le 2

finish
