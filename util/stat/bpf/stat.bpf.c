// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts system calls and page allocations where they happen. Loaded by source-bpf.c, which fills
 * in the settings below before the kernel checks the programs: what is not asked for is no code.
 *
 * The few kernel structures are declared here with the members that are used; their offsets come
 * from the running kernel's BTF when the programs are loaded (CO-RE). The programs attach to
 * BTF-typed raw tracepoints, so the kernel's verifier holds the arguments to their types. Where
 * those of system calls can be preempted (sense()), the programs of calls attach to the events of the
 * same names instead.
 *
 * Which tasks: each task that is followed has a state, found by the address of its task_struct, which
 * no other task can have before sched_process_free() took the state away. A task gets one by fork
 * from a task that is followed, or when it is first met (find_task()).
 *
 * A state lies in `slots`, at an index that is a hash of that address: the kernel looks into arrays
 * without a call, which makes each system call some 25 ns cheaper than one more hash table would. A
 * slot belongs to the task that put its index into `tasks`, where only one can; tasks that find
 * theirs taken have their state in `tasks` itself, by their address.
 *
 * Two programs add to a cell, each to fields of its own: `calls` belongs to begin_call(), the rest to
 * end_call(). The kernel never runs a program inside itself on one CPU, so fields of per-CPU cells
 * need no atomic operations; those of `rows`, which CPUs share, do.
 */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef __UINT64_TYPE__ __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef __INT64_TYPE__ __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "util/stat/bpf/shared.h"

/* From the kernel's ABI (linux/bpf.h, asm/ and linux/mman.h): these never change. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	MAP_GROWSDOWN = 0x100,
	MAP_ANONYMOUS = 0x20,
	MAP_STACK = 0x20000,
	MAP_HUGETLB = 0x40000,
	X32_BIT = 0x40000000,
	TS_COMPAT = 2,
	ERRNO_MAX = 4095,
	EINTR = 4,
	ERESTARTSYS = 512, /* the first and the last by which a call asks to be begun again */
	ERESTART_RESTARTBLOCK = 516,
	SIGNAL_GROUP_EXIT = 4, /* linux/sched/signal.h, since 2.6 */
};

enum {
	SLOTS_LOG2 = 12,
	SLOT_NR = 1 << SLOTS_LOG2,
};

#define relocated __attribute__((preserve_access_index))

struct thread_info {
	__u32 status; /* x86 */
} relocated;

struct mm_struct {
	unsigned long brk;
	int map_count;
} relocated;

struct signal_struct {
	unsigned int flags;
} relocated;

struct cgroup {
	int level;
	__u64 ancestor_ids[]; /* before 6.1 */
} relocated;

struct css_set {
	struct cgroup *dfl_cgrp;
} relocated;

struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm;
	struct signal_struct *signal;
	unsigned short migration_disabled;
	int pid;
	int tgid;
	struct css_set *cgroups;
} relocated;

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx, cx, dx, si, di, bp, r10, r8;
} relocated;
#define NATIVE_ARG(regs, n)                                                                        \
	((n) == 0 ? (regs)->di : (n) == 1 ? (regs)->si : (n) == 2 ? (regs)->dx : (regs)->r10)
#define COMPAT_ARG(regs, n)                                                                        \
	((n) == 0 ? (regs)->bx : (n) == 1 ? (regs)->cx : (n) == 2 ? (regs)->dx : (regs)->si)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long regs[31];
	unsigned long orig_x0;
} relocated;
#define NATIVE_ARG(r, n) ((n) == 0 ? (r)->orig_x0 : (r)->regs[n])
#define COMPAT_ARG(r, n) NATIVE_ARG(r, n)
#else
#error "registers of this architecture are not known here"
#endif

struct page;

/* What programs on events are given; events/raw_syscalls/ in tracefs: as it is since 2.6.33. */
struct enter_event {
	__u64 common;
	long id;
	unsigned long args[6];
};

struct leave_event {
	__u64 common;
	long id;
	long ret;
};

char LICENSE[] SEC("license") = "GPL";

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

struct task_state {
	__u64 task; /* whose it is; 0: nobody's */
	__u64 start_ns;
	__u64 group;
	__u64 arg[3]; /* of calls that map memory: a length, flags, a break */
	__u32 nr;
	__u8 abi;
	__u8 in_call;
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
	__uint(max_entries, 4096);
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

/* ---- Tasks ---- */

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
	state->in_call = 0;
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
	added->in_call = 0;
	added->from_exec = from_exec;
	added->task = key;
	return added;
}

/* The current task was not met before: is it one of those asked for by number, or are all? */
static __always_inline struct task_state *adopt_current(__u64 key)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid;
	struct wanted_value *value;
	bool from_exec;

	if (scope == SCOPE_ALL || scope == SCOPE_CGROUP)
		return pid_tgid >> 32 == own_tgid ? 0 : add_task(key, 0);
	if (wanted_left <= 0)
		return 0;
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

SEC("tp_btf/sched_process_fork")
int BPF_PROG(forked, struct task_struct *parent, struct task_struct *child)
{
	struct task_state *state = find_task(bpf_get_current_task());
	__u64 key;

	if (state && !state->from_exec && !number_of(&key, &ctx[1]))
		add_task(key, 0);
	return 0;
}

/*
 * After the last word of a task, and before its memory is used for another. Its exit would be too
 * early: it still frees its pages.
 */
SEC("tp_btf/sched_process_free")
int BPF_PROG(freed, struct task_struct *task)
{
	__u64 key, index;
	struct task_state *state;

	if (number_of(&key, &ctx[0]))
		return 0;
	state = known_task(key);
	if (!state)
		return 0;
	/*
	 * Deleting takes a lock that may be refused. On a busy 6.18 entries were found to outlive
	 * their tasks, and another task at the same address would be taken for one of ours.
	 */
	state->in_call = 0;
	state->task = 0;
	if (state->in_slot) {
		index = slot_index(key);
		bpf_map_delete_elem(&tasks, &index);
	} else {
		bpf_map_delete_elem(&tasks, &key);
	}
	return 0;
}

/* ---- Rows ---- */

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

SEC("tp_btf/sched_process_exec")
int BPF_PROG(execed, struct task_struct *task)
{
	__u64 id = current_group();

	if (known_task(bpf_get_current_task()) && bpf_map_lookup_elem(&names, &id))
		note_name(id);
	return 0;
}

/* ---- System calls ---- */

/*
 * The kernel runs no program while it runs on the same CPU already. Since commit f7d327654b88 (7.0)
 * a task can be preempted within a program of a system call, and until it goes on those of all other
 * tasks on that CPU are not counted. What the kernel does since then is to keep the task on its CPU,
 * which can be seen. Programs on events are not preempted (commit 16718274ee75), but cost more.
 */
static __always_inline void sense(struct task_struct *task)
{
	if (bpf_core_field_exists(task->migration_disabled) &&
	    current_member(task, migration_disabled))
		preemptible = 1;
}

/* Arguments of a call, of which there is one or the other. */
struct call_args {
	struct pt_regs *regs;
	const struct enter_event *event;
};

static __always_inline __u64 arg(const struct call_args *args, __u32 abi, int n)
{
	__u64 value;

	if (args->event)
		value = args->event->args[n];
	else if (abi == ABI_IA32)
		value = COMPAT_ARG(args->regs, n);
	else
		value = NATIVE_ARG(args->regs, n);
	/* A 32-bit caller has 32-bit registers. */
	return abi == ABI_IA32 ? (__u32)value : value;
}

static __always_inline void note_args(struct task_state *state, const struct call_args *args,
				      struct task_struct *task, __u32 abi)
{
	switch (state->what & BYTES_MASK) {
	case BYTES_MMAP:
		state->arg[0] = arg(args, abi, 1);
		state->arg[1] = arg(args, abi, 3);
		break;
	case BYTES_MREMAP:
		state->arg[0] = arg(args, abi, 1);
		state->arg[1] = arg(args, abi, 2);
		break;
	case BYTES_MUNMAP:
	case BYTES_MADVISE:
		state->arg[0] = arg(args, abi, 1);
		break;
	case BYTES_BRK:
		state->arg[0] = BPF_CORE_READ(task, mm, brk);
		break;
	}
}

static __always_inline int begin_call(const struct call_args *args, long id)
{
	struct task_struct *task = current_task();
	struct task_state *state = find_task(bpf_get_current_task());
	__u32 nr = (__u32)id, abi = ABI_NATIVE;
	struct stat_cell *cell;
	__u8 kind;

	if (!state) {
		sense(task);
		return 0;
	}
	if (bpf_core_field_exists(task->thread_info.status) &&
	    current_member(task, thread_info.status) & TS_COMPAT) {
		abi = ABI_IA32;
	} else if (nr & X32_BIT && (int)nr >= 0) {
		abi = ABI_X32;
		nr &= ~X32_BIT;
	}

	state->in_call = 0;
	if (nr < SYSCALL_MAX)
		kind = what[abi][nr & (SYSCALL_MAX - 1)];
	else
		kind = what_unknown ? WHAT_COUNTED : 0;
	if (state->from_exec) {
		if (!(kind & WHAT_EXEC))
			return 0;
		state->from_exec = 0;
	}
	if (!(kind & WHAT_COUNTED) || !enabled || !is_here())
		return 0;

	if (is_shared_row(abi, nr)) {
		struct row_key key = { .group = current_group(), .abi = abi, .nr = nr };

		cell = find_row(&key);
		if (!cell) {
			count(&missed.rows);
			return 0;
		}
		count(&cell->calls);
		state->group = key.group;
	} else {
		cell = bpf_map_lookup_elem(&cells, &nr);
		if (!cell)
			return 0;
		cell->calls++;
	}
	if (!with_times)
		return 0;

	state->nr = nr;
	state->abi = abi;
	state->what = kind;
	state->in_call = 1;
	if (kind & BYTES_MASK)
		note_args(state, args, task, abi);
	state->start_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(enter, struct pt_regs *regs, long id)
{
	struct call_args args = { .regs = regs };

	return begin_call(&args, id);
}

SEC("tracepoint/raw_syscalls/sys_enter")
int enter_by_event(struct enter_event *event)
{
	struct call_args args = { .event = event };

	return begin_call(&args, event->id);
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

/* Checked where it is used: verifiers before 5.11 forget the bounds of a number kept on the stack. */
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

/*
 * A call that a fatal signal breaks off comes to its end inside the kernel, but never returns: the
 * whole process is on its way out.
 */
static __always_inline bool is_broken_off(struct task_struct *task, long ret)
{
	if (ret != -EINTR && (ret > -ERESTARTSYS || ret < -ERESTART_RESTARTBLOCK))
		return 0;
	return BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT;
}

static __always_inline int end_call(long ret)
{
	struct task_struct *task = current_task();
	struct task_state *state = known_task(bpf_get_current_task());
	__u64 ns, bytes = 0;
	struct stat_cell *cell;
	__u64 *bucket;
	bool failed;

	/* A call that began before we looked is nobody's. */
	if (!state || !state->in_call)
		return 0;
	ns = bpf_ktime_get_ns() - state->start_ns;
	state->in_call = 0;
	failed = ret < 0 && ret >= -ERRNO_MAX;
	if (failed && is_broken_off(task, ret))
		return 0;
	if (failed) {
		if (with_errnos)
			count_errno(state, -ret);
	} else if ((state->what & BYTES_MASK) == BYTES_RETURNED) {
		bytes = ret;
	} else if (state->what & BYTES_MASK) {
		bytes = note_memory(state, task, ret);
	}

	if (is_shared_row(state->abi, state->nr)) {
		struct row_key row = { .group = state->group, .abi = state->abi, .nr = state->nr };

		cell = bpf_map_lookup_elem(&rows, &row);
		bucket = cell ? bucket_of(cell, ns) : 0;
		if (!cell || !bucket)
			return 0;
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
			return 0;
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
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(leave, struct pt_regs *regs, long ret)
{
	return end_call(ret);
}

SEC("tracepoint/raw_syscalls/sys_exit")
int leave_by_event(struct leave_event *event)
{
	return end_call(event->ret);
}

/* ---- Pages ---- */

static __always_inline bool counts_pages(unsigned int order)
{
	struct task_state *state;

	if (!enabled || !(orders >> (order & (ORDER_NR - 1)) & 1))
		return 0;
	if (scope == SCOPE_ALL)
		return !with_cpus || is_here();
	state = find_task(bpf_get_current_task());
	return state && !state->from_exec && is_here();
}

SEC("tp_btf/mm_page_alloc")
int BPF_PROG(page_allocated, struct page *page, unsigned int order)
{
	struct stat_memory *m;
	__u32 first = 0;

	if (!counts_pages(order))
		return 0;
	m = bpf_map_lookup_elem(&memory, &first);
	if (!m)
		return 0;
	if (page)
		m->pages_allocated[order & (ORDER_NR - 1)]++;
	else
		m->allocations_failed++;
	return 0;
}

SEC("tp_btf/mm_page_free")
int BPF_PROG(page_freed, struct page *page, unsigned int order)
{
	struct stat_memory *m;
	__u32 first = 0;

	if (!counts_pages(order))
		return 0;
	m = bpf_map_lookup_elem(&memory, &first);
	if (m)
		m->pages_freed[order & (ORDER_NR - 1)]++;
	return 0;
}
