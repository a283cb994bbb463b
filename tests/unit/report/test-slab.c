// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "tests/lib/opened.h"
#include "util/report/slab.h"

static const char kallsyms[] = "ffffffff81000000 T _text\n"
			       "ffffffff81000100 T alloc_pipe_info\n"
			       "ffffffff81000200 T end\n";

enum { OBJECT = 0x10000, OTHER = 0x20000 };

static const uint64_t site = UINT64_C(0xffffffff81000110);
static const struct session_filter everything = { .comm_nr = 0 };

static void analyse(struct recording *recording, struct opened *opened, struct slab_analysis *ret)
{
	const struct slab_config config = { .filter = &everything,
					    .key = { SLAB_KEY_CALLSITE, SLAB_KEY_CACHE },
					    .keys_nr = 2 };

	opened_init(recording, kallsyms, opened);
	expect_ok(slab_analyse(opened->session, &config, ret));
}

static void what_is_freed_is_not_live(void **state)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_kmalloc(&recording, 10, 0, site, OBJECT, 640, 1024);
	recording_kmalloc(&recording, 20, 0, site, OTHER, 640, 1024);
	recording_kfree(&recording, 30, 1, OBJECT);
	analyse(&recording, &opened, &sa);
	assert_int_equal(sa.hits, 2);
	assert_int_equal(sa.allocated, 2048);
	assert_int_equal(sa.freed, 1024);
	assert_int_equal(sa.live_bytes, 1024);
	assert_int_equal(sa.row[0].pingpongs, 1);
	opened_release(&opened);
	(void)state;
}

static void allocations_that_failed_got_nothing(void **state)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	for (uint64_t i = 0; i < 3; i++)
		recording_kmalloc(&recording, 10 + i, 0, site, 0, 640, 1024);
	recording_kmalloc(&recording, 20, 0, site, OBJECT, 640, 1024);
	analyse(&recording, &opened, &sa);
	assert_int_equal(sa.hits, 4);
	assert_int_equal(sa.failed_hits, 3);
	assert_int_equal(sa.row[0].hits, 4);
	assert_int_equal(sa.row[0].live_hits, 1);
	assert_int_equal(sa.allocated, 1024);
	assert_int_equal(sa.requested, 640);
	assert_int_equal(sa.live_bytes, 1024);
	assert_int_equal(sa.peak.bytes, 1024);
	assert_int_equal(sa.unseen_free_hits, 0);
	opened_release(&opened);
	(void)state;
}

static void memory_that_is_had_again_was_freed_unseen(void **state)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_kmalloc(&recording, 10, 0, site, OBJECT, 640, 1024);
	recording_kmalloc(&recording, 20, 0, site, OBJECT, 100, 128);
	analyse(&recording, &opened, &sa);
	assert_int_equal(sa.unseen_free_hits, 1);
	assert_int_equal(sa.unseen_freed, 1024);
	assert_int_equal(sa.live_bytes, 128);
	opened_release(&opened);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed_is_not_live),
		cmocka_unit_test(allocations_that_failed_got_nothing),
		cmocka_unit_test(memory_that_is_had_again_was_freed_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
