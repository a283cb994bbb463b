// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/base/io.h"
#include "util/base/macros.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum {
	PAGE_BYTES = 4096,
	SEGMENTS_MAX = 32,
	SEGMENT_BYTES_FIRST = 2 << 20,
	SEGMENT_BYTES_LAST = 16 << 20,
	SEGMENT_BYTES_LEAST = 64 << 10, /* what is tried when the disk is nearly full */
	SEGMENTS_AHEAD = 6,
	SPANS_MAX = 20, /* an append reaches over so many of the smallest segments at most */
	WRITE_AHEAD_BYTES = 4 << 20, /* allocated at a time for pwrite */
};

struct segment {
	uint64_t start;
	size_t len;
	uint8_t *map;
};

struct span {
	uint8_t *at;
	size_t len;
};

/* A reservation; pending while `end` is not 0. */
struct pending {
	uint64_t start;
	uint64_t end;
};

struct output {
	struct output_config config;
	pthread_t helper;
	bool helper_runs;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t changed;
	bool quit;
	bool open; /* between begin and end, mapped */
	bool helper_busy;
	int fd;
	bool mapped;
	bool can_allocate; /* pwrite: fallocate() works here */
	uint64_t start;
	uint64_t committed;
	uint64_t reserved;
	uint64_t allocated;
	size_t segment_bytes;
	struct segment
		segment[SEGMENTS_MAX]; /* ascending, without gaps; the last ends at allocated */
	size_t segment_nr;
	struct pending pending[OUTPUT_APPENDS_NR];
	int full_errno; /* why no more could be allocated; 0: it could */
	int failed_errno;
	struct output_stats stats;
};

/* For kernels without MADV_POPULATE_WRITE: blocks and pages come by write(2), whose errors are
 * values; the touch then finds them all. */
static int populate_by_writing(int fd, uint64_t start, uint8_t *map, size_t len)
{
	static const uint8_t zeros[SEGMENT_BYTES_LEAST];

	for (size_t done = 0; done < len; done += sizeof(zeros)) {
		size_t n = MIN(len - done, sizeof(zeros));
		autoerr struct err *err = io_pwrite_full(fd, zeros, n, start + done);

		if (err)
			return err_errno(err) ? err_errno(err) : EIO;
	}
	for (size_t i = 0; i < len; i += PAGE_BYTES)
		*(volatile uint8_t *)(map + i) = 0;
	return 0;
}

/* 0 or an errno; EOPNOTSUPP and ENODEV: this file can only be written. */
static int make_segment(const struct output *output, int fd, uint64_t start, size_t len,
			struct segment *ret_segment)
{
	uint8_t *map;
	int failed;

	do {
		failed = fallocate(fd, 0, (off_t)start, (off_t)len) ? errno : 0;
	} while (failed == EINTR);
	if (failed)
		return failed == ENOSYS ? EOPNOTSUPP : failed;

	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)start);
	if (map == MAP_FAILED)
		return errno;
	failed = output->config.no_populate		  ? EINVAL
		 : madvise(map, len, MADV_POPULATE_WRITE) ? errno
							  : 0;
	if (failed == EINVAL)
		failed = populate_by_writing(fd, start, map, len);
	if (failed) {
		munmap(map, len);
		/*
		 * A file system that allocates and then has no room after all (quota) says so here.
		 */
		return failed == EFAULT ? ENOSPC : failed;
	}
	*ret_segment = (struct segment){ .start = start, .len = len, .map = map };
	return 0;
}

/* Near the end of the space smaller ones still fit. */
static int make_segment_that_fits(const struct output *output, int fd, uint64_t start, size_t len,
				  struct segment *ret_segment)
{
	int failed;

	for (;;) {
		failed = make_segment(output, fd, start, len, ret_segment);
		if (!failed || (failed != ENOSPC && failed != EDQUOT && failed != EFBIG) ||
		    len / 2 < SEGMENT_BYTES_LEAST)
			return failed;
		len /= 2;
	}
}

/* As large as the file is so far: a short recording does not cost a long one's preparation. */
static size_t segment_bytes(const struct output *output)
{
	size_t bytes = SEGMENT_BYTES_FIRST;

	while (bytes < SEGMENT_BYTES_LAST && bytes < output->reserved - output->start)
		bytes *= 2;
	return bytes;
}

static bool room_for_segments(const struct output *output)
{
	return output->open && !output->full_errno && output->segment_nr < SEGMENTS_MAX &&
	       output->allocated - output->reserved <
		       (uint64_t)SEGMENTS_AHEAD * segment_bytes(output) +
			       output->config.reserve_bytes;
}

static bool segment_to_unmap(const struct output *output)
{
	const struct segment *first = output->segment;

	return output->open && output->segment_nr && first->start + first->len <= output->committed;
}

static void grow(struct output *output)
{
	struct segment segment;
	uint64_t start = output->allocated;
	size_t len = segment_bytes(output);
	int fd = output->fd;
	int failed;

	output->helper_busy = true;
	pthread_mutex_unlock(&output->lock);
	failed = make_segment_that_fits(output, fd, start, len, &segment);
	pthread_mutex_lock(&output->lock);
	output->helper_busy = false;

	if (failed) {
		output->full_errno = failed;
	} else {
		output->segment[output->segment_nr++] = segment;
		output->allocated += segment.len;
		output->stats.segments++;
	}
	pthread_cond_broadcast(&output->changed);
}

static void shrink(struct output *output)
{
	struct segment segment = output->segment[0];

	output->segment_nr--;
	memmove(output->segment, output->segment + 1, output->segment_nr * sizeof(segment));
	output->helper_busy = true;
	pthread_mutex_unlock(&output->lock);
	munmap(segment.map, segment.len);
	pthread_mutex_lock(&output->lock);
	output->helper_busy = false;
	pthread_cond_broadcast(&output->changed);
}

static void *help(void *arg)
{
	struct output *output = arg;

	pthread_mutex_lock(&output->lock);
	while (!output->quit) {
		if (room_for_segments(output))
			grow(output);
		else if (segment_to_unmap(output))
			shrink(output);
		else
			pthread_cond_wait(&output->changed, &output->lock);
	}
	pthread_mutex_unlock(&output->lock);
	return NULL;
}

struct err *output_new(const struct output_config *config, struct output **ret_output)
{
	struct output *output = calloc(1, sizeof(*output));
	int failed;

	if (!output)
		return err_nomem();
	output->config = *config;
	output->fd = -1;
	pthread_mutex_init(&output->lock, NULL);
	pthread_cond_init(&output->changed, NULL);
	if (config->use_mmap) {
		failed = pthread_create(&output->helper, NULL, help, output);
		if (failed) {
			output_free(output);
			return err_sys(failed, "start the thread that prepares the output");
		}
		output->helper_runs = true;
	}
	*ret_output = output;
	return NULL;
}

void output_free(struct output *output)
{
	uint64_t end;

	if (!output)
		return;
	output_end(output, &end);
	if (output->helper_runs) {
		pthread_mutex_lock(&output->lock);
		output->quit = true;
		pthread_cond_broadcast(&output->changed);
		pthread_mutex_unlock(&output->lock);
		pthread_join(output->helper, NULL);
	}
	pthread_cond_destroy(&output->changed);
	pthread_mutex_destroy(&output->lock);
	free(output);
}

/* Called with the lock held. */
static int allocate_for_write(struct output *output, uint64_t end)
{
	uint64_t wanted = end + output->config.reserve_bytes;

	while (output->can_allocate && output->allocated < wanted) {
		uint64_t len = MAX(wanted - output->allocated, (uint64_t)WRITE_AHEAD_BYTES);
		int failed = fallocate(output->fd, FALLOC_FL_KEEP_SIZE, (off_t)output->allocated,
				       (off_t)len)
				     ? errno
				     : 0;

		if (failed == ENOSPC && len > wanted - output->allocated) {
			len = wanted - output->allocated;
			failed = fallocate(output->fd, FALLOC_FL_KEEP_SIZE,
					   (off_t)output->allocated, (off_t)len)
					 ? errno
					 : 0;
		}
		if (failed == EOPNOTSUPP || failed == ENOSYS || failed == ENODEV)
			output->can_allocate = false;
		else if (failed && failed != EINTR)
			return failed;
		else if (!failed)
			output->allocated += len;
	}
	return 0;
}

struct err *output_begin(struct output *output, int fd, uint64_t start)
{
	struct segment segment;
	int failed = EOPNOTSUPP;

	pthread_mutex_lock(&output->lock);
	output->fd = fd;
	output->start = output->committed = output->reserved = output->allocated = start;
	output->segment_nr = 0;
	output->full_errno = output->failed_errno = 0;
	output->mapped = false;
	output->can_allocate = true;
	memset(output->pending, 0, sizeof(output->pending));

	if (output->config.use_mmap)
		failed = make_segment_that_fits(output, fd, start, SEGMENT_BYTES_FIRST, &segment);
	if (!failed) {
		output->mapped = true;
		output->open = true;
		output->segment[output->segment_nr++] = segment;
		output->allocated += segment.len;
		output->stats.segments++;
		if (segment.len < SEGMENT_BYTES_FIRST)
			output->full_errno = ENOSPC;
		pthread_cond_broadcast(&output->changed);
	} else if (failed == EOPNOTSUPP || failed == ENODEV || failed == EACCES ||
		   failed == EINVAL || failed == EPERM || failed == ENOMEM) {
		failed = allocate_for_write(output, start);
	}
	if (!failed && output->mapped && output->allocated < start + output->config.reserve_bytes)
		failed = ENOSPC;
	output->stats.mapped = output->mapped;
	output->failed_errno = failed;
	pthread_mutex_unlock(&output->lock);
	return failed ? err_sys(failed, "allocate space") : NULL;
}

/* With the lock held. True when [reserved, reserved + len) may be taken. */
static bool wait_for_room(struct output *output, size_t len)
{
	bool waited = false;

	if (!output->mapped) {
		if (!output->failed_errno)
			output->failed_errno = allocate_for_write(output, output->reserved + len);
		return !output->failed_errno;
	}
	while (!output->failed_errno &&
	       output->allocated < output->reserved + len + output->config.reserve_bytes) {
		if (output->full_errno) {
			output->failed_errno = output->full_errno;
			break;
		}
		waited = true;
		pthread_cond_wait(&output->changed, &output->lock);
	}
	output->stats.waits += waited;
	return !output->failed_errno;
}

/* Where [start, start + len) lies in the segments. */
static size_t find_spans(const struct output *output, uint64_t start, size_t len,
			 struct span span[SPANS_MAX])
{
	size_t nr = 0;

	for (size_t i = 0; len && i < output->segment_nr; i++) {
		const struct segment *segment = &output->segment[i];
		uint64_t skip;

		if (start >= segment->start + segment->len)
			continue;
		skip = start - segment->start;
		span[nr].at = segment->map + skip;
		span[nr].len = MIN(len, segment->len - (size_t)skip);
		start += span[nr].len;
		len -= span[nr].len;
		nr++;
	}
	return nr;
}

static void copy_to_spans(struct span *span, const struct iovec *iov, int iov_nr)
{
	for (int i = 0; i < iov_nr; i++) {
		const uint8_t *from = iov[i].iov_base;
		size_t left = iov[i].iov_len;

		while (left) {
			size_t n = MIN(left, span->len);

			memcpy(span->at, from, n);
			from += n;
			left -= n;
			span->at += n;
			span->len -= n;
			if (!span->len)
				span++;
		}
	}
}

static int write_all(int fd, const struct iovec *iov, int iov_nr, uint64_t offset)
{
	for (int i = 0; i < iov_nr; i++) {
		autoerr struct err *err =
			io_pwrite_full(fd, iov[i].iov_base, iov[i].iov_len, offset);

		if (err)
			return err_errno(err) ? err_errno(err) : EIO;
		offset += iov[i].iov_len;
	}
	return 0;
}

/* With the lock held: bytes are whole up to the first reservation still being copied. */
static void commit(struct output *output, struct pending *pending, int failed)
{
	uint64_t whole = output->reserved;

	if (failed) {
		/* Stays pending: nothing behind it is ever committed. */
		output->failed_errno = failed;
		pthread_cond_broadcast(&output->changed);
		return;
	}
	output->stats.bytes += pending->end - pending->start;
	pending->end = 0;
	for (size_t i = 0; i < OUTPUT_APPENDS_NR; i++)
		if (output->pending[i].end)
			whole = MIN(whole, output->pending[i].start);
	if (whole > output->committed) {
		output->committed = whole;
		if (output->config.committed)
			output->config.committed(output->config.context, whole - output->start);
	}
	if (room_for_segments(output) || segment_to_unmap(output))
		pthread_cond_broadcast(&output->changed);
}

struct err *output_append(struct output *output, const struct iovec *iov, int iov_nr)
{
	struct pending *pending = output->pending;
	struct span span[SPANS_MAX];
	size_t len = 0;
	int failed = 0;
	uint64_t start;

	for (int i = 0; i < iov_nr; i++)
		len += iov[i].iov_len;
	if (!len)
		return NULL;

	pthread_mutex_lock(&output->lock);
	while (wait_for_room(output, len)) {
		for (pending = output->pending; pending < output->pending + OUTPUT_APPENDS_NR;
		     pending++)
			if (!pending->end)
				break;
		if (pending < output->pending + OUTPUT_APPENDS_NR)
			break;
		pthread_cond_wait(&output->changed, &output->lock);
	}
	if (output->failed_errno) {
		failed = output->failed_errno;
		pthread_mutex_unlock(&output->lock);
		return err_sys(failed, "write");
	}
	start = output->reserved;
	output->reserved += len;
	*pending = (struct pending){ .start = start, .end = start + len };
	if (output->mapped)
		find_spans(output, start, len, span);
	pthread_mutex_unlock(&output->lock);

	if (output->mapped)
		copy_to_spans(span, iov, iov_nr);
	else
		failed = write_all(output->fd, iov, iov_nr, start);

	pthread_mutex_lock(&output->lock);
	commit(output, pending, failed);
	pthread_mutex_unlock(&output->lock);
	return failed ? err_sys(failed, "write") : NULL;
}

void output_end(struct output *output, uint64_t *ret_end)
{
	pthread_mutex_lock(&output->lock);
	output->open = false;
	while (output->helper_busy)
		pthread_cond_wait(&output->changed, &output->lock);
	for (size_t i = 0; i < output->segment_nr; i++)
		munmap(output->segment[i].map, output->segment[i].len);
	output->segment_nr = 0;
	output->fd = -1;
	/* Whoever appends now has no file: the next begin may have failed. */
	output->failed_errno = EBADF;
	*ret_end = output->committed;
	pthread_mutex_unlock(&output->lock);
}

void output_stats(struct output *output, struct output_stats *ret_stats)
{
	pthread_mutex_lock(&output->lock);
	*ret_stats = output->stats;
	pthread_mutex_unlock(&output->lock);
}
