// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source "bpf": the programs of bpf/stat.bpf.c, counting in the kernel. What they do and which
 * tasks they follow is told there.
 */
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

#include "util/stat/close-later.h"
#include "util/stat/sources.h"
#include "util/stat/tasks.h"
#include "util/sys/tracefs.h"
/* Needs the types above. */
#include "util/stat/bpf/stat.skel.h"

enum {
	TASKS_COMMAND = 16384, /* at one time */
	TASKS_ALL = 65536,
	ROWS = 256, /* calls of other ABIs, and of numbers nobody knows */
	ROWS_GROUPED = 8192,
	LOG_BYTES = 256 * 1024,
};

struct source {
	struct stat_source base;
	const struct stat_request *request;
	struct stat_bpf *skel;
	bool by_events; /* programs of calls are attached to those */
	int cpu_nr;	/* values of a per-CPU map */
	struct stat_cell *cpu_cell;
	struct stat_memory *cpu_memory;
};

static struct source *of(struct stat_source *base)
{
	return (struct source *)base;
}

static void close_bpf(struct stat_source *base)
{
	struct source *source = of(base);

	if (source->by_events)
		close_later();
	stat_bpf__destroy(source->skel);
	free(source->cpu_cell);
	free(source->cpu_memory);
	free(source);
}

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

static void choose_programs(struct source *source, const struct variant *variant)
{
	const struct stat_request *request = source->request;
	struct stat_bpf *skel = source->skel;
	bool grouped = request->group != GROUP_NONE, ends = !request->calls_only;

	bpf_program__set_autoload(skel->progs.execed, grouped && request->group != GROUP_CGROUP);
	bpf_program__set_autoload(skel->progs.enter, !variant->by_events);
	bpf_program__set_autoload(skel->progs.enter_by_event, variant->by_events);
	bpf_program__set_autoload(skel->progs.leave, ends && !variant->by_events);
	bpf_program__set_autoload(skel->progs.leave_by_event, ends && variant->by_events);
	bpf_program__set_autoload(skel->progs.page_allocated, request->pages);
	bpf_program__set_autoload(skel->progs.page_freed, request->pages);
}

static struct err *set_up(struct source *source, const struct variant *variant)
{
	const struct stat_request *request = source->request;
	struct stat_bpf *skel = source->skel;
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

	choose_programs(source, variant);
	if (request->tasks_max) {
		tasks = rows = request->tasks_max;
		/* All but one lie outside of the slots then. */
		skel->rodata->slot_mask = 0;
	}
	bpf_map__set_max_entries(skel->maps.tasks, tasks);
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

static struct err *load(struct source *source, const struct variant *variant, int *ret_failed)
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
	source->skel = stat_bpf__open_opts(&opts);
	if (!source->skel)
		return err_sys(errno, "open the BPF programs");
	err = set_up(source, variant);
	if (err)
		return err;
	*ret_failed = -stat_bpf__load(source->skel);
	if (!*ret_failed)
		return NULL;
	stat_bpf__destroy(take_ptr(source->skel));
	if (*ret_failed == EPERM)
		return err_sys(EPERM, "load the BPF programs (needs root, or CAP_BPF and "
				      "CAP_PERFMON)");
	return err_sys(*ret_failed, "load the BPF programs%s%s", *log ? ": " : "", last_words(log));
}

static struct err *load_one_of(struct source *source, const struct variant *variant, size_t nr,
			       struct variant *ret_loaded)
{
	struct err *err = NULL;

	for (size_t i = 0; i < nr; i++) {
		int failed = 0;

		err_free(err);
		err = load(source, &variant[i], &failed);
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
static bool wants_events(const struct source *source)
{
	/* A call of one that is not followed, by which the programs see how they run. */
	(void)getppid();
	return source->skel->bss->preemptible || source->request->without_raw_tracepoints;
}

static struct err *load_and_attach(struct source *source)
{
	static const struct variant variants[] = {
		{ .current_btf = true },
		{ .current_btf = false },
	};
	size_t first = source->request->without_current_btf;
	struct variant loaded;
	struct err *err =
		load_one_of(source, variants + first, ARRAY_SIZE(variants) - first, &loaded);

	if (!err)
		err = attach_all(source->skel);
	if (err || !wants_events(source))
		return err;
	loaded.by_events = source->by_events = true;
	stat_bpf__destroy(take_ptr(source->skel));
	err = load_one_of(source, &loaded, 1, &loaded);
	return err ? err : attach_all(source->skel);
}

/* PROC_PID_INIT_INO, include/linux/proc_ns.h: the initial namespace has had this inode since 3.8. */
static bool in_pid_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino != 0xeffffffc;
}

static struct err *open_bpf(const struct stat_request *request, struct notes *notes,
			    struct stat_source **ret_source)
{
	guard(stat_source) struct stat_source *base = NULL;
	struct source *source = calloc(1, sizeof(*source));
	struct err *err;

	(void)notes;
	if (!source)
		return err_nomem();
	base = &source->base;
	base->ops = &stat_source_bpf;
	if (in_pid_namespace())
		return err_new(ERR_UNSUPPORTED,
			       "this is a PID namespace: programs in the kernel see "
			       "other numbers of processes");
	source->request = request;
	libbpf_set_print(be_silent);

	source->cpu_nr = libbpf_num_possible_cpus();
	if (source->cpu_nr <= 0)
		return err_sys(source->cpu_nr ? -source->cpu_nr : EIO, "number of CPUs");
	source->cpu_cell = calloc((size_t)source->cpu_nr, sizeof(*source->cpu_cell));
	source->cpu_memory = calloc((size_t)source->cpu_nr, sizeof(*source->cpu_memory));
	if (!source->cpu_cell || !source->cpu_memory)
		return err_nomem();
	err = load_and_attach(source);
	if (err)
		return err;
	*ret_source = take_ptr(base);
	return NULL;
}

static struct err *want(pid_t tid, void *data)
{
	struct source *source = data;
	uint32_t key = (uint32_t)tid;
	/* struct wanted_value */
	uint32_t from_exec = source->request->scope == SCOPE_COMMAND;
	int fd = bpf_map__fd(source->skel->maps.wanted);

	/* Never fewer than there are: the program looks no further when it has seen them all. */
	__atomic_add_fetch(&source->skel->bss->wanted_left, 1, __ATOMIC_SEQ_CST);
	if (!bpf_map_update_elem(fd, &key, &from_exec, BPF_NOEXIST))
		return NULL;
	__atomic_sub_fetch(&source->skel->bss->wanted_left, 1, __ATOMIC_SEQ_CST);
	if (errno == EEXIST)
		return NULL;
	return err_sys(errno, "follow thread %d", (int)tid);
}

static struct err *start_bpf(struct stat_source *base)
{
	struct source *source = of(base);
	const struct stat_request *request = source->request;

	switch (request->scope) {
	case SCOPE_COMMAND:
		return want(request->workload->pid, source);
	case SCOPE_PROCESSES:
	case SCOPE_THREADS:
		return tasks_each(request->id, request->id_nr, request->scope == SCOPE_PROCESSES,
				  want, source);
	default:
		return NULL;
	}
}

static struct err *enable_bpf(struct stat_source *base, bool on)
{
	__atomic_store_n(&of(base)->skel->bss->enabled, on, __ATOMIC_SEQ_CST);
	return NULL;
}

static struct err *read_cells(struct source *source, struct stat_table *table)
{
	int fd = bpf_map__fd(source->skel->maps.cells);

	for (uint32_t nr = 0; nr < SYSCALL_MAX; nr++) {
		struct row_key key = { .abi = ABI_NATIVE, .nr = nr };
		struct stat_cell sum = { .calls = 0 };
		struct stat_row *row;

		if (!(source->request->syscalls.what[ABI_NATIVE][nr] & WHAT_COUNTED))
			continue;
		if (bpf_map_lookup_elem(fd, &nr, source->cpu_cell))
			return err_sys(errno, "read the counts");
		for (int cpu = 0; cpu < source->cpu_nr; cpu++)
			if (source->cpu_cell[cpu].calls || source->cpu_cell[cpu].ended)
				stat_cell_add(&sum, &source->cpu_cell[cpu]);
		if (!sum.calls)
			continue;
		row = stat_table_row(table, &key);
		if (!row)
			return err_nomem();
		row->cell = sum;
	}
	return NULL;
}

/* Entries of a map that may change while it is walked; an entry that goes away is left out. */
static struct err *read_rows(struct source *source, struct stat_table *table)
{
	int fd = bpf_map__fd(source->skel->maps.rows);
	struct row_key key, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct stat_cell cell;

		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, &cell)) {
			struct stat_row *row = stat_table_row(table, &key);

			if (!row)
				return err_nomem();
			row->cell = cell;
		}
	}
	return NULL;
}

static struct err *read_errnos(struct source *source, struct stat_table *table)
{
	int fd = bpf_map__fd(source->skel->maps.errnos);
	struct errno_key key, *previous = NULL;
	struct err *err = NULL;
	uint64_t count;

	while (!err && !bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, &count))
			err = stat_table_add_errno(table, &key, count);
	}
	return err;
}

static struct err *read_names(struct source *source, struct stat_table *table)
{
	int fd = bpf_map__fd(source->skel->maps.names);
	struct group_name name;
	struct err *err = NULL;
	uint64_t key, *previous = NULL;

	while (!err && !bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, &name))
			err = stat_table_add_name(table, key, &name);
	}
	return err;
}

static void add_memory(struct stat_memory *sum, const struct stat_memory *one)
{
	sum->grown_bytes += one->grown_bytes;
	sum->shrunk_bytes += one->shrunk_bytes;
	for (size_t i = 0; i < MAPPING_NR; i++) {
		sum->mappings[i] += one->mappings[i];
		sum->mapping_bytes[i] += one->mapping_bytes[i];
	}
	for (size_t i = 0; i < ORDER_NR; i++) {
		sum->pages_allocated[i] += one->pages_allocated[i];
		sum->pages_freed[i] += one->pages_freed[i];
	}
	sum->allocations_failed += one->allocations_failed;
	sum->mappings_peak = MAX(sum->mappings_peak, one->mappings_peak);
}

static struct err *read_memory(struct source *source, struct stat_table *table)
{
	uint32_t first = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(source->skel->maps.memory), &first, source->cpu_memory))
		return err_sys(errno, "read the counts of memory");
	for (int cpu = 0; cpu < source->cpu_nr; cpu++)
		add_memory(&table->memory, &source->cpu_memory[cpu]);
	return NULL;
}

/* Kernels before 5.12 do not tell. */
static uint64_t misses_of(const struct bpf_program *program)
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t len = sizeof(info);

	if (bpf_program__fd(program) < 0 ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
		return 0;
	return info.recursion_misses;
}

static void read_misses(struct source *source, struct stat_table *table)
{
	const struct stat_bpf *skel = source->skel;
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj)
	{
		bool pages =
			program == skel->progs.page_allocated || program == skel->progs.page_freed;

		*(pages ? &table->page_misses : &table->call_misses) += misses_of(program);
	}
	table->missed = skel->bss->missed;
}

static struct err *read_bpf(struct stat_source *base, struct stat_table *table)
{
	struct source *source = of(base);
	const struct stat_request *request = source->request;
	struct err *err;

	table->sees = SEES_CALLS;
	if (!request->calls_only)
		table->sees |=
			SEES_ENDS | SEES_ERRORS | SEES_BYTES | SEES_TIMES | SEES_MAPPINGS_PEAK;
	if (request->errnos && !request->calls_only)
		table->sees |= SEES_ERRNOS;
	if (request->pages)
		table->sees |= SEES_PAGES;

	err = request->group == GROUP_NONE ? read_cells(source, table) : NULL;
	if (!err)
		err = read_rows(source, table);
	if (!err)
		err = read_errnos(source, table);
	if (!err)
		err = read_names(source, table);
	if (!err)
		err = read_memory(source, table);
	if (err)
		return err;

	read_misses(source, table);
	return NULL;
}

const struct stat_source_ops stat_source_bpf = {
	.name = "bpf",
	.about = "BPF programs in the kernel",
	.open = open_bpf,
	.start = start_bpf,
	.enable = enable_bpf,
	.read = read_bpf,
	.close = close_bpf,
};

#endif
