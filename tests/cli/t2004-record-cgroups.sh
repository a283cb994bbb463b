#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool record and report: of which cgroup a task was.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/record-lib.sh"

# The hierarchy that perf events know tasks by: the controller's own, or the unified one.
root=$(awk '/ - cgroup .*[ ,]perf_event/ { print $5; exit }' /proc/self/mountinfo)
[ -n "$root" ] || root=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
name=vmtool-test-$$
early=$root/$name-early late=$root/$name-late
if [ -z "$root" ] || ! mkdir "$early" 2>/dev/null; then
	skip_all "machine: no cgroup can be made"
fi
trap 'rmdir "$early" "$late" 2>/dev/null; cd / && rm -rf "$scratch"' EXIT
(echo 0 >"$early/cgroup.procs") 2>/dev/null || skip_all "machine: no process can be moved to another cgroup"

# The test's own, below the same mount: of which anything may be recorded for certain.
own=$(awk -F: '$2 ~ /(^|,)perf_event(,|$)/ { print $3; exit }' /proc/self/cgroup)
[ -n "$own" ] || own=$(awk -F: '$1 == 0 { print $3; exit }' /proc/self/cgroup)

cat >work <<END
(echo 0 >$early/cgroup.procs && exec cat /dev/null)
mkdir $late
(echo 0 >$late/cgroup.procs && exec cat /dev/null /dev/null)
END
run vmtool record -m 4M -q --page -o groups.data -- sh work
exits 0 "a recording while tasks are in several cgroups"
early_id=$(stat -c %i "$early")

run vmtool report -i groups.data --by cgroup,comm
out_has "\| /$name-early +\| cat" "a cgroup that was there before is told by its path"
out_has "\| /$name-late +\| cat" "and one that came meanwhile"
ok "and that of everything else here" grep -Fq "| $own " "$out"
run vmtool report -i groups.data --by cgroup --json
is "/$name-late" "$(json "$out" "(grep { \$_->{cgroup} =~ /late/ } @{\$_->{rows}})[0]{cgroup}")" "in JSON too"
for word in "/$name-early" "$name-early" "$early_id"; do
	run vmtool report -i groups.data --by cgroup --cgroup "$word" --json
	is "/$name-early" "$(json "$out" 'join(" ", map { $_->{cgroup} } @{$_->{rows}})')" \
		"--cgroup $(echo "$word" | sed "s/$$/PID/;s/^$early_id\$/ID/"): of that one alone"
done
run vmtool report -i groups.data --by cgroup --cgroup no-such --json
is 0 "$(json "$out" 'scalar @{$_->{rows}}')" "a cgroup that was never there has no rows"

if command -v perf >/dev/null; then
	by_perf perf report -i groups.data -s cgroup --stdio -g none
	ok "perf knows the paths as well" grep -q "/$name-early" "$by_perf"
else
	skip "missing: linux-perf" "perf knows the paths as well"
fi

run vmtool record -m 1M -q -G "$name-early" -e raw_syscalls:sys_enter -o one.data -- \
	sh -c "echo 0 >$early/cgroup.procs; cat /dev/null"
exits 0 "-G takes a path below where the hierarchy is mounted"

run vmtool record -m 1M -q --test-no-cgroup -o without.data -- true
exits 0 "a kernel that does not tell cgroups"
run vmtool report -i without.data --by cgroup
out_has '\| -$' "is reported with none"

finish
