#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The configuration says how dumps are made. What takes no such wish, or cannot have it, works all
# the same; what was typed itself is still refused.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core
vmtool dump --message-level 0 -F -c -d 31 core >stream
vmtool dump --message-level 0 -c -d 31 core dump
vmtool dump --message-level 0 --split -c -d 31 core part1 part2
VMTOOL_CONFIG=$PWD/config
export VMTOOL_CONFIG
printf '[dump]\n\tlimit = 100M\n\tlevel = 11,31\n\tzstd\n\tmessage-level = 0\n' >config

run sh -c 'vmtool dump -R again <stream'
exits 0 "-R puts together with a limit in the configuration"
ok "what came" cmp dump again
run sh -c 'vmtool dump --receive received <stream'
exits 0 "and so does --receive"
run vmtool dump --reassemble part1 part2 joined
exits 0 "--reassemble with levels in it"
is "$(header dump pages)" "$(header joined pages)" "keeps every page"
run vmtool dump -E core elf
exits 0 "-E with a compression in it"
run vmtool dump core own
exits 0 "a dump takes all of it"
ok "compression" sh -c 'vmtool dump --info own | grep -q "^compression  *zstd$"'

printf '[dump]\n\telf\n\tmessage-level = 0\n' >config
run vmtool dump -f -c core own
exits 0 "-c with -E in the configuration"
ok "is what was typed" sh -c 'vmtool dump --info own | grep -q "^compression  *zlib$"'
for looks in --info --verify --map --show-layout; do
	run vmtool dump $looks core
	exits 0 "$looks looks"
done
run vmtool dump -f --split core a b
exits 0 "--split with -E in the configuration"
printf '[dump]\n\tflatten\n\tmessage-level = 0\n' >config
run vmtool dump --map core
exits 0 "--map with -F in it"
printf '[dump]\n\tjson\n\tcsv\n\tvmcoreinfo = nowhere\n\tmessage-level = 0\n' >config
run vmtool dump --info core
exits 0 "a look at no kernel with -i in it"
vmtool dump --message-level 0 -g info core
printf '[dump]\n\tjson\n\tcsv\n\tvmcoreinfo = info\n\tmessage-level = 0\n' >config
for form in --csv --json; do
	run vmtool dump --map $form core
	exits 0 "--map $form with both forms in it"
done
run vmtool dump --map core map.svg
exits 0 "and so a picture"
run vmtool dump -f core own
exits 0 "and a dump, which has no --csv"

printf '[dump]\n\tjson\n\tcallers\n\tmessage-level = 0\n' >config
run vmtool dump -f core own
exits 0 "a dump with --callers in the configuration"
{ small_kernel 6.1 && echo '0 T1 6 a message' | log_of; } | core logged
run vmtool dump -F --dump-dmesg logged
out_is '[    0.000000] [      T1] a message' "a log is as JSON only when that was typed"
run vmtool dump --json -F --dump-dmesg logged
exits 0 "JSON, which has the callers anyway, with --callers in the configuration"
printf '[dump]\n\tflatten\n\telf\n\tmessage-level = 0\n' >config
run vmtool dump --mem-usage core
out_has '^Total size on system:' "--mem-usage with -F and -E in it prints on stdout"

run vmtool dump -R -L 1M again
exits 129 "what was typed and makes no sense is refused"
run vmtool dump -E -c core x
exits 129 "as ever"

finish
