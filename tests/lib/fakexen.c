// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/fakexen.h"

#include <stdlib.h>
#include <string.h>

enum {
	COUNT_AT = 8,
	OWNER_AT = 24,
	ID_AT = 0,
	NEXT_AT = 136,
	CRASH_BYTES = 80,
	VARIABLES_AT = 0x1000, /* in Xen's image */
};

#define DIRECTMAP_VADDR UINT64_C(0xffff830000000000)
#define FRAMES_VADDR UINT64_C(0xffff82e000000000)
#define HEAP (UINT64_C(1) << 62)
#define TOP_OFFSET UINT64_C(0x10000)

uint64_t fakexen_image_paddr(const struct fakexen *host)
{
	return fakekernel_top_table(&host->fake) - TOP_OFFSET;
}

void fakexen_set_variable(struct fakexen *host, enum fakexen_variable variable, uint64_t value)
{
	fakemem_put64(&host->fake.mem, fakexen_image_paddr(host) + VARIABLES_AT + variable * 8U,
		      value);
}

uint64_t fakexen_domain_vaddr(unsigned int nth)
{
	return DIRECTMAP_VADDR + ((uint64_t)FAKEXEN_DOMAINS_FRAME + nth) * FAKE_PAGE_BYTES;
}

void fakexen_set_frame(struct fakexen *host, uint64_t frame, uint64_t count, uint32_t owner)
{
	uint8_t *info =
		fakemem_at(&host->fake.mem, FAKEXEN_FRAMES_PADDR + frame * FAKEXEN_INFO_BYTES);

	store_u64(info + COUNT_AT, count, ORDER_LITTLE);
	store_u32(info + OWNER_AT, owner, ORDER_LITTLE);
}

static void set_frames(struct fakexen *host, uint64_t first, uint64_t nr, unsigned int domain)
{
	for (uint64_t i = 0; i < nr; i++)
		fakexen_set_frame(host, first + i, FAKEXEN_ALLOCATED | 1,
				  FAKEXEN_DOMAINS_FRAME + domain);
}

void fakexen_set_free(struct fakexen *host, uint64_t first, unsigned int order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		fakexen_set_frame(host, first + i, UINT64_C(3) << host->bits->state_shift,
				  i ? 0 : order);
}

void fakexen_set_domain(struct fakexen *host, unsigned int nth, uint16_t id, uint64_t next)
{
	uint8_t *domain = fakemem_at(&host->fake.mem,
				     ((uint64_t)FAKEXEN_DOMAINS_FRAME + nth) * FAKE_PAGE_BYTES);

	store_u64(domain + ID_AT, id, ORDER_LITTLE);
	store_u64(domain + NEXT_AT, next, ORDER_LITTLE);
	fakexen_set_frame(host, FAKEXEN_DOMAINS_FRAME + nth, HEAP, 0);
}

static void add_symbol(struct fakexen *host, const char *name, enum fakexen_variable variable)
{
	str_printf(&host->info, "SYMBOL(%s)=%llx\n", name,
		   (unsigned long long)(FAKEXEN_VADDR + VARIABLES_AT + variable * 8U));
}

static void write_info(struct fakexen *host)
{
	str_printf(&host->info, "PAGESIZE=4096\n");
	add_symbol(host, "domain_list", FAKEXEN_DOMAIN_LIST);
	add_symbol(host, "dom_xen", FAKEXEN_DOM_XEN);
	add_symbol(host, "dom_io", FAKEXEN_DOM_IO);
	add_symbol(host, "max_page", FAKEXEN_MAX_PAGE);
	add_symbol(host, "frame_table", FAKEXEN_FRAME_TABLE);
	str_printf(&host->info, "SYMBOL(pgd_l4)=%llx\n",
		   (unsigned long long)(FAKEXEN_VADDR + TOP_OFFSET));
	str_printf(&host->info,
		   "SIZE(page_info)=%d\nSIZE(domain)=2304\nOFFSET(page_info.count_info)=%d\n"
		   "OFFSET(page_info._domain)=%d\nOFFSET(domain.domain_id)=%d\n"
		   "OFFSET(domain.next_in_list)=%d\n",
		   FAKEXEN_INFO_BYTES, COUNT_AT, OWNER_AT, ID_AT, NEXT_AT);
}

void fakexen_init(struct fakexen *host, size_t bits)
{
	struct image *image = &host->fake.image;

	memset(host, 0, sizeof(*host));
	host->info = STR_INIT;
	host->bits = &xen_bits[bits];
	fakekernel_init(&host->fake, &(struct fakekernel_config){ .levels = 4 });
	memset(fakemem_at(&host->fake.mem, FAKEXEN_FRAMES_PADDR), 0,
	       (size_t)FAKEXEN_FRAMES_NR * FAKEXEN_INFO_BYTES);
	fakemem_add(&host->fake.mem, (uint64_t)FAKEXEN_DOMAINS_FRAME * FAKE_PAGE_BYTES,
		    FAKEXEN_DOMAINS_NR * FAKE_PAGE_BYTES);
	fakekernel_map(&host->fake, FAKEXEN_VADDR, fakexen_image_paddr(host), 2);
	fakekernel_map(&host->fake, DIRECTMAP_VADDR, 0, 3);
	fakekernel_map(&host->fake, FRAMES_VADDR, FAKEXEN_FRAMES_PADDR, 2);
	fakekernel_ram(&host->fake, 0, (uint64_t)FAKEXEN_FRAMES_NR * FAKE_PAGE_BYTES,
		       (uint64_t)FAKEXEN_FRAMES_NR * FAKE_PAGE_BYTES);
	if (memmap_finish(&image->memmap))
		abort();

	fakexen_set_variable(host, FAKEXEN_DOMAIN_LIST, fakexen_domain_vaddr(0));
	fakexen_set_variable(host, FAKEXEN_DOM_XEN, fakexen_domain_vaddr(3));
	fakexen_set_variable(host, FAKEXEN_DOM_IO, fakexen_domain_vaddr(4));
	fakexen_set_variable(host, FAKEXEN_MAX_PAGE, FAKEXEN_FRAMES_NR);
	fakexen_set_variable(host, FAKEXEN_FRAME_TABLE, FRAMES_VADDR);
	fakexen_set_domain(host, 0, 0, fakexen_domain_vaddr(1));
	fakexen_set_domain(host, 1, 1, fakexen_domain_vaddr(2));
	fakexen_set_domain(host, 2, 7, 0);
	fakexen_set_domain(host, 3, 0x7ff2, 0);
	fakexen_set_domain(host, 4, 0x7ff1, 0);
	set_frames(host, 0x2000, 0x1000, 0);
	set_frames(host, 0x3000, 0x800, 1);
	set_frames(host, 0x3800, 0x100, 2);
	fakexen_set_free(host, 0x4000, 12);
	fakexen_set_free(host, 0x5000, 3);

	write_info(host);
	image->xen_crash_size = CRASH_BYTES;
	store_u64(image->xen_crash + FAKEXEN_PHYS_START_AT, fakexen_image_paddr(host),
		  ORDER_LITTLE);
}

void fakexen_release(struct fakexen *host)
{
	str_release(&host->info);
	fakekernel_release(&host->fake);
}
