// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/perf_event.h>
#include <string.h>

#include "util/event/ring.h"

enum { PAGE = 4096, RING_BYTES = 4096 };

/* As the kernel maps it: a control page, then the data. */
static _Alignas(PAGE) uint8_t memory[PAGE + RING_BYTES];

static struct ring ring_of(uint64_t tail, uint64_t head)
{
	struct perf_event_mmap_page *page = (struct perf_event_mmap_page *)(void *)memory;

	memset(memory, 0, sizeof(memory));
	page->data_tail = tail;
	page->data_head = head;
	return (struct ring){
		.map = memory,
		.data = memory + PAGE,
		.size = RING_BYTES,
		.fd = -1,
	};
}

static void put_u64(uint64_t position, uint64_t value)
{
	memcpy(memory + PAGE + position % RING_BYTES, &value, sizeof(value));
}

static uint64_t header(uint32_t type, uint16_t size)
{
	return type | (uint64_t)size << 48;
}

static void records_lie_between_tail_and_head(void **state)
{
	struct ring ring = ring_of(100000, 100064);
	uint64_t tail;

	(void)state;
	assert_int_equal(ring_begin(&ring, &tail), 100064);
	assert_int_equal(tail, 100000);
}

static void what_is_consumed_is_the_kernels_again(void **state)
{
	struct ring ring = ring_of(100000, 100064);
	uint64_t tail;

	(void)state;
	ring_consume(&ring, 100064);
	ring_begin(&ring, &tail);
	assert_int_equal(tail, 100064);
}

static void bytes_in_the_middle_are_one_piece(void **state)
{
	struct ring ring = ring_of(0, 0);
	struct iovec iov[2];

	(void)state;
	assert_int_equal(ring_pieces(&ring, RING_BYTES + 8, RING_BYTES + 24, iov), 1);
	assert_ptr_equal(iov[0].iov_base, memory + PAGE + 8);
	assert_int_equal(iov[0].iov_len, 16);
}

static void bytes_around_the_end_are_two_pieces(void **state)
{
	struct ring ring = ring_of(0, 0);
	struct iovec iov[2];

	(void)state;
	assert_int_equal(ring_pieces(&ring, RING_BYTES - 8, RING_BYTES + 16, iov), 2);
	assert_ptr_equal(iov[0].iov_base, memory + PAGE + RING_BYTES - 8);
	assert_int_equal(iov[0].iov_len, 8);
	assert_ptr_equal(iov[1].iov_base, memory + PAGE);
	assert_int_equal(iov[1].iov_len, 16);
}

static void up_to_the_end_is_one_piece_and_nothing_is_none(void **state)
{
	struct ring ring = ring_of(0, 0);
	struct iovec iov[2];

	(void)state;
	assert_int_equal(ring_pieces(&ring, RING_BYTES - 8, RING_BYTES, iov), 1);
	assert_int_equal(iov[0].iov_len, 8);
	assert_int_equal(ring_pieces(&ring, 64, 64, iov), 0);
}

static void a_header_is_taken_apart(void **state)
{
	struct ring ring = ring_of(0, 0);
	uint64_t word;

	(void)state;
	put_u64(2 * RING_BYTES + 40, header(PERF_RECORD_SAMPLE, 56));
	word = ring_u64(&ring, 2 * RING_BYTES + 40);
	assert_int_equal(ring_record_type(word), PERF_RECORD_SAMPLE);
	assert_int_equal(ring_record_size(word), 56);
}

/* Written downwards: the head counts down from 0, older records follow it upwards. */
static void a_backward_ring_is_read_from_its_head_on(void **state)
{
	uint64_t head = (uint64_t)0 - 96, from, to;
	struct ring ring = ring_of(0, head);

	(void)state;
	put_u64(head, header(PERF_RECORD_SAMPLE, 32));
	put_u64(head + 32, header(PERF_RECORD_SAMPLE, 64));
	ring_begin_backward(&ring, &from, &to);
	assert_true(from == head);
	assert_true(to == 0);
}

static void it_ends_before_a_record_that_was_overwritten_by_half(void **state)
{
	uint64_t head = (uint64_t)0 - 10 * RING_BYTES, from, to, at;
	struct ring ring = ring_of(0, head);

	(void)state;
	for (at = head; at + 48 <= head + RING_BYTES; at += 48)
		put_u64(at, header(PERF_RECORD_SAMPLE, 48));
	/* The next one reaches over the newest. */
	put_u64(at, header(PERF_RECORD_SAMPLE, 48));
	ring_begin_backward(&ring, &from, &to);
	assert_true(from == head);
	assert_true(to == at);
	assert_true(to - from <= RING_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_lie_between_tail_and_head),
		cmocka_unit_test(what_is_consumed_is_the_kernels_again),
		cmocka_unit_test(bytes_in_the_middle_are_one_piece),
		cmocka_unit_test(bytes_around_the_end_are_two_pieces),
		cmocka_unit_test(up_to_the_end_is_one_piece_and_nothing_is_none),
		cmocka_unit_test(a_header_is_taken_apart),
		cmocka_unit_test(a_backward_ring_is_read_from_its_head_on),
		cmocka_unit_test(it_ends_before_a_record_that_was_overwritten_by_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
