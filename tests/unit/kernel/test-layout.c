// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "tests/lib/fakebtf.h"
#include "util/kernel/layout.h"

struct opened {
	struct fakebtf fake;
	struct vmcoreinfo *info;
	struct layout layout;
};

static void setup(struct opened *o, const char *info)
{
	expect_ok(vmcoreinfo_parse(info, strlen(info), &o->info));
	o->layout = layout_init(o->info);
	fakebtf_init(&o->fake, ORDER_LITTLE);
}

/* What was added to the BTF so far becomes that of the layout. */
static void give_btf(struct opened *o)
{
	size_t len;

	o->layout.btf.bytes = fakebtf_bytes(&o->fake, &len);
	expect_ok(btf_new(o->layout.btf.bytes, len, &o->layout.btf.btf));
}

static void release(struct opened *o)
{
	layout_forget_types(&o->layout);
	fakebtf_release(&o->fake);
	vmcoreinfo_free(o->info);
}

static void add_page(struct fakebtf *fake)
{
	uint32_t word = fakebtf_int(fake, "unsigned long", 8);
	struct fakebtf_member members[] = { { "flags", word, 0, 0 }, { "mapping", word, 192, 0 } };

	fakebtf_struct(fake, FAKEBTF_STRUCT, "page", 64, members, 2);
}

static void sources_that_agree_are_both_named(void **state)
{
	struct opened o;
	uint64_t value;
	int64_t number;

	(void)state;
	setup(&o, "OFFSET(page.mapping)=24\nSIZE(page)=64\n");
	add_page(&o.fake);
	give_btf(&o);
	expect_ok(layout_unsigned(&o.layout, "OFFSET(page.mapping)", &value));
	assert_int_equal(value, 24);
	expect_ok(layout_unsigned(&o.layout, "SIZE(page)", &value));
	assert_int_equal(value, 64);
	assert_int_equal(o.layout.facts_nr, 2);
	assert_true(o.layout.fact[0].said[LAYOUT_VMCOREINFO]);
	assert_true(o.layout.fact[0].said[LAYOUT_BTF]);
	assert_true(layout_fact_value(&o.layout.fact[0], &number));
	assert_int_equal(number, 24);
	release(&o);
}

static void one_source_is_enough(void **state)
{
	struct opened o;
	uint64_t value;

	(void)state;
	setup(&o, "OFFSET(page.private)=40\n");
	add_page(&o.fake);
	give_btf(&o);
	expect_ok(layout_unsigned(&o.layout, "OFFSET(page.mapping)", &value));
	assert_int_equal(value, 24);
	expect_ok(layout_unsigned(&o.layout, "OFFSET(page.private)", &value));
	assert_int_equal(value, 40);
	expect_err(layout_unsigned(&o.layout, "OFFSET(page._mapcount)", &value), ERR_NODATA,
		   "OFFSET(page._mapcount)");
	release(&o);
}

static void sources_that_differ_are_neither_believed(void **state)
{
	struct opened o;
	uint64_t value;
	int64_t number;

	(void)state;
	setup(&o, "OFFSET(page.mapping)=32\n");
	add_page(&o.fake);
	give_btf(&o);
	expect_err(layout_unsigned(&o.layout, "OFFSET(page.mapping)", &value), ERR_FORMAT,
		   "OFFSET(page.mapping) is 32 in VMCOREINFO and 24 in BTF");
	assert_true(o.layout.fact[0].contradicted);
	assert_false(layout_fact_value(&o.layout.fact[0], &number));
	release(&o);
}

/* A key that is there and no number is damage, not a reason to look elsewhere. */
static void a_malformed_key_is_not_replaced(void **state)
{
	struct opened o;
	uint64_t value;

	(void)state;
	setup(&o, "OFFSET(page.mapping)=banana\n");
	add_page(&o.fake);
	give_btf(&o);
	expect_err(layout_unsigned(&o.layout, "OFFSET(page.mapping)", &value), ERR_FORMAT,
		   "banana");
	release(&o);
}

/*
 * Page types: macros up to 6.10, cleared bits of `enum pagetype` in 6.11 (8db00ad56461), numbers
 * for the top byte since 6.12 (4ffca5a96678).
 */
static void page_types_follow_from_the_enum(void **state)
{
	static const struct fakebtf_value of_6_11[] = { { "PG_buddy", 0x40000000 },
							{ "PG_offline", 0x20000000 },
							{ "PG_slab", 0x02000000 } };
	static const struct fakebtf_value of_6_12[] = { { "PGTY_buddy", 0xf0 },
							{ "PGTY_offline", 0xf1 },
							{ "PGTY_slab", 0xf5 } };
	static const struct {
		const struct fakebtf_value *value;
		int64_t buddy, slab;
	} epochs[] = {
		{ of_6_11, (int32_t)~0x40000000u, (int32_t)~0x02000000u },
		{ of_6_12, (int32_t)0xf0000000u, (int32_t)0xf5000000u },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		struct opened o;
		int64_t value;

		setup(&o, "");
		fakebtf_enum(&o.fake, FAKEBTF_ENUM, "pagetype", epochs[i].value, 3);
		give_btf(&o);
		expect_ok(layout_number(&o.layout, "PAGE_BUDDY_MAPCOUNT_VALUE", &value));
		assert_true(value == epochs[i].buddy);
		expect_ok(layout_number(&o.layout, "PAGE_SLAB_MAPCOUNT_VALUE", &value));
		assert_true(value == epochs[i].slab);
		expect_err(layout_number(&o.layout, "PAGE_HUGETLB_MAPCOUNT_VALUE", &value),
			   ERR_NODATA, "PAGE_HUGETLB_MAPCOUNT_VALUE");
		release(&o);
	}
}

/* VMCOREINFO prints a type as int or as unsigned int: both are what BTF says. */
static void a_number_of_32_bits_has_no_sign(void **state)
{
	static const struct fakebtf_value types[] = { { "PGTY_buddy", 0xf0 } };
	static const char *const infos[] = {
		"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n",
		"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=4026531840\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		struct opened o;
		int64_t value;

		setup(&o, infos[i]);
		fakebtf_enum(&o.fake, FAKEBTF_ENUM, "pagetype", types, 1);
		give_btf(&o);
		expect_ok(layout_number(&o.layout, "PAGE_BUDDY_MAPCOUNT_VALUE", &value));
		release(&o);
	}
}

/* A damaged number that is another type's: neither is known from BTF. */
static void a_page_type_that_is_two_things_is_none(void **state)
{
	static const struct fakebtf_value types[] = { { "PGTY_buddy", 0xf2 },
						      { "PGTY_table", 0xf2 } };
	struct opened o;
	int64_t value;

	(void)state;
	setup(&o, "");
	fakebtf_enum(&o.fake, FAKEBTF_ENUM, "pagetype", types, 2);
	give_btf(&o);
	expect_err(layout_number(&o.layout, "PAGE_BUDDY_MAPCOUNT_VALUE", &value), ERR_NODATA,
		   "PAGE_BUDDY");
	release(&o);
}

static void flags_come_as_numbers_and_as_a_mask(void **state)
{
	static const struct fakebtf_value flags[] = { { "PG_lru", 5 }, { "PG_head", 6 } };
	struct opened o;
	int64_t value;

	(void)state;
	setup(&o, "NUMBER(PG_lru)=5\nNUMBER(PG_head_mask)=64\n");
	fakebtf_enum(&o.fake, FAKEBTF_ENUM, "pageflags", flags, 2);
	give_btf(&o);
	expect_ok(layout_number(&o.layout, "PG_lru", &value));
	assert_int_equal(value, 5);
	expect_ok(layout_number(&o.layout, "PG_head_mask", &value));
	assert_int_equal(value, 64);
	assert_true(o.layout.fact[1].said[LAYOUT_BTF]);
	release(&o);
}

static void a_symbol_is_checked_against_kallsyms(void **state)
{
	struct opened o;
	uint64_t vaddr;

	(void)state;
	setup(&o, "SYMBOL(init_uts_ns)=ffffffff81001000\n");
	expect_ok(layout_init_uts_ns(&o.layout, &vaddr));
	o.layout.kallsyms_symbol[SYMBOL_INIT_UTS_NS] = UINT64_C(0xffffffff81001000);
	expect_ok(layout_init_uts_ns(&o.layout, &vaddr));
	assert_true(vaddr == UINT64_C(0xffffffff81001000));
	o.layout.kallsyms_symbol[SYMBOL_INIT_UTS_NS]++;
	expect_err(layout_init_uts_ns(&o.layout, &vaddr), ERR_FORMAT, "in kallsyms");
	release(&o);
}

/* A vmlinux is a witness like the others: it adds, confirms, and contradicts. */
static void a_vmlinux_is_weighed_like_the_others(void **state)
{
	struct fakebtf_value flags[] = { { "PG_lru", 5 } };
	struct opened of_dump;
	struct opened of_file;
	uint64_t value;
	int64_t number;

	(void)state;
	setup(&of_dump, "OFFSET(page.mapping)=24\n");
	add_page(&of_dump.fake);
	give_btf(&of_dump);
	setup(&of_file, "");
	add_page(&of_file.fake);
	fakebtf_enum(&of_file.fake, FAKEBTF_ENUM, "pageflags", flags, 1);
	give_btf(&of_file);

	of_dump.layout.vmlinux_types = of_file.layout.btf.btf;
	expect_ok(layout_unsigned(&of_dump.layout, "OFFSET(page.mapping)", &value));
	assert_int_equal(value, 24);
	assert_true(of_dump.layout.fact[0].said[LAYOUT_VMLINUX]);
	expect_ok(layout_number(&of_dump.layout, "PG_lru", &number));
	assert_int_equal(number, 5);
	expect_err(layout_number(&of_dump.layout, "PG_slab", &number), ERR_NODATA,
		   "neither VMCOREINFO nor the kernel's BTF nor vmlinux has NUMBER(PG_slab)");
	release(&of_dump);

	setup(&of_dump, "OFFSET(page.mapping)=32\n");
	of_dump.layout.vmlinux_types = of_file.layout.btf.btf;
	expect_err(layout_unsigned(&of_dump.layout, "OFFSET(page.mapping)", &value), ERR_FORMAT,
		   "is 32 in VMCOREINFO and 24 in vmlinux");
	expect_err(layout_number(&of_dump.layout, "PG_slab", &number), ERR_NODATA,
		   "neither VMCOREINFO nor vmlinux has NUMBER(PG_slab)");
	layout_forget_types(&of_dump.layout);
	assert_false(layout_has_types(&of_dump.layout));
	release(&of_dump);
	release(&of_file);
}

/* What BTF and a vmlinux say of a key that VMCOREINFO lacks is weighed too. */
static void btf_and_a_vmlinux_contradict_each_other(void **state)
{
	struct opened of_dump;
	struct opened of_file;
	struct fakebtf_member member = { "mapping", 0, 256, 0 };
	uint64_t value;

	(void)state;
	setup(&of_dump, "");
	add_page(&of_dump.fake);
	give_btf(&of_dump);
	setup(&of_file, "");
	fakebtf_struct(&of_file.fake, FAKEBTF_STRUCT, "page", 64, &member, 1);
	give_btf(&of_file);
	of_dump.layout.vmlinux_types = of_file.layout.btf.btf;
	expect_err(layout_unsigned(&of_dump.layout, "OFFSET(page.mapping)", &value), ERR_FORMAT,
		   "is 24 in BTF and 32 in vmlinux");
	release(&of_dump);
	release(&of_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_that_agree_are_both_named),
		cmocka_unit_test(one_source_is_enough),
		cmocka_unit_test(sources_that_differ_are_neither_believed),
		cmocka_unit_test(a_malformed_key_is_not_replaced),
		cmocka_unit_test(page_types_follow_from_the_enum),
		cmocka_unit_test(a_number_of_32_bits_has_no_sign),
		cmocka_unit_test(a_page_type_that_is_two_things_is_none),
		cmocka_unit_test(flags_come_as_numbers_and_as_a_mask),
		cmocka_unit_test(a_symbol_is_checked_against_kallsyms),
		cmocka_unit_test(a_vmlinux_is_weighed_like_the_others),
		cmocka_unit_test(btf_and_a_vmlinux_contradict_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
