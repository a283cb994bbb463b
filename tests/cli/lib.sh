# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
#
# What command tests share. A test sources this file, makes statements about commands it runs and
# ends with `finish`:
#
#	#!/bin/sh
#	# SPDX-License-Identifier: GPL-2.0-or-later
#	. "$(dirname "$0")/lib.sh"
#
#	run vmtool dump empty-file out
#	exits 1 "dump of an empty file fails"
#	err_is "vmtool dump: empty-file: file is empty" "and says why in one line"
#
#	finish
#
# It runs in an empty directory of its own, which is gone afterwards; `vmtool` is the one that
# was just built, no setting of the user's reaches it, and nothing is left in the user's home.

set -u

SRC_DIR=$(cd "$(dirname "$0")/../.." && pwd)
BUILD_DIR=${BUILD_DIR:-$SRC_DIR/build}
VMTOOL=${VMTOOL:-$BUILD_DIR/vmtool}
TOOL_DIR=$BUILD_DIR/tests/tool
LC_ALL=C.UTF-8 TZ=UTC VMTOOL_CONFIG=
export LC_ALL TZ VMTOOL_CONFIG
unset LANGUAGE NO_COLOR PAGER MANPAGER COLUMNS LINES VMTOOL_EXEC_PATH
unset XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME

# In memory, where there is room for it and programs may be run: no test waits for a disk that is
# busy with something else.
memory=/tmp
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -w /dev/shm ] && [ "${room:-0}" -gt 1000000 ] &&
	! grep -q ' /dev/shm [^ ]* [^ ]*noexec' /proc/mounts; then
	memory=/dev/shm
fi
scratch=$(mktemp -d "${TMPDIR:-$memory}/vmtool-test.XXXXXX") || exit 1
trap 'cd / && chmod -R u+rwX "$scratch" && rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$scratch/bin" "$scratch/work" "$scratch/home"
HOME=$scratch/home
export HOME
ln -s "$VMTOOL" "$scratch/bin/vmtool"
PATH=$scratch/bin:$PATH
cd "$scratch/work" || exit 1

tests_nr=0
failed_nr=0
status=0

# run COMMAND...: its exit code is left in $status, its output in the files $out and $err, the
# command itself is remembered for the report of a failure.
out=$scratch/out
err=$scratch/err
ran=
run() {
	ran=$*
	status=0
	"$@" >"$out" 2>"$err" </dev/null || status=$?
}

# Every line of stdin as a TAP comment.
diag() {
	sed 's/^/# /'
}

pass() {
	tests_nr=$((tests_nr + 1))
	echo "ok $tests_nr - $1"
}

# fail SENTENCE: what did not hold was left in the file $why and is shown with the last command.
why=$scratch/why
fail() {
	tests_nr=$((tests_nr + 1))
	failed_nr=$((failed_nr + 1))
	echo "not ok $tests_nr - $1"
	[ -z "$ran" ] || echo "# after: $ran (exit $status)"
	diag <"$why"
}

show_err() {
	if [ -s "$err" ]; then
		echo "stderr:"
		head -n 20 "$err"
	fi
}

# exits CODE SENTENCE: about the last run.
exits() {
	if [ "$status" -eq "$1" ]; then
		pass "$2"
	else
		{ echo "exit code $status, expected $1" && show_err; } >"$why"
		fail "$2"
	fi
}

# is EXPECTED GOT SENTENCE
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		printf 'expected: %s\ngot:      %s\n' "$1" "$2" >"$why"
		fail "$3"
	fi
}

# ok SENTENCE COMMAND...: the command succeeds. It is not remembered as the last run.
ok() {
	ok_sentence=$1
	shift
	if "$@" >"$scratch/ok" 2>&1; then
		pass "$ok_sentence"
	else
		{ echo "failed: $*" && cat "$scratch/ok"; } >"$why"
		fail "$ok_sentence"
	fi
}

same_text() {
	printf '%s\n' "$2" >"$scratch/expected"
	[ -n "$2" ] || : >"$scratch/expected"
	if diff -u "$scratch/expected" "$1" >"$why"; then
		pass "$3"
	else
		fail "$3"
	fi
}

# out_is TEXT SENTENCE, err_is TEXT SENTENCE: the whole output, a final newline understood.
out_is() {
	same_text "$out" "$1" "$2"
}
err_is() {
	same_text "$err" "$1" "$2"
}

matches() {
	if grep -Eq -- "$2" "$1"; then
		pass "$3"
	else
		{ echo "no line matches: $2" && head -n 40 "$1"; } >"$why"
		fail "$3"
	fi
}

# out_has REGEX SENTENCE, err_has REGEX SENTENCE: some line matches (grep -E).
out_has() {
	matches "$out" "$1" "$2"
}
err_has() {
	matches "$err" "$1" "$2"
}

# fails_in_one_line CODE REGEX SENTENCE: the exit code, nothing on stdout, and a stderr of exactly
# one line, which matches.
fails_in_one_line() {
	if [ "$status" -eq "$1" ] && [ ! -s "$out" ] && [ "$(wc -l <"$err")" -eq 1 ] &&
		grep -Eq -- "$2" "$err"; then
		pass "$3"
	else
		{
			echo "expected exit code $1, empty stdout, and one line on stderr like: $2"
			echo "got exit code $status, stdout of $(wc -c <"$out") bytes"
			show_err
		} >"$why"
		fail "$3"
	fi
}

# json FILE EXPRESSION: what a Perl expression makes of the JSON in FILE, which is $_; not valid
# JSON is an error. `json "$out" '$_->{libraries}[0]{name}'`
json() {
	perl -MJSON::PP -e '
		local $/;
		open(my $file, "<", $ARGV[0]) or die;
		$_ = JSON::PP->new->utf8->decode(<$file>);
		my $value = eval $ARGV[1];
		die $@ if $@;
		print ref($value) eq "JSON::PP::Boolean" ? ($value ? "true" : "false")
			: defined($value) ? $value : "null", "\n";
	' "$1" "$2"
}

# wait_for COMMAND...: until it succeeds, for 100 s: what a busy machine or a sanitizer may take is
# no failure. What never comes is one, and said, for the statement that fails with it may not say
# why.
wait_for() {
	wait_end=$(($(date +%s) + 100))

	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -ge $wait_end ]; then
			echo "${0##*/}: waited for 100 s: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# allowed_cpus: those this process may run on, one a line. Others may be in its list that are not
# there.
allowed_cpus() {
	sed -n 's/^Cpus_allowed_list:[[:blank:]]*//p' /proc/self/status | tr ',' '\n' |
		while IFS=- read -r first last; do
			seq "$first" "${last:-$first}"
		done | while read -r cpu; do
			! taskset -c "$cpu" true 2>/dev/null || echo "$cpu"
		done
}

# by_perf COMMAND...: its output is in $by_perf. perf 6.1 dies now and then (SIGBUS, SIGABRT) while
# others keep the machine busy; what it left then is no witness. It gets eight tries. What records
# does so with --no-bpf-event: perf has a thread for BPF programs that come and go, which dies
# beside tests of stat, and takes up to a second to end.
by_perf=$scratch/by_perf
by_perf() {
	for pause in 0 0 1 1 1 1 1 1; do
		sleep $pause
		died=0
		"$@" >"$by_perf" 2>"$scratch/perf-err" || died=$?
		[ $died -ne 0 ] || return 0
	done
	echo "${0##*/}: eight times exit code $died: $*: $(tail -n 1 "$scratch/perf-err")" >&2
	return 1
}

# of_any_perf PERF-SCRIPT OURS: takes out of both, line for line of the same recording, what
# releases of perf script differ in: blanks; the name of a task that has ended, which 6.12 forgets
# at once; stubs it calls "@plt" and nothing else; addresses in programs, which 6.1 shows as they
# are in the file, 6.12 as they are in memory. And names of what perf does not know and the symbols
# we store may know: BPF programs that somebody else runs.
of_any_perf() {
	awk 'NR == FNR { name[NR] = $1; unknown[NR] = / \[unknown\] /; next }
		$1 ~ /^:[0-9]+$/ { $1 = name[FNR] }
		unknown[FNR] { sub(/ @plt\+0x[0-9a-f]+ /, " [unknown] ") }
		1' "$2" "$1" >"$1.named" && mv "$1.named" "$1"
	sed -Ei '/^\t/!{ s/^ +//; s/ +/ /g }
		s/(ffff[0-9a-f]{12}) (\[unknown\] \(\[(unknown|kernel.kallsyms)\]\)|.*\((\[bpf\]|bpf_[^)]*)\))$/\1/' "$@"
	if grep -Eq '^[[:blank:]]+7f[0-9a-f]{10} .*\(/' "$1"; then
		sed -Ei 's,^(\t) *[0-9a-f]+ (.* \((/|\[vdso)),\1\2,' "$@"
	fi
}

# skip REASON SENTENCE: "missing: PACKAGE" when scripts/setup could install it (a failure in CI),
# "machine: WHAT" when this machine cannot have it.
skip() {
	tests_nr=$((tests_nr + 1))
	echo "ok $tests_nr - $2 # SKIP $1"
}

# skip_all REASON: for a whole file, before its first statement.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# The last line of every test: a test that stops early has no plan, and prove calls that a failure.
finish() {
	echo "1..$tests_nr"
	[ "$failed_nr" -eq 0 ]
	exit
}
