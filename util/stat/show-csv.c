// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "util/cli/csv.h"
#include "util/stat/lines.h"
#include "util/stat/shows.h"

static void csv_value(FILE *out, char separator, bool seen, uint64_t value)
{
	if (seen)
		fprintf(out, "%c%" PRIu64, separator, value);
	else
		fputc(separator, out);
}

static void csv_pair(FILE *out, const struct stat_style *style, const char *kind, const char *name,
		     bool seen, uint64_t value)
{
	char separator = style->separator;

	fprintf(out, "%s%c", kind, separator);
	/* Of all groups together. */
	if (style->group != GROUP_NONE)
		fprintf(out, "%c%c", separator, separator);
	csv_field(out, separator, name);
	csv_value(out, separator, seen, value);
	fputc('\n', out);
}

static void csv_group(FILE *out, const struct stat_style *style, const struct stat_table *table,
		      uint64_t group)
{
	const char *name = stat_group_name(style, table, group);

	csv_value(out, style->separator, true, group);
	fputc(style->separator, out);
	csv_field(out, style->separator, name ? name : "");
}

static struct err *show_csv(FILE *out, const struct stat_style *style,
			    const struct stat_result *result)
{
	static const char *const columns[] = { "name",	 "calls",    "errors", "unfinished",
					       "bytes",	 "total_ns", "avg_ns", "p50_ns",
					       "p99_ns", "max_ns" };
	guard(stat_lines) struct stat_lines lines = { .nr = 0 };
	const struct stat_memory *m = &result->table.memory;
	const struct stat_resources *r = &result->resources;
	const struct stat_pressure *p = &result->pressure;
	unsigned int sees = result->table.sees;
	char separator = style->separator;
	struct err *err = stat_lines_new(style, &result->table, &lines);

	if (err)
		return err;
	fprintf(out, "kind");
	if (style->group != GROUP_NONE)
		fprintf(out, "%cgroup%cgroup_name", separator, separator);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		fprintf(out, "%c%s", separator, columns[i]);
	fputc('\n', out);
	for (size_t i = 0; i < lines.nr; i++) {
		const struct stat_line *line = &lines.line[i];
		const struct stat_cell *cell = &line->row->cell;
		bool timed = (sees & SEES_TIMES) && line->timed;

		fprintf(out, "syscall");
		if (style->group != GROUP_NONE)
			csv_group(out, style, &result->table, line->row->key.group);
		fprintf(out, "%c%s", separator, line->name.text);
		csv_value(out, separator, true, cell->calls);
		csv_value(out, separator, sees & SEES_ERRORS, cell->errors);
		csv_value(out, separator, sees & SEES_ENDS,
			  cell->calls - MIN(cell->ended, cell->calls));
		csv_value(out, separator, (sees & SEES_BYTES) && line->moves, cell->bytes);
		csv_value(out, separator, timed, cell->total_ns);
		csv_value(out, separator, timed, line->avg_ns);
		csv_value(out, separator, timed, line->p50_ns);
		csv_value(out, separator, timed, line->p99_ns);
		csv_value(out, separator, timed, cell->max_ns);
		fputc('\n', out);
	}
	csv_pair(out, style, "memory", "grown_bytes", sees & SEES_SPACE, m->grown_bytes);
	csv_pair(out, style, "memory", "shrunk_bytes", sees & SEES_SPACE, m->shrunk_bytes);
	csv_pair(out, style, "memory", "pages_allocated", sees & SEES_PAGES,
		 stat_pages(m->pages_allocated));
	csv_pair(out, style, "memory", "pages_freed", sees & SEES_PAGES,
		 stat_pages(m->pages_freed));
	csv_pair(out, style, "memory", "minor_faults", r->known, r->minor_faults);
	csv_pair(out, style, "memory", "major_faults", r->known, r->major_faults);
	csv_pair(out, style, "memory", "peak_rss_bytes", r->known, r->max_rss_bytes);
	csv_pair(out, style, "resource", "user_ns", r->known, r->user_ns);
	csv_pair(out, style, "resource", "system_ns", r->known, r->system_ns);
	csv_pair(out, style, "resource", "elapsed_ns", true, result->elapsed_ns);
	for (enum pressure_value i = 0; p->of != PRESSURE_NOT_ASKED && i < PRESSURE_NR; i++)
		csv_pair(out, style, "pressure", pressure_key(i), pressure_known(p, i),
			 p->value[i]);
	for (size_t i = 0; i < result->events.nr; i++)
		csv_pair(out, style, "event", result->events.event[i].name, true,
			 result->events.event[i].count);
	csv_pair(out, style, "lost", result->source->name, true, stat_table_lost(&result->table));
	return NULL;
}

static struct err *show_interval(FILE *out, const struct stat_style *style,
				 const struct stat_result *result, uint64_t time_ns)
{
	fprintf(out, "time%c%" PRIu64 "\n", style->separator, time_ns);
	return show_csv(out, style, result);
}

const struct stat_form stat_form_csv = { .one = show_csv, .interval = show_interval };
