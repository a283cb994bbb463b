# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
#
# For tests of vmtool record; lib.sh was sourced before. Where nothing can be recorded there are
# none.

[ "$(id -u)" -eq 0 ] || skip_all "machine: recording the kernel's events needs root"
if ! vmtool record -m 1M -q -o probe -- true 2>probe.err; then
	# Where perf can, it is no fault of the machine.
	perf record -q -e kmem:mm_page_alloc -o probe.perf -- true >/dev/null 2>&1 ||
		skip_all "machine: no recording here: $(head -n 1 probe.err)"
	cp probe.err "$why"
	fail "vmtool records where perf does"
	finish
fi

# samples FILE FIELDS: of all samples, as perf script has them.
samples() {
	by_perf perf script -i "$1" -F "$2" || echo "perf script dies of $1"
	cat "$by_perf"
}

# number FILE: of the samples in it.
number() {
	samples "$1" event | grep -c :
}

# has_samples FILE: also of a recording that goes on.
has_samples() {
	vmtool report --samples -l 1 -i "$1" | grep -q :
}

# committed FILE: bytes of whole records in a recording that goes on.
committed() {
	od -An -tu8 -j128 -N8 "$1" | tr -d ' '
}

# keeps_usr2 PID: a recorder keeps SIGUSR2 for when it has begun. That signal (0x800), and not
# SIGUSR1 (0x200): whoever forks or makes a thread blocks all of them for a moment, and then takes
# them again.
keeps_usr2() {
	grep -q '^SigBlk:.*[89cd]..$' "/proc/$1/status"
}
