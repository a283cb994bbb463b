// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "builtin/record.h"
#include "util/event/words.h"

static const char page_events[] = "kmem:mm_page_alloc,kmem:mm_page_free";

/* Older kernels have the ones with _node, newer ones have not. */
static const char slab_events[] = "kmem:kmalloc,kmem:kmalloc_node,kmem:kfree,kmem:kmem_cache_alloc,"
				  "kmem:kmem_cache_alloc_node,kmem:kmem_cache_free";

/* Of the events of --page; @named: with -e too, perhaps with a filter. */
static void choose_page_chain(const struct record_args *args, struct event *event, bool named)
{
	/* Who frees a page says little, and costs as much as who allocated it. */
	if (!strcmp(event->name, "kmem:mm_page_free")) {
		event->chain = named ? event->chain : EVENT_CHAIN_NO;
		return;
	}
	if (strcmp(event->name, "kmem:mm_page_alloc") != 0 || event->chain)
		return;
	event->chain = args->call_graph.chain ? args->call_graph.chain
		       : args->graph	      ? EVENT_CHAIN_FP
					      : EVENT_CHAIN_KERNEL;
}

static struct err *add_events(const struct record_args *args, int tracefs_fd, struct event_set *set)
{
	const struct words *words = &args->words;
	size_t first = 0;
	struct err *err = NULL;

	for (size_t i = 0; i < words->nr && !err; i++) {
		if (words->item[i].is_filter) {
			err = event_set_filter(set, words->item[i].text);
			continue;
		}
		err = event_set_add(set, words->item[i].text, tracefs_fd, false);
	}
	if (err)
		return err;
	if (args->page || (!args->slab && !words->nr)) {
		first = set->nr;
		err = event_set_add(set, page_events, tracefs_fd, true);
		for (size_t i = 0; i < set->nr && !err; i++)
			choose_page_chain(args, &set->event[i], i < first);
	}
	if (args->slab && !err) {
		first = set->nr;
		err = event_set_add(set, slab_events, tracefs_fd, true);
		/* Their call site is a field. */
		for (size_t i = first; i < set->nr && !err; i++)
			if (!args->graph && !args->call_graph.chain)
				set->event[i].chain = EVENT_CHAIN_NO;
	}
	return err;
}

static struct err *finish_events(const struct record_args *args, struct event_set *set)
{
	struct event_defaults defaults = {
		.chain = args->call_graph.chain ? args->call_graph.chain
			 : args->graph		? EVENT_CHAIN_FP
						: EVENT_CHAIN_NO,
		.stack_bytes = args->call_graph.stack_bytes,
		.max_stack = (uint32_t)args->max_stack,
		.period = (uint64_t)args->period,
		.freq = (uint64_t)args->freq,
		.kernel_chains = args->kernel_chains,
		.cgroup = true,
	};

	if (args->freq && args->period)
		return err_new(ERR_USAGE, "-F and -c exclude each other");
	if (args->freq && !event_set_has_frequencies(set))
		return err_new(ERR_USAGE, "-F is of clocks and software events; "
					  "<tracepoint>/freq=<hz>/ says it of a tracepoint");
	return event_set_finish(set, &defaults);
}

struct err *record_choose_events(const struct record_args *args, int tracefs_fd,
				 struct event_set *set)
{
	struct err *err = add_events(args, tracefs_fd, set);

	return err ? err : finish_events(args, set);
}
