// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/stat/tasks.h"
#include "util/sys/own.h"

enum { CPU_MAX = 1024 };

void counters_release(struct counters *counters)
{
	for (size_t i = 0; i < counters->nr; i++)
		close(counters->counter[i].fd);
	free(counters->counter);
	str_release(&counters->others);
	*counters = (struct counters){ .nr = 0 };
}

/* What is being opened, on its way through those it is opened for. */
struct opening {
	struct counters *counters;
	size_t index;
	const struct counted *what;
	const struct stat_request *request;
	bool inherit; /* by children of a task */
	bool of_all;  /* but vmtool */
};

static struct err *add_fd(struct counters *counters, size_t index, int fd)
{
	if (counters->nr == counters->capacity) {
		size_t capacity = MAX(2 * counters->capacity, (size_t)16);
		void *grown = reallocarray(counters->counter, capacity, sizeof(*counters->counter));

		if (!grown) {
			close(fd);
			return err_nomem();
		}
		counters->counter = grown;
		counters->capacity = capacity;
	}
	counters->counter[counters->nr++] = (struct counter){ .index = index, .fd = fd };
	return NULL;
}

/* Nobody asks what vmtool does; switching hundreds of counters would be most of what is counted. */
static struct err *leave_out_own(struct counters *counters)
{
	struct own_threads own;
	struct err *err;

	if (counters->others.len || !own_threads_have_traced_numbers())
		return NULL;
	err = own_threads_find(&own);
	if (err)
		return err;
	own_threads_filter(&own, &counters->others);
	return str_check(&counters->others);
}

/* Which of the hits of a tracepoint count, for the kernel; "": all. */
static struct err *filter_of(const struct opening *opening, struct str *ret_filter)
{
	const struct counted *what = opening->what;
	struct str *others = &opening->counters->others;
	struct err *err = NULL;

	if (what->type != PERF_TYPE_TRACEPOINT)
		return NULL;
	if (what->filter)
		str_printf(ret_filter, "(%s)", what->filter);
	if (opening->of_all)
		err = leave_out_own(opening->counters);
	if (!err && others->len)
		str_printf(ret_filter, "%s%s", ret_filter->len ? " && " : "", others->s);
	return err ? err : str_check(ret_filter);
}

/* What admin-guide/sysctl/kernel.rst says of tracepoints, of CPUs and of the kernel's side. */
static int paranoid_allowing(const struct counted *what, int cpu)
{
	if (what->type == PERF_TYPE_TRACEPOINT)
		return -1;
	return cpu >= 0 ? 0 : 1;
}

static struct err *open_one(const struct opening *opening, pid_t pid, int cpu, unsigned long flags)
{
	const struct counted *what = opening->what;
	struct perf_event_attr attr = {
		.type = what->type,
		.size = PERF_ATTR_SIZE_VER5,
		.config = what->config,
		.disabled = 1,
		.inherit = opening->inherit,
	};
	guard(str) struct str filter = STR_INIT;
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1,
			      flags | PERF_FLAG_FD_CLOEXEC);
	struct err *err;

	/* Seen where nothing has enabled a controller since boot, as init systems do. */
	if (fd < 0 && errno == ENOENT && flags & PERF_FLAG_PID_CGROUP)
		return err_new(ERR_UNSUPPORTED,
			       "the kernel does not count '%s' by cgroup; it may "
			       "once cgroup.subtree_control of the root was "
			       "written to",
			       what->name);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return err_sys(errno,
			       "count '%s' (needs root, CAP_PERFMON or kernel.perf_event_paranoid "
			       "at %d or below)",
			       what->name, paranoid_allowing(what, cpu));
	if (fd < 0)
		return err_sys(errno, "count '%s'", what->name);
	err = add_fd(opening->counters, opening->index, fd);
	if (!err)
		err = filter_of(opening, &filter);
	if (!err && filter.len && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter.s))
		return err_sys(errno, "count '%s' where %s", what->name, filter.s);
	return err;
}

static struct err *open_on_cpus(const struct opening *opening, pid_t pid, unsigned long flags)
{
	const struct stat_request *request = opening->request;

	for (int cpu = 0; cpu < CPU_MAX && cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		struct err *err;

		if (request->with_cpus && !(request->cpu_wanted[cpu / 8] >> (cpu % 8) & 1))
			continue;
		err = open_one(opening, pid, cpu, flags);
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

/* One counter goes with a task from CPU to CPU, unless only some of them are wanted. */
static struct err *open_task(pid_t tid, void *data)
{
	const struct opening *opening = data;

	if (opening->request->with_cpus)
		return open_on_cpus(opening, tid, 0);
	return open_one(opening, tid, -1, 0);
}

struct err *counters_add(struct counters *counters, size_t index, const struct counted *what,
			 const struct stat_request *request, int command_cgroup_fd)
{
	struct opening opening = {
		.counters = counters,
		.index = index,
		.what = what,
		.request = request,
	};

	switch (request->scope) {
	case SCOPE_COMMAND:
		if (command_cgroup_fd >= 0)
			return open_on_cpus(&opening, command_cgroup_fd, PERF_FLAG_PID_CGROUP);
		opening.inherit = request->inherit;
		return open_task(request->workload->pid, &opening);
	case SCOPE_PROCESSES:
	case SCOPE_THREADS:
		opening.inherit = request->inherit;
		return tasks_each(request->id, request->id_nr, request->scope == SCOPE_PROCESSES,
				  open_task, &opening);
	case SCOPE_CGROUP:
		return open_on_cpus(&opening, request->cgroup_fd, PERF_FLAG_PID_CGROUP);
	case SCOPE_ALL:
		opening.of_all = true;
		return open_on_cpus(&opening, -1, 0);
	}
	return NULL;
}

struct err *counters_try(struct counters *counters, const struct counted *what)
{
	struct opening opening = { .counters = counters, .what = what };

	return open_one(&opening, 0, -1, 0);
}

struct err *counters_enable(const struct counters *counters, bool on)
{
	unsigned long request = on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	for (size_t i = 0; i < counters->nr; i++)
		if (ioctl(counters->counter[i].fd, request, 0))
			return err_sys(errno, "switch a counter");
	return NULL;
}

struct err *counters_read(const struct counters *counters, uint64_t *sum)
{
	for (size_t i = 0; i < counters->nr; i++) {
		uint64_t value;

		if (read(counters->counter[i].fd, &value, sizeof(value)) != sizeof(value))
			return err_sys(errno, "read a counter");
		sum[counters->counter[i].index] += value;
	}
	return NULL;
}
