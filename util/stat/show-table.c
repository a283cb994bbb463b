// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "util/cli/human.h"
#include "util/cli/utf8.h"
#include "util/stat/hist.h"
#include "util/stat/lines.h"
#include "util/stat/shows.h"
#include "util/stat/summary.h"

enum { BAR_WIDTH = 40 };

static void print_count(FILE *out, int width, bool seen, uint64_t count)
{
	if (seen)
		fprintf(out, " %*" PRIu64, width, count);
	else
		fprintf(out, " %*s", width, "-");
}

static void print_text(FILE *out, int width, bool seen, struct human text)
{
	fprintf(out, " %*s", width, seen ? text.text : "-");
}

static void print_header(FILE *out)
{
	fprintf(out, "%-*s %10s %7s %6s %10s %10s %9s %9s %9s %9s\n", STAT_NAME_WIDTH, "syscall",
		"calls", "errors", "unfin.", "bytes", "total", "avg", "p50", "p99", "max");
}

static void print_line(FILE *out, const char *name, unsigned int sees, const struct stat_line *line)
{
	const struct stat_cell *cell = &line->row->cell;
	bool timed = (sees & SEES_TIMES) && line->timed;

	fprintf(out, "%-*s", STAT_NAME_WIDTH, name);
	print_count(out, 10, true, cell->calls);
	print_count(out, 7, sees & SEES_ERRORS, cell->errors);
	print_count(out, 6, sees & SEES_ENDS, cell->calls - MIN(cell->ended, cell->calls));
	print_text(out, 10, (sees & SEES_BYTES) && line->moves, human_size(cell->bytes));
	print_text(out, 10, timed, human_duration(cell->total_ns));
	print_text(out, 9, timed, human_duration(line->avg_ns));
	print_text(out, 9, timed, human_duration(line->p50_ns));
	print_text(out, 9, timed, human_duration(line->p99_ns));
	print_text(out, 9, timed, human_duration(cell->max_ns));
	fputc('\n', out);
}

/* A power of two per line, from the first to the last that has any. */
static void print_histogram(FILE *out, const struct stat_cell *cell)
{
	uint64_t count[HIST_TOP_LOG2 + 1] = { 0 }, most = 0;
	int first = -1, last = -1;

	for (size_t i = 0; i < HIST_NR; i++) {
		uint64_t start = hist_start(i);
		int log2 = start ? 63 - __builtin_clzll(start) : 0;

		count[log2] += cell->hist[i];
		if (cell->hist[i]) {
			first = first < 0 ? log2 : first;
			last = log2;
		}
		most = MAX(most, count[log2]);
	}
	for (int log2 = first; log2 >= 0 && log2 <= last; log2++) {
		int bar = (int)((count[log2] * BAR_WIDTH + most - 1) / most);
		uint64_t start = log2 ? 1ull << log2 : 0;

		fprintf(out, "    %9s .. %-9s %10" PRIu64 " |%.*s\n", human_duration(start).text,
			log2 < HIST_TOP_LOG2 ? human_duration(2ull << log2).text : "", count[log2],
			bar, "########################################");
	}
}

static void print_errnos(FILE *out, const struct stat_table *table, const struct row_key *key)
{
	autofree const struct stat_errno **list = NULL;
	size_t nr = 0;

	list = stat_errnos_of(table, key, &nr);
	for (size_t i = 0; list && i < nr; i++)
		fprintf(out, "    %-*s %9" PRIu64 "\n", STAT_NAME_WIDTH - 3,
			stat_errno_text(list[i]->key.error).text, list[i]->count);
}

static void group_title(const struct stat_style *style, const struct stat_table *table,
			uint64_t group, struct str *title)
{
	const char *name = stat_group_name(style, table, group);

	switch (style->group) {
	case GROUP_THREAD:
		str_printf(title, "thread %" PRIu64, group);
		break;
	case GROUP_PROCESS:
		str_printf(title, "process %" PRIu64, group);
		break;
	case GROUP_CGROUP:
		str_printf(title, "cgroup %" PRIu64, group);
		break;
	case GROUP_NONE:
		break;
	}
	if (name) {
		str_add(title, " (");
		utf8_add_safe(title, name);
		if (style->group == GROUP_THREAD)
			str_printf(title, " of %u", stat_table_name(table, group)->tgid);
		str_add(title, ")");
	}
}

static void print_total(FILE *out, const char *name, const struct stat_table *table,
			const struct stat_cell *cell)
{
	struct stat_row row = { .cell = *cell };
	struct stat_line line = { .row = &row, .timed = cell->ended != 0, .moves = false };

	if (line.timed) {
		line.avg_ns = cell->total_ns / cell->ended;
		line.p50_ns = hist_quantile(cell->hist, 50, cell->max_ns);
		line.p99_ns = hist_quantile(cell->hist, 99, cell->max_ns);
	}
	print_line(out, name, table->sees, &line);
}

static struct err *print_syscalls(FILE *out, const struct stat_style *style,
				  const struct stat_table *table)
{
	guard(stat_lines) struct stat_lines lines = { .nr = 0 };
	struct stat_cell total = stat_table_total(table, NULL);
	struct err *err = stat_lines_new(style, table, &lines);
	uint64_t group = 0;

	if (err)
		return err;
	/* Only other events were asked for. */
	if (syscall_set_is_empty(style->syscalls))
		return NULL;
	print_header(out);
	for (size_t i = 0; i < lines.nr; i++) {
		const struct stat_line *line = &lines.line[i];

		if (style->group != GROUP_NONE && (!i || line->row->key.group != group)) {
			guard(str) struct str title = STR_INIT;
			struct stat_cell sum;

			group = line->row->key.group;
			sum = stat_table_total(table, &group);
			group_title(style, table, group, &title);
			fprintf(out, "%s\n", title.s);
			print_total(out, " all", table, &sum);
		}
		print_line(out, line->name.text, table->sees, line);
		if (style->errnos)
			print_errnos(out, table, &line->row->key);
		if (style->histogram && (table->sees & SEES_TIMES))
			print_histogram(out, &line->row->cell);
	}
	print_total(out, "total", table, &total);
	return NULL;
}

static struct err *show_table(FILE *out, const struct stat_style *style,
			      const struct stat_result *result)
{
	struct err *err;

	fprintf(out, "\nvmtool stat: %s (source %s)\n%s", style->title, result->source->name,
		syscall_set_is_empty(style->syscalls) ? "" : "\n");
	err = print_syscalls(out, style, &result->table);
	if (err)
		return err;
	stat_print_summary(out, result);
	stat_print_pressure(out, &result->pressure);
	stat_print_events(out, &result->events);
	stat_print_lost(out, &result->table);
	return NULL;
}

static struct err *show_interval(FILE *out, const struct stat_style *style,
				 const struct stat_result *result, uint64_t time_ns)
{
	struct err *err;

	fprintf(out, "\n%.3f s\n", (double)time_ns / 1e9);
	err = print_syscalls(out, style, &result->table);
	stat_print_pages(out, &result->table);
	stat_print_pressure(out, &result->pressure);
	stat_print_events(out, &result->events);
	stat_print_lost(out, &result->table);
	return err;
}

const struct stat_form stat_form_table = {
	.one = show_table,
	.interval = show_interval,
	.repeats = stat_show_repeats_table,
};
