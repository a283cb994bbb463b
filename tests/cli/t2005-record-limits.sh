#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool record: how large files become, and what is left when something stops it.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/record-lib.sh"

# "reason <why it ended>" and other lines of the recording about itself.
said_of() {
	perl -e 'local $/; open(my $in, "<:raw", $ARGV[0]) or die; my $f = <$in>;
		my ($state, $nr) = unpack("VV", substr($f, 112, 8));
		print "state $state\n";
		for my $i (0 .. $nr - 1) {
			my ($type, $flags, $at, $size) = unpack("VVQ<Q<", substr($f, 136 + 24 * $i, 24));
			print substr($f, $at, $size) if $type == 262;
		}' "$1"
}
reason() {
	said_of "$1" | sed -n 's/^reason //p'
}

# Two files, each smaller than the limit, but not both: 14000 events of some 100 bytes are in each.
# Of reads and writes alone: what waits makes few of them, however long a busy machine lets it wait.
cat >work <<'END'
dd if=/dev/zero of=/dev/null bs=1 count=3500 status=none
# Until the readers have most of it.
for _ in $(seq 400); do
	[ "$(od -An -tu8 -j128 -N8 parts.data)" -lt 1200000 ] || break
	sleep 0.05
done
kill -USR2 $PPID
for _ in $(seq 200); do
	set -- parts.data.2*
	[ -e "$1" ] && break
	sleep 0.05
done
dd if=/dev/zero of=/dev/null bs=1 count=3500 status=none
# Until it has closed its file, or will not.
for _ in $(seq 100); do
	sleep 0.05
	ls -l /proc/$PPID/fd 2>/dev/null | grep -q 'parts.data$' || break
done
END
run vmtool record -m 4M -q --switch-output=signal --max-size 2400k -e 'syscalls:sys_*_read,syscalls:sys_*_write' \
	-o parts.data -- sh work
exits 0 "--max-size with --switch-output"
is "size reached" "$(reason parts.data)" "ends when all files together have the size"
ok "none of them has it alone" sh -c 'for f in parts.data*; do
	[ "$(stat -c %s "$f")" -lt 2457600 ] || exit 1; done'

vmtool record -m 64k -q --overwrite --max-size 40k -a -e 'raw_syscalls:*' -o flight.data 2>flight.err &
recorder=$!
# Until it is ready for the signal.
wait_for keeps_usr2 "$recorder"
for _ in $(seq 100); do
	dd if=/dev/zero of=/dev/null bs=1 count=2000 status=none
	kill -USR2 "$recorder" 2>/dev/null || break
	sleep 0.05
done
wait "$recorder"
is 0 $? "--max-size with --overwrite ends after the snapshot that has it"
is "size reached" "$(reason flight.data)" "and says why"

# Late sections cannot be written, at a time when the command still runs.
run env FAULTS="pwrite:3+:EIO" "$TOOL_DIR/faulty" record -q -m 1M --max-size 1k -a -e 'raw_syscalls:*' -o io.data -- \
	sh -c 'dd if=/dev/zero of=/dev/null bs=1 count=3000 status=none; sleep 0.5; echo yes >ended'
fails_in_one_line 125 'io.data.*Input/output error' "a disk that fails at the end"
is yes "$(cat ended 2>/dev/null)" "is told when the command has ended"
run vmtool report -i io.data --samples
exits 0 "and what was recorded is reported"

# The command's exit status is not that of a recording that was not sent.
run sh -c 'vmtool record -q -m 1M -o - -- sh -c "exit 3" >/dev/full'
fails_in_one_line 125 '^vmtool record: send the recording: .*No space left on device' \
	"a recording that cannot be sent, of a command that failed"

# A reader takes the first byte, so that it is being sent, and no other: a pipe holds 64 KiB.
mkfifo pipe
for signal in INT TERM; do
	ran="vmtool record -o -, SIG$signal while it is sent"
	vmtool record -q -m 1M -e 'raw_syscalls:*' -o - -- \
		dd if=/dev/zero of=/dev/null bs=1 count=2000 status=none >pipe 2>"$err" &
	sender=$!
	exec 3<pipe
	dd bs=1 count=1 status=none <&3 >begun
	kill -$signal $sender
	status=0
	wait $sender || status=$?
	cat <&3 >>begun
	exec 3<&-
	: >"$out"
	fails_in_one_line 125 'send the recording: [0-9]+ of [0-9]+ bytes were sent, the rest is lost: interrupted' \
		"SIG$signal leaves a reader who does not read"
	is "$(stat -c %s begun)" "$(sed 's/.*recording: \([0-9]*\) of.*/\1/' "$err")" \
		"which has got as much as is said"
	run sh -c 'vmtool report -i - <begun'
	out_has '^Recording: .*its end was cut off' "and can tell"
done
# With its last act, or while it goes on: what ended the recording does not end the sending.
for command in 'kill -INT $PPID' 'kill -TERM $PPID; exec sleep 100'; do
	vmtool record -q -m 1M -o - -- sh -c "$command" 2>"$err" | cat >sent.data
	run sh -c 'vmtool report -i - <sent.data'
	out_has '^Recording: ' "what was recorded until '$command' is sent"
	ok "whole" eval '! grep -q "cut off" "$out"'
done

mkdir full
if mount -t tmpfs -o size=1200k none full 2>/dev/null; then
	run vmtool record -m 1M --overwrite -a -e 'raw_syscalls:*' -o full/data -- \
		dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none
	exits 125 "a full disk ends a snapshot"
	err_has 'full/data: recording ended early.*No space left on device' "and is told"
	is "state 1" "$(said_of full/data | head -n 1)" "what there was room for is a good file"
	is no "$(test -e full/data.old && echo yes || echo no)" "and there is no other"
	rm -f full/*
	run vmtool record -m 1M --overwrite -a -e 'raw_syscalls:*' -o full/data -- \
		sh -c 'dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none; kill -USR2 $PPID
			for _ in $(seq 400); do sleep 0.05; set -- full/data.2*; [ ! -e "$1" ] || break; done
			sleep 0.1; echo yes >after'
	exits 125 "so does one asked for by SIGUSR2"
	is yes "$(cat after 2>/dev/null)" "when the command has ended"
	is "state 1" "$(said_of full/data.2* | head -n 1)" "and what there was room for is there"
	rm -f full/*
	TMPDIR=$PWD/full vmtool record -m 1M -a -e 'raw_syscalls:*' -o - -- \
		dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none >sent.data 2>told
	is 125 $? "and a full temporary directory a recording that is to be sent"
	ok "which is told" \
		grep -q 'record: recording ended early, what was recorded was sent: .*No space left' told
	run vmtool report -i sent.data --samples
	exits 0 "and what there was room for was sent"
	umount full
else
	skip "machine: tmpfs cannot be mounted" "a full disk ends a snapshot"
fi

finish
