// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "util/kernel/xenpage.h"

enum { INFO_BYTES = 32, COUNT_AT = 8, OWNER_AT = 24, DOM0 = 0x100, DOMU = 0x200, OWN = 0x50 };

#define ALLOCATED (UINT64_C(1) << 63)
#define HEAP (UINT64_C(1) << 62)

static const struct xen_owner owners[] = {
	{ OWN, PAGE_XEN },
	{ DOM0, PAGE_DOM0 },
	{ DOMU, PAGE_DOMU },
};

static struct xen_rules rules_of(size_t bits)
{
	return (struct xen_rules){
		.info_size = INFO_BYTES,
		.count_offset = COUNT_AT,
		.owner_offset = OWNER_AT,
		.bits = &xen_bits[bits],
		.owner = owners,
		.owners_nr = ARRAY_SIZE(owners),
	};
}

/* The states, numbered as in Xen: in use, offlining, offlined, free. */
static uint64_t state(size_t bits, uint64_t number)
{
	return number << xen_bits[bits].state_shift;
}

static enum page_class classify(const struct xen_rules *rules, uint64_t count, uint32_t owner,
				bool *ret_broken)
{
	uint8_t info[INFO_BYTES] = { 0 };

	store_u64(info + COUNT_AT, count, ORDER_LITTLE);
	store_u32(info + OWNER_AT, owner, ORDER_LITTLE);
	return xen_page_classify(rules, info, ret_broken);
}

static void expect_class(size_t bits, uint64_t count, uint32_t owner, enum page_class want)
{
	struct xen_rules rules = rules_of(bits);
	bool broken;

	assert_int_equal(classify(&rules, count, owner, &broken), want);
	assert_false(broken);
}

static void a_page_is_its_owners(void **state_)
{
	(void)state_;
	for (size_t b = 0; b < XEN_BITS_NR; b++) {
		expect_class(b, ALLOCATED | 1, DOM0, PAGE_DOM0);
		expect_class(b, ALLOCATED | 3, DOMU, PAGE_DOMU);
		expect_class(b, ALLOCATED | 1 | state(b, 1), DOMU, PAGE_DOMU);
		expect_class(b, ALLOCATED | 1, OWN, PAGE_XEN);
		expect_class(b, ALLOCATED | 1, 0x300, PAGE_XEN);
		expect_class(b, ALLOCATED | 1, 0, PAGE_XEN);
	}
}

/*
 * Xen's heap that a domain may see, pages Xen counts apart, shadows, what a domain gave up but
 * others hold.
 */
static void what_is_not_plainly_a_domains_is_xens(void **state_)
{
	(void)state_;
	for (size_t b = 0; b < XEN_BITS_NR; b++) {
		expect_class(b, 0, 0, PAGE_XEN);
		expect_class(b, HEAP, 0, PAGE_XEN);
		expect_class(b, HEAP | ALLOCATED | 2, DOMU, PAGE_XEN);
		expect_class(b, ALLOCATED | 1 | xen_bits[b].special, DOMU, PAGE_XEN);
		expect_class(b, 0, DOMU, PAGE_XEN);
		expect_class(b, 1, DOMU, PAGE_XEN);
		expect_class(b, ALLOCATED, DOMU, PAGE_XEN);
	}
}

static void a_free_page_counts_nothing(void **state_)
{
	(void)state_;
	for (size_t b = 0; b < XEN_BITS_NR; b++) {
		expect_class(b, state(b, 3), 0, PAGE_FREE);
		expect_class(b, state(b, 3) | ALLOCATED, 9, PAGE_FREE); /* to be scrubbed */
		expect_class(b, state(b, 3) | 1, 0, PAGE_XEN);
		expect_class(b, state(b, 3) | HEAP, 0, PAGE_XEN);
		expect_class(b, state(b, 2), 0, PAGE_OFFLINE);
		expect_class(b, state(b, 2) | 1, 0, PAGE_XEN);
	}
}

/* The free page of the one is no page of anybody in the other. */
static void bits_of_another_xen_free_nothing(void **state_)
{
	(void)state_;
	expect_class(0, state(1, 3), 0, PAGE_XEN);
	expect_class(1, state(0, 3), 0, PAGE_XEN);
	expect_class(0, state(1, 3) | ALLOCATED, DOMU, PAGE_DOMU);
}

static void a_broken_page_is_told(void **state_)
{
	(void)state_;
	for (size_t b = 0; b < XEN_BITS_NR; b++) {
		struct xen_rules rules = rules_of(b);
		bool broken;

		classify(&rules, state(b, 2) | xen_bits[b].broken, 0, &broken);
		assert_true(broken);
		assert_int_equal(classify(&rules, state(b, 1) | xen_bits[b].broken | ALLOCATED | 1,
					  DOM0, &broken),
				 PAGE_DOM0);
		assert_true(broken);
		classify(&rules, xen_bits[b].broken | ALLOCATED | 1, DOM0, &broken);
		assert_false(broken);
	}
}

static void without_bits_all_is_xens(void **state_)
{
	struct xen_rules rules = rules_of(0);
	bool broken;

	(void)state_;
	rules.bits = NULL;
	assert_int_equal(classify(&rules, state(0, 3), 0, &broken), PAGE_XEN);
	assert_int_equal(classify(&rules, ALLOCATED | 1, DOMU, &broken), PAGE_XEN);
	assert_false(broken);
}

static void a_wide_owner_is_read_whole(void **state_)
{
	static const struct xen_owner far[] = { { UINT64_C(0x500000100), PAGE_DOMU } };
	struct xen_rules rules = {
		.info_size = 48,
		.count_offset = 16,
		.owner_offset = 32,
		.owner_wide = true,
		.bits = &xen_bits[0],
		.owner = far,
		.owners_nr = 1,
	};
	uint8_t info[48] = { 0 };
	bool broken;

	(void)state_;
	store_u64(info + 16, ALLOCATED | 1, ORDER_LITTLE);
	store_u64(info + 32, UINT64_C(0x500000100), ORDER_LITTLE);
	assert_int_equal(xen_page_classify(&rules, info, &broken), PAGE_DOMU);
	store_u64(info + 32, 0x100, ORDER_LITTLE);
	assert_int_equal(xen_page_classify(&rules, info, &broken), PAGE_XEN);
}

static void prove(struct xen_proof *proof, uint64_t frame, bool free, uint32_t order)
{
	struct xen_rules rules = rules_of(0);
	uint8_t info[INFO_BYTES] = { 0 };

	store_u64(info + COUNT_AT, free ? state(0, 3) : ALLOCATED | 1, ORDER_LITTLE);
	store_u32(info + OWNER_AT, order, ORDER_LITTLE);
	xen_proof_add(proof, &xen_bits[0], &rules, info, frame);
}

static void prove_block(struct xen_proof *proof, uint64_t frame, uint32_t order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		prove(proof, frame + i, true, i ? 0 : order);
}

static void whole_blocks_are_proof(void **state_)
{
	struct xen_proof proof = { 0 };

	(void)state_;
	assert_false(xen_proof_holds(&proof));
	prove_block(&proof, 8, 3);
	assert_false(xen_proof_holds(&proof)); /* small ones may be an accident */
	prove(&proof, 16, false, 0);
	prove_block(&proof, 32, 5);
	assert_true(xen_proof_holds(&proof));
	assert_int_equal(proof.whole_nr, 40);
	assert_int_equal(proof.odd_nr, 0);
}

static void blocks_that_are_none_are_not(void **state_)
{
	struct xen_proof proof = { 0 };

	(void)state_;
	prove(&proof, 64, true, 21);	  /* no such order */
	prove(&proof, 65, true, 6);	  /* not aligned */
	prove_block(&proof, 128, 4);	  /* a good one */
	for (uint64_t i = 0; i < 31; i++) /* one ends early */
		prove(&proof, 160 + i, true, i ? 0 : 5);
	prove(&proof, 191, false, 0);
	for (uint64_t i = 0; i < 8; i++) /* one goes on elsewhere */
		prove(&proof, 256 + i, true, i ? 0 : 4);
	prove(&proof, 512, true, 0);
	assert_int_equal(proof.whole_nr, 17);
	assert_int_equal(proof.odd_nr, 2 + 31 + 8);
	assert_false(xen_proof_holds(&proof));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_its_owners),
		cmocka_unit_test(what_is_not_plainly_a_domains_is_xens),
		cmocka_unit_test(a_free_page_counts_nothing),
		cmocka_unit_test(bits_of_another_xen_free_nothing),
		cmocka_unit_test(a_broken_page_is_told),
		cmocka_unit_test(without_bits_all_is_xens),
		cmocka_unit_test(a_wide_owner_is_read_whole),
		cmocka_unit_test(whole_blocks_are_proof),
		cmocka_unit_test(blocks_that_are_none_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
