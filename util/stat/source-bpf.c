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

#include "util/stat/bpf-programs.h"
#include "util/stat/close-later.h"
#include "util/stat/proc.h"
#include "util/stat/sources.h"
#include "util/stat/tasks.h"
#include "util/sys/own.h"

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
	if (!own_threads_have_traced_numbers())
		return err_new(ERR_UNSUPPORTED,
			       "this is a PID namespace, or /proc is not mounted: programs in the "
			       "kernel may see other numbers of processes");
	source->request = request;
	source->cpu_nr = bpf_programs_cpus();
	if (source->cpu_nr <= 0)
		return err_sys(source->cpu_nr ? -source->cpu_nr : EIO, "number of CPUs");
	source->cpu_cell = calloc((size_t)source->cpu_nr, sizeof(*source->cpu_cell));
	source->cpu_memory = calloc((size_t)source->cpu_nr, sizeof(*source->cpu_memory));
	if (!source->cpu_cell || !source->cpu_memory)
		return err_nomem();
	err = bpf_programs_load(request, &source->skel, &source->by_events);
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

	/* It would be looked for in vain all the time. */
	if (proc_has_ended(tid))
		return err_sys(ESRCH, "follow thread %d", (int)tid);
	/* Never fewer than there are: the program looks no further when it has seen them all. */
	__atomic_add_fetch(&source->skel->bss->wanted_left, 1, __ATOMIC_SEQ_CST);
	if (!bpf_map_update_elem(fd, &key, &from_exec, BPF_NOEXIST))
		return NULL;
	__atomic_sub_fetch(&source->skel->bss->wanted_left, 1, __ATOMIC_SEQ_CST);
	if (errno == EEXIST)
		return NULL;
	if (errno == E2BIG) {
		__atomic_add_fetch(&source->skel->bss->missed.tasks, 1, __ATOMIC_SEQ_CST);
		return NULL;
	}
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
