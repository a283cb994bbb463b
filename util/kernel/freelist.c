// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/freelist.h"

#include <inttypes.h>

#include "util/base/checked.h"

enum {
	POINTER_BYTES = 8,
	NODES_MAX = 1024, /* MAX_NUMNODES: NODES_SHIFT is at most 10 */
	ZONES_MAX = 8,	  /* MAX_NR_ZONES */
	TYPES_MAX = 16,	  /* MIGRATE_TYPES */
	STRUCT_MAX = 1 << 20,
};

struct walk {
	struct kernel *kernel;
	freelist_fn *fn;
	void *ctx;
	struct freelist_summary *summary;
	uint64_t blocks_max;   /* more than there are page frames: the lists go round */
	uint64_t first_struct; /* the struct page of page frame 0, by the last section looked at */

	uint64_t zone_size, area_size;
	uint64_t zones, zones_nr, free_area, free_list, lru;
	uint64_t types_nr;
};

static struct err *read_word(const struct walk *walk, uint64_t vaddr, uint64_t *ret_value)
{
	uint8_t bytes[POINTER_BYTES];
	struct err *e = vtop_read(&walk->kernel->vtop, vaddr, bytes, sizeof(bytes));

	if (!e)
		*ret_value = load_u64(bytes, walk->kernel->vtop.order);
	return e;
}

static struct err *learn(struct walk *walk)
{
	const struct {
		const char *key;
		uint64_t *value;
	} facts[] = {
		{ "SIZE(zone)", &walk->zone_size },
		{ "SIZE(free_area)", &walk->area_size },
		{ "OFFSET(pglist_data.node_zones)", &walk->zones },
		{ "OFFSET(pglist_data.nr_zones)", &walk->zones_nr },
		{ "OFFSET(zone.free_area)", &walk->free_area },
		{ "OFFSET(free_area.free_list)", &walk->free_list },
		{ "OFFSET(page.lru)", &walk->lru },
		{ "LENGTH(free_area.free_list)", &walk->types_nr },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		struct err *e =
			layout_unsigned(&walk->kernel->layout, facts[i].key, facts[i].value);

		if (e)
			return e;
		if (*facts[i].value > STRUCT_MAX)
			return err_new(ERR_FORMAT, "VMCOREINFO %s has the absurd value %llu",
				       facts[i].key, (unsigned long long)*facts[i].value);
	}
	if (walk->types_nr > TYPES_MAX)
		return err_new(ERR_FORMAT, "there are said to be %llu migrate types",
			       (unsigned long long)walk->types_nr);
	return NULL;
}

/* Is the struct page at @vaddr one of the section that @pfn is in? Then which one. */
static bool is_of_section(struct walk *walk, uint64_t vaddr, uint64_t pfn, uint64_t *ret_pfn)
{
	const struct memsections *sections = &walk->kernel->sections;
	uint64_t size = walk->kernel->rules.page_struct_size;
	uint64_t section_pages = memsections_pages_per_section(sections);
	uint64_t first = pfn & ~(section_pages - 1);
	uint64_t mem_map;
	struct err *e = memsections_mem_map(sections, first, &mem_map);

	if (e) {
		err_free(e);
		return false;
	}
	walk->first_struct = mem_map - first * size;
	if (vaddr < mem_map || vaddr - mem_map >= section_pages * size || (vaddr - mem_map) % size)
		return false;
	*ret_pfn = first + (vaddr - mem_map) / size;
	return true;
}

/*
 * The page frame whose struct page is at @vaddr; false when it is none. Mostly struct pages are one
 * array, of which any section tells the beginning: not all sections need to be looked at.
 */
static bool pfn_of(struct walk *walk, uint64_t vaddr, uint64_t *ret_pfn)
{
	const struct kernel *kernel = walk->kernel;
	const struct memmap *map = &kernel->image->memmap;
	uint64_t section_pages = memsections_pages_per_section(&kernel->sections);
	uint64_t guess = (vaddr - walk->first_struct) / kernel->rules.page_struct_size;

	if (guess < walk->blocks_max && is_of_section(walk, vaddr, guess, ret_pfn))
		return true;
	for (size_t i = 0; i < map->nr; i++) {
		uint64_t pfn = map->range[i].paddr >> kernel->page_shift;
		uint64_t end = div_round_up_u64(map->range[i].paddr + map->range[i].size,
						kernel->page_size);

		for (pfn &= ~(section_pages - 1); pfn < end; pfn += section_pages)
			if (is_of_section(walk, vaddr, pfn, ret_pfn))
				return true;
	}
	return false;
}

/* Is the struct page at @vaddr a free block of the order? */
static struct err *is_block(const struct walk *walk, uint64_t vaddr, const struct free_block *block,
			    bool *ret_is)
{
	uint8_t page[PAGE_STRUCT_MAX];
	uint64_t count;
	struct err *e = vtop_read(&walk->kernel->vtop, vaddr, page,
				  (size_t)walk->kernel->rules.page_struct_size);

	if (e)
		return e;
	*ret_is =
		page_classify(&walk->kernel->rules, page, NULL, block->pfn, &count) == PAGE_FREE &&
		count == UINT64_C(1) << block->order;
	return NULL;
}

/* One list: from its head through the page.lru of each block back to its head. */
static struct err *walk_list(struct walk *walk, uint64_t head, struct free_block *block)
{
	uint64_t entry;
	struct err *e = read_word(walk, head, &entry);

	while (!e && entry != head) {
		uint64_t page = entry - walk->lru;
		bool is = false;

		if (walk->summary->blocks_nr >= walk->blocks_max ||
		    !pfn_of(walk, page, &block->pfn))
			break;
		e = is_block(walk, page, block, &is);
		if (e || !is)
			break;
		walk->summary->blocks_nr++;
		e = walk->fn(walk->ctx, block);
		if (e)
			return e;
		e = read_word(walk, entry, &entry);
	}
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	walk->summary->broken_nr += e || entry != head;
	err_free(e);
	return NULL;
}

static struct err *walk_zone(struct walk *walk, uint64_t zone, struct free_block *block)
{
	for (unsigned int order = walk->kernel->rules.orders_nr; order-- > 0;) {
		uint64_t area = zone + walk->free_area + order * walk->area_size;

		block->order = order;
		for (block->migrate_type = 0; block->migrate_type < walk->types_nr;
		     block->migrate_type++) {
			uint64_t head = area + walk->free_list +
					(uint64_t)block->migrate_type * 2 * POINTER_BYTES;
			struct err *e = walk_list(walk, head, block);

			if (e)
				return e;
		}
	}
	return NULL;
}

static struct err *walk_node(struct walk *walk, uint64_t pgdat, struct free_block *block)
{
	uint8_t bytes[4];
	uint32_t zones_nr;
	struct err *e =
		vtop_read(&walk->kernel->vtop, pgdat + walk->zones_nr, bytes, sizeof(bytes));

	if (e)
		return err_wrap(e, "node %u", block->node);
	zones_nr = load_u32(bytes, walk->kernel->vtop.order);
	if (zones_nr > ZONES_MAX)
		return err_new(ERR_FORMAT, "node %u is said to have %u zones", block->node,
			       zones_nr);
	for (block->zone = 0; block->zone < zones_nr; block->zone++) {
		e = walk_zone(walk, pgdat + walk->zones + block->zone * walk->zone_size, block);
		if (e)
			return e;
	}
	return NULL;
}

/*
 * The array of nodes. Not every architecture names it in VMCOREINFO; kallsyms then know it, and the
 * number of its elements that count.
 */
static struct err *find_nodes(const struct walk *walk, uint64_t *ret_vaddr, uint64_t *ret_nr)
{
	struct layout *layout = &walk->kernel->layout;
	const uint64_t *symbol = layout->symbol;
	uint8_t bytes[4];
	struct err *e = vmcoreinfo_symbol(layout->info, "node_data", ret_vaddr);

	if (!e)
		return layout_unsigned(layout, "LENGTH(node_data)", ret_nr);
	if (err_code(e) != ERR_NODATA || !symbol[SYMBOL_NODE_DATA] || !symbol[SYMBOL_NR_NODE_IDS])
		return e;
	err_free(e);
	e = vtop_read(&walk->kernel->vtop, symbol[SYMBOL_NR_NODE_IDS], bytes, sizeof(bytes));
	if (e)
		return err_wrap(e, "nr_node_ids");
	*ret_vaddr = symbol[SYMBOL_NODE_DATA];
	*ret_nr = load_u32(bytes, walk->kernel->vtop.order);
	return NULL;
}

static struct err *walk_nodes(struct walk *walk)
{
	struct free_block block = { .node = 0 };
	uint64_t node_data;
	uint64_t nodes_nr = 0;
	uint64_t pgdat;
	bool found = false;
	struct err *e = find_nodes(walk, &node_data, &nodes_nr);

	if (e && err_code(e) == ERR_NODATA &&
	    vmcoreinfo_text(walk->kernel->info, "SYMBOL(contig_page_data)")) {
		/* A kernel without NUMA. */
		err_free(e);
		e = vmcoreinfo_symbol(walk->kernel->info, "contig_page_data", &pgdat);
		return e ? e : walk_node(walk, pgdat, &block);
	}
	if (e)
		return e;
	for (; block.node < MIN(nodes_nr, (uint64_t)NODES_MAX); block.node++) {
		e = read_word(walk, node_data + (uint64_t)block.node * POINTER_BYTES, &pgdat);
		if (!e && pgdat)
			e = walk_node(walk, pgdat, &block);
		if (e)
			return e;
		found |= pgdat != 0;
	}
	return found ? NULL : err_new(ERR_NODATA, "node_data names no memory node");
}

struct err *freelist_walk(struct kernel *kernel, freelist_fn *fn, void *ctx,
			  struct freelist_summary *summary)
{
	struct walk walk = {
		.kernel = kernel,
		.fn = fn,
		.ctx = ctx,
		.summary = summary,
		.blocks_max = memmap_end(&kernel->image->memmap) >> kernel->page_shift,
	};
	struct err *e;

	*summary = (struct freelist_summary){ .blocks_nr = 0 };
	if (!kernel->rules.free_known)
		return err_new(ERR_NODATA, "free blocks cannot be told");
	e = learn(&walk);
	return e ? e : walk_nodes(&walk);
}

void freelist_remark(const struct freelist_summary *summary, struct notes *notes)
{
	if (summary->broken_nr)
		notes_add(notes,
			  "%" PRIu64 " free lists do not come back to where they start: the crash "
			  "cut them, or the image did",
			  summary->broken_nr);
}
