#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Samples and profiles, line by line what perf script and perf report print.
. "$(dirname "$0")/lib.sh"

command -v perf >/dev/null || skip_all "missing: linux-perf"
[ "$(id -u)" -eq 0 ] || skip_all "machine: not root, perf cannot record"
by_perf perf record --no-bpf-event -q -a -e kmem:kmalloc -o try.data true ||
	skip_all "machine: perf record does not work here"

# What perf shows of a file in an address space that is gone is another matter: these commands stay.
# Recordings of the whole system hold others too, which come and go with their files, or run where
# the same path is another file: outside of a chroot, in a container.
for command in sh ls; do
	cp "$(command -v $command)" own-$command
done
# perf 6.1 names the stubs of calls to libraries by the order of relocations, which is not theirs,
# and those without a symbol "@plt": only that they are stubs is compared. perf 6.12 knows no
# function of the vdso in some of its samples.
own_samples() {
	awk '/^[^\t]/ { keep = $1 ~ /^own-/ } keep' |
		sed -E 's/ [^ ]*@plt\+0x/ @plt+0x/; s/[^[:blank:]]+ \(\[vdso\]\)$/([vdso])/'
}

# same_samples SENTENCE FILE COMMAND...: of what COMMAND, a perf that records, writes to FILE. A
# recording that perf itself dies of (seen once, on a busy machine) is no witness: it records again.
same_samples() {
	sentence=$1 file=$2
	shift 2
	for _ in 1 2 3; do
		by_perf "$@"
		by_perf perf script --no-inline -i "$file" && break
	done
	cp "$by_perf" perf.samples
	vmtool report --samples -i "$file" 2>remarks >our.samples
	of_any_perf perf.samples our.samples
	own_samples <perf.samples >expected
	own_samples <our.samples >got
	ok "$sentence" diff expected got
	ok "$sentence: there is something to compare" test -s expected
}

# As perf kmem --page record does, but for this command alone: in a recording of all, perf may read
# a library that is in another mount namespace too from there.
same_samples "page events with kernel and user chains" page.data \
	perf record --no-bpf-event -q -R -c 1 -g -e kmem:mm_page_alloc,kmem:mm_page_free -o page.data ./own-ls /
same_samples "slab events, whose print format names a function" slab.data \
	perf kmem --slab record --no-bpf-event -o slab.data ./own-ls /
same_samples "system calls, whose arguments are an array" syscalls.data \
	perf record --no-bpf-event -q -e 'raw_syscalls:*' -o syscalls.data ./own-ls /
same_samples "a profile with chains" profile.data \
	perf record --no-bpf-event -q -e cpu-clock -F 5000 -g -o profile.data \
	./own-sh -c 'for i in 1 2 3; do ./own-ls /usr; done'

cat >deep.c <<-END
	#include <stdlib.h>
	static volatile unsigned long sink;
	__attribute__((noinline)) static void leaf(int n) { for (int i = 0; i < n; i++) sink += i; }
	__attribute__((noinline)) static void middle(int n) { leaf(n); sink++; }
	__attribute__((noinline)) static int compare(const void *a, const void *b)
	{
		middle(200);
		return *(const int *)a - *(const int *)b;
	}
	int main(void)
	{
		static int v[20000];
		for (int r = 0; r < 1; r++) {
			for (int i = 0; i < 20000; i++)
				v[i] = rand();
			qsort(v, 20000, sizeof(v[0]), compare);
		}
		return 0;
	}
END
if ! vmtool version --build-options | grep -q '^ *+ libunwind'; then
	skip "missing: libunwind-dev" "stacks without frame pointers"
elif ! cc -O2 -fomit-frame-pointer -o deep deep.c 2>/dev/null; then
	skip "missing: gcc" "stacks without frame pointers"
else
	by_perf perf record --no-bpf-event -q -e cpu-clock --call-graph dwarf -o deep.data ./deep
	vmtool report -i deep.data --folded >folded 2>/dev/null
	# From main on: what the loader did before it is no stack of the program's.
	is 100 "$(awk '/leaf|middle|compare/ { n += $NF; if (/;main;/) m += $NF }
		END { print n ? int(100 * m / n + 0.5) : "none" }' folded)" \
		"stacks without frame pointers lead to main"
	ok "and lead through a library" grep -Eq ';main;.*sort.*;compare;middle[^;]*;leaf' folded
fi

# Stripped as Fedora does it: what dynamic symbols do not name is packed inside.
if ! vmtool version --build-options | grep -q '^ *+ liblzma'; then
	skip "missing: liblzma-dev" "functions of a stripped program"
elif ! command -v xz objcopy nm cc >/dev/null; then
	skip "missing: xz-utils" "functions of a stripped program"
else
	cc -g -O1 -fno-omit-frame-pointer -o whole deep.c
	objcopy --only-keep-debug whole packed
	objcopy --strip-debug --remove-section .comment --remove-section .debug_str packed
	xz --check=crc32 packed
	strip -o stripped whole
	objcopy --add-section .gnu_debugdata=packed.xz stripped
	by_perf perf record --no-bpf-event -q -e cpu-clock -o stripped.data ./stripped
	vmtool report -i stripped.data --csv >rows 2>/dev/null
	ok "a stripped program has the functions packed inside it" grep -Eq ',stripped,(leaf|compare),u$' rows
	head -c 100 packed.xz >packed.cut
	strip -o stripped whole
	objcopy --add-section .gnu_debugdata=packed.cut stripped
	run vmtool report -i stripped.data --csv
	exits 0 "what is damaged there is passed over"
fi

# "12.34%  ls  libc.so.6  [.] memcpy", in one order. perf cuts commands short without -w, and its
# tips have percents too. Stubs and the vdso: as above. Code of BPF is that of others.
rows() {
	grep '^ *[0-9.]*%' | awk '{ $1 = $1 } 1' |
		grep -v -e '@plt$' -e ' \[vdso\] ' -e bpf -e '\[k\] 0x' -e '\[k\] \[unknown\]' | LC_ALL=C sort
}
by_perf perf report -i profile.data --stdio --no-children -g none -w 9,15,80,200
rows <"$by_perf" >all
# Two static functions of one name are two rows of perf's and one of ours.
cut -d ' ' -f 2- all | LC_ALL=C sort | uniq -d >twice
unless_twice() {
	awk 'FILENAME == "twice" { twice[$0] = 1; next } { key = $0; sub(/^[^ ]* /, "", key) } !(key in twice)' \
		twice -
}
unless_twice <all >expected
vmtool report -i profile.data 2>/dev/null | rows | unless_twice >got
ok "a profile has the rows of perf report" diff expected got
ok "which are some" test -s expected

vmtool report -i profile.data --json >profile.json 2>/dev/null
by_perf perf script -i profile.data -F comm
is "$(grep -c . "$by_perf")" \
	"$(json profile.json '$_->{events}[0]{samples}')" "and its samples"

finish
