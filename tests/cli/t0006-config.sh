#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What commands take from the configuration, and how it is changed.
. "$(dirname "$0")/lib.sh"

HOME=$PWD/home
unset VMTOOL_CONFIG
mkdir home
file=home/.config/vmtool/config

run vmtool config --list
exits 0 "there need be no configuration"
is "" "$(cat "$out")" "and then it is empty"
run vmtool config report.sort
fails_in_one_line 1 '^vmtool config: report.sort is not set$' "what is not set is said to be so"

run vmtool config report.sort 'hit'
exits 0 "an option is set"
run vmtool config dump.strict true
is "[report]
	sort = hit
[dump]
	strict = true" "$(cat $file)" "in the user's file"
is hit "$(vmtool config report.sort)" "and shown"
is "$PWD/$file:2	report.sort=hit" "$(vmtool config --list --show-origin | head -n 1)" \
	"with its origin, when that is asked for"
run vmtool config --unset report.sort
exits 0 "it is taken out"
run vmtool config --unset report.sort
fails_in_one_line 1 'report.sort is not set in' "but only once"

VMTOOL_CONFIG=$PWD/own
export VMTOOL_CONFIG
run vmtool config stat.json yes
is "[stat]
	json = yes" "$(cat own)" "VMTOOL_CONFIG names the only file"

run vmtool config report.srot hit
fails_in_one_line 129 "'srot' is no option of vmtool report; did you mean 'sort'" "a typing error"
run vmtool config reprot.sort hit
fails_in_one_line 129 "no command 'reprot'; did you mean 'report'" "one in the command"
run vmtool config sort hit
fails_in_one_line 129 "'sort' is no <command>.<option>" "a name without a command"
run vmtool config help.commands true
fails_in_one_line 129 "'help' takes nothing from the configuration" "a command that is not configured"
run vmtool config stat.json perhaps
fails_in_one_line 129 "'json' is either true or false, not 'perhaps'" "a value that cannot be"
run vmtool config --list stat.json
fails_in_one_line 129 '--list takes neither' "options that contradict each other"

: >file
cat >own <<'END'
[dump]
	level = 32
END
run vmtool dump --dry-run file
fails_in_one_line 129 "with the options of the configuration: .*32" "commands take what is set"
printf '[dump]\n\tdry-run\n\tlevel = 0\n' >own
run vmtool dump file
fails_in_one_line 1 '^vmtool dump: .*file' "options without a value too"
run vmtool dump --no-dry-run file
fails_in_one_line 129 'dumpfile' "but what is typed wins"
printf '[dump]\n\tlevle = 1\n' >own
run vmtool dump file
fails_in_one_line 129 "own:2: 'levle' is no option of vmtool dump; did you mean 'level'" \
	"what the file gets wrong is named by its line"
run vmtool version
exits 0 "and is no matter to commands that take nothing from it"
echo '[dump' >own
run vmtool dump file
fails_in_one_line 1 'own:1: a section is a name in brackets' "no more than a broken file"
run vmtool config dump.level 1
fails_in_one_line 1 'own: a section is a name in brackets' "which is not changed either"
is '[dump' "$(cat own)" "but stays as it is"

finish
