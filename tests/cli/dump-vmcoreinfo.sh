# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154,SC2034
#
# The body of a test, sourced with $kernel set, and with $values, of which each key that is used
# gets each, and $levels, at which images without one of them are dumped. tests/slow has all there
# are.
#
# VMCOREINFO with a key missing, or with a value that cannot be: there is a dump all the same, no
# page is left out of it that the level keeps, and what cannot be told is named.
. "$SRC_DIR/tests/cli/dump-lib.sh"

# As little memory as a kernel lives in: this is made some hundred times.
tiny_kernel() {
	cat <<-END
		kernel $1
		vmemmap 4K
		kernel-at 2M
		load 0+7M
		pages 0+0x10 anon
		pages 0x10+0x10 cache
		pages 0x20+0x10 cache-private
		pages 0x30+0x10 slab order=2
		pages 0x40+0x40 free order=6
		pages 0x80+0x40 anon order=6
		pages 0xc0+0x40 hugetlb order=6
		pages 0x100+8 offline
		pages 0x108+8 ksm
		pages 0x110+8 swapcache
		pages 0x118+8 kernel order=3
		pages 0x120+8 table
		pages 0x128+8 movable
		pages 0x130+8 slab mapping=0xffff888000100001
		pages 0x138+8 pcp
		pages 0x140+0x20 cache order=4
		pages 0x160+8 shmem
		flag 0x119 waiters
	END
}

# kept_at LEVEL: core is dumped at LEVEL and nothing is lost; $wrong says what is not so.
wrong=
kept_at() {
	"$TOOL_DIR/mkvmcore" -k "$1" core.txt core >told || exit 1
	run vmtool dump -f -d "$1" core dump
	if [ "$status" -ne 0 ]; then
		wrong="level $1: exit code $status"
	elif ! more=$("$TOOL_DIR/kdump-ls" --holds told dump 2>"$scratch/holds"); then
		wrong="level $1: $(cat "$scratch/holds")"
	elif [ "$more" -ne 0 ] && ! grep -q '^vmtool dump: warning: ' "$err"; then
		wrong="level $1: $more pages too many are kept, and nothing is said"
	fi
}

# survives SENTENCE LINE LEVEL...: the kernel described so far with LINE, at each LEVEL.
survives() {
	{ tiny_kernel "$kernel" && echo "$2"; } >core.txt
	sentence=$1
	shift 2
	wrong=
	for level in "$@"; do
		[ -n "$wrong" ] || kept_at "$level"
	done
	if [ -z "$wrong" ]; then
		pass "$sentence"
	else
		{ echo "$wrong" && show_err; } >"$why"
		fail "$sentence"
	fi
}

used='^(OSRELEASE|PAGESIZE)|uts|mem_section|[(]page[.)]|_BITS|PG_|PAGE_|HUGETLB|phys_base|pgt|pg_dir|sme_|[(]zone.free_area'
# A sanitizer makes each start slow, and there are hundreds.
if grep -q -e __asan_init -e __tsan_init "$VMTOOL"; then
	values=4611686018427387904
	levels=31
fi

tiny_kernel "$kernel" >core.txt
"$TOOL_DIR/mkvmcore" -i core.txt core | sed 's/=.*//' >keys
survives "kernel $kernel as it is" "" 0 1 2 4 8 16 31
is 0 "$more" "kernel $kernel: and nothing is kept for want of a rule"
grep -E "$used" keys >keys.used
grep -Ev "$used" keys >keys.unused
while read -r key; do
	# shellcheck disable=SC2086
	survives "kernel $kernel without $key" "vmcoreinfo del $key" $levels
	for value in $values; do
		survives "kernel $kernel, $key=$value" "vmcoreinfo set $key $value" 31
	done
done <keys.used

# What nobody reads: one by one it would take long and find nothing.
sed 's/^/vmcoreinfo del /' keys.unused >lines
survives "kernel $kernel without all other keys" "$(cat lines)" 2 8 31
is 0 "$more" "kernel $kernel: of which none was needed"

finish
