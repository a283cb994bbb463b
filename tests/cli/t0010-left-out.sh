#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A vmtool that was made with COMMANDS=. Here it is put together from the build's own objects, by
# the compiler and with the flags of the build.
. "$(dirname "$0")/lib.sh"

echo 'COMMAND(config) COMMAND(help) COMMAND(version) LEFT_OUT(record) GUIDE(levels)' >commands.inc
# shellcheck disable=SC2046 # words
ok "a vmtool without record can be made" sh -e -c '
	$3 -I"$1" -I"$2" -c -o lean.o "$1/builtin/vmtool.c"
	cc=${3%% -*} # it may be two words: ccache gcc
	$cc -o lean lean.o "$2"/obj/builtin/config.o "$2"/obj/builtin/help.o \
		"$2"/obj/builtin/version.o "$2/libvmtool.a" ${4#"$cc"}' - \
	"$SRC_DIR" "$BUILD_DIR" "$(cat "$BUILD_DIR/compile.flags")" "$(cat "$BUILD_DIR/link.flags")"

left_out="'record' is a command of vmtool that this build leaves out: it was made with COMMANDS= (see make help)"
run ./lean record
exits 129 "a command that was left out is not there"
err_is "vmtool: $left_out" "and that vmtool has it is told"
run ./lean help record
err_is "vmtool help: $left_out" "by help"
run ./lean config record.output x
err_is "vmtool config: $left_out" "and by config"
run ./lean recrod
err_is "vmtool: there is no command 'recrod'; 'vmtool help' lists them" "it is not what could be meant"
run ./lean help --commands
out_is "config
help
version" "nor is it listed"
run ./lean help --guides
out_is "levels" "nor are guides of what was left out"

mkdir path
printf '#!/bin/sh\necho a program of its own\n' >path/vmtool-record
chmod +x path/vmtool-record
PATH=$PATH:$PWD/path
run ./lean record
out_is "a program of its own" "one that was put beside it is run"

finish
