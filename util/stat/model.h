/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counting gives: a table of system calls, a summary of memory, and how much of it the source
 * of the counts could see. Knows nothing of sources or of how tables are shown.
 */
#ifndef VMTOOL_STAT_MODEL_H
#define VMTOOL_STAT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/stat/bpf/shared.h"

/* What a table's numbers mean anything about; the rest was not looked at and is shown as "-". */
enum stat_sees {
	SEES_CALLS = 1 << 0,
	SEES_ENDS = 1 << 1, /* which calls returned */
	SEES_ERRORS = 1 << 2,
	SEES_BYTES = 1 << 3, /* of calls */
	SEES_TIMES = 1 << 4,
	SEES_PAGES = 1 << 5,
	SEES_MAPPINGS_PEAK = 1 << 6,
	SEES_ERRNOS = 1 << 7,
	SEES_SPACE = 1 << 8,	/* how the address space grew and shrank: all calls that do that */
	SEES_MAPPINGS = 1 << 9, /* those that were made: mmap */
};

struct stat_row {
	struct row_key key;
	struct stat_cell cell;
};

struct stat_errno {
	struct errno_key key;
	uint64_t count;
};

struct stat_name {
	uint64_t group;
	struct group_name name;
};

struct stat_table {
	unsigned int sees;     /* enum stat_sees */
	uint32_t orders;       /* of pages, a bitmap: those that were asked for */
	struct stat_row **row; /* in the order of their keys */
	size_t row_nr, row_capacity;
	struct stat_errno *error;
	size_t error_nr, error_capacity;
	struct stat_name *name;
	size_t name_nr, name_capacity;
	struct stat_memory memory;
	struct stat_missed missed;
	/*
	 * Events during which the kernel kept a program from running inside itself: calls, and
	 * pages had or freed by an interrupt that came while one was being counted.
	 */
	uint64_t call_misses;
	uint64_t page_misses;
};

void stat_table_release(struct stat_table *table);
DEFINE_GUARD_INPLACE(stat_table, struct stat_table, stat_table_release)

/* The row of @key, made if there is none; NULL: no memory. Valid as long as the table is. */
struct stat_row *stat_table_row(struct stat_table *table, const struct row_key *key);
const struct stat_row *stat_table_find(const struct stat_table *table, const struct row_key *key);

must_check struct err *stat_table_add_errno(struct stat_table *table, const struct errno_key *key,
					    uint64_t count);
must_check struct err *stat_table_add_name(struct stat_table *table, uint64_t group,
					   const struct group_name *name);
/* Of a group that has a name; others stay without. */
void stat_table_rename(struct stat_table *table, uint64_t group, const char comm[16]);
const struct group_name *stat_table_name(const struct stat_table *table, uint64_t group);

must_check struct err *stat_table_copy(const struct stat_table *from, struct stat_table *ret_to);

/*
 * What happened between @before and @after, which is later. A maximum of that time alone is not
 * known: it is the top of the highest bucket that grew, at most the maximum of @after.
 */
must_check struct err *stat_table_subtract(const struct stat_table *after,
					   const struct stat_table *before,
					   struct stat_table *ret_delta);

void stat_cell_add(struct stat_cell *sum, const struct stat_cell *cell);

/* All rows of one @group, or of all groups when @group is NULL. */
struct stat_cell stat_table_total(const struct stat_table *table, const uint64_t *group);

/* Calls, or words about them, that are not in the table. */
uint64_t stat_table_lost(const struct stat_table *table);

/* Pages of a list of requests by order. */
uint64_t stat_pages(const stat_u64 by_order[ORDER_NR]);

#endif
