// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"

enum { EVENTS_MAX = 4096 };

/* Registers an unwinder needs. x86: all without the segments (asm/perf_regs.h). */
#if defined(__x86_64__)
#define USER_REGS UINT64_C(0xff0fff)
#elif defined(__aarch64__)
#define USER_REGS ((UINT64_C(1) << 33) - 1)
#else
#define USER_REGS UINT64_C(0)
#endif

void event_release(struct event *event)
{
	free(event->name);
	free(event->filter);
	free(event->system);
	free(event->format);
}

void event_set_release(struct event_set *set)
{
	for (size_t i = 0; i < set->nr; i++)
		event_release(&set->event[i]);
	free(set->event);
	*set = EVENT_SET_INIT;
}

struct err *event_set_take(struct event_set *set, struct event *event)
{
	struct event *grown = NULL;

	if (set->nr < EVENTS_MAX && event->name)
		grown = realloc(set->event, (set->nr + 1) * sizeof(*grown));
	if (!grown) {
		event_release(event);
		return set->nr < EVENTS_MAX ? err_nomem()
					    : err_new(ERR_USAGE, "more than %d events", EVENTS_MAX);
	}
	event->named = set->calls_nr;
	set->event = grown;
	set->event[set->nr++] = *event;
	return NULL;
}

struct err *event_set_filter(struct event_set *set, const char *filter)
{
	for (size_t i = 0; i < set->nr; i++) {
		struct event *event = &set->event[i];

		char *both;

		if (event->named != set->calls_nr)
			continue;
		if (event->attr.type != PERF_TYPE_TRACEPOINT)
			return err_new(ERR_USAGE, "%s is no tracepoint and has no filter",
				       event->name);
		both = event->filter ? NULL : strdup(filter);
		if (event->filter && asprintf(&both, "(%s) && (%s)", event->filter, filter) < 0)
			both = NULL;
		if (!both)
			return err_nomem();
		free(event->filter);
		event->filter = both;
	}
	return NULL;
}

static void finish_period(struct event *event, const struct event_defaults *defaults)
{
	struct perf_event_attr *attr = &event->attr;
	bool tracepoint = attr->type == PERF_TYPE_TRACEPOINT;
	uint64_t freq = event->freq;
	uint64_t period = event->period;

	if (!freq && !period) {
		period = defaults->period;
		freq = period || tracepoint ? 0 : defaults->freq;
	}
	if (!freq && !period && attr->freq)
		freq = EVENT_FREQ_DEFAULT;
	attr->freq = !!freq;
	if (freq) {
		attr->sample_freq = freq;
		attr->sample_type |= PERF_SAMPLE_PERIOD;
	} else {
		attr->sample_period = period ? period : 1;
	}
}

static void finish_chain(struct event *event, const struct event_defaults *defaults)
{
	enum event_chain chain = event->chain ? event->chain : defaults->chain;
	struct perf_event_attr *attr = &event->attr;

	if (chain == EVENT_CHAIN_DEFAULT || chain == EVENT_CHAIN_NO)
		return;
	if (defaults->kernel_chains)
		chain = EVENT_CHAIN_KERNEL;
	attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	attr->exclude_callchain_user = chain != EVENT_CHAIN_FP;
	attr->sample_max_stack =
		(uint16_t)(event->max_stack ? event->max_stack : defaults->max_stack);
	if (chain == EVENT_CHAIN_DWARF) {
		uint32_t bytes = event->stack_bytes ? event->stack_bytes : defaults->stack_bytes;

		attr->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		attr->sample_regs_user = USER_REGS;
		attr->sample_stack_user = bytes ? bytes : EVENT_STACK_BYTES_DEFAULT;
	}
}

struct err *event_set_finish(struct event_set *set, const struct event_defaults *defaults)
{
	for (size_t i = 0; i < set->nr; i++) {
		struct event *event = &set->event[i];
		struct perf_event_attr *attr = &event->attr;

		attr->size = sizeof(*attr);
		attr->disabled = 1;
		attr->sample_id_all = 1;
		attr->sample_type |= PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				     PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
		attr->read_format = PERF_FORMAT_ID;
		if (attr->type == PERF_TYPE_TRACEPOINT)
			attr->sample_type |= PERF_SAMPLE_RAW;
		if (defaults->cgroup)
			attr->sample_type |= PERF_SAMPLE_CGROUP;
		finish_period(event, defaults);
		finish_chain(event, defaults);
		if (attr->sample_type & PERF_SAMPLE_REGS_USER && !attr->sample_regs_user)
			return err_new(ERR_UNSUPPORTED,
				       "user stacks by DWARF are not known for this architecture");
	}
	return NULL;
}

struct err *event_set_add_tracking(struct event_set *set, bool mappings, bool build_ids)
{
	struct event event = {
		.name = strdup("tracking"),
		.attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(event.attr),
			.config = PERF_COUNT_SW_DUMMY,
			.sample_period = 1,
			.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				       PERF_SAMPLE_TIME | PERF_SAMPLE_CPU,
			.read_format = PERF_FORMAT_ID,
			.exclude_kernel = 1,
			.sample_id_all = 1,
			.comm = 1,
			.comm_exec = 1,
			.task = 1,
			.mmap = mappings,
			.mmap2 = mappings,
			.build_id = mappings && build_ids,
			.cgroup = event_set_wants_cgroups(set),
			.ksymbol = 1,
		},
	};

	return event_set_take(set, &event);
}

bool event_is_tracking(const struct event *event)
{
	return event->attr.type == PERF_TYPE_SOFTWARE && event->attr.config == PERF_COUNT_SW_DUMMY;
}

bool event_is_free(const struct event *event)
{
	static const char *const frees[] = { "kmem:mm_page_free", "kmem:kfree",
					     "kmem:kmem_cache_free" };

	for (size_t i = 0; i < ARRAY_SIZE(frees); i++)
		if (!strcmp(event->name, frees[i]))
			return true;
	return false;
}

bool event_is_exact(const struct event *event)
{
	const struct perf_event_attr *attr = &event->attr;

	if (attr->freq || attr->sample_period != 1 || event_is_tracking(event))
		return false;
	return attr->type == PERF_TYPE_TRACEPOINT || (attr->config != PERF_COUNT_SW_CPU_CLOCK &&
						      attr->config != PERF_COUNT_SW_TASK_CLOCK);
}

bool event_set_wants_user(const struct event_set *set)
{
	for (size_t i = 0; i < set->nr; i++) {
		const struct perf_event_attr *attr = &set->event[i].attr;

		if (event_is_tracking(&set->event[i]))
			continue;
		/*
		 * Where a software event happened is in its address; a tracepoint is in the kernel.
		 */
		if (attr->type != PERF_TYPE_TRACEPOINT ||
		    attr->sample_type & PERF_SAMPLE_STACK_USER ||
		    (attr->sample_type & PERF_SAMPLE_CALLCHAIN && !attr->exclude_callchain_user))
			return true;
	}
	return false;
}

bool event_set_has_frequencies(const struct event_set *set)
{
	for (size_t i = 0; i < set->nr; i++)
		if (set->event[i].attr.type != PERF_TYPE_TRACEPOINT)
			return true;
	return false;
}

bool event_set_wants_cgroups(const struct event_set *set)
{
	for (size_t i = 0; i < set->nr; i++)
		if (set->event[i].attr.sample_type & PERF_SAMPLE_CGROUP)
			return true;
	return false;
}

uint32_t event_sample_bytes(const struct event *event)
{
	const struct perf_event_attr *attr = &event->attr;
	uint32_t bytes = 64;

	if (attr->type == PERF_TYPE_TRACEPOINT)
		bytes += 64;
	if (attr->sample_type & PERF_SAMPLE_CALLCHAIN)
		bytes += 200;
	return bytes + attr->sample_stack_user;
}
