// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/explain.h"

#include <stdio.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/str.h"
#include "util/kernel/pagescan.h"

static struct err *read_struct(const struct kernel *kernel, uint64_t vaddr, uint8_t *page)
{
	return vtop_read(&kernel->vtop, vaddr, page, (size_t)kernel->rules.page_struct_size);
}

static void flags_meaning(const struct kernel *kernel, uint64_t flags, char *meaning)
{
	size_t len = 0;

	for (unsigned int bit = 0; bit < LAYOUT_FLAGS_NR && len < EXPLAINED_MEANING_MAX; bit++) {
		const char *name = kernel->layout.flag_name[bit];

		if (flags >> bit & 1 && name[0])
			len += (size_t)snprintf(meaning + len, EXPLAINED_MEANING_MAX - len, "%s%s",
						len ? "|" : "", name);
	}
}

static struct explained_member *add_member(struct explained *explained, const char *name,
					   uint64_t value)
{
	struct explained_member *member = &explained->member[explained->members_nr++];

	*member = (struct explained_member){ .name = name, .value = value };
	return member;
}

/* Types that a rule knows are named. */
static const char *type_name(const struct page_rules *rules, uint32_t mapcount)
{
	if (rules->free_known && (mapcount & rules->buddy_mask) == rules->buddy_value)
		return "a page type: free block";
	if (rules->offline_known && (mapcount & rules->offline_mask) == rules->offline_value)
		return "a page type: offline";
	if (rules->unaccepted_known &&
	    (mapcount & rules->unaccepted_mask) == rules->unaccepted_value)
		return "a page type: not accepted yet";
	if (rules->slab_type_mask && (mapcount & rules->slab_type_mask) == rules->slab_value)
		return "a page type: slab";
	if (rules->hugetlb_mask && (mapcount & rules->hugetlb_mask) == rules->hugetlb_value)
		return "a page type: hugetlb";
	return "a page type";
}

static void decode(const struct kernel *kernel, const uint8_t *page, struct explained *explained)
{
	const struct page_rules *rules = &kernel->rules;
	uint64_t flags = load_u64(page + rules->flags_offset, rules->order);
	uint64_t head = 0;
	struct explained_member *member = add_member(explained, "flags", flags);

	flags_meaning(kernel, flags, member->meaning);
	if (rules->free_known || rules->offline_known || rules->user_known) {
		uint32_t mapcount = load_u32(page + rules->mapcount_offset, rules->order);

		member = add_member(explained, "_mapcount", mapcount);
		if (mapcount >> 31 && mapcount != UINT32_MAX)
			snprintf(member->meaning, sizeof(member->meaning), "%s",
				 type_name(rules, mapcount));
		else
			snprintf(member->meaning, sizeof(member->meaning), "mapped %u times",
				 mapcount + 1);
	}
	if (rules->user_known)
		add_member(explained, "mapping",
			   load_u64(page + rules->mapping_offset, rules->order));
	if (rules->free_known)
		add_member(explained, "private",
			   load_u64(page + rules->private_offset, rules->order));
	if (rules->tail_known) {
		member = add_member(explained,
				    rules->head_may_be_mask ? "compound_info" : "compound_head",
				    load_u64(page + rules->compound_head_offset, rules->order));
		if (page_is_tail(rules, page, explained->vaddr, &head))
			snprintf(member->meaning, sizeof(member->meaning), "tail of %#llx",
				 (unsigned long long)head);
	}
}

static struct err *take_run(void *ctx, const struct page_run *run)
{
	struct explained *explained = ctx;

	if (run->first != explained->pfn)
		return NULL;
	explained->class = run->class;
	explained->poisoned = run->poisoned;
	return NULL;
}

/* What a scan that comes by says of the page frame: it looks at those behind a free one, too. */
static struct err *scan_at(const struct kernel *kernel, struct pagescan *scan,
			   struct explained *explained)
{
	uint64_t nr = div_round_up_u64(kernel->page_size, kernel->rules.page_struct_size);

	return pagescan_walk(scan, explained->pfn, explained->pfn + nr, take_run, explained);
}

/* The free block that a page frame in it is part of: blocks are aligned to their size. */
static struct err *find_block(const struct kernel *kernel, struct pagescan *scan,
			      struct explained *explained)
{
	for (unsigned int order = 1; order < kernel->rules.orders_nr; order++) {
		uint64_t first = explained->pfn & ~((UINT64_C(1) << order) - 1);
		uint8_t page[PAGE_STRUCT_MAX];
		uint64_t vaddr;
		uint64_t count;
		struct explained head = { .pfn = first };
		struct err *e = memsections_struct_page(&kernel->sections, first, &vaddr);

		if (!e)
			e = read_struct(kernel, vaddr, page);
		if (!e)
			e = scan_at(kernel, scan, &head);
		if (e && err_code(e) == ERR_NOMEM)
			return e;
		if (!e && head.class == PAGE_FREE &&
		    page_classify(&kernel->rules, page, NULL, first, &count) == PAGE_FREE &&
		    explained->pfn - first < count) {
			explained->class = PAGE_FREE;
			explained->first = first;
			explained->why = "inside a free block";
			return NULL;
		}
		err_free(e);
	}
	return NULL;
}

/* The reason the scan's own rules give; a tail has its head's. */
static struct err *find_reason(const struct kernel *kernel, struct pagescan *scan,
			       const uint8_t *page, struct explained *explained)
{
	const struct page_rules *rules = &kernel->rules;
	uint8_t next[PAGE_STRUCT_MAX];
	enum page_class class;
	uint64_t count;
	uint64_t head;
	struct err *e;

	if (page_is_tail(rules, page, explained->vaddr, &head)) {
		explained->why = "a tail page that does not lead to a head";
		if (page_may_head(rules, head, explained->vaddr)) {
			explained->why = "a tail page, of the class of its head";
			explained->first -= (explained->vaddr - head) / rules->page_struct_size;
		}
		return find_block(kernel, scan, explained);
	}
	e = read_struct(kernel, explained->vaddr + rules->page_struct_size, next);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	class = page_explain(rules, page, e ? NULL : next, explained->pfn, &count, &explained->why);
	err_free(e);
	if (class == PAGE_FREE && explained->class != PAGE_FREE)
		explained->why = "called a free block, but pages inside it are in use";
	return explained->class == PAGE_FREE ? NULL : find_block(kernel, scan, explained);
}

static struct err *find_presence(const struct kernel *kernel, uint64_t pfn,
				 enum explained_presence *ret_presence)
{
	const struct image *image = kernel->image;
	uint64_t paddr = pfn << kernel->page_shift;
	const struct memmap_range *range = memmap_find(&image->memmap, paddr);
	uint8_t stored = 0;

	/* Half a page of memory makes the page frame one. */
	if (!range || range->paddr >= paddr + kernel->page_size) {
		*ret_presence = EXPLAINED_NO_MEMORY;
		return NULL;
	}
	*ret_presence = range->file_size > paddr - MIN(range->paddr, paddr) ? EXPLAINED_STORED
									    : EXPLAINED_LEFT_OUT;
	if (*ret_presence == EXPLAINED_STORED && image_has_gaps(image)) {
		struct err *e = image_stored(kernel->image, pfn & ~UINT64_C(7), 8, &stored);

		if (e)
			return e;
		if (!(stored >> pfn % 8 & 1))
			*ret_presence = EXPLAINED_LEFT_OUT;
	}
	return NULL;
}

/* Most who ask for a page frame that is none have taken an address for its number. */
static struct err *no_struct_page(const struct kernel *kernel, uint64_t pfn, struct err *why)
{
	uint64_t end = div_round_up_u64(memmap_end(&kernel->image->memmap), kernel->page_size);
	autoerr struct err *e = why;

	if (err_code(e) != ERR_NODATA)
		return err_wrap(take_ptr(e), "page frame %#llx", (unsigned long long)pfn);
	if (pfn >= end)
		return err_new(
			ERR_NODATA,
			"page frame %#llx is beyond the memory of the image, which ends before "
			"page frame %#llx",
			(unsigned long long)pfn, (unsigned long long)end);
	return err_new(ERR_NODATA, "page frame %#llx is in a hole of the memory: %s",
		       (unsigned long long)pfn, err_message(e));
}

struct err *explain_page(const struct kernel *kernel, uint64_t pfn, struct explained *ret_explained)
{
	guard(pagescan) struct pagescan *scan = NULL;
	struct explained explained = { .pfn = pfn, .first = pfn };
	uint8_t page[PAGE_STRUCT_MAX];
	struct err *e = memsections_struct_page(&kernel->sections, pfn, &explained.vaddr);

	if (e)
		return no_struct_page(kernel, pfn, e);
	e = read_struct(kernel, explained.vaddr, page);
	if (!e)
		e = find_presence(kernel, pfn, &explained.presence);
	if (!e)
		e = pagescan_new(kernel, true, &scan);
	if (!e)
		e = scan_at(kernel, scan, &explained);
	if (!e)
		e = find_reason(kernel, scan, page, &explained);
	if (e)
		return err_wrap(e, "page frame %#llx", (unsigned long long)pfn);
	decode(kernel, page, &explained);
	*ret_explained = explained;
	return NULL;
}
