// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakering.h"
#include "util/record/addresses.h"

#define TEXT UINT64_C(0xffffffff81000000)
#define KERNEL_MARK ((uint64_t)PERF_CONTEXT_KERNEL)
#define USER_MARK ((uint64_t)PERF_CONTEXT_USER)

enum { CHAIN_AT = 48, TID = 7 };

static struct address_places chains = { .chain = CHAIN_AT };
static struct address_places fields = { .raw = CHAIN_AT + 4, .field = { 8, 16 }, .fields_nr = 2 };

static struct address_plan plan_of(struct address_places *places)
{
	return (struct address_plan){ .event = places, .nr = 1, .text = TEXT, .user = true };
}

static bool has_kernel(const struct addresses *addresses, uint64_t address)
{
	size_t index;

	return keyset_find(&addresses->kernel, &address, &index);
}

/* One sample with @words behind what all have, at a place where it reaches around the end. */
static void add(struct addresses *addresses, uint16_t misc, uint64_t ip, const uint64_t *word,
		size_t words)
{
	struct fakering fake = fakering_new(3 * FAKERING_BYTES - 56);
	uint64_t at = fakering_add_sample(&fake, misc, 1, ip, TID, 1000, word, words);

	addresses_add_sample(addresses, &fake.ring, at, 0);
	fakering_free(&fake);
}

static void frames_are_kept_once(void **state)
{
	static const uint64_t chain[] = { 4, KERNEL_MARK, TEXT + 1, TEXT + 2, TEXT + 1 };
	static const uint64_t other[] = { 2, KERNEL_MARK, TEXT + 3 };
	const struct address_plan plan = plan_of(&chains);
	struct addresses addresses;

	(void)state;
	assert_null(addresses_init(&addresses, &plan));
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT + 9, chain, 5);
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT + 9, chain, 5);
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT + 9, other, 3);
	assert_int_equal(addresses.kernel.nr, 4);
	assert_true(has_kernel(&addresses, TEXT + 1) && has_kernel(&addresses, TEXT + 2) &&
		    has_kernel(&addresses, TEXT + 3) && has_kernel(&addresses, TEXT + 9));
	addresses_release(&addresses);
}

static void user_frames_are_kept_by_process_with_their_time(void **state)
{
	static const uint64_t chain[] = { 4, KERNEL_MARK, TEXT + 1, USER_MARK, 0x5000 };
	const struct address_plan plan = plan_of(&chains);
	struct addresses addresses;

	(void)state;
	assert_null(addresses_init(&addresses, &plan));
	add(&addresses, PERF_RECORD_MISC_USER, 0x4000, chain, 5);
	assert_int_equal(addresses.user.nr, 2);
	assert_int_equal(keyset_key(&addresses.user, 0)[ADDRESS_KEY_ADDRESS], 0x4000);
	assert_int_equal(keyset_key(&addresses.user, 1)[ADDRESS_KEY_ADDRESS], 0x5000);
	assert_int_equal((uint32_t)keyset_key(&addresses.user, 1)[ADDRESS_KEY_PID], TID);
	assert_int_equal(addresses.user_time[1], 1000);
	addresses_release(&addresses);
}

static void after_an_exec_an_address_is_another(void **state)
{
	static const uint32_t exec[10] = { PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC | 40U << 16,
					   TID, TID };
	const struct address_plan plan = plan_of(&chains);
	static const uint64_t none[] = { 0 };
	struct addresses addresses;

	(void)state;
	assert_null(addresses_init(&addresses, &plan));
	add(&addresses, PERF_RECORD_MISC_USER, 0x4000, none, 1);
	addresses_add_record(&addresses, exec, sizeof(exec));
	add(&addresses, PERF_RECORD_MISC_USER, 0x4000, none, 1);
	assert_int_equal(addresses.user.nr, 2);
	addresses_release(&addresses);
}

/* Raw bytes: u32 length, then from +4 on, fields at 8 and 16 of them. */
static void fields_that_hold_code_are_kept_and_pointers_to_data_are_not(void **state)
{
	const uint64_t call_site = TEXT + 0x123456, pointer = UINT64_C(0xffff888012345678);
	const struct address_plan plan = plan_of(&fields);
	struct addresses addresses;
	uint64_t raw[5] = { 0 };

	(void)state;
	memcpy((uint8_t *)raw + 4 + 8, &call_site, 8);
	memcpy((uint8_t *)raw + 4 + 16, &pointer, 8);
	assert_null(addresses_init(&addresses, &plan));
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT, raw, 5);
	assert_int_equal(addresses.kernel.nr, 2);
	assert_true(has_kernel(&addresses, call_site));
	addresses_release(&addresses);
}

static void numbers_of_pages_are_no_addresses(void **state)
{
	const uint64_t pfn = 0x12345, bytes = 4096;
	const struct address_plan plan = plan_of(&fields);
	struct addresses addresses;
	uint64_t raw[5] = { 0 };

	(void)state;
	memcpy((uint8_t *)raw + 4 + 8, &pfn, 8);
	memcpy((uint8_t *)raw + 4 + 16, &bytes, 8);
	assert_null(addresses_init(&addresses, &plan));
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT, raw, 5);
	assert_int_equal(addresses.kernel.nr, 1);
	addresses_release(&addresses);
}

static void a_chain_longer_than_its_sample_is_not_believed(void **state)
{
	static const uint64_t chain[] = { 100, TEXT + 1 };
	const struct address_plan plan = plan_of(&chains);
	struct addresses addresses;

	(void)state;
	assert_null(addresses_init(&addresses, &plan));
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT, chain, 2);
	assert_int_equal(addresses.kernel.nr, 1);
	addresses_release(&addresses);
}

static void without_a_plan_nothing_is_kept(void **state)
{
	static const uint64_t none[] = { 0 };
	struct addresses addresses;

	(void)state;
	assert_null(addresses_init(&addresses, NULL));
	add(&addresses, PERF_RECORD_MISC_KERNEL, TEXT, none, 1);
	assert_int_equal(addresses.kernel.nr, 0);
	addresses_release(&addresses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_kept_once),
		cmocka_unit_test(user_frames_are_kept_by_process_with_their_time),
		cmocka_unit_test(after_an_exec_an_address_is_another),
		cmocka_unit_test(fields_that_hold_code_are_kept_and_pointers_to_data_are_not),
		cmocka_unit_test(numbers_of_pages_are_no_addresses),
		cmocka_unit_test(a_chain_longer_than_its_sample_is_not_believed),
		cmocka_unit_test(without_a_plan_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
