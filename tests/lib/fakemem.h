/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory made up by a test, as a mem_source: a few ranges with bytes behind them, anywhere
 * in the 64-bit space, and addresses where reading fails. What is nowhere is ERR_NODATA.
 */
#ifndef VMTOOL_TESTS_LIB_FAKEMEM_H
#define VMTOOL_TESTS_LIB_FAKEMEM_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/base/err.h"
#include "util/mem/source.h"

enum { FAKEMEM_RANGES_MAX = 16 };

struct fakemem_range {
	uint64_t paddr;
	uint64_t size;
	uint8_t *bytes; /* NULL: reading here fails */
	enum err_code code;
};

struct fakemem {
	struct mem_source source;
	enum byte_order order; /* of fakemem_put64(); fakemem_init() makes it ORDER_LITTLE */
	struct fakemem_range
		range[FAKEMEM_RANGES_MAX]; /* of two that overlap the later one counts */
	size_t ranges_nr;
	size_t view_bytes_max; /* views are no longer, and do not cross a multiple of it; 0: no limit */
	uint64_t views_nr;     /* taken so far */
};

void fakemem_init(struct fakemem *mem);
void fakemem_release(struct fakemem *mem);

/* Zeros. The test ends here when there is no memory for them. */
void fakemem_add(struct fakemem *mem, uint64_t paddr, uint64_t size);

/* Reading in [paddr, paddr + size) fails with @code. */
void fakemem_break(struct fakemem *mem, uint64_t paddr, uint64_t size, enum err_code code);

/* The bytes at @paddr, which must have been added. */
uint8_t *fakemem_at(struct fakemem *mem, uint64_t paddr);

/* In the memory's byte order. */
void fakemem_put64(struct fakemem *mem, uint64_t paddr, uint64_t value);

#endif
