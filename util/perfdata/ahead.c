// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCHES_NR = 3,
	BATCH_BYTES = 1 << 18, /* holds any record, and stays in a second-level cache */
	BATCH_ENTRIES = 2048,
};

struct batch {
	struct perfdata_entry entry[BATCH_ENTRIES]; /* bytes lead into the ones below */
	size_t nr;
	uint8_t bytes[BATCH_BYTES];
	struct err *error; /* what came instead of the entry after the last */
	bool is_last;
};

struct ahead {
	ahead_next_fn *next;
	void *ctx;
	pthread_t thread;
	struct perfdata_entry pending; /* of the thread: what no longer fitted */

	/* The mutex protects these three; a batch is the thread's until it is counted as full. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t filled_nr; /* batches, since the start */
	size_t emptied_nr;
	bool stop;

	size_t at; /* of the other thread: the next entry in its batch */
	struct batch batch[BATCHES_NR];
};

static bool add(struct batch *batch, size_t *len, const struct perfdata_entry *entry)
{
	struct perfdata_entry *copy = &batch->entry[batch->nr];

	if (batch->nr == BATCH_ENTRIES || entry->len > BATCH_BYTES - *len)
		return false;
	*copy = *entry;
	copy->bytes = memcpy(batch->bytes + *len, entry->bytes, entry->len);
	*len += entry->len;
	batch->nr++;
	return true;
}

static void fill(struct ahead *ahead, struct batch *batch)
{
	size_t len = 0;

	batch->nr = 0;
	batch->is_last = false;
	if (ahead->pending.type)
		add(batch, &len, &ahead->pending);
	for (;;) {
		batch->error = ahead->next(ahead->ctx, &ahead->pending);
		if (batch->error || !ahead->pending.type) {
			batch->is_last = true;
			return;
		}
		if (!add(batch, &len, &ahead->pending))
			return;
	}
}

static bool wait_for_room(struct ahead *ahead, struct batch **ret_batch)
{
	bool stop;

	pthread_mutex_lock(&ahead->mutex);
	while (!ahead->stop && ahead->filled_nr - ahead->emptied_nr == BATCHES_NR)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	stop = ahead->stop;
	*ret_batch = &ahead->batch[ahead->filled_nr % BATCHES_NR];
	pthread_mutex_unlock(&ahead->mutex);
	return !stop;
}

static void *run(void *arg)
{
	struct ahead *ahead = arg;
	struct batch *batch;
	bool is_last = false;

	while (!is_last && wait_for_room(ahead, &batch)) {
		fill(ahead, batch);
		is_last = batch->is_last;
		pthread_mutex_lock(&ahead->mutex);
		ahead->filled_nr++;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->mutex);
	}
	return NULL;
}

struct err *ahead_new(ahead_next_fn *next, void *ctx, struct ahead **ret_ahead)
{
	struct ahead *ahead = malloc(sizeof(*ahead));

	if (!ahead)
		return err_nomem();
	ahead->next = next;
	ahead->ctx = ctx;
	ahead->pending = (struct perfdata_entry){ .type = 0 };
	ahead->filled_nr = ahead->emptied_nr = ahead->at = 0;
	ahead->stop = false;
	for (size_t i = 0; i < BATCHES_NR; i++)
		ahead->batch[i].error = NULL;
	pthread_mutex_init(&ahead->mutex, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	if (pthread_create(&ahead->thread, NULL, run, ahead)) {
		pthread_cond_destroy(&ahead->changed);
		pthread_mutex_destroy(&ahead->mutex);
		free(ahead);
		ahead = NULL;
	}
	*ret_ahead = ahead;
	return NULL;
}

void ahead_free(struct ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->mutex);
	ahead->stop = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
	for (size_t i = 0; i < BATCHES_NR; i++)
		err_free(ahead->batch[i].error);
	free(ahead);
}

/* The batch to take entries from; one that is used up makes room first. */
static struct batch *wait_for_batch(struct ahead *ahead, bool is_used_up)
{
	struct batch *batch;

	pthread_mutex_lock(&ahead->mutex);
	if (is_used_up) {
		ahead->emptied_nr++;
		ahead->at = 0;
		pthread_cond_signal(&ahead->changed);
	}
	while (ahead->filled_nr == ahead->emptied_nr)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	batch = &ahead->batch[ahead->emptied_nr % BATCHES_NR];
	pthread_mutex_unlock(&ahead->mutex);
	return batch;
}

struct err *ahead_next(struct ahead *ahead, struct perfdata_entry *ret_entry)
{
	/* Only this thread changes emptied_nr; a batch that has entries left is full. */
	struct batch *batch = &ahead->batch[ahead->emptied_nr % BATCHES_NR];
	struct err *e;

	if (!ahead->at || ahead->at == batch->nr) {
		if (!ahead->at || !batch->is_last)
			batch = wait_for_batch(ahead, ahead->at != 0);
		if (ahead->at == batch->nr) {
			*ret_entry = (struct perfdata_entry){ .type = 0 };
			e = batch->error;
			batch->error = NULL;
			return e;
		}
	}
	*ret_entry = batch->entry[ahead->at++];
	return NULL;
}
