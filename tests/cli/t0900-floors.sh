#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/check-floors in a small house of its own.
. "$(dirname "$0")/lib.sh"

mkdir -p scripts Documentation builtin util/base util/mem util/codec util/image
cp "$SRC_DIR/scripts/check-floors" scripts
cat >Documentation/architecture.md <<'END'
| Floor | Folder | What |
|-------|--------|------|
| 2 | `image/` | images |
| 1 | `mem/` | memory |
| 1 | `codec/` | compressors |
| 0 | `base/` | basics |
END
cp Documentation/architecture.md map

includes() {
	mkdir -p "$(dirname "$1")"
	printf '#include <stdio.h>\n#include "%s"\n' "$2" >"$1"
}
includes util/base/err.c util/base/err.h
includes util/mem/cache.c util/base/err.h
includes util/image/elf.c util/mem/cache.h
includes builtin/dump.c util/image/image.h
includes builtin/help.c builtin/builtin.h
includes builtin/version.c config.h

run scripts/check-floors
exits 0 "a house in order passes"
out_is "" "in silence"

# refuses FILE INCLUDED MESSAGE SENTENCE
refuses() {
	includes "$1" "$2"
	run scripts/check-floors
	rm "$1"
	is "1 $3" "$status $(cat "$out")" "$4"
}

refuses util/mem/up.c util/image/image.h \
	"util/mem/up.c:2: mem/ (floor 1) includes util/image/image.h (floor 2)" \
	"a lower floor includes nothing above it"
refuses util/mem/side.h util/codec/codec.h \
	"util/mem/side.h:2: mem/ (floor 1) includes util/codec/codec.h (floor 1)" \
	"neighbours do not include each other"
refuses util/image/deep/up.c builtin/builtin.h \
	"util/image/deep/up.c:2: util/ includes builtin/builtin.h" \
	"util includes nothing of builtin, however deep the file is"
refuses util/base/own.c err.h \
	"util/base/own.c:2: util/ includes err.h" \
	"includes are written from the top"
refuses builtin/stat.c builtin/dump.h \
	"builtin/stat.c:2: a command includes builtin/dump.h" \
	"commands do not include each other"

mkdir util/sys
run scripts/check-floors
is "1 util/sys/: not in the floor table of Documentation/architecture.md" "$status $(cat "$out")" \
	"a folder the map does not show is refused"
rmdir util/sys

sed 's/codec/btf/' map >Documentation/architecture.md
run scripts/check-floors
exits 1 "a folder that is only on the map is refused"
out_has '^Documentation/architecture.md: the table names btf/, which is not there$' "by its name"

echo nothing >Documentation/architecture.md
run scripts/check-floors
exits 1 "a map without a table is refused"

finish
