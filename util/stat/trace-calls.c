// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/trace-calls.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "util/base/clock.h"
#include "util/stat/proc.h"
#include "util/stat/trace-filter.h"

#ifdef TRACE_NATIVE_ARCH

enum {
	/*
	 * How a call asks to be begun again, the first and the last way: the kernel's
	 * linux/errno.h.
	 */
	ERESTARTSYS = 512,
	ERESTART_RESTARTBLOCK = 516,
};

static uint64_t group_number(const struct trace_books *books, const struct tracee *tracee)
{
	if (books->request->group == GROUP_THREAD)
		return (uint64_t)tracee->tid;
	if (books->request->group == GROUP_PROCESS)
		return (uint64_t)tracee->tgid;
	return 0;
}

static uint64_t group_of(struct trace_books *books, const struct tracee *tracee)
{
	uint64_t group = group_number(books, tracee);
	struct group_name name = { .tgid = (uint32_t)tracee->tgid };

	if (!group || stat_table_name(&books->table, group))
		return group;
	if (proc_comm(tracee->tid, name.comm)) {
		autoerr struct err *err = stat_table_add_name(&books->table, group, &name);

		/* Without memory it has none. */
		(void)err;
	}
	return group;
}

void trace_exec(struct trace_books *books, const struct tracee *tracee)
{
	uint64_t group = group_number(books, tracee);
	char comm[16];

	if (!group || !proc_comm(tracee->tid, comm))
		return;
	pthread_mutex_lock(&books->lock);
	stat_table_rename(&books->table, group, comm);
	pthread_mutex_unlock(&books->lock);
}

bool trace_asks_to_restart(int64_t ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK;
}

static void note_end(struct trace_books *books, const struct tracee *tracee, int64_t ret,
		     uint64_t end_ns)
{
	pthread_mutex_lock(&books->lock);
	account_end(&books->table, &tracee->call, ret, end_ns);
	pthread_mutex_unlock(&books->lock);
}

void trace_end(struct trace_books *books, struct tracee *tracee, int64_t ret, uint64_t end_ns)
{
	if (!tracee->in_call)
		return;
	tracee->in_call = false;
	tracee->broken_off = !(tracee->call.what & WHAT_RESTORES) &&
			     (ret == -EINTR || trace_asks_to_restart(ret));
	tracee->broken_ret = ret;
	tracee->broken_ns = end_ns;
	if (!tracee->broken_off)
		note_end(books, tracee, ret, end_ns);
}

/* The call was broken off and that was its end. */
static void settle(struct trace_books *books, struct tracee *tracee)
{
	tracee->broken_off = false;
	note_end(books, tracee, tracee->broken_ret, tracee->broken_ns);
}

static bool is_x32(uint32_t nr)
{
#if defined(__x86_64__)
	return nr & TRACE_X32_BIT && (int32_t)nr >= 0;
#else
	(void)nr;
	return false;
#endif
}

/* The arguments of the first mmap of i386 lie in memory: struct mmap_arg_struct of the kernel. */
static void read_old_mmap(pid_t tid, struct account_call *call)
{
	struct {
		uint32_t addr, len, prot, flags;
	} args;
	struct iovec to = { .iov_base = &args, .iov_len = sizeof(args) };
	/* No pointer of ours. */
	struct iovec from = { .iov_base = (void *)(uintptr_t)(uint32_t)call->arg[0],
			      .iov_len = sizeof(args) };

	call->what &= (uint8_t)~BYTES_MASK;
	if (process_vm_readv(tid, &to, 1, &from, 1, 0) != sizeof(args))
		return;
	call->what |= BYTES_MMAP;
	call->arg[1] = args.len;
	call->arg[3] = args.flags;
}

bool trace_begin(struct trace_books *books, struct tracee *tracee, uint32_t arch, uint64_t number,
		 const uint64_t args[6])
{
	const struct syscall_set *set = &books->request->syscalls;
	struct account_call *call = &tracee->call;
	uint32_t nr = (uint32_t)number;

	tracee->in_call = false;
	if (!tracee->counted)
		return false;
	if (tracee->broken_off) {
		/* The same one goes on. */
		if (trace_asks_to_restart(tracee->broken_ret) &&
		    ((uint32_t)number == call->key.nr || (uint32_t)number == SYS_restart_syscall)) {
			tracee->broken_off = false;
			tracee->in_call = true;
			return true;
		}
		settle(books, tracee);
	}
	*call = (struct account_call){ .key.abi = ABI_NATIVE };
	if (arch != TRACE_NATIVE_ARCH) {
		call->key.abi = ABI_IA32;
	} else if (is_x32(nr)) {
		call->key.abi = ABI_X32;
		nr &= ~(uint32_t)TRACE_X32_BIT;
	}
	call->key.nr = nr;
	if (nr < SYSCALL_MAX)
		call->what = set->what[call->key.abi][nr];
	else if (set->unknown)
		call->what = WHAT_COUNTED;
	if (!(call->what & WHAT_COUNTED))
		return false;

	memcpy(call->arg, args, sizeof(call->arg));
	if ((call->what & BYTES_MASK) == BYTES_BRK)
		call->brk = proc_brk(tracee->tid);
	else if ((call->what & BYTES_MASK) == BYTES_OLD_MMAP)
		read_old_mmap(tracee->tid, call);
	pthread_mutex_lock(&books->lock);
	if (books->enabled) {
		call->key.group = group_of(books, tracee);
		tracee->in_call = account_begin(&books->table, call);
	}
	pthread_mutex_unlock(&books->lock);
	call->start_ns = clock_now_ns();
	return true;
}

/* What a signal does to a process; signal(7). */
enum effect { IS_IGNORED, IS_CAUGHT, STOPS, ENDS };

static enum effect effect_of(pid_t tid, int sig)
{
	switch (sig) {
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return STOPS;
	default:
		break;
	}
	if (proc_has_signal(tid, "SigCgt", sig))
		return IS_CAUGHT;
	if (sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT ||
	    proc_has_signal(tid, "SigIgn", sig))
		return IS_IGNORED;
	return ENDS;
}

void trace_signal(struct trace_books *books, struct tracee *tracee, int sig)
{
	enum effect effect;

	if (!tracee->broken_off)
		return;
	effect = effect_of(tracee->tid, sig);
	if (effect == ENDS)
		/* The call does not return. */
		tracee->broken_off = false;
	else if (effect != IS_IGNORED || !trace_asks_to_restart(tracee->broken_ret))
		settle(books, tracee);
}

#endif
