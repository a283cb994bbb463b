/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record of a ring or a perf.data file, taken apart as its event's attribute says
 * (perf_event_open(2), struct perf_event_attr.sample_type; order of fields in the kernel's
 * perf_output_sample() and perf_event__output_id_sample()).
 *
 * Nothing is copied: pointers lead into the record. All lengths are checked against the record
 * before they are believed. Little-endian.
 */
#ifndef VMTOOL_EVENT_SAMPLE_H
#define VMTOOL_EVENT_SAMPLE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/base/err.h"

/* What of an attribute decides how its records look. */
struct sample_layout {
	uint64_t sample_type; /* PERF_SAMPLE_* */
	uint64_t read_format; /* PERF_FORMAT_* */
	uint64_t branch_type; /* attr.branch_sample_type */
	uint64_t regs_user;   /* attr.sample_regs_user */
	uint64_t regs_intr;   /* attr.sample_regs_intr */
	bool id_all;	      /* attr.sample_id_all: the other records have a trailer */
};

/* Values of the fields the layout has; the others are as sample_init() leaves them. */
struct sample {
	uint64_t id; /* of the event: from IDENTIFIER or ID */
	uint64_t ip;
	uint32_t pid; /* SAMPLE_NONE_U32: not recorded */
	uint32_t tid;
	uint64_t time_ns; /* in the file's clock */
	uint64_t addr;
	uint64_t stream_id;
	uint32_t cpu;
	uint64_t period; /* 0: not recorded, the attribute's fixed one */
	uint64_t cgroup_id;

	/* Addresses and PERF_CONTEXT_* marks, innermost first; load with load_u64(). */
	const uint8_t *chain;
	size_t chain_nr;

	const uint8_t *raw; /* a tracepoint's fields, as its format file lays them out */
	size_t raw_len;

	uint64_t user_abi;	  /* PERF_SAMPLE_REGS_ABI_*; NONE: no registers */
	const uint8_t *user_regs; /* u64 for each bit of regs_user, lowest bit first */
	size_t user_regs_nr;
	const uint8_t *user_stack; /* what lay at the stack pointer */
	size_t user_stack_len;	   /* of it, filled by the kernel */
};

#define SAMPLE_NONE_U32 UINT32_MAX
#define SAMPLE_NONE_U64 UINT64_MAX

static inline uint64_t sample_chain_at(const struct sample *sample, size_t i)
{
	return load_u64(sample->chain + 8 * i, ORDER_LITTLE);
}

/* Marks of a chain, not addresses: everything above this one (PERF_CONTEXT_MAX). */
static inline bool sample_chain_is_mark(uint64_t value)
{
	return value >= (uint64_t)PERF_CONTEXT_MAX;
}

/* Of an attribute as the kernel has it; zeros where an old file has fewer fields. */
struct sample_layout sample_layout(const struct perf_event_attr *attr);

/*
 * A PERF_RECORD_SAMPLE of @len bytes with its header. ERR_FORMAT: it ends before its fields do.
 * ERR_UNSUPPORTED: sample_type has bits we do not know.
 */
must_check struct err *sample_decode(const struct sample_layout *layout, const uint8_t *record,
				     size_t len, struct sample *ret_sample);

/*
 * Where in a record the event's id lies, counted from its start (samples) or back from its end
 * (trailers); 0: not there. Files with several attributes need it before they know the layout;
 * the same for all attributes where IDENTIFIER is used.
 */
size_t sample_id_offset(const struct sample_layout *layout);
size_t sample_trailer_id_offset(const struct sample_layout *layout);

#endif
