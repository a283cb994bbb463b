// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/summary.h"

#include <inttypes.h>
#include <unistd.h>

#include "util/cli/human.h"

static void print_memory(FILE *out, const struct stat_table *table)
{
	static const char *const kinds[MAPPING_NR] = { "anonymous", "file", "stack", "hugetlb" };
	const struct stat_memory *m = &table->memory;

	fprintf(out, "\nmemory\n");
	fprintf(out, "  address space   ");
	if (table->sees & SEES_SPACE)
		fprintf(out, "%s grown, %s shrunk\n", human_size(m->grown_bytes).text,
			human_size(m->shrunk_bytes).text);
	else
		fprintf(out, "-\n");
	fprintf(out, "  mappings made   ");
	for (int kind = 0; kind < MAPPING_NR; kind++) {
		if (table->sees & SEES_MAPPINGS)
			fprintf(out, "%s%" PRIu64 " %s (%s)", kind ? ", " : "",
				(uint64_t)m->mappings[kind], kinds[kind],
				human_size(m->mapping_bytes[kind]).text);
		else
			fprintf(out, "%s", kind ? "" : "-");
	}
	if (table->sees & SEES_MAPPINGS_PEAK && m->mappings_peak)
		fprintf(out, "; at most %" PRIu64 " in a process", (uint64_t)m->mappings_peak);
	fputc('\n', out);
}

static void print_pages(FILE *out, const struct stat_table *table)
{
	const struct stat_memory *m = &table->memory;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t got = stat_pages(m->pages_allocated), freed = stat_pages(m->pages_freed);

	fprintf(out, "  pages           ");
	if (!(table->sees & SEES_PAGES)) {
		fprintf(out, "-\n");
		return;
	}
	fprintf(out, "%" PRIu64 " allocated (%s), %" PRIu64 " freed (%s)", got,
		human_size(got * page).text, freed, human_size(freed * page).text);
	if (m->allocations_failed)
		fprintf(out, ", %" PRIu64 " allocations failed", (uint64_t)m->allocations_failed);
	if (table->page_misses)
		fprintf(out, "; not counted: %" PRIu64 " by interrupts", table->page_misses);
	fputc('\n', out);
}

/* Not when all are of order 0: others are what people look for. */
static void print_orders(FILE *out, const struct stat_table *table)
{
	const struct stat_memory *m = &table->memory;
	const char *before = "  by order        ";
	bool any = false;

	if (!(table->sees & SEES_PAGES))
		return;
	for (int order = 1; order < ORDER_NR; order++)
		any |= m->pages_allocated[order] || m->pages_freed[order];
	if (!any)
		return;
	for (int order = 0; order < ORDER_NR; order++) {
		if (!(table->orders >> order & 1) ||
		    (!m->pages_allocated[order] && !m->pages_freed[order]))
			continue;
		fprintf(out, "%s%d: %" PRIu64 "/%" PRIu64, before, order,
			(uint64_t)m->pages_allocated[order], (uint64_t)m->pages_freed[order]);
		before = ", ";
	}
	fprintf(out, " allocated/freed\n");
}

static void print_resources(FILE *out, const struct stat_result *result)
{
	const struct stat_resources *r = &result->resources;

	if (!r->known) {
		fprintf(out, "  faults          -\n\n%.3f elapsed\n",
			(double)result->elapsed_ns / 1e9);
		return;
	}
	fprintf(out, "  faults          %" PRIu64 " minor, %" PRIu64 " major; peak RSS %s\n",
		r->minor_faults, r->major_faults, human_size(r->max_rss_bytes).text);
	fprintf(out, "\n%.3f user  %.3f system  %.3f elapsed  %s CPU", (double)r->user_ns / 1e9,
		(double)r->system_ns / 1e9, (double)result->elapsed_ns / 1e9,
		human_percent(r->user_ns + r->system_ns, result->elapsed_ns).text);
	if (r->switches_known)
		fprintf(out, "  %" PRIu64 "+%" PRIu64 " context switches", r->voluntary_switches,
			r->involuntary_switches);
	if (r->blocks_known)
		fprintf(out, "  %" PRIu64 " blocks in  %" PRIu64 " blocks out", r->blocks_in,
			r->blocks_out);
	fputc('\n', out);
}

void stat_print_summary(FILE *out, const struct stat_result *result)
{
	print_memory(out, &result->table);
	print_pages(out, &result->table);
	print_orders(out, &result->table);
	print_resources(out, result);
}

void stat_print_pages(FILE *out, const struct stat_table *table)
{
	if (!(table->sees & SEES_PAGES))
		return;
	print_pages(out, table);
	print_orders(out, table);
}

struct said {
	enum pressure_value value;
	const char *before, *behind;
};

static void print_said(FILE *out, const struct stat_pressure *pressure, const struct said *said)
{
	uint64_t value = pressure->value[said->value];

	fputs(said->before, out);
	if (!pressure_known(pressure, said->value))
		fputc('-', out);
	else if (said->value == PRESSURE_SOME_NS || said->value == PRESSURE_FULL_NS)
		fputs(human_duration(value).text, out);
	else
		fprintf(out, "%" PRIu64, value);
	fputs(said->behind, out);
}

void stat_print_pressure(FILE *out, const struct stat_pressure *pressure)
{
	static const struct said text[PRESSURE_NR] = {
		{ PRESSURE_SOME_NS, "  stalled         ", " some" },
		{ PRESSURE_FULL_NS, ", ", " all" },
		{ PRESSURE_PGSCAN, "\n  scanned         ", " pages" },
		{ PRESSURE_PGSCAN_DIRECT, ", ", " by allocations" },
		{ PRESSURE_PGSTEAL, "\n  reclaimed       ", " pages" },
		{ PRESSURE_PGSTEAL_DIRECT, ", ", " by allocations" },
		{ PRESSURE_REFAULT, ", ", " refaulted" },
		{ PRESSURE_ALLOCSTALL, "\n  allocations     ", " had to reclaim" },
		{ PRESSURE_COMPACT_STALL, ", ", " to compact" },
		{ PRESSURE_PSWPIN, "\n  swapped         ", " pages in" },
		{ PRESSURE_PSWPOUT, ", ", " out" },
		{ PRESSURE_OOM_KILL, "\n  OOM kills       ", "\n" },
	};

	if (pressure->of == PRESSURE_NOT_ASKED)
		return;
	fprintf(out, "\npressure on memory (%s)\n",
		pressure->of == PRESSURE_OF_CGROUP ? "of the cgroup" : "of the whole machine");
	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		print_said(out, pressure, &text[i]);
}

void stat_print_events(FILE *out, const struct stat_events *events)
{
	if (events->nr)
		fprintf(out, "\nevents\n");
	for (size_t i = 0; i < events->nr; i++)
		fprintf(out, "  %-30s %12" PRIu64 "\n", events->event[i].name,
			events->event[i].count);
}

void stat_print_lost(FILE *out, const struct stat_table *table)
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
