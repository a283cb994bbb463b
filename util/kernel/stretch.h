/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stretch of equal structures that lie one behind the other in virtual memory, pinned in the
 * image: struct pages of Linux, struct page_infos of Xen. Read in place where they lie whole in one
 * piece; one that does not (sizes that do not divide the page size, images with odd offsets) is
 * gathered.
 */
#ifndef VMTOOL_KERNEL_STRETCH_H
#define VMTOOL_KERNEL_STRETCH_H

#include <stdint.h>

#include "util/kernel/vtop.h"
#include "util/mem/source.h"

enum { STRETCH_STRUCT_MAX = 512 };

/* All zeros before the first stretch_load(). */
struct stretch {
	struct mem_view view;
	const uint8_t *data;
	uint64_t first_vaddr;
	uint64_t structs_nr;
	uint8_t bounce[STRETCH_STRUCT_MAX];
};

void stretch_release(struct stretch *stretch);

/* The structure of @size bytes at @vaddr, NULL when it is not in the stretch. */
const uint8_t *stretch_at(const struct stretch *stretch, uint64_t vaddr, uint64_t size);

/*
 * Make @stretch hold the structure of @size bytes (1 to STRETCH_STRUCT_MAX) at @vaddr and up to
 * @structs_max - 1 behind it. On error it holds nothing.
 */
must_check struct err *stretch_load(struct stretch *stretch, const struct vtop *vtop, uint64_t size,
				    uint64_t vaddr, uint64_t structs_max, enum mem_access access);

#endif
