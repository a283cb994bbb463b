/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User call stacks out of what a sample copied: registers and a piece of the stack, by the unwind
 * tables of the mapped files (.eh_frame, found through .eh_frame_hdr). libunwind does the work; the
 * only place that knows it. x86_64.
 *
 * Copied stacks are foreign bytes and so are the files: what libunwind reads goes through checks
 * here, and a stack has at most UNWIND_FRAMES_MAX frames.
 */
#ifndef VMTOOL_SYMBOL_UNWIND_H
#define VMTOOL_SYMBOL_UNWIND_H

#include <stddef.h>
#include <stdint.h>

#include "util/symbol/space.h"

enum { UNWIND_FRAMES_MAX = 127 };

/* A sample's; loaded with load_u64(). */
struct unwind_state {
	uint32_t pid;
	const uint8_t *regs;  /* u64 for each bit of regs_mask, lowest first */
	uint64_t regs_mask;   /* PERF_REG_X86_* */
	const uint8_t *stack; /* what lay at the stack pointer */
	size_t stack_len;
};

struct unwinder;

/* ERR_UNSUPPORTED: built without libunwind. */
must_check struct err *unwinder_new(struct spaces *spaces, struct unwinder **ret_unwinder);
void unwinder_free(struct unwinder *unwinder);
DEFINE_GUARD(unwinder, struct unwinder *, unwinder_free)

/*
 * Addresses from the innermost out; those of callers lie inside the call, one byte before where it
 * returns to. *ret_nr is at least 1 when the registers hold an instruction pointer.
 */
void unwind(struct unwinder *unwinder, const struct unwind_state *state,
	    uint64_t address[UNWIND_FRAMES_MAX], size_t *ret_nr);

#endif
