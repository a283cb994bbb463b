/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log of a dumped kernel: the lockless ring buffer of 5.10 and later
 * (kernel/printk/printk_ringbuffer.c), found and read with what VMCOREINFO says of its structures.
 * Needs page tables and nothing else: no memory map, no struct pages.
 */
#ifndef VMTOOL_KERNEL_PRINTK_H
#define VMTOOL_KERNEL_PRINTK_H

#include <stdint.h>

#include "util/base/str.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/vtop.h"

/* One message. The text is @len bytes, may hold newlines and anything else, and has no NUL. */
struct printk_record {
	uint64_t seq;
	uint64_t ts_nsec; /* since boot */
	const char *text;
	size_t len;
};

/* Return an error to stop. */
typedef struct err *printk_fn(void *ctx, const struct printk_record *record);

struct printk_summary {
	uint64_t records_nr;
	uint64_t lost_nr; /* that were there but could not be read */
};

/*
 * All messages, oldest first. ERR_NODATA or ERR_FORMAT: the ring buffer cannot be found; a single
 * message that cannot be read is counted in @summary and passed over.
 */
must_check struct err *printk_walk(const struct vtop *vtop, const struct vmcoreinfo *info,
				   printk_fn *fn, void *ctx, struct printk_summary *summary);

/*
 * The first message since the log was last cleared (dmesg -c). ERR_NODATA: this kernel does not
 * say.
 */
must_check struct err *printk_cleared_at(const struct vtop *vtop, const struct vmcoreinfo *info,
					 uint64_t *ret_seq);

/*
 * Append the message as dmesg prints it, "[    1.234567] text": each of its lines has the time in
 * front, and bytes that a terminal would act on are written as \x1b.
 */
void printk_format(struct str *out, const struct printk_record *record);

#endif
