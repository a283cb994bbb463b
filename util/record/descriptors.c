// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/event/open.h"

enum {
	RING_BYTES_LEAST = 64 << 10,
	RING_BYTES_EXACT = 8 << 20, /* at least, where every event counts */
	RING_BYTES_MOST = 64 << 20,
	TRACKING_BYTES = 1 << 20,   /* with overwrite: names of some thousand tasks */
	RATE_EXACT_PER_S = 1000000, /* events of one CPU in a busy second */
	READER_LATENCY_MS = 200,    /* a reader may come so late */
	MEMORY_SHARE = 32,	    /* all rings together take no more than this part */
	WATERMARK_SHARE = 8,	    /* the reader is woken when this part of a ring is full */
};

void descriptors_close(struct descriptors *descriptors)
{
	for (size_t i = 0; i < descriptors->ring_nr; i++)
		ring_unmap(&descriptors->ring[i]);
	for (size_t i = 0; i < descriptors->nr; i++)
		close(descriptors->item[i].fd);
	free(descriptors->ring);
	free(descriptors->item);
	free(descriptors->by_id);
	*descriptors = DESCRIPTORS_INIT;
}

static uint64_t pow2_down(uint64_t value)
{
	return value ? UINT64_C(1) << (63 - __builtin_clzll(value)) : 0;
}

/* From the rate to be feared and the memory there is; Documentation/vmtool-record.adoc tells. */
static uint64_t choose_ring_bytes(const struct event_set *set, size_t cpu_nr)
{
	uint64_t pages = (uint64_t)sysconf(_SC_AVPHYS_PAGES);
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t most = pages * page_bytes / MEMORY_SHARE / cpu_nr;
	uint64_t want = RING_BYTES_LEAST;

	for (size_t i = 0; i < set->nr; i++) {
		const struct event *event = &set->event[i];
		uint64_t rate = event->attr.freq ? event->attr.sample_freq
						 : RATE_EXACT_PER_S / event->attr.sample_period;
		uint64_t bytes = event_sample_bytes(event) * rate * READER_LATENCY_MS / 1000;

		if (event_is_exact(event))
			bytes = MAX(bytes, (uint64_t)RING_BYTES_EXACT);
		want = MAX(want, bytes);
	}
	want = pow2_down(MIN(want, (uint64_t)RING_BYTES_MOST));
	return MAX(MIN(want, pow2_down(most)), (uint64_t)RING_BYTES_LEAST);
}

static struct err *map_ring(struct descriptors *descriptors, int fd,
			    const struct descriptors_target *target)
{
	struct ring *ring = &descriptors->ring[descriptors->ring_nr];
	struct err *err = ring_map(fd, descriptors->ring_bytes, target->overwrite, ring);

	if (!err) {
		descriptors->ring_nr++;
		return NULL;
	}
	descriptors->refused = err_errno(err) == EPERM || err_errno(err) == ENOMEM;
	if (err_errno(err) != EPERM)
		return err;
	return err_wrap(err, "rings may lock no more memory (CAP_IPC_LOCK, 'ulimit -l' or "
			     "kernel.perf_event_mlock_kb allow it; -m makes them smaller)");
}

/*
 * Where rings are overwritten, some milliseconds of page events would take the names of the tasks
 * with them: these have a ring of their own, as far as memory may be locked. False: it may not.
 */
static bool map_tracking_ring(struct descriptors *descriptors, int fd)
{
	for (uint64_t bytes = TRACKING_BYTES; bytes >= RING_BYTES_LEAST; bytes /= 2) {
		struct err *err =
			ring_map(fd, bytes, true, &descriptors->ring[descriptors->ring_nr]);

		if (!err) {
			descriptors->ring_nr++;
			return true;
		}
		err_free(err);
	}
	return false;
}

static struct err *set_filter(const struct event *event, int fd, const char *own_filter)
{
	autofree char *both = NULL;
	const char *filter;

	/* What we free may be what others allocated, and would look live for ever. */
	if (event_is_free(event))
		own_filter = NULL;
	filter = event->filter ? event->filter : own_filter;

	if (event->attr.type != PERF_TYPE_TRACEPOINT || !filter)
		return NULL;
	if (event->filter && own_filter) {
		if (asprintf(&both, "(%s) && %s", event->filter, own_filter) < 0) {
			both = NULL;
			return err_nomem();
		}
		filter = both;
	}
	return event_set_kernel_filter(fd, event->name, filter,
				       event->filter ? event->filter : filter);
}

static struct err *open_one(struct descriptors *descriptors, const struct event_set *set,
			    uint32_t index, pid_t tid, int cpu, int *ring_fd,
			    const struct descriptors_target *target)
{
	const struct event *event = &set->event[index];
	struct descriptor *item = &descriptors->item[descriptors->nr];
	struct perf_event_attr attr = event->attr;
	struct err *err;

	/* Which wakes the reader is asked of the event that brings the ring. */
	attr.watermark = 1;
	attr.wakeup_watermark = (uint32_t)(descriptors->ring_bytes / WATERMARK_SHARE);
	attr.write_backward = target->overwrite;
	err = event_open(&attr, event->name, tid, cpu, target->cgroup_fd, &item->fd);
	if (err)
		return err;
	item->event = index;
	item->with_own = event_is_free(event) ||
			 (event->attr.type == PERF_TYPE_TRACEPOINT && target->own_filter);
	item->cpu = cpu;
	item->tid = tid;
	descriptors->nr++;

	err = event_id(item->fd, &item->id);
	if (!err)
		err = set_filter(event, item->fd, target->own_filter);
	if (err || (target->overwrite && event_is_tracking(event)))
		return err;
	if (*ring_fd >= 0)
		return event_redirect(item->fd, *ring_fd);
	*ring_fd = item->fd;
	return map_ring(descriptors, item->fd, target);
}

/* All events of one task, or of all tasks, on one CPU. A task that is gone is no error. */
static struct err *open_task(struct descriptors *descriptors, const struct event_set *set,
			     pid_t tid, int cpu, int *ring_fd,
			     const struct descriptors_target *target)
{
	for (uint32_t i = 0; i < set->nr; i++) {
		struct err *err = open_one(descriptors, set, i, tid, cpu, ring_fd, target);

		if (err && err_errno(err) == ESRCH && tid > 0) {
			err_free(err);
			return NULL;
		}
		if (err)
			return err;
	}
	return NULL;
}

/*
 * Only when each CPU has its ring of samples: these must not want for memory that may be locked.
 * Those of a CPU follow one another.
 */
static struct err *attach_tracking(struct descriptors *descriptors, const struct event_set *set,
				   const struct descriptors_target *target)
{
	int cpu = -1, samples_fd = -1, tracking_fd = -1;
	struct err *err = NULL;

	for (size_t i = 0; i < descriptors->nr && !err; i++) {
		const struct descriptor *item = &descriptors->item[i];

		if (item->cpu != cpu) {
			cpu = item->cpu;
			samples_fd = tracking_fd = -1;
		}
		if (!event_is_tracking(&set->event[item->event])) {
			samples_fd = samples_fd < 0 ? item->fd : samples_fd;
		} else if (tracking_fd >= 0) {
			err = event_redirect(item->fd, tracking_fd);
		} else if (map_tracking_ring(descriptors, item->fd)) {
			tracking_fd = item->fd;
		} else if (samples_fd >= 0) {
			tracking_fd = samples_fd;
			err = event_redirect(item->fd, samples_fd);
		} else {
			tracking_fd = item->fd;
			err = map_ring(descriptors, item->fd, target);
		}
	}
	return err;
}

static struct err *index_ids(struct descriptors *descriptors)
{
	uint32_t size = 16;

	while (size < 2 * descriptors->nr)
		size *= 2;
	descriptors->by_id = calloc(size, sizeof(*descriptors->by_id));
	if (!descriptors->by_id)
		return err_nomem();
	descriptors->mask = size - 1;
	for (uint32_t i = 0; i < descriptors->nr; i++) {
		uint32_t at = (uint32_t)descriptors->item[i].id & descriptors->mask;

		while (descriptors->by_id[at])
			at = (at + 1) & descriptors->mask;
		descriptors->by_id[at] = i + 1;
	}
	return NULL;
}

static struct err *open_all(const struct event_set *set, const struct descriptors_target *target,
			    struct descriptors *descriptors)
{
	size_t tid_nr = target->tid ? target->tid_nr : 1;
	struct err *err = NULL;

	descriptors->item =
		calloc(target->cpus->nr * tid_nr * set->nr + 1, sizeof(*descriptors->item));
	descriptors->ring = calloc(2 * target->cpus->nr, sizeof(*descriptors->ring));
	if (!descriptors->item || !descriptors->ring)
		return err_nomem();

	for (size_t c = 0; c < target->cpus->nr; c++) {
		int ring_fd = -1;

		for (size_t t = 0; t < tid_nr && !err; t++)
			err = open_task(descriptors, set, target->tid ? target->tid[t] : -1,
					target->cpus->cpu[c], &ring_fd, target);
		if (err)
			return err;
	}
	err = target->overwrite ? attach_tracking(descriptors, set, target) : NULL;
	if (err)
		return err;
	if (!descriptors->ring_nr)
		return err_new(ERR_NODATA, "no such process");
	return index_ids(descriptors);
}

struct err *descriptors_open(const struct event_set *set, const struct descriptors_target *target,
			     struct descriptors *ret_descriptors)
{
	uint64_t ring_bytes =
		target->ring_bytes ? target->ring_bytes : choose_ring_bytes(set, target->cpus->nr);

	/* All rings have one size. What the first would take may be all that a user may lock. */
	for (;; ring_bytes /= 2) {
		guard(descriptors) struct descriptors descriptors = DESCRIPTORS_INIT;
		struct err *err;

		descriptors.ring_bytes = ring_bytes;
		err = open_all(set, target, &descriptors);
		if (!err) {
			*ret_descriptors = descriptors;
			descriptors = DESCRIPTORS_INIT;
			return NULL;
		}
		if (!descriptors.refused || target->ring_bytes || ring_bytes / 2 < RING_BYTES_LEAST)
			return err;
		err_free(err);
	}
}

static struct err *enable_some(const struct descriptors *descriptors, const struct event_set *set,
			       bool frees, bool enable)
{
	for (size_t i = 0; i < descriptors->nr; i++) {
		const struct descriptor *item = &descriptors->item[i];
		struct err *err;

		if (event_is_free(&set->event[item->event]) != frees)
			continue;
		err = enable ? event_enable(item->fd) : event_disable(item->fd);
		if (err)
			return err;
	}
	return NULL;
}

/*
 * Frees are recorded on all CPUs as long as anything is: what is allocated on one CPU and freed on
 * the next meanwhile would look live for ever.
 */
struct err *descriptors_enable(const struct descriptors *descriptors, const struct event_set *set,
			       bool enable)
{
	struct err *err = enable_some(descriptors, set, enable, enable);

	return err ? err : enable_some(descriptors, set, !enable, enable);
}
