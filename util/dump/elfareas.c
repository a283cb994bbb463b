// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/elfareas.h"

#include "util/base/checked.h"

static bool continues(const struct memmap_range *a, const struct memmap_range *b)
{
	if (a->paddr + a->size != b->paddr)
		return false;
	return a->vaddr ? b->vaddr == a->vaddr + a->size : !b->vaddr;
}

bool elf_areas_next(struct elf_areas *areas)
{
	const struct memmap *map = areas->map;
	const struct memmap_range *range = &map->range[areas->next_range];
	const struct memmap_range *last = range;
	uint64_t page_size = UINT64_C(1) << areas->page_shift;
	struct elf_area *area = &areas->area;
	uint64_t first;

	if (areas->next_range == map->nr)
		return false;
	while (last + 1 < map->range + map->nr && continues(last, last + 1))
		last++;
	areas->next_range = (size_t)(last + 1 - map->range);

	first = MAX(range->paddr >> areas->page_shift, area->end);
	*area = (struct elf_area){
		.first = first,
		.end = MAX(div_round_up_u64(last->paddr + last->size, page_size), first),
		.paddr = range->paddr,
		.end_paddr = last->paddr + last->size,
		.vaddr = range->vaddr,
	};
	/* Not so much memory stands there, but the page is stored whole. */
	if (areas->next_range < map->nr &&
	    map->range[areas->next_range].paddr >> areas->page_shift < area->end)
		area->end_paddr = area->end << areas->page_shift;
	return true;
}

uint64_t elf_areas_nr(const struct elf_areas *areas)
{
	struct elf_areas walk = *areas;
	uint64_t nr = 0;

	while (elf_areas_next(&walk))
		nr++;
	return nr;
}

uint64_t elf_areas_highest(const struct elf_areas *areas)
{
	struct elf_areas walk = *areas;
	uint64_t highest = 0;

	while (elf_areas_next(&walk)) {
		uint64_t vaddr = walk.area.vaddr;
		uint64_t size = walk.area.end_paddr - walk.area.paddr;

		highest = MAX(highest, walk.area.end_paddr);
		/* Where it wraps around its end is not known to be low. */
		if (vaddr)
			highest = MAX(highest, vaddr + size > vaddr ? vaddr + size : UINT64_MAX);
	}
	return highest;
}
