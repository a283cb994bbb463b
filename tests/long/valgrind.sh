#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each command under valgrind: no read of what was never written, none outside of what is there,
# nothing lost. ASan sees the second and third in more tests; the first only valgrind sees.
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"
command -v valgrind >/dev/null || skip_all "machine: no valgrind (the package has this name)"
cp "$SRC_DIR/tests/long/valgrind.supp" .
VALGRIND_OPTS='-q --suppressions=valgrind.supp --error-exitcode=99 --leak-check=full
	--errors-for-leak-kinds=definite --trace-children=no'
export VALGRIND_OPTS

# clean EXIT-CODE ARGUMENT...: vmtool ends so, and valgrind finds nothing.
clean() {
	code=$1
	shift
	run valgrind "$VMTOOL" "$@"
	exits "$code" "vmtool $*"
}

{ small_kernel 6.1 && every_class; } | core core
{ small_kernel 6.12 && every_class; } | core core612
head -c 20000000 core >short
for level in 0 31; do
	for format in -c -l -p -z -E ''; do
		# shellcheck disable=SC2086 # no word when empty
		clean 0 dump -f $format -d $level core "dump$format"
	done
done
clean 0 dump -d 31 --show-stats core612 dump612
clean 0 dump -d 31 --json --num-threads 4 core many
clean 0 dump -d 31 --non-mmap core read
clean 3 dump -f -d 0 short cut
clean 1 dump core612.txt none
clean 0 dump -d 31 -c dump-z again
clean 0 dump --split -d 31 core part1 part2 part3
clean 0 dump --reassemble part1 part2 part3 whole
clean 0 dump -F -c -d 31 core
cp "$out" stream
head -c 100000 stream >stream.cut
for how in '-R -f' '--receive -f'; do
	for from in stream stream.cut; do
		# shellcheck disable=SC2086
		valgrind "$VMTOOL" dump $how arrived <"$from" >/dev/null 2>&1
		status=$?
		[ $from = stream ] && expected=0 || expected=3
		is "$expected" "$status" "vmtool dump $how <$from"
	done
done
for how in --verify --info '--verify --json' '--info --json'; do
	# shellcheck disable=SC2086
	clean 0 dump $how dump-c
done
clean 3 dump --verify arrived-incomplete
for how in '--explain 0x240' --show-layout --mem-usage '--show-layout --json'; do
	# shellcheck disable=SC2086
	clean 0 dump $how core
done
clean 1 dump --list-free core
clean 1 dump --dump-dmesg core log
clean 0 dump -g info core
clean 129 dump --no-such-option

if vmtool record -q -m 1M -o try.data -- true 2>/dev/null; then
	vmtool record -q -m 1M --page --slab -o page.data -- cat /proc/self/maps >/dev/null
	vmtool record -q -m 1M -z -o z.data -- cat /proc/self/maps >/dev/null
	vmtool record -q -m 1M -g -o g.data -- cat /proc/self/maps >/dev/null
	# valgrind 3.19 does not know pidfd_open, by which a command is watched: all, until a signal
	# comes.
	for how in '' -z -g --no-mmap-output; do
		# shellcheck disable=SC2086
		run timeout --preserve-status -s INT 20 valgrind "$VMTOOL" record -q -m 256k -a -C 0 $how \
			-e kmem:mm_page_alloc -o all.data
		exits 0 "vmtool record -a $how, until a signal comes"
	done
	for view in --page --slab --samples --live --leaks --lifetime --json --csv --folded -g \
		'--by owner' '--at peak' '--filter order>=1' '--flamegraph f.svg' '--timeline t.svg'; do
		# shellcheck disable=SC2086
		clean 0 report -i page.data $view
	done
	clean 0 report -i z.data
	clean 0 report --diff page.data g.data
	clean 0 report -i g.data --recover recovered.data
	head -c 60000 page.data >cut.data
	run valgrind "$VMTOOL" report -i cut.data
	ok "vmtool report of a recording that is cut off" test "$status" -ne 99
else
	skip "machine: recording is not permitted here" "vmtool record, report"
fi
# Likewise.
for source in perf bpf; do
	if vmtool stat --source $source -o /dev/null -- true 2>/dev/null; then
		clean 0 stat --source $source -e memory,file -a --timeout 2000 -o table
	else
		skip "machine: no source $source here" "vmtool stat --source $source"
	fi
done
VMTOOL_CONFIG=$PWD/config
export VMTOOL_CONFIG
clean 0 config report.default page
clean 0 config --list --show-origin
clean 0 version --build-options
clean 0 version --json
clean 0 bugreport
clean 0 bugreport --json
clean 0 help
clean 0 help --options dump
clean 129 help hlep
clean 129 drump
finish
