#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Slab objects: what was live when, how long they lived, which call sites leak.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "machine: not root, nothing can be recorded"
vmtool record --slab -o slab.data ls -R /etc >/dev/null 2>&1 ||
	skip_all "machine: vmtool record does not work here"

run vmtool report -i slab.data --json
peak=$(json "$out" '$_->{summary}{peak_bytes}')
matched=$(json "$out" '$_->{summary}{free_requests} - $_->{summary}{free_only_requests}')
ok "objects were allocated and freed" test "$peak" -gt 0 -a "$matched" -gt 0
is "$(json "$out" '$_->{summary}{bytes_allocated}')" \
	"$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')" "rows add up to the summary"

run vmtool report -i slab.data --at peak --json
# What another CPU did in the same nanosecond counts as before.
live=$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')
ok "at the peak, what is live adds up to it" \
	test "$((live * 100))" -ge "$((peak * 95))" -a "$((live * 100))" -le "$((peak * 105))"

vmtool report -i slab.data --lifetime -l 1 2>/dev/null >text
is "$matched" "$(awk '/^  < / { n += $4 } END { print n }' text)" "every freed object has its lifetime"

run vmtool report -i slab.data --leaks --json
is true "$(json "$out" 'my ($ok, $seen) = ("true", 0);
	for (@{$_->{rows}}) {
		$ok = "false" if $_->{growing_quarters} > 4 || $_->{old_live_bytes} > $_->{bytes};
		$ok = "false" if $seen && $_->{growing_quarters} == 4;
		$seen = 1 if $_->{growing_quarters} < 4;
	}
	$ok')" "leaks are what is live, what grew all the time first"

run vmtool report -i slab.data --by order
fails_in_one_line 129 "--by does not go with the slab view" "keys of pages are not those of objects"

finish
