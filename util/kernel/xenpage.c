// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/xenpage.h"

enum {
	ORDER_MAX = 20, /* MAX_ORDER of x86 is 18, and was 20 */

	/* Blocks of this order and above are too many page frames to agree by accident. */
	ORDER_LARGE = 4,

	/* One free page frame in so many may be in a block that was just being changed. */
	ODD_SHARE = 64,
};

/* Mutually exclusive states, xen/arch/x86/include/asm/mm.h. */
enum state { STATE_INUSE, STATE_OFFLINING, STATE_OFFLINED, STATE_FREE, STATE_MASK = 3 };

#define ALLOCATED (UINT64_C(1) << 63)
#define NEED_SCRUB ALLOCATED
#define XEN_HEAP (UINT64_C(1) << 62)

/*
 * The special bit is PGC_extra: 54 beside the older places of the others, 57 and then 61 beside the
 * newer. The one of the two that it is not is PGC_shadowed_pt (or nothing), which a page table of a
 * domain under log-dirty mode may have: to keep that too is no harm.
 */
const struct xen_bits xen_bits[XEN_BITS_NR] = {
	{ .state_shift = 58,
	  .broken = UINT64_C(1) << 60,
	  .special = UINT64_C(1) << 61 | UINT64_C(1) << 57 },
	{ .state_shift = 55, .broken = UINT64_C(1) << 57, .special = UINT64_C(1) << 54 },
};

static uint64_t count_info(const struct xen_rules *rules, const uint8_t *info)
{
	return load_u64(info + rules->count_offset, ORDER_LITTLE);
}

static enum state state_of(const struct xen_bits *bits, uint64_t count)
{
	return (enum state)(count >> bits->state_shift & STATE_MASK);
}

static uint64_t owner_frame(const struct xen_rules *rules, const uint8_t *info)
{
	const uint8_t *at = info + rules->owner_offset;

	return rules->owner_wide ? load_u64(at, ORDER_LITTLE) : load_u32(at, ORDER_LITTLE);
}

static bool is_free(const struct xen_bits *bits, uint64_t count)
{
	return (count & ~NEED_SCRUB) == (uint64_t)STATE_FREE << bits->state_shift;
}

/* The bits that count references lie below all others. */
static uint64_t references(const struct xen_bits *bits, uint64_t count)
{
	uint64_t lowest = (UINT64_C(1) << bits->state_shift | bits->special) &
			  -(UINT64_C(1) << bits->state_shift | bits->special);

	return count & (lowest - 1);
}

static enum page_class class_of_owner(const struct xen_rules *rules, uint64_t frame)
{
	size_t first = 0;
	size_t end = rules->owners_nr;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (rules->owner[middle].frame == frame)
			return rules->owner[middle].class;
		if (rules->owner[middle].frame < frame)
			first = middle + 1;
		else
			end = middle;
	}
	return PAGE_XEN;
}

enum page_class xen_page_classify(const struct xen_rules *rules, const uint8_t *info,
				  bool *ret_broken)
{
	const struct xen_bits *bits = rules->bits;
	uint64_t count = count_info(rules, info);

	*ret_broken = false;
	if (!bits)
		return PAGE_XEN;
	if (is_free(bits, count))
		return PAGE_FREE;
	if (count == (uint64_t)STATE_OFFLINED << bits->state_shift)
		return PAGE_OFFLINE;

	/* A page breaks while it is in use and is then given up, or is broken and out of use. */
	*ret_broken = count & bits->broken && (state_of(bits, count) == STATE_OFFLINING ||
					       state_of(bits, count) == STATE_OFFLINED);
	if (!(count & ALLOCATED) || count & (XEN_HEAP | bits->special) ||
	    !references(bits, count) ||
	    (state_of(bits, count) != STATE_INUSE && state_of(bits, count) != STATE_OFFLINING))
		return PAGE_XEN;
	return class_of_owner(rules, owner_frame(rules, info));
}

bool xen_page_is_heap(const struct xen_rules *rules, const uint8_t *info)
{
	uint64_t count = count_info(rules, info);

	return count & XEN_HEAP && state_of(rules->bits, count) == STATE_INUSE;
}

void xen_proof_add(struct xen_proof *proof, const struct xen_bits *bits,
		   const struct xen_rules *rules, const uint8_t *info, uint64_t frame)
{
	bool free = is_free(bits, count_info(rules, info));
	uint32_t order;

	if (proof->left && (!free || frame != proof->next)) {
		proof->odd_nr += proof->block_nr - proof->left;
		proof->left = 0;
	}
	if (!free)
		return;
	if (!proof->left) {
		order = load_u32(info + rules->owner_offset, ORDER_LITTLE);
		if (order > ORDER_MAX || frame & ((UINT64_C(1) << order) - 1)) {
			proof->odd_nr++;
			return;
		}
		proof->left = proof->block_nr = UINT64_C(1) << order;
	}
	proof->next = frame + 1;
	if (--proof->left)
		return;
	proof->whole_nr += proof->block_nr;
	proof->large |= proof->block_nr >> ORDER_LARGE;
}

bool xen_proof_holds(const struct xen_proof *proof)
{
	return proof->large && proof->odd_nr <= proof->whole_nr / ODD_SHARE;
}
