// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/flat.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/base/endian.h"
#include "util/image/flatformat.h"

enum {
	/*
	 * What is put together at a time: whole page descriptors of 24 bytes, so that a stream that
	 * is cut tears none (streams of ours begin their records with one).
	 */
	DESC_BYTES = 24,
	COPY_BYTES = DESC_BYTES * 10922, /* 256 KiB */
	ZEROS_BYTES = 4 << 10,
	RECORD_BYTES_HELD = 1 << 20,
};

/*
 * Records that follow each other in the file become one, up to a size: crash sorts all records of a
 * stream by insertion when it opens one.
 */
struct flat_sink {
	struct sink sink;
	int fd; /* -1: nothing is written */
	const char *name;
	uint64_t *stream_bytes;
	uint64_t offset; /* of what is in buf */
	size_t len;
	uint8_t buf[RECORD_BYTES_HELD];
};

static ssize_t write_some(const struct flat_sink *flat, const struct iovec *iov, int iov_nr)
{
	return flat->fd < 0 ? (ssize_t)iov->iov_len : writev(flat->fd, iov, iov_nr);
}

static struct err *write_all(const struct flat_sink *flat, struct iovec *iov, int iov_nr)
{
	while (iov_nr) {
		ssize_t n = write_some(flat, iov, iov_nr);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "write %s", flat->name);
		*flat->stream_bytes += (uint64_t)n;
		while (iov_nr && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			iov_nr--;
		}
		if (iov_nr) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return NULL;
}

static struct err *write_record(const struct flat_sink *flat, uint64_t offset, uint64_t size,
				const void *bytes, size_t len)
{
	uint8_t head[FLAT_RECORD_BYTES];
	struct iovec iov[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)bytes, .iov_len = len },
	};

	store_u64(head, offset, ORDER_BIG);
	store_u64(head + 8, size, ORDER_BIG);
	return write_all(flat, iov, len ? 2 : 1);
}

static struct err *flush(struct flat_sink *flat)
{
	struct err *e = NULL;

	if (flat->len)
		e = write_record(flat, flat->offset, flat->len, flat->buf, flat->len);
	flat->len = 0;
	return e;
}

/* What is held counts as written: of a stream that breaks nobody knows how much arrives. */
static struct err *flat_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
			       size_t *ret_written)
{
	struct flat_sink *flat = (struct flat_sink *)sink;
	struct err *e = NULL;

	*ret_written = 0;
	if (flat->len &&
	    (offset != flat->offset + flat->len || len > sizeof(flat->buf) - flat->len))
		e = flush(flat);
	if (e)
		return e;
	if (len >= sizeof(flat->buf)) {
		e = write_record(flat, offset, len, buf, len);
	} else {
		if (!flat->len)
			flat->offset = offset;
		memcpy(flat->buf + flat->len, buf, len);
		flat->len += len;
	}
	if (!e)
		*ret_written = len;
	return e;
}

/* They are put together to records as all bytes are. */
static struct err *flat_put_zeros(struct sink *sink, uint64_t offset, uint64_t len)
{
	static const uint8_t zeros[ZEROS_BYTES];

	while (len) {
		size_t n = (size_t)MIN(len, (uint64_t)ZEROS_BYTES);
		size_t written;
		struct err *e = flat_pwrite(sink, zeros, n, offset, &written);

		if (e)
			return e;
		offset += n;
		len -= n;
	}
	return NULL;
}

static struct err *flat_reserve(struct sink *sink, uint64_t offset, uint64_t len)
{
	(void)sink;
	(void)offset;
	(void)len;
	return NULL;
}

static struct err *flat_sync(struct sink *sink)
{
	return flush((struct flat_sink *)sink);
}

static struct err *flat_close(struct sink *sink, enum sink_end end)
{
	struct err *e = flush((struct flat_sink *)sink);

	if (!e && end == SINK_COMPLETE)
		e = write_record((struct flat_sink *)sink, UINT64_MAX, UINT64_MAX, NULL, 0);
	free(sink);
	return e;
}

static const struct sink_ops flat_ops = {
	.pwrite = flat_pwrite,
	.put_zeros = flat_put_zeros,
	.reserve = flat_reserve,
	.sync = flat_sync,
	.close = flat_close,
};

struct err *flat_sink_open(int fd, const char *name, uint64_t *stream_bytes, struct sink **ret_sink)
{
	struct flat_sink *flat = calloc(1, sizeof(*flat));
	uint8_t header[FLAT_HEADER_BYTES];
	struct iovec iov = { .iov_base = header, .iov_len = sizeof(header) };
	struct err *e;

	if (!flat)
		return err_nomem();
	flat->sink.ops = &flat_ops;
	flat->fd = fd;
	flat->name = name;
	flat->stream_bytes = stream_bytes;
	*stream_bytes = 0;

	flat_header_store(header);
	e = write_all(flat, &iov, 1);
	if (e) {
		free(flat);
		return e;
	}
	*ret_sink = &flat->sink;
	return NULL;
}

/* A stream may keep us waiting: a signal ends that too. */
static struct err *wait_for_bytes(int fd, int stop_fd)
{
	struct pollfd wait[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
	};

	while (poll(wait, ARRAY_SIZE(wait), -1) < 0)
		if (errno != EINTR)
			return err_sys(errno, "wait for the stream");
	return wait[1].revents ? err_new(ERR_INTERRUPTED, "interrupted") : NULL;
}

/* What there is, at least a byte and up to @len; ERR_NODATA when the stream has ended. */
static struct err *read_some(int fd, int stop_fd, void *buf, size_t len, size_t *ret_len)
{
	for (;;) {
		struct err *e = wait_for_bytes(fd, stop_fd);
		ssize_t n;

		if (e)
			return e;
		n = read(fd, buf, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "read the stream");
		if (n == 0)
			return err_new(ERR_NODATA, "the stream is cut off: it has no end record");
		*ret_len = (size_t)n;
		return NULL;
	}
}

/* Also on error *ret_done bytes were read. */
static struct err *read_all(int fd, int stop_fd, void *buf, size_t len, size_t *ret_done)
{
	*ret_done = 0;
	while (*ret_done < len) {
		size_t n;
		struct err *e =
			read_some(fd, stop_fd, (char *)buf + *ret_done, len - *ret_done, &n);

		if (e)
			return e;
		*ret_done += n;
	}
	return NULL;
}

static struct err *check_header(int fd, int stop_fd)
{
	uint8_t header[FLAT_HEADER_BYTES];
	size_t done;
	struct err *e = read_all(fd, stop_fd, header, sizeof(header), &done);

	if (e)
		return e;
	return flat_header_check(header);
}

/* What arrives of a record is kept, even if the rest of it does not. */
static struct err *copy_record(int fd, int stop_fd, struct sink *sink,
			       const struct flat_record *record, uint8_t *buf, uint64_t *bytes)
{
	for (uint64_t done = 0; done < record->size;) {
		size_t n = (size_t)MIN(record->size - done, (uint64_t)COPY_BYTES);
		size_t written = 0;
		struct err *cut = read_all(fd, stop_fd, buf, n, &n);
		struct err *e = NULL;

		if (cut)
			n -= n % DESC_BYTES;
		if (n)
			e = sink->ops->pwrite(sink, buf, n, record->offset + done, &written);
		if (cut) {
			err_free(e);
			e = cut;
		}
		*bytes += written;
		if (e)
			return e;
		done += n;
	}
	return NULL;
}

struct err *flat_rearrange(int fd, int stop_fd, struct sink *sink, struct flat_summary *summary)
{
	autofree uint8_t *buf = malloc(COPY_BYTES);
	struct err *e;

	*summary = (struct flat_summary){ .complete = false };
	if (!buf)
		return err_nomem();
	e = check_header(fd, stop_fd);
	if (e)
		return e;

	for (;;) {
		uint8_t head[FLAT_RECORD_BYTES];
		struct flat_record record;
		size_t done;

		e = read_all(fd, stop_fd, head, sizeof(head), &done);
		if (e)
			return e;
		e = flat_record_load(head, &record);
		if (!e && record.is_end) {
			summary->complete = true;
			if (summary->bytes)
				return NULL;
			return err_new(ERR_NODATA,
				       "the stream has an end record and nothing before it");
		}
		if (!e)
			e = copy_record(fd, stop_fd, sink, &record, buf, &summary->bytes);
		if (e)
			return err_wrap(e, "record %llu of the stream",
					(unsigned long long)summary->records_nr);
		summary->records_nr++;
	}
}
