// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/utf8.h"
#include "util/stat/hist.h"

enum { NAME_WIDTH = 18, BAR_WIDTH = 40 };

/* ---- Lines: rows with what is shown of them ---- */

struct line {
	const struct stat_row *row;
	struct syscall_name name;
	uint64_t group_total; /* what groups are sorted by */
	uint64_t avg_ns, p50_ns, p99_ns;
	bool moves; /* bytes mean something */
	bool timed; /* some call returned */
};

struct lines {
	struct line *line;
	size_t nr;
	enum stat_sort sort;
};

static void lines_release(struct lines *lines)
{
	free(lines->line);
}
DEFINE_GUARD_INPLACE(lines, struct lines, lines_release)

static struct line line_of(const struct stat_row *row, const struct syscall_set *set)
{
	const struct stat_cell *cell = &row->cell;
	struct line line = { .row = row, .timed = cell->ended != 0 };

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

static uint64_t sort_value(const struct line *line, enum stat_sort sort)
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
	const struct line *a = va, *b = vb;
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

static struct err *lines_new(const struct stat_style *style, const struct stat_table *table,
			     struct lines *ret_lines)
{
	struct lines lines = { .nr = table->row_nr, .sort = style->sort };
	uint64_t last = 0, total = 0;

	/* Without times there is no total to sort by. */
	if (!(table->sees & SEES_TIMES) && lines.sort != SORT_NAME && lines.sort != SORT_ERRORS)
		lines.sort = SORT_CALLS;
	lines.line = calloc(MAX(lines.nr, (size_t)1), sizeof(*lines.line));
	if (!lines.line)
		return err_nomem();
	for (size_t i = 0; i < lines.nr; i++) {
		uint64_t group = table->row[i].key.group;

		/* Rows come in the order of their groups. */
		if (!i || group != last) {
			struct stat_cell sum = stat_table_total(table, &group);

			total = table->sees & SEES_TIMES ? sum.total_ns : sum.calls;
			last = group;
		}
		lines.line[i] = line_of(&table->row[i], style->syscalls);
		lines.line[i].group_total = total;
	}
	qsort_r(lines.line, lines.nr, sizeof(*lines.line), compare_lines, &lines.sort);
	*ret_lines = lines;
	return NULL;
}

/* ---- The table ---- */

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
	fprintf(out, "%-*s %10s %7s %6s %10s %10s %9s %9s %9s %9s\n", NAME_WIDTH, "syscall",
		"calls", "errors", "unfin.", "bytes", "total", "avg", "p50", "p99", "max");
}

static void print_line(FILE *out, const char *name, unsigned int sees, const struct line *line)
{
	const struct stat_cell *cell = &line->row->cell;
	bool timed = (sees & SEES_TIMES) && line->timed;

	fprintf(out, "%-*s", NAME_WIDTH, name);
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

static int compare_errnos(const void *va, const void *vb)
{
	const struct stat_errno *a = *(const struct stat_errno *const *)va;
	const struct stat_errno *b = *(const struct stat_errno *const *)vb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->key.error < b->key.error ? -1 : a->key.error > b->key.error;
}

static struct human errno_text(unsigned int error)
{
	const char *symbol = errno_symbol(error);
	struct human text;

	if (symbol)
		snprintf(text.text, sizeof(text.text), "%s", symbol);
	else
		snprintf(text.text, sizeof(text.text), "errno %u", error);
	return text;
}

/* Errnos of one call, most frequent first; the list is the caller's to free. */
static const struct stat_errno **errnos_of(const struct stat_table *table,
					   const struct row_key *key, size_t *ret_nr)
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

static void print_errnos(FILE *out, const struct stat_table *table, const struct row_key *key)
{
	autofree const struct stat_errno **list = NULL;
	size_t nr = 0;

	list = errnos_of(table, key, &nr);
	for (size_t i = 0; list && i < nr; i++)
		fprintf(out, "    %-*s %9" PRIu64 "\n", NAME_WIDTH - 3,
			errno_text(list[i]->key.error).text, list[i]->count);
}

static void group_title(const struct stat_style *style, const struct stat_table *table,
			uint64_t group, struct str *title)
{
	const struct group_name *name = stat_table_name(table, group);

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
		utf8_add_safe(title, name->comm);
		if (style->group == GROUP_THREAD)
			str_printf(title, " of %u", name->tgid);
		str_add(title, ")");
	}
}

static void print_total(FILE *out, const char *name, const struct stat_table *table,
			const struct stat_cell *cell)
{
	struct stat_row row = { .cell = *cell };
	struct line line = { .row = &row, .timed = cell->ended != 0, .moves = false };

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
	guard(lines) struct lines lines = { .nr = 0 };
	struct stat_cell total = stat_table_total(table, NULL);
	struct err *err = lines_new(style, table, &lines);
	uint64_t group = 0;

	if (err)
		return err;
	print_header(out);
	for (size_t i = 0; i < lines.nr; i++) {
		const struct line *line = &lines.line[i];

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

static void print_memory(FILE *out, const struct stat_table *table)
{
	static const char *const kinds[MAPPING_NR] = { "anonymous", "file", "stack", "hugetlb" };
	const struct stat_memory *m = &table->memory;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	fprintf(out, "\nmemory\n");
	fprintf(out, "  address space   ");
	if (table->sees & SEES_BYTES)
		fprintf(out, "%s grown, %s shrunk\n", human_size(m->grown_bytes).text,
			human_size(m->shrunk_bytes).text);
	else
		fprintf(out, "-\n");
	fprintf(out, "  mappings made   ");
	for (int kind = 0; kind < MAPPING_NR; kind++) {
		if (table->sees & SEES_BYTES)
			fprintf(out, "%s%" PRIu64 " %s (%s)", kind ? ", " : "",
				(uint64_t)m->mappings[kind], kinds[kind],
				human_size(m->mapping_bytes[kind]).text);
		else
			fprintf(out, "%s", kind ? "" : "-");
	}
	if (table->sees & SEES_MAPPINGS_PEAK)
		fprintf(out, "; at most %" PRIu64 " in a process", (uint64_t)m->mappings_peak);
	fprintf(out, "\n  pages           ");
	if (table->sees & SEES_PAGES) {
		uint64_t got = stat_pages(m->pages_allocated), freed = stat_pages(m->pages_freed);

		fprintf(out, "%" PRIu64 " allocated (%s), %" PRIu64 " freed (%s)", got,
			human_size(got * page).text, freed, human_size(freed * page).text);
		if (m->allocations_failed)
			fprintf(out, ", %" PRIu64 " allocations failed",
				(uint64_t)m->allocations_failed);
		if (table->page_misses)
			fprintf(out, "; not counted: %" PRIu64 " by interrupts",
				table->page_misses);
		fputc('\n', out);
	} else {
		fprintf(out, "-\n");
	}
}

/* Only orders above 0: those are what people look for. */
static void print_orders(FILE *out, const struct stat_table *table)
{
	const struct stat_memory *m = &table->memory;
	bool any = false;

	if (!(table->sees & SEES_PAGES))
		return;
	for (int order = 1; order < ORDER_NR; order++) {
		if (!m->pages_allocated[order] && !m->pages_freed[order])
			continue;
		if (!any)
			fprintf(out, "  by order        0: %" PRIu64 "/%" PRIu64,
				(uint64_t)m->pages_allocated[0], (uint64_t)m->pages_freed[0]);
		fprintf(out, ", %d: %" PRIu64 "/%" PRIu64, order,
			(uint64_t)m->pages_allocated[order], (uint64_t)m->pages_freed[order]);
		any = true;
	}
	if (any)
		fprintf(out, " allocated/freed\n");
}

static void print_resources(FILE *out, const struct stat_result *result)
{
	const struct stat_resources *r = &result->resources;

	if (r->known) {
		fprintf(out,
			"  faults          %" PRIu64 " minor, %" PRIu64 " major; peak RSS %s\n",
			r->minor_faults, r->major_faults, human_size(r->max_rss_bytes).text);
		fprintf(out,
			"\n%.3f user  %.3f system  %.3f elapsed  %s CPU  %" PRIu64 "+%" PRIu64
			" context switches  %" PRIu64 " blocks in  %" PRIu64 " blocks out\n",
			(double)r->user_ns / 1e9, (double)r->system_ns / 1e9,
			(double)result->elapsed_ns / 1e9,
			human_percent(r->user_ns + r->system_ns, result->elapsed_ns).text,
			r->voluntary_switches, r->involuntary_switches, r->blocks_in,
			r->blocks_out);
	} else {
		fprintf(out, "  faults          -\n\n%.3f elapsed\n",
			(double)result->elapsed_ns / 1e9);
	}
}

static void print_events(FILE *out, const struct stat_events *events)
{
	if (events->nr)
		fprintf(out, "\nevents\n");
	for (size_t i = 0; i < events->nr; i++)
		fprintf(out, "  %-30s %12" PRIu64 "\n", events->event[i].name,
			events->event[i].count);
}

static void print_lost(FILE *out, const struct stat_table *table)
{
	const struct stat_missed *missed = &table->missed;

	if (!stat_table_lost(table))
		return;
	fprintf(out, "\nLOST:");
	if (missed->tasks)
		fprintf(out, " %" PRIu64 " tasks not followed, the map of tasks was full;",
			(uint64_t)missed->tasks);
	if (missed->rows)
		fprintf(out, " %" PRIu64 " calls not counted, the map of rows was full;",
			(uint64_t)missed->rows);
	if (missed->errnos)
		fprintf(out, " %" PRIu64 " errors not broken down, that map was full;",
			(uint64_t)missed->errnos);
	if (table->call_misses)
		fprintf(out,
			" %" PRIu64
			" entries and returns not counted, the counter was busy (--source perf "
			"does not have that);",
			table->call_misses);
	fputc('\n', out);
}

static struct err *show_table(FILE *out, const struct stat_style *style,
			      const struct stat_result *result)
{
	struct err *err;

	fprintf(out, "\nvmtool stat: %s (source %s)\n\n", style->title, result->source->name);
	err = print_syscalls(out, style, &result->table);
	if (err)
		return err;
	print_memory(out, &result->table);
	print_orders(out, &result->table);
	print_resources(out, result);
	print_events(out, &result->events);
	print_lost(out, &result->table);
	return NULL;
}

/* ---- JSON ---- */

static void json_seen(struct json *json, const char *key, bool seen, uint64_t value)
{
	if (seen)
		json_u64(json, key, value);
	else
		json_null(json, key);
}

static void json_group(struct json *json, const struct stat_style *style,
		       const struct stat_table *table, uint64_t group)
{
	static const char *const keys[] = { NULL, "thread", "process", "cgroup" };
	const struct group_name *name = stat_table_name(table, group);

	if (style->group == GROUP_NONE)
		return;
	json_u64(json, keys[style->group], group);
	if (name) {
		json_u64(json, "pid", name->tgid);
		json_string(json, "comm", name->comm);
	}
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

	list = errnos_of(table, key, &nr);
	if (!list)
		return err_nomem();
	json_object(json, "errnos");
	for (size_t i = 0; i < nr; i++)
		json_u64(json, errno_text(list[i]->key.error).text, list[i]->count);
	json_end(json);
	return NULL;
}

static struct err *json_line(struct json *json, const struct stat_style *style,
			     const struct stat_table *table, const struct line *line)
{
	const struct stat_cell *cell = &line->row->cell;
	unsigned int sees = table->sees;
	bool timed = (sees & SEES_TIMES) && line->timed;
	struct err *err = NULL;

	json_object(json, NULL);
	json_group(json, style, table, line->row->key.group);
	json_string(json, "name", line->name.text);
	json_u64(json, "calls", cell->calls);
	json_seen(json, "errors", sees & SEES_ERRORS, cell->errors);
	json_seen(json, "unfinished", sees & SEES_ENDS,
		  cell->calls - MIN(cell->ended, cell->calls));
	json_seen(json, "bytes", (sees & SEES_BYTES) && line->moves, cell->bytes);
	json_seen(json, "total_ns", timed, cell->total_ns);
	json_seen(json, "avg_ns", timed, line->avg_ns);
	json_seen(json, "p50_ns", timed, line->p50_ns);
	json_seen(json, "p99_ns", timed, line->p99_ns);
	json_seen(json, "max_ns", timed, cell->max_ns);
	if (style->histogram && timed)
		json_hist(json, cell);
	if (style->errnos && (sees & SEES_ERRNOS))
		err = json_errnos(json, table, &line->row->key);
	json_end(json);
	return err;
}

static void json_by_order(struct json *json, const char *key, bool seen,
			  const stat_u64 by_order[ORDER_NR])
{
	if (!seen) {
		json_null(json, key);
		return;
	}
	json_array(json, key);
	for (size_t order = 0; order < ORDER_NR; order++)
		json_u64(json, NULL, by_order[order]);
	json_end(json);
}

static void json_memory(struct json *json, const struct stat_result *result)
{
	static const char *const kinds[MAPPING_NR] = { "anonymous", "file", "stack", "hugetlb" };
	const struct stat_memory *m = &result->table.memory;
	const struct stat_resources *r = &result->resources;
	bool bytes = result->table.sees & SEES_BYTES, pages = result->table.sees & SEES_PAGES;

	json_object(json, "memory");
	json_seen(json, "grown_bytes", bytes, m->grown_bytes);
	json_seen(json, "shrunk_bytes", bytes, m->shrunk_bytes);
	json_seen(json, "peak_rss_bytes", r->known, r->max_rss_bytes);
	json_seen(json, "minor_faults", r->known, r->minor_faults);
	json_seen(json, "major_faults", r->known, r->major_faults);
	json_seen(json, "pages_allocated", pages, stat_pages(m->pages_allocated));
	json_seen(json, "pages_freed", pages, stat_pages(m->pages_freed));
	json_seen(json, "allocations_failed", pages, m->allocations_failed);
	json_seen(json, "page_events_missed", pages, result->table.page_misses);
	json_by_order(json, "allocations_by_order", pages, m->pages_allocated);
	json_by_order(json, "frees_by_order", pages, m->pages_freed);
	json_object(json, "mappings");
	for (int kind = 0; kind < MAPPING_NR; kind++) {
		json_object(json, kinds[kind]);
		json_seen(json, "made", bytes, m->mappings[kind]);
		json_seen(json, "bytes", bytes, m->mapping_bytes[kind]);
		json_end(json);
	}
	json_seen(json, "peak", result->table.sees & SEES_MAPPINGS_PEAK, m->mappings_peak);
	json_end(json);
	json_end(json);
}

static void json_resources(struct json *json, const struct stat_result *result)
{
	const struct stat_resources *r = &result->resources;

	json_object(json, "resources");
	json_seen(json, "user_ns", r->known, r->user_ns);
	json_seen(json, "system_ns", r->known, r->system_ns);
	json_u64(json, "elapsed_ns", result->elapsed_ns);
	json_seen(json, "max_rss_bytes", r->known, r->max_rss_bytes);
	json_seen(json, "voluntary_switches", r->known, r->voluntary_switches);
	json_seen(json, "involuntary_switches", r->known, r->involuntary_switches);
	json_seen(json, "blocks_in", r->known, r->blocks_in);
	json_seen(json, "blocks_out", r->known, r->blocks_out);
	json_end(json);
}

static struct err *json_result(struct json *json, const struct stat_style *style,
			       const struct stat_result *result)
{
	guard(lines) struct lines lines = { .nr = 0 };
	struct err *err = lines_new(style, &result->table, &lines);

	if (err)
		return err;
	json_string(json, "source", result->source->name);
	json_array(json, "syscalls");
	for (size_t i = 0; !err && i < lines.nr; i++)
		err = json_line(json, style, &result->table, &lines.line[i]);
	json_end(json);
	json_memory(json, result);
	json_resources(json, result);
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

/* An object made by @fill, on one line. */
static struct err *show_json(FILE *out, const struct stat_style *style,
			     const struct stat_result *result, const char *time_key,
			     uint64_t time_ns)
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
	if (time_key)
		json_u64(&json, time_key, time_ns);
	err = json_result(&json, style, result);
	json_end(&json);
	if (fclose(memory) && !err)
		err = err_nomem();
	return err ? err : print_on_a_line(out, text);
}

/* ---- CSV ---- */

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
	fprintf(out, "%s%c%s", kind, style->separator, name);
	csv_value(out, style->separator, seen, value);
	fputc('\n', out);
}

static struct err *show_csv(FILE *out, const struct stat_style *style,
			    const struct stat_result *result)
{
	static const char *const columns[] = { "name",	 "calls",    "errors", "unfinished",
					       "bytes",	 "total_ns", "avg_ns", "p50_ns",
					       "p99_ns", "max_ns" };
	guard(lines) struct lines lines = { .nr = 0 };
	const struct stat_memory *m = &result->table.memory;
	const struct stat_resources *r = &result->resources;
	unsigned int sees = result->table.sees;
	char separator = style->separator;
	struct err *err = lines_new(style, &result->table, &lines);

	if (err)
		return err;
	fprintf(out, "kind");
	if (style->group != GROUP_NONE)
		fprintf(out, "%cgroup", separator);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		fprintf(out, "%c%s", separator, columns[i]);
	fputc('\n', out);
	for (size_t i = 0; i < lines.nr; i++) {
		const struct line *line = &lines.line[i];
		const struct stat_cell *cell = &line->row->cell;
		bool timed = (sees & SEES_TIMES) && line->timed;

		fprintf(out, "syscall");
		if (style->group != GROUP_NONE)
			csv_value(out, separator, true, line->row->key.group);
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
	csv_pair(out, style, "memory", "grown_bytes", sees & SEES_BYTES, m->grown_bytes);
	csv_pair(out, style, "memory", "shrunk_bytes", sees & SEES_BYTES, m->shrunk_bytes);
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
	for (size_t i = 0; i < result->events.nr; i++)
		csv_pair(out, style, "event", result->events.event[i].name, true,
			 result->events.event[i].count);
	csv_pair(out, style, "lost", result->source->name, true, stat_table_lost(&result->table));
	return NULL;
}

struct err *stat_show(FILE *out, const struct stat_style *style, const struct stat_result *result)
{
	switch (style->format) {
	case FORMAT_JSON:
		return show_json(out, style, result, NULL, 0);
	case FORMAT_CSV:
		return show_csv(out, style, result);
	case FORMAT_TABLE:
		break;
	}
	return show_table(out, style, result);
}

struct err *stat_show_interval(FILE *out, const struct stat_style *style,
			       const struct stat_result *result, uint64_t time_ns)
{
	struct err *err;

	switch (style->format) {
	case FORMAT_JSON:
		err = show_json(out, style, result, "time_ns", time_ns);
		break;
	case FORMAT_CSV:
		fprintf(out, "time%c%" PRIu64 "\n", style->separator, time_ns);
		err = show_csv(out, style, result);
		break;
	default:
		fprintf(out, "\n%.3f s\n", (double)time_ns / 1e9);
		err = print_syscalls(out, style, &result->table);
		print_events(out, &result->events);
		print_lost(out, &result->table);
		break;
	}
	/* Somebody watches. */
	fflush(out);
	return err;
}

/* ---- Several runs ---- */

struct spread {
	double mean;
	double deviation; /* standard deviation of the sample; 0 for one run */
};

static struct spread spread_of(const double *value, size_t nr)
{
	struct spread spread = { .mean = 0 };
	double squares = 0;

	for (size_t i = 0; i < nr; i++)
		spread.mean += value[i] / (double)nr;
	for (size_t i = 0; i < nr; i++)
		squares += (value[i] - spread.mean) * (value[i] - spread.mean);
	if (nr > 1)
		spread.deviation = sqrt(squares / (double)(nr - 1));
	return spread;
}

/* What of a result is looked at, in one row or in all. */
enum measure { MEASURE_CALLS, MEASURE_TOTAL_NS, MEASURE_USER, MEASURE_SYSTEM, MEASURE_ELAPSED };

static double measure(const struct stat_result *result, enum measure what,
		      const struct row_key *key)
{
	const struct stat_row *row = key ? stat_table_find(&result->table, key) : NULL;
	struct stat_cell total = { .calls = 0 };

	switch (what) {
	case MEASURE_CALLS:
	case MEASURE_TOTAL_NS:
		if (!key)
			total = stat_table_total(&result->table, NULL);
		else if (row)
			total = row->cell;
		return (double)(what == MEASURE_CALLS ? total.calls : total.total_ns);
	case MEASURE_USER:
		return (double)result->resources.user_ns / 1e9;
	case MEASURE_SYSTEM:
		return (double)result->resources.system_ns / 1e9;
	case MEASURE_ELAPSED:
		return (double)result->elapsed_ns / 1e9;
	}
	return 0;
}

static struct err *spread_over(const struct stat_result *result, size_t nr, enum measure what,
			       const struct row_key *key, struct spread *ret_spread)
{
	autofree double *value = calloc(nr, sizeof(*value));

	if (!value)
		return err_nomem();
	for (size_t i = 0; i < nr; i++)
		value[i] = measure(&result[i], what, key);
	*ret_spread = spread_of(value, nr);
	return NULL;
}

static struct err *sum_up(const struct stat_result *result, size_t nr, struct stat_table *ret_sum)
{
	guard(stat_table) struct stat_table sum = { .sees = result[0].table.sees };

	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < result[i].table.row_nr; j++) {
			const struct stat_row *from = &result[i].table.row[j];
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

static double percent_of(const struct spread *spread)
{
	return spread->mean > 0 ? 100 * spread->deviation / spread->mean : 0;
}

static struct err *print_repeated(FILE *out, const struct stat_result *result, size_t nr,
				  const char *name, const struct row_key *key,
				  const struct line *line)
{
	bool timed = (result[0].table.sees & SEES_TIMES) && line->timed;
	struct spread calls, total;
	struct err *err;

	err = spread_over(result, nr, MEASURE_CALLS, key, &calls);
	if (!err)
		err = spread_over(result, nr, MEASURE_TOTAL_NS, key, &total);
	if (err)
		return err;
	fprintf(out, "%-*s %12.1f %6.1f%%", NAME_WIDTH, name, calls.mean, percent_of(&calls));
	if (timed)
		fprintf(out, " %11s %6.1f%% %10s %10s %10s %10s\n",
			human_duration((uint64_t)total.mean).text, percent_of(&total),
			human_duration(line->avg_ns).text, human_duration(line->p50_ns).text,
			human_duration(line->p99_ns).text,
			human_duration(line->row->cell.max_ns).text);
	else
		fprintf(out, " %11s %7s %10s %10s %10s %10s\n", "-", "-", "-", "-", "-", "-");
	return NULL;
}

static struct err *print_time_spread(FILE *out, const struct stat_result *result, size_t nr)
{
	static const struct {
		const char *name;
		enum measure what;
	} times[] = {
		{ "user", MEASURE_USER },
		{ "system", MEASURE_SYSTEM },
		{ "elapsed", MEASURE_ELAPSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct spread spread;
		struct err *err = spread_over(result, nr, times[i].what, NULL, &spread);

		if (err)
			return err;
		fprintf(out, "%s%.4f s +- %.1f%% %s", i ? "   " : "\n", spread.mean,
			percent_of(&spread), times[i].name);
	}
	fprintf(out, "\n");
	return NULL;
}

struct err *stat_show_repeats(FILE *out, const struct stat_style *style,
			      const struct stat_result *result, size_t nr)
{
	guard(stat_table) struct stat_table sum = { .sees = 0 };
	guard(lines) struct lines lines = { .nr = 0 };
	struct stat_row all = { .cell = { .calls = 0 } };
	struct line total = { .row = &all };
	struct err *err = NULL;

	if (style->format != FORMAT_TABLE) {
		for (size_t i = 0; !err && i < nr; i++)
			err = stat_show(out, style, &result[i]);
		return err;
	}
	err = sum_up(result, nr, &sum);
	if (!err)
		err = lines_new(style, &sum, &lines);
	if (err)
		return err;

	fprintf(out, "\nvmtool stat: %s, mean of %zu runs +- standard deviation (source %s)\n\n",
		style->title, nr, result[0].source->name);
	fprintf(out, "%-*s %12s %7s %11s %7s %10s %10s %10s %10s\n", NAME_WIDTH, "syscall", "calls",
		"+-", "total", "+-", "avg", "p50", "p99", "max");
	for (size_t i = 0; !err && i < lines.nr; i++)
		err = print_repeated(out, result, nr, lines.line[i].name.text,
				     &lines.line[i].row->key, &lines.line[i]);
	if (err)
		return err;
	all.cell = stat_table_total(&sum, NULL);
	total = line_of(&all, style->syscalls);
	err = print_repeated(out, result, nr, "total", NULL, &total);
	if (!err)
		err = print_time_spread(out, result, nr);
	print_lost(out, &sum);
	return err;
}

/* ---- Several commands ---- */

static double ratio(double value, double first)
{
	return first > 0 ? value / first : 0;
}

struct column {
	char name[48];
	struct row_key key;
};

struct columns {
	struct column column[64];
	size_t nr;
};

static void add_column(uint32_t nr, void *data)
{
	struct columns *columns = data;
	struct column *column = &columns->column[columns->nr];

	if (columns->nr == ARRAY_SIZE(columns->column))
		return;
	snprintf(column->name, sizeof(column->name), "%s", syscall_name(ABI_NATIVE, nr).text);
	column->key = (struct row_key){ .abi = ABI_NATIVE, .nr = nr };
	columns->nr++;
}

struct compared {
	double sum, user, system, elapsed;
};

static struct err *show_variant(FILE *out, const struct stat_style *style,
				const struct columns *columns, int label_width,
				const struct stat_variant *v, struct compared *c)
{
	bool csv = style->format == FORMAT_CSV;
	struct spread spread;
	struct err *err = NULL;

	*c = (struct compared){ .sum = 0 };
	fprintf(out, "%-*s", csv ? 0 : label_width, v->label);
	for (size_t i = 0; i < columns->nr; i++) {
		err = spread_over(v->result, v->nr, MEASURE_CALLS, &columns->column[i].key,
				  &spread);
		if (err)
			return err;
		c->sum += spread.mean;
		if (csv)
			fprintf(out, "%c%.10g", style->separator, spread.mean);
		else
			fprintf(out, " %9.10g", spread.mean);
	}
	err = spread_over(v->result, v->nr, MEASURE_USER, NULL, &spread);
	c->user = spread.mean;
	if (!err)
		err = spread_over(v->result, v->nr, MEASURE_SYSTEM, NULL, &spread);
	c->system = spread.mean;
	if (!err)
		err = spread_over(v->result, v->nr, MEASURE_ELAPSED, NULL, &spread);
	c->elapsed = spread.mean;
	if (err)
		return err;
	if (csv)
		fprintf(out, "%c%.10g%c%.6f%c%.6f%c%.6f%c%.6f\n", style->separator, c->sum,
			style->separator, c->user, style->separator, c->system, style->separator,
			c->user + c->system, style->separator, c->elapsed);
	else
		fprintf(out, " %10.10g %9.3f %9.3f %9.3f %9.3f +- %4.1f%%", c->sum, c->user,
			c->system, c->user + c->system, c->elapsed, percent_of(&spread));
	return NULL;
}

static struct err *show_compared_json(FILE *out, const struct stat_style *style,
				      const struct columns *columns,
				      const struct stat_variant *variant, size_t nr)
{
	struct json json = json_init(out);

	json_array(&json, NULL);
	for (size_t i = 0; i < nr; i++) {
		const struct stat_variant *v = &variant[i];

		json_object(&json, NULL);
		json_string(&json, "label", v->label);
		json_array(&json, "runs");
		for (size_t j = 0; j < v->nr; j++) {
			struct err *err;
			double sum = 0;

			json_object(&json, NULL);
			for (size_t k = 0; k < columns->nr; k++)
				sum += measure(&v->result[j], MEASURE_CALLS,
					       &columns->column[k].key);
			json_u64(&json, "sum", (uint64_t)sum);
			err = json_result(&json, style, &v->result[j]);
			json_end(&json);
			if (err)
				return err;
		}
		json_end(&json);
		json_end(&json);
	}
	json_end(&json);
	return NULL;
}

struct err *stat_show_compared(FILE *out, const struct stat_style *style,
			       const struct stat_variant *variant, size_t nr)
{
	struct columns columns = { .nr = 0 };
	struct compared first = { .sum = 0 };
	int label_width = 8;

	syscall_set_each(style->syscalls, add_column, &columns);
	if (style->format == FORMAT_JSON)
		return show_compared_json(out, style, &columns, variant, nr);

	for (size_t i = 0; i < nr; i++)
		label_width = MAX(label_width, (int)utf8_width(variant[i].label));
	if (style->format == FORMAT_CSV) {
		char s = style->separator;

		fprintf(out, "label");
		for (size_t i = 0; i < columns.nr; i++)
			fprintf(out, "%c%s", s, columns.column[i].name);
		fprintf(out, "%csum%cuser_s%csystem_s%ccpu_s%celapsed_s\n", s, s, s, s, s);
	} else {
		fprintf(out, "\nvmtool stat: calls%s (source %s)\n\n%-*s",
			variant[0].nr > 1 ? " and seconds, means of the runs" : " and seconds",
			variant[0].result[0].source->name, label_width, "");
		for (size_t i = 0; i < columns.nr; i++)
			fprintf(out, " %9s", columns.column[i].name);
		fprintf(out, " %10s %9s %9s %9s %9s %8s %7s %7s\n", "= sum", "user", "sys",
			"= total", "elapsed", "", "sum", "total");
	}
	for (size_t i = 0; i < nr; i++) {
		struct compared c;
		struct err *err = show_variant(out, style, &columns, label_width, &variant[i], &c);

		if (err)
			return err;
		if (!i)
			first = c;
		if (style->format == FORMAT_TABLE)
			fprintf(out, " %6.2fx %6.2fx\n", ratio(c.sum, first.sum),
				ratio(c.user + c.system, first.user + first.system));
	}
	if (style->format == FORMAT_TABLE) {
		for (size_t i = 0; i < nr; i++)
			for (size_t j = 0; j < variant[i].nr; j++)
				print_lost(out, &variant[i].result[j].table);
	}
	return NULL;
}
