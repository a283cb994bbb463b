// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/trace-filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#ifdef TRACE_NATIVE_ARCH

enum {
	/* Two for each call of each ABI, and what leads there. */
	FILTER_MAX = 2 * ABI_NR * SYSCALL_MAX + 16,
};

_Static_assert((int)FILTER_MAX <= BPF_MAXINSNS, "what the kernel takes");

static void emit(struct sock_fprog *program, struct sock_filter ins)
{
	program->filter[program->len++] = ins;
}

/* Calls of one ABI, once its numbers are in the accumulator: trace those of the set. */
static void emit_calls(struct sock_fprog *program, const uint8_t what[SYSCALL_MAX], uint32_t bit)
{
	for (uint32_t nr = 0; nr < SYSCALL_MAX; nr++) {
		if (!(what[nr] & WHAT_COUNTED))
			continue;
		emit(program,
		     (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr | bit, 0, 1));
		emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
	}
}

struct err *trace_filter_make(const struct syscall_set *set, struct sock_fprog *ret_program)
{
	const uint32_t arch = offsetof(struct seccomp_data, arch);
	const uint32_t nr = offsetof(struct seccomp_data, nr);
	struct sock_fprog *program = ret_program;
	size_t jump;

	*program = (struct sock_fprog){ .filter = calloc(FILTER_MAX, sizeof(*program->filter)) };
	if (!program->filter)
		return err_nomem();
	if (set->unknown) {
		emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
		return NULL;
	}
	emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arch));
	emit(program,
	     (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TRACE_NATIVE_ARCH, 1, 0));
	/* Conditional jumps reach 255 instructions, this one all. */
	jump = program->len;
	emit(program, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, nr));
	emit_calls(program, set->what[ABI_NATIVE], 0);
	emit_calls(program, set->what[ABI_X32], TRACE_X32_BIT);
	emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program->filter[jump].k = (uint32_t)(program->len - jump - 1);
	emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, nr));
	emit_calls(program, set->what[ABI_IA32], 0);
	emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	return NULL;
}

#endif
