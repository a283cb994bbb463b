#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What ends a dump early: no room, no right to write, a signal. What is in the file then can be
# read, and the exit code says that it is not all; a file in which nothing can be read is taken
# away.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# Pages that do not get smaller stand first, 1 GiB of zeros behind them: time to be interrupted.
{
	cat <<-END
		kernel 6.1
		default none
		kernel-at 64M
		load 0+1G
		fill 0x10+0x1800 random
		fill 0x2000+0x800 pfn
	END
} | core core
run vmtool dump -c core whole
exits 0 "the whole of it is dumped"
"$TOOL_DIR/kdump-ls" --sums whole >whole.sums
desc_bytes=$((262144 * 24))

# usable SENTENCE: dump is marked incomplete, well-formed, and each page in it is that of the whole.
usable() {
	if ! "$TOOL_DIR/kdump-ls" --check dump >"$why" 2>&1; then
		fail "$1: it is well-formed"
		return
	fi
	pass "$1: it is well-formed"
	is 8 "$(($(header dump status) & 8))" "$1: it is marked incomplete"
	"$TOOL_DIR/kdump-ls" --sums dump >sums
	ok "$1: there are pages in it" test -s sums
	comm -23 sums whole.sums >differ
	ok "$1: each of them is right" test ! -s differ
}

# partial REGEX SENTENCE: about the last run.
partial() {
	fails_in_one_line 3 "^vmtool dump: the dump is incomplete, [0-9]+ of 262144 pages.*$1" "$2: said"
	usable "$2"
}

# shellcheck disable=SC2317 # called through run
limited() {
	limit=$1
	shift
	(
		ulimit -f "$limit"
		exec "$@"
	)
}

# In blocks of 512 bytes. A limit works for anyone and is met like a full disk.
run limited $((desc_bytes / 512 + 20000)) vmtool dump -c core dump
partial 'File too large' "a limit in the middle of the data"
rm dump
run limited $((desc_bytes / 512 + 400)) vmtool dump -c core dump
partial 'File too large' "a limit in the first data"
rm dump
run limited 1000 vmtool dump -c core dump
fails_in_one_line 1 '^vmtool dump: .*dump.*: File too large' "a limit before any page"
ok "and no file is left" test ! -e dump

# mounted COMMAND: in a name space of mounts of its own.
mounted() {
	if [ "$(id -u)" -eq 0 ]; then
		unshare -m sh -c "$1"
	else
		unshare -rm sh -c "$1"
	fi
}
mkdir disk
if mounted "mount -t tmpfs none disk" 2>/dev/null; then
	cat >full <<-'END'
		mount -t tmpfs -o size="$1" none disk || exit 99
		status=0
		vmtool dump -c core disk/dump || status=$?
		[ ! -e disk/dump ] || cp disk/dump dump
		exit $status
	END
	run mounted "set -- 12M; . ./full"
	partial 'No space left on device' "a full disk"
	rm dump
	run mounted "set -- 512K; . ./full"
	fails_in_one_line 1 '^vmtool dump: .*disk/dump.*: No space left on device' \
		"a disk too small for anything"
	ok "and no file is left there" test ! -e dump

	mkdir readonly
	run mounted "mount --bind readonly readonly && mount -o remount,bind,ro readonly &&
		vmtool dump -c core readonly/dump"
	fails_in_one_line 1 '^vmtool dump: .*readonly/dump: Read-only file system' "a read-only directory"
else
	skip "machine: no mounts for $(id -un)" "a full disk"
	skip "machine: no mounts for $(id -un)" "a disk too small for anything"
	skip "machine: no mounts for $(id -un)" "a read-only directory"
fi
if [ "$(id -u)" -ne 0 ]; then
	mkdir forbidden
	chmod 555 forbidden
	run vmtool dump -c core forbidden/dump
	fails_in_one_line 1 '^vmtool dump: .*forbidden/dump: Permission denied' "a directory of others"
else
	skip "machine: root may write everywhere" "a directory of others"
fi
# The exit code speaks of the dump, not of who hears about it.
vmtool dump --message-level 0 -c -d 31 core quiet
for heard in '>&-' '>/dev/full' '--show-stats >/dev/full'; do
	run sh -c "vmtool dump -f -c -d 31 core dump $heard"
	exits 0 "a dump is made with $heard"
	ok "all of it" cmp quiet dump
done
mkfifo gone
exec 5<>gone
exec 4>gone
exec 5>&-
run sh -c 'vmtool dump -D -f -c -d 31 core dump >&4'
exec 4>&-
exits 0 "or who has gone away"
run sh -c 'vmtool dump -L 10M -f -d 0 core dump >/dev/full'
exits 3 "an incomplete dump stays one"
run sh -c 'vmtool dump --json -f -c -d 31 core dump >/dev/full'
fails_in_one_line 1 'write error: No space left on device' "a report in JSON was asked for"

run vmtool dump -c core /dev/full
if [ "$status" -eq 3 ]; then
	pass "a device that is full"
else
	fails_in_one_line 1 '^vmtool dump: .*/dev/full.*: No space left on device' "a device that is full"
fi

# interrupted SIGNAL: sent while pages are written, which wait in a full pipe. Shells let background
# commands ignore SIGINT, hence perl.
mkfifo pipe
interrupted() {
	rm -f dump
	: >"$out"
	ran="vmtool dump -F, SIG$1"
	status=0
	perl -e '$SIG{$ARGV[0]} = "DEFAULT"; shift; exec @ARGV' "$1" vmtool dump -F core \
		>pipe 2>"$err" &
	pid=$!
	{
		head -c $((desc_bytes + 4000000)) >stream
		kill -s "$1" $pid
		# It goes on when everyone in it can know of the signal, however late that is.
		wait_for grep -q '^eventfd-count: *1' /proc/$pid/fdinfo/*
		cat >>stream
	} <pipe
	wait $pid || status=$?
	vmtool dump -R dump <stream 2>rearranged
}
for signal in INT TERM HUP; do
	interrupted $signal
	partial 'interrupted' "SIG$signal while pages are written"
done

# A dry run leaves nothing, not even half of its numbers. However far it got: there are two ways to
# end.
for wait in 0 0.05 0.1 0.2 0.3; do
	# shellcheck disable=SC2016 # Perl
	run perl -e 'my $wait = shift; my $pid = fork // die;
		exec @ARGV if !$pid;
		select undef, undef, undef, $wait;
		kill TERM => $pid;
		waitpid $pid, 0;
		exit($? & 127 ? 143 : $? >> 8)' "$wait" vmtool dump --dry-run -c --show-stats core
	case $status in
	0 | 143) pass "a dry run is done before a signal after $wait s, or has not begun" ;;
	*) fails_in_one_line 1 '^vmtool dump: interrupted$' "a dry run is stopped after $wait s" ;;
	esac
done

# The image loses its end while it is read: the dump waits in a full pipe meanwhile.
head -c 60000000 core >shrinking
run vmtool dump -f --message-level 0 shrinking dump
before=$(sed -n 's/.* \([0-9]*\) bytes are missing.*/\1/p' "$err")
vmtool dump -F --num-threads 1 --message-level 0 shrinking >pipe 2>"$err" &
pid=$!
status=0
ran="vmtool dump, of an image that becomes shorter"
{
	head -c 100000 >stream
	truncate -s 20000000 shrinking
	cat >>stream
} <pipe
wait $pid || status=$?
fails_in_one_line 3 'the image is cut off, [0-9]* bytes are missing' \
	"an image that becomes shorter while it is read"
after=$(sed -n 's/.* \([0-9]*\) bytes are missing.*/\1/p' "$err")
ok "is missing more than it was before" test "$after" -gt "$before"

finish
