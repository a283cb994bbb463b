#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Names of functions of programs: as they were when it was recorded, whatever became of the files.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "machine: not root, nothing can be recorded"

# Of the program alone: where it took its pages.
stacks() {
	vmtool report -i "$1" --comm program --folded 2>remarks
}

cp "$TOOL_DIR/page-loop" program
vmtool record -g -o ours.data ./program 20 1 >/dev/null 2>&1 ||
	skip_all "machine: vmtool record does not work here"
stacks ours.data >before
ok "there are stacks with functions of the program" grep -Eq ';main[; ]' before
rm program
stacks ours.data >after
ok "a program that is gone has its functions" cmp before after
cp /bin/true program
stacks ours.data >after
ok "another program in its place lends it none" cmp before after

if ! command -v perf >/dev/null; then
	skip "missing: linux-perf" "builds of perf's recordings"
	finish
fi
rm program
cp "$TOOL_DIR/page-loop" program
# perf keeps the builds of files in which a sample happened, not of those in call chains. perf 6.1
# dies before it has written them when BPF programs come or go meanwhile, as they do beside tests of
# stat.
# shellcheck disable=SC2317 # by_perf calls it
record_build() {
	HOME=$PWD perf record --no-bpf-event -q -g -e page-faults -c 1 -o perf.data ./program 20 1
	perf buildid-list -i perf.data | grep -q '/program$'
}
if ! by_perf record_build; then
	skip "machine: perf leaves out the build of what it recorded" "builds of perf's recordings"
	finish
fi
stacks perf.data >before
ok "perf's recording has stacks with functions of the program" grep -Eq ';main[; ]' before
rm program
cp /bin/true program
HOME=$PWD stacks perf.data >after
ok "perf's copy of a build is found by its number" \
	sh -c 'cmp -s before after || { diff before after; cat remarks; false; }'
HOME=/nowhere stacks perf.data >after
ok "another build lends it no functions" sh -c '! grep -Eq ";main[; ]" after'
ok "which is said" grep -q 'program is another build than the one that ran' remarks

if [ ! -r /sys/kernel/btf/vmlinux ]; then
	skip "machine: no BTF" "migrate types have names"
	finish
fi
if ! by_perf perf kmem --page record --no-bpf-event -o page.data true; then
	skip "machine: perf kmem record dies" "migrate types have names"
	finish
fi
run vmtool report -i page.data -l 1
out_has '^Order +UNMOVABLE +MOVABLE +RECLAIMABLE' \
	"migrate types have names: this kernel is the build that was recorded"

finish
