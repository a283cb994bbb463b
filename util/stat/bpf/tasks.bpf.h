/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which tasks are followed: each has a state, found by the address of its task_struct, which is no
 * other task's until sched_process_free() took the state away, or the birth of the next one there.
 * A task gets a state by fork from a task that is followed, or when it is first met (find_task()).
 */
#ifndef VMTOOL_STAT_BPF_TASKS_BPF_H
#define VMTOOL_STAT_BPF_TASKS_BPF_H

#include "util/stat/bpf/state.bpf.h"

static __always_inline void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static __always_inline struct task_struct *current_task(void)
{
	if (has_current_btf)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/* Without BTF the address of the current task is a number: members are read with a helper. */
#define current_member(task, member)                                                               \
	(has_current_btf ? (task)->member : BPF_CORE_READ(task, member))

/* An argument that is a pointer as a number, which it can be reckoned with; not 0: it failed. */
static __always_inline long number_of(__u64 *number, const void *argument)
{
	return bpf_probe_read_kernel(number, sizeof(*number), argument);
}

static __always_inline __u32 slot_index(__u64 key)
{
	/* Fibonacci hashing; a task_struct begins on a cache line. */
	return ((key >> 6) * 0x9e3779b97f4a7c15ull) >> (64 - SLOTS_LOG2) & slot_mask;
}

static __always_inline struct task_state *slot_of(__u64 key)
{
	__u32 index = slot_index(key);

	return bpf_map_lookup_elem(&slots, &index);
}

/* The state of a task that is followed; 0: it is not, or was not met yet. */
static __always_inline struct task_state *known_task(__u64 key)
{
	struct task_state *state = slot_of(key);

	if (state && state->task == key)
		return state;
	if (!crowded)
		return 0;
	state = bpf_map_lookup_elem(&tasks, &key);
	return state && state->task == key ? state : 0;
}

static __always_inline struct task_state *take_slot(__u64 key, bool from_exec)
{
	struct task_state claim = { .task = 0 };
	struct task_state *state = slot_of(key);
	__u64 index = slot_index(key);

	if (!state || bpf_map_update_elem(&tasks, &index, &claim, BPF_NOEXIST))
		return 0;
	state->phase = OUTSIDE;
	state->from_exec = from_exec;
	state->in_slot = 1;
	barrier();
	state->task = key;
	return state;
}

static __always_inline struct task_state *add_task(__u64 key, bool from_exec)
{
	struct task_state state = { .task = key, .from_exec = from_exec };
	struct task_state *added = take_slot(key, from_exec);

	if (added)
		return added;
	crowded = 1;
	bpf_map_update_elem(&tasks, &key, &state, BPF_ANY);
	added = bpf_map_lookup_elem(&tasks, &key);
	if (!added) {
		count(&missed.tasks);
		return 0;
	}
	/* What is left of an earlier task may have refused to be replaced. */
	added->phase = OUTSIDE;
	added->from_exec = from_exec;
	added->task = key;
	return added;
}

static __always_inline void forget_task(__u64 key)
{
	struct task_state *state = known_task(key);
	__u64 index;

	if (!state)
		return;
	/*
	 * Deleting takes a lock that may be refused. On a busy 6.18 entries were found to outlive
	 * their tasks, and another task at the same address would be taken for one of ours.
	 */
	state->phase = OUTSIDE;
	state->task = 0;
	if (state->in_slot) {
		index = slot_index(key);
		bpf_map_delete_elem(&tasks, &index);
	} else {
		bpf_map_delete_elem(&tasks, &key);
	}
}

/* The current task was not met before: is it one of those asked for by number, or are all? */
static __always_inline struct task_state *adopt_current(__u64 key)
{
	struct wanted_value *value;
	bool from_exec;
	__u32 tid;

	if (scope == SCOPE_ALL || scope == SCOPE_CGROUP)
		return bpf_get_current_pid_tgid() >> 32 == own_tgid ? 0 : add_task(key, 0);
	/* Where most tasks are strangers, each of their calls comes here. */
	if (wanted_left <= 0)
		return 0;
	tid = (__u32)bpf_get_current_pid_tgid();
	value = bpf_map_lookup_elem(&wanted, &tid);
	if (!value)
		return 0;
	from_exec = value->from_exec;
	bpf_map_delete_elem(&wanted, &tid);
	__sync_fetch_and_add(&wanted_left, -1);
	return add_task(key, from_exec);
}

static __always_inline struct task_state *find_task(__u64 key)
{
	struct task_state *state = known_task(key);

	return state ? state : adopt_current(key);
}

/* The cgroup at cgroup_level that the current task is in or below; 0: it is not so deep. */
static __always_inline __u64 current_ancestor(void)
{
	struct task_struct *task = current_task();
	struct cgroup *cgroup = 0;
	__u64 id = 0;

	/* Kernels without the one lack the other for programs such as these. */
	if (has_current_btf || !bpf_core_field_exists(cgroup->ancestor_ids))
		return bpf_get_current_ancestor_cgroup_id(cgroup_level);
	cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	if (BPF_CORE_READ(cgroup, level) < (int)cgroup_level)
		return 0;
	bpf_probe_read_kernel(&id, sizeof(id),
			      (char *)cgroup + bpf_core_field_offset(cgroup->ancestor_ids) +
				      cgroup_level * sizeof(id));
	return id;
}

/* A task can change its cgroup and its CPU at any time. */
static __always_inline bool is_here(void)
{
	if (scope == SCOPE_CGROUP && current_ancestor() != cgroup_id)
		return 0;
	if (with_cpus && !cpu_wanted[bpf_get_smp_processor_id() & 1023])
		return 0;
	return 1;
}

#endif
