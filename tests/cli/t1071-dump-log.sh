#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the crashed kernel had to say: its log (--dump-dmesg), and what of it tells why it crashed
# (--info).
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{
	small_kernel 6.1
	log_of <<-END
		0 T0 5 Linux version 6.1.0-56-amd64
		1500000000 T1 6 systemd[1]: all is well
		2000001000 C3 1 BUG: kernel NULL pointer dereference, address: 0000000000000008
		2000002000 C3 0 RIP: 0010:ext4_fill_super+0x12/0x34
		2000003000 T77 0 Kernel panic - not syncing: Fatal exception
	END
} | core core

run vmtool dump -F --dump-dmesg core
exits 0 "the log of an image"
out_is '[    0.000000] Linux version 6.1.0-56-amd64
[    1.500000] systemd[1]: all is well
[    2.000001] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    2.000002] RIP: 0010:ext4_fill_super+0x12/0x34
[    2.000003] Kernel panic - not syncing: Fatal exception' "is as dmesg prints it"

run vmtool dump -F --dump-dmesg --callers core
exits 0 "--callers"
is '[    0.000000] [      T0] Linux version 6.1.0-56-amd64
[    2.000001] [      C3] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    2.000003] [     T77] Kernel panic - not syncing: Fatal exception' \
	"$(grep -E 'Linux|BUG|panic' "$out")" "tells who wrote each line"
run vmtool dump --dump-dmesg --json core log.json
exits 0 "the log as JSON"
# shellcheck disable=SC2016 # Perl
is '5 0 6.1.0-56-amd64 1 2000001000 alert 0 C3 RIP: 0010:ext4_fill_super+0x12/0x34' \
	"$(json log.json 'my @m = @{$_->{messages}}; join " ", scalar @m, $_->{unreadable}, $_->{kernel},
		$m[1]{seq}, $m[2]{time_ns}, $m[2]{level},
		$m[2]{facility}, $m[2]{caller}, $m[3]{text}')" "has all of each message"

# A zero does not end a message.
{
	small_kernel 6.1
	echo '1000 T1 6 a@b' | log_of | sed 's/614062$/610062/'
} | core zero
run vmtool dump -F --dump-dmesg zero
out_is '[    0.000001] a\x00b' "a zero in a message is shown"
run vmtool dump --dump-dmesg --json zero zero.json
# shellcheck disable=SC2016 # Perl
is 3 "$(json zero.json 'length $_->{messages}[0]{text}')" "and is in JSON"

run vmtool dump --callers core out
fails_in_one_line 129 '--callers goes with --dump-dmesg' "--callers of a dump"
run vmtool dump --dump-dmesg --callers --json core out
fails_in_one_line 129 'not with --callers' "--callers as JSON"

# Of a dump in parts.
vmtool dump --message-level 0 --dump-dmesg core log
vmtool dump --message-level 0 --split -d 31 core part1 part2 part3
run vmtool dump --dump-dmesg part3 part1 part2 log2
exits 0 "the log of a split dump"
ok "is the log" cmp log log2
vmtool dump -F --dump-dmesg part1 part2 part3 >log3
ok "also as a stream" cmp log log3
cp part3 copy
run vmtool dump -f --dump-dmesg part1 part2 part3
fails_in_one_line 129 'part3 is a memory image: name a file for the log' "a log without a name"
ok "is not written over a part of the dump" cmp part3 copy
run vmtool dump -F --dump-dmesg core log4
fails_in_one_line 129 '-F writes to stdout .* no log4$' "nor is a name passed over that -F has no use for"

{ small_kernel 6.1 && echo 'vmcoreinfo del SYMBOL(prb)'; } | core logless
run vmtool dump --dump-dmesg --json -F logless
fails_in_one_line 1 'prb' "a log that is not there is no JSON either"

# Why it crashed.
vmtool dump --message-level 0 -c -d 31 core dump
for image in core dump; do
	run vmtool dump --info $image
	exits 0 "--info of $image"
	out_has '^host  *synthetic$' "names the machine"
	out_has '^version  *#1 SMP' "the build of the kernel"
	out_has '^CPUs  *1$' "how many CPUs it had"
	out_has '^crashed  *2023-11-14 22:13:20 UTC, up 2\.000 s$' "how long it was up"
	out_has '^last oops  *\[    2\.000001\] BUG: kernel NULL pointer' "the last oops"
	out_has '^  at  *\[    2\.000002\] RIP: 0010:ext4_fill_super\+0x12/0x34$' "where that was"
	out_has '^panic  *\[    2\.000003\] Kernel panic - not syncing: Fatal exception$' "and the panic"
done
run vmtool dump --info --json core
# shellcheck disable=SC2016 # Perl
is '2000003000 2000001000 RIP: 0010:ext4_fill_super+0x12/0x34 Kernel panic - not syncing: Fatal exception' \
	"$(json "$out" 'join " ", $_->{uptime_ns}, $_->{oops}{time_ns}, $_->{oops_at}{text}, $_->{panic}{text}')" \
	"JSON has them"
{ small_kernel 6.1 && echo 'vmcoreinfo none'; } | core mute
run vmtool dump --info --json mute
# shellcheck disable=SC2016
is 'null null' "$(json "$out" '$_->{panic}') $(json "$out" '$_->{uptime_ns}')" \
	"where nothing can be told JSON says so"
run vmtool dump --info mute
exits 0 "an image that tells nothing is no error"
ok "and there are no empty lines of it" sh -c '! grep -Eq "^(host|panic|last oops)" "$1"' - "$out"

finish
