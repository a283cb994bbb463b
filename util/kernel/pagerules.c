// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/pagerules.h"

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
};

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
