// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/pageclass.h"

#include "util/base/checked.h"

enum {
	PAGE_STRUCT_MIN = 32,

	/*
	 * enum pageflags has less than 32 on every kernel so far; the upper half of the word says
	 * which node, zone and generation the page is of.
	 */
	PAGE_FLAGS_MAX = 32,

	/* 11 on x86_64; MAX_ORDER is 13 or 14 with 64 KiB pages. */
	ORDERS_MAX = 32,

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

/* OFFSET(page.<member>), which must hold @bytes at their natural alignment inside the struct. */
static struct err *get_offset(const struct page_rules *rules, struct layout *layout,
			      const char *key, uint64_t bytes, uint64_t *ret_offset)
{
	uint64_t offset;
	struct err *e = layout_unsigned(layout, key, &offset);

	if (e)
		return e;
	if (offset % bytes || !range_within(offset, bytes, rules->page_struct_size))
		return err_new(ERR_FORMAT, "VMCOREINFO %s has the absurd value %llu", key,
			       (unsigned long long)offset);
	*ret_offset = offset;
	return NULL;
}

static struct err *get_flag(struct layout *layout, const char *name, uint64_t *ret_mask)
{
	int64_t bit;
	struct err *e = layout_number(layout, name, &bit);

	if (e)
		return e;
	if (bit < 0 || bit >= PAGE_FLAGS_MAX)
		return err_new(ERR_FORMAT, "VMCOREINFO NUMBER(%s) has the absurd value %lld", name,
			       (long long)bit);
	*ret_mask = UINT64_C(1) << bit;
	return NULL;
}

/*
 * Since 6.12 a type is a number in the top byte, 0xf0 to 0xfe (4ffca5a96678); 0xff there is a page
 * without a type. Before, it is one cleared bit, above what is reserved to catch underflows: bits 7
 * to 12 of 0xf0000000 | ..., in 6.11 bits 24 to 30 of 0x80000000 | ... (8db00ad56461).
 */
static bool is_type_value(uint32_t value)
{
	uint32_t cleared = ~value;

	if (!(value & 0x00ffffff))
		return value >> 24 >= 0xf0 && value >> 24 <= 0xfe;
	return is_pow2_u64(cleared) && cleared >= 0x80 && cleared <= 0x40000000;
}

/*
 * A page type as a value of _mapcount. Where it is a number, what is below the top byte belongs to
 * whoever set the type; where it is a bit, the whole word is compared, as strictly as can be.
 */
static struct err *get_type(struct layout *layout, const char *name, uint32_t *ret_value,
			    uint32_t *ret_mask)
{
	int64_t value;
	uint32_t type;
	struct err *e = layout_number(layout, name, &value);

	if (e)
		return e;
	type = (uint32_t)value;
	/* Printed as int or as unsigned int. */
	if ((value != (int32_t)type && value != (int64_t)type) || !is_type_value(type))
		return err_new(ERR_FORMAT, "VMCOREINFO NUMBER(%s) has the absurd value %lld", name,
			       (long long)value);
	*ret_value = type;
	*ret_mask = type & 0x00ffffff ? 0xffffffff : 0xff000000;
	return NULL;
}

/*
 * Take the result of looking a rule's facts up: true when they are all there. A rule that stays off
 * is named with its consequence.
 */
static bool rule_on(struct err *e, const char *rule, struct notes *notes)
{
	autoerr struct err *why = e;

	if (why)
		notes_add(notes, "%s cannot be told and are kept: %s", rule, err_message(why));
	return !why;
}

#define TRY(call)                                                                                  \
	do {                                                                                       \
		struct err *try_e_ = (call);                                                       \
		if (try_e_)                                                                        \
			return try_e_;                                                             \
	} while (0)

/*
 * The page type is another name for _mapcount. Where it is not, a page without a type cannot be
 * told from one that has one: VMCOREINFO does not say where it is, types may.
 */
static struct err *find_mapcount(struct page_rules *rules, struct layout *layout)
{
	uint64_t type_offset;
	struct err *e;

	TRY(get_offset(rules, layout, "OFFSET(page._mapcount)", sizeof(uint32_t),
		       &rules->mapcount_offset));
	e = layout_unsigned(layout, "OFFSET(page.page_type)", &type_offset);
	if (e && err_code(e) == ERR_NODATA) {
		err_free(e);
		return NULL;
	}
	if (e)
		return e;
	if (type_offset != rules->mapcount_offset)
		return err_new(ERR_FORMAT,
			       "OFFSET(page.page_type) is %llu: page types are not in _mapcount",
			       (unsigned long long)type_offset);
	return NULL;
}

static struct err *find_free(struct page_rules *rules, struct layout *layout)
{
	uint64_t orders;

	TRY(find_mapcount(rules, layout));
	TRY(get_offset(rules, layout, "OFFSET(page.private)", sizeof(uint64_t),
		       &rules->private_offset));
	TRY(get_type(layout, "PAGE_BUDDY_MAPCOUNT_VALUE", &rules->buddy_value, &rules->buddy_mask));
	TRY(layout_unsigned(layout, "LENGTH(zone.free_area)", &orders));
	if (orders == 0 || orders > ORDERS_MAX)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO LENGTH(zone.free_area) has the absurd value %llu",
			       (unsigned long long)orders);
	rules->orders_nr = (unsigned int)orders;
	return NULL;
}

/* No rule needs it: what is free is held against it. */
static bool find_refcount(struct page_rules *rules, struct layout *layout)
{
	autoerr struct err *e = get_offset(rules, layout, "OFFSET(page._refcount)",
					   sizeof(uint32_t), &rules->refcount_offset);

	return !e;
}

/* A kernel whose types nobody knows to have this one has none of it, or keeps it. */
static bool find_unaccepted(struct page_rules *rules, struct layout *layout, struct notes *notes)
{
	struct err *e = get_type(layout, "PAGE_UNACCEPTED_MAPCOUNT_VALUE", &rules->unaccepted_value,
				 &rules->unaccepted_mask);

	if (e && err_code(e) == ERR_NODATA) {
		err_free(e);
		return false;
	}
	return rule_on(e, "pages not accepted yet", notes) && rules->free_known;
}

/*
 * What is slab must be known to say that a page is not. A kernel has either the flag or the page
 * type.
 */
static struct err *find_slab(struct page_rules *rules, struct layout *layout)
{
	struct err *e = get_flag(layout, "PG_slab", &rules->slab_mask);

	if (!e || err_code(e) != ERR_NODATA)
		return e;
	err_free(e);
	e = get_type(layout, "PAGE_SLAB_MAPCOUNT_VALUE", &rules->slab_value,
		     &rules->slab_type_mask);
	if (!e || err_code(e) != ERR_NODATA)
		return e;
	err_free(e);
	return err_new(ERR_NODATA, "VMCOREINFO has neither NUMBER(PG_slab) nor "
				   "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)");
}

static struct err *find_tail(struct page_rules *rules, struct layout *layout)
{
	struct err *e = get_offset(rules, layout, "OFFSET(page.compound_head)", sizeof(uint64_t),
				   &rules->compound_head_offset);
	struct err *renamed;

	if (!e || err_code(e) != ERR_NODATA)
		return e;
	renamed = get_offset(rules, layout, "OFFSET(page.compound_info)", sizeof(uint64_t),
			     &rules->compound_head_offset);
	rules->head_may_be_mask = !renamed;
	if (renamed && err_code(renamed) == ERR_NODATA) {
		err_free(renamed);
		return e;
	}
	err_free(e);
	return renamed;
}

static struct err *find_head(struct page_rules *rules, struct layout *layout)
{
	int64_t mask;

	TRY(layout_number(layout, "PG_head_mask", &mask));
	if (!is_pow2_u64((uint64_t)mask) || (uint64_t)mask >> PAGE_FLAGS_MAX)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO NUMBER(PG_head_mask) has the absurd value %lld",
			       (long long)mask);
	rules->head_mask = (uint64_t)mask;
	return NULL;
}

/* What "anonymous" and "page cache" have in common: neither slab nor any other page type. */
static struct err *find_mapped(struct page_rules *rules, struct layout *layout)
{
	TRY(find_mapcount(rules, layout));
	TRY(find_slab(rules, layout));
	TRY(find_tail(rules, layout));
	TRY(get_offset(rules, layout, "OFFSET(page.mapping)", sizeof(uint64_t),
		       &rules->mapping_offset));
	return NULL;
}

static struct err *find_cache(struct page_rules *rules, struct layout *layout)
{
	TRY(find_mapped(rules, layout));
	TRY(get_flag(layout, "PG_lru", &rules->lru_mask));
	TRY(get_flag(layout, "PG_swapcache", &rules->swapcache_mask));
	TRY(get_flag(layout, "PG_swapbacked", &rules->swapbacked_mask));
	return NULL;
}

/*
 * Where page[1] of a compound page has its destructor: in a structure of its own, struct folio,
 * whose second struct page is page[1], since 6.3 (1c5509be58f6); in struct page before.
 */
static struct err *find_destructor(struct page_rules *rules, struct layout *layout)
{
	uint64_t offset;
	struct err *e = layout_unsigned(layout, "OFFSET(folio._folio_dtor)", &offset);

	if (e && err_code(e) == ERR_NODATA) {
		err_free(e);
		return get_offset(rules, layout, "OFFSET(page.compound_dtor)", sizeof(uint8_t),
				  &rules->compound_dtor_offset);
	}
	if (e)
		return e;
	if (offset < rules->page_struct_size || offset >= 2 * rules->page_struct_size)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO OFFSET(folio._folio_dtor) has the absurd value %llu",
			       (unsigned long long)offset);
	rules->compound_dtor_offset = offset - rules->page_struct_size;
	return NULL;
}

/*
 * A page type since 6.9 (d99e3140a4d3) and in some stable kernels before; a flag of page[1] since
 * 6.6 (ebc1baf5c9b4); the destructor's number in page[1] before.
 */
static struct err *find_hugetlb(struct page_rules *rules, struct layout *layout)
{
	int64_t dtor;
	struct err *e;

	TRY(find_mapcount(rules, layout));
	TRY(find_tail(rules, layout));
	TRY(find_head(rules, layout));

	e = get_type(layout, "PAGE_HUGETLB_MAPCOUNT_VALUE", &rules->hugetlb_value,
		     &rules->hugetlb_mask);
	if (!e || err_code(e) != ERR_NODATA)
		return e;
	err_free(e);

	e = get_flag(layout, "PG_hugetlb", &rules->hugetlb_next_mask);
	if (!e || err_code(e) != ERR_NODATA)
		return e;
	err_free(e);

	TRY(find_destructor(rules, layout));
	TRY(layout_number(layout, "HUGETLB_PAGE_DTOR", &dtor));
	if (dtor <= 0 || dtor > UINT8_MAX)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO NUMBER(HUGETLB_PAGE_DTOR) has the absurd value %lld",
			       (long long)dtor);
	rules->hugetlb_dtor = (uint8_t)dtor;
	return NULL;
}

static struct err *find_offline(struct page_rules *rules, struct layout *layout)
{
	TRY(find_mapcount(rules, layout));
	return get_type(layout, "PAGE_OFFLINE_MAPCOUNT_VALUE", &rules->offline_value,
			&rules->offline_mask);
}

/* No rule can be right whose flag is another's too. */
static struct err *check_flags(const struct page_rules *rules)
{
	const uint64_t masks[] = {
		rules->lru_mask,	rules->private_mask, rules->swapcache_mask,
		rules->swapbacked_mask, rules->slab_mask,    rules->hwpoison_mask,
		rules->head_mask,
	};
	uint64_t seen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		if (seen & masks[i])
			return err_new(ERR_FORMAT, "VMCOREINFO gives two page flags the same bit");
		seen |= masks[i];
	}
	return NULL;
}

struct err *page_rules_init(struct page_rules *rules, struct layout *layout, enum byte_order order,
			    struct notes *notes)
{
	*rules = (struct page_rules){ .order = order };

	TRY(layout_unsigned(layout, "SIZE(page)", &rules->page_struct_size));
	if (rules->page_struct_size < PAGE_STRUCT_MIN ||
	    rules->page_struct_size > PAGE_STRUCT_MAX || rules->page_struct_size % sizeof(uint64_t))
		return err_new(ERR_FORMAT, "VMCOREINFO SIZE(page) has the absurd value %llu",
			       (unsigned long long)rules->page_struct_size);
	TRY(get_offset(rules, layout, "OFFSET(page.flags)", sizeof(uint64_t),
		       &rules->flags_offset));

	rules->tail_known = rule_on(find_tail(rules, layout), "tails of compound pages", notes);
	rule_on(find_head(rules, layout), "tails of compound pages", notes);
	rules->free_known = rule_on(find_free(rules, layout), "free pages", notes);
	rules->refcount_known = find_refcount(rules, layout);
	rules->cache_known = rule_on(find_cache(rules, layout), "page cache pages", notes);
	rules->private_known = rule_on(get_flag(layout, "PG_private", &rules->private_mask),
				       "page cache pages without private data", notes);
	rules->user_known = rule_on(find_mapped(rules, layout), "anonymous pages", notes);
	rules->hugetlb_known = rule_on(find_hugetlb(rules, layout), "hugetlb pages", notes);
	rules->offline_known = rule_on(find_offline(rules, layout), "offline pages", notes);
	rules->unaccepted_known = find_unaccepted(rules, layout, notes);
	rules->poison_known = rule_on(get_flag(layout, "PG_hwpoison", &rules->hwpoison_mask),
				      "hwpoison pages", notes);
	return check_flags(rules);
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
	uint64_t count = UINT64_C(1) << (rules->orders_nr - 1);

	if (!rules->unaccepted_known || pfn & (count - 1) ||
	    (page_mapcount(rules, page) & rules->unaccepted_mask) != rules->unaccepted_value)
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
