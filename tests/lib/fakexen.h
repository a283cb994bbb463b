/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Xen host of 128 MiB made up by a test, in the memory of a fakekernel whose page tables serve as
 * Xen's: variables in Xen's image, a frame table, domains 0, 1 and 7 and Xen's own two. Domain 0
 * has page frames 0x2000 to 0x2fff, the others 0x3000 to 0x37ff and 0x3800 to 0x38ff; 0x4000 to
 * 0x5007 are free.
 */
#ifndef VMTOOL_TESTS_LIB_FAKEXEN_H
#define VMTOOL_TESTS_LIB_FAKEXEN_H

#include "tests/lib/fakekernel.h"
#include "util/base/str.h"
#include "util/kernel/xenpage.h"

enum {
	FAKEXEN_FRAMES_NR = FAKE_SECTION_PAGES,
	FAKEXEN_INFO_BYTES = 32,	/* struct page_info */
	FAKEXEN_DOMAINS_FRAME = 0x1000, /* the first struct domain; then one each page */
	FAKEXEN_DOMAINS_NR = 5,
	FAKEXEN_PHYS_START_AT = 64, /* in what Xen leaves when it crashes */
};

#define FAKEXEN_VADDR UINT64_C(0xffff82d040000000) /* of Xen's image */
#define FAKEXEN_FRAMES_PADDR UINT64_C(0x8000000)   /* the frame table */
#define FAKEXEN_ALLOCATED (UINT64_C(1) << 63)

enum fakexen_variable {
	FAKEXEN_DOMAIN_LIST,
	FAKEXEN_DOM_XEN,
	FAKEXEN_DOM_IO,
	FAKEXEN_MAX_PAGE,
	FAKEXEN_FRAME_TABLE,
};

struct fakexen {
	struct fakekernel fake;
	struct str
		info; /* VMCOREINFO_XEN; give it to fake.image.xen_info when nothing changes any more */
	const struct xen_bits *bits;
};

/* @bits: which of xen_bits. */
void fakexen_init(struct fakexen *host, size_t bits);
void fakexen_release(struct fakexen *host);

/* Where Xen's image is in physical memory. */
uint64_t fakexen_image_paddr(const struct fakexen *host);

uint64_t fakexen_domain_vaddr(unsigned int nth);
void fakexen_set_variable(struct fakexen *host, enum fakexen_variable variable, uint64_t value);
void fakexen_set_frame(struct fakexen *host, uint64_t frame, uint64_t count, uint32_t owner);
void fakexen_set_free(struct fakexen *host, uint64_t first, unsigned int order);

/* The @nth struct domain is of domain @id, in a page of Xen's heap. */
void fakexen_set_domain(struct fakexen *host, unsigned int nth, uint16_t id, uint64_t next);

#endif
