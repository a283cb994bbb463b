// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "util/cli/human.h"
#include "util/stat/lines.h"
#include "util/stat/shows.h"
#include "util/stat/spread.h"
#include "util/stat/summary.h"

static struct err *sum_up(const struct stat_result *result, size_t nr, struct stat_table *ret_sum)
{
	guard(stat_table) struct stat_table sum = { .sees = result[0].table.sees };

	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < result[i].table.row_nr; j++) {
			const struct stat_row *from = result[i].table.row[j];
			struct stat_row *row = stat_table_row(&sum, &from->key);

			if (!row)
				return err_nomem();
			stat_cell_add(&row->cell, &from->cell);
		}
		sum.call_misses += stat_table_lost(&result[i].table);
	}
	*ret_sum = sum;
	sum = (struct stat_table){ .sees = 0 };
	return NULL;
}

/* A duration with its deviation. */
static void print_duration(FILE *out, int width, bool timed, const struct stat_spread *spread)
{
	if (timed)
		fprintf(out, " %*s %6.1f%%", width, human_duration((uint64_t)spread->mean).text,
			stat_spread_percent(spread));
	else
		fprintf(out, " %*s %7s", width, "-", "-");
}

static struct err *print_repeated(FILE *out, const struct stat_result *result, size_t nr,
				  const char *name, const struct row_key *key,
				  const struct stat_line *line)
{
	static const enum stat_measure measures[] = { MEASURE_CALLS, MEASURE_TOTAL_NS,
						      MEASURE_P50_NS, MEASURE_P99_NS };
	bool timed = (result[0].table.sees & SEES_TIMES) && line->timed;
	struct stat_spread spread[ARRAY_SIZE(measures)];

	for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
		struct err *err = stat_spread_over(result, nr, measures[i], key, &spread[i]);

		if (err)
			return err;
	}
	fprintf(out, "%-*s %12.1f %6.1f%%", STAT_NAME_WIDTH, name, spread[0].mean,
		stat_spread_percent(&spread[0]));
	print_duration(out, 11, timed, &spread[1]);
	fprintf(out, " %9s", timed ? human_duration(line->avg_ns).text : "-");
	print_duration(out, 9, timed, &spread[2]);
	print_duration(out, 9, timed, &spread[3]);
	fprintf(out, " %9s\n", timed ? human_duration(line->row->cell.max_ns).text : "-");
	return NULL;
}

static struct err *print_time_spread(FILE *out, const struct stat_result *result, size_t nr)
{
	static const struct {
		const char *name;
		enum stat_measure what;
	} times[] = {
		{ "user", MEASURE_USER },
		{ "system", MEASURE_SYSTEM },
		{ "elapsed", MEASURE_ELAPSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct stat_spread spread;
		struct err *err = stat_spread_over(result, nr, times[i].what, NULL, &spread);

		if (err)
			return err;
		fputs(i ? "   " : "\n", out);
		if (isnan(spread.mean))
			fprintf(out, "- %s", times[i].name);
		else
			fprintf(out, "%.4f s +- %.1f%% %s", spread.mean,
				stat_spread_percent(&spread), times[i].name);
	}
	fprintf(out, "\n");
	return NULL;
}

static struct err *print_memory_spread(FILE *out, const struct stat_result *result, size_t nr)
{
	static const struct {
		const char *name;
		enum stat_measure what;
		bool is_size;
	} lines[] = {
		{ "address space grown", MEASURE_GROWN, true },
		{ "address space shrunk", MEASURE_SHRUNK, true },
		{ "pages allocated", MEASURE_PAGES_ALLOCATED, false },
		{ "pages freed", MEASURE_PAGES_FREED, false },
		{ "minor faults", MEASURE_MINOR_FAULTS, false },
		{ "major faults", MEASURE_MAJOR_FAULTS, false },
		{ "peak RSS", MEASURE_PEAK_RSS, true },
	};

	fprintf(out, "\nmemory\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct stat_spread spread;
		struct err *err = stat_spread_over(result, nr, lines[i].what, NULL, &spread);

		if (err)
			return err;
		if (isnan(spread.mean))
			fprintf(out, "  %-30s %14s %7s\n", lines[i].name, "-", "-");
		else if (lines[i].is_size)
			fprintf(out, "  %-30s %14s %6.1f%%\n", lines[i].name,
				human_size((uint64_t)spread.mean).text,
				stat_spread_percent(&spread));
		else
			fprintf(out, "  %-30s %14.1f %6.1f%%\n", lines[i].name, spread.mean,
				stat_spread_percent(&spread));
	}
	return NULL;
}

static struct err *print_event_spread(FILE *out, const struct stat_result *result, size_t nr)
{
	const struct stat_events *events = &result[0].events;

	if (events->nr)
		fprintf(out, "\nevents\n");
	for (size_t i = 0; i < events->nr; i++) {
		struct stat_spread spread;
		struct err *err = stat_spread_of_event(result, nr, i, &spread);

		if (err)
			return err;
		fprintf(out, "  %-30s %14.1f %6.1f%%\n", events->event[i].name, spread.mean,
			stat_spread_percent(&spread));
	}
	return NULL;
}

static struct err *print_pressure_spread(FILE *out, const struct stat_result *result, size_t nr)
{
	if (result[0].pressure.of == PRESSURE_NOT_ASKED)
		return NULL;
	fprintf(out, "\npressure on memory (of the whole machine)\n");
	for (enum pressure_value i = 0; i < PRESSURE_NR; i++) {
		struct stat_spread spread;
		struct err *err = stat_spread_of_pressure(result, nr, i, &spread);

		if (err)
			return err;
		if (isnan(spread.mean))
			fprintf(out, "  %-30s %14s %7s\n", pressure_key(i), "-", "-");
		else
			fprintf(out, "  %-30s %14.1f %6.1f%%\n", pressure_key(i), spread.mean,
				stat_spread_percent(&spread));
	}
	return NULL;
}

static struct err *print_calls(FILE *out, const struct stat_style *style,
			       const struct stat_result *result, size_t nr,
			       const struct stat_table *sum)
{
	guard(stat_lines) struct stat_lines lines = { .nr = 0 };
	struct stat_row all = { .cell = stat_table_total(sum, NULL) };
	struct stat_line total = stat_line_of(&all, style->syscalls);
	struct err *err = stat_lines_new(style, sum, &lines);

	fprintf(out, "%-*s %12s %7s %11s %7s %9s %9s %7s %9s %7s %9s\n", STAT_NAME_WIDTH, "syscall",
		"calls", "+-", "total", "+-", "avg", "p50", "+-", "p99", "+-", "max");
	for (size_t i = 0; !err && i < lines.nr; i++)
		err = print_repeated(out, result, nr, lines.line[i].name.text,
				     &lines.line[i].row->key, &lines.line[i]);
	return err ? err : print_repeated(out, result, nr, "total", NULL, &total);
}

struct err *stat_show_repeats_table(FILE *out, const struct stat_style *style,
				    const struct stat_result *result, size_t nr)
{
	guard(stat_table) struct stat_table sum = { .sees = 0 };
	struct err *err = sum_up(result, nr, &sum);

	if (err)
		return err;

	fprintf(out, "\nvmtool stat: %s, mean of %zu runs +- standard deviation (source %s)\n\n",
		style->title, nr, result[0].source->name);
	/* Only other events may have been asked for. */
	if (!syscall_set_is_empty(style->syscalls))
		err = print_calls(out, style, result, nr, &sum);
	if (!err)
		err = print_memory_spread(out, result, nr);
	if (!err)
		err = print_pressure_spread(out, result, nr);
	if (!err)
		err = print_event_spread(out, result, nr);
	if (!err)
		err = print_time_spread(out, result, nr);
	stat_print_lost(out, &sum);
	return err;
}
