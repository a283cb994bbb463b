#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# -X on what is no Xen host, or none that can be understood, leaves nothing out and says so. What it
# does to a Xen host takes one: tests/unit/kernel/test-xen.c, tests/guest/check-xen.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
run vmtool dump --message-level 0 -c -d 31 core dump
run vmtool dump -c -X -d 31 core of-x
exits 0 "-X on a machine without Xen is no error"
err_has 'warning: -X leaves nothing out: the image has no VMCOREINFO_XEN note' "it is a warning"
ok "and the dump is that of the level" cmp dump of-x
run vmtool dump -X --strict -d 31 core none
fails_in_one_line 1 'no VMCOREINFO_XEN note' "with --strict it is an error"
ok "no dump is made" test ! -e none

{ small_kernel 6.1 && every_class && echo 'note Xen 0x1000001 80' &&
	echo 'note VMCOREINFO_XEN 0 64'; } | core host
run vmtool dump -f -d 31 host dump
exits 0 "a Xen host is dumped without -X"
err_has 'this is a Xen host, whose page frames are not' "page classes of Linux are not believed there"
err_has 'dump level 31 becomes 1' "and nothing is left out for them"
run vmtool dump -f -X -d 31 host dump.x
exits 0 "so it is with -X where Xen cannot be understood"
err_has '-X leaves nothing out: VMCOREINFO has no SYMBOL\(domain_list\)' "the reason is named"
ok "the dump is the same" cmp dump dump.x

for option in --map --dump-dmesg --mem-usage --reassemble --info --verify --show-layout --list-free \
	'--explain 1' '-g info' -R --receive; do
	# shellcheck disable=SC2086 # words on purpose
	run vmtool dump -X $option core out
	fails_in_one_line 129 '-X says what a dump leaves out' "-X with $option"
done
printf '[dump]\n\texclude-xen-user-domain\n\tmessage-level = 0\n' >config
VMTOOL_CONFIG=$PWD/config
export VMTOOL_CONFIG
for looks in --info --verify --map --show-layout --mem-usage; do
	run vmtool dump $looks core
	exits 0 "$looks with -X in the configuration"
done
finish
