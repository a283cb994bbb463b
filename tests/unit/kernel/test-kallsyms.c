// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables as scripts/kallsyms.c of the kernel writes them, in a fake kernel's memory. Token n stands
 * for the character n, but for two that stand for more.
 */
#include "tests/lib/expect.h"

#include "tests/lib/fakekernel.h"
#include "util/base/endian.h"
#include "util/kernel/kallsyms.h"

/* Free places in the fake kernel's image. */
enum { NAMES_AT = 0xb000, TOKENS_AT = 0xd000, INDEX_AT = 0xd800, ADDRESSES_AT = 0xe000 };

enum { NUMBER_AT = 0xaff0, BASE_AT = 0xaff8, TOKEN_INIT = 1, TOKEN_PER_CPU = 2 };

enum encoding { BASE_RELATIVE, ABSOLUTE_PERCPU, PLACE_RELATIVE, ABSOLUTE };

struct symbol {
	const char *name; /* its type in front */
	uint64_t vaddr;
};

static const struct symbol symbols[] = {
	{ "A__per_cpu_start", 0 },
	{ "T_stext", FAKE_TEXT_VADDR },
	{ "D\1uts_ns", FAKE_TEXT_VADDR + 0x1000 },
	{ "tlocal", FAKE_TEXT_VADDR + 0x2000 },
	{ "tlocal", FAKE_TEXT_VADDR + 0x3000 },
	{ "Dswapper_pg_dir", FAKE_TEXT_VADDR + 0x10000 },
	{ "D\2offset", FAKE_TEXT_VADDR + 0x20000 },
};

struct opened {
	struct fakekernel fake;
	struct vtop vtop;
	struct vmcoreinfo *info;
};

static uint8_t *image_at(struct opened *o, uint64_t offset)
{
	return fakemem_at(&o->fake.mem, fakekernel_uts(&o->fake) - 0x1000 + offset);
}

static void put_tokens(struct opened *o)
{
	uint8_t *table = image_at(o, TOKENS_AT);
	size_t at = 0;

	for (unsigned int i = 0; i < 256; i++) {
		char text[16] = { (char)i };

		if (i == TOKEN_INIT)
			strcpy(text, "init_");
		else if (i == TOKEN_PER_CPU)
			strcpy(text, "__per_cpu_");
		store_u16(image_at(o, INDEX_AT + 2 * i), (uint16_t)at, ORDER_LITTLE);
		strcpy((char *)table + at, text);
		at += strlen(text) + 1;
	}
}

static void put_address(struct opened *o, enum encoding encoding, uint64_t base, size_t i)
{
	uint64_t place = ADDRESSES_AT + i * 4;
	uint64_t vaddr = symbols[i].vaddr;
	uint32_t offset = (uint32_t)(vaddr - base);

	if (encoding == ABSOLUTE) {
		store_u64(image_at(o, ADDRESSES_AT + i * 8), vaddr, ORDER_LITTLE);
		return;
	}
	if (encoding == ABSOLUTE_PERCPU)
		offset = vaddr < base ? (uint32_t)vaddr : (uint32_t)(base - 1 - vaddr);
	else if (encoding == PLACE_RELATIVE)
		offset = (uint32_t)(vaddr - (FAKE_TEXT_VADDR + place));
	store_u32(image_at(o, place), offset, ORDER_LITTLE);
}

static void setup(struct opened *o, enum encoding encoding)
{
	unsigned long long text = FAKE_TEXT_VADDR;
	size_t at = 0;

	fakekernel_init(&o->fake, &(struct fakekernel_config){ .levels = 4 });
	put_tokens(o);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		size_t len = strlen(symbols[i].name);

		*image_at(o, NAMES_AT + at) = (uint8_t)len;
		memcpy(image_at(o, NAMES_AT + at + 1), symbols[i].name, len);
		at += 1 + len;
		put_address(o, encoding, FAKE_TEXT_VADDR, i);
	}
	store_u32(image_at(o, NUMBER_AT), ARRAY_SIZE(symbols), ORDER_LITTLE);
	store_u64(image_at(o, BASE_AT), FAKE_TEXT_VADDR, ORDER_LITTLE);

	str_printf(&o->fake.info,
		   "SYMBOL(_stext)=%llx\nSYMBOL(swapper_pg_dir)=%llx\nSYMBOL(kallsyms_names)=%llx\n"
		   "SYMBOL(kallsyms_num_syms)=%llx\nSYMBOL(kallsyms_token_table)=%llx\n"
		   "SYMBOL(kallsyms_token_index)=%llx\nSYMBOL(kallsyms_%s)=%llx\n",
		   text, text + 0x10000, text + NAMES_AT, text + NUMBER_AT, text + TOKENS_AT,
		   text + INDEX_AT, encoding == ABSOLUTE ? "addresses" : "offsets",
		   text + ADDRESSES_AT);
	if (encoding == BASE_RELATIVE || encoding == ABSOLUTE_PERCPU)
		str_printf(&o->fake.info, "SYMBOL(kallsyms_relative_base)=%llx\n", text + BASE_AT);
}

/* Look two symbols up and one there is twice. */
static struct err *look_up(struct opened *o, struct kallsyms_wanted wanted[3])
{
	wanted[0] = (struct kallsyms_wanted){ .name = "__per_cpu_offset" };
	wanted[1] = (struct kallsyms_wanted){ .name = "__start_BTF" };
	wanted[2] = (struct kallsyms_wanted){ .name = "local" };
	o->info = NULL;
	expect_ok(vmcoreinfo_parse(o->fake.info.s, o->fake.info.len, &o->info));
	expect_ok(vtop_init(&o->vtop, &o->fake.image, o->info));
	return kallsyms_find(&o->vtop, o->info, wanted, 3);
}

static void release(struct opened *o)
{
	vmcoreinfo_free(o->info);
	fakekernel_release(&o->fake);
}

static void addresses_of_every_encoding_are_found(void **state)
{
	(void)state;
	for (enum encoding encoding = BASE_RELATIVE; encoding <= ABSOLUTE; encoding++) {
		struct kallsyms_wanted wanted[3];
		struct opened o;

		setup(&o, encoding);
		expect_ok(look_up(&o, wanted));
		assert_true(wanted[0].found);
		assert_true(wanted[0].vaddr == FAKE_TEXT_VADDR + 0x20000);
		release(&o);
	}
}

static void what_is_not_there_or_twice_is_not_found(void **state)
{
	struct kallsyms_wanted wanted[3];
	struct opened o;

	(void)state;
	setup(&o, BASE_RELATIVE);
	expect_ok(look_up(&o, wanted));
	assert_false(wanted[1].found);
	assert_false(wanted[2].found);
	release(&o);
}

/* 73bbb94466fd (6.1): from 128 on, a length takes two bytes. */
static void a_long_name_is_passed_over(void **state)
{
	enum { LONG = 300 };
	struct kallsyms_wanted wanted[3];
	struct opened o;
	size_t used = 0;

	(void)state;
	setup(&o, BASE_RELATIVE);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		used += 1 + strlen(symbols[i].name);
	memmove(image_at(&o, NAMES_AT + LONG + 2), image_at(&o, NAMES_AT), used);
	*image_at(&o, NAMES_AT) = 0x80 | (LONG & 0x7f);
	*image_at(&o, NAMES_AT + 1) = LONG >> 7;
	memset(image_at(&o, NAMES_AT + 2), 'x', LONG);
	/* It is the first, so all others have the next place. */
	memmove(image_at(&o, ADDRESSES_AT + 4), image_at(&o, ADDRESSES_AT),
		sizeof(uint32_t) * ARRAY_SIZE(symbols));
	store_u32(image_at(&o, NUMBER_AT), ARRAY_SIZE(symbols) + 1, ORDER_LITTLE);
	expect_ok(look_up(&o, wanted));
	assert_true(wanted[0].vaddr == FAKE_TEXT_VADDR + 0x20000);
	release(&o);
}

static void a_table_that_contradicts_vmcoreinfo_is_not_believed(void **state)
{
	struct kallsyms_wanted wanted[3];
	struct opened o;

	(void)state;
	setup(&o, BASE_RELATIVE);
	store_u64(image_at(&o, BASE_AT), FAKE_TEXT_VADDR + 8, ORDER_LITTLE);
	expect_err(look_up(&o, wanted), ERR_FORMAT, "do not agree");
	assert_false(wanted[0].found);
	release(&o);
}

/* Debian's kernel of loongarch64 has no data in it: what is right of it is one symbol of text. */
static void one_symbol_proves_too_little(void **state)
{
	struct kallsyms_wanted wanted[3];
	struct opened o;
	uint64_t at = NAMES_AT;

	(void)state;
	setup(&o, PLACE_RELATIVE);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (symbols[i].name[0] == 'D')
			*image_at(&o, at + strlen(symbols[i].name)) = '?';
		at += 1 + strlen(symbols[i].name);
	}
	expect_err(look_up(&o, wanted), ERR_FORMAT, "CONFIG_KALLSYMS_ALL");
	assert_false(wanted[0].found);
	release(&o);
}

static void absurd_numbers_are_told(void **state)
{
	static const uint32_t absurd[] = { 0, 5 << 20, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		struct kallsyms_wanted wanted[3];
		struct opened o;

		setup(&o, BASE_RELATIVE);
		store_u32(image_at(&o, NUMBER_AT), absurd[i], ORDER_LITTLE);
		expect_err(look_up(&o, wanted), ERR_FORMAT, "absurd");
		release(&o);
	}
}

/* More symbols than names: the names run into memory that is not there. */
static void names_that_do_not_end_are_an_error(void **state)
{
	struct kallsyms_wanted wanted[3];
	struct opened o;

	(void)state;
	setup(&o, BASE_RELATIVE);
	store_u32(image_at(&o, NUMBER_AT), 4 << 20, ORDER_LITTLE);
	expect_err(look_up(&o, wanted), ERR_NODATA, "kallsyms_names");
	release(&o);
}

static void a_kernel_that_does_not_say_where_they_are_has_none(void **state)
{
	struct kallsyms_wanted wanted[3];
	struct opened o;

	(void)state;
	setup(&o, BASE_RELATIVE);
	fakekernel_set_info(&o.fake, "SYMBOL(kallsyms_names)", NULL);
	expect_err(look_up(&o, wanted), ERR_NODATA, "kallsyms_names");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_every_encoding_are_found),
		cmocka_unit_test(what_is_not_there_or_twice_is_not_found),
		cmocka_unit_test(a_long_name_is_passed_over),
		cmocka_unit_test(a_table_that_contradicts_vmcoreinfo_is_not_believed),
		cmocka_unit_test(one_symbol_proves_too_little),
		cmocka_unit_test(absurd_numbers_are_told),
		cmocka_unit_test(names_that_do_not_end_are_an_error),
		cmocka_unit_test(a_kernel_that_does_not_say_where_they_are_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
