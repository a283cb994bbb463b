/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs keep, and the settings they are loaded with.
 *
 * A state of a task lies in `slots`, at an index that is a hash of its address: the kernel looks
 * into arrays without a call, which makes each system call some 25 ns cheaper than one more hash
 * table would. A slot belongs to the task that put its index into `tasks`, where only one can;
 * tasks that find theirs taken have their state in `tasks` itself, by their address.
 *
 * Two programs add to a cell, each to fields of its own: `calls` belongs to the one at the
 * beginning of calls, the rest to the one at their end. The kernel never runs a program inside
 * itself on one CPU, so fields of per-CPU cells need no atomic operations; those of `rows`, which
 * CPUs share, do.
 */
#ifndef VMTOOL_STAT_BPF_STATE_BPF_H
#define VMTOOL_STAT_BPF_STATE_BPF_H

#include "util/stat/bpf/kernel.bpf.h"
#include "util/stat/bpf/shared.h"

/* ---- Settings: constants once loaded ---- */
const volatile __u32 scope;
const volatile __u32 group;
const volatile bool has_current_btf; /* bpf_get_current_task_btf(): 5.11 */
const volatile bool with_times;	     /* ends of calls are looked at */
const volatile bool with_errnos;
const volatile bool with_cpus; /* only those of cpu_wanted */
const volatile bool inherit;   /* children are followed */
const volatile __u32 own_tgid; /* of the program that loaded us: not counted with SCOPE_ALL */
const volatile __u64 page_bytes = 4096;
const volatile __u32 slot_mask = SLOT_NR - 1;
const volatile __u32 orders; /* of pages, a bitmap */
const volatile __u64 cgroup_id;
const volatile __u32 cgroup_level;
const volatile __u8 cpu_wanted[1024];
const volatile __u8 what[ABI_NR][SYSCALL_MAX]; /* enum stat_bytes */
const volatile bool what_unknown;	       /* numbers beyond that table are asked for too */

/* ---- State ---- */
volatile __u32 enabled;
volatile __s64 wanted_left; /* entries of `wanted`; not below what is in there */
volatile __u32 crowded;	    /* some state lies outside of `slots` */
volatile __u32 preemptible; /* sense() found itself so */
struct stat_missed missed;

struct wanted_value {
	__u32 from_exec; /* nothing before its exec counts */
};

/* Of a task, as to its last call. */
enum {
	OUTSIDE, /* or in one that is not counted */
	INSIDE,
	BROKEN_OFF, /* its end is known, but not whether the task outlived it */
};

struct task_state {
	__u64 task;	/* whose it is; 0: nobody's */
	__u64 start_ns; /* of a call that was broken off: how long it took */
	__u64 group;
	__u64 arg[2]; /* of calls that map memory: lengths, flags, a break; BROKEN_OFF: its error */
	__u32 nr;
	__u8 abi;
	__u8 phase;
	__u8 from_exec;
	__u8 what;
	__u8 in_slot;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOT_NR);
	__type(key, __u32);
	__type(value, struct task_state);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct task_state);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct wanted_value);
} wanted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SYSCALL_MAX);
	__type(key, __u32);
	__type(value, struct stat_cell);
} cells SEC(".maps");

/* What is split by group, and the calls of other ABIs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct row_key);
	__type(value, struct stat_cell);
} rows SEC(".maps");

/* Never written: what a new row begins with; too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stat_cell);
} zero_cell SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct errno_key);
	__type(value, __u64);
} errnos SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct group_name);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stat_memory);
} memory SEC(".maps");

#endif
