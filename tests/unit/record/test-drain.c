// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/fakering.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/base/macros.h"
#include "util/record/drain.h"

enum { ID = 42, US = 500, OTHERS = 7 };

/* Ring, one descriptor and a file, with a drain between them. */
struct bench {
	struct fakering fake;
	struct descriptor descriptor;
	uint32_t by_id[16];
	struct descriptors descriptors;
	struct output *output;
	struct drain drain;
	int fd;
};

static void set_up(struct bench *bench, uint64_t start)
{
	const struct output_config config = { .use_mmap = false };

	*bench = (struct bench){
		.fake = fakering_new(start),
		.descriptor = { .fd = -1, .id = ID },
		.fd = memfd_create("drained", MFD_CLOEXEC),
	};
	bench->by_id[ID % 16] = 1;
	bench->descriptors = (struct descriptors){
		.item = &bench->descriptor,
		.nr = 1,
		.by_id = bench->by_id,
		.mask = 15,
	};
	assert_true(bench->fd >= 0);
	assert_null(output_new(&config, &bench->output));
	assert_null(output_begin(bench->output, bench->fd, 0));
	assert_null(drain_init(&bench->drain, &bench->descriptors, NULL, bench->output, 0));
}

static void tear_down(struct bench *bench)
{
	drain_release(&bench->drain);
	output_free(bench->output);
	fakering_free(&bench->fake);
	close(bench->fd);
}

static uint64_t written(struct bench *bench)
{
	uint64_t end;

	output_end(bench->output, &end);
	return end;
}

static void samples_are_counted_by_their_descriptor(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, 0);
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 300, NULL, 0);
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 100, NULL, 0);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(bench.descriptor.samples, 2);
	assert_int_equal(bench.drain.stats.samples, 2);
	assert_int_equal(bench.drain.stats.time_first_ns, 100);
	assert_int_equal(bench.drain.stats.time_last_ns, 300);
	assert_int_equal(written(&bench), 2 * 48);
	tear_down(&bench);
}

static void what_was_drained_is_not_there_again(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, 0);
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 1, NULL, 0);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(bench.descriptor.samples, 1);
	tear_down(&bench);
}

static void records_around_the_rings_end_come_whole(void **state)
{
	struct bench bench;
	uint64_t got[12];

	(void)state;
	set_up(&bench, 10 * FAKERING_BYTES - 24);
	fakering_add_sample(&bench.fake, 0, ID, 0x1111, OTHERS, 1, NULL, 0);
	fakering_add_sample(&bench.fake, 0, ID, 0x2222, OTHERS, 2, NULL, 0);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(written(&bench), 2 * 48);
	assert_null(io_pread_full(bench.fd, got, sizeof(got), 0));
	assert_int_equal(got[2], 0x1111);
	assert_int_equal(got[4], 1);
	assert_int_equal(got[6 + 2], 0x2222);
	assert_int_equal(got[6 + 4], 2);
	tear_down(&bench);
}

static void our_own_are_left_out_and_counted(void **state)
{
	static const struct own_threads own = { .tid = { US }, .nr = 1 };
	struct bench bench;
	uint64_t got[6];

	(void)state;
	set_up(&bench, 0);
	bench.drain.own = &own;
	fakering_add_sample(&bench.fake, 0, ID, 1, US, 1, NULL, 0);
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 2, NULL, 0);
	fakering_add_sample(&bench.fake, 0, ID, 1, US, 3, NULL, 0);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(bench.descriptor.samples, 1);
	assert_int_equal(bench.descriptor.excluded, 2);
	assert_int_equal(written(&bench), 48);
	assert_null(io_pread_full(bench.fd, got, sizeof(got), 0));
	assert_int_equal(got[4], 2);
	tear_down(&bench);
}

static void our_frees_of_what_others_have_stay(void **state)
{
	static const struct own_threads own = { .tid = { US }, .nr = 1 };
	struct bench bench;

	(void)state;
	set_up(&bench, 0);
	bench.drain.own = &own;
	bench.descriptor.with_own = true;
	fakering_add_sample(&bench.fake, 0, ID, 1, US, 1, NULL, 0);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(bench.descriptor.samples, 1);
	assert_int_equal(bench.descriptor.excluded, 0);
	tear_down(&bench);
}

static void records_of_losses_are_summed_and_kept(void **state)
{
	static const uint64_t lost[] = { ID, 17, 0, 0, 0, 0 };
	struct bench bench;

	(void)state;
	set_up(&bench, 0);
	fakering_add(&bench.fake, PERF_RECORD_LOST, 0, lost, 6);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(bench.drain.stats.lost, 17);
	assert_int_equal(written(&bench), 56);
	tear_down(&bench);
}

static void a_record_that_cannot_be_is_an_error(void **state)
{
	struct bench bench;
	struct err *err;

	(void)state;
	set_up(&bench, 0);
	fakering_add(&bench.fake, PERF_RECORD_SAMPLE, 0, NULL, 0);
	/* Its header says more than there is. */
	((uint8_t *)bench.fake.ring.data)[7] = 4;
	err = drain_ring(&bench.drain, &bench.fake.ring);
	assert_int_equal(err_code(err), ERR_FORMAT);
	err_free(err);
	tear_down(&bench);
}

/* The kernel writes downwards from 2^64: the newest record is the first, the oldest ends at 0. */
static void a_backward_ring_that_was_never_full_is_read_oldest_first(void **state)
{
	enum { SAMPLE_BYTES = 48 };
	const uint64_t head = -(uint64_t)(2 * SAMPLE_BYTES);
	uint8_t records[2 * SAMPLE_BYTES];
	struct bench bench;

	(void)state;
	set_up(&bench, head);
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 200, NULL, 0);
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 100, NULL, 0);
	((struct perf_event_mmap_page *)(void *)bench.fake.map)->data_head = head;
	bench.fake.ring.backward = true;
	assert_null(drain_backward(&bench.drain, &bench.fake.ring));
	assert_int_equal(bench.descriptor.samples, 2);
	assert_int_equal(written(&bench), sizeof(records));
	assert_int_equal(pread(bench.fd, records, sizeof(records), 0), sizeof(records));
	assert_int_equal(load_u64(records + 32, ORDER_LITTLE), 100);
	assert_int_equal(load_u64(records + SAMPLE_BYTES + 32, ORDER_LITTLE), 200);
	tear_down(&bench);
}

/*
 * As when two recorders are told of the same program: a trailer too many, with what was there
 * before.
 */
static void a_record_of_a_program_ends_with_its_trailer(void **state)
{
	static const uint64_t told[] = { 0xffffffffc0000000,
					 0x1000000000000140,
					 0x676f72705f667062,
					 0x6c6c6162,
					 1,
					 2,
					 3,
					 ID,
					 0xbad,
					 0xbad,
					 0xbad,
					 0xbad };
	enum { WHOLE_BYTES = 8 + 8 * 8 };
	struct bench bench;
	uint64_t got[2 * WHOLE_BYTES / 8 + 6];

	(void)state;
	set_up(&bench, FAKERING_BYTES - 64);
	fakering_add(&bench.fake, PERF_RECORD_KSYMBOL, 0, told, ARRAY_SIZE(told));
	fakering_add_sample(&bench.fake, 0, ID, 1, OTHERS, 1, NULL, 0);
	fakering_add(&bench.fake, PERF_RECORD_KSYMBOL, 0, told, WHOLE_BYTES / 8 - 1);
	assert_null(drain_ring(&bench.drain, &bench.fake.ring));
	assert_int_equal(written(&bench), sizeof(got));
	assert_null(io_pread_full(bench.fd, got, sizeof(got), 0));
	assert_int_equal(got[0] >> 48, WHOLE_BYTES);
	assert_memory_equal(got + 1, told, WHOLE_BYTES - 8);
	assert_int_equal(got[WHOLE_BYTES / 8 + 1], ID);
	assert_memory_equal(got + WHOLE_BYTES / 8 + 6, got, WHOLE_BYTES);
	tear_down(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_counted_by_their_descriptor),
		cmocka_unit_test(what_was_drained_is_not_there_again),
		cmocka_unit_test(a_backward_ring_that_was_never_full_is_read_oldest_first),
		cmocka_unit_test(records_around_the_rings_end_come_whole),
		cmocka_unit_test(a_record_of_a_program_ends_with_its_trailer),
		cmocka_unit_test(our_own_are_left_out_and_counted),
		cmocka_unit_test(our_frees_of_what_others_have_stay),
		cmocka_unit_test(records_of_losses_are_summed_and_kept),
		cmocka_unit_test(a_record_that_cannot_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
