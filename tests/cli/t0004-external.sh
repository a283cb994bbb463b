#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs named vmtool-foo are commands of vmtool.
. "$(dirname "$0")/lib.sh"

mkdir exec path
for dir in exec path; do
	cat >$dir/vmtool-foo <<END
#!/bin/sh
echo "$dir:\${*:+ }\$*"
echo "VMTOOL_EXEC_PATH=\$VMTOOL_EXEC_PATH"
exit 42
END
	chmod +x $dir/vmtool-foo
done
PATH=$PATH:$PWD/path

run vmtool foo -x --version 'a b'
exits 42 "vmtool foo becomes vmtool-foo of PATH"
out_has '^path: -x --version a b$' "with all its arguments"

run vmtool --exec-path "$PWD/exec" foo
out_is "exec:
VMTOOL_EXEC_PATH=$PWD/exec" "--exec-path comes before PATH and is handed on"
run env VMTOOL_EXEC_PATH="$PWD/exec" vmtool foo
out_has '^exec:' "so does VMTOOL_EXEC_PATH"
run env VMTOOL_EXEC_PATH="$PWD/nowhere" vmtool --exec-path "$PWD/exec" foo
out_has '^exec:' "the option beats the environment"

run vmtool help foo
exits 42 "vmtool help foo runs it as well"
out_has '^path: --help$' "with --help"

run vmtool fooo
fails_in_one_line 129 "did you mean 'foo'\?$" "a mistyped name finds it"
run vmtool
out_has '^External commands$' "the overview has a place for external commands"
out_has '^    foo$' "and lists it"

# What comes with a program is found beside it, wherever that was put.
mkdir -p tree/bin tree/libexec build/libexec
cp "$(command -v vmtool)" tree/bin/vmtool
cp -r exec tree/libexec/vmtool
cp tree/bin/vmtool build/vmtool
cp -r exec build/libexec/vmtool
for program in tree/bin/vmtool build/vmtool; do
	run $program foo
	out_has '^exec:' "$program finds what is in libexec/vmtool of its tree"
done
reason="foo of a folder beside the program, which a stranger owns, is not run"
if [ "$(id -u)" -eq 0 ]; then
	chown nobody tree/libexec/vmtool
	run tree/bin/vmtool foo
	out_has '^path:' "$reason"
else
	skip "machine: only root can give a folder away" "$reason"
fi
run vmtool kdump status
exits 0 "a vmtool that was just built has kdump"

cp path/vmtool-foo path/vmtool-version
run vmtool version
out_has '^vmtool [0-9]' "a command of vmtool's own comes first"

chmod -x path/vmtool-foo
run vmtool foo
fails_in_one_line 129 "^vmtool: there is no command 'foo'" "a file that cannot be run is none"
mkdir path/vmtool-dir
run vmtool dir
fails_in_one_line 129 "^vmtool: there is no command 'dir'" "nor is a directory"
printf '#!/no/such/shell\n' >path/vmtool-broken
chmod +x path/vmtool-broken
run vmtool broken
fails_in_one_line 1 "^vmtool: cannot run .*/vmtool-broken: No such file or directory$" \
	"one that does not start says so"

# Where a stray colon makes the current directory part of PATH, nothing is run from there.
mv exec/vmtool-foo vmtool-here
run env PATH=":$PATH" vmtool here
fails_in_one_line 129 "^vmtool: there is no command 'here'" "an empty entry of PATH is passed over"

finish
