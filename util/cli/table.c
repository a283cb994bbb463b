// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/table.h"

#include <stdlib.h>

#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/cli/utf8.h"

enum { GAP = 2 };

struct table table_init(size_t columns_nr)
{
	return (struct table){ .columns_nr = columns_nr };
}

void table_release(struct table *table)
{
	for (size_t i = 0; i < table->cells_nr; i++)
		free(table->cell[i]);
	free(table->cell);
	*table = table_init(table->columns_nr);
}

void table_add(struct table *table, const char *text)
{
	guard(str) struct str safe = STR_INIT;

	if (table->cells_nr == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 64;
		char **grown = reallocarray(table->cell, capacity, sizeof(*grown));

		if (!grown) {
			table->failed = true;
			return;
		}
		table->cell = grown;
		table->capacity = capacity;
	}
	utf8_add_safe(&safe, text ? text : "-");
	table->cell[table->cells_nr] = str_take(&safe);
	if (table->cell[table->cells_nr])
		table->cells_nr++;
	else
		table->failed = true;
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->cells_nr; i += table->columns_nr)
		width = MAX(width, utf8_width(table->cell[i]));
	return width;
}

static void print_row(char *const *cell, const size_t *width, size_t columns_nr, FILE *out)
{
	size_t blanks = 0;

	for (size_t i = 0; i < columns_nr; i++) {
		if (*cell[i])
			fprintf(out, "%*s%s", (int)blanks, "", cell[i]);
		blanks = (*cell[i] ? 0 : blanks) + width[i] - utf8_width(cell[i]) + GAP;
	}
	putc('\n', out);
}

struct err *table_print(const struct table *table, FILE *out)
{
	autofree size_t *width = calloc(table->columns_nr, sizeof(*width));

	if (table->failed || !width)
		return err_nomem();
	for (size_t i = 0; i < table->columns_nr; i++)
		width[i] = column_width(table, i);
	for (size_t i = 0; i + table->columns_nr <= table->cells_nr; i += table->columns_nr)
		print_row(table->cell + i, width, table->columns_nr, out);
	return NULL;
}
