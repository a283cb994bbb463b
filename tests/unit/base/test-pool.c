// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

enum { JOBS_NR = 200, THREADS_MAX = 8 };

struct counting_job {
	struct pool_job job;
	unsigned int number;
	unsigned int result;
};

struct counters {
	atomic_uint worked_nr;
	atomic_uint by_worker[THREADS_MAX];
};

static void work(void *ctx, unsigned int worker, struct pool_job *job)
{
	struct counters *counters = ctx;
	struct counting_job *mine = (struct counting_job *)job;

	/* Later jobs are quicker: finished out of order. */
	if (mine->number % 8 == 0)
		usleep(500);
	mine->result = mine->number * 3;
	counters->worked_nr++;
	counters->by_worker[worker]++;
}

static struct pool *pool_of(unsigned int threads_nr, struct counters *counters)
{
	struct pool_config config = { .threads_nr = threads_nr, .work = work, .ctx = counters };
	struct pool *pool = NULL;

	assert_null(pool_new(&config, &pool));
	return pool;
}

static void jobs_come_back_done_and_in_order(void **state)
{
	(void)state;
	for (unsigned int threads_nr = 1; threads_nr <= THREADS_MAX; threads_nr++) {
		struct counters counters = { .worked_nr = 0 };
		guard(pool) struct pool *pool = pool_of(threads_nr, &counters);
		struct counting_job job[JOBS_NR] = { { .number = 0 } };

		for (unsigned int i = 0; i < JOBS_NR; i++) {
			job[i].number = i;
			pool_submit(pool, &job[i].job);
		}
		for (unsigned int i = 0; i < JOBS_NR; i++) {
			struct counting_job *back = (struct counting_job *)pool_retire(pool);

			assert_ptr_equal(back, &job[i]);
			assert_int_equal(back->result, i * 3);
		}
		assert_null(pool_retire(pool));
		assert_int_equal(counters.worked_nr, JOBS_NR);
	}
}

static void a_job_can_be_given_again(void **state)
{
	struct counters counters = { .worked_nr = 0 };
	guard(pool) struct pool *pool = pool_of(3, &counters);
	struct counting_job job[2] = { { .number = 0 }, { .number = 1 } };

	(void)state;
	pool_submit(pool, &job[0].job);
	pool_submit(pool, &job[1].job);
	for (unsigned int i = 0; i < 100; i++) {
		struct counting_job *back = (struct counting_job *)pool_retire(pool);

		assert_ptr_equal(back, &job[i % 2]);
		back->number = i;
		pool_submit(pool, &back->job);
	}
}

static void a_pool_of_one_works_only_when_asked(void **state)
{
	struct counters counters = { .worked_nr = 0 };
	guard(pool) struct pool *pool = pool_of(1, &counters);
	struct counting_job job[2] = { { .number = 1 }, { .number = 2 } };

	(void)state;
	pool_submit(pool, &job[0].job);
	pool_submit(pool, &job[1].job);
	usleep(2000);
	assert_int_equal(counters.worked_nr, 0);
	assert_non_null(pool_retire(pool));
	assert_int_equal(counters.by_worker[0], 1);
}

static void jobs_nobody_began_are_dropped_at_the_end(void **state)
{
	struct counters counters = { .worked_nr = 0 };
	struct pool *pool = pool_of(1, &counters);
	struct counting_job job = { .number = 1 };

	(void)state;
	pool_submit(pool, &job.job);
	pool_free(pool);
	assert_int_equal(counters.worked_nr, 0);
	pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_come_back_done_and_in_order),
		cmocka_unit_test(a_job_can_be_given_again),
		cmocka_unit_test(a_pool_of_one_works_only_when_asked),
		cmocka_unit_test(jobs_nobody_began_are_dropped_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
