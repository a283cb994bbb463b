#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make after a change makes what changed, and nothing else. Tried on the lowest floor alone.
. "$(dirname "$0")/../cli/lib.sh"

mkdir scripts util
cp "$SRC_DIR/Makefile" .
cp "$SRC_DIR/scripts/probe" scripts
cp -r "$SRC_DIR/util/base" util
unset MAKEFLAGS MFLAGS MAKELEVEL RESULTS SANITIZE BUILD CC CFLAGS WERROR

# Compiled files of the last run, as one line.
compiled() {
	sed -n 's/^  CC *//p' "$out" | tr '\n' ' '
}

members() {
	ar t build/libvmtool.a | sort | tr '\n' ' '
}

# What the archive should have, as `members` says it.
sources() {
	(cd util/base && ls ./*.c) | sed 's|^\./||; s|\.c$|.o|' | sort | tr '\n' ' '
}

build() {
	run make CFLAGS=-O0 all
}

build
exits 0 "a first build works"
is "$(sources)" "$(members)" "and has every object"

build
is "" "$(cat "$out")" "a second build has nothing to do"

sleep 0.01
touch util/base/bitmap.c
build
is "util/base/bitmap.c " "$(compiled)" "a changed source is compiled again, alone"

touch util/base/notes.h
build
is "util/base/notes.c " "$(compiled)" "so is what includes a changed header"

run make CFLAGS='-O0 -g' all
is "$(sources | wc -w)" "$(compiled | wc -w)" "other flags compile everything again"
run make CFLAGS='-O0 -g' all
is "" "$(cat "$out")" "but only once"

rm util/base/notes.c util/base/notes.h
build
exits 0 "a source and its header can go"
is "$(sources)" "$(members)" "and the archive no longer has it"

echo 'int added(void); int added(void) { return 0; }' >util/base/added.c
build
is "util/base/added.c " "$(compiled)" "a new source is found"

# A compiler that lacks what is named in $hidden.
cat >cc-without <<'END'
#!/bin/sh
for file; do
	case $file in
	*.c) grep -q "include <$hidden>" "$file" && { echo "no $hidden" >&2; exit 1; } ;;
	esac
done
exec cc "$@"
END
chmod +x cc-without

run env hidden=libdeflate.h make CC="$PWD/cc-without" BUILD=lacking all
exits 0 "an optional library may be missing"
ok "and is then not built in" grep -q 'X("libdeflate", 0,' lacking/config.h
ok "while the others are" grep -q '^#define HAVE_ZLIB 1$' lacking/config.h

run make NO_LIBDEFLATE=1 BUILD=left-out all
ok "NO_LIBDEFLATE=1 leaves out a library that is there" grep -q 'X("libdeflate", 0,' left-out/config.h

run env hidden=zlib.h make CC="$PWD/cc-without" BUILD=impossible all
exits 2 "a required library may not be missing"
err_has 'cannot build with zlib; install zlib1g-dev' "and the message says what to install"

mkdir util/event
echo '#include <traceevent/event-parse.h>' >util/event/format.c
run env hidden=traceevent/event-parse.h make CC="$PWD/cc-without" BUILD=dump-only COMMANDS=dump all
exits 0 "what needs libtraceevent is not compiled for a program that only dumps"
ok "nor is the library linked" grep -q 'X("libtraceevent", 0,' dump-only/config.h
run env hidden=traceevent/event-parse.h make CC="$PWD/cc-without" BUILD=impossible all
err_has 'cannot build with libtraceevent' "for all commands it is required"
rm -r util/event

run make CC=no-such-compiler BUILD=impossible all
err_has "no C compiler 'no-such-compiler'; run scripts/setup --minimal" \
	"without a compiler the message says what to do"

# dpkg-buildpackage, as far as its make is concerned. A Debian package takes a minute.
mkdir debhelper
cat >debhelper/dpkg-buildpackage <<END
#!/bin/sh
find . -type f >'$PWD/packed'
make -pn help >'$PWD/database' && touch ../vmtool_0_all.deb
END
printf '#!/bin/sh\n' >debhelper/dh
printf '#!/bin/sh\n' >debhelper/lintian
chmod +x debhelper/*
cp -r "$SRC_DIR/scripts/debian" "$SRC_DIR/scripts/make-deb" scripts
cp "$SRC_DIR/CHANGELOG" .
run env PATH="$PWD/debhelper:$PATH" make BUILD=elsewhere STATIC=1 COMMANDS=dump deb
exits 0 "make deb can be asked for with BUILD=, STATIC= and COMMANDS="
ok "and the package is that of debian/rules: in build" grep -q '^BUILD := build$' database
ok "of all commands" grep -q '^COMMANDS := dump record report ' database
is "" "$(grep '^STATIC ' database)" "and with shared libraries"

echo 'of an earlier run' >elsewhere/deb/left
run env PATH="$PWD/debhelper:$PATH" scripts/make-deb elsewhere/deb 0
is "" "$(grep '/left$' packed)" "no package is packed into the next"

run make help
exits 0 "make help needs no compiler"
out_has '^make check  ' "and lists the goals"

finish
