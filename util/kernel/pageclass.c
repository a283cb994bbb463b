// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/pageclass.h"

#include "util/base/checked.h"

enum {
	MAPPING_ANON = 1, /* bit 0 of page.mapping, include/linux/page-flags.h */
	COMPOUND_TAIL = 1,
};

/* The struct pages of 1 TiB: no compound page has more. */
#define COMPOUND_BYTES_MAX (UINT64_C(1) << 34)

/* What page_init_poison() fills a struct page with that nobody has initialised (mm/debug.c). */
#define UNINITIALISED_FLAGS UINT64_MAX

static const char *const class_name[PAGE_CLASSES_NR] = {
	[PAGE_KERNEL] = "kernel",   [PAGE_SLAB] = "slab",
	[PAGE_TYPED] = "typed",	    [PAGE_FREE] = "free",
	[PAGE_CACHE] = "cache",	    [PAGE_CACHE_PRIVATE] = "cache-private",
	[PAGE_USER] = "user",	    [PAGE_OFFLINE] = "offline",
	[PAGE_UNKNOWN] = "unknown", [PAGE_XEN] = "xen",
	[PAGE_DOM0] = "dom0",	    [PAGE_DOMU] = "domU",
};

const char *page_class_name(enum page_class class)
{
	return class_name[class];
}

static uint64_t load_long(const struct page_rules *rules, const uint8_t *page, uint64_t offset)
{
	return load_u64(page + offset, rules->order);
}

static uint64_t page_flags(const struct page_rules *rules, const uint8_t *page)
{
	return load_long(rules, page, rules->flags_offset);
}

static uint32_t page_mapcount(const struct page_rules *rules, const uint8_t *page)
{
	return load_u32(page + rules->mapcount_offset, rules->order);
}

/*
 * 7.1 (d50569612c29, 8c846c879e22): what leads from the address of a tail to that of its head may
 * be a mask, ones but for the lowest bits. No compound page has more struct pages than would be
 * masked here, and no pointer into them lies so near to the end of the address space.
 */
static bool is_mask(const struct page_rules *rules, uint64_t word)
{
	uint64_t bytes = -(word & ~(uint64_t)COMPOUND_TAIL);

	return rules->head_may_be_mask && is_pow2_u64(bytes) && bytes <= COMPOUND_BYTES_MAX;
}

bool page_is_tail(const struct page_rules *rules, const uint8_t *page, uint64_t vaddr,
		  uint64_t *ret_head_vaddr)
{
	uint64_t head;

	if (!rules->tail_known || page_flags(rules, page) == UNINITIALISED_FLAGS)
		return false;
	head = load_long(rules, page, rules->compound_head_offset);
	if (!(head & COMPOUND_TAIL))
		return false;
	*ret_head_vaddr = is_mask(rules, head) ? vaddr & head : head - COMPOUND_TAIL;
	return true;
}

bool page_may_head(const struct page_rules *rules, uint64_t head_vaddr, uint64_t tail_vaddr)
{
	uint64_t distance = tail_vaddr - head_vaddr;

	return head_vaddr < tail_vaddr && distance < COMPOUND_BYTES_MAX &&
	       distance % rules->page_struct_size == 0;
}

bool page_is_head(const struct page_rules *rules, const uint8_t *page)
{
	uint64_t flags = page_flags(rules, page);

	return flags != UNINITIALISED_FLAGS && flags & rules->head_mask;
}

bool page_wants_next(const struct page_rules *rules, const uint8_t *page)
{
	return rules->hugetlb_known && !rules->hugetlb_mask &&
	       page_flags(rules, page) & rules->head_mask;
}

static bool is_hugetlb(const struct page_rules *rules, const uint8_t *page, const uint8_t *next)
{
	uint64_t head;

	if (!rules->hugetlb_known || !(page_flags(rules, page) & rules->head_mask))
		return false;
	if (rules->hugetlb_mask)
		return (page_mapcount(rules, page) & rules->hugetlb_mask) == rules->hugetlb_value;

	/* What page[1] says counts only where it really is a tail. */
	if (!next || !page_is_tail(rules, next, 0, &head))
		return false;
	if (rules->hugetlb_next_mask)
		return page_flags(rules, next) & rules->hugetlb_next_mask;
	return next[rules->compound_dtor_offset] == rules->hugetlb_dtor;
}

/* A block of the buddy allocator: 2^order page frames, aligned to their number. */
static bool is_free(const struct page_rules *rules, const uint8_t *page, uint64_t pfn,
		    uint64_t *ret_count)
{
	uint64_t order;

	if (!rules->free_known ||
	    (page_mapcount(rules, page) & rules->buddy_mask) != rules->buddy_value)
		return false;
	if (rules->slab_mask & page_flags(rules, page))
		return false;

	order = load_long(rules, page, rules->private_offset);
	if (order >= rules->orders_nr || pfn & ((UINT64_C(1) << order) - 1))
		return false;
	*ret_count = UINT64_C(1) << order;
	return true;
}

/*
 * A block of the highest order that the hypervisor was not asked for yet (__free_unaccepted(),
 * mm/page_alloc.c): nothing was ever in it.
 */
static bool is_unaccepted(const struct page_rules *rules, const uint8_t *page, uint64_t pfn,
			  uint64_t *ret_count)
{
	uint64_t count;

	if (!rules->unaccepted_known ||
	    (page_mapcount(rules, page) & rules->unaccepted_mask) != rules->unaccepted_value)
		return false;
	count = UINT64_C(1) << (rules->orders_nr - 1);
	if (pfn & (count - 1))
		return false;
	*ret_count = count;
	return true;
}

/* Inlined twice, so that the scan of all struct pages knows nothing of reasons. */
static inline __attribute__((always_inline)) enum page_class
classify(const struct page_rules *rules, const uint8_t *page, const uint8_t *next, uint64_t pfn,
	 uint64_t *ret_count, const char **why)
{
	uint64_t flags = page_flags(rules, page);
	uint32_t mapcount;
	uint64_t head;
	bool anon;

	*ret_count = 1;
	if (flags == UNINITIALISED_FLAGS) {
		*why = "nobody has initialised its struct page";
		return PAGE_UNKNOWN;
	}
	if (is_free(rules, page, pfn, ret_count)) {
		*why = "_mapcount is PAGE_BUDDY_MAPCOUNT_VALUE, private is an order";
		return PAGE_FREE;
	}
	if (is_unaccepted(rules, page, pfn, ret_count)) {
		*why = "_mapcount is PAGE_UNACCEPTED_MAPCOUNT_VALUE";
		return PAGE_FREE;
	}
	if (is_hugetlb(rules, page, next)) {
		*why = "the head of a compound page that is hugetlb";
		return PAGE_USER;
	}
	if (!rules->cache_known && !rules->user_known && !rules->offline_known) {
		*why = "rules for other classes are off";
		return PAGE_KERNEL;
	}

	mapcount = page_mapcount(rules, page);
	if (rules->offline_known && (mapcount & rules->offline_mask) == rules->offline_value) {
		*why = "_mapcount is PAGE_OFFLINE_MAPCOUNT_VALUE";
		return PAGE_OFFLINE;
	}

	if (flags & rules->slab_mask) {
		*why = "PG_slab is set";
		return PAGE_SLAB;
	}
	/* Whatever else has a page type is the kernel's: page tables, slab, zsmalloc, ... */
	if (mapcount >> 31 && mapcount != UINT32_MAX) {
		*why = "_mapcount is a page type";
		if (!rules->slab_type_mask ||
		    (mapcount & rules->slab_type_mask) != rules->slab_value)
			return PAGE_TYPED;
		*why = "_mapcount is PAGE_SLAB_MAPCOUNT_VALUE";
		return PAGE_SLAB;
	}
	*why = "neither free, nor page cache, nor anonymous, and of no page type";
	if (!rules->user_known || page_is_tail(rules, page, 0, &head))
		return PAGE_KERNEL;

	anon = load_long(rules, page, rules->mapping_offset) & MAPPING_ANON;
	if (rules->cache_known && !anon) {
		bool swapcache = flags & rules->swapcache_mask && flags & rules->swapbacked_mask;

		if (flags & rules->lru_mask || swapcache) {
			*why = "page cache: on the LRU or in the swap cache, PG_private is clear";
			if (rules->private_known && !(flags & rules->private_mask))
				return PAGE_CACHE;
			*why = "page cache: on the LRU or in the swap cache, PG_private is not "
			       "clear";
			return PAGE_CACHE_PRIVATE;
		}
	}
	if (anon)
		*why = "anonymous: bit 0 of mapping";
	return anon ? PAGE_USER : PAGE_KERNEL;
}

bool page_is_in_use(const struct page_rules *rules, const uint8_t *page, uint64_t pfn)
{
	uint64_t head;
	uint64_t count;

	return (rules->refcount_known && load_u32(page + rules->refcount_offset, rules->order)) ||
	       page_is_tail(rules, page, 0, &head) ||
	       page_classify(rules, page, NULL, pfn, &count) != PAGE_KERNEL;
}

enum page_class page_classify(const struct page_rules *rules, const uint8_t *page,
			      const uint8_t *next, uint64_t pfn, uint64_t *ret_count)
{
	const char *why;

	return classify(rules, page, next, pfn, ret_count, &why);
}

enum page_class page_explain(const struct page_rules *rules, const uint8_t *page,
			     const uint8_t *next, uint64_t pfn, uint64_t *ret_count,
			     const char **ret_why)
{
	return classify(rules, page, next, pfn, ret_count, ret_why);
}

bool page_is_poisoned(const struct page_rules *rules, const uint8_t *page)
{
	uint64_t flags = page_flags(rules, page);

	return rules->poison_known && flags != UNINITIALISED_FLAGS && flags & rules->hwpoison_mask;
}

bool page_poisons_tails(const struct page_rules *rules, const uint8_t *page, const uint8_t *next)
{
	return page_is_poisoned(rules, page) && is_hugetlb(rules, page, next);
}
