// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/selfcheck.h"

#include "util/base/checked.h"

enum {
	RANGES_TRIED_MAX = 64,

	/*
	 * Free blocks are looked for in so many places, spread over all memory, and in so many
	 * struct pages from there on; of so many blocks at most, and at least.
	 */
	PLACES_NR = 128,
	PLACE_STRUCTS_MAX = 64,
	PLACE_ALIGN = 1024, /* where large blocks begin */
	BLOCKS_MAX = 64,
	BLOCKS_MIN = 8,
};

/*
 * A mem_section that leads nowhere would keep every page one by one: some of the first ranges of
 * memory must have a struct page.
 */
struct err *selfcheck_sections(const struct kernel *kernel)
{
	const struct memmap *map = &kernel->image->memmap;
	struct err *first = NULL;

	for (size_t i = 0; i < MIN(map->nr, (size_t)RANGES_TRIED_MAX); i++) {
		uint8_t page[PAGE_STRUCT_MAX];
		uint64_t vaddr;
		struct err *e = memsections_mem_map(
			&kernel->sections, map->range[i].paddr >> kernel->page_shift, &vaddr);

		if (!e)
			e = vtop_read(&kernel->vtop, vaddr, page, kernel->rules.page_struct_size);
		if (!e) {
			err_free(first);
			return NULL;
		}
		if (first)
			err_free(e);
		else
			first = e;
	}
	return err_wrap(first, "struct pages cannot be found");
}

/* The struct page of @pfn, copied to @page. */
static struct err *read_struct_page(const struct kernel *kernel, uint64_t pfn, uint8_t *page)
{
	uint64_t in_section = pfn & (memsections_pages_per_section(&kernel->sections) - 1);
	uint64_t vaddr;
	struct err *e = memsections_mem_map(&kernel->sections, pfn, &vaddr);

	if (e)
		return e;
	return vtop_read(&kernel->vtop, vaddr + in_section * kernel->rules.page_struct_size, page,
			 (size_t)kernel->rules.page_struct_size);
}

/*
 * Would a dump leave the page frame out for what its struct page says? Not if that cannot be read.
 */
static struct err *is_left_out(const struct kernel *kernel, uint64_t pfn, bool *ret_left_out)
{
	uint8_t page[PAGE_STRUCT_MAX];
	uint64_t count;
	struct err *e = read_struct_page(kernel, pfn, page);

	*ret_left_out = false;
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (e) {
		err_free(e);
		return NULL;
	}

	switch (page_classify(&kernel->rules, page, NULL, pfn, &count)) {
	case PAGE_KERNEL:
	case PAGE_SLAB:
	case PAGE_TYPED:
	case PAGE_UNKNOWN:
		*ret_left_out = page_is_poisoned(&kernel->rules, page);
		return NULL;
	default:
		*ret_left_out = true;
		return NULL;
	}
}

/*
 * Pages in which the kernel's own data has been read just now are in use by the kernel. Rules that
 * say something else of them are wrong about others too: a number in VMCOREINFO is not what it was.
 */
struct err *selfcheck_rules(struct kernel *kernel)
{
	uint64_t vaddrs[] = { kernel->sections.roots_vaddr, 0 };
	uint64_t paddrs[ARRAY_SIZE(vaddrs) + 1] = { kernel->vtop.top_table_paddr };
	struct err *e = layout_init_uts_ns(&kernel->layout, &vaddrs[1]);

	for (size_t i = 0; !e && i < ARRAY_SIZE(vaddrs); i++) {
		uint64_t run_bytes;

		e = vtop_translate(&kernel->vtop, vaddrs[i], &paddrs[i + 1], &run_bytes);
	}
	for (size_t i = 0; !e && i < ARRAY_SIZE(paddrs); i++) {
		bool left_out;

		e = is_left_out(kernel, paddrs[i] >> kernel->page_shift, &left_out);
		if (!e && left_out)
			e = err_new(ERR_FORMAT,
				    "struct pages are not what VMCOREINFO says: the kernel's own "
				    "page frame %#llx would be left out",
				    (unsigned long long)(paddrs[i] >> kernel->page_shift));
	}
	return e;
}

/* Free blocks that were looked into, and in how many of them something is in use. */
struct free_sample {
	uint64_t refcount_offset;
	uint64_t next_pfn; /* before that all has been looked at that is */
	unsigned int blocks_nr;
	unsigned int in_use_nr;
};

/* Neither free nor in use: what the page frames in a free block look like, but for the first. */
static struct err *is_in_use(const struct kernel *kernel, const struct free_sample *sample,
			     uint64_t pfn, bool *ret_in_use)
{
	const struct page_rules *rules = &kernel->rules;
	uint8_t page[PAGE_STRUCT_MAX];
	uint64_t head;
	uint64_t count;
	struct err *e = read_struct_page(kernel, pfn, page);

	*ret_in_use = false;
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (!e)
		*ret_in_use = load_u32(page + sample->refcount_offset, rules->order) != 0 ||
			      page_is_tail(rules, page, 0, &head) ||
			      page_classify(rules, page, NULL, pfn, &count) != PAGE_KERNEL;
	err_free(e);
	return NULL;
}

/* The second page frame of the block, the one in the middle, and the last. */
static struct err *look_into_block(const struct kernel *kernel, struct free_sample *sample,
				   uint64_t pfn, uint64_t count)
{
	const uint64_t inside[] = { 1, count / 2, count - 1 };
	bool in_use = false;

	for (size_t i = 0; i < ARRAY_SIZE(inside) && !in_use; i++) {
		struct err *e = is_in_use(kernel, sample, pfn + inside[i], &in_use);

		if (e)
			return e;
	}
	sample->blocks_nr++;
	sample->in_use_nr += in_use;
	return NULL;
}

/* Some struct pages from that of @pfn on, and what is in the free blocks among them. */
static struct err *look_around(const struct kernel *kernel, struct free_sample *sample,
			       uint64_t pfn, uint64_t end)
{
	for (unsigned int n = 0; n < PLACE_STRUCTS_MAX && pfn < end; n++) {
		uint8_t page[PAGE_STRUCT_MAX];
		uint64_t count = 1;
		struct err *e = read_struct_page(kernel, pfn, page);

		if (!e && page_classify(&kernel->rules, page, NULL, pfn, &count) == PAGE_FREE &&
		    count > 1 && count <= end - pfn)
			e = look_into_block(kernel, sample, pfn, count);
		if (e && err_code(e) == ERR_NOMEM)
			return e;
		err_free(e);
		pfn += count;
		sample->next_pfn = pfn;
	}
	return NULL;
}

static struct err *look_into_range(const struct kernel *kernel, struct free_sample *sample,
				   const struct memmap_range *range, unsigned int places_nr)
{
	uint64_t first = div_round_up_u64(range->paddr, kernel->page_size);
	uint64_t end = (range->paddr + range->size) >> kernel->page_shift;

	for (unsigned int i = 0; i < places_nr && sample->blocks_nr < BLOCKS_MAX; i++) {
		uint64_t pfn = first + (end - first) / places_nr * i;
		struct err *e;

		if (end <= first)
			return NULL;
		pfn = MAX(first, align_down_u64(pfn, PLACE_ALIGN));
		pfn = MAX(pfn, sample->next_pfn);
		e = look_around(kernel, sample, pfn, end);
		if (e)
			return e;
	}
	return NULL;
}

struct err *selfcheck_free(struct kernel *kernel, struct notes *notes)
{
	const struct memmap *map = &kernel->image->memmap;
	struct page_rules *rules = &kernel->rules;
	size_t ranges_nr = MIN(map->nr, (size_t)RANGES_TRIED_MAX);
	struct free_sample sample = { .blocks_nr = 0 };
	struct err *e =
		layout_unsigned(&kernel->layout, "OFFSET(page._refcount)", &sample.refcount_offset);

	if (e || sample.refcount_offset % sizeof(uint32_t) ||
	    !range_within(sample.refcount_offset, sizeof(uint32_t), rules->page_struct_size)) {
		err_free(e);
		return NULL;
	}
	for (size_t i = 0; i < ranges_nr; i++) {
		e = look_into_range(kernel, &sample, &map->range[i],
				    (unsigned int)(PLACES_NR / ranges_nr));
		if (e)
			return e;
	}
	if (sample.blocks_nr < BLOCKS_MIN || sample.in_use_nr <= sample.blocks_nr / 4)
		return NULL;
	notes_add(notes,
		  "free pages cannot be told and are kept: page.private is not the order of a free "
		  "block: in %u of %u something is in use",
		  sample.in_use_nr, sample.blocks_nr);
	rules->free_known = false;
	rules->unaccepted_known = false;
	return NULL;
}
