// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/endian.h"
#include "util/base/macros.h"

static const uint8_t bytes[] = { 0xff, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x87, 0x88 };

static void loads_follow_the_order_they_are_told(void **state)
{
	(void)state;
	assert_int_equal(load_u8(bytes), 0xff);
	assert_int_equal(load_u16(bytes + 1, ORDER_LITTLE), 0x0201);
	assert_int_equal(load_u16(bytes + 1, ORDER_BIG), 0x0102);
	assert_true(load_u32(bytes + 1, ORDER_LITTLE) == 0x04030201);
	assert_true(load_u32(bytes + 1, ORDER_BIG) == 0x01020304);
	assert_true(load_u64(bytes + 1, ORDER_LITTLE) == UINT64_C(0x8887060504030201));
	assert_true(load_u64(bytes + 1, ORDER_BIG) == UINT64_C(0x0102030405068788));
}

static void stores_are_what_loads_read_at_any_alignment(void **state)
{
	const enum byte_order orders[] = { ORDER_LITTLE, ORDER_BIG };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		for (size_t at = 0; at < 8; at++) {
			uint8_t room[17];

			memset(room, 0xee, sizeof(room));
			store_u64(room + at, UINT64_C(0xfedcba9876543210), orders[i]);
			assert_true(load_u64(room + at, orders[i]) == UINT64_C(0xfedcba9876543210));
			store_u32(room + at, 0x89abcdef, orders[i]);
			assert_true(load_u32(room + at, orders[i]) == 0x89abcdef);
			store_u16(room + at, 0xf00d, orders[i]);
			assert_int_equal(load_u16(room + at, orders[i]), 0xf00d);
			assert_int_equal(room[at + 8], 0xee);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_follow_the_order_they_are_told),
		cmocka_unit_test(stores_are_what_loads_read_at_any_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
