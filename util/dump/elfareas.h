/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of an image as an ELF file describes it: areas without a gap, in page frames and in
 * bytes. Knows nothing of what of it is stored.
 */
#ifndef VMTOOL_DUMP_ELFAREAS_H
#define VMTOOL_DUMP_ELFAREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/mem/memmap.h"

/* Memory without a gap, and with virtual addresses without a gap if it has any. */
struct elf_area {
	uint64_t first; /* pfn */
	uint64_t end;
	uint64_t paddr;
	uint64_t end_paddr;
	uint64_t vaddr; /* of paddr; 0: none */
};

/* A walk over them; the map is borrowed. */
struct elf_areas {
	const struct memmap *map;
	unsigned int page_shift;
	size_t next_range; /* behind the area */
	struct elf_area area;
};

/*
 * To the next one: false behind the last, and the area stays. A page that two areas share belongs
 * to the first of them.
 */
bool elf_areas_next(struct elf_areas *areas);

/* How many there are, for a walk that has not begun. */
uint64_t elf_areas_nr(const struct elf_areas *areas);

/* The highest number in a description of them: an address, one past it, or a size. */
uint64_t elf_areas_highest(const struct elf_areas *areas);

#endif
