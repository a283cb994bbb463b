// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/model.h"

#include <string.h>

#include "util/stat/hist.h"

void stat_table_release(struct stat_table *table)
{
	for (size_t i = 0; i < table->row_nr; i++)
		free(table->row[i]);
	free(table->row);
	free(table->error);
	free(table->name);
	*table = (struct stat_table){ .sees = 0 };
}

/* Room for one more of @size bytes in @*items; false: no memory. */
static bool grow(void *items, size_t nr, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *grown;

	if (nr < *capacity)
		return true;
	grown = reallocarray(*(void **)items, wanted, size);
	if (!grown)
		return false;
	*(void **)items = grown;
	*capacity = wanted;
	return true;
}

static int compare_keys(const struct row_key *a, const struct row_key *b)
{
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

/* Rows are kept in the order of their keys: the first one not below @key. */
static size_t lower_bound(const struct stat_table *table, const struct row_key *key)
{
	size_t low = 0, high = table->row_nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_keys(&table->row[middle]->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct stat_row *stat_table_find(const struct stat_table *table, const struct row_key *key)
{
	size_t at = lower_bound(table, key);

	if (at < table->row_nr && !compare_keys(&table->row[at]->key, key))
		return table->row[at];
	return NULL;
}

struct stat_row *stat_table_row(struct stat_table *table, const struct row_key *key)
{
	size_t at = lower_bound(table, key);
	struct stat_row *row;

	if (at < table->row_nr && !compare_keys(&table->row[at]->key, key))
		return table->row[at];
	if (!grow(&table->row, table->row_nr, &table->row_capacity, sizeof(struct stat_row *)))
		return NULL;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = *key;
	/* Of pointers: a row has a histogram, and there may be thousands. */
	memmove(&table->row[at + 1], &table->row[at],
		(table->row_nr - at) * sizeof(struct stat_row *));
	table->row_nr++;
	table->row[at] = row;
	return row;
}

struct err *stat_table_add_errno(struct stat_table *table, const struct errno_key *key,
				 uint64_t count)
{
	for (size_t i = 0; i < table->error_nr; i++) {
		if (!memcmp(&table->error[i].key, key, sizeof(*key))) {
			table->error[i].count += count;
			return NULL;
		}
	}
	if (!grow(&table->error, table->error_nr, &table->error_capacity, sizeof(*table->error)))
		return err_nomem();
	table->error[table->error_nr++] = (struct stat_errno){ .key = *key, .count = count };
	return NULL;
}

struct err *stat_table_add_name(struct stat_table *table, uint64_t group,
				const struct group_name *name)
{
	if (!grow(&table->name, table->name_nr, &table->name_capacity, sizeof(*table->name)))
		return err_nomem();
	table->name[table->name_nr] = (struct stat_name){ .group = group, .name = *name };
	table->name[table->name_nr++].name.comm[sizeof(name->comm) - 1] = '\0';
	return NULL;
}

void stat_table_rename(struct stat_table *table, uint64_t group, const char comm[16])
{
	for (size_t i = 0; i < table->name_nr; i++)
		if (table->name[i].group == group)
			memcpy(table->name[i].name.comm, comm, sizeof(table->name[i].name.comm));
}

const struct group_name *stat_table_name(const struct stat_table *table, uint64_t group)
{
	for (size_t i = 0; i < table->name_nr; i++)
		if (table->name[i].group == group)
			return &table->name[i].name;
	return NULL;
}

void stat_cell_add(struct stat_cell *sum, const struct stat_cell *cell)
{
	sum->calls += cell->calls;
	sum->ended += cell->ended;
	sum->errors += cell->errors;
	sum->bytes += cell->bytes;
	sum->total_ns += cell->total_ns;
	sum->max_ns = MAX(sum->max_ns, cell->max_ns);
	for (size_t i = 0; i < HIST_NR; i++)
		sum->hist[i] += cell->hist[i];
}

struct stat_cell stat_table_total(const struct stat_table *table, const uint64_t *group)
{
	struct stat_cell total = { .calls = 0 };

	for (size_t i = 0; i < table->row_nr; i++)
		if (!group || table->row[i]->key.group == *group)
			stat_cell_add(&total, &table->row[i]->cell);
	return total;
}

struct err *stat_table_copy(const struct stat_table *from, struct stat_table *ret_to)
{
	const struct stat_table nothing = { .sees = 0 };

	return stat_table_subtract(from, &nothing, ret_to);
}

static void subtract_u64(stat_u64 *from, const stat_u64 *amount, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		from[i] -= amount[i];
}

static void subtract_cell(struct stat_cell *cell, const struct stat_cell *before)
{
	size_t top = HIST_NR;

	cell->calls -= before->calls;
	cell->ended -= before->ended;
	cell->errors -= before->errors;
	cell->bytes -= before->bytes;
	cell->total_ns -= before->total_ns;
	subtract_u64(cell->hist, before->hist, HIST_NR);
	while (top && !cell->hist[top - 1])
		top--;
	cell->max_ns = top ? MIN(cell->max_ns, hist_end(top - 1)) : 0;
}

static void subtract_memory(struct stat_memory *memory, const struct stat_memory *before)
{
	memory->grown_bytes -= before->grown_bytes;
	memory->shrunk_bytes -= before->shrunk_bytes;
	subtract_u64(memory->mappings, before->mappings, MAPPING_NR);
	subtract_u64(memory->mapping_bytes, before->mapping_bytes, MAPPING_NR);
	subtract_u64(memory->pages_allocated, before->pages_allocated, ORDER_NR);
	subtract_u64(memory->pages_freed, before->pages_freed, ORDER_NR);
	memory->allocations_failed -= before->allocations_failed;
}

struct err *stat_table_subtract(const struct stat_table *after, const struct stat_table *before,
				struct stat_table *ret_delta)
{
	guard(stat_table) struct stat_table delta = {
		.sees = after->sees,
		.orders = after->orders,
		.memory = after->memory,
		.missed = after->missed,
		.call_misses = after->call_misses - before->call_misses,
		.page_misses = after->page_misses - before->page_misses,
	};
	struct err *err = NULL;

	subtract_memory(&delta.memory, &before->memory);
	delta.missed.tasks -= before->missed.tasks;
	delta.missed.rows -= before->missed.rows;
	delta.missed.errnos -= before->missed.errnos;

	for (size_t i = 0; i < after->row_nr; i++) {
		const struct stat_row *old = stat_table_find(before, &after->row[i]->key);
		struct stat_cell cell = after->row[i]->cell;
		struct stat_row *row;

		if (old)
			subtract_cell(&cell, &old->cell);
		if (!cell.calls && !cell.ended)
			continue;
		row = stat_table_row(&delta, &after->row[i]->key);
		if (!row)
			return err_nomem();
		row->cell = cell;
	}
	for (size_t i = 0; !err && i < after->name_nr; i++)
		err = stat_table_add_name(&delta, after->name[i].group, &after->name[i].name);
	for (size_t i = 0; !err && i < after->error_nr; i++)
		err = stat_table_add_errno(&delta, &after->error[i].key, after->error[i].count);
	for (size_t i = 0; !err && i < before->error_nr; i++)
		err = stat_table_add_errno(&delta, &before->error[i].key, -before->error[i].count);
	if (err)
		return err;
	*ret_delta = delta;
	delta = (struct stat_table){ .sees = 0 };
	return NULL;
}

uint64_t stat_table_lost(const struct stat_table *table)
{
	return table->call_misses + table->missed.tasks + table->missed.rows + table->missed.errnos;
}

uint64_t stat_pages(const stat_u64 by_order[ORDER_NR])
{
	uint64_t pages = 0;

	for (size_t order = 0; order < ORDER_NR; order++)
		pages += by_order[order] << order;
	return pages;
}
