// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "util/cli/csv.h"
#include "util/stat/hist.h"
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

/* Those that were counted and are not 0. */
static void csv_orders(FILE *out, const struct stat_style *style, const struct stat_table *table)
{
	const struct stat_memory *m = &table->memory;

	for (unsigned int order = 0; table->sees & SEES_PAGES && order < ORDER_NR; order++) {
		char name[40];

		if (!(table->orders >> order & 1) ||
		    (!m->pages_allocated[order] && !m->pages_freed[order]))
			continue;
		snprintf(name, sizeof(name), "allocations_of_order_%u", order);
		csv_pair(out, style, "memory", name, true, m->pages_allocated[order]);
		snprintf(name, sizeof(name), "frees_of_order_%u", order);
		csv_pair(out, style, "memory", name, true, m->pages_freed[order]);
	}
}

static void csv_mappings(FILE *out, const struct stat_style *style, const struct stat_table *table)
{
	static const char *const made[MAPPING_NR] = { "mappings_anonymous", "mappings_file",
						      "mappings_stack", "mappings_hugetlb" };
	static const char *const bytes[MAPPING_NR] = { "mapping_bytes_anonymous",
						       "mapping_bytes_file", "mapping_bytes_stack",
						       "mapping_bytes_hugetlb" };
	const struct stat_memory *m = &table->memory;

	for (int kind = 0; kind < MAPPING_NR; kind++) {
		csv_pair(out, style, "memory", made[kind], table->sees & SEES_MAPPINGS,
			 m->mappings[kind]);
		csv_pair(out, style, "memory", bytes[kind], table->sees & SEES_MAPPINGS,
			 m->mapping_bytes[kind]);
	}
	csv_pair(out, style, "memory", "mappings_peak", table->sees & SEES_MAPPINGS_PEAK,
		 m->mappings_peak);
}

static void csv_group(FILE *out, const struct stat_style *style, const struct stat_table *table,
		      uint64_t group)
{
	const char *name = stat_group_name(style, table, group);

	csv_value(out, style->separator, true, group);
	fputc(style->separator, out);
	csv_field(out, style->separator, name ? name : "");
}

/* "openat:ENOENT", "read:2048": a part of a call's counts. */
static void csv_part(FILE *out, const struct stat_style *style, const struct stat_table *table,
		     const struct stat_line *line, const char *kind, const char *part,
		     uint64_t count)
{
	fputs(kind, out);
	if (style->group != GROUP_NONE)
		csv_group(out, style, table, line->row->key.group);
	fprintf(out, "%c%s:%s", style->separator, line->name.text, part);
	csv_value(out, style->separator, true, count);
	fputc('\n', out);
}

static struct err *csv_errnos(FILE *out, const struct stat_style *style,
			      const struct stat_table *table, const struct stat_line *line)
{
	autofree const struct stat_errno **list = NULL;
	size_t nr = 0;

	if (!style->errnos || !(table->sees & SEES_ERRNOS))
		return NULL;
	list = stat_errnos_of(table, &line->row->key, &nr);
	if (!list)
		return err_nomem();
	for (size_t i = 0; i < nr; i++)
		csv_part(out, style, table, line, "errno", stat_errno_text(list[i]->key.error).text,
			 list[i]->count);
	return NULL;
}

static void csv_histogram(FILE *out, const struct stat_style *style, const struct stat_table *table,
			  const struct stat_line *line)
{
	const struct stat_cell *cell = &line->row->cell;

	if (!style->histogram || !(table->sees & SEES_TIMES))
		return;
	for (size_t i = 0; i < HIST_NR; i++) {
		char start[24];

		if (!cell->hist[i])
			continue;
		snprintf(start, sizeof(start), "%" PRIu64, hist_start(i));
		csv_part(out, style, table, line, "histogram", start, cell->hist[i]);
	}
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
	for (size_t i = 0; !err && i < lines.nr; i++) {
		err = csv_errnos(out, style, &result->table, &lines.line[i]);
		csv_histogram(out, style, &result->table, &lines.line[i]);
	}
	if (err)
		return err;
	csv_pair(out, style, "memory", "grown_bytes", sees & SEES_SPACE, m->grown_bytes);
	csv_pair(out, style, "memory", "shrunk_bytes", sees & SEES_SPACE, m->shrunk_bytes);
	csv_pair(out, style, "memory", "pages_allocated", sees & SEES_PAGES,
		 stat_pages(m->pages_allocated));
	csv_pair(out, style, "memory", "pages_freed", sees & SEES_PAGES,
		 stat_pages(m->pages_freed));
	csv_pair(out, style, "memory", "allocations_failed", sees & SEES_PAGES,
		 m->allocations_failed);
	csv_pair(out, style, "memory", "page_events_missed", sees & SEES_PAGES,
		 result->table.page_misses);
	csv_orders(out, style, &result->table);
	csv_mappings(out, style, &result->table);
	csv_pair(out, style, "memory", "minor_faults", r->known, r->minor_faults);
	csv_pair(out, style, "memory", "major_faults", r->known, r->major_faults);
	csv_pair(out, style, "memory", "peak_rss_bytes", r->known, r->max_rss_bytes);
	csv_pair(out, style, "resource", "user_ns", r->known, r->user_ns);
	csv_pair(out, style, "resource", "system_ns", r->known, r->system_ns);
	csv_pair(out, style, "resource", "elapsed_ns", true, result->elapsed_ns);
	csv_pair(out, style, "resource", "voluntary_switches", r->known && r->switches_known,
		 r->voluntary_switches);
	csv_pair(out, style, "resource", "involuntary_switches", r->known && r->switches_known,
		 r->involuntary_switches);
	csv_pair(out, style, "resource", "blocks_in", r->known && r->blocks_known, r->blocks_in);
	csv_pair(out, style, "resource", "blocks_out", r->known && r->blocks_known, r->blocks_out);
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
