#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts there what belongs to the commands that were built, and make uninstall takes it
# away. Tried with a program of one line.
. "$(dirname "$0")/../cli/lib.sh"

mkdir scripts util builtin Documentation
cp "$SRC_DIR/Makefile" .
cp -r "$SRC_DIR/scripts/probe" "$SRC_DIR/scripts/completion" "$SRC_DIR/scripts/kdump" scripts
cp -r "$SRC_DIR/util/base" util
cp "$SRC_DIR"/Documentation/vmtool*.adoc Documentation
echo 'int main(void) { return 0; }' >builtin/vmtool.c
unset MAKEFLAGS MFLAGS MAKELEVEL RESULTS SANITIZE BUILD CC CFLAGS WERROR DESTDIR COMMANDS STATIC

# All programs of this machine but those that make pages, and makers of pages that take no time.
mkdir no-makers makers
ln -s /bin/* /usr/bin/* no-makers 2>"$scratch/twice"
rm -f no-makers/asciidoctor no-makers/man
cat >makers/asciidoctor <<'END'
#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo "a page" >"$2"
END
printf '#!/bin/sh\necho "a text"\n' >makers/man
chmod +x makers/*

# installed COMMAND...: `make COMMAND...` with root/ as the root of the file system.
installed() {
	run env PATH="$paths" make CFLAGS=-O0 prefix=/usr DESTDIR="$PWD/root" "$@"
}
# has FOLDER SENTENCE NAME...: below root/usr, and no other.
has() {
	folder=root/usr/$1 sentence=$2
	shift 2
	is "$*" "$(cd "$folder" 2>/dev/null && echo *)" "$sentence"
}

paths=$PWD/makers:$PWD/no-makers
installed install
exits 0 "all can be installed"
has bin "the program" vmtool
# shellcheck disable=SC2046 # words
has share/man/man1 "each page there is" $(for page in Documentation/*.adoc; do
	case $page in
	*.7.adoc) ;;
	*) basename "$page" .adoc | sed 's/$/.1/' ;;
	esac
done | LC_ALL=C sort)
has share/man/man7 "the guides" vmtool-kdump.7 vmtool-levels.7 vmtool-reading.7
has libexec/vmtool "what saves crashes" kdump vmtool-kdump

touch root/usr/bin/other root/usr/share/doc/vmtool/other
installed uninstall
exits 0 "it can be taken away again"
is "root/usr/bin/other root/usr/share/doc/vmtool/other " "$(find root -type f | sort | tr '\n' ' ')" \
	"all of it, and nothing else"
ok "with the folders that were its own" test ! -e root/usr/libexec/vmtool
rm -r root

installed COMMANDS=dump install
exits 0 "so can a program that only dumps"
has share/man/man1 "with the pages of what is in it" vmtool-dump.1 vmtool-help.1 vmtool-version.1 vmtool.1
has share/man/man7 "its guides" vmtool-kdump.7 vmtool-levels.7
has share/doc/vmtool "and their texts" kdump.conf vmtool-dump.txt vmtool-help.txt vmtool-kdump.txt \
	vmtool-levels.txt vmtool-version.txt vmtool.txt
has libexec/vmtool "it saves crashes" kdump vmtool-kdump
rm -r root

installed COMMANDS=report install
has share/man/man7 "one that only reports has one guide" vmtool-reading.7
ok "and nothing of saving crashes" test ! -e root/usr/libexec -a ! -e root/usr/lib/dracut
rm -r root

installed COMMANDS=dmup install
exits 2 "a command there is not"
err_has "COMMANDS: there is no command 'dmup'; there are: dump " "is told, with those there are"

rm makers/man
rm -r build/doc
installed install
exits 0 "without man"
has share/man/man7 "the pages are installed" vmtool-kdump.7 vmtool-levels.7 vmtool-reading.7
has share/doc/vmtool "but not as text" kdump.conf
out_has '^doc: no man, so no manual pages as text$' "which is said"
rm -r root

rm makers/asciidoctor
installed install
exits 0 "without asciidoctor"
ok "there are no pages" test ! -e root/usr/share/man
out_has '^install: no asciidoctor, so no manual pages$' "which is said"

finish
