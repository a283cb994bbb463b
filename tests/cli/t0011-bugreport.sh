#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vmtool bugreport: the build, the machine, and what can be had on it.
. "$(dirname "$0")/lib.sh"

run vmtool bugreport
exits 0 "vmtool bugreport succeeds, whatever this machine lacks"
err_is "" "and has no remarks"
cp "$out" report

run vmtool version --build-options
head -n "$(wc -l <"$out")" report >build
ok "it begins with how vmtool was built" cmp "$out" build
ok "then comes the kernel" grep -q "^kernel  *$(uname -r) " report
# What a shell reads there, for os-release(5) is made for shells.
# shellcheck disable=SC2016 # for the inner shell
system=$(env -u PRETTY_NAME sh -c 'for file in /etc/os-release /usr/lib/os-release; do
	[ ! -e "$file" ] || { . "$file" && break; }
done; printf %s "${PRETTY_NAME:--}"')
is "$system" "$(sed -n 's/^system  *//p' report)" "and what the system calls itself"
ok "a setting is shown" grep -qE '^kernel\.perf_event_paranoid +(-?[0-9]+|-)$' report
ok "and one that may be lacking" grep -qE '^kernel\.yama\.ptrace_scope +([0-9]|-)$' report

# What the machine says itself.
if [ -r /sys/kernel/btf/vmlinux ]; then
	ok "what can be had is said" grep -qE '^dump: /sys/kernel/btf/vmlinux +yes$' report
else
	ok "what cannot be had is said" grep -qE '^dump: /sys/kernel/btf/vmlinux +no: ' report
fi
if [ ! -e /proc/vmcore ]; then
	ok "and why" grep -qE '^dump: /proc/vmcore +no: this is no capture kernel$' report
else
	skip "machine: this is a capture kernel" "and why"
fi
for source in bpf perf ptrace; do
	ok "source $source was tried" grep -qE "^stat: source $source +(yes|no: .+)$" report
done

printf '[report]\n\tsort = hit\n' >config
run env VMTOOL_CONFIG=config vmtool bugreport
out_has '^config: report\.sort +hit$' "options of the configuration are shown"
printf '[report\n' >config
run env VMTOOL_CONFIG=config vmtool bugreport
exits 0 "a configuration that cannot be read is no failure"
out_has '^config +config:1: ' "but is shown"

printf '[report]\n\tsort = hit\n' >config
run env VMTOOL_CONFIG=config vmtool bugreport --json
exits 0 "--json succeeds"
cp "$out" report.json
is "$(uname -r)" "$(json report.json '$_->{machine}{release}')" "with the kernel"
is true "$(json report.json '(grep { $_->{name} eq "zlib" } @{$_->{vmtool}{libraries}})[0]{present}')" \
	"the libraries"
is "$(awk '$1 == "kernel.perf_event_paranoid" { print $2 }' report)" \
	"$(json report.json '$_->{settings}{"kernel.perf_event_paranoid"} // "-"')" "the settings"
is "$(grep -cE '^(dump|record|stat): ' report)" "$(json report.json 'scalar @{$_->{abilities}}')" \
	"all that was tried"
is 0 "$(json report.json 'scalar grep { !$_->{can} != defined $_->{why} } @{$_->{abilities}}')" \
	"with a reason for what cannot be had, and for nothing else"
is "report sort hit" "$(json report.json 'join " ", @{$_->{config}[0]}{qw(command option value)}')" \
	"and the configuration"

run vmtool bugreport all
fails_in_one_line 129 "^vmtool bugreport: unexpected operand 'all'" "it takes no operand"

finish
