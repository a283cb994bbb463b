// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/spread.h"

#include <math.h>
#include <stdlib.h>

#include "util/stat/hist.h"

static struct stat_spread spread_of(const double *value, size_t nr)
{
	struct stat_spread spread = { .mean = 0 };
	double squares = 0;

	for (size_t i = 0; i < nr; i++)
		spread.mean += value[i] / (double)nr;
	for (size_t i = 0; i < nr; i++)
		squares += (value[i] - spread.mean) * (value[i] - spread.mean);
	if (nr > 1)
		spread.deviation = sqrt(squares / (double)(nr - 1));
	return spread;
}

static double if_seen(const struct stat_result *result, enum stat_sees sees, uint64_t value)
{
	return result->table.sees & sees ? (double)value : NAN;
}

/* What of a result is looked at, in one row or in all. */
static double measure(const struct stat_result *result, enum stat_measure what,
		      const struct row_key *key)
{
	const struct stat_resources *r = &result->resources;
	const struct stat_memory *m = &result->table.memory;
	const struct stat_row *row = key ? stat_table_find(&result->table, key) : NULL;
	struct stat_cell cell = { .calls = 0 };

	if (row)
		cell = row->cell;
	else if (!key && what < MEASURE_USER)
		cell = stat_table_total(&result->table, NULL);
	switch (what) {
	case MEASURE_CALLS:
		return (double)cell.calls;
	case MEASURE_TOTAL_NS:
		return (double)cell.total_ns;
	case MEASURE_P50_NS:
		return cell.ended ? (double)hist_quantile(cell.hist, 50, cell.max_ns) : 0;
	case MEASURE_P99_NS:
		return cell.ended ? (double)hist_quantile(cell.hist, 99, cell.max_ns) : 0;
	case MEASURE_USER:
		return r->known ? (double)r->user_ns / 1e9 : NAN;
	case MEASURE_SYSTEM:
		return r->known ? (double)r->system_ns / 1e9 : NAN;
	case MEASURE_CPU:
		return r->known ? (double)(r->user_ns + r->system_ns) / 1e9 : NAN;
	case MEASURE_ELAPSED:
		return (double)result->elapsed_ns / 1e9;
	case MEASURE_GROWN:
		return if_seen(result, SEES_SPACE, m->grown_bytes);
	case MEASURE_SHRUNK:
		return if_seen(result, SEES_SPACE, m->shrunk_bytes);
	case MEASURE_PAGES_ALLOCATED:
		return if_seen(result, SEES_PAGES, stat_pages(m->pages_allocated));
	case MEASURE_PAGES_FREED:
		return if_seen(result, SEES_PAGES, stat_pages(m->pages_freed));
	case MEASURE_MINOR_FAULTS:
		return r->known ? (double)r->minor_faults : NAN;
	case MEASURE_MAJOR_FAULTS:
		return r->known ? (double)r->major_faults : NAN;
	case MEASURE_PEAK_RSS:
		return r->known ? (double)r->max_rss_bytes : NAN;
	}
	return 0;
}

struct err *stat_spread_over(const struct stat_result *result, size_t nr, enum stat_measure what,
			     const struct row_key *key, struct stat_spread *ret_spread)
{
	autofree double *value = calloc(nr, sizeof(*value));

	if (!value)
		return err_nomem();
	for (size_t i = 0; i < nr; i++)
		value[i] = measure(&result[i], what, key);
	*ret_spread = spread_of(value, nr);
	return NULL;
}

struct err *stat_spread_of_event(const struct stat_result *result, size_t nr, size_t index,
				 struct stat_spread *ret_spread)
{
	autofree double *value = calloc(nr, sizeof(*value));

	if (!value)
		return err_nomem();
	for (size_t i = 0; i < nr; i++)
		value[i] = (double)result[i].events.event[index].count;
	*ret_spread = spread_of(value, nr);
	return NULL;
}

struct err *stat_spread_of_pressure(const struct stat_result *result, size_t nr,
				    enum pressure_value what, struct stat_spread *ret_spread)
{
	autofree double *value = calloc(nr, sizeof(*value));

	if (!value)
		return err_nomem();
	for (size_t i = 0; i < nr; i++)
		value[i] = pressure_known(&result[i].pressure, what)
				   ? (double)result[i].pressure.value[what]
				   : NAN;
	*ret_spread = spread_of(value, nr);
	return NULL;
}

double stat_spread_percent(const struct stat_spread *spread)
{
	return spread->mean > 0 ? 100 * spread->deviation / spread->mean : 0;
}
