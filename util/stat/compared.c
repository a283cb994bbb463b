// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/compared.h"

#include <math.h>
#include <stdlib.h>

#include "util/stat/spread.h"

/* Of up to so many calls each has its column; of more, those that somebody made. */
enum { COLUMNS_ALL_MAX = 16 };

/* Columns after those of calls and events. */
static const struct compared_column sum_column = { "sum", "= sum", COMPARED_COUNT };
static const struct measured {
	struct compared_column column;
	enum stat_measure what;
} times[] = {
	{ { "user_s", "user", COMPARED_SECONDS }, MEASURE_USER },
	{ { "system_s", "sys", COMPARED_SECONDS }, MEASURE_SYSTEM },
	{ { "cpu_s", "= total", COMPARED_SECONDS }, MEASURE_CPU },
	{ { "elapsed_s", "elapsed", COMPARED_SECONDS }, MEASURE_ELAPSED },
}, memory[] = {
	{ { "grown_bytes", "grown", COMPARED_BYTES }, MEASURE_GROWN },
	{ { "shrunk_bytes", "shrunk", COMPARED_BYTES }, MEASURE_SHRUNK },
	{ { "pages_allocated", "allocated", COMPARED_COUNT }, MEASURE_PAGES_ALLOCATED },
	{ { "pages_freed", "freed", COMPARED_COUNT }, MEASURE_PAGES_FREED },
	{ { "minor_faults", "minor", COMPARED_COUNT }, MEASURE_MINOR_FAULTS },
	{ { "major_faults", "major", COMPARED_COUNT }, MEASURE_MAJOR_FAULTS },
	{ { "peak_rss_bytes", "peak RSS", COMPARED_BYTES }, MEASURE_PEAK_RSS },
};

void compared_release(struct compared *compared)
{
	free(compared->column);
	free(compared->value);
	free(compared->name);
}

struct calls {
	struct stat_table table; /* a row for each, without counts */
	size_t nr;		 /* of the set */
	bool failed;
};

static void count_call(uint32_t nr, void *data)
{
	(void)nr;
	((struct calls *)data)->nr++;
}

static void add_call(uint32_t nr, void *data)
{
	const struct row_key key = { .abi = ABI_NATIVE, .nr = nr };
	struct calls *calls = data;

	calls->failed |= !stat_table_row(&calls->table, &key);
}

/* Those that were asked for by name, and all that were made, those of other ABIs among them. */
static struct err *choose_calls(const struct stat_style *style, const struct stat_variant *variant,
				size_t nr, struct stat_table *ret_calls)
{
	struct calls calls = { .nr = 0 };

	syscall_set_each(style->syscalls, count_call, &calls);
	if (calls.nr <= COLUMNS_ALL_MAX)
		syscall_set_each(style->syscalls, add_call, &calls);
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < variant[i].nr; j++) {
			const struct stat_table *made = &variant[i].result[j].table;

			for (size_t k = 0; k < made->row_nr; k++)
				calls.failed |= !stat_table_row(&calls.table, &made->row[k]->key);
		}
	}
	*ret_calls = calls.table;
	return calls.failed ? err_nomem() : NULL;
}

static void name_columns(const struct stat_table *calls, const struct stat_events *events,
			 struct compared *compared)
{
	struct compared_column *column = compared->column;

	for (size_t i = 0; i < calls->row_nr; i++) {
		const struct row_key *key = &calls->row[i]->key;
		struct syscall_name *name = &compared->name[i];

		*name = syscall_name(key->abi, key->nr);
		*column++ = (struct compared_column){ name->text, name->text, COMPARED_COUNT };
	}
	compared->sum = (size_t)(column - compared->column);
	*column++ = sum_column;
	for (size_t i = 0; i < events->nr; i++)
		*column++ = (struct compared_column){ events->event[i].name, events->event[i].name,
						      COMPARED_COUNT };
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		*column++ = times[i].column;
	compared->memory_first = (size_t)(column - compared->column);
	compared->cpu = compared->memory_first - 2;
	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		*column++ = memory[i].column;
}

static struct err *add_mean(const struct stat_variant *v, enum stat_measure what,
			    const struct row_key *key, double **value)
{
	struct stat_spread spread;
	struct err *err = stat_spread_over(v->result, v->nr, what, key, &spread);

	if (!err)
		*(*value)++ = spread.mean;
	return err;
}

static struct err *fill_row(const struct stat_variant *v, const struct stat_table *calls,
			    size_t event_nr, double *value)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < calls->row_nr; i++)
		err = add_mean(v, MEASURE_CALLS, &calls->row[i]->key, &value);
	if (!err)
		err = add_mean(v, MEASURE_CALLS, NULL, &value);
	for (size_t i = 0; !err && i < event_nr; i++) {
		struct stat_spread spread;

		err = stat_spread_of_event(v->result, v->nr, i, &spread);
		if (!err)
			*value++ = spread.mean;
	}
	for (size_t i = 0; !err && i < ARRAY_SIZE(times); i++)
		err = add_mean(v, times[i].what, NULL, &value);
	for (size_t i = 0; !err && i < ARRAY_SIZE(memory); i++)
		err = add_mean(v, memory[i].what, NULL, &value);
	return err;
}

struct err *compared_new(const struct stat_style *style, const struct stat_variant *variant,
			 size_t nr, struct compared *ret_compared)
{
	guard(stat_table) struct stat_table calls = { .sees = 0 };
	guard(compared) struct compared compared = { .row_nr = nr };
	const struct stat_events *events = &variant[0].result[0].events;
	struct err *err = choose_calls(style, variant, nr, &calls);

	if (err)
		return err;
	compared.column_nr = calls.row_nr + 1 + events->nr + ARRAY_SIZE(times) + ARRAY_SIZE(memory);
	compared.column = calloc(compared.column_nr, sizeof(*compared.column));
	compared.value = calloc(nr * compared.column_nr, sizeof(*compared.value));
	compared.name = calloc(calls.row_nr + 1, sizeof(*compared.name));
	if (!compared.column || !compared.value || !compared.name)
		return err_nomem();
	name_columns(&calls, events, &compared);
	for (size_t i = 0; !err && i < nr; i++)
		err = fill_row(&variant[i], &calls, events->nr,
			       compared.value + i * compared.column_nr);
	if (err)
		return err;
	*ret_compared = compared;
	compared = (struct compared){ .row_nr = 0 };
	return NULL;
}
