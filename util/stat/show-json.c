// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/stat/hist.h"
#include "util/stat/lines.h"
#include "util/stat/shows.h"

static void json_group(struct json *json, const struct stat_style *style,
		       const struct stat_table *table, uint64_t group)
{
	static const char *const keys[] = { NULL, "thread", "process", "cgroup" };
	const char *name = stat_group_name(style, table, group);

	if (style->group == GROUP_NONE)
		return;
	json_u64(json, keys[style->group], group);
	if (name && style->group != GROUP_CGROUP)
		json_u64(json, "pid", stat_table_name(table, group)->tgid);
	if (name)
		json_string(json, style->group == GROUP_CGROUP ? "path" : "comm", name);
}

static void json_hist(struct json *json, const struct stat_cell *cell)
{
	json_array(json, "histogram");
	for (size_t i = 0; i < HIST_NR; i++) {
		if (!cell->hist[i])
			continue;
		json_array(json, NULL);
		json_u64(json, NULL, hist_start(i));
		json_u64(json, NULL, cell->hist[i]);
		json_end(json);
	}
	json_end(json);
}

static struct err *json_errnos(struct json *json, const struct stat_table *table,
			       const struct row_key *key)
{
	autofree const struct stat_errno **list = NULL;
	size_t nr = 0;

	list = stat_errnos_of(table, key, &nr);
	if (!list)
		return err_nomem();
	json_object(json, "errnos");
	for (size_t i = 0; i < nr; i++)
		json_u64(json, stat_errno_text(list[i]->key.error).text, list[i]->count);
	json_end(json);
	return NULL;
}

static struct err *json_line(struct json *json, const struct stat_style *style,
			     const struct stat_table *table, const struct stat_line *line)
{
	const struct stat_cell *cell = &line->row->cell;
	unsigned int sees = table->sees;
	bool timed = (sees & SEES_TIMES) && line->timed;
	struct err *err = NULL;

	json_object(json, NULL);
	json_group(json, style, table, line->row->key.group);
	json_string(json, "name", line->name.text);
	json_u64(json, "calls", cell->calls);
	json_u64_if(json, "errors", sees & SEES_ERRORS, cell->errors);
	json_u64_if(json, "unfinished", sees & SEES_ENDS,
		    cell->calls - MIN(cell->ended, cell->calls));
	json_u64_if(json, "bytes", (sees & SEES_BYTES) && line->moves, cell->bytes);
	json_u64_if(json, "total_ns", timed, cell->total_ns);
	json_u64_if(json, "avg_ns", timed, line->avg_ns);
	json_u64_if(json, "p50_ns", timed, line->p50_ns);
	json_u64_if(json, "p99_ns", timed, line->p99_ns);
	json_u64_if(json, "max_ns", timed, cell->max_ns);
	if (style->histogram && timed)
		json_hist(json, cell);
	if (style->errnos && (sees & SEES_ERRNOS))
		err = json_errnos(json, table, &line->row->key);
	json_end(json);
	return err;
}

static void json_by_order(struct json *json, const char *key, const struct stat_table *table,
			  const stat_u64 by_order[ORDER_NR])
{
	if (!(table->sees & SEES_PAGES)) {
		json_null(json, key);
		return;
	}
	json_array(json, key);
	for (size_t order = 0; order < ORDER_NR; order++)
		json_u64_if(json, NULL, table->orders >> order & 1, by_order[order]);
	json_end(json);
}

static void json_memory(struct json *json, const struct stat_result *result)
{
	static const char *const kinds[MAPPING_NR] = { "anonymous", "file", "stack", "hugetlb" };
	const struct stat_memory *m = &result->table.memory;
	const struct stat_resources *r = &result->resources;
	bool space = result->table.sees & SEES_SPACE, pages = result->table.sees & SEES_PAGES;
	bool made = result->table.sees & SEES_MAPPINGS;

	json_object(json, "memory");
	json_u64_if(json, "grown_bytes", space, m->grown_bytes);
	json_u64_if(json, "shrunk_bytes", space, m->shrunk_bytes);
	json_u64_if(json, "peak_rss_bytes", r->known, r->max_rss_bytes);
	json_u64_if(json, "minor_faults", r->known, r->minor_faults);
	json_u64_if(json, "major_faults", r->known, r->major_faults);
	json_u64_if(json, "pages_allocated", pages, stat_pages(m->pages_allocated));
	json_u64_if(json, "pages_freed", pages, stat_pages(m->pages_freed));
	json_u64_if(json, "allocations_failed", pages, m->allocations_failed);
	json_u64_if(json, "page_events_missed", pages, result->table.page_misses);
	json_by_order(json, "allocations_by_order", &result->table, m->pages_allocated);
	json_by_order(json, "frees_by_order", &result->table, m->pages_freed);
	json_object(json, "mappings");
	for (int kind = 0; kind < MAPPING_NR; kind++) {
		json_object(json, kinds[kind]);
		json_u64_if(json, "made", made, m->mappings[kind]);
		json_u64_if(json, "bytes", made, m->mapping_bytes[kind]);
		json_end(json);
	}
	json_u64_if(json, "peak", result->table.sees & SEES_MAPPINGS_PEAK, m->mappings_peak);
	json_end(json);
	json_end(json);
}

static void json_resources(struct json *json, const struct stat_result *result)
{
	const struct stat_resources *r = &result->resources;

	json_object(json, "resources");
	json_u64_if(json, "user_ns", r->known, r->user_ns);
	json_u64_if(json, "system_ns", r->known, r->system_ns);
	json_u64(json, "elapsed_ns", result->elapsed_ns);
	json_u64_if(json, "max_rss_bytes", r->known, r->max_rss_bytes);
	json_u64_if(json, "voluntary_switches", r->known && r->switches_known,
		    r->voluntary_switches);
	json_u64_if(json, "involuntary_switches", r->known && r->switches_known,
		    r->involuntary_switches);
	json_u64_if(json, "blocks_in", r->known && r->blocks_known, r->blocks_in);
	json_u64_if(json, "blocks_out", r->known && r->blocks_known, r->blocks_out);
	json_end(json);
}

static void json_pressure(struct json *json, const struct stat_pressure *pressure)
{
	if (pressure->of == PRESSURE_NOT_ASKED)
		return;
	json_object(json, "pressure");
	json_string(json, "of", pressure->of == PRESSURE_OF_CGROUP ? "cgroup" : "machine");
	for (enum pressure_value i = 0; i < PRESSURE_NR; i++)
		json_u64_if(json, pressure_key(i), pressure_known(pressure, i), pressure->value[i]);
	json_end(json);
}

struct err *stat_json_result(struct json *json, const struct stat_style *style,
			     const struct stat_result *result)
{
	guard(stat_lines) struct stat_lines lines = { .nr = 0 };
	struct err *err = stat_lines_new(style, &result->table, &lines);

	if (err)
		return err;
	json_string(json, "source", result->source->name);
	json_array(json, "syscalls");
	for (size_t i = 0; !err && i < lines.nr; i++)
		err = json_line(json, style, &result->table, &lines.line[i]);
	json_end(json);
	json_memory(json, result);
	json_resources(json, result);
	json_pressure(json, &result->pressure);
	if (result->events.nr) {
		json_object(json, "events");
		for (size_t i = 0; i < result->events.nr; i++)
			json_u64(json, result->events.event[i].name, result->events.event[i].count);
		json_end(json);
	}
	json_u64(json, "lost", stat_table_lost(&result->table));
	return err;
}

/* The same on one line: a string in JSON has no newline of its own. */
static struct err *print_on_a_line(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text != '\n') {
			fputc(*text, out);
			continue;
		}
		while (text[1] == ' ')
			text++;
	}
	fputc('\n', out);
	return NULL;
}

/* @time_ns: NULL: it is not of an interval. */
static struct err *show_object(FILE *out, const struct stat_style *style,
			       const struct stat_result *result, const uint64_t *time_ns)
{
	autofree char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	struct json json;
	struct err *err;

	if (!memory)
		return err_nomem();
	json = json_init(memory);
	json_object(&json, NULL);
	if (time_ns)
		json_u64(&json, "time_ns", *time_ns);
	err = stat_json_result(&json, style, result);
	json_end(&json);
	if (fclose(memory) && !err)
		err = err_nomem();
	return err ? err : print_on_a_line(out, text);
}

static struct err *show_json(FILE *out, const struct stat_style *style,
			     const struct stat_result *result)
{
	return show_object(out, style, result, NULL);
}

static struct err *show_interval(FILE *out, const struct stat_style *style,
				 const struct stat_result *result, uint64_t time_ns)
{
	return show_object(out, style, result, &time_ns);
}

const struct stat_form stat_form_json = { .one = show_json, .interval = show_interval };
