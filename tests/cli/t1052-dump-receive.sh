#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dump --receive, the far end of a pipe: a dump gets its name when all of it is there and holds;
# what a broken pipe leaves is a dump that says it is incomplete, under a name that says so too.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
vmtool dump --message-level 0 -c -d 31 core dump
vmtool dump --message-level 0 -F -c -d 31 core >stream
size=$(stat -c %s stream)
pages=$(header dump pages)

# receive STREAM [OPTION...]: into `there`.
receive() {
	stream=$1
	shift
	# shellcheck disable=SC2016 # for the other shell
	run sh -c 'stream=$1; shift; vmtool dump --receive "$@" there <"$stream"' receive "$stream" "$@"
}

# marked FILE: does it say that it is incomplete?
# shellcheck disable=SC2317 # called through ok
marked() {
	[ $(($(od -An -tu4 -j424 -N4 "$1") & 8)) -eq 8 ]
}

# The line a user types, with a pipe in the place of ssh.
# shellcheck disable=SC2016 # for the other shell
run sh -c 'vmtool dump --message-level 0 -F -c -d 31 core | vmtool dump --receive there'
exits 0 "a dump through a pipe"
out_is "received there: complete, $(echo "$pages" | sed 's/\(...\)$/,\1/') pages in $(vmtool dump -R copy <stream
	sed -n 's/^received there: .* pages in //p' "$out")" "is told in one line"
ok "is what a file would have got" cmp dump there
ok "and nothing else is there" test ! -e there-incomplete

receive stream
fails_in_one_line 1 'there: File exists|there \(-f overwrites it\)' "a file that is there is refused"
ok "and stays" cmp dump there
receive stream -f
exits 0 "but not with -f"
rm there
receive stream --json
is "true $pages $pages there" "$(json "$out" \
	'"$_->{complete} $_->{pages}{in_dump} $_->{pages}{good} $_->{file}"' | sed 's/^1 /true /')" \
	"JSON says the same"
mkdir -p far/away && rm -f there
run sh -c 'vmtool dump --receive far/away/there <stream'
exits 0 "a dump in another directory"
ok "is there" cmp dump far/away/there

# Cut.
for cut in $((size - 1)) $((size - 17)) $((size * 3 / 4)) $((size / 2)); do
	rm -f there*
	head -c "$cut" stream >short
	receive short
	fails_in_one_line 3 "there-incomplete is incomplete, .* arrived, [0-9]+ of $pages pages can be read from it: .*cut off" \
		"a stream cut at $cut of $size bytes is told, with what is good"
	ok "and does not get the name" test ! -e there
	ok "its file says it is incomplete" marked there-incomplete
	told=$(sed -n 's/.* \([0-9]*\) of [0-9]* pages can be read.*/\1/p' "$err")
	run vmtool dump --verify --json there-incomplete
	is "$told" "$(json "$out" '$_->{pages}{good}')" "as many pages are good"
	exits 3 "and none is damaged"
done
receive stream
fails_in_one_line 1 'there-incomplete' "what came is not overwritten by the next stream"
receive stream -f
exits 0 "but with -f"
ok "and makes way for the whole dump" test -e there -a ! -e there-incomplete
head -c $((size / 2)) stream >short
receive short -f
exits 3 "a broken stream with -f"
ok "leaves the whole dump of that name alone" cmp dump there
for cut in 0 100 4096 4200; do
	rm -f there*
	head -c "$cut" stream >short
	receive short
	fails_in_one_line 1 'cut off' "a stream of $cut bytes is nothing"
	ok "and leaves nothing" test ! -e there -a ! -e there-incomplete
done
head -c 12000 stream >short
receive short
fails_in_one_line 1 'there-incomplete is no dump that can be read, .* of it arrived: .*cut off' \
	"a stream cut before its bitmaps cannot be read"
ok "and stays all the same" test -s there-incomplete

# A signal while what came is checked: the last thing before it is that all is on the disk.
rm -f there*
FAULTS=count:counts "$TOOL_DIR/faulty" dump --receive there <stream >"$out" 2>"$err"
rm -f there*
ran="vmtool dump --receive, SIGTERM after the last sync before the check"
status=0
FAULTS="fdatasync:$(sed -n 's/^fdatasync //p' counts):term" "$TOOL_DIR/faulty" dump --receive there \
	<stream >"$out" 2>"$err" || status=$?
fails_in_one_line 3 'all that was sent is in there-incomplete, but was not checked.*interrupted' \
	"a signal during the check says what holds"
ok "the dump has not got its name" test ! -e there
ok "and is whole" cmp dump there-incomplete
run vmtool dump --verify there-incomplete
exits 0 "as --verify finds"
rm -f there*

# SIGKILL at each write: whatever has the name is whole, whatever is there otherwise says what it
# is.
# shellcheck disable=SC2317 # called through ok
kill_sweep() {
	n=0
	while :; do
		n=$((n + 1))
		rm -f there*
		FAULTS="pwrite:$n:kill" "$TOOL_DIR/faulty" dump --receive there <stream >"$out" 2>"$err" &&
			break
		[ ! -e there ] || return 1
		[ "$(stat -c %s there-incomplete)" -lt 4096 ] || marked there-incomplete ||
			cmp there-incomplete dump || return 1
	done
	[ "$n" -gt 3 ] && cmp there dump
}
ok "SIGKILL at any write leaves nothing that passes for the dump" kill_sweep
for fault in pwrite:2:ENOSPC fdatasync:1:EIO fdatasync:2:EIO close:1:EIO; do
	rm -f there*
	FAULTS=$fault
	export FAULTS
	run sh -c '"$0" dump --receive there <stream' "$TOOL_DIR/faulty"
	unset FAULTS
	ok "$fault: no dump gets the name" test "$status" -ne 0 -a ! -e there
done

# What the stream carries.
{ cat core.txt && echo 'truncate phys:20M'; } | core cut
if vmtool dump --message-level 0 -c cut cutdump 2>"$err"; then :; fi
vmtool dump --message-level 0 -F -c cutdump >stream2 2>/dev/null
rm -f there*
receive stream2
fails_in_one_line 3 'there-incomplete is incomplete.*the stream is whole, but what it carries is an incomplete dump' \
	"an incomplete dump in a whole stream is told"
ok "and stays marked" marked there-incomplete
# A stream with its end record, whose third quarter never came.
perl -e '
	local $/; my $s = <STDIN>; print substr($s, 0, 4096); my $at = 4096; my @r;
	while (1) { my ($o, $n) = unpack "Q>Q>", substr($s, $at, 16);
		if ($o == ~0) { push @r, substr($s, $at, 16); last }
		push @r, substr($s, $at, 16 + $n); $at += 16 + $n; }
	splice(@r, -3, 1); print @r;' <stream >holed
rm -f there*
receive holed
ok "a record that never came is found out" test "$status" -ne 0 -a ! -e there -a -e there-incomplete
vmtool dump --message-level 0 -F -E -d 31 core >stream2
vmtool dump --message-level 0 -f -E -d 31 core dump2
rm -f there*
receive stream2
exits 0 "an ELF file comes as well"
ok "as it would in a file" cmp dump2 there
head -c $(($(stat -c %s stream2) / 2)) stream2 >short
rm -f there*
receive short
ok "half of it is not one" test "$status" -ne 0 -a ! -e there -a -s there-incomplete
rm -f there*
receive core
fails_in_one_line 1 'not a flattened dump' "what is not flattened is refused"

# Where it may not be put.
ln -s elsewhere there
receive stream -f
fails_in_one_line 1 'there is there and is no file' "a symbolic link is never replaced"
rm there
mkdir there
receive stream -f
fails_in_one_line 1 'there is there and is no file' "nor is a directory"
rmdir there
cp stream there
run sh -c 'vmtool dump --receive -f there <there'
fails_in_one_line 129 'there is the stream itself' "nor the stream"
run sh -c 'vmtool dump --receive /dev/null <stream'
fails_in_one_line 1 '/dev/null is there and is no file' "nor a device"

rm -f there*
# shellcheck disable=SC2016 # for the inner shell
run sh -c '{
	head -c 8192 stream
	tries=0
	while [ $((tries += 1)) -lt 6000 ] && [ ! -e there-incomplete ]; do sleep 0.02; done
	echo other >there
	tail -c +8193 stream
} | vmtool dump --receive there'
fails_in_one_line 3 'all of the dump is in there-incomplete.*there: File exists' \
	"a file that took the name meanwhile keeps it"
ok "and the dump is whole all the same" cmp dump there-incomplete

# A named pipe, and a signal while it stalls.
rm -f there*
mkfifo pipe
perl -e '$SIG{TERM} = "DEFAULT"; exec @ARGV' vmtool dump --receive there <pipe >"$out" 2>"$err" &
pid=$!
exec 3>pipe
head -c $((size / 2)) stream >&3
wait_for test -s there-incomplete
sleep 0.1
kill -s TERM $pid
status=0
wait $pid || status=$?
exec 3>&-
ran="vmtool dump --receive, SIGTERM"
fails_in_one_line 3 'there-incomplete is incomplete.*interrupted' "a signal keeps what arrived"
ok "marked" marked there-incomplete

for option in -R -F --dry-run '-L 1M' --split --reassemble -E --dump-dmesg; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump --receive $option new
	exits 129 "--receive with $option makes no sense"
	ok "and writes nothing" test ! -e new -a ! -e new-incomplete
done
run vmtool dump --receive
fails_in_one_line 129 'dumpfile' "--receive takes one operand"

finish
