// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/base/cleanup.h"
#include "util/event/sample.h"

enum { HEADER = sizeof(struct perf_event_header) };

/* What perf kmem records, and what we do. */
static const uint64_t page_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				  PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN |
				  PERF_SAMPLE_RAW;

struct record {
	uint8_t bytes[512];
	size_t len;
};

static void add_u32(struct record *record, uint32_t value)
{
	store_u32(record->bytes + record->len, value, ORDER_LITTLE);
	record->len += 4;
}

static void add_u64(struct record *record, uint64_t value)
{
	store_u64(record->bytes + record->len, value, ORDER_LITTLE);
	record->len += 8;
}

static struct record page_sample(void)
{
	struct record record = { .len = HEADER };

	add_u64(&record, 77);	      /* identifier */
	add_u64(&record, 0xffff1000); /* ip */
	add_u32(&record, 10);	      /* pid, tid */
	add_u32(&record, 11);
	add_u64(&record, 123456789); /* time */
	add_u32(&record, 3);	     /* cpu */
	add_u32(&record, 0);
	add_u64(&record, 2); /* chain */
	add_u64(&record, PERF_CONTEXT_KERNEL);
	add_u64(&record, 0xffff2000);
	add_u32(&record, 12); /* raw */
	memcpy(record.bytes + record.len, "twelve bytes", 12);
	record.len += 12;
	return record;
}

static void fields_are_found_in_the_order_of_the_kernel(void **state)
{
	struct sample_layout layout = { .sample_type = page_type };
	struct record record = page_sample();
	struct sample sample;

	(void)state;
	assert_null(sample_decode(&layout, record.bytes, record.len, &sample));
	assert_int_equal(sample.id, 77);
	assert_int_equal(sample.ip, 0xffff1000);
	assert_int_equal(sample.pid, 10);
	assert_int_equal(sample.tid, 11);
	assert_int_equal(sample.time_ns, 123456789);
	assert_int_equal(sample.cpu, 3);
	assert_int_equal(sample.chain_nr, 2);
	assert_true(sample_chain_is_mark(sample_chain_at(&sample, 0)));
	assert_false(sample_chain_is_mark(sample_chain_at(&sample, 1)));
	assert_int_equal(sample.raw_len, 12);
	assert_memory_equal(sample.raw, "twelve bytes", 12);
}

static void a_sample_cut_anywhere_is_an_error(void **state)
{
	struct sample_layout layout = { .sample_type = page_type };
	struct record record = page_sample();

	(void)state;
	for (size_t len = 0; len < record.len; len++) {
		struct sample sample;
		autoerr struct err *err = sample_decode(&layout, record.bytes, len, &sample);

		assert_non_null(err);
		assert_int_equal(err_code(err), ERR_FORMAT);
	}
}

static void a_chain_longer_than_its_record_is_an_error(void **state)
{
	struct sample_layout layout = { .sample_type = PERF_SAMPLE_CALLCHAIN };
	static const uint64_t lengths[] = { 3, UINT64_C(1) << 61, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct record record = { .len = HEADER };
		struct sample sample;
		autoerr struct err *err = NULL;

		add_u64(&record, lengths[i]);
		add_u64(&record, 1);
		add_u64(&record, 2);
		err = sample_decode(&layout, record.bytes, record.len, &sample);
		assert_int_equal(err_code(err), ERR_FORMAT);
	}
}

static void a_user_stack_has_the_length_the_kernel_filled(void **state)
{
	struct sample_layout layout = {
		.sample_type = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		.regs_user = 0x81,
	};
	struct record record = { .len = HEADER };
	struct sample sample;

	(void)state;
	add_u64(&record, PERF_SAMPLE_REGS_ABI_64);
	add_u64(&record, 0xaa);
	add_u64(&record, 0xbb);
	add_u64(&record, 16); /* stack of 16 bytes */
	add_u64(&record, 1);
	add_u64(&record, 2);
	add_u64(&record, 8); /* of which 8 were there */
	assert_null(sample_decode(&layout, record.bytes, record.len, &sample));
	assert_int_equal(sample.user_regs_nr, 2);
	assert_int_equal(load_u64(sample.user_regs + 8, ORDER_LITTLE), 0xbb);
	assert_int_equal(sample.user_stack_len, 8);
	assert_int_equal(load_u64(sample.user_stack, ORDER_LITTLE), 1);
}

static void a_kernel_thread_has_no_user_registers(void **state)
{
	struct sample_layout layout = {
		.sample_type = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		.regs_user = 0x81,
	};
	struct record record = { .len = HEADER };
	struct sample sample;

	(void)state;
	add_u64(&record, PERF_SAMPLE_REGS_ABI_NONE);
	add_u64(&record, 0);
	assert_null(sample_decode(&layout, record.bytes, record.len, &sample));
	assert_null(sample.user_regs);
	assert_null(sample.user_stack);
}

static void a_field_from_the_future_is_refused(void **state)
{
	struct sample_layout layout = { .sample_type = UINT64_C(1) << 40 };
	struct record record = page_sample();
	struct sample sample;
	autoerr struct err *err = sample_decode(&layout, record.bytes, record.len, &sample);

	(void)state;
	assert_int_equal(err_code(err), ERR_UNSUPPORTED);
}

static void the_place_of_the_id_follows_from_the_layout(void **state)
{
	struct sample_layout identifier = { .sample_type = page_type, .id_all = true };
	struct sample_layout id = {
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_ID | PERF_SAMPLE_CPU,
		.id_all = true,
	};
	struct sample_layout none = { .sample_type = PERF_SAMPLE_IP };

	(void)state;
	assert_int_equal(sample_id_offset(&identifier), HEADER);
	assert_int_equal(sample_trailer_id_offset(&identifier), 8);
	assert_int_equal(sample_id_offset(&id), HEADER + 16);
	assert_int_equal(sample_trailer_id_offset(&id), 16);
	assert_int_equal(sample_id_offset(&none), 0);
	assert_int_equal(sample_trailer_id_offset(&none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_in_the_order_of_the_kernel),
		cmocka_unit_test(a_sample_cut_anywhere_is_an_error),
		cmocka_unit_test(a_chain_longer_than_its_record_is_an_error),
		cmocka_unit_test(a_user_stack_has_the_length_the_kernel_filled),
		cmocka_unit_test(a_kernel_thread_has_no_user_registers),
		cmocka_unit_test(a_field_from_the_future_is_refused),
		cmocka_unit_test(the_place_of_the_id_follows_from_the_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
