/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written down about a call that began or ended: kept the same in account.c, for sources
 * that see calls outside of the kernel.
 */
#ifndef VMTOOL_STAT_BPF_BOOKS_BPF_H
#define VMTOOL_STAT_BPF_BOOKS_BPF_H

#include "util/stat/bpf/tasks.bpf.h"

static __always_inline __u64 current_group(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (group == GROUP_THREAD)
		return (__u32)pid_tgid;
	if (group == GROUP_PROCESS)
		return pid_tgid >> 32;
	if (group == GROUP_CGROUP)
		return bpf_get_current_cgroup_id();
	return 0;
}

/* The name a thread or process has now; exec changes it. */
static __always_inline void note_name(__u64 id)
{
	struct group_name name = { .tgid = bpf_get_current_pid_tgid() >> 32 };

	bpf_get_current_comm(name.comm, sizeof(name.comm));
	bpf_map_update_elem(&names, &id, &name, BPF_ANY);
}

static __always_inline struct stat_cell *find_row(struct row_key *key)
{
	struct stat_cell *cell = bpf_map_lookup_elem(&rows, key);
	struct stat_cell *zero;
	__u32 first = 0;

	if (cell)
		return cell;
	zero = bpf_map_lookup_elem(&zero_cell, &first);
	if (!zero)
		return 0;
	/* Another CPU may have been faster: its row is ours too. */
	bpf_map_update_elem(&rows, key, zero, BPF_NOEXIST);
	if (group == GROUP_THREAD || group == GROUP_PROCESS)
		note_name(key->group);
	return bpf_map_lookup_elem(&rows, key);
}

static __always_inline bool is_shared_row(__u32 abi, __u32 nr)
{
	return group != GROUP_NONE || abi != ABI_NATIVE || nr >= SYSCALL_MAX;
}

static __always_inline __u32 hist_index(__u64 ns)
{
	__u64 rest = ns;
	__u32 log2 = 0;

	if (ns < HIST_STEPS)
		return ns;
	if (ns >> HIST_TOP_LOG2)
		return HIST_NR - 1;
	if (rest >> 32) {
		rest >>= 32;
		log2 += 32;
	}
	if (rest >> 16) {
		rest >>= 16;
		log2 += 16;
	}
	if (rest >> 8) {
		rest >>= 8;
		log2 += 8;
	}
	if (rest >> 4) {
		rest >>= 4;
		log2 += 4;
	}
	if (rest >> 2) {
		rest >>= 2;
		log2 += 2;
	}
	log2 += rest >> 1;
	return (log2 - HIST_STEPS_LOG2 + 1) * HIST_STEPS +
	       ((ns >> (log2 - HIST_STEPS_LOG2)) & (HIST_STEPS - 1));
}

/*
 * Checked where it is used: verifiers before 5.11 forget the bounds of a number kept on the stack.
 */
static __always_inline __u64 *bucket_of(struct stat_cell *cell, __u64 ns)
{
	__u64 index = hist_index(ns);

	asm volatile("" : "+r"(index));
	if (index >= HIST_NR)
		return 0;
	return &cell->hist[index];
}

static __always_inline __u64 whole_pages(__u64 len)
{
	return (len + page_bytes - 1) & ~(page_bytes - 1);
}

static __always_inline void add_mapping(struct stat_memory *m, __u64 flags, __u64 bytes)
{
	__u32 kind = MAPPING_FILE;

	if (flags & MAP_HUGETLB)
		kind = MAPPING_HUGETLB;
	else if (flags & (MAP_STACK | MAP_GROWSDOWN))
		kind = MAPPING_STACK;
	else if (flags & MAP_ANONYMOUS)
		kind = MAPPING_ANON;
	m->mappings[kind]++;
	m->mapping_bytes[kind] += bytes;
	m->grown_bytes += bytes;
}

/* Of a call that succeeded; what it moved. */
static __always_inline __u64 note_memory(struct task_state *state, struct task_struct *task,
					 long ret)
{
	__u64 bytes = 0, old = 0;
	__u32 first = 0;
	struct stat_memory *m = bpf_map_lookup_elem(&memory, &first);
	int maps;

	if (!m)
		return 0;
	switch (state->what & BYTES_MASK) {
	case BYTES_MMAP:
		bytes = whole_pages(state->arg[0]);
		add_mapping(m, state->arg[1], bytes);
		break;
	case BYTES_MUNMAP:
		bytes = whole_pages(state->arg[0]);
		m->shrunk_bytes += bytes;
		break;
	case BYTES_MADVISE:
		return whole_pages(state->arg[0]);
	case BYTES_MREMAP:
		old = whole_pages(state->arg[0]);
		bytes = whole_pages(state->arg[1]);
		if (bytes > old)
			m->grown_bytes += bytes - old;
		else
			m->shrunk_bytes += old - bytes;
		break;
	case BYTES_BRK:
		/* A break that cannot be set is told by returning the old one. */
		old = whole_pages(state->arg[0]);
		bytes = whole_pages(ret);
		if (bytes > old) {
			bytes -= old;
			m->grown_bytes += bytes;
		} else {
			bytes = old - bytes;
			m->shrunk_bytes += bytes;
		}
		break;
	}
	maps = BPF_CORE_READ(task, mm, map_count);
	if (maps > 0 && (__u64)maps > m->mappings_peak)
		m->mappings_peak = maps;
	return bytes;
}

static __always_inline void count_errno(struct task_state *state, __u32 error)
{
	struct errno_key key = { .abi = state->abi, .nr = state->nr, .error = error };
	__u64 *counter = bpf_map_lookup_elem(&errnos, &key);
	__u64 none = 0;

	if (!counter) {
		bpf_map_update_elem(&errnos, &key, &none, BPF_NOEXIST);
		counter = bpf_map_lookup_elem(&errnos, &key);
	}
	if (counter)
		count(counter);
	else
		count(&missed.errnos);
}

/* The call that @state is about has returned, after @ns. */
static __always_inline void note_end(struct task_state *state, __u64 ns, bool failed, __u64 bytes)
{
	struct stat_cell *cell;
	__u64 *bucket;

	if (is_shared_row(state->abi, state->nr)) {
		struct row_key row = { .group = state->group, .abi = state->abi, .nr = state->nr };

		cell = bpf_map_lookup_elem(&rows, &row);
		bucket = cell ? bucket_of(cell, ns) : 0;
		if (!cell || !bucket)
			return;
		count(&cell->ended);
		count(bucket);
		__sync_fetch_and_add(&cell->total_ns, ns);
		if (failed)
			count(&cell->errors);
		if (bytes)
			__sync_fetch_and_add(&cell->bytes, bytes);
	} else {
		__u32 nr = state->nr;

		cell = bpf_map_lookup_elem(&cells, &nr);
		bucket = cell ? bucket_of(cell, ns) : 0;
		if (!cell || !bucket)
			return;
		cell->ended++;
		(*bucket)++;
		cell->total_ns += ns;
		if (failed)
			cell->errors++;
		cell->bytes += bytes;
	}
	/* Two CPUs may race in a shared row; the larger of two near ones may be lost. */
	if (ns > cell->max_ns)
		cell->max_ns = ns;
}

#endif
