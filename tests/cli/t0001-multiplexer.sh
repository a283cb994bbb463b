#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool finds the command, and says what went wrong and how badly.
. "$(dirname "$0")/lib.sh"

run vmtool
exits 129 "vmtool alone is a usage error"
out_has '^usage: vmtool ' "that shows the usage on stdout"
out_has '^    version +print the version' "and lists the commands"
err_is "" "without an error message"

for help in -h --help --he; do
	run vmtool $help
	exits 0 "vmtool $help succeeds"
	out_has '^    help ' "and lists the commands"
done

run vmtool vresion
fails_in_one_line 129 "^vmtool: there is no command 'vresion'; did you mean 'version'\?$" \
	"a mistyped command is told its nearest"
run vmtool hel
fails_in_one_line 129 "did you mean 'help'\?$" "so is one cut short"
run vmtool frobnicate
fails_in_one_line 129 "^vmtool: there is no command 'frobnicate'; 'vmtool help' lists them$" \
	"a command like no other gets no guess"
run vmtool ''
fails_in_one_line 129 "^vmtool: there is no command ''" "nor does the empty one"
run vmtool ../version
fails_in_one_line 129 "^vmtool: there is no command '../version'" "a path is no command"
run vmtool "$(printf 'a\033[31m\nb')"
fails_in_one_line 129 "^vmtool: there is no command 'a\?\[31m\?b'" \
	"control characters do not reach the terminal"

run vmtool --vresion
fails_in_one_line 129 "^vmtool: unknown option '--vresion'; did you mean '--version'\?$" \
	"so is a mistyped option"
run vmtool -q version
fails_in_one_line 129 "^vmtool: unknown option '-q'$" "an unknown letter is named"
run vmtool -C
fails_in_one_line 129 "^vmtool: option '-C' needs a value: <dir>$" "a missing value is named"
run vmtool version --jsno
fails_in_one_line 129 "^vmtool version: unknown option '--jsno'; did you mean '--json'\?$" \
	"errors of a command begin with its name"
run vmtool version extra
fails_in_one_line 129 "^vmtool version: unexpected operand 'extra'; usage: vmtool version" \
	"too many operands are a usage error"
run vmtool version --json=yes
fails_in_one_line 129 "^vmtool version: option '--json' takes no value$" "so is an unwanted value"

run vmtool version --js
exits 0 "a long option may be cut short"
run vmtool version --json --no-json
out_has '^vmtool [0-9]' "and taken back"
run vmtool version -- --json
fails_in_one_line 129 "unexpected operand '--json'" "-- ends the options"
run vmtool -- version
exits 0 "-- may stand before the command"

for command in $(vmtool help --commands); do
	for help in -h --help; do
		run vmtool "$command" $help
		exits 0 "vmtool $command $help succeeds"
		out_has "^usage: vmtool $command" "and shows the usage on stdout"
		err_is "" "and nothing on stderr"
	done
	run vmtool "$command" -h
	is "" "$(awk 'length > 80' "$out")" "usage of $command fits 80 columns"
	run vmtool "$command" --no-such-option
	fails_in_one_line 129 "^vmtool $command: unknown option '--no-such-option'" \
		"vmtool $command knows its options"
done

mkdir -p one/two
printf '#!/bin/sh\npwd\n' >vmtool-where
chmod +x vmtool-where
here=$(pwd -P)
run vmtool -C one -C two --exec-path "$here" where
out_is "$here/one/two" "-C changes the directory, step by step"
run vmtool -C none version
fails_in_one_line 1 "^vmtool: cannot change to 'none': No such file or directory$" \
	"-C to nowhere fails"

run sh -c 'exec vmtool version >/dev/full'
fails_in_one_line 1 "^vmtool: write error: No space left on device$" "a full disk is a failure"
run sh -c 'exec vmtool -h >/dev/full'
exits 1 "for usage texts too"
run sh -c 'exec vmtool version >&-'
fails_in_one_line 1 "^vmtool: write error: Bad file descriptor$" "a closed stdout is a failure"
run sh -c 'exec vmtool >&- 2>&- <&-'
exits 1 "even when there is nobody to tell"

# A reader that went away: 141 is SIGPIPE. The second run starts with the signal ignored.
mkfifo fifo
reader_gone='exec 3<>fifo 4>fifo 3<&-; exec vmtool version >&4'
run sh -c "$reader_gone"
exits 141 "a closed pipe ends vmtool by SIGPIPE"
err_is "" "quietly"
run sh -c "trap '' PIPE; $reader_gone"
exits 141 "even when SIGPIPE was ignored before"
err_is "" "quietly as well"

finish
