/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one struct page_info of Xen, the entry its frame table has for each page frame of the
 * machine, to whose the page frame is. Where the facts come from (xen/arch/x86/include/asm/mm.h,
 * before 4.16 xen/include/asm-x86/mm.h):
 *  - VMCOREINFO_XEN says where count_info and the owner are. The bits of count_info are macros, and
 *    nothing in a dump names them
 *  - bit 63 says that a domain has the page, bit 62 that it is of Xen's heap, in all of Xen 4
 *  - the state of the page was in bits 55 and 56, and bit 57 said that it is broken; Xen 4.17 has
 *    them in bits 58, 59 and 60. makedumpfile (1.7.2) knows the former only
 *  - a free page counts no reference and has no other flag. Bit 63 then says that it is still to be
 *    scrubbed
 *  - the owner is the machine frame of its struct domain; in the head of a free block there is the
 *    order of the block in that place
 *
 * Which of the two it is shows: free pages form blocks of the buddy allocator in the one and are
 * pages in use with absurd numbers of references in the other. struct xen_proof looks for that.
 */
#ifndef VMTOOL_KERNEL_XENPAGE_H
#define VMTOOL_KERNEL_XENPAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/kernel/pageclass.h"

struct xen_bits {
	unsigned int state_shift; /* two bits */
	uint64_t broken;
	uint64_t special; /* set: of a domain, but for Xen's own purposes */
};

enum { XEN_BITS_NR = 2 };
extern const struct xen_bits xen_bits[XEN_BITS_NR];

/* A domain, by what page_info says of its pages. */
struct xen_owner {
	uint64_t frame; /* of its struct domain */
	enum page_class class;
};

struct xen_rules {
	uint64_t info_size; /* of struct page_info */
	uint64_t count_offset;
	uint64_t owner_offset;
	bool owner_wide; /* 8 bytes (CONFIG_BIGMEM), else 4 */

	const struct xen_bits *bits;   /* NULL: not known, everything is Xen's */
	const struct xen_owner *owner; /* ascending by frame */
	size_t owners_nr;
};

/*
 * Whose the page frame is: PAGE_FREE, PAGE_OFFLINE (taken out of use), PAGE_DOM0, PAGE_DOMU or
 * PAGE_XEN, which is all that is not proved to be something else. *ret_broken: reading it may raise
 * a machine check.
 */
enum page_class xen_page_classify(const struct xen_rules *rules, const uint8_t *info,
				  bool *ret_broken);

/* Is the page frame of Xen's heap, and in use? */
bool xen_page_is_heap(const struct xen_rules *rules, const uint8_t *info);

/* What speaks for the bits of one table, over page_infos that were shown one after the other. */
struct xen_proof {
	uint64_t left;	   /* page frames to come in the block being looked at */
	uint64_t block_nr; /* its page frames */
	uint64_t next;	   /* the page frame that comes next in it */
	uint64_t whole_nr; /* page frames in free blocks that were whole */
	uint64_t odd_nr;   /* free page frames in none */
	bool large;	   /* one of the blocks was no accident */
};

void xen_proof_add(struct xen_proof *proof, const struct xen_bits *bits,
		   const struct xen_rules *rules, const uint8_t *info, uint64_t frame);

/* Does the frame table speak of free blocks when it is read like this? */
bool xen_proof_holds(const struct xen_proof *proof);

#endif
