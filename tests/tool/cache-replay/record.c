// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recording needs no hook in the cache: the linker puts our functions in the place of cache_get()
 * and pagescan_walk() (--wrap in the Makefile), and they call the real ones. One recording at a
 * time, which is what the variable at file scope is for: a wrapped function has no room for it.
 */
#include "tests/tool/cache-replay/trace.h"
#include "util/base/macros.h"
#include "util/dump/dump.h"
#include "util/kernel/pagescan.h"
#include "util/mem/cache.h"

static struct {
	struct trace *trace;
	bool in_pagescan;
	bool failed;
} recording;

struct err *__real_cache_get(struct cache *cache, const struct cache_want *want, size_t want_nr,
			     bool walk, struct cache_entry **ret_entry);
struct err *__wrap_cache_get(struct cache *cache, const struct cache_want *want, size_t want_nr,
			     bool walk, struct cache_entry **ret_entry);
struct err *__real_pagescan_walk(struct pagescan *scan, uint64_t first, uint64_t end,
				 pagescan_fn *fn, void *ctx);
struct err *__wrap_pagescan_walk(struct pagescan *scan, uint64_t first, uint64_t end,
				 pagescan_fn *fn, void *ctx);

struct err *__wrap_cache_get(struct cache *cache, const struct cache_want *want, size_t want_nr,
			     bool walk, struct cache_entry **ret_entry)
{
	struct access access = {
		.bytes = want[0].size,
		.keys_nr = (uint8_t)MIN(want_nr, (size_t)ACCESS_KEYS_MAX),
		.walk = walk,
	};

	if (recording.trace) {
		for (size_t i = 0; i < access.keys_nr; i++)
			access.key[i] = want[i].key;
		if (!walk)
			access.class = ACCESS_LOOKUP;
		else if (recording.in_pagescan)
			access.class = ACCESS_STRUCT_PAGE;
		else
			access.class = ACCESS_DATA;

		autoerr struct err *e = trace_add(recording.trace, &access);

		recording.failed |= e != NULL;
	}
	return __real_cache_get(cache, want, want_nr, walk, ret_entry);
}

struct err *__wrap_pagescan_walk(struct pagescan *scan, uint64_t first, uint64_t end,
				 pagescan_fn *fn, void *ctx)
{
	struct err *e;

	recording.in_pagescan = true;
	e = __real_pagescan_walk(scan, first, end, fn, ctx);
	recording.in_pagescan = false;
	return e;
}

static bool go_on(void *ctx, enum dump_phase phase, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)phase;
	(void)done;
	(void)total;
	return true;
}

struct err *trace_record(const char *vmcore, unsigned int level, enum mem_map map,
			 struct trace *trace)
{
	const struct dump_options options = {
		.input = vmcore,
		.format = writer_find("kdump-compressed"),
		.level = { level },
		.levels_nr = 1,
		.strict = true,
		.threads_nr = 1, /* the trace is one sequence */
		.file.map = map,
	};
	const struct dump_observer observer = { .tick = go_on };
	guard(dump_report) struct dump_report report = DUMP_REPORT_INIT;
	struct err *e;

	recording.trace = trace;
	recording.failed = false;
	e = dump_run(&options, &observer, &report);
	recording.trace = NULL;
	if (e)
		return e;
	return recording.failed ? err_nomem() : NULL;
}
