#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dump -F writes the flattened format, dump -R puts it together again, and neither lets a stream
# that was cut pass for a whole one.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
run vmtool dump -c -d 31 core dump
exits 0 "a dump in a file"

# vmtool dump -F with these options, to the file `stream`.
flatten() {
	vmtool dump -F --message-level 0 "$@" core >stream
}

# rearrange INPUT OUTPUT
rearrange() {
	run sh -c 'vmtool dump -R -f "$2" <"$1"' rearrange "$1" "$2"
}

for options in '-c -d 31' '-d 31' '-d 0' '-d 31 --num-threads 3'; do
	# shellcheck disable=SC2086 # words on purpose
	ok "flattened with $options" flatten $options
	rearrange stream again
	exits 0 "and put together"
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump -f $options core dump
	ok "is the dump that a file gets" cmp dump again
done

flatten -c -d 31
is makedumpfile "$(head -c 12 stream)" "a stream says what it is"
is ffffffffffffffffffffffffffffffff "$(tail -c 16 stream | od -An -tx1 | tr -d ' \n')" \
	"and ends with an end record"

# records: how many of them there are in `stream`, and how many bytes of the dump have more than
# one.
records() {
	perl -e 'local $/; my ($s, $at, $n, $twice, $end) = (<STDIN>, 4096, 0, 0, 0);
		my %size;
		for (;; $n++) {
			my ($offset, $size) = unpack "q>2", substr $s, $at, 16;
			last if $offset < 0;
			$size{$offset} += $size;
			$at += 16 + $size;
		}
		for my $offset (sort { $a <=> $b } keys %size) {
			$twice += $end - $offset if $offset < $end;
			$end = $offset + $size{$offset};
		}
		print "$n $twice\n"' <stream
}
# What is rewritten in a file at the end is not in a stream. crash compares each record with each
# other.
for level in 0 31; do
	flatten -d $level
	found=$(records)
	is 0 "${found#* }" "no byte of a stream of level $level is sent twice"
	ok "and its ${found% *} records are few" test "${found% *}" -le 40
done
flatten -c -d 31

# What went through two pipes, each of which wanted a stream.
perl -e 'local $/; my $s = <STDIN>; print substr($s, 0, 4096), pack("q>2", 0, length $s), $s, pack("q>2", -1, -1)' \
	<stream >stream-of-stream
run vmtool dump --info stream-of-stream
fails_in_one_line 1 "a flattened stream of a flattened stream: 'vmtool dump -R' takes one off" \
	"a stream in a stream is told"
rearrange stream-of-stream again
ok "and -R takes one off" cmp stream again

size=$(stat -c %s stream)
for cut in $((size - 1)) $((size - 16)) $((size - 17)) $((size / 2)) 20000; do
	head -c "$cut" stream >short
	rearrange short part
	fails_in_one_line 3 'part is incomplete, .* of it arrived: .*the stream is cut off' \
		"a stream cut at $cut of $size bytes is told"
	ok "and its file is marked incomplete" \
		test $(($(od -An -tu4 -j424 -N4 part) & 8)) -eq 8
done
for cut in 0 100 4095 4096; do
	rm -f part
	head -c "$cut" stream >short
	rearrange short part
	fails_in_one_line 1 'the stream is cut off' "a stream of $cut bytes is nothing"
	ok "and leaves no file" test ! -e part
done

# The header and bitmaps of it fit, the descriptors do not.
rm -f part
# shellcheck disable=SC2317 # called through run
limited() {
	(
		ulimit -f 40
		exec vmtool dump -R -f part <stream
	)
}
run limited
fails_in_one_line 3 'part is incomplete' "a stream for which there is no space is told"
run vmtool dump --verify part
is 3 "$status" "and what is there is incomplete, not damaged"

# Whatever ends -R, a file that is not all there says so: until its bytes are on the disk it is
# marked.
# marked FAULTS: put together with them.
marked() {
	FAULTS="count:counts $1" "$TOOL_DIR/faulty" dump -R -f part <stream >"$out" 2>"$err"
	status=$?
	[ $(($(od -An -tu4 -j424 -N4 part) & 8)) -eq 8 ]
}
flatten -c -d 31
vmtool dump -f --message-level 0 -c -d 31 core dump
n=0
marked ""
is 0 "$status" "nothing fails"
ok "and the file is the dump" cmp part dump
total=$(sed -n 's/^pwrite //p' counts)
while [ $((n += 1)) -le "$total" ]; do
	marked "pwrite:$n:kill" || break
done
echo "write $n of $total" >"$why"
ok "SIGKILL in any write but the last leaves a file that says it is incomplete" \
	test "$total" -ge 3 -a "$n" -ge "$total"
ok "and in the last one that or the whole" eval 'marked "pwrite:$total:kill" || cmp part dump'
for n in 1 2; do
	ok "so does a sync that fails, number $n" marked "fdatasync:$n:EIO"
	is 3 "$status" "which is told"
done

rearrange core part
fails_in_one_line 1 'not a flattened dump' "what is not flattened is refused"
{ head -c 4096 stream && printf '\177\377\377\377\377\377\377\377\0\0\0\0\0\0\0\001x'; } >wild
rearrange wild part
fails_in_one_line 1 'record 0 of the stream: .* are absurd' "so is a record at the end of the world"

cp stream itself
rearrange itself itself
fails_in_one_line 129 'itself is the image itself' "a stream is not put together over itself"
ok "and is left as it was" cmp stream itself

# A stream that stalls: the signal comes while -R waits for more. Shells let background commands
# ignore SIGINT, hence perl.
mkfifo pipe
for bytes in 5000 $((size / 2)); do
	rm -f part
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' vmtool dump -R part <pipe >"$out" 2>"$err" &
	pid=$!
	exec 3>pipe
	head -c "$bytes" stream >&3
	wait_for test -e part
	sleep 0.1
	kill -s INT $pid
	status=0
	wait $pid || status=$?
	exec 3>&-
	ran="vmtool dump -R, SIGINT after $bytes bytes"
	if [ "$bytes" -eq 5000 ]; then
		fails_in_one_line 1 'interrupted' "a signal before anything arrived"
		ok "leaves no file" test ! -e part
	else
		fails_in_one_line 3 'part is incomplete, .* of it arrived: .*interrupted' \
			"a signal in the middle of a stream"
		ok "leaves what arrived, marked incomplete" \
			test $(($(od -An -tu4 -j424 -N4 part) & 8)) -eq 8
	fi
done

# stream_bytes: of the report on stderr.
stream_bytes() {
	sed -n 's/.*"stream_bytes": *\([0-9]*\).*/\1/p' "$err"
}
for options in '-d 31' '-c -d 0' '-E -d 31'; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump -F --json $options core
	sent=$(wc -c <"$out")
	is "$sent" "$(stream_bytes)" "the report of $options has the length of the stream"
	# shellcheck disable=SC2086
	run vmtool dump -F --dry-run --json $options core
	exits 0 "-F with --dry-run $options"
	ok "writes nothing" test ! -s "$out"
	is "$sent" "$(stream_bytes)" "and tells how long the stream would be"
done
run vmtool dump -F --dry-run --message-level 2 core
err_has '^would write the stream: ' "also in words"

run sh -c 'vmtool dump -F --message-level 0 -d 0 core | head -c 10 >/dev/null'
fails_in_one_line 0 'write the stream: Broken pipe' "a reader who goes away is one line"
run vmtool dump -F core dump
fails_in_one_line 1 'core: this ELF file is an image of its own' "-F takes no dumpfile: all operands are the image"
run vmtool dump -F core no-such-dump
fails_in_one_line 129 '-F writes to stdout and takes no <dumpfile>' "also one that is not there"
run vmtool dump -R
fails_in_one_line 129 'dumpfile' "-R takes one"
for option in --dry-run '-L 1M'; do
	rm -f dump
	# shellcheck disable=SC2016,SC2086 # words on purpose
	run sh -c 'vmtool dump -R "$@" dump <stream' rearrange $option
	fails_in_one_line 129 '-R goes with neither --dry-run nor -L' "-R with $option makes no sense"
	ok "and writes nothing" test ! -e dump
done
{ head -c 4096 stream && tail -c 16 stream; } >nothing
rm -f dump
for how in -R --receive; do
	# shellcheck disable=SC2016 # for the inner shell
	run sh -c 'vmtool dump "$1" dump <nothing' rearrange $how
	fails_in_one_line 1 'an end record and nothing before it' "$how: an empty stream is no dump"
	ok "and leaves none" test ! -e dump -a ! -e dump-incomplete
done
run vmtool dump -F -R core
fails_in_one_line 129 'exclude each other' "-F and -R at once make no sense"

# Who forgot the pipe.
if command -v script >/dev/null; then
	rm -f typed
	run script -qec 'vmtool dump -F core' /dev/null
	is 129 "$status" "a terminal gets no stream"
	is 'vmtool dump: stdout is a terminal, and -F writes a dump: it takes a pipe or a file (-f insists)' \
		"$(tr -d '\r' <"$out")" "and is told why"
	run script -qec 'vmtool dump -F -f core 2>/dev/null' /dev/null
	is makedumpfile "$(head -c 12 "$out")" "unless -f insists"
	for reads in -R --receive; do
		run script -qec "vmtool dump $reads typed" /dev/null
		is 129 "$status" "nobody types what $reads reads"
	done
	ok "and nothing is written" test ! -e typed -a ! -e typed-incomplete
else
	skip "missing: bsdutils" "a terminal gets no stream"
fi

finish
