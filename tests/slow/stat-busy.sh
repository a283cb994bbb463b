#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool stat counts exactly on a machine where other processes come and go all the time: a task
# begins where one of the command's has just ended, and is not taken for it. Apart from the command
# tests: it takes many runs to see that once in a while.
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/stat-lib.sh"

find_sources
case $sources in
bpf*) ;;
*) skip_all "machine: not root, or no BPF" ;;
esac

"$load" fork-cost=100000x100 >/dev/null &
storm=$!
while :; do sh -c 'ls / | cat | sort' >/dev/null; done &
shells=$!
while :; do sh -c 'ls / | cat | sort' >/dev/null; done &
more=$!
trap 'kill $storm $shells $more; wait; cd / && rm -rf "$scratch"' EXIT

: >got
begun=$(date +%s)
for _ in $(seq 60); do
	# A slow machine has been busy for long enough.
	[ $(($(date +%s) - begun)) -lt 150 ] || break
	count --source bpf -e exit_group,getuid,getpgrp -- "$load" threads=8x300 forks=8x10 clones=5 execs=4
	value 'join " ", map { "$_->{name} $_->{calls} $_->{unfinished}" }
		sort { $a->{name} cmp $b->{name} } @{$_->{syscalls}}' >>got
done
is "exit_group 87 87 getpgrp 4 0 getuid 85 0" "$(sort -u got)" "up to 60 runs count the same"

finish
