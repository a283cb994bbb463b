/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software events and tracepoints counted beside the system calls, by perf_event_open(2): "faults",
 * "kmem:mm_page_alloc".
 */
#ifndef VMTOOL_STAT_EVENTS_H
#define VMTOOL_STAT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/stat/source.h"

struct event_spec {
	char name[96]; /* as it was asked for */
	uint32_t type; /* PERF_TYPE_* */
	uint64_t config;
};

struct stat_event {
	const char *name; /* the spec's */
	uint64_t count;
};

struct stat_events {
	struct stat_event *event;
	size_t nr;
};

void stat_events_release(struct stat_events *events);
DEFINE_GUARD_INPLACE(stat_events, struct stat_events, stat_events_release)

/*
 * @word: a software event's name or "system:name". ERR_NODATA: no event is called that way, so it
 * may be a system call.
 */
must_check struct err *event_parse(const char *word, struct event_spec *ret_spec);

/* Counters of all events for all of @request; opened before the command runs. */
struct event_counters;
must_check struct err *event_counters_open(const struct stat_request *request,
					   const struct event_spec *spec, size_t nr,
					   struct event_counters **ret_counters);
must_check struct err *event_counters_enable(struct event_counters *counters, bool on);
must_check struct err *event_counters_read(const struct event_counters *counters,
					   struct stat_events *ret_events);
void event_counters_close(struct event_counters *counters);
DEFINE_GUARD(event_counters, struct event_counters *, event_counters_close)

#endif
