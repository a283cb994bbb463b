/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to record: one attribute per event, as perf_event_open(2) takes it. util/event/words.h makes
 * them from the words of a command line.
 *
 * Tracepoints and most software events take every occurrence (period 1); the clocks sample by
 * frequency.
 */
#ifndef VMTOOL_EVENT_EVENT_H
#define VMTOOL_EVENT_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

enum event_chain {
	EVENT_CHAIN_DEFAULT, /* nobody said: the caller's default, or none */
	EVENT_CHAIN_NO,
	EVENT_CHAIN_KERNEL, /* kernel frames only */
	EVENT_CHAIN_FP,	    /* and user frames by frame pointers */
	EVENT_CHAIN_DWARF, /* and user registers and a piece of the user stack, to be unwound later */
};

enum {
	EVENT_STACK_BYTES_DEFAULT = 8192,
	EVENT_STACK_BYTES_MAX =
		65528, /* perf_event_open(2): a multiple of 8, a u16 record's size */
	EVENT_FREQ_DEFAULT = 4000,
};

struct event {
	char *name; /* "kmem:mm_page_alloc", "cpu-clock:u" */
	struct perf_event_attr attr;
	char *filter; /* the user's, or NULL; tracepoints only */

	/* Of tracepoints; else NULL. The text of the format file. */
	char *system;
	char *format;
	size_t format_len;

	/* What was said about this one; zeros: nothing. */
	enum event_chain chain;
	uint32_t stack_bytes;
	uint32_t max_stack;
	uint64_t period;
	uint64_t freq;

	size_t named; /* the last call of event_set_add() whose words meant it */
};

struct event_set {
	struct event *event;
	size_t nr;
	size_t calls_nr; /* of event_set_add() */
};

#define EVENT_SET_INIT ((struct event_set){ .nr = 0 })

void event_set_release(struct event_set *set);
DEFINE_GUARD_INPLACE(event_set, struct event_set, event_set_release)

void event_release(struct event *event);

/* Append @event; what it holds is the set's from now on, and released after an error. */
must_check struct err *event_set_take(struct event_set *set, struct event *event);

/*
 * A filter, besides what they have, for all events that the last words added to @set meant, those
 * that were there before, too; ERR_USAGE when one of them is no tracepoint.
 */
must_check struct err *event_set_filter(struct event_set *set, const char *filter);

struct event_defaults {
	enum event_chain chain; /* of events that say nothing themselves */
	uint32_t stack_bytes;	/* 0: EVENT_STACK_BYTES_DEFAULT */
	uint32_t max_stack;	/* 0: the kernel's */
	uint64_t period;	/* 0: 1, or the default frequency */
	uint64_t freq;		/* 0: EVENT_FREQ_DEFAULT; of software events */
	bool kernel_chains;	/* no user frames whatever else was said */
	bool cgroup;		/* samples carry the id of their cgroup, where the kernel can */
};

/*
 * Fill in the rest of every attribute. All get the same fields that identify a sample, so that
 * records of different events can be told apart by their first word.
 */
must_check struct err *event_set_finish(struct event_set *set,
					const struct event_defaults *defaults);

/*
 * Append the event that takes no samples but tells of tasks' names, forks and ends, of code that
 * comes and goes in the kernel (BPF programs), of new cgroups, and with @mappings of what tasks
 * map. One of its own, so that what other records lose is not mixed up with lost samples
 * (PERF_FORMAT_LOST counts both).
 */
must_check struct err *event_set_add_tracking(struct event_set *set, bool mappings, bool build_ids);
bool event_is_tracking(const struct event *event);

/* Does it tell that pages or objects are free? */
bool event_is_free(const struct event *event);

/* Is every occurrence of the event a sample of its own? Then counts prove what was lost. */
bool event_is_exact(const struct event *event);

/* Do samples of any event need user mappings to be understood? */
bool event_set_wants_user(const struct event_set *set);

/* Is there an event that can be sampled by time? Tracepoints are counted only. */
bool event_set_has_frequencies(const struct event_set *set);

/* Do samples carry ids of cgroups? */
bool event_set_wants_cgroups(const struct event_set *set);

/* About how many bytes a sample takes in the ring. */
uint32_t event_sample_bytes(const struct event *event);

#endif
