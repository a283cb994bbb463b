// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts system calls and page allocations where they happen. Loaded by source-bpf.c, which fills
 * in the settings (state.bpf.h) before the kernel checks the programs: what is not asked for is no
 * code. Here are the programs; what they write down is in books.bpf.h, whom they follow in
 * tasks.bpf.h.
 *
 * The programs attach to BTF-typed raw tracepoints, so the kernel's verifier holds the arguments to
 * their types. Where those of system calls can be preempted (sense()), the programs of calls attach
 * to the events of the same names instead.
 */
#include "util/stat/bpf/books.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* ---- Tasks ---- */

/*
 * The word that frees a task does not reach its program every time (seen on a 6.18 with more to do
 * than it could, after one death in some 10,000, where no program had run inside another). Whoever
 * lives at that address next would be taken for one of ours, so nobody begins with a state.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(forked, struct task_struct *parent, struct task_struct *child)
{
	struct task_state *state;
	__u64 key;

	if (number_of(&key, &ctx[1]))
		return 0;
	forget_task(key);
	/* Those that are met when they act need no word of their birth. */
	if (!inherit || scope == SCOPE_ALL || scope == SCOPE_CGROUP)
		return 0;
	state = find_task(bpf_get_current_task());
	if (state && !state->from_exec)
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
	__u64 key;

	if (!number_of(&key, &ctx[0]))
		forget_task(key);
	return 0;
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
 * a task can be preempted within a program of a system call, and until it goes on those of all
 * other tasks on that CPU are not counted. What the kernel does since then is to keep the task on
 * its CPU, which can be seen. Programs on events are not preempted (commit 16718274ee75), but cost
 * more.
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

/* The arguments of the first mmap of i386 lie in memory: struct mmap_arg_struct of the kernel. */
static __always_inline void note_old_mmap(struct task_state *state, __u64 address)
{
	struct {
		__u32 addr, len, prot, flags;
	} args;

	/* What cannot be read is not invented; the call fails as well, or has it swapped in. */
	state->what = WHAT_COUNTED;
	if (bpf_probe_read_user(&args, sizeof(args), (void *)address))
		return;
	state->what |= BYTES_MMAP;
	state->arg[0] = args.len;
	state->arg[1] = args.flags;
}

static __always_inline void note_args(struct task_state *state, const struct call_args *args,
				      struct task_struct *task, __u32 abi)
{
	switch (state->what & BYTES_MASK) {
	case BYTES_MMAP:
		state->arg[0] = arg(args, abi, 1);
		state->arg[1] = arg(args, abi, 3);
		break;
	case BYTES_OLD_MMAP:
		note_old_mmap(state, arg(args, abi, 0));
		break;
	case BYTES_MREMAP:
		/* With that flag the old mapping stays: all of the new one is added. */
		state->arg[0] = arg(args, abi, 3) & MREMAP_DONTUNMAP ? 0 : arg(args, abi, 1);
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

/*
 * A call that a signal breaks off comes to its end inside the kernel, but does not return if the
 * signal is fatal. Which it is, is not known yet: the task takes it on its way out. If it makes
 * another call it lives, and the call has returned; the same one begun again counts as another.
 */
static __always_inline bool is_broken_off(long ret)
{
	return ret == -EINTR || (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

/* Apart from the programs, which seldom come here. */
static __noinline int settle(struct task_state *state)
{
	if (with_errnos)
		count_errno(state, state->arg[0]);
	note_end(state, state->start_ns, 1, 0);
	return 0;
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

	if (state->phase == BROKEN_OFF)
		settle(state);
	state->phase = OUTSIDE;
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
	state->phase = INSIDE;
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

static __always_inline int end_call(long ret)
{
	struct task_struct *task = current_task();
	struct task_state *state = known_task(bpf_get_current_task());
	__u64 ns, bytes = 0;
	bool failed;

	/* A call that began before we looked is nobody's. */
	if (!state || state->phase != INSIDE)
		return 0;
	ns = bpf_ktime_get_ns() - state->start_ns;
	failed = ret < 0 && ret >= -ERRNO_MAX && !(state->what & WHAT_RESTORES);
	if (failed && is_broken_off(ret)) {
		state->phase = BROKEN_OFF;
		state->start_ns = ns;
		state->arg[0] = -ret;
		return 0;
	}
	state->phase = OUTSIDE;
	if (failed) {
		if (with_errnos)
			count_errno(state, -ret);
	} else if ((state->what & BYTES_MASK) == BYTES_RETURNED) {
		bytes = ret;
	} else if (state->what & BYTES_MASK) {
		bytes = note_memory(state, task, ret);
	}
	note_end(state, ns, failed, bytes);
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
	/*
	 * NULL when there was none to be had, which kernels 6.4 to 6.12 do not know of this
	 * argument: they take a comparison with NULL for always false, and this one for what it is.
	 */
	if ((__u64)page >= NO_POINTER_BELOW)
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
