// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/partial.h"

#include <inttypes.h>
#include <string.h>

#include "util/base/str.h"

void partial_note_period(const struct session *session, const struct perfdata_event *event)
{
	guard(str) struct str share = STR_INIT;

	if (event->attr.freq)
		str_printf(&share, "some (%" PRIu64 " a second)",
			   (uint64_t)event->attr.sample_freq);
	else if (event->attr.sample_period > 1)
		str_printf(&share, "one in %" PRIu64, (uint64_t)event->attr.sample_period);
	else
		return;
	notes_add(session_notes(session),
		  "of its allocations and frees only %s was recorded: figures are of those, and "
		  "what stayed is not known",
		  share.s);
}

static bool has_event(const struct perfdata *perfdata, const char *name)
{
	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++) {
		const struct format *format = perfdata_event(perfdata, i)->format;

		if (format && !strcmp(format_system(format), "kmem") &&
		    !strcmp(format_name(format), name))
			return true;
	}
	return false;
}

/* Nobody is told to look at frees that were not recorded at all. */
static void note_missing_events(const struct session *session, bool slab)
{
	static const struct {
		const char *alloc, *free;
		bool slab;
	} pairs[] = {
		{ "mm_page_alloc", "mm_page_free", false },
		{ "kmalloc", "kfree", true },
		{ "kmalloc_node", "kfree", true },
		{ "kmem_cache_alloc", "kmem_cache_free", true },
		{ "kmem_cache_alloc_node", "kmem_cache_free", true },
	};
	const struct perfdata *perfdata = session_perfdata(session);

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (pairs[i].slab == slab && has_event(perfdata, pairs[i].alloc) &&
		    !has_event(perfdata, pairs[i].free))
			notes_add(
				session_notes(session),
				"kmem:%s was not recorded: all that kmem:%s allocated is shown as "
				"live",
				pairs[i].free, pairs[i].alloc);
}

struct err *partial_note_frees(const struct session *session, bool slab)
{
	autofree char *only = NULL;
	struct err *e;

	note_missing_events(session, slab);
	e = perfdata_line(session_perfdata(session), PERFDATA_SECTION_HOST, "only", &only);
	if (e || (!only && !perfdata_is_of_tasks(session_perfdata(session))))
		return e;
	if (only && !strcmp(only, "cpus")) {
		notes_add(session_notes(session), "recorded was what some CPUs did: what others "
						  "freed of theirs is shown as live");
	} else {
		/*
		 * Since 4f6fc7821283 (6.16, stable kernels of June 2025) a task's events end before
		 * its memory is freed.
		 */
		notes_add(
			session_notes(session),
			"recorded was what some tasks did: what others freed of theirs is shown as "
			"live, and what was freed at their end may be");
	}
	return NULL;
}
