// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source "perf": a counter of perf_event_open(2) on the tracepoint of each call, and one on that of
 * its return which only counts errors, for each CPU. A command is told from the rest by a cgroup
 * made for it; where none can be made, by counters that its children inherit, which makes each fork
 * copy them all.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "util/stat/close-later.h"
#include "util/stat/command-cgroup.h"
#include "util/stat/counters.h"
#include "util/stat/sources.h"
#include "util/sys/own.h"
#include "util/sys/tracefs.h"

/* What is counted at one tracepoint. */
struct point {
	uint32_t nr;
	bool errors; /* at the return, those that fail */
	uint64_t id;
};

struct source {
	struct stat_source base;
	const struct stat_request *request;
	struct notes *notes;
	struct point *point;
	size_t point_nr;
	struct counters counters; /* by the index of their point */
	struct command_cgroup cgroup;
	struct rlimit files; /* as it was */
	bool files_raised;
};

static struct source *of(struct stat_source *base)
{
	return (struct source *)base;
}

/* ---- Tracepoints ---- */

/*
 * Tracepoints are called by the kernel's functions, which are not always called as in the manual.
 */
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
	struct point *point = &source->point[source->point_nr];
	autofree char *name = NULL;
	struct err *err;

	*point = (struct point){ .nr = nr, .errors = errors };
	if (asprintf(&name, "sys_%s_%s", errors ? "exit" : "enter",
		     tracepoint_of(syscall_name(ABI_NATIVE, nr).text)) < 0) {
		name = NULL;
		return err_nomem();
	}
	err = tracefs_event_id(dir, "syscalls", name, &point->id);
	if (!err)
		source->point_nr++;
	/* Not every call has one. */
	if (err && err_errno(err) == ENOENT) {
		err_free(err);
		return NULL;
	}
	return err;
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
	if (!err && !source->point_nr && !syscall_set_is_empty(set))
		err = err_new(ERR_UNSUPPORTED,
			      "the kernel has no tracepoint of any of these calls");
	return err;
}

/* ---- Counters ---- */

/* What is counted there; its name is @name's. */
static struct counted counted_at(const struct point *point, struct syscall_name *name)
{
	*name = syscall_name(ABI_NATIVE, point->nr);
	return (struct counted){
		.type = PERF_TYPE_TRACEPOINT,
		.config = point->id,
		.filter = point->errors ? "ret < 0 && ret >= -4095" : NULL,
		.name = name->text,
	};
}

static void close_counters(struct source *source)
{
	if (source->counters.nr)
		close_later();
	counters_release(&source->counters);
}

static void close_perf(struct stat_source *base)
{
	struct source *source = of(base);

	close_counters(source);
	command_cgroup_remove(&source->cgroup);
	/* The next command is to have the limit that the user has. */
	if (source->files_raised)
		setrlimit(RLIMIT_NOFILE, &source->files);
	free(source->point);
	free(source);
}

/* One for each call, return and CPU: more than a process may have open by default. */
static void raise_file_limit(struct source *source)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &source->files))
		return;
	most = source->files;
	most.rlim_cur = most.rlim_max;
	source->files_raised = !setrlimit(RLIMIT_NOFILE, &most);
}

static struct err *open_perf(const struct stat_request *request, struct notes *notes,
			     struct stat_source **ret_source)
{
	guard(stat_source) struct stat_source *base = NULL;
	struct source *source;
	struct syscall_name name;
	struct counted what;
	struct err *err;

	if (request->orders != ORDERS_ALL)
		return err_new(ERR_UNSUPPORTED, "it sees no pages");
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
	source->cgroup = COMMAND_CGROUP_INIT;
	err = find_points(source);
	if (err)
		return err;
	raise_file_limit(source);

	/* May we? Found out before the command is anywhere. */
	if (source->point_nr) {
		what = counted_at(&source->point[0], &name);
		err = counters_try(&source->counters, &what);
	}
	if (err)
		return err;
	close_counters(source);
	if (request->scope == SCOPE_ALL && !own_threads_have_traced_numbers())
		notes_add(notes, "this is a PID namespace, or /proc is not mounted: vmtool's own "
				 "calls cannot be told from others and are counted");
	*ret_source = take_ptr(base);
	return NULL;
}

/* ---- The source ---- */

/* Not every kernel that has cgroups counts by them. */
static struct err *try_cgroup(struct source *source)
{
	guard(counters) struct counters counters = { .nr = 0 };
	const struct counted nothing = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.name = "dummy",
	};

	return counters_add(&counters, 0, &nothing, source->request, source->cgroup.fd);
}

/* Without one, children inherit the counters, and we say so. */
static void make_cgroup(struct source *source)
{
	const struct stat_request *request = source->request;
	autoerr struct err *err = NULL;

	err = request->without_cgroups
		      ? err_new(ERR_NODATA, "not wanted")
		      : command_cgroup_make(request->workload->pid, &source->cgroup);
	if (!err)
		err = try_cgroup(source);
	if (!err)
		return;
	command_cgroup_remove(&source->cgroup);
	notes_add(source->notes,
		  "no cgroup for the command (%s): each of its forks is slowed down by copying %zu "
		  "counters",
		  err_message(err), source->point_nr);
}

static struct err *start_perf(struct stat_source *base)
{
	struct source *source = of(base);
	const struct stat_request *request = source->request;
	struct err *err = NULL;

	if (request->scope == SCOPE_COMMAND && request->inherit && source->point_nr)
		make_cgroup(source);
	for (size_t i = 0; !err && i < source->point_nr; i++) {
		struct syscall_name name;
		struct counted what = counted_at(&source->point[i], &name);

		err = counters_add(&source->counters, i, &what, request, source->cgroup.fd);
	}
	return err;
}

static struct err *enable_perf(struct stat_source *base, bool on)
{
	return counters_enable(&of(base)->counters, on);
}

static struct err *read_perf(struct stat_source *base, struct stat_table *table)
{
	struct source *source = of(base);
	autofree uint64_t *sum = calloc(source->point_nr + 1, sizeof(*sum));
	struct err *err;

	if (!sum)
		return err_nomem();
	err = counters_read(&source->counters, sum);
	if (err)
		return err;
	table->sees = SEES_CALLS;
	if (!source->request->calls_only)
		table->sees |= SEES_ERRORS;
	for (size_t i = 0; i < source->point_nr; i++) {
		struct row_key key = { .abi = ABI_NATIVE, .nr = source->point[i].nr };
		struct stat_row *row;

		if (!sum[i])
			continue;
		row = stat_table_row(table, &key);
		if (!row)
			return err_nomem();
		if (source->point[i].errors)
			row->cell.errors = sum[i];
		else
			row->cell.calls = sum[i];
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
