#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Called as makedumpfile, through a link, vmtool does as scripts of distributions expect: options,
# lines they parse, exit codes.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

ln -s "$VMTOOL" "$scratch/bin/makedumpfile"
{ small_kernel 6.1 && every_class; } | core core
vmtool dump -c -d 31 --message-level 0 core want

run makedumpfile -c -d 31 core dump
exits 0 "a dump as kdump-utils asks for it"
ok "is the dump vmtool makes" cmp want dump
out_has 'The dumpfile is saved to dump\.' "says where it is"
out_has 'makedumpfile Completed\.' "and that it is done"
run sh -c 'makedumpfile -D -c -d 31 -F core >stream'
exits 0 "a stream as kdump-tools asks for it"
err_has 'The dumpfile is saved to STDOUT\.' "says so where it does not disturb"
run sh -c 'makedumpfile -R again <stream'
exits 0 "can be put together"
ok "and is the same dump" cmp want again
run makedumpfile -l --message-level 1 -d 31 --num-threads 2 --non-mmap -f core dump
out_is "" "with --message-level 1 a script sees nothing"
run makedumpfile -E -d 31,31 -f --cyclic-buffer 512 -b 4 --work-dir . core dump
exits 0 "an ELF file, with options about buffers"
run makedumpfile --split -d 31 core part1 part2 part3
exits 0 "a set"
out_has '^The dumpfiles are saved to part1, part2, and part3\.$' "all of which is named"

run makedumpfile --show-stats --json -f -d 31 core dump
classes=$(json "$out" 'join " ", $_->{pages}{original}, $_->{pages}{zero_left_out}, (map { $_->{left_out} }
	grep { $_->{class} =~ /^(cache|user|free)$/ } @{$_->{classes}})')
run makedumpfile --show-stats -f -d 31 core dump
is "$classes" "$(perl -ne 'push @n, hex $1 if /^(?:Original|    (?:Pages fi|Non-|User|Free)).*: (0x[0-9a-f]{16})$/;
	END { print "@n" }' "$out")" "--show-stats has the lines of makedumpfile's report"
out_has '^  \(The number of pages is reduced to [0-9]*%\.\)$' "its share"
out_has "^Total pages     : 0x$(printf %016x $(($(header dump max_mapnr))))$" "and all page frames"

# Where nothing is saved nothing is said to be.
run makedumpfile --mem-usage core
is 'Total size on system:' "$(tail -n 1 "$out" | cut -f1)" "--mem-usage ends with its last number"
for look in '--dry-run -d 31' --info --verify; do
	# shellcheck disable=SC2086 # words on purpose
	run makedumpfile $look core
	ok "makedumpfile $look saves nothing, and says so" \
		sh -c 'grep -q "makedumpfile Completed" "$1" && ! grep -q saved "$1"' - "$out"
done
run makedumpfile --json -f -d 31 core dump
is true "$(json "$out" '$_->{complete}')" "JSON is nothing but JSON"

# SUSE's kdump-save reads these from stderr, and the log from stdout.
run makedumpfile -F --message-level 8 --dump-dmesg core
case $status in 0 | 1) pass "the log with the facts" ;; *) fail "the log with the facts" ;; esac
err_has '^  OSRELEASE=6\.1' "has a line with the release"
err_has '^  PAGESIZE=4096$' "and all others of VMCOREINFO"

# Exit codes: 1 whatever is wrong, 2 for the wrong kernel.
for args in '' '-d 32 core x' '--no-such-option core x' 'nothing x' 'core' 'core want'; do
	# shellcheck disable=SC2086 # words on purpose
	run makedumpfile $args
	is 1 "$status" "exit code 1 for: makedumpfile $args"
done
run sh -c 'ulimit -f 2000; makedumpfile -f -d 0 core part'
is 1 "$status" "an incomplete dump is a failure"
out_has 'makedumpfile Failed\.' "and says so"
run sh -c 'makedumpfile -F --message-level 0 -d 0 core | head -c 10 >/dev/null'
is 1 "$(wc -l <"$err")" "a reader who goes away is one line"
run makedumpfile --config erase.conf core x
is 1 "$status" "--config fails"
err_has 'erasing kernel data .* is not done by vmtool' "and says what is not there"
ok "rather than to leave the data in" test ! -e x
for erase in --eppic --erase; do
	run vmtool dump -F $erase macro core
	fails_in_one_line 1 'erasing kernel data .* is not done by vmtool' "$erase fails before a byte of a stream"
done

{ printf '\177ELF' && head -c 3000 /dev/zero && printf 'Linux version %%s\nLinux version 6.1.0-other (x) #1\n'; } >other
release=$("$TOOL_DIR/mkvmcore" -i core.txt x.core | sed -n 's/^OSRELEASE=//p')
{ printf '\177ELF' && head -c 3000000 /dev/zero && printf 'Linux version %s (x) #1 SMP PREEMPT_DYNAMIC synthetic\n' "$release"; } >own
run makedumpfile -f -c -d 31 -x other core dump
is 2 "$status" "exit code 2 for the vmlinux of another kernel"
err_has "other is kernel 6\.1\.0-other, the image is of $release" "which is named"
run makedumpfile -f -c -d 31 -x own core dump
exits 0 "the right vmlinux is no hindrance"
ok "and changes nothing" cmp want dump
run vmtool dump -f -c -d 31 -x core core dump
fails_in_one_line 1 'core does not say which kernel it is' "what is no vmlinux is told"

# VMCOREINFO in a file.
run makedumpfile -g info core
exits 0 "-g writes VMCOREINFO"
out_has '^The vmcoreinfo is saved to info\.$' "and says so"
ok "with the release" grep -q "^OSRELEASE=$release\$" info
{ small_kernel 6.1 && every_class && echo 'vmcoreinfo none'; } | core mute
run vmtool dump -f -c -d 31 -i info mute dump
exits 0 "-i stands in for the note"
ok "all classes are known then" sh -c '"$1" --pages want >a && "$1" --pages dump >b && cmp a b' \
	sh "$TOOL_DIR/kdump-ls"
is "$(cat info)" "$("$TOOL_DIR/kdump-ls" --vmcoreinfo dump)" "and the dump has it as a note"
for look in --show-layout '--explain 0x240'; do
	# shellcheck disable=SC2086 # words on purpose
	{ vmtool dump $look core >own-note && run vmtool dump $look -i info mute; }
	ok "$look too takes what -i says" cmp own-note "$out"
done
run vmtool dump -g no --dry-run core
fails_in_one_line 129 '-g .* goes with none of .*--dry-run' "-g with --dry-run makes no sense"
ok "and writes nothing" test ! -e no
{ cat info && echo REPLACED=1; } >newer
for format in -c -E; do
	vmtool dump -f --message-level 0 $format -d 31 -i newer core dump
	run vmtool dump -f --message-level 2 -c -d 31 dump second
	err_is "" "one that stands in for another ($format) is the only one in the dump"
	is "$(cat newer)" "$("$TOOL_DIR/kdump-ls" --vmcoreinfo second)" "and a dump of the dump has it"
done
sed 's/^OSRELEASE=.*/OSRELEASE=6.12.1-other/' info >strange
run vmtool dump -f -d 31 -i strange core dump
fails_in_one_line 1 "strange is VMCOREINFO of kernel 6\.12\.1-other, the image is of $release, and its memory says nothing else: .*init_uts_ns does not say 6\.12" \
	"VMCOREINFO of another kernel than the image names is told, and not taken"
run makedumpfile -f -d 31 -i strange core dump
is 2 "$status" "exit code 2, as for another vmlinux"
{ small_kernel 6.1 && every_class && echo "vmcoreinfo set OSRELEASE \$.1.0-damaged"; } | core hurt
run vmtool dump -f --message-level 2 -c -d 31 -i info hurt dump
exits 0 "where the release in the image is what is damaged"
warns "the image.s own VMCOREINFO says release .\.1\.0-damaged; info is believed, for its memory says $release too" \
	"memory tells which one is right"
ok "and the dump is as it should be" sh -c '"$1" --pages dump >b && cmp a b' sh "$TOOL_DIR/kdump-ls"
sed 's/^\(SYMBOL(init_uts_ns)\)=.*/\1=ffffffff81234560/' info >stale
run vmtool dump -f -d 31 -i stale hurt dump
fails_in_one_line 1 'stale is VMCOREINFO of kernel .*, and its memory says nothing else: ' \
	"what memory does not prove is refused"
run vmtool dump -f -i own mute dump
fails_in_one_line 1 'own' "what is no VMCOREINFO is refused"
run vmtool dump -g no mute
fails_in_one_line 1 'mute has no VMCOREINFO' "-g of an image without any"

run makedumpfile -v
exits 0 "makedumpfile -v"
out_has '^vmtool .*makedumpfile' "says who it really is"
run makedumpfile -h
exits 0 "makedumpfile -h"

# Scripts hand it all options they know, whatever it is to do.
run makedumpfile -l --message-level 1 -d 31 --dump-dmesg --check-params -f core log
exits 0 "--dump-dmesg with the options of a dump"
makedumpfile --message-level 0 -F -c -d 31 core >stream
# shellcheck disable=SC2016 # for the other shell
run sh -c 'makedumpfile -l --message-level 1 -d 31 -R -f rearranged <stream'
exits 0 "-R with the options of a dump"

finish
