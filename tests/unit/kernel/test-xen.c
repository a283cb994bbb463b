// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakekernel.h"
#include "util/kernel/xen.h"
#include "util/kernel/xenpage.h"

/*
 * A Xen host of 128 MiB in the memory of a fake kernel, whose page tables serve as Xen's: three domains,
 * a frame table, variables in Xen's image.
 */
enum {
	FRAMES_NR = FAKE_SECTION_PAGES,
	INFO_BYTES = 32,
	COUNT_AT = 8,
	OWNER_AT = 24,
	ID_AT = 0,
	NEXT_AT = 136,
	DOMAINS_FRAME = 0x1000, /* the first struct domain; then one each page */
	DOMAINS_NR = 5,		/* domains 0, 1, 7, then dom_xen and dom_io */
	CRASH_BYTES = 80,
	PHYS_START_AT = 64,
	VARIABLES_AT = 0x1000, /* in Xen's image */
};

#define XEN_VADDR UINT64_C(0xffff82d040000000)
#define DIRECTMAP_VADDR UINT64_C(0xffff830000000000)
#define FRAMES_VADDR UINT64_C(0xffff82e000000000)
#define FRAMES_PADDR UINT64_C(0x8000000)
#define ALLOCATED (UINT64_C(1) << 63)
#define HEAP (UINT64_C(1) << 62)
#define TOP_OFFSET UINT64_C(0x10000)

enum variable { DOMAIN_LIST, DOM_XEN, DOM_IO, MAX_PAGE, FRAME_TABLE };

struct host {
	struct fakekernel fake;
	struct str info;
	struct xen *xen;
	const struct xen_bits *bits;
	uint8_t seen[FRAMES_NR];
	uint64_t next;
};

static uint64_t image_paddr(const struct host *host)
{
	return fakekernel_top_table(&host->fake) - TOP_OFFSET;
}

static void set_variable(struct host *host, enum variable variable, uint64_t value)
{
	fakemem_put64(&host->fake.mem, image_paddr(host) + VARIABLES_AT + variable * 8U, value);
}

static uint64_t domain_vaddr(unsigned int nth)
{
	return DIRECTMAP_VADDR + ((uint64_t)DOMAINS_FRAME + nth) * FAKE_PAGE_BYTES;
}

static void set_frame(struct host *host, uint64_t frame, uint64_t count, uint32_t owner)
{
	uint8_t *info = fakemem_at(&host->fake.mem, FRAMES_PADDR + frame * INFO_BYTES);

	store_u64(info + COUNT_AT, count, ORDER_LITTLE);
	store_u32(info + OWNER_AT, owner, ORDER_LITTLE);
}

static void set_frames(struct host *host, uint64_t first, uint64_t nr, unsigned int domain)
{
	for (uint64_t i = 0; i < nr; i++)
		set_frame(host, first + i, ALLOCATED | 1, DOMAINS_FRAME + domain);
}

static void set_free(struct host *host, uint64_t first, unsigned int order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		set_frame(host, first + i, UINT64_C(3) << host->bits->state_shift, i ? 0 : order);
}

static void set_domain(struct host *host, unsigned int nth, uint16_t id, uint64_t next)
{
	uint8_t *domain =
		fakemem_at(&host->fake.mem, ((uint64_t)DOMAINS_FRAME + nth) * FAKE_PAGE_BYTES);

	store_u64(domain + ID_AT, id, ORDER_LITTLE);
	store_u64(domain + NEXT_AT, next, ORDER_LITTLE);
	set_frame(host, DOMAINS_FRAME + nth, HEAP, 0);
}

static void add_symbol(struct host *host, const char *name, enum variable variable)
{
	str_printf(&host->info, "SYMBOL(%s)=%llx\n", name,
		   (unsigned long long)(XEN_VADDR + VARIABLES_AT + variable * 8U));
}

static void write_info(struct host *host)
{
	str_printf(&host->info, "PAGESIZE=4096\n");
	add_symbol(host, "domain_list", DOMAIN_LIST);
	add_symbol(host, "dom_xen", DOM_XEN);
	add_symbol(host, "dom_io", DOM_IO);
	add_symbol(host, "max_page", MAX_PAGE);
	add_symbol(host, "frame_table", FRAME_TABLE);
	str_printf(&host->info, "SYMBOL(pgd_l4)=%llx\n",
		   (unsigned long long)(XEN_VADDR + TOP_OFFSET));
	str_printf(&host->info,
		   "SIZE(page_info)=%d\nSIZE(domain)=2304\nOFFSET(page_info.count_info)=%d\n"
		   "OFFSET(page_info._domain)=%d\nOFFSET(domain.domain_id)=%d\n"
		   "OFFSET(domain.next_in_list)=%d\n",
		   INFO_BYTES, COUNT_AT, OWNER_AT, ID_AT, NEXT_AT);
}

static void setup_with(struct host *host, size_t bits)
{
	struct image *image = &host->fake.image;

	memset(host, 0, sizeof(*host));
	host->info = STR_INIT;
	host->bits = &xen_bits[bits];
	fakekernel_init(&host->fake, &(struct fakekernel_config){ .levels = 4 });
	memset(fakemem_at(&host->fake.mem, FRAMES_PADDR), 0, (size_t)FRAMES_NR * INFO_BYTES);
	fakemem_add(&host->fake.mem, (uint64_t)DOMAINS_FRAME * FAKE_PAGE_BYTES,
		    DOMAINS_NR * FAKE_PAGE_BYTES);
	fakekernel_map(&host->fake, XEN_VADDR, image_paddr(host), 2);
	fakekernel_map(&host->fake, DIRECTMAP_VADDR, 0, 3);
	fakekernel_map(&host->fake, FRAMES_VADDR, FRAMES_PADDR, 2);
	fakekernel_ram(&host->fake, 0, (uint64_t)FRAMES_NR * FAKE_PAGE_BYTES,
		       (uint64_t)FRAMES_NR * FAKE_PAGE_BYTES);
	expect_ok(memmap_finish(&image->memmap));

	set_variable(host, DOMAIN_LIST, domain_vaddr(0));
	set_variable(host, DOM_XEN, domain_vaddr(3));
	set_variable(host, DOM_IO, domain_vaddr(4));
	set_variable(host, MAX_PAGE, FRAMES_NR);
	set_variable(host, FRAME_TABLE, FRAMES_VADDR);
	set_domain(host, 0, 0, domain_vaddr(1));
	set_domain(host, 1, 1, domain_vaddr(2));
	set_domain(host, 2, 7, 0);
	set_domain(host, 3, 0x7ff2, 0);
	set_domain(host, 4, 0x7ff1, 0);
	set_frames(host, 0x2000, 0x1000, 0);
	set_frames(host, 0x3000, 0x800, 1);
	set_frames(host, 0x3800, 0x100, 2);
	set_free(host, 0x4000, 12);
	set_free(host, 0x5000, 3);

	write_info(host);
	image->xen_crash_size = CRASH_BYTES;
	store_u64(image->xen_crash + PHYS_START_AT, image_paddr(host), ORDER_LITTLE);
}

static struct err *open_host(struct host *host)
{
	host->fake.image.xen_info = host->info.s;
	return xen_open(&host->fake.image, &host->xen);
}

static void release(struct host *host)
{
	xen_free(host->xen);
	str_release(&host->info);
	fakekernel_release(&host->fake);
}

static struct host *new_host(void)
{
	struct host *host = malloc(sizeof(*host));

	assert_non_null(host);
	setup_with(host, 0);
	return host;
}

static void end_host(struct host *host)
{
	release(host);
	free(host);
}

static void expect_unknown(struct host *host, const char *why)
{
	struct err *e = open_host(host);

	assert_non_null(e);
	assert_non_null(strstr(err_message(e), why));
	err_free(e);
	assert_null(host->xen);
	end_host(host);
}

static struct err *take_run(void *ctx, const struct page_run *run)
{
	struct host *host = ctx;

	assert_true(run->first == host->next && run->count);
	for (uint64_t i = 0; i < run->count; i++)
		host->seen[run->first + i] = (uint8_t)(run->class | (run->poisoned ? 0x80 : 0));
	host->next += run->count;
	return NULL;
}

static void expect_class(const struct host *host, uint64_t first, uint64_t nr, unsigned int class)
{
	for (uint64_t i = first; i < first + nr; i++)
		assert_int_equal(host->seen[i], class);
}

static void each_page_frame_is_somebodys(void **state)
{
	(void)state;
	for (size_t bits = 0; bits < XEN_BITS_NR; bits++) {
		struct host *host = malloc(sizeof(*host));

		assert_non_null(host);
		setup_with(host, bits);
		set_frame(host, 0x6000,
			  xen_bits[bits].broken | UINT64_C(2) << xen_bits[bits].state_shift, 0);
		expect_ok(open_host(host));
		assert_int_equal(xen_guests_nr(host->xen), 2);
		expect_ok(xen_walk(host->xen, 0, FRAMES_NR, take_run, host));
		assert_int_equal(host->next, FRAMES_NR);
		expect_class(host, 0, 0x2000, PAGE_XEN);
		expect_class(host, 0x2000, 0x1000, PAGE_DOM0);
		expect_class(host, 0x3000, 0x900, PAGE_DOMU);
		expect_class(host, 0x3900, 0x700, PAGE_XEN);
		expect_class(host, 0x4000, 0x1008, PAGE_FREE);
		expect_class(host, 0x5008, 0xff8, PAGE_XEN);
		expect_class(host, 0x6000, 1, PAGE_XEN | 0x80);
		expect_class(host, 0x6001, FRAMES_NR - 0x6001, PAGE_XEN);
		end_host(host);
	}
}

static void what_cannot_be_read_is_unknown(void **state)
{
	struct host *host = new_host();

	(void)state;
	expect_ok(open_host(host));
	fakemem_break(&host->fake.mem, FRAMES_PADDR + 0x3000 * INFO_BYTES, 0x100 * INFO_BYTES,
		      ERR_SYS);
	host->next = 0x2f00;
	expect_ok(xen_walk(host->xen, 0x2f00, 0x3200, take_run, host));
	expect_class(host, 0x2f00, 0x100, PAGE_DOM0);
	expect_class(host, 0x3000, 0x100, PAGE_UNKNOWN);
	expect_class(host, 0x3100, 0x100, PAGE_DOMU);
	end_host(host);
}

static void each_key_is_missed(void **state)
{
	static const char *const keys[] = {
		"SYMBOL(domain_list)",
		"SYMBOL(dom_xen)",
		"SYMBOL(dom_io)",
		"SYMBOL(max_page)",
		"SYMBOL(frame_table)",
		"SYMBOL(pgd_l4)",
		"SIZE(page_info)",
		"OFFSET(page_info.count_info)",
		"OFFSET(page_info._domain)",
		"OFFSET(domain.domain_id)",
		"OFFSET(domain.next_in_list)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct host *host = new_host();
		char *line = strstr(host->info.s, keys[i]);

		assert_non_null(line);
		*line = 'X';
		expect_unknown(host, keys[i]);
	}
}

static void a_structure_of_another_shape_is_not_read(void **state)
{
	static const char *const lines[] = {
		"SIZE(page_info)=600\n",
		"SIZE(page_info)=24\n",
		"SIZE(page_info)=16\n",
		"SIZE(page_info)=99999999\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct host *host = new_host();
		struct str info = STR_INIT;

		/* Of a key given twice the first line counts. */
		str_printf(&info, "%s%s", lines[i], host->info.s);
		str_release(&host->info);
		host->info = info;
		expect_unknown(host, i < 3 ? "is not known" : "absurd");
	}
}

static void notes_are_needed(void **state)
{
	struct host *host = new_host();

	(void)state;
	expect_err(xen_open(&host->fake.image, &host->xen), ERR_NODATA, "no VMCOREINFO_XEN note");
	host->fake.image.xen_crash_size = 64;
	expect_unknown(host, "the note it leaves when it crashes");
}

static void page_tables_elsewhere_are_found_out(void **state)
{
	struct host *host = new_host();

	(void)state;
	store_u64(host->fake.image.xen_crash + PHYS_START_AT, image_paddr(host) + 0x1000,
		  ORDER_LITTLE);
	expect_unknown(host, "Xen's page tables");

	host = new_host();
	store_u64(host->fake.image.xen_crash + PHYS_START_AT, UINT64_MAX, ORDER_LITTLE);
	expect_unknown(host, "Xen's page tables");

	/* They are read, and lead elsewhere. */
	host = new_host();
	fakekernel_map(&host->fake, XEN_VADDR, image_paddr(host) + 0x200000, 2);
	expect_unknown(host, "Xen's page tables are not at");
}

/* 2 MiB are mapped, 64 Ki page frames: indices are compressed where memory reaches further. */
static void a_frame_table_that_is_too_short_is_not_used(void **state)
{
	struct host *host = new_host();

	(void)state;
	set_variable(host, MAX_PAGE, 0x10001);
	expect_unknown(host, "ends before memory does");
	host = new_host();
	set_variable(host, MAX_PAGE, FRAMES_NR - 1);
	expect_unknown(host, "page frames");
	host = new_host();
	set_variable(host, MAX_PAGE, UINT64_MAX);
	expect_unknown(host, "page frames");
}

static void a_list_of_domains_that_is_none_is_found_out(void **state)
{
	struct host *host = new_host();

	(void)state;
	set_domain(host, 2, 7, domain_vaddr(1)); /* a loop */
	expect_unknown(host, "domain 1 in the list");
	host = new_host();
	set_domain(host, 0, 1, 0);
	expect_unknown(host, "domain 1 in the list");
	host = new_host();
	set_domain(host, 2, 0x7ff0, 0);
	expect_unknown(host, "in the list");
	host = new_host();
	set_variable(host, DOMAIN_LIST, 0);
	expect_unknown(host, "list of domains");
	host = new_host();
	set_variable(host, DOMAIN_LIST, domain_vaddr(0) + 8);
	expect_unknown(host, "list of domains");
	host = new_host();
	set_variable(host, DOM_XEN, domain_vaddr(1));
	expect_unknown(host, "two domains in page frame");
}

static void domains_live_in_xens_heap(void **state)
{
	(void)state;
	for (unsigned int nth = 0; nth < DOMAINS_NR; nth++) {
		struct host *host = new_host();

		set_frame(host, DOMAINS_FRAME + nth, ALLOCATED | 1, DOMAINS_FRAME);
		expect_unknown(host, "is not of Xen's heap");
	}
}

static void without_a_free_block_bits_mean_nothing(void **state)
{
	struct host *host = new_host();

	(void)state;
	for (uint64_t i = 0; i < 0x1008; i++)
		set_frame(host, 0x4000 + i, UINT64_C(3) << 50, 0);
	expect_unknown(host, "no free block");

	/* Blocks in both ways of reading. */
	host = new_host();
	host->bits = &xen_bits[1];
	set_free(host, 0x6000, 6);
	expect_unknown(host, "free in two ways");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_page_frame_is_somebodys),
		cmocka_unit_test(what_cannot_be_read_is_unknown),
		cmocka_unit_test(each_key_is_missed),
		cmocka_unit_test(a_structure_of_another_shape_is_not_read),
		cmocka_unit_test(notes_are_needed),
		cmocka_unit_test(page_tables_elsewhere_are_found_out),
		cmocka_unit_test(a_frame_table_that_is_too_short_is_not_used),
		cmocka_unit_test(a_list_of_domains_that_is_none_is_found_out),
		cmocka_unit_test(domains_live_in_xens_heap),
		cmocka_unit_test(without_a_free_block_bits_mean_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
