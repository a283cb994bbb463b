// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/fakexen.h"
#include "util/kernel/xen.h"

struct host {
	struct fakexen fake;
	struct xen *xen;
	uint8_t seen[FAKEXEN_FRAMES_NR];
	uint64_t next;
};

static struct err *open_host(struct host *host)
{
	host->fake.fake.image.xen_info = host->fake.info.s;
	return xen_open(&host->fake.fake.image, &host->xen);
}

static struct host *new_host_with(size_t bits)
{
	struct host *host = calloc(1, sizeof(*host));

	assert_non_null(host);
	fakexen_init(&host->fake, bits);
	return host;
}

static struct host *new_host(void)
{
	return new_host_with(0);
}

static void end_host(struct host *host)
{
	xen_free(host->xen);
	fakexen_release(&host->fake);
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
		struct host *host = new_host_with(bits);

		fakexen_set_frame(&host->fake, 0x6000,
				  xen_bits[bits].broken | UINT64_C(2) << xen_bits[bits].state_shift,
				  0);
		expect_ok(open_host(host));
		expect_ok(xen_walk(host->xen, 0, FAKEXEN_FRAMES_NR, take_run, host));
		assert_int_equal(host->next, FAKEXEN_FRAMES_NR);
		expect_class(host, 0, 0x2000, PAGE_XEN);
		expect_class(host, 0x2000, 0x1000, PAGE_DOM0);
		expect_class(host, 0x3000, 0x900, PAGE_DOMU);
		expect_class(host, 0x3900, 0x700, PAGE_XEN);
		expect_class(host, 0x4000, 0x1008, PAGE_FREE);
		expect_class(host, 0x5008, 0xff8, PAGE_XEN);
		expect_class(host, 0x6000, 1, PAGE_XEN | 0x80);
		expect_class(host, 0x6001, FAKEXEN_FRAMES_NR - 0x6001, PAGE_XEN);
		end_host(host);
	}
}

static void what_cannot_be_read_is_unknown(void **state)
{
	struct host *host = new_host();

	(void)state;
	expect_ok(open_host(host));
	fakemem_break(&host->fake.fake.mem, FAKEXEN_FRAMES_PADDR + 0x3000 * FAKEXEN_INFO_BYTES,
		      0x100 * FAKEXEN_INFO_BYTES, ERR_SYS);
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
		char *line = strstr(host->fake.info.s, keys[i]);

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
		str_printf(&info, "%s%s", lines[i], host->fake.info.s);
		str_release(&host->fake.info);
		host->fake.info = info;
		expect_unknown(host, i < 3 ? "is not known" : "absurd");
	}
}

static void notes_are_needed(void **state)
{
	struct host *host = new_host();

	(void)state;
	expect_err(xen_open(&host->fake.fake.image, &host->xen), ERR_NODATA,
		   "no VMCOREINFO_XEN note");
	host->fake.fake.image.xen_crash_size = 64;
	expect_unknown(host, "the note it leaves when it crashes");
}

static void page_tables_elsewhere_are_found_out(void **state)
{
	struct host *host = new_host();

	(void)state;
	store_u64(host->fake.fake.image.xen_crash + FAKEXEN_PHYS_START_AT,
		  fakexen_image_paddr(&host->fake) + 0x1000, ORDER_LITTLE);
	expect_unknown(host, "Xen's page tables");

	host = new_host();
	store_u64(host->fake.fake.image.xen_crash + FAKEXEN_PHYS_START_AT, UINT64_MAX,
		  ORDER_LITTLE);
	expect_unknown(host, "Xen's page tables");

	/* They are read, and lead elsewhere. */
	host = new_host();
	fakekernel_map(&host->fake.fake, FAKEXEN_VADDR, fakexen_image_paddr(&host->fake) + 0x200000,
		       2);
	expect_unknown(host, "Xen's page tables are not at");
}

/* 2 MiB are mapped, 64 Ki page frames: indices are compressed where memory reaches further. */
static void a_frame_table_that_is_too_short_is_not_used(void **state)
{
	struct host *host = new_host();

	(void)state;
	fakexen_set_variable(&host->fake, FAKEXEN_MAX_PAGE, 0x10001);
	expect_unknown(host, "ends before memory does");
	host = new_host();
	fakexen_set_variable(&host->fake, FAKEXEN_MAX_PAGE, FAKEXEN_FRAMES_NR - 1);
	expect_unknown(host, "page frames");
	host = new_host();
	fakexen_set_variable(&host->fake, FAKEXEN_MAX_PAGE, UINT64_MAX);
	expect_unknown(host, "page frames");
}

static void a_list_of_domains_that_is_none_is_found_out(void **state)
{
	struct host *host = new_host();

	(void)state;
	fakexen_set_domain(&host->fake, 2, 7, fakexen_domain_vaddr(1)); /* a loop */
	expect_unknown(host, "domain 1 in the list");
	host = new_host();
	fakexen_set_domain(&host->fake, 0, 1, 0);
	expect_unknown(host, "domain 1 in the list");
	host = new_host();
	fakexen_set_domain(&host->fake, 2, 0x7ff0, 0);
	expect_unknown(host, "in the list");
	host = new_host();
	fakexen_set_variable(&host->fake, FAKEXEN_DOMAIN_LIST, 0);
	expect_unknown(host, "list of domains");
	host = new_host();
	fakexen_set_variable(&host->fake, FAKEXEN_DOMAIN_LIST, fakexen_domain_vaddr(0) + 8);
	expect_unknown(host, "list of domains");
	host = new_host();
	fakexen_set_variable(&host->fake, FAKEXEN_DOM_XEN, fakexen_domain_vaddr(1));
	expect_unknown(host, "two domains in page frame");
}

static void domains_live_in_xens_heap(void **state)
{
	(void)state;
	for (unsigned int nth = 0; nth < FAKEXEN_DOMAINS_NR; nth++) {
		struct host *host = new_host();

		fakexen_set_frame(&host->fake, FAKEXEN_DOMAINS_FRAME + nth, FAKEXEN_ALLOCATED | 1,
				  FAKEXEN_DOMAINS_FRAME);
		expect_unknown(host, "is not of Xen's heap");
	}
}

static void without_a_free_block_bits_mean_nothing(void **state)
{
	struct host *host = new_host();

	(void)state;
	for (uint64_t i = 0; i < 0x1008; i++)
		fakexen_set_frame(&host->fake, 0x4000 + i, UINT64_C(3) << 50, 0);
	expect_unknown(host, "no free block");

	/* Blocks in both ways of reading. */
	host = new_host();
	host->fake.bits = &xen_bits[1];
	fakexen_set_free(&host->fake, 0x6000, 6);
	expect_unknown(host, "free in two ways");
}

static void the_search_for_free_blocks_ends_at_a_signal(void **state)
{
	struct host *host = new_host();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	host->fake.fake.image.stop_fd = ends[0];
	expect_err(open_host(host), ERR_INTERRUPTED, "interrupted");
	close(ends[0]);
	close(ends[1]);
	end_host(host);
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
		cmocka_unit_test(the_search_for_free_blocks_ends_at_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
