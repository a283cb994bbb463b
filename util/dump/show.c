// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/show.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/base/str.h"
#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/utf8.h"
#include "util/dump/policy.h"
#include "util/sys/memusage.h"

/* One line of the table: pages of a kind, and what became of them. */
struct row {
	const char *name;  /* in JSON, and in the manual */
	const char *label; /* in text */
	uint64_t pages;
	uint64_t dropped;
};

enum { ROWS_MAX = PAGE_CLASSES_NR + 4 };

static const char *const class_label[PAGE_CLASSES_NR] = {
	[PAGE_KERNEL] = "kernel",
	[PAGE_SLAB] = "slab",
	[PAGE_TYPED] = "page tables and alike",
	[PAGE_FREE] = "free",
	[PAGE_CACHE] = "page cache",
	[PAGE_CACHE_PRIVATE] = "page cache, private",
	[PAGE_USER] = "user",
	[PAGE_OFFLINE] = "offline",
	[PAGE_UNKNOWN] = "unknown",
	[PAGE_XEN] = "Xen",
	[PAGE_DOM0] = "domain 0",
	[PAGE_DOMU] = "other domains",
};

static size_t make_rows(const struct dump_report *report, struct row rows[ROWS_MAX])
{
	static const enum page_class order[] = {
		PAGE_KERNEL, PAGE_SLAB,	   PAGE_TYPED,	 PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_USER,
		PAGE_FREE,   PAGE_OFFLINE, PAGE_UNKNOWN, PAGE_XEN,   PAGE_DOM0,		 PAGE_DOMU,
	};
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		/* Most machines are no Xen host. */
		if (order[i] >= PAGE_XEN && !report->counts.class[order[i]])
			continue;
		rows[nr++] = (struct row){
			.name = page_class_name(order[i]),
			.label = class_label[order[i]],
			.pages = report->counts.class[order[i]],
			.dropped = report->counts.dropped[order[i]],
		};
	}
	rows[nr++] = (struct row){
		.name = "missing",
		.label = "missing in the image",
		.pages = report->counts.missing,
		.dropped = report->counts.missing,
	};
	return nr;
}

static uint64_t dropped_by_class(const struct dump_report *report)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		sum += report->counts.dropped[i];
	return sum;
}

static uint64_t excluded(const struct dump_report *report)
{
	return dropped_by_class(report) + report->counts.dropped_poisoned + report->dropped_zero +
	       report->counts.missing;
}

static struct human duration(double seconds)
{
	return human_duration((uint64_t)(seconds * 1e9));
}

static double total_seconds(const struct dump_report *report)
{
	double sum = 0;

	for (size_t i = 0; i < DUMP_PHASES_NR; i++)
		sum += report->phase_seconds[i];
	return sum;
}

static const char *fate(const struct row *row)
{
	if (!row->pages)
		return "";
	if (!row->dropped)
		return "  kept";
	return row->dropped == row->pages ? "  left out" : "  partly left out";
}

static void show_row(FILE *out, const struct row *row, uint64_t whole)
{
	fprintf(out, "  %-22s %14s  %7s%s\n", row->label, human_count(row->pages).text,
		human_percent(row->pages, whole).text, fate(row));
}

static void show_total(FILE *out, const char *label, uint64_t pages, uint64_t whole)
{
	fprintf(out, "  %-22s %14s  %7s\n", label, human_count(pages).text,
		human_percent(pages, whole).text);
}

static void show_pages(FILE *out, const struct dump_report *report)
{
	struct row rows[ROWS_MAX];
	size_t nr = make_rows(report, rows);
	uint64_t ram = report->counts.ram;

	fprintf(out, "  %-22s %14s  %7s  level %u\n", "class", "pages", "share",
		report->level_effective);
	for (size_t i = 0; i < nr; i++)
		show_row(out, &rows[i], ram);

	fprintf(out, "of these\n");
	show_row(out,
		 &(struct row){ .label = "zero",
				.pages = report->zero_pages,
				.dropped = report->dropped_zero },
		 ram);
	show_row(out,
		 &(struct row){ .label = "hwpoison",
				.pages = report->counts.dropped_poisoned,
				.dropped = report->counts.dropped_poisoned },
		 ram);
	show_row(out, &(struct row){ .label = "unreadable", .pages = report->unreadable }, ram);

	fprintf(out, "totals\n");
	show_total(out, "Original pages", ram, ram);
	show_total(out, "Excluded pages", excluded(report), ram);
	show_total(out, "Remaining pages", ram - excluded(report), ram);
	fprintf(out, "  %-22s %14s\n", "Memory hole", human_count(report->end_pfn - ram).text);
	fprintf(out, "  %-22s %14s\n", "Total pages", human_count(report->end_pfn).text);
}

static void show_cache(FILE *out, const struct dump_report *report)
{
	const struct mem_file_stats *stats = &report->file;
	uint64_t asked = stats->hits + stats->misses;

	fprintf(out, "cache\n");
	fprintf(out,
		"  %" PRIu64 " hits, %" PRIu64 " misses (hit rate %s), %" PRIu64 " evictions\n",
		stats->hits, stats->misses, human_percent(stats->hits, asked).text,
		stats->evictions);
	fprintf(out, "  %" PRIu64 " mmap (%s), %" PRIu64 " munmap, %" PRIu64 " read (%s)",
		stats->maps, human_size(stats->mapped_bytes).text, stats->unmaps, stats->reads,
		human_size(stats->read_bytes).text);
	if (stats->map_failures)
		fprintf(out, ", %" PRIu64 " windows could not be mapped", stats->map_failures);
	fprintf(out, "\n  %s struct pages\n", human_count(report->struct_pages_fetched).text);
}

static void show_times(FILE *out, const struct dump_report *report)
{
	fprintf(out, "time\n");
	for (size_t i = 0; i < DUMP_PHASES_NR; i++)
		fprintf(out, "  %-22s %14s\n", dump_phase_name((enum dump_phase)i),
			duration(report->phase_seconds[i]).text);
	fprintf(out, "  %-22s %14s\n", "total", duration(total_seconds(report)).text);
}

static void show_memory(FILE *out)
{
	struct memusage usage;
	struct err *e = memusage_read(&usage);

	if (e) {
		err_free(e);
		return;
	}
	fprintf(out, "peak memory\n  %s resident and %s of page tables\n",
		human_size(usage.peak_resident_bytes).text,
		human_size(usage.page_table_bytes).text);
}

void dump_show_text(FILE *out, const struct dump_options *options, const struct dump_report *report)
{
	fprintf(out, "%s: %s of memory, kernel ", options->input,
		human_size(report->counts.ram * report->page_size).text);
	utf8_put_safe(out, report->release[0] ? report->release : "not known");
	fprintf(out, "\n");
	show_pages(out, report);
	show_times(out, report);
	show_cache(out, report);
	show_memory(out);
}

static void name_output(const struct dump_options *options, struct str *name)
{
	if (options->outputs_nr)
		str_add(name, options->output[0]);
	else
		str_add(name, options->flattened ? "the stream" : "a dump");
	if (options->outputs_nr > 1)
		str_printf(name, " to %s", options->output[options->outputs_nr - 1]);
}

static bool is_dry_run(const struct dump_options *options)
{
	return !options->outputs_nr && (!options->flattened || options->stream_fd < 0);
}

void dump_show_closing(FILE *out, const struct dump_options *options,
		       const struct dump_report *report)
{
	uint64_t stayed = report->counts.ram - excluded(report);
	guard(str) struct str output = STR_INIT;

	name_output(options, &output);
	fprintf(out, "%s %s: %s for %s of memory (%s of its pages), in %s\n",
		is_dry_run(options) ? "would write" : "wrote", output.s,
		human_size(options->flattened ? report->stream_bytes : report->output_bytes).text,
		human_size(report->counts.ram * report->page_size).text,
		human_percent(stayed, report->counts.ram).text,
		duration(total_seconds(report)).text);
}

void dump_show_usage(FILE *out, const struct dump_report *report)
{
	const uint64_t *dropped = report->counts.dropped;
	const struct {
		const char *name;
		uint64_t pages;
		const char *excludable;
		const char *what;
	} lines[] = {
		{ "ZERO\t", report->dropped_zero, "yes", "Pages filled with zero" },
		{ "NON_PRI_CACHE", dropped[PAGE_CACHE], "yes", "Cache pages without private flag" },
		{ "PRI_CACHE", dropped[PAGE_CACHE_PRIVATE], "yes",
		  "Cache pages with private flag" },
		{ "USER\t", dropped[PAGE_USER], "yes", "User process pages" },
		{ "FREE\t", dropped[PAGE_FREE], "yes", "Free pages" },
		{ "KERN_DATA", report->counts.ram - excluded(report), "no",
		  "Dumpable kernel data " },
	};

	fprintf(out, "\nTYPE\t\tPAGES\t\t\tEXCLUDABLE\tDESCRIPTION\n%s\n",
		"----------------------------------------------------------------------");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		fprintf(out, "%s\t%-16" PRIu64 "\t%s\t\t%s\n", lines[i].name, lines[i].pages,
			lines[i].excludable, lines[i].what);
	fprintf(out, "\npage size:\t\t%-16" PRIu64 "\n", report->page_size);
	fprintf(out, "Total pages on system:\t%-16" PRIu64 "\n", report->counts.ram);
	fprintf(out, "Total size on system:\t%-16" PRIu64 " Byte\n",
		report->counts.ram * report->page_size);
}

void dump_show_makedumpfile(FILE *out, const struct dump_report *report)
{
	const uint64_t *dropped = report->counts.dropped;
	const struct mem_file_stats *stats = &report->file;
	uint64_t ram = report->counts.ram;
	uint64_t remaining = ram - excluded(report);
	const struct {
		const char *name;
		uint64_t pages;
	} lines[] = {
		{ "Original pages  ", ram },
		{ "  Excluded pages   ", excluded(report) },
		{ "    Pages filled with zero  ", report->dropped_zero },
		{ "    Non-private cache pages ", dropped[PAGE_CACHE] },
		{ "    Private cache pages     ", dropped[PAGE_CACHE_PRIVATE] },
		{ "    User process data pages ", dropped[PAGE_USER] },
		{ "    Free pages              ", dropped[PAGE_FREE] },
		{ "    Hwpoison pages          ", report->counts.dropped_poisoned },
		{ "    Offline pages           ", dropped[PAGE_OFFLINE] },
		{ "  Remaining pages  ", remaining },
	};

	fprintf(out, "\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		fprintf(out, "%s: 0x%016" PRIx64 "\n", lines[i].name, lines[i].pages);
	if (ram)
		fprintf(out, "  (The number of pages is reduced to %" PRIu64 "%%.)\n",
			100 * remaining / ram);
	fprintf(out, "Memory Hole     : 0x%016" PRIx64 "\n%s\n", report->end_pfn - ram,
		"--------------------------------------------------");
	fprintf(out, "Total pages     : 0x%016" PRIx64 "\n", report->end_pfn);
	fprintf(out, "Write bytes     : %" PRIu64 "\n\n", report->output_bytes);
	fprintf(out, "Cache hit: %" PRIu64 ", miss: %" PRIu64, stats->hits, stats->misses);
	if (stats->hits + stats->misses)
		fprintf(out, ", hit rate: %.1f%%",
			100.0 * (double)stats->hits / (double)(stats->hits + stats->misses));
	fprintf(out, "\n\n");
}

static void json_pages(struct json *json, const struct dump_report *report)
{
	struct row rows[ROWS_MAX];
	size_t nr = make_rows(report, rows);

	json_array(json, "classes");
	for (size_t i = 0; i < nr; i++) {
		json_object(json, NULL);
		json_string(json, "class", rows[i].name);
		json_u64(json, "pages", rows[i].pages);
		json_u64(json, "left_out", rows[i].dropped);
		json_end(json);
	}
	json_end(json);

	json_object(json, "pages");
	json_u64(json, "original", report->counts.ram);
	json_u64(json, "excluded", excluded(report));
	json_u64(json, "remaining", report->counts.ram - excluded(report));
	json_u64(json, "memory_hole", report->end_pfn - report->counts.ram);
	json_u64(json, "total", report->end_pfn);
	json_u64(json, "zero", report->zero_pages);
	json_u64(json, "zero_left_out", report->dropped_zero);
	json_u64(json, "hwpoison_left_out", report->counts.dropped_poisoned);
	json_u64(json, "unreadable", report->unreadable);
	json_u64(json, "struct_pages_unreadable", report->struct_pages_unreadable);
	json_u64(json, "struct_pages_fetched", report->struct_pages_fetched);
	json_u64(json, "written", report->pages_written);
	json_end(json);

	/* Of the unreadable ones; there may be more than are listed. */
	json_array(json, "unreadable");
	for (size_t i = 0; i < report->unreadable_at_nr; i++) {
		json_object(json, NULL);
		json_u64(json, "first_pfn", report->unreadable_at[i].first);
		json_u64(json, "pages", report->unreadable_at[i].count);
		json_end(json);
	}
	json_end(json);
}

static void json_cache(struct json *json, const struct mem_file_stats *stats)
{
	json_object(json, "cache");
	json_u64(json, "hits", stats->hits);
	json_u64(json, "misses", stats->misses);
	json_u64(json, "evictions", stats->evictions);
	json_u64(json, "maps", stats->maps);
	json_u64(json, "unmaps", stats->unmaps);
	json_u64(json, "map_failures", stats->map_failures);
	json_u64(json, "mapped_bytes", stats->mapped_bytes);
	json_u64(json, "reads", stats->reads);
	json_u64(json, "read_bytes", stats->read_bytes);
	json_end(json);
}

static void json_memory(struct json *json)
{
	struct memusage usage;
	struct err *e = memusage_read(&usage);

	json_object(json, "memory");
	if (e) {
		json_null(json, "peak_resident_bytes");
		json_null(json, "page_table_bytes");
	} else {
		json_u64(json, "peak_resident_bytes", usage.peak_resident_bytes);
		json_u64(json, "page_table_bytes", usage.page_table_bytes);
	}
	err_free(e);
	json_end(json);
}

/* The files of a set. */
static void json_outputs(struct json *json, const struct dump_options *options)
{
	if (options->outputs_nr < 2)
		return;
	json_array(json, "outputs");
	for (size_t i = 0; i < options->outputs_nr; i++)
		json_string(json, NULL, options->output[i]);
	json_end(json);
}

void dump_show_json(FILE *out, const struct dump_options *options, const struct dump_report *report)
{
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_string(&json, "input", options->input);
	json_string(&json, "output", options->outputs_nr ? options->output[0] : NULL);
	json_outputs(&json, options);
	json_bool(&json, "complete", report->complete);
	json_string(&json, "kernel", report->release[0] ? report->release : NULL);
	json_u64(&json, "level", report->level);
	json_u64(&json, "level_effective", report->level_effective);
	json_string(&json, "format", options->format->name);
	json_string(&json, "compression", options->codec ? options->codec->name : NULL);
	json_string(&json, "engine", options->codec ? options->codec->engine : NULL);
	json_u64(&json, "page_size", report->page_size);
	json_u64(&json, "input_bytes", report->input_bytes);
	json_u64(&json, "truncated_bytes", report->truncated_bytes);
	json_u64(&json, "output_bytes", report->output_bytes);
	if (options->flattened)
		json_u64(&json, "stream_bytes", report->stream_bytes);
	json_pages(&json, report);

	json_object(&json, "seconds");
	for (size_t i = 0; i < DUMP_PHASES_NR; i++)
		json_double(&json, dump_phase_name((enum dump_phase)i), report->phase_seconds[i]);
	json_double(&json, "total", total_seconds(report));
	json_end(&json);

	json_cache(&json, &report->file);
	json_memory(&json);
	json_array(&json, "warnings");
	for (size_t i = 0; i < report->notes.nr; i++)
		json_string(&json, NULL, report->notes.line[i]);
	json_end(&json);
	json_end(&json);
}
