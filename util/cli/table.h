/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of text whose columns stand below each other on a terminal.
 *
 *	guard(table) struct table table = table_init(2);
 *
 *	table_add(&table, "FACT");
 *	table_add(&table, "VALUE");			(the row is full: the next cell begins another)
 *	...
 *	return table_print(&table, tool->out);
 *
 * As with struct str, a table that ran out of memory stays failed, and table_print() tells.
 */
#ifndef VMTOOL_CLI_TABLE_H
#define VMTOOL_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct table {
	size_t columns_nr;
	char **cell; /* row by row */
	size_t cells_nr;
	size_t capacity;
	bool failed;
};

struct table table_init(size_t columns_nr);
void table_release(struct table *table);
DEFINE_GUARD_INPLACE(table, struct table, table_release)

/*
 * The next cell: @text, copied and made harmless (utf8_add_safe); NULL, not known, is shown as "-".
 */
void table_add(struct table *table, const char *text);

/*
 * No line ends in blanks; a row that is not full is not printed. Errors of the stream stay in the
 * stream, as with fprintf().
 */
must_check struct err *table_print(const struct table *table, FILE *out);

#endif
