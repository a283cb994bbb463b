#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat counts exactly what a program of known system calls does, by each source.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

# counted ARGUMENTS...: as count; what was counted goes to $scratch/rows, a line for each call in
# the order of names: "name calls errors unfinished bytes". One program reads it, for some dozens of
# statements.
counted() {
	count "$@"
	json "$scratch/result" '"$_->{source} $_->{lost}\n" . join "\n", map { join " ", $_->{name},
		$_->{calls}, map { $_ // "-" } @$_{qw(errors unfinished bytes)} }
		sort { $a->{name} cmp $b->{name} } @{$_->{syscalls}}' >"$scratch/all"
	sed 1d "$scratch/all" >"$scratch/rows"
}

# row NAME: "calls errors unfinished bytes" of a call.
row() {
	sed -n "s/^$1 //p" "$scratch/rows"
}

# every: each call's numbers, without those that depend on the moment.
every() {
	grep -v -e '^futex ' -e '^pread64 ' "$scratch/rows"
}

find_sources

# Signals: those that end a process, with and without a core, and those that have a handler.
signals='broken=15x1 broken=3x1 interrupted=5'

work='calls=1000 errors=50 threads=8x300 forks=8x10 vforks=5 clones=5 execs=4 killed=2 memory=10'
work="$work bytes=20 unknown=3 ia32=7 x32=6"

for source in $sources; do
	# The tasks are words.
	# shellcheck disable=SC2086
	counted --source "$source" -- "$load" $work
	exits 0 "$source: the program runs"
	read -r name lost <"$scratch/all"
	is "$source" "$name" "$source is what counted"
	is 0 "$lost" "$source: nothing is lost"
	case $source in
	perf) ends=- ;;
	*) ends=0 ;;
	esac
	is "3400 0 $ends -" "$(row getppid)" "$source: calls of 8 threads and one"
	is "85 0 $ends -" "$(row getuid)" "$source: calls of children"
	is "80 0 $ends -" "$(row fork)" "$source: forks by 8 threads at once"
	is "5 0 $ends -" "$(row vfork)" "$source: vforks"
	is "5 0 $ends -" "$(row execve)" "$source: execs, the first one among them"
	is "4 0 $ends -" "$(row getpgrp)" "$source: calls after each exec"
	is "50" "$(row close | cut -d' ' -f2)" "$source: errors"
	is "50" "$(row openat | cut -d' ' -f2)" "$source: errors of another kind"
	every >"$scratch/$source"

	# What this kernel has and others lack, done without.
	if [ "$source" = bpf ]; then
		for lack in current-btf raw-tracepoints; do
			# shellcheck disable=SC2086
			counted --source bpf --without-$lack -- "$load" $work
			every >"$scratch/without"
			ok "bpf counts the same without $lack" diff "$scratch/bpf" "$scratch/without"
		done
	elif [ "$source" = perf ]; then
		counted --source perf --without-cgroups -e getuid,fork -- "$load" forks=2x10
		is "20 20" "$(row getuid | cut -d' ' -f1) $(row fork | cut -d' ' -f1)" \
			"perf counts what children do without a cgroup"
		err_has "no cgroup for the command .*each of its forks is slowed down" "and tells"
	fi

	if [ "$source" != perf ]; then
		is "2 0 2 -" "$(row pause)" "$source: calls that a signal killed are unfinished"
		is "92 0 92 -" "$(row exit_group)" "$source: so are those that end a process"
		is "20 0 0 81920" "$(row write)" "$source: bytes written"
		is "7 0 0 -" "$(row ia32:getppid)" "$source: calls by int 0x80 have a name of their own"
		is 6 "$(row x32:getppid | cut -d' ' -f1)" "$source: so do those of x32"
		is "3 3 0 -" "$(row syscall_4000)" "$source: and numbers nobody knows"
		is "10 0 0 $((10 * 5 * 4096))" "$(row mremap)" "$source: bytes remapped, in whole pages"
	fi

	# perf opens and closes counters of every call else, in each task that is killed.
	only=
	[ "$source" != perf ] || only='-e epoll_pwait,rt_sigreturn'
	# shellcheck disable=SC2086
	counted --source "$source" --errno $only -- "$load" $signals ia32-memory=3
	every >"$scratch/$source-signals"
	is "5 5" "$(row epoll_pwait | cut -d' ' -f1,2)" \
		"$source: a call that a signal with a handler broke off is an error"
	is "10 0" "$(row rt_sigreturn | cut -d' ' -f1,2)" \
		"$source: the return from the handler is none, whatever it restores"

	[ "$source" != perf ] || continue
	is "2 0 2 - 2 0 2 -" "$(row pause) $(row epoll_wait)" \
		"$source: calls that a fatal signal broke off are unfinished, with a core or without"
	is "3 0 0 $((3 * 3 * 4096)) 3 0 0 $((3 * 2 * 4096))" "$(row ia32:mmap) $(row ia32:mmap2)" \
		"$source: i386 has two kinds of mmap"
done

# What work adds to address space and takes away: 18 pages, and 6. Its program's start does so too,
# the same each time.
space() {
	count --source "$source" -e mmap,munmap,mremap,brk -- "$load" "$1"
	value 'join " ", @{$_->{memory}}{qw(grown_bytes shrunk_bytes)}'
}
for source in $sources; do
	[ "$source" != perf ] || continue
	# Two numbers each.
	# shellcheck disable=SC2046
	set -- $(space memory=0) $(space memory=10) $(space kept=10)
	is "$((180 * 4096)) $((180 * 4096))" "$(($3 - $1)) $(($4 - $2))" \
		"$source: address space grows by what is mapped and shrinks by what is unmapped"
	is "$((60 * 4096)) $((60 * 4096))" "$(($5 - $1)) $(($6 - $2))" \
		"$source: a mapping that is moved but kept grows it too"
done

case $sources in
*bpf*)
	ok "bpf and ptrace say the same of every call" diff "$scratch/bpf" "$scratch/ptrace"
	ok "and of those that signals broke off" diff "$scratch/bpf-signals" "$scratch/ptrace-signals"
	# What perf can see of them.
	cut -d' ' -f1,2 "$scratch/bpf" | grep -v -e : -e syscall_ >"$scratch/bpf-calls"
	cut -d' ' -f1,2 "$scratch/perf" >"$scratch/perf-calls"
	ok "perf counts as many of each" diff "$scratch/bpf-calls" "$scratch/perf-calls"
	;;
esac

if command -v strace >/dev/null; then
	# One thread: with more, strace's own signals break calls off. It leaves out calls that do
	# not return.
	strace -c -o "$scratch/strace" "$load" calls=100 errors=5 memory=3 bytes=4
	awk '$1 ~ /^[0-9]/ && $NF != "total" { print $NF, $4, NF == 6 ? $5 : 0 }' \
		"$scratch/strace" | LC_ALL=C sort >"$scratch/expected"
	names=$(cut -d' ' -f1 "$scratch/expected" | paste -sd,)
	for source in $sources; do
		counted --source "$source" -e "$names" -- "$load" calls=100 errors=5 memory=3 bytes=4
		cut -d' ' -f1-3 "$scratch/rows" | LC_ALL=C sort >"$scratch/got"
		ok "$source agrees with strace -c" diff "$scratch/expected" "$scratch/got"
	done
else
	skip "missing: strace" "agreement with strace -c"
fi

for source in $sources; do
	counted --source "$source" -e getppid,close -- "$load" calls=100 errors=10 memory=2
	is "getppid 100" "$(every | grep getppid | cut -d' ' -f1,2)" "$source: chosen calls are counted"
	is 2 "$(every | wc -l)" "$source: and no others"
done

finish
