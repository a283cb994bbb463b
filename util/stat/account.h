/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The books of sources that see each call themselves, kept as the BPF programs keep theirs
 * (bpf/books.bpf.h): the two are to come to the same numbers.
 */
#ifndef VMTOOL_STAT_ACCOUNT_H
#define VMTOOL_STAT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/stat/model.h"

/* A call between its beginning and its end. */
struct account_call {
	struct row_key key;
	uint8_t what; /* enum stat_bytes */
	uint64_t start_ns;
	uint64_t arg[6];
	uint64_t brk; /* BYTES_BRK: the break before it; 0: not known, so that nothing moves */
};

/* False: no memory, the call is counted as missed. */
bool account_begin(struct stat_table *table, const struct account_call *call);
void account_end(struct stat_table *table, const struct account_call *call, int64_t ret,
		 uint64_t end_ns);

#endif
