/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is allocated right now: pages by frame number, objects by address. Memory follows the number
 * of live things, not of those ever seen.
 */
#ifndef VMTOOL_REPORT_LIVEMAP_H
#define VMTOOL_REPORT_LIVEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct live {
	uint64_t key;
	uint64_t time_ns; /* of the allocation */
	uint64_t bytes;
	union {
		uint64_t requested; /* of an object: bytes asked for */
		uint64_t block; /* of a part of an allocation of pages: page_analysis.block + 1 */
	};
	uint32_t row;  /* whose it is */
	uint16_t cpu;  /* of the allocation */
	uint8_t order; /* of a page */
	uint8_t mtype; /* likewise */
};

struct livemap {
	uint64_t *mark; /* of each slot: a key plus one; 0: free */
	uint32_t *index;
	size_t slots_nr;     /* a power of two, or 0 */
	struct live *live;   /* by index; those of no slot make a list of free ones by `row` */
	uint32_t first_free; /* with free_nr > 0 */
	size_t free_nr;
	size_t nr;
	unsigned int
		block_bits; /* keys that differ only in so many low bits are often neighbours */
};

#define LIVEMAP_INIT ((struct livemap){ .nr = 0 })

/* Of frame numbers; for addresses take LIVEMAP_INIT. */
#define LIVEMAP_OF_PAGES_INIT ((struct livemap){ .block_bits = 3 })

void livemap_release(struct livemap *map);
DEFINE_GUARD_INPLACE(livemap, struct livemap, livemap_release)

/*
 * live->bytes is not 0; a key of UINT64_MAX is never live. *ret_old is what was there under that
 * key, with bytes 0 if nothing was.
 */
must_check struct err *livemap_put(struct livemap *map, const struct live *live,
				   struct live *ret_old);

/* What is there under that key, until the map changes; NULL: nothing. */
const struct live *livemap_find(const struct livemap *map, uint64_t key);

/* False: nothing is there. */
bool livemap_take(struct livemap *map, uint64_t key, struct live *ret_live);

#endif
