/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log of a dumped kernel: the lockless ring buffer of 5.10 and later
 * (kernel/printk/printk_ringbuffer.c), found and read with what VMCOREINFO says of its structures.
 * Needs page tables and nothing else: no memory map, no struct pages.
 */
#ifndef VMTOOL_KERNEL_PRINTK_H
#define VMTOOL_KERNEL_PRINTK_H

#include <stdbool.h>
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

	/*
	 * Who wrote it: the CPU it was on where PRINTK_CALLER_CPU is set, else the thread's pid (0:
	 * the idle thread, and before there are others). Kept whether or not the kernel prints it
	 * itself (CONFIG_PRINTK_CALLER).
	 */
	bool caller_known;
	uint32_t caller;

	bool level_known;
	unsigned int level;    /* LOGLEVEL_*: 0 emergency to 7 debug */
	unsigned int facility; /* as of syslog(2): 0 is the kernel; others wrote to /dev/kmsg */
};

#define PRINTK_CALLER_CPU UINT32_C(0x80000000)

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

/* Where the log lies: descriptors, what is known of each message, texts. Errors as above. */
struct printk_place {
	uint64_t vaddr;
	uint64_t bytes;
};

enum { PRINTK_PLACES_NR = 3 };

must_check struct err *printk_places(const struct vtop *vtop, const struct vmcoreinfo *info,
				     struct printk_place ret_place[PRINTK_PLACES_NR]);

/*
 * The first message since the log was last cleared (dmesg -c). ERR_NODATA: this kernel does not
 * say.
 */
must_check struct err *printk_cleared_at(const struct vtop *vtop, const struct vmcoreinfo *info,
					 uint64_t *ret_seq);

/*
 * Append the message as dmesg prints it, "[    1.234567] text": each of its lines has the time in
 * front, and bytes that a terminal would act on are written as \x1b. With @callers as makedumpfile
 * 1.7.8 does, "[    1.234567] [      T1] text", where the caller is known.
 */
void printk_format(struct str *out, const struct printk_record *record, bool callers);

/* "[   27.030059] " */
void printk_format_time(struct str *out, uint64_t ts_nsec);

/* "T1", "C0" */
void printk_format_caller(struct str *out, const struct printk_record *record);

/* "err"; as dmesg(1) calls it. */
const char *printk_level_name(unsigned int level);

#endif
