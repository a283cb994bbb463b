#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool help: the manual through man, as text, or the usage.
. "$(dirname "$0")/lib.sh"

run vmtool help
exits 0 "vmtool help succeeds"
vmtool -h >overview
ok "with the same overview as vmtool -h" cmp "$out" overview

run vmtool help vresion
fails_in_one_line 129 "^vmtool help: there is no command or guide 'vresion'; did you mean 'version'\?$" \
	"help for a mistyped command is told its nearest"
run vmtool help help version
fails_in_one_line 129 "^vmtool help: unexpected operand 'version'" "help takes one command"

# A tree as `make install` leaves it, and a man that says what it was given.
mkdir -p tree/bin tree/share/man/man1 tree/share/doc/vmtool man-here nothing-here
cp "$(command -v vmtool)" tree/bin/vmtool
echo "the page as text" >tree/share/doc/vmtool/vmtool-version.txt
echo "the page" >tree/share/man/man1/vmtool-version.1
echo "the page of vmtool" >tree/share/man/man1/vmtool.1
cat >man-here/man <<'END'
#!/bin/sh
echo "man $1" && cat "$2"
exit 7
END
chmod +x man-here/man
vmtool=$PWD/tree/bin/vmtool

run env PATH="$PWD/man-here:$PATH" "$vmtool" help version
exits 7 "help becomes man"
out_is "man -l
the page" "which is given the page that was installed"
run env PATH="$PWD/man-here:$PATH" "$vmtool" help vmtool
out_is "man -l
the page of vmtool" "vmtool has a page too"
run env PATH="$PWD/nothing-here" "$vmtool" help version
exits 0 "without man"
out_is "the page as text" "the same page is printed as text"

mkdir -p tree/share/man/man7
echo "the guide" >tree/share/man/man7/vmtool-levels.7
run env PATH="$PWD/man-here:$PATH" "$vmtool" help levels
out_is "man -l
the guide" "guides are in section 7"
run vmtool help
for guide in "$SRC_DIR"/Documentation/*.7.adoc; do
	guide=${guide##*/vmtool-}
	out_has "\\<${guide%.7.adoc} \\(" "the overview names the guide ${guide%.7.adoc}"
done
run vmtool help levles
fails_in_one_line 129 "; did you mean 'levels'\?$" "a mistyped guide is told its nearest"
if [ ! -e /usr/local/share/man/man7/vmtool-reading.7 ]; then
	run "$vmtool" help reading
	fails_in_one_line 1 "the guide 'reading' is not installed" "a guide that is not here says so"
else
	skip "machine: a manual of vmtool is installed" "a guide that is not here says so"
fi
run env PATH="$PWD/man-here:$PATH" "$vmtool" help ../man1/vmtool-version
fails_in_one_line 129 'there is no command' "a path is no name of a page"

rm tree/share/doc/vmtool/vmtool-version.txt tree/share/man/man1/vmtool-version.1
if [ ! -e /usr/local/share/man/man1/vmtool-version.1 ]; then
	vmtool version -h >usage
	run "$vmtool" help version
	exits 0 "without a manual"
	ok "the usage is printed" cmp "$out" usage
else
	skip "machine: a manual of vmtool is installed" "without a manual the usage is printed"
fi

run vmtool help --commands
exits 0 "help --commands lists the commands"
out_has '^version$' "one a line"
is "$(LC_ALL=C sort -u "$out" | wc -l)" "$(wc -l <"$out")" "each once"
mkdir -p exec
for command in kdump foo version; do
	printf '#!/bin/sh\n' >exec/vmtool-$command
	chmod +x exec/vmtool-$command
done
run env PATH=/bin "$VMTOOL" --exec-path "$PWD/exec" help --external
out_is "foo
kdump" "help --external lists programs of their own, without those that are hidden"
run env PATH=/bin "$VMTOOL" --exec-path "$PWD/exec" help --guides --external
out_is "foo
levels
kdump
reading" "with --guides, too, what is both is listed once"

run env PATH=/bin "$VMTOOL" --exec-path "$PWD/exec" help --options kdump
fails_in_one_line 129 "kdump is a program of its own; ask it: vmtool kdump --help$" \
	"the options of such a program are known to it alone"
run vmtool help --guides dump
fails_in_one_line 129 "unexpected operand 'dump'" "what is listed for scripts has no operand"
run vmtool help --commands --options dump
fails_in_one_line 129 "--options goes with no other option" "nor is one of two questions passed over"
run vmtool help --options version
exits 0 "help --options lists the options of a command"
out_has "^-	json	-	" "with tabs between the parts"
run vmtool help --options vmtool
out_has "^C	-	<dir>	" "and those of vmtool itself"
run vmtool help --options=vresion
fails_in_one_line 129 "did you mean 'version'\?$" "but not those of an unknown command"

# Every option of every command can be told from the others and says what it does.
for command in vmtool $(vmtool help --commands); do
	vmtool help --options "$command" >options
	is "" "$(cut -f1 options | grep -v '^-' | sort | uniq -d)" "$command: letters differ"
	is "" "$(cut -f2 options | grep -v '^-' | sort | uniq -d)" "$command: long names differ"
	is "" "$(awk -F '\t' 'NF != 5 || $5 == ""' options)" "$command: every option is explained"
done

finish
