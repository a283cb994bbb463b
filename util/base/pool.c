// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

enum job_state { JOB_TODO, JOB_RUNNING, JOB_DONE };

struct worker {
	struct pool *pool;
	unsigned int number;
	pthread_t thread;
};

struct pool {
	struct pool_config config;
	struct worker *worker; /* [0] is the owner and has no thread */
	unsigned int started_nr;

	pthread_mutex_t lock; /* protects all below, and the jobs' members */
	pthread_cond_t has_todo;
	pthread_cond_t has_done;
	struct pool_job *oldest;
	struct pool_job *newest;
	struct pool_job *todo;
	struct pool_job *todo_last;
	unsigned int idle_nr; /* workers that wait for something to do */
	bool owner_waits;
	bool stopping;
};

static struct pool_job *take_todo(struct pool *pool)
{
	struct pool_job *job = pool->todo;

	if (!job)
		return NULL;
	pool->todo = job->next_todo;
	if (!pool->todo)
		pool->todo_last = NULL;
	job->state = JOB_RUNNING;
	return job;
}

/* Called with the lock held, and returns with it. */
static void do_job(struct pool *pool, unsigned int worker, struct pool_job *job)
{
	pthread_mutex_unlock(&pool->lock);
	pool->config.work(pool->config.ctx, worker, job);
	pthread_mutex_lock(&pool->lock);
	job->state = JOB_DONE;
}

/* Called with the lock held, and returns with it. */
static struct pool_job *wait_for_todo(struct pool *pool)
{
	struct pool_job *job = NULL;

	pool->idle_nr++;
	while (!pool->stopping && !(job = take_todo(pool)))
		pthread_cond_wait(&pool->has_todo, &pool->lock);
	pool->idle_nr--;
	return job;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct pool *pool = worker->pool;
	struct pool_job *job;

	pthread_mutex_lock(&pool->lock);
	while ((job = wait_for_todo(pool))) {
		do_job(pool, worker->number, job);
		/* It waits for the oldest job only, and nobody has to be woken for another. */
		if (pool->owner_waits && pool->oldest->state == JOB_DONE) {
			pool->owner_waits = false;
			pthread_cond_signal(&pool->has_done);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Signals are the owner's: workers start with all of them blocked. */
static void start_workers(struct pool *pool)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (unsigned int i = 1; i < pool->config.threads_nr; i++) {
		struct worker *worker = &pool->worker[i];

		worker->pool = pool;
		worker->number = i;
		if (pthread_create(&worker->thread, NULL, worker_main, worker))
			break;
		pool->started_nr++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct err *pool_new(const struct pool_config *config, struct pool **ret_pool)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return err_nomem();
	pool->worker = calloc(config->threads_nr, sizeof(*pool->worker));
	if (!pool->worker) {
		free(pool);
		return err_nomem();
	}
	pool->config = *config;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->has_todo, NULL);
	pthread_cond_init(&pool->has_done, NULL);
	start_workers(pool);
	*ret_pool = pool;
	return NULL;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;

	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->has_todo);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned int i = 1; i <= pool->started_nr; i++)
		pthread_join(pool->worker[i].thread, NULL);

	pthread_cond_destroy(&pool->has_done);
	pthread_cond_destroy(&pool->has_todo);
	pthread_mutex_destroy(&pool->lock);
	free(pool->worker);
	free(pool);
}

void pool_submit(struct pool *pool, struct pool_job *job)
{
	bool wake;

	pthread_mutex_lock(&pool->lock);
	*job = (struct pool_job){ .state = JOB_TODO };
	if (pool->newest)
		pool->newest->next = job;
	else
		pool->oldest = job;
	pool->newest = job;
	if (pool->todo_last)
		pool->todo_last->next_todo = job;
	else
		pool->todo = job;
	pool->todo_last = job;
	wake = pool->idle_nr;
	pthread_mutex_unlock(&pool->lock);
	if (wake)
		pthread_cond_signal(&pool->has_todo);
}

struct pool_job *pool_retire(struct pool *pool)
{
	struct pool_job *job;

	pthread_mutex_lock(&pool->lock);
	job = pool->oldest;
	while (job && job->state != JOB_DONE) {
		struct pool_job *mine = take_todo(pool);

		if (mine) {
			do_job(pool, 0, mine);
			continue;
		}
		pool->owner_waits = true;
		pthread_cond_wait(&pool->has_done, &pool->lock);
	}
	if (job) {
		pool->oldest = job->next;
		if (!pool->oldest)
			pool->newest = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}
