// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source "perf": a counter of perf_event_open(2) on the tracepoint of each call, and one on that of
 * its return which only counts errors, for each CPU. A command is told from the rest by a cgroup
 * made for it; where none can be made, by counters that its children inherit, which makes each fork
 * copy them all.
 *
 * The kernel takes some 36 ms to close each such counter. The descriptors are therefore left to a
 * process that does nothing but go, after the table is out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "util/base/io.h"
#include "util/stat/sources.h"
#include "util/stat/tasks.h"
#include "util/sys/tracefs.h"

enum { ID_TEXT_MAX = 64, MOUNTS_MAX_BYTES = 16 << 20, CPU_MAX = 1024, PROCS_MAX_BYTES = 16 << 20 };

/* What is counted at one tracepoint. */
struct point {
	uint32_t nr;
	bool errors; /* at the return, those that fail */
	uint64_t id;
};

struct counter {
	uint32_t point;
	int fd;
};

struct source {
	struct stat_source base;
	const struct stat_request *request;
	struct notes *notes;
	struct point *point;
	size_t point_nr;
	struct counter *counter;
	size_t counter_nr;
	size_t opening; /* the point whose counters are being opened */
	char *cgroup_path;
	int cgroup_fd;
	int parent_fd; /* of the cgroup above */
	bool by_cgroup;
};

static struct source *of(struct stat_source *base)
{
	return (struct source *)base;
}

/* ---- A cgroup for the command ---- */

/* The first cgroup2 mount; NULL: none. */
static char *find_cgroup_mount(void)
{
	autofree char *text = NULL;
	autoerr struct err *err = NULL;
	char *line, *next;
	size_t len;

	err = io_read_file(-1, "/proc/self/mountinfo", MOUNTS_MAX_BYTES, &text, &len);
	if (err)
		return NULL;
	for (line = text; line && *line; line = next) {
		char *type = strstr(line, " - cgroup2 "), *end = strchr(line, '\n');
		char path[4096];

		next = end ? end + 1 : NULL;
		if (type && (!end || type < end) &&
		    sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1)
			return strdup(path);
	}
	return NULL;
}

static struct err *make_cgroup(struct source *source)
{
	autofree char *mount = find_cgroup_mount();
	char pid[16];

	if (!mount)
		return err_new(ERR_NODATA, "cgroup v2 is not mounted");
	if (asprintf(&source->cgroup_path, "%s/vmtool-stat.%d.%d", mount, (int)getpid(),
		     (int)source->request->workload->pid) < 0) {
		source->cgroup_path = NULL;
		return err_nomem();
	}
	if (mkdir(source->cgroup_path, 0700)) {
		struct err *err = err_sys(errno, "make %s", source->cgroup_path);

		free(take_ptr(source->cgroup_path));
		return err;
	}
	source->parent_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	source->cgroup_fd = open(source->cgroup_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source->cgroup_fd >= 0) {
		autoclose int procs =
			openat(source->cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

		snprintf(pid, sizeof(pid), "%d", (int)source->request->workload->pid);
		if (procs >= 0 && write(procs, pid, strlen(pid)) > 0)
			return NULL;
	}
	return err_sys(errno, "move the command to %s", source->cgroup_path);
}

/* Not every kernel that has cgroups counts by them. */
static struct err *try_cgroup(struct source *source)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = PERF_ATTR_SIZE_VER5,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, source->cgroup_fd, 0, -1,
			      PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return err_sys(errno, "count by %s", source->cgroup_path);
	close(fd);
	return NULL;
}

/* What the command left behind goes where it would be without us. */
static void remove_cgroup(struct source *source)
{
	if (!source->cgroup_path)
		return;
	if (rmdir(source->cgroup_path) && errno == EBUSY) {
		autofree char *text = NULL;
		autoerr struct err *err = NULL;
		autoclose int procs =
			openat(source->parent_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		size_t len;

		err = io_read_file(source->cgroup_fd, "cgroup.procs", PROCS_MAX_BYTES, &text, &len);
		for (char *line = text; !err && line && *line; line = strchr(line, '\n') + 1)
			(void)!write(procs, line, strcspn(line, "\n"));
		rmdir(source->cgroup_path);
	}
}

/* ---- Tracepoints ---- */

/* Tracepoints are called by the kernel's functions, which are not always called as in the manual. */
static const char *tracepoint_of(const char *name)
{
	static const char *const others[][2] = {
		{ "fstat", "newfstat" },  { "stat", "newstat" },   { "lstat", "newlstat" },
		{ "uname", "newuname" },  { "umount2", "umount" }, { "sendfile", "sendfile64" },
		{ "pread64", "pread64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(others[i][0], name))
			return others[i][1];
	return name;
}

static struct err *add_point(struct source *source, int dir, uint32_t nr, bool errors)
{
	struct syscall_name name = syscall_name(ABI_NATIVE, nr);
	autofree char *text = NULL;
	struct err *err;
	char path[128];
	size_t len;

	snprintf(path, sizeof(path), "events/syscalls/sys_%s_%s/id", errors ? "exit" : "enter",
		 tracepoint_of(name.text));
	err = io_read_file(dir, path, ID_TEXT_MAX, &text, &len);
	if (err && err_errno(err) == ENOENT) {
		err_free(err);
		return NULL;
	}
	if (err)
		return err_wrap(err, "tracepoint of %s", name.text);
	source->point[source->point_nr++] = (struct point){
		.nr = nr,
		.errors = errors,
		.id = strtoull(text, NULL, 10),
	};
	return NULL;
}

static struct err *find_points(struct source *source)
{
	const struct syscall_set *set = &source->request->syscalls;
	autoclose int dir = -1;
	struct err *err = tracefs_open(NULL, &dir);

	source->point = calloc((size_t)2 * SYSCALL_MAX, sizeof(*source->point));
	if (!err && !source->point)
		err = err_nomem();
	for (uint32_t nr = 0; !err && nr < SYSCALL_MAX; nr++) {
		size_t before = source->point_nr;

		if (!(set->what[ABI_NATIVE][nr] & WHAT_COUNTED))
			continue;
		err = add_point(source, dir, nr, false);
		if (!err && source->point_nr > before && !source->request->calls_only)
			err = add_point(source, dir, nr, true);
	}
	if (!err && !source->point_nr)
		err = err_new(ERR_UNSUPPORTED,
			      "the kernel has no tracepoint of any of these calls");
	return err;
}

/* ---- Counters ---- */

static struct err *open_counter(struct source *source, pid_t pid, int cpu, unsigned long flags)
{
	const struct point *point = &source->point[source->opening];
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = PERF_ATTR_SIZE_VER5,
		.config = point->id,
		.disabled = 1,
		.inherit = source->request->inherit && cpu < 0,
	};
	void *grown =
		reallocarray(source->counter, source->counter_nr + 1, sizeof(*source->counter));
	int fd;

	if (!grown)
		return err_nomem();
	source->counter = grown;
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1, flags | PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return err_sys(errno, "count %s", syscall_name(ABI_NATIVE, point->nr).text);
	source->counter[source->counter_nr++] =
		(struct counter){ .point = (uint32_t)source->opening, .fd = fd };
	if (point->errors && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, "ret < 0 && ret >= -4095"))
		return err_sys(errno, "count errors of %s",
			       syscall_name(ABI_NATIVE, point->nr).text);
	return NULL;
}

static struct err *open_on_cpus(struct source *source, pid_t pid, unsigned long flags)
{
	const struct stat_request *request = source->request;

	for (int cpu = 0; cpu < CPU_MAX && cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		struct err *err;

		if (request->with_cpus && !(request->cpu_wanted[cpu / 8] >> (cpu % 8) & 1))
			continue;
		err = open_counter(source, pid, cpu, flags);
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

static struct err *open_thread(pid_t tid, void *data)
{
	return open_counter(data, tid, -1, 0);
}

static struct err *open_point(struct source *source)
{
	const struct stat_request *request = source->request;

	switch (request->scope) {
	case SCOPE_COMMAND:
		if (source->by_cgroup)
			return open_on_cpus(source, source->cgroup_fd, PERF_FLAG_PID_CGROUP);
		return open_counter(source, request->workload->pid, -1, 0);
	case SCOPE_PROCESSES:
	case SCOPE_THREADS:
		return tasks_each(request->id, request->id_nr, request->scope == SCOPE_PROCESSES,
				  open_thread, source);
	case SCOPE_CGROUP:
		return open_on_cpus(source, request->cgroup_fd, PERF_FLAG_PID_CGROUP);
	case SCOPE_ALL:
		return open_on_cpus(source, -1, 0);
	}
	return NULL;
}

/* Whatever is still open goes with a process of its own; nobody waits for it. */
static void leave_to_helper(struct source *source)
{
	pid_t pid = source->counter_nr ? fork() : -1;

	if (!pid) {
		/* Readers of our output must not wait for this one. */
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			close(fd);
		/* A second fork, so that nobody has to reap it. */
		if (!fork()) {
			setsid();
			(void)!chdir("/");
		}
		_exit(0);
	}
	for (size_t i = 0; i < source->counter_nr; i++)
		close(source->counter[i].fd);
	source->counter_nr = 0;
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void close_perf(struct stat_source *base)
{
	struct source *source = of(base);

	leave_to_helper(source);
	remove_cgroup(source);
	if (source->cgroup_fd >= 0)
		close(source->cgroup_fd);
	if (source->parent_fd >= 0)
		close(source->parent_fd);
	free(source->cgroup_path);
	free(source->point);
	free(source->counter);
	free(source);
}

/* One for each call, return and CPU: more than a process may have open by default. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct err *open_perf(const struct stat_request *request, struct notes *notes,
			     struct stat_source **ret_source)
{
	guard(stat_source) struct stat_source *base = NULL;
	struct source *source;
	struct err *err;

	if (request->group != GROUP_NONE)
		return err_new(ERR_UNSUPPORTED, "counters cannot be split by thread, process or "
						"cgroup");
	source = calloc(1, sizeof(*source));
	if (!source)
		return err_nomem();
	base = &source->base;
	base->ops = &stat_source_perf;
	source->request = request;
	source->notes = notes;
	source->cgroup_fd = source->parent_fd = -1;
	err = find_points(source);
	if (err)
		return err;
	raise_file_limit();

	/* May we? Found out before the command is anywhere. */
	err = open_counter(source, 0, -1, 0);
	if (err)
		return err;
	leave_to_helper(source);
	*ret_source = take_ptr(base);
	return NULL;
}

static struct err *start_perf(struct stat_source *base)
{
	struct source *source = of(base);
	const struct stat_request *request = source->request;
	struct err *err = NULL;

	if (request->scope == SCOPE_COMMAND && request->inherit) {
		err = make_cgroup(source);
		if (!err)
			err = try_cgroup(source);
		source->by_cgroup = !err;
		if (err)
			notes_add(source->notes,
				  "no cgroup for the command (%s): each of its forks is slowed "
				  "down by copying %zu counters",
				  err_message(err), source->point_nr);
		err_free(err);
		err = NULL;
	}
	for (; !err && source->opening < source->point_nr; source->opening++)
		err = open_point(source);
	return err;
}

static struct err *enable_perf(struct stat_source *base, bool on)
{
	struct source *source = of(base);
	unsigned long request = on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	for (size_t i = 0; i < source->counter_nr; i++)
		if (ioctl(source->counter[i].fd, request, 0))
			return err_sys(errno, "switch a counter");
	return NULL;
}

static struct err *read_perf(struct stat_source *base, struct stat_table *table)
{
	struct source *source = of(base);

	table->sees = SEES_CALLS;
	if (!source->request->calls_only)
		table->sees |= SEES_ERRORS;
	for (size_t i = 0; i < source->counter_nr; i++) {
		const struct point *point = &source->point[source->counter[i].point];
		struct row_key key = { .abi = ABI_NATIVE, .nr = point->nr };
		struct stat_row *row;
		uint64_t count;

		if (read(source->counter[i].fd, &count, sizeof(count)) != sizeof(count))
			return err_sys(errno, "read a counter");
		if (!count)
			continue;
		row = stat_table_row(table, &key);
		if (!row)
			return err_nomem();
		if (point->errors)
			row->cell.errors += count;
		else
			row->cell.calls += count;
	}
	return NULL;
}

const struct stat_source_ops stat_source_perf = {
	.name = "perf",
	.about = "perf counters of tracepoints",
	.open = open_perf,
	.start = start_perf,
	.enable = enable_perf,
	.read = read_perf,
	.close = close_perf,
};
