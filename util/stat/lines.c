// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/stat/hist.h"

void stat_lines_release(struct stat_lines *lines)
{
	free(lines->line);
}

struct stat_line stat_line_of(const struct stat_row *row, const struct syscall_set *set)
{
	const struct stat_cell *cell = &row->cell;
	struct stat_line line = { .row = row, .timed = cell->ended != 0 };

	line.name = syscall_name(row->key.abi, row->key.nr);
	if (row->key.nr < SYSCALL_MAX)
		line.moves = set->what[row->key.abi][row->key.nr] & BYTES_MASK;
	if (line.timed) {
		line.avg_ns = cell->total_ns / cell->ended;
		line.p50_ns = hist_quantile(cell->hist, 50, cell->max_ns);
		line.p99_ns = hist_quantile(cell->hist, 99, cell->max_ns);
	}
	return line;
}

static uint64_t sort_value(const struct stat_line *line, enum stat_sort sort)
{
	const struct stat_cell *cell = &line->row->cell;

	switch (sort) {
	case SORT_TOTAL:
		return cell->total_ns;
	case SORT_CALLS:
		return cell->calls;
	case SORT_ERRORS:
		return cell->errors;
	case SORT_BYTES:
		return cell->bytes;
	case SORT_AVG:
		return line->avg_ns;
	case SORT_P50:
		return line->p50_ns;
	case SORT_P99:
		return line->p99_ns;
	case SORT_MAX:
		return cell->max_ns;
	case SORT_NAME:
		break;
	}
	return 0;
}

static int compare_lines(const void *va, const void *vb, void *data)
{
	const struct stat_line *a = va, *b = vb;
	enum stat_sort sort = *(const enum stat_sort *)data;
	uint64_t x = sort_value(a, sort), y = sort_value(b, sort);

	if (a->row->key.group != b->row->key.group) {
		if (a->group_total != b->group_total)
			return a->group_total > b->group_total ? -1 : 1;
		return a->row->key.group < b->row->key.group ? -1 : 1;
	}
	if (x != y)
		return x > y ? -1 : 1;
	if (a->row->cell.calls != b->row->cell.calls && sort != SORT_NAME)
		return a->row->cell.calls > b->row->cell.calls ? -1 : 1;
	return strcmp(a->name.text, b->name.text);
}

struct err *stat_lines_new(const struct stat_style *style, const struct stat_table *table,
			   struct stat_lines *ret_lines)
{
	struct stat_lines lines = { .nr = table->row_nr, .sort = style->sort };
	uint64_t last = 0, total = 0;

	/* Without times there is no total to sort by. */
	if (!(table->sees & SEES_TIMES) && lines.sort != SORT_NAME && lines.sort != SORT_ERRORS)
		lines.sort = SORT_CALLS;
	lines.line = calloc(MAX(lines.nr, (size_t)1), sizeof(*lines.line));
	if (!lines.line)
		return err_nomem();
	for (size_t i = 0; i < lines.nr; i++) {
		uint64_t group = table->row[i]->key.group;

		/* Rows come in the order of their groups. */
		if (!i || group != last) {
			struct stat_cell sum = stat_table_total(table, &group);

			total = table->sees & SEES_TIMES ? sum.total_ns : sum.calls;
			last = group;
		}
		lines.line[i] = stat_line_of(table->row[i], style->syscalls);
		lines.line[i].group_total = total;
	}
	qsort_r(lines.line, lines.nr, sizeof(*lines.line), compare_lines, &lines.sort);
	*ret_lines = lines;
	return NULL;
}

static int compare_errnos(const void *va, const void *vb)
{
	const struct stat_errno *a = *(const struct stat_errno *const *)va;
	const struct stat_errno *b = *(const struct stat_errno *const *)vb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->key.error < b->key.error ? -1 : a->key.error > b->key.error;
}

struct human stat_errno_text(unsigned int error)
{
	const char *symbol = errno_symbol(error);
	struct human text;

	if (symbol)
		snprintf(text.text, sizeof(text.text), "%s", symbol);
	else
		snprintf(text.text, sizeof(text.text), "errno %u", error);
	return text;
}

const char *stat_group_name(const struct stat_style *style, const struct stat_table *table,
			    uint64_t group)
{
	const struct group_name *name = stat_table_name(table, group);

	if (style->group == GROUP_CGROUP)
		return style->cgroups ? cgroup_names_find(style->cgroups, group) : NULL;
	return name ? name->comm : NULL;
}

/* Errnos of one call, most frequent first; the list is the caller's to free. */
const struct stat_errno **stat_errnos_of(const struct stat_table *table, const struct row_key *key,
					 size_t *ret_nr)
{
	const struct stat_errno **list = calloc(MAX(table->error_nr, (size_t)1), sizeof(*list));
	size_t nr = 0;

	for (size_t i = 0; list && i < table->error_nr; i++)
		if (table->error[i].key.abi == key->abi && table->error[i].key.nr == key->nr &&
		    table->error[i].count)
			list[nr++] = &table->error[i];
	if (list)
		qsort(list, nr, sizeof(*list), compare_errnos);
	*ret_nr = nr;
	return list;
}
