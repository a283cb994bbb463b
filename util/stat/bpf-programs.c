// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#ifdef HAVE_BPF

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "util/stat/bpf-programs.h"
#include "util/sys/tracefs.h"

enum {
	TASKS_COMMAND = 16384, /* at one time */
	TASKS_ALL = 65536,
	ROWS = 256, /* calls of other ABIs, and of numbers nobody knows */
	ROWS_GROUPED = 8192,
	LOG_BYTES = 256 * 1024,
};

struct loading {
	const struct stat_request *request;
	struct stat_bpf *skel;
	bool by_events; /* programs of calls are attached to those */
};

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* The place of a cgroup in the tree: its number and how deep it lies below the root. */
static struct err *locate_cgroup(int fd, uint64_t *ret_id, uint32_t *ret_level)
{
	autoclose int at = dup(fd);
	struct statfs fs;
	struct stat here, up;
	uint32_t level = 0;

	if (at < 0 || fstatfs(at, &fs) || fstat(at, &here))
		return err_sys(errno, "cgroup");
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return err_new(ERR_UNSUPPORTED, "not a cgroup of version 2");
	*ret_id = here.st_ino;

	/* The root is the last one of its file system. */
	for (;;) {
		int parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (parent < 0)
			return err_sys(errno, "cgroup");
		close(at);
		at = parent;
		if (fstatfs(at, &fs) || fstat(at, &up))
			return err_sys(errno, "cgroup");
		if (fs.f_type != CGROUP2_SUPER_MAGIC || up.st_ino == here.st_ino)
			break;
		here = up;
		level++;
	}
	*ret_level = level;
	return NULL;
}

/* How the programs are loaded; some kernels cannot do all of it. */
struct variant {
	bool current_btf; /* bpf_get_current_task_btf(), which is younger than tp_btf: 5.11 */
	bool by_events;	  /* programs of calls are not to be preempted */
};

static void choose_programs(struct loading *loading, const struct variant *variant)
{
	const struct stat_request *request = loading->request;
	struct stat_bpf *skel = loading->skel;
	bool grouped = request->group != GROUP_NONE, ends = !request->calls_only;

	bpf_program__set_autoload(skel->progs.execed, grouped && request->group != GROUP_CGROUP);
	bpf_program__set_autoload(skel->progs.enter, !variant->by_events);
	bpf_program__set_autoload(skel->progs.enter_by_event, variant->by_events);
	bpf_program__set_autoload(skel->progs.leave, ends && !variant->by_events);
	bpf_program__set_autoload(skel->progs.leave_by_event, ends && variant->by_events);
	bpf_program__set_autoload(skel->progs.page_allocated, request->pages);
	bpf_program__set_autoload(skel->progs.page_freed, request->pages);
}

static struct err *set_up(struct loading *loading, const struct variant *variant)
{
	const struct stat_request *request = loading->request;
	struct stat_bpf *skel = loading->skel;
	uint32_t tasks = request->scope == SCOPE_ALL ? TASKS_ALL : TASKS_COMMAND;
	uint32_t rows = request->group != GROUP_NONE ? ROWS_GROUPED : ROWS;

	skel->rodata->scope = request->scope;
	skel->rodata->group = request->group;
	skel->rodata->has_current_btf = variant->current_btf;
	skel->rodata->with_times = !request->calls_only;
	skel->rodata->with_errnos = request->errnos;
	skel->rodata->with_cpus = request->with_cpus;
	skel->rodata->inherit = request->inherit;
	skel->rodata->orders = request->orders;
	skel->rodata->own_tgid = (uint32_t)getpid();
	skel->rodata->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	memcpy((void *)skel->rodata->what, request->syscalls.what, sizeof(request->syscalls.what));
	skel->rodata->what_unknown = request->syscalls.unknown;
	for (size_t cpu = 0; cpu < sizeof(skel->rodata->cpu_wanted); cpu++)
		((uint8_t *)skel->rodata->cpu_wanted)[cpu] =
			request->cpu_wanted[cpu / 8] >> (cpu % 8) & 1;
	if (request->scope == SCOPE_CGROUP) {
		uint64_t id = 0;
		uint32_t level = 0;
		struct err *err = locate_cgroup(request->cgroup_fd, &id, &level);

		if (err)
			return err;
		skel->rodata->cgroup_id = id;
		skel->rodata->cgroup_level = level;
	}

	choose_programs(loading, variant);
	if (request->tasks_max) {
		tasks = rows = request->tasks_max;
		/* All but one lie outside of the slots then. */
		skel->rodata->slot_mask = 0;
	}
	bpf_map__set_max_entries(skel->maps.tasks, tasks);
	bpf_map__set_max_entries(skel->maps.wanted, tasks);
	bpf_map__set_max_entries(skel->maps.rows, rows);
	return NULL;
}

/* What the kernel's verifier said last before its own statistics: why it refused a program. */
static const char *last_words(char *log)
{
	char *end = strstr(log, "processed "), *start;

	if (end && (end == log || end[-1] == '\n'))
		*end = '\0';
	for (end = log + strlen(log); end > log && end[-1] == '\n'; end--)
		end[-1] = '\0';
	start = strrchr(log, '\n');
	return start ? start + 1 : log;
}

static struct err *load(struct loading *loading, const struct variant *variant, int *ret_failed)
{
	autofree char *log = calloc(1, LOG_BYTES);
	struct bpf_object_open_opts opts = {
		.sz = sizeof(opts),
		.kernel_log_buf = log,
		.kernel_log_size = LOG_BYTES,
	};
	struct err *err;

	if (!log)
		return err_nomem();
	loading->skel = stat_bpf__open_opts(&opts);
	if (!loading->skel)
		return err_sys(errno, "open the BPF programs");
	err = set_up(loading, variant);
	if (err)
		return err;
	*ret_failed = -stat_bpf__load(loading->skel);
	if (!*ret_failed)
		return NULL;
	stat_bpf__destroy(take_ptr(loading->skel));
	if (*ret_failed == EPERM)
		return err_sys(EPERM, "load the BPF programs (needs root, or CAP_BPF and "
				      "CAP_PERFMON)");
	return err_sys(*ret_failed, "load the BPF programs%s%s", *log ? ": " : "", last_words(log));
}

static struct err *load_one_of(struct loading *loading, const struct variant *variant, size_t nr,
			       struct variant *ret_loaded)
{
	struct err *err = NULL;

	for (size_t i = 0; i < nr; i++) {
		int failed = 0;

		err_free(err);
		err = load(loading, &variant[i], &failed);
		*ret_loaded = variant[i];
		/* Only the kernel's answer may be another the next time. */
		if (!err || !failed || failed == EPERM)
			break;
	}
	return err;
}

/* Attaches to event raw_syscalls:@name instead of a raw tracepoint. */
static struct err *attach_to_event(struct bpf_program *program, const char *name,
				   struct bpf_link **ret_link)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	autoclose int dir = -1, fd = -1;
	uint64_t id = 0;
	struct err *err = tracefs_open(NULL, &dir);

	if (!err)
		err = tracefs_event_id(dir, "raw_syscalls", name, &id);
	if (err)
		return err;
	attr.config = id;
	/* Whatever the CPU: the program belongs to the event, which is everyone's. */
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return err_sys(errno, "open the event raw_syscalls:%s", name);
	*ret_link = bpf_program__attach_perf_event(program, fd);
	if (!*ret_link)
		return err_sys(errno, "attach a BPF program to raw_syscalls:%s", name);
	(void)take_fd(&fd);
	return NULL;
}

static struct err *attach_all(struct stat_bpf *skel)
{
	/* Births before calls: a child of one we follow is never missed. */
	struct {
		struct bpf_program *program;
		struct bpf_link **link;
		const char *event; /* NULL: a raw tracepoint */
	} order[] = {
		{ skel->progs.freed, &skel->links.freed, NULL },
		{ skel->progs.forked, &skel->links.forked, NULL },
		{ skel->progs.execed, &skel->links.execed, NULL },
		{ skel->progs.page_freed, &skel->links.page_freed, NULL },
		{ skel->progs.page_allocated, &skel->links.page_allocated, NULL },
		{ skel->progs.leave, &skel->links.leave, NULL },
		{ skel->progs.leave_by_event, &skel->links.leave_by_event, "sys_exit" },
		{ skel->progs.enter, &skel->links.enter, NULL },
		{ skel->progs.enter_by_event, &skel->links.enter_by_event, "sys_enter" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!bpf_program__autoload(order[i].program))
			continue;
		if (order[i].event) {
			struct err *err =
				attach_to_event(order[i].program, order[i].event, order[i].link);

			if (err)
				return err;
			continue;
		}
		*order[i].link = bpf_program__attach(order[i].program);
		if (!*order[i].link)
			return err_sys(errno, "attach the BPF program %s",
				       bpf_program__name(order[i].program));
	}
	return NULL;
}

/* Do programs of calls run such that they can be preempted? Loaded again, they then do not. */
static bool wants_events(const struct loading *loading)
{
	/* A call of one that is not followed, by which the programs see how they run. */
	(void)getppid();
	return loading->skel->bss->preemptible || loading->request->without_raw_tracepoints;
}

/* With a fallback for kernels that cannot do all of it. */
static struct err *load_and_attach(struct loading *loading)
{
	static const struct variant variants[] = {
		{ .current_btf = true },
		{ .current_btf = false },
	};
	size_t first = loading->request->without_current_btf;
	struct variant loaded;
	struct err *err =
		load_one_of(loading, variants + first, ARRAY_SIZE(variants) - first, &loaded);

	if (!err)
		err = attach_all(loading->skel);
	if (err || !wants_events(loading))
		return err;
	loaded.by_events = loading->by_events = true;
	stat_bpf__destroy(take_ptr(loading->skel));
	err = load_one_of(loading, &loaded, 1, &loaded);
	return err ? err : attach_all(loading->skel);
}

int bpf_programs_cpus(void)
{
	libbpf_set_print(be_silent);
	return libbpf_num_possible_cpus();
}

struct err *bpf_programs_load(const struct stat_request *request, struct stat_bpf **ret_skel,
			      bool *ret_by_events)
{
	struct loading loading = { .request = request };
	struct err *err;

	err = load_and_attach(&loading);
	if (err) {
		stat_bpf__destroy(loading.skel);
		return err;
	}
	*ret_skel = loading.skel;
	*ret_by_events = loading.by_events;
	return NULL;
}

#endif
