/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several commands side by side, as numbers: a row for each, a column for each call and event,
 * their sum, the times and the memory. Knows nothing of the form they are shown in.
 */
#ifndef VMTOOL_STAT_COMPARED_H
#define VMTOOL_STAT_COMPARED_H

#include <stddef.h>

#include "util/stat/show.h"

enum compared_unit { COMPARED_COUNT, COMPARED_SECONDS, COMPARED_BYTES };

struct compared_column {
	const char *key;    /* in CSV */
	const char *header; /* in a table */
	enum compared_unit unit;
};

struct compared {
	struct compared_column *column;
	double *value; /* row by row, the means of the runs; NAN: not known */
	size_t column_nr, row_nr;
	size_t sum, cpu;     /* columns that others are related to */
	size_t memory_first; /* from there on columns are of memory */

	struct syscall_name *name; /* of calls, which the columns point to */
};

/* Of @nr commands that ran at least once each. What @variant holds outlives the result. */
must_check struct err *compared_new(const struct stat_style *style,
				    const struct stat_variant *variant, size_t nr,
				    struct compared *ret_compared);
void compared_release(struct compared *compared);
DEFINE_GUARD_INPLACE(compared, struct compared, compared_release)

#endif
