// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/account.h"

#include <linux/mman.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/stat/hist.h"

#ifndef MAP_STACK
#define MAP_STACK 0x20000
#endif
#ifndef MAP_GROWSDOWN
#define MAP_GROWSDOWN 0x100
#endif
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS 0x20
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

enum { KERNEL_ERRNO_MAX = 4095 };

bool account_begin(struct stat_table *table, const struct account_call *call)
{
	struct stat_row *row = stat_table_row(table, &call->key);

	if (row)
		row->cell.calls++;
	else
		table->missed.rows++;
	return row;
}

static uint64_t whole_pages(uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return align_up_u64(bytes, page);
}

static void add_mapping(struct stat_memory *m, uint64_t flags, uint64_t bytes)
{
	enum mapping_kind kind = MAPPING_FILE;

	if (flags & MAP_HUGETLB)
		kind = MAPPING_HUGETLB;
	else if (flags & (MAP_STACK | MAP_GROWSDOWN))
		kind = MAPPING_STACK;
	else if (flags & MAP_ANONYMOUS)
		kind = MAPPING_ANON;
	m->mappings[kind]++;
	m->mapping_bytes[kind] += bytes;
	m->grown_bytes += bytes;
}

/* The size of something went from @from to @to. */
static uint64_t resize(struct stat_memory *m, uint64_t from, uint64_t to)
{
	if (to > from)
		m->grown_bytes += to - from;
	else
		m->shrunk_bytes += from - to;
	return to > from ? to - from : from - to;
}

/* Of a call that succeeded. */
static uint64_t moved(struct stat_memory *m, const struct account_call *call, uint64_t ret)
{
	uint64_t bytes = whole_pages(call->arg[1]);

	switch (call->what & BYTES_MASK) {
	case BYTES_RETURNED:
		return ret;
	case BYTES_MMAP:
		add_mapping(m, call->arg[3], bytes);
		return bytes;
	case BYTES_MUNMAP:
		m->shrunk_bytes += bytes;
		return bytes;
	case BYTES_MADVISE:
		return bytes;
	case BYTES_MREMAP:
		/* The old mapping stays: all of the new one is added. */
		if (call->arg[3] & MREMAP_DONTUNMAP)
			bytes = 0;
		resize(m, bytes, whole_pages(call->arg[2]));
		return whole_pages(call->arg[2]);
	case BYTES_BRK:
		return call->brk ? resize(m, whole_pages(call->brk), whole_pages(ret)) : 0;
	default:
		return 0;
	}
}

void account_end(struct stat_table *table, const struct account_call *call, int64_t ret,
		 uint64_t end_ns)
{
	struct stat_row *row = stat_table_row(table, &call->key);
	uint64_t ns = end_ns - call->start_ns;
	struct errno_key key = { .abi = call->key.abi, .nr = call->key.nr };

	if (!row)
		return;
	row->cell.ended++;
	row->cell.total_ns += ns;
	row->cell.max_ns = MAX(row->cell.max_ns, ns);
	row->cell.hist[hist_index(ns)]++;
	if (ret < 0 && ret >= -KERNEL_ERRNO_MAX && !(call->what & WHAT_RESTORES)) {
		autoerr struct err *err = NULL;

		row->cell.errors++;
		key.error = (uint32_t)-ret;
		err = stat_table_add_errno(table, &key, 1);
		if (err)
			table->missed.errnos++;
		return;
	}
	row->cell.bytes += moved(&table->memory, call, (uint64_t)ret);
}
