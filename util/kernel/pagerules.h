/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules by which a struct page says what its page frame is used for (util/kernel/pageclass.h).
 * They are built from what the kernel says about itself (util/kernel/layout.h); no number has a
 * default, no version is compared. A rule whose facts are not all there is off, and
 * page_rules_init() says so. Where the facts come from:
 *  - struct page and flags: include/linux/mm_types.h, include/linux/page-flags.h
 *  - what is exported: kernel/vmcore_info.c (crash_core.c before 6.9)
 *  - _mapcount below -1 carries a page type since 4.18 (6e292b9be7f4); since 6.12 the type is a
 *    number in the top byte (4ffca5a96678), before it is one cleared bit
 *  - hugetlb is a page type since 6.9 (d99e3140a4d3), a flag of page[1] since 6.6 (ebc1baf5c9b4),
 *    the destructor number of page[1] before, which moved to struct folio in 6.3 (1c5509be58f6)
 *  - slab is a page type since 6.10 (46df8e73a4a3), PG_slab before
 *  - memory that a confidential guest has not accepted yet is a page type since 6.12, exported
 *    since 6.16: blocks of the highest order (__free_unaccepted(), mm/page_alloc.c)
 *  - bit 0 of compound_head marks a tail page (1d798ca3f164); compound_head is compound_info since
 *    7.1, where it may be a mask for the address of the tail (d50569612c29, 8c846c879e22)
 */
#ifndef VMTOOL_KERNEL_PAGERULES_H
#define VMTOOL_KERNEL_PAGERULES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/base/notes.h"
#include "util/kernel/layout.h"

/* sizeof(struct page) at most: 64 bytes so far; with KMSAN and memcg options somewhat more. */
enum { PAGE_STRUCT_MAX = 512 };

struct page_rules {
	enum byte_order order;
	uint64_t page_struct_size;

	/* Offsets in struct page. Valid where a rule that uses them is on. */
	uint64_t flags_offset;
	uint64_t mapping_offset;
	uint64_t mapcount_offset;
	uint64_t private_offset;
	uint64_t refcount_offset;
	uint64_t compound_head_offset;
	uint64_t compound_dtor_offset;
	bool head_may_be_mask; /* compound_info instead of compound_head, 7.1 */

	bool tail_known;
	bool free_known;
	bool refcount_known;
	bool cache_known;
	bool private_known; /* else cache pages count as private: the class fewer levels drop */
	bool user_known;
	bool hugetlb_known;
	bool offline_known;
	bool unaccepted_known; /* most kernels have no such pages */
	bool poison_known;

	/* Bits of page.flags, no two the same; 0 where not exported. */
	uint64_t lru_mask;
	uint64_t private_mask;
	uint64_t swapcache_mask;
	uint64_t swapbacked_mask;
	uint64_t slab_mask;
	uint64_t hwpoison_mask;
	uint64_t head_mask;

	/* Values of _mapcount; a type is matched with its mask. */
	uint32_t buddy_value, buddy_mask;
	uint32_t slab_value, slab_type_mask;  /* mask 0: slab is not a page type here */
	uint32_t hugetlb_value, hugetlb_mask; /* mask 0: told by page[1] */
	uint32_t offline_value, offline_mask;
	uint32_t unaccepted_value, unaccepted_mask;
	uint64_t hugetlb_next_mask; /* the flag of page[1]; 0: told by the destructor there */
	uint8_t hugetlb_dtor;

	unsigned int orders_nr; /* buddy orders are below this */
};

/*
 * Fails only when nothing at all can be said (no usable SIZE(page) or page.flags, or flags that
 * contradict each other); every single rule that has to stay off is a remark in @notes.
 */
must_check struct err *page_rules_init(struct page_rules *rules, struct layout *layout,
				       enum byte_order order, struct notes *notes);

#endif
