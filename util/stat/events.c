// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "util/base/io.h"
#include "util/stat/tasks.h"
#include "util/sys/tracefs.h"

enum { ID_TEXT_MAX = 64, CPU_MAX = 1024 };

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
	char path[sizeof(spec->name) + 16];
	autofree char *text = NULL;
	autoclose int dir = -1;
	struct err *err;
	size_t len;

	err = tracefs_open(NULL, &dir);
	if (err)
		return err;
	snprintf(path, sizeof(path), "events/%s/id", word);
	*strchr(path + strlen("events/"), ':') = '/';
	err = io_read_file(dir, path, ID_TEXT_MAX, &text, &len);
	if (err && err_errno(err) == ENOENT) {
		err_free(err);
		return err_new(ERR_USAGE, "this kernel has no tracepoint '%s'", word);
	}
	if (err)
		return err_wrap(err, "tracepoint '%s'", word);
	spec->type = PERF_TYPE_TRACEPOINT;
	spec->config = strtoull(text, NULL, 10);
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
	const struct stat_request *request;
	size_t opening; /* the spec whose counters are being opened */
	struct {
		size_t spec;
		int fd;
	} * counter;
	size_t nr;
};

void event_counters_close(struct event_counters *counters)
{
	if (!counters)
		return;
	for (size_t i = 0; i < counters->nr; i++)
		close(counters->counter[i].fd);
	free(counters->counter);
	free(counters);
}

static struct err *open_one(struct event_counters *counters, pid_t pid, int cpu,
			    unsigned long flags)
{
	const struct event_spec *spec = &counters->spec[counters->opening];
	struct perf_event_attr attr = {
		.type = spec->type,
		.size = PERF_ATTR_SIZE_VER5,
		.config = spec->config,
		.disabled = 1,
		.inherit = counters->request->inherit && cpu < 0,
	};
	void *grown = reallocarray(counters->counter, counters->nr + 1, sizeof(*counters->counter));
	int fd;

	if (!grown)
		return err_nomem();
	counters->counter = grown;
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1, flags | PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return err_sys(errno, "count '%s'", spec->name);
	counters->counter[counters->nr].spec = counters->opening;
	counters->counter[counters->nr++].fd = fd;
	return NULL;
}

static struct err *open_thread(pid_t tid, void *data)
{
	return open_one(data, tid, -1, 0);
}

static struct err *open_on_cpus(struct event_counters *counters, pid_t pid, unsigned long flags)
{
	const struct stat_request *request = counters->request;

	for (int cpu = 0; cpu < CPU_MAX && cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		struct err *err;

		if (request->with_cpus && !(request->cpu_wanted[cpu / 8] >> (cpu % 8) & 1))
			continue;
		err = open_one(counters, pid, cpu, flags);
		/* A CPU that is offline. */
		if (err && err_errno(err) == ENODEV) {
			err_free(err);
			err = NULL;
		}
		if (err)
			return err;
	}
	return NULL;
}

static struct err *open_event(struct event_counters *counters)
{
	const struct stat_request *request = counters->request;

	switch (request->scope) {
	case SCOPE_COMMAND:
		return open_one(counters, request->workload->pid, -1, 0);
	case SCOPE_PROCESSES:
	case SCOPE_THREADS:
		return tasks_each(request->id, request->id_nr, request->scope == SCOPE_PROCESSES,
				  open_thread, counters);
	case SCOPE_CGROUP:
		return open_on_cpus(counters, request->cgroup_fd, PERF_FLAG_PID_CGROUP);
	case SCOPE_ALL:
		return open_on_cpus(counters, -1, 0);
	}
	return NULL;
}

struct err *event_counters_open(const struct stat_request *request, const struct event_spec *spec,
				size_t nr, struct event_counters **ret_counters)
{
	guard(event_counters) struct event_counters *counters = calloc(1, sizeof(*counters));

	if (!counters)
		return err_nomem();
	counters->spec = spec;
	counters->spec_nr = nr;
	counters->request = request;
	for (; counters->opening < nr; counters->opening++) {
		struct err *err = open_event(counters);

		if (err)
			return err;
	}
	*ret_counters = take_ptr(counters);
	return NULL;
}

struct err *event_counters_enable(struct event_counters *counters, bool on)
{
	unsigned long request = on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	for (size_t i = 0; i < counters->nr; i++)
		if (ioctl(counters->counter[i].fd, request, 0))
			return err_sys(errno, "switch the counter of '%s'",
				       counters->spec[counters->counter[i].spec].name);
	return NULL;
}

struct err *event_counters_read(const struct event_counters *counters,
				struct stat_events *ret_events)
{
	struct stat_events events = { .nr = counters->spec_nr };

	if (!events.nr) {
		*ret_events = events;
		return NULL;
	}
	events.event = calloc(events.nr, sizeof(*events.event));
	if (!events.event)
		return err_nomem();
	for (size_t i = 0; i < events.nr; i++)
		events.event[i].name = counters->spec[i].name;
	for (size_t i = 0; i < counters->nr; i++) {
		uint64_t value;

		if (read(counters->counter[i].fd, &value, sizeof(value)) != sizeof(value)) {
			stat_events_release(&events);
			return err_sys(errno, "read a counter");
		}
		events.event[counters->counter[i].spec].count += value;
	}
	*ret_events = events;
	return NULL;
}
