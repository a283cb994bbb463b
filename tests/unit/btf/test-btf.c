// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "tests/lib/fakebtf.h"
#include "util/btf/btf.h"

struct opened {
	struct fakebtf fake;
	uint8_t *bytes;
	size_t len;
	struct btf *btf;
};

static struct err *open_fake(struct opened *o)
{
	o->bytes = fakebtf_bytes(&o->fake, &o->len);
	return btf_new(o->bytes, o->len, &o->btf);
}

static void release(struct opened *o)
{
	btf_free(o->btf);
	free(o->bytes);
	fakebtf_release(&o->fake);
}

/*
 * struct page of 6.12 in small: flags, then a union of structures without names, then one of
 * integers; `struct zone` with an array; the enums of both.
 */
static void add_page(struct fakebtf *fake)
{
	uint32_t word = fakebtf_int(fake, "unsigned long", 8);
	uint32_t count = fakebtf_int(fake, "int", 4);
	uint32_t flags_t = fakebtf_type(fake, FAKEBTF_TYPEDEF, "flags_t", 0, word);
	uint32_t pointer = fakebtf_type(fake, FAKEBTF_PTR, NULL, 0, 0);
	struct fakebtf_member lru[] = {
		{ "lru", word, 0, 0 },
		{ "mapping", pointer, 128, 0 },
		{ "private", word, 256, 0 },
	};
	uint32_t lru_struct = fakebtf_struct(fake, FAKEBTF_STRUCT, NULL, 40, lru, 3);
	struct fakebtf_member tail[] = { { "compound_head", word, 0, 0 } };
	uint32_t tail_struct = fakebtf_struct(fake, FAKEBTF_STRUCT, NULL, 8, tail, 1);
	struct fakebtf_member uses[] = { { NULL, lru_struct, 0, 0 }, { "", tail_struct, 0, 0 } };
	uint32_t uses_union = fakebtf_struct(fake, FAKEBTF_UNION, NULL, 40, uses, 2);
	struct fakebtf_member types[] = { { "page_type", count, 0, 0 },
					  { "_mapcount", count, 0, 0 } };
	uint32_t types_union = fakebtf_struct(fake, FAKEBTF_UNION, NULL, 4, types, 2);
	struct fakebtf_member page[] = {
		{ "flags", flags_t, 0, 0 },
		{ NULL, uses_union, 64, 0 },
		{ NULL, types_union, 384, 0 },
	};
	struct fakebtf_value pageflags[] = { { "PG_locked", 0 }, { "PG_lru", 5 } };
	uint32_t areas;

	fakebtf_struct(fake, FAKEBTF_STRUCT, "page", 64, page, 3);
	areas = fakebtf_array(fake, fakebtf_int(fake, "area", 88), 11);
	fakebtf_struct(fake, FAKEBTF_STRUCT, "zone", 1536,
		       &(struct fakebtf_member){ "free_area", areas, 2048, 0 }, 1);
	fakebtf_enum(fake, FAKEBTF_ENUM, "pageflags", pageflags, 2);
}

static uint64_t offset_of(const struct opened *o, const char *structure, const char *member)
{
	struct btf_member found;
	uint32_t type;

	expect_ok(btf_struct(o->btf, structure, &type));
	expect_ok(btf_member(o->btf, type, member, &found));
	assert_int_equal(found.offset_bits % 8, 0);
	return found.offset_bits / 8;
}

static void members_are_found_at_any_depth_in_either_byte_order(void **state)
{
	(void)state;
	for (enum byte_order order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
		struct opened o;
		struct btf_member area;
		uint32_t type;
		uint64_t value;
		int64_t number;

		fakebtf_init(&o.fake, order);
		add_page(&o.fake);
		expect_ok(open_fake(&o));
		assert_int_equal(offset_of(&o, "page", "flags"), 0);
		assert_int_equal(offset_of(&o, "page", "compound_head"), 8);
		assert_int_equal(offset_of(&o, "page", "mapping"), 24);
		assert_int_equal(offset_of(&o, "page", "private"), 40);
		assert_int_equal(offset_of(&o, "page", "_mapcount"), 48);
		expect_ok(btf_struct(o.btf, "page", &type));
		expect_ok(btf_size(o.btf, type, &value));
		assert_int_equal(value, 64);
		expect_ok(btf_struct(o.btf, "zone", &type));
		expect_ok(btf_member(o.btf, type, "free_area", &area));
		expect_ok(btf_array_length(o.btf, area.type, &value));
		assert_int_equal(value, 11);
		expect_ok(btf_size(o.btf, area.type, &value));
		assert_int_equal(value, 11 * 88);
		expect_ok(btf_enumerator(o.btf, "pageflags", "PG_lru", &number));
		assert_int_equal(number, 5);
		release(&o);
	}
}

static void what_is_not_there_is_no_data(void **state)
{
	struct opened o;
	struct btf_member member;
	uint32_t type;
	int64_t value;

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	add_page(&o.fake);
	expect_ok(open_fake(&o));
	expect_err(btf_struct(o.btf, "folio", &type), ERR_NODATA, "folio");
	expect_ok(btf_struct(o.btf, "page", &type));
	expect_err(btf_member(o.btf, type, "compound_info", &member), ERR_NODATA, "compound_info");
	expect_err(btf_member(o.btf, type, "flags.f", &member), ERR_FORMAT, "no structure");
	expect_err(btf_enumerator(o.btf, "pagetype", "PGTY_buddy", &value), ERR_NODATA, "pagetype");
	expect_err(btf_enumerator(o.btf, "pageflags", "PG_slab", &value), ERR_NODATA, "PG_slab");
	release(&o);
}

/* page.flags is memdesc_flags_t since 6.18 (53fbef56e07d). */
static void a_path_leads_into_a_named_structure(void **state)
{
	struct opened o;
	uint32_t word, inner;
	struct fakebtf_member f, pad[2];

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	word = fakebtf_int(&o.fake, "unsigned long", 8);
	f = (struct fakebtf_member){ "f", word, 64, 0 };
	inner = fakebtf_struct(&o.fake, FAKEBTF_STRUCT, NULL, 16, &f, 1);
	inner = fakebtf_type(&o.fake, FAKEBTF_TYPEDEF, "memdesc_flags_t", 0, inner);
	inner = fakebtf_type(&o.fake, FAKEBTF_CONST, NULL, 0, inner);
	pad[0] = (struct fakebtf_member){ "pad", word, 0, 0 };
	pad[1] = (struct fakebtf_member){ "flags", inner, 64, 0 };
	fakebtf_struct(&o.fake, FAKEBTF_STRUCT, "page", 24, pad, 2);
	expect_ok(open_fake(&o));
	assert_int_equal(offset_of(&o, "page", "flags.f"), 16);
	release(&o);
}

static void enumerators_have_signs_and_64_bits(void **state)
{
	struct fakebtf_value small[] = { { "below", -2 } };
	struct fakebtf_value large[] = { { "high", INT64_C(0x123456789a) } };
	struct opened o;
	int64_t value;

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	fakebtf_enum(&o.fake, FAKEBTF_ENUM, "small", small, 1);
	fakebtf_enum(&o.fake, FAKEBTF_ENUM64, "large", large, 1);
	expect_ok(open_fake(&o));
	expect_ok(btf_enumerator(o.btf, "small", "below", &value));
	assert_int_equal(value, -2);
	expect_ok(btf_enumerator(o.btf, "large", "high", &value));
	assert_true(value == INT64_C(0x123456789a));
	release(&o);
}

static void bit_fields_say_how_many_bits(void **state)
{
	struct opened o;
	struct btf_member member;
	uint32_t word, type;
	struct fakebtf_member fields[2];

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	word = fakebtf_int(&o.fake, "unsigned long", 8);
	fields[0] = (struct fakebtf_member){ "low", word, 0, 3 };
	fields[1] = (struct fakebtf_member){ "high", word, 3, 5 };
	fakebtf_struct(&o.fake, FAKEBTF_STRUCT, "bits", 8, fields, 2);
	expect_ok(open_fake(&o));
	expect_ok(btf_struct(o.btf, "bits", &type));
	expect_ok(btf_member(o.btf, type, "high", &member));
	assert_int_equal(member.offset_bits, 3);
	assert_int_equal(member.bits, 5);
	release(&o);
}

static void two_structures_of_one_name_are_one_only_when_they_are_alike(void **state)
{
	struct opened o;
	uint32_t word, type;
	struct fakebtf_member a, b;

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	word = fakebtf_int(&o.fake, "unsigned long", 8);
	a = (struct fakebtf_member){ "next", word, 0, 0 };
	fakebtf_struct(&o.fake, FAKEBTF_STRUCT, "twin", 8, &a, 1);
	fakebtf_type(&o.fake, FAKEBTF_FWD, "twin", 0, 0);
	expect_ok(open_fake(&o));
	expect_ok(btf_struct(o.btf, "twin", &type));
	btf_free(o.btf);
	free(o.bytes);
	b = (struct fakebtf_member){ "next", word, 64, 0 };
	fakebtf_struct(&o.fake, FAKEBTF_STRUCT, "twin", 8, &b, 1);
	expect_ok(open_fake(&o));
	expect_err(btf_struct(o.btf, "twin", &type), ERR_FORMAT, "two different");
	release(&o);
}

static void circles_come_to_an_end(void **state)
{
	struct opened o;
	struct btf_member member;
	struct fakebtf_member self[2];
	uint32_t first, type;
	uint64_t size;

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	first = fakebtf_type(&o.fake, FAKEBTF_TYPEDEF, "a", 0, 2);
	fakebtf_type(&o.fake, FAKEBTF_TYPEDEF, "b", 0, 1);
	/* Each level has itself twice: 2^32 paths. */
	self[0] = (struct fakebtf_member){ NULL, 3, 0, 0 };
	self[1] = self[0];
	type = fakebtf_struct(&o.fake, FAKEBTF_STRUCT, NULL, 8, self, 2);
	assert_int_equal(type, 3);
	fakebtf_array(&o.fake, 4, 2);
	expect_ok(open_fake(&o));
	expect_err(btf_size(o.btf, first, &size), ERR_FORMAT, "circle");
	expect_err(btf_member(o.btf, type, "x", &member), ERR_FORMAT, "without end");
	expect_err(btf_size(o.btf, 4, &size), ERR_FORMAT, "");
	release(&o);
}

static void counts_that_lie_are_refused(void **state)
{
	struct opened o;

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	fakebtf_type(&o.fake, FAKEBTF_STRUCT, "page", 0xffff, 64);
	expect_err(open_fake(&o), ERR_FORMAT, "cut off");
	o.btf = NULL;
	release(&o);

	fakebtf_init(&o.fake, ORDER_LITTLE);
	fakebtf_type(&o.fake, (enum fakebtf_kind)77, "later", 0, 0);
	expect_err(open_fake(&o), ERR_UNSUPPORTED, "kind 77");
	o.btf = NULL;
	release(&o);
}

/*
 * From 7.1 on BTF may say how long types of each kind are. Kinds that are discussed (20 to 22, of
 * functions that were inlined) do not take the structures away from who knows nothing of them.
 */
static void kinds_that_came_later_are_passed_over_by_their_lengths(void **state)
{
	(void)state;
	for (enum byte_order order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
		struct opened o;

		fakebtf_init(&o.fake, order);
		fakebtf_layouts(&o.fake);
		fakebtf_layout(&o.fake, 8, 0);
		fakebtf_layout(&o.fake, 0, 4);
		fakebtf_layout(&o.fake, 4, 12);
		fakebtf_type(&o.fake, (enum fakebtf_kind)20, "once", 5, 1);
		fakebtf_word(&o.fake, 1);
		fakebtf_word(&o.fake, 2);
		fakebtf_type(&o.fake, (enum fakebtf_kind)21, "each", 2, 1);
		fakebtf_word(&o.fake, 3);
		fakebtf_word(&o.fake, 4);
		fakebtf_type(&o.fake, (enum fakebtf_kind)22, "both", 1, 1);
		for (uint32_t word = 0; word < 4; word++)
			fakebtf_word(&o.fake, word);
		add_page(&o.fake);
		fakebtf_type(&o.fake, (enum fakebtf_kind)20, "last", 0, 0);
		fakebtf_word(&o.fake, 1);
		fakebtf_word(&o.fake, 2);
		expect_ok(open_fake(&o));
		assert_int_equal(offset_of(&o, "page", "compound_head"), 8);
		assert_int_equal(offset_of(&o, "page", "_mapcount"), 48);
		release(&o);
	}
}

static void lengths_of_kinds_that_cannot_be_are_refused(void **state)
{
	struct opened o;

	(void)state;
	/* None is told for the kind that came later. */
	fakebtf_init(&o.fake, ORDER_LITTLE);
	fakebtf_layouts(&o.fake);
	fakebtf_type(&o.fake, (enum fakebtf_kind)20, "later", 0, 0);
	expect_err(open_fake(&o), ERR_UNSUPPORTED, "kind 20");
	o.btf = NULL;
	release(&o);

	/* A member of a structure has more than it had. */
	fakebtf_init(&o.fake, ORDER_LITTLE);
	for (int kind = 0; kind < 4; kind++)
		fakebtf_layout(&o.fake, kind == 1 ? 4 : kind == 3 ? 12 : 0, 0);
	fakebtf_layout(&o.fake, 0, 16);
	expect_err(open_fake(&o), ERR_UNSUPPORTED, "kind 4");
	o.btf = NULL;
	release(&o);

	/* They are said to be beyond the end. */
	fakebtf_init(&o.fake, ORDER_LITTLE);
	fakebtf_layouts(&o.fake);
	add_page(&o.fake);
	expect_ok(open_fake(&o));
	for (size_t field = 24; field <= 28; field += 4) {
		uint32_t was = load_u32(o.bytes + field, ORDER_LITTLE);
		struct btf *btf;

		store_u32(o.bytes + field, UINT32_MAX, ORDER_LITTLE);
		expect_err(btf_new(o.bytes, o.len, &btf), ERR_FORMAT, "beyond its end");
		store_u32(o.bytes + field, was, ORDER_LITTLE);
	}
	release(&o);
}

/* Cut anywhere, nothing is read beyond (the sanitizers watch), and nothing is believed. */
static void btf_that_is_cut_off_is_refused(void **state)
{
	struct opened o;

	(void)state;
	fakebtf_init(&o.fake, ORDER_LITTLE);
	add_page(&o.fake);
	expect_ok(open_fake(&o));
	for (size_t len = 0; len < o.len; len++) {
		uint8_t *copy = malloc(len + 1);
		struct btf *btf;

		assert_non_null(copy);
		memcpy(copy, o.bytes, len);
		expect_err(btf_new(copy, len, &btf), ERR_FORMAT, "BTF");
		free(copy);
	}
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_at_any_depth_in_either_byte_order),
		cmocka_unit_test(what_is_not_there_is_no_data),
		cmocka_unit_test(a_path_leads_into_a_named_structure),
		cmocka_unit_test(enumerators_have_signs_and_64_bits),
		cmocka_unit_test(bit_fields_say_how_many_bits),
		cmocka_unit_test(two_structures_of_one_name_are_one_only_when_they_are_alike),
		cmocka_unit_test(circles_come_to_an_end),
		cmocka_unit_test(counts_that_lie_are_refused),
		cmocka_unit_test(kinds_that_came_later_are_passed_over_by_their_lengths),
		cmocka_unit_test(lengths_of_kinds_that_cannot_be_are_refused),
		cmocka_unit_test(btf_that_is_cut_off_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
