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
at=$(json "$out" 'sprintf "%.6f of %.6f", map { $_ / 1e9 } @{$_->{summary}}{"peak_time_ns", "duration_ns"}')
ok "objects were allocated and freed" test "$peak" -gt 0 -a "$matched" -gt 0
is "$(json "$out" '$_->{summary}{bytes_allocated}')" \
	"$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')" "rows add up to the summary"

if [ -r /sys/devices/system/node/node0/cpulist ]; then
	ok "how many came from another node than the CPU's is known" \
		test "$(json "$out" '$_->{summary}{cross_cpu_allocations} // "-"')" != -
else
	skip "machine: a kernel without NUMA" "how many came from another node than the CPU's is known"
fi

# kfree(NULL) is an event too, and so is that of kmalloc(0), which is at 16.
is "$(vmtool report -i slab.data --samples | grep 'kmem:kfree\|kmem:kmem_cache_free' |
	grep -cv 'ptr=(nil)\|ptr=0x10$')" "$(json "$out" '$_->{summary}{free_requests}')" \
	"what frees nothing is no free"

# Some frees have no event: memory that is allocated again is not live all the same.
run vmtool report -i slab.data --live --json
is "$(json "$out" '$_->{summary}{net_bytes} - $_->{summary}{unseen_freed_bytes}')" \
	"$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')" \
	"what is live adds up to what was not freed"

run vmtool report -i slab.data --at peak --json
# What another CPU did in the same nanosecond counts as before.
live=$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')
ok "at the peak, what is live adds up to it" \
	test "$((live * 100))" -ge "$((peak * 95))" -a "$((live * 100))" -le "$((peak * 105))"

vmtool report -i slab.data --lifetime -l 1 2>/dev/null >text
is "$at" "$(sed -n 's/^Peak of memory.* at \([0-9.]*\) s of \([0-9.]*\) s.*/\1 of \2/p' text)" \
	"when it was, and of how long a recording, is said alike in text and JSON"
run vmtool report -i slab.data --lifetime --json
is "$matched" "$(json "$out" 'my $n = 0; $n += $_->{hits} for @{$_->{lifetime}}; $n')" "in JSON as well"
is "$matched" "$(awk '/^  < / { n += $4 } END { print n }' text)" "every freed object has its lifetime"

run vmtool report -i slab.data --leaks --json
is true "$(json "$out" 'my ($ok, $seen) = ("true", 0);
	for (@{$_->{rows}}) {
		$ok = "false" if $_->{growing_quarters} > 4 || $_->{old_live_bytes} > $_->{bytes};
		$ok = "false" if $seen && $_->{growing_quarters} == 4;
		$seen = 1 if $_->{growing_quarters} < 4;
	}
	$ok')" "leaks are what is live, what grew all the time first"

is "$(json "$out" 'join "\n", map { "$_->{bytes},$_->{old_live_bytes},$_->{growing_quarters}" } @{$_->{rows}}')" \
	"$(vmtool report -i slab.data --leaks --csv | sed '1d; s/.*,\([0-9]*\),[0-9]*,[0-9]*,[0-9]*,[0-9.]*\(,[0-9]*,[0-9]\)$/\1\2/')" \
	"rows of CSV say as much of them"

head -c $(($(stat -c %s slab.data) * 3 / 4)) slab.data >cut.data
run vmtool report -i cut.data
is "Net total bytes allocated,Peak of memory allocated,Total bytes freed," \
	"$(sed -n 's/:.*(uncertain: events were lost)$//p' "$out" | LC_ALL=C sort | tr '\n' ',')" \
	"of a cut recording, figures that need an allocation and its free are uncertain"
run vmtool report -i cut.data --json
is "bytes_freed net_bytes free_only_requests peak_bytes peak_time_ns" \
	"$(json "$out" 'join " ", @{$_->{summary}{uncertain}}')" "in JSON too"
run vmtool report -i cut.data --html cut.html
is 3 "$(grep -c '<dd>.*uncertain</small>' cut.html)" "and on a page"

vmtool record -q -c 10 --slab -o tenth.data ls -R /etc >/dev/null
run vmtool report -i tenth.data
err_is 'vmtool report: of its allocations and frees only one in 10 was recorded: figures are of those, and what stayed is not known' \
	"that figures are of a part is told"

vmtool record -q -a -e kmem:kmalloc -o half.data ls -R /etc >/dev/null
run vmtool report -i half.data --live
err_is 'vmtool report: kmem:kfree was not recorded: all that kmem:kmalloc allocated is shown as live' \
	"that there are no frees is told where what is live is shown"
vmtool record -q --slab -p $$ -o some.data ls -R /etc >/dev/null
run vmtool report -i some.data --live
err_is 'vmtool report: recorded was what some tasks did: what others freed of theirs is shown as live, and what was freed at their end may be' \
	"and that others may have freed what they had"
run vmtool report -i slab.data --live
err_is '' "with both, of everyone, there is nothing to tell"

printf '[report]\n\tsort = order,bytes\n\tby = order\n\tweight = hits\n' >config
VMTOOL_CONFIG=$PWD/config run vmtool report -i slab.data -l 1
exits 0 "what the configuration says of pages waits for them"
VMTOOL_CONFIG=$PWD/config run vmtool report -i slab.data --samples -l 1
exits 0 "and so it does where samples are listed"
VMTOOL_CONFIG=$PWD/config run vmtool report -i slab.data -s order
fails_in_one_line 129 "unknown key 'order' of -s" "what was typed does not"
printf '[report]\n\tinput = no.data\n' >config
VMTOOL_CONFIG=$PWD/config run vmtool report slab.data
exits 0 "a recording that is named without -i counts, whichever the configuration names"
run vmtool report -i slab.data --by order
fails_in_one_line 129 "unknown key 'order' of --by" "keys of pages are not those of objects"
run vmtool report -i slab.data --by frag
fails_in_one_line 129 "objects cannot be told apart by 'frag'" "nor are figures keys"
for by in cache comm,pid cgroup callsite,comm; do
	run vmtool report -i slab.data --by $by --json
	is "$(json "$out" '$_->{summary}{bytes_allocated}')" \
		"$(json "$out" 'my $n = 0; $n += $_->{bytes} for @{$_->{rows}}; $n')" \
		"rows by $by add up to the summary"
done
is "$(vmtool report -i slab.data --by cache,comm --csv | head -n 1)" \
	"cache,comm,bytes,requested_bytes,hits,pingpongs,fragmentation_percent" "CSV has a column for each key"
is "$(vmtool report -i slab.data --by comm -s cache --csv | cut -d , -f 1-3 | head -n 1)" comm,cache,bytes \
	"and for one to sort by that rows do not have"
run vmtool report -i slab.data --by comm --live -l 3
out_has '^ Comm  *| Total_alloc' "text has them in front"
printf '[report]\n\tby = owner\n' >config
VMTOOL_CONFIG=$PWD/config run vmtool report -i slab.data --slab -l 1
out_has '^ Callsite  *| Total_alloc' "keys of pages that the configuration names are passed over"

finish
