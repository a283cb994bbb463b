// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/readers.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/perfdata/format.h"

enum { DRAIN_MS = 100 }; /* rings are looked at so often even when little comes */

struct reader {
	struct readers *readers;
	pthread_t thread;
	bool runs;
	int wake_fd; /* an eventfd: look at `stop` */
	bool stop;   /* atomic */
	size_t ring_first, ring_end;
	struct drain drain;
	uint64_t wakeups;
	uint64_t round;		  /* atomic: the last round this reader has gone through */
	struct err *failed;	  /* atomic: whoever takes it leaves NULL */
	pthread_mutex_t draining; /* held while it is at its rings: protects drain and wakeups */
};

struct readers {
	struct reader reader[READERS_MAX];
	uint32_t nr;
	int failed_fd;
	pthread_mutex_t go_lock; /* protects `descriptors`, which they wait for */
	pthread_cond_t go_changed;
	struct descriptors *descriptors; /* NULL: not yet */
	bool go;
	uint64_t round; /* atomic; raised under round_lock */
	pthread_mutex_t round_lock;
};

/* Adding 1 to a counter that nobody lets grow neither blocks nor fails. */
static void raise_fd(int fd)
{
	(void)!eventfd_write(fd, 1);
}

/*
 * perf sorts by rounds: what follows the end of a round is younger than what preceded the end of
 * the round before (tools/perf/util/ordered-events.c). That holds once every reader has gone
 * through all its rings since then.
 */
static struct err *end_round(struct readers *readers, struct output *output)
{
	static const uint8_t finished[8] = { PERFDATA_RECORD_FINISHED_ROUND, 0, 0, 0, 0, 0, 8, 0 };
	struct iovec iov = { .iov_base = (void *)finished, .iov_len = sizeof(finished) };
	uint64_t round = __atomic_load_n(&readers->round, __ATOMIC_SEQ_CST);
	struct err *err = NULL;

	for (uint32_t i = 0; i < readers->nr; i++)
		if (__atomic_load_n(&readers->reader[i].round, __ATOMIC_SEQ_CST) != round)
			return NULL;
	pthread_mutex_lock(&readers->round_lock);
	if (readers->round == round) {
		err = output_append(output, &iov, 1);
		__atomic_store_n(&readers->round, round + 1, __ATOMIC_SEQ_CST);
	}
	pthread_mutex_unlock(&readers->round_lock);
	return err;
}

static struct err *drain_rings(struct reader *reader)
{
	struct err *err = NULL;

	for (size_t i = reader->ring_first; i < reader->ring_end && !err; i++)
		err = drain_ring(&reader->drain, &reader->readers->descriptors->ring[i]);
	return err;
}

static struct err *drain_all(struct reader *reader)
{
	struct readers *readers = reader->readers;
	uint64_t round = __atomic_load_n(&readers->round, __ATOMIC_SEQ_CST);
	struct err *err;
	uint64_t bytes;

	pthread_mutex_lock(&reader->draining);
	reader->wakeups++;
	bytes = reader->drain.stats.bytes;
	err = drain_rings(reader);
	__atomic_store_n(&reader->round, round, __ATOMIC_SEQ_CST);
	if (!err && reader->drain.stats.bytes != bytes)
		err = end_round(readers, reader->drain.output);
	pthread_mutex_unlock(&reader->draining);
	return err;
}

/* The rings' descriptors and the one that wakes. */
static struct pollfd *what_to_wait_for(const struct reader *reader)
{
	const struct descriptors *descriptors = reader->readers->descriptors;
	size_t nr = reader->ring_end - reader->ring_first;
	struct pollfd *pollfd = calloc(nr + 1, sizeof(*pollfd));

	if (!pollfd)
		return NULL;
	for (size_t i = 0; i < nr; i++)
		pollfd[i] = (struct pollfd){
			.fd = descriptors->ring[reader->ring_first + i].fd,
			.events = POLLIN,
		};
	pollfd[nr] = (struct pollfd){ .fd = reader->wake_fd, .events = POLLIN };
	return pollfd;
}

static struct err *read_until_told(struct reader *reader)
{
	autofree struct pollfd *pollfd = what_to_wait_for(reader);
	size_t nr = reader->ring_end - reader->ring_first;

	if (!pollfd)
		return err_nomem();
	while (!__atomic_load_n(&reader->stop, __ATOMIC_ACQUIRE)) {
		struct err *err;

		poll(pollfd, nr + 1, DRAIN_MS);
		/* A task that ended leaves its descriptor hung up: it would wake us for ever. */
		for (size_t i = 0; i < nr; i++)
			if (pollfd[i].revents & (POLLHUP | POLLERR))
				pollfd[i].fd = -1;
		err = drain_all(reader);
		if (err)
			return err;
	}
	/* Events are disabled by now: what is there is the rest. */
	return drain_all(reader);
}

static void *read_rings(void *arg)
{
	struct reader *reader = arg;
	struct readers *readers = reader->readers;
	struct err *err = NULL;
	bool rings;

	pthread_mutex_lock(&readers->go_lock);
	while (!readers->go)
		pthread_cond_wait(&readers->go_changed, &readers->go_lock);
	rings = readers->descriptors;
	pthread_mutex_unlock(&readers->go_lock);
	/* It may be over already; what is in the rings is read all the same. */
	if (rings)
		err = read_until_told(reader);
	if (err) {
		__atomic_store_n(&reader->failed, err, __ATOMIC_RELEASE);
		raise_fd(readers->failed_fd);
	}
	return NULL;
}

static struct err *start(struct reader *reader)
{
	int failed;

	pthread_mutex_init(&reader->draining, NULL);
	reader->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	failed = reader->wake_fd < 0 ? errno
				     : pthread_create(&reader->thread, NULL, read_rings, reader);
	if (failed)
		return err_sys(failed, "start a reader");
	reader->runs = true;
	return NULL;
}

struct err *readers_new(uint32_t nr, int failed_fd, struct readers **ret_readers)
{
	guard(readers) struct readers *readers = calloc(1, sizeof(*readers));

	if (!readers)
		return err_nomem();
	readers->failed_fd = failed_fd;
	pthread_mutex_init(&readers->go_lock, NULL);
	pthread_mutex_init(&readers->round_lock, NULL);
	pthread_cond_init(&readers->go_changed, NULL);
	while (readers->nr < nr) {
		struct reader *reader = &readers->reader[readers->nr++];
		struct err *err;

		reader->readers = readers;
		err = start(reader);
		if (err)
			return err;
	}
	*ret_readers = take_ptr(readers);
	return NULL;
}

void readers_free(struct readers *readers)
{
	if (!readers)
		return;
	err_free(readers_join(readers));
	for (uint32_t i = 0; i < readers->nr; i++) {
		struct reader *reader = &readers->reader[i];

		drain_release(&reader->drain);
		if (reader->wake_fd >= 0)
			close(reader->wake_fd);
		pthread_mutex_destroy(&reader->draining);
	}
	pthread_mutex_destroy(&readers->round_lock);
	pthread_mutex_destroy(&readers->go_lock);
	pthread_cond_destroy(&readers->go_changed);
	free(readers);
}

uint32_t readers_nr(const struct readers *readers)
{
	return readers->nr;
}

struct drain *readers_drain(struct readers *readers, uint32_t i)
{
	return &readers->reader[i].drain;
}

static void let_go(struct readers *readers, struct descriptors *descriptors)
{
	pthread_mutex_lock(&readers->go_lock);
	if (!readers->go)
		readers->descriptors = descriptors;
	readers->go = true;
	pthread_cond_broadcast(&readers->go_changed);
	pthread_mutex_unlock(&readers->go_lock);
}

void readers_go(struct readers *readers, struct descriptors *descriptors)
{
	for (uint32_t i = 0; i < readers->nr; i++) {
		readers->reader[i].ring_first = descriptors->ring_nr * i / readers->nr;
		readers->reader[i].ring_end = descriptors->ring_nr * (i + 1) / readers->nr;
	}
	let_go(readers, descriptors);
}

struct err *readers_pause(struct readers *readers)
{
	struct err *err = NULL;

	for (uint32_t i = 0; i < readers->nr; i++)
		pthread_mutex_lock(&readers->reader[i].draining);
	for (uint32_t i = 0; i < readers->nr && !err; i++)
		err = drain_rings(&readers->reader[i]);
	return err;
}

void readers_resume(struct readers *readers)
{
	for (uint32_t i = 0; i < readers->nr; i++)
		pthread_mutex_unlock(&readers->reader[i].draining);
}

struct err *readers_failure(struct readers *readers)
{
	for (uint32_t i = 0; i < readers->nr; i++) {
		struct err *err =
			__atomic_exchange_n(&readers->reader[i].failed, NULL, __ATOMIC_ACQ_REL);

		if (err)
			return err;
	}
	return NULL;
}

struct err *readers_join(struct readers *readers)
{
	struct err *err = NULL;

	for (uint32_t i = 0; i < readers->nr; i++) {
		__atomic_store_n(&readers->reader[i].stop, true, __ATOMIC_RELEASE);
		raise_fd(readers->reader[i].wake_fd);
	}
	/* Those that never got to work are let go to end. */
	let_go(readers, NULL);
	for (uint32_t i = 0; i < readers->nr; i++) {
		struct reader *reader = &readers->reader[i];

		if (reader->runs)
			pthread_join(reader->thread, NULL);
		reader->runs = false;
		if (!err)
			err = reader->failed;
		else
			err_free(reader->failed);
		reader->failed = NULL;
	}
	return err;
}

uint64_t readers_wakeups(const struct readers *readers)
{
	uint64_t wakeups = 0;

	for (uint32_t i = 0; i < readers->nr; i++)
		wakeups += readers->reader[i].wakeups;
	return wakeups;
}
