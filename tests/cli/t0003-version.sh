#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool version: for people, for bug reports, for programs.
. "$(dirname "$0")/lib.sh"

run vmtool version
exits 0 "vmtool version succeeds"
ok "and prints one line" test "$(wc -l <"$out")" -eq 1
out_has '^vmtool [0-9]+\.[0-9]+\.[0-9]+' "with the version"
cp "$out" version

run vmtool --version
ok "vmtool --version prints the same" cmp "$out" version
run vmtool version -h
out_has '--build-options' "its usage names --build-options"

run vmtool version --build-options
exits 0 "--build-options succeeds"
is "$(cat version)" "$(head -n 1 "$out")" "begins with the version"
out_has '^    \+ zlib +deflate' "and lists the libraries"
out_has '^external commands: /' "and where external commands are"

run vmtool --exec-path /some/where version --build-options
out_has '^external commands: /some/where$' "which --exec-path changes"
run env VMTOOL_EXEC_PATH="/other" vmtool version --build-options
out_has '^external commands: /other$' "as does VMTOOL_EXEC_PATH"

run vmtool version --json
exits 0 "--json succeeds"
cp "$out" json
is "$(cat version)" "vmtool $(json json '$_->{version}')" "with the version"
is true "$(json json '(grep { $_->{name} eq "zlib" } @{$_->{libraries}})[0]{present}')" \
	"and the libraries"

finish
