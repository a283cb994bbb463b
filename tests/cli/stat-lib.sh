# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# For tests of vmtool stat; lib.sh was sourced before. Results go to $scratch/result.

load=$TOOL_DIR/syscall-load

count() {
	run vmtool stat --json -o "$scratch/result" "$@"
}

# value EXPRESSION: of the last result, which is $_.
value() {
	tail -n 1 "$scratch/result" >"$scratch/last"
	json "$scratch/last" "$1"
}

# calls NAME: how often that call was made, in all rows of it.
calls() {
	value "do { my \$n = 0; \$n += \$_->{calls} for grep { \$_->{name} eq '$1' } @{\$_->{syscalls}};
		\$n }"
}

# near EXPECTED GOT PERCENT SENTENCE
near() {
	if perl -e 'exit !(abs($ARGV[1] - $ARGV[0]) <= $ARGV[0] * $ARGV[2] / 100)' "$1" "$2" "$3"
	then
		pass "$4"
	else
		echo "expected $1 within $3%, got $2" >"$why"
		fail "$4"
	fi
}

# built_with LIBRARY
built_with() {
	vmtool version --build-options | grep -q "^    + $1 "
}

# The sources that count here; says in a SKIP which do not.
find_sources() {
	sources='bpf perf ptrace'
	if [ "$(id -u)" -ne 0 ]; then
		skip "machine: not root" "counting by bpf and perf"
		sources=ptrace
	elif ! built_with bpf; then
		skip "missing: libbpf-dev, clang or bpftool when vmtool was built" "counting by bpf"
		sources='perf ptrace'
	elif ! vmtool stat --source bpf -- true 2>"$scratch/bpf-err"; then
		skip "machine: $(sed 's/^vmtool stat: //;q' "$scratch/bpf-err")" "counting by bpf"
		sources='perf ptrace'
	fi
}
