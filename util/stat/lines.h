/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of a table as they are shown: named, with averages and quantiles, in the order asked for.
 * Knows nothing of the form they are shown in.
 */
#ifndef VMTOOL_STAT_LINES_H
#define VMTOOL_STAT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cli/human.h"
#include "util/stat/show.h"

struct stat_line {
	const struct stat_row *row; /* the table's, or whoever's it was made of */
	struct syscall_name name;
	uint64_t group_total; /* what groups are sorted by */
	uint64_t avg_ns, p50_ns, p99_ns;
	bool moves; /* bytes mean something */
	bool timed; /* some call returned */
};

struct stat_lines {
	struct stat_line *line;
	size_t nr;
	enum stat_sort sort;
};

struct stat_line stat_line_of(const struct stat_row *row, const struct syscall_set *set);

/* Of all rows; groups one after the other, those with most first. Valid as long as @table is. */
must_check struct err *stat_lines_new(const struct stat_style *style,
				      const struct stat_table *table, struct stat_lines *ret_lines);
void stat_lines_release(struct stat_lines *lines);
DEFINE_GUARD_INPLACE(stat_lines, struct stat_lines, stat_lines_release)

/* What a group is called: a task's name, a cgroup's path; NULL: not known. */
const char *stat_group_name(const struct stat_style *style, const struct stat_table *table,
			    uint64_t group);

/* Errnos of one call, most frequent first; the list is the caller's to free. NULL: no memory. */
const struct stat_errno **stat_errnos_of(const struct stat_table *table, const struct row_key *key,
					 size_t *ret_nr);
/* "EBADF", or "errno 4095". */
struct human stat_errno_text(unsigned int error);

#endif
