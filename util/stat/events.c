// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "util/stat/counters.h"
#include "util/sys/tracefs.h"

static const struct {
	const char *name;
	uint64_t config;
} software[] = {
	{ "cpu-clock", PERF_COUNT_SW_CPU_CLOCK },
	{ "task-clock", PERF_COUNT_SW_TASK_CLOCK },
	{ "faults", PERF_COUNT_SW_PAGE_FAULTS },
	{ "page-faults", PERF_COUNT_SW_PAGE_FAULTS },
	{ "cs", PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "migrations", PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "cpu-migrations", PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "minor-faults", PERF_COUNT_SW_PAGE_FAULTS_MIN },
	{ "major-faults", PERF_COUNT_SW_PAGE_FAULTS_MAJ },
	{ "alignment-faults", PERF_COUNT_SW_ALIGNMENT_FAULTS },
	{ "emulation-faults", PERF_COUNT_SW_EMULATION_FAULTS },
};

void stat_events_release(struct stat_events *events)
{
	free(events->event);
	*events = (struct stat_events){ .nr = 0 };
}

static struct err *parse_tracepoint(const char *word, struct event_spec *spec)
{
	const char *colon = strchr(word, ':');
	autofree char *system = strndup(word, (size_t)(colon - word));
	autoclose int dir = -1;
	struct err *err;

	if (!system)
		return err_nomem();
	err = tracefs_open(NULL, &dir);
	if (err)
		return err;
	err = tracefs_event_id(dir, system, colon + 1, &spec->config);
	if (err && err_errno(err) == ENOENT) {
		err_free(err);
		return err_new(ERR_USAGE, "this kernel has no tracepoint '%s'", word);
	}
	if (err)
		return err;
	spec->type = PERF_TYPE_TRACEPOINT;
	return NULL;
}

struct err *event_parse(const char *word, struct event_spec *ret_spec)
{
	struct event_spec spec = { .type = PERF_TYPE_SOFTWARE };

	if (strlen(word) >= sizeof(spec.name))
		return err_new(ERR_USAGE, "'%.40s...' is too long for an event", word);
	snprintf(spec.name, sizeof(spec.name), "%s", word);
	for (size_t i = 0; i < ARRAY_SIZE(software); i++) {
		if (!strcmp(software[i].name, word)) {
			spec.config = software[i].config;
			*ret_spec = spec;
			return NULL;
		}
	}
	if (strchr(word, ':') && !strchr(word, '/')) {
		struct err *err = parse_tracepoint(word, &spec);

		if (!err)
			*ret_spec = spec;
		return err;
	}
	return err_new(ERR_NODATA, "no event is called '%s'", word);
}

struct event_counters {
	const struct event_spec *spec;
	size_t spec_nr;
	struct counters counters;
};

void event_counters_close(struct event_counters *counters)
{
	if (!counters)
		return;
	counters_release(&counters->counters);
	free(counters);
}

struct err *event_counters_open(const struct stat_request *request, const struct event_spec *spec,
				size_t nr, struct event_counters **ret_counters)
{
	guard(event_counters) struct event_counters *counters = calloc(1, sizeof(*counters));

	if (!counters)
		return err_nomem();
	counters->spec = spec;
	counters->spec_nr = nr;
	for (size_t i = 0; i < nr; i++) {
		struct counted what = {
			.type = spec[i].type,
			.config = spec[i].config,
			.name = spec[i].name,
		};
		struct err *err = counters_add(&counters->counters, i, &what, request, -1);

		if (err)
			return err;
	}
	*ret_counters = take_ptr(counters);
	return NULL;
}

struct err *event_counters_enable(struct event_counters *counters, bool on)
{
	return counters_enable(&counters->counters, on);
}

struct err *event_counters_read(const struct event_counters *counters,
				struct stat_events *ret_events)
{
	guard(stat_events) struct stat_events events = { .nr = counters->spec_nr };
	autofree uint64_t *sum = calloc(events.nr + 1, sizeof(*sum));
	struct err *err;

	events.event = calloc(events.nr + 1, sizeof(*events.event));
	if (!events.event || !sum)
		return err_nomem();
	err = counters_read(&counters->counters, sum);
	if (err)
		return err;
	for (size_t i = 0; i < events.nr; i++)
		events.event[i] =
			(struct stat_event){ .name = counters->spec[i].name, .count = sum[i] };
	*ret_events = events;
	events = (struct stat_events){ .nr = 0 };
	return NULL;
}
