// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/perfdata/cursor.h"
#include "util/perfdata/format.h"

#ifdef HAVE_LIBZSTD
#include <zstd.h>
#endif

enum { BUFFER_BYTES = 1 << 18 };

static int nameless_file_in(const char *folder)
{
	return folder && *folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
}

/* Some file systems have no O_TMPFILE: a name that is gone at once does the same. */
static int short_named_file(const char *folder)
{
	autofree char *path = NULL;
	int fd;

	if (!folder || !*folder || asprintf(&path, "%s/vmtool-XXXXXX", folder) < 0)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

struct err *unpack_nameless_file(int *ret_fd)
{
	const char *folder[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(folder); i++) {
		int fd = nameless_file_in(folder[i]);

		if (fd < 0)
			fd = short_named_file(folder[i]);
		if (fd >= 0) {
			*ret_fd = fd;
			return NULL;
		}
	}
	return err_sys(errno, "cannot make a temporary file (TMPDIR says where)");
}

struct err *unpack_pipe(int fd, int *ret_fd, uint64_t *ret_size)
{
	autofree uint8_t *buf = malloc(BUFFER_BYTES);
	autoclose int out = -1;
	uint64_t size = 0;
	struct err *e;

	if (!buf)
		return err_nomem();
	e = unpack_nameless_file(&out);
	if (e)
		return e;
	for (;;) {
		ssize_t len = read(fd, buf, BUFFER_BYTES);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_sys(errno, "read");
		if (!len)
			break;
		e = io_write_full(out, buf, (size_t)len);
		if (e)
			return err_wrap(e, "copy of the pipe in a temporary file");
		size += (uint64_t)len;
	}
	*ret_fd = take_fd(&out);
	*ret_size = size;
	return NULL;
}

#ifdef HAVE_LIBZSTD

/* Records on their way out; `held` bytes at the end of buf are the beginning of a record. */
struct spool {
	int fd;
	ZSTD_DStream *stream;
	uint8_t *buf;
	size_t len;
	uint64_t size;
	/* What the decompressor gave and is not yet a whole record. */
	uint8_t *tail;
	size_t tail_len;
};

static void spool_release(struct spool *spool)
{
	ZSTD_freeDStream(spool->stream);
	free(spool->buf);
	free(spool->tail);
}

DEFINE_GUARD_INPLACE(spool, struct spool, spool_release)

static struct err *spool_flush(struct spool *spool)
{
	struct err *e = io_write_full(spool->fd, spool->buf, spool->len);

	spool->len = 0;
	return err_wrap(e, "unpacked records in a temporary file");
}

static struct err *spool_write(struct spool *spool, const uint8_t *bytes, size_t len)
{
	struct err *e;

	if (spool->len + len > BUFFER_BYTES) {
		e = spool_flush(spool);
		if (e)
			return e;
	}
	if (len > BUFFER_BYTES)
		return io_write_full(spool->fd, bytes, len);
	memcpy(spool->buf + spool->len, bytes, len);
	spool->len += len;
	spool->size += len;
	return NULL;
}

/* perf's stream goes on over all records of a file, and a record may go on in the next one's. */
static struct err *write_whole_records(struct spool *spool)
{
	size_t at = 0;

	while (spool->tail_len - at >= PERFDATA_RECORD_HEADER_BYTES) {
		size_t len = load_u16(spool->tail + at + 6, ORDER_LITTLE);
		struct err *e;

		if (len < PERFDATA_RECORD_HEADER_BYTES)
			return err_new(ERR_FORMAT, "no record where one was compressed");
		if (len > spool->tail_len - at)
			break;
		e = spool_write(spool, spool->tail + at, len);
		if (e)
			return e;
		at += len;
	}
	memmove(spool->tail, spool->tail + at, spool->tail_len - at);
	spool->tail_len -= at;
	return NULL;
}

static struct err *decompress(struct spool *spool, const uint8_t *data, size_t len)
{
	ZSTD_inBuffer in = { .src = data, .size = len };
	bool more = true;

	/* The decoder may have output left when the input is used up. */
	while (in.pos < in.size || more) {
		ZSTD_outBuffer out = { .dst = spool->tail,
				       .size = BUFFER_BYTES,
				       .pos = spool->tail_len };
		size_t result = ZSTD_decompressStream(spool->stream, &out, &in);
		struct err *e;

		if (ZSTD_isError(result))
			return err_new(ERR_FORMAT, "compressed records: %s",
				       ZSTD_getErrorName(result));
		more = out.pos == out.size;
		spool->tail_len = out.pos;
		e = write_whole_records(spool);
		if (e)
			return e;
	}
	return NULL;
}

/* The compressed bytes inside a record; false: it is another kind of record. */
static bool find_compressed(const uint8_t *record, size_t len, const uint8_t **ret_data,
			    size_t *ret_len)
{
	uint32_t type = load_u32(record, ORDER_LITTLE);

	if (type == PERFDATA_RECORD_COMPRESSED) {
		*ret_data = record + PERFDATA_RECORD_HEADER_BYTES;
		*ret_len = len - PERFDATA_RECORD_HEADER_BYTES;
		return true;
	}
	if (type == PERFDATA_RECORD_COMPRESSED2 && len >= PERFDATA_RECORD_HEADER_BYTES + 8) {
		uint64_t claimed = load_u64(record + PERFDATA_RECORD_HEADER_BYTES, ORDER_LITTLE);

		*ret_data = record + PERFDATA_RECORD_HEADER_BYTES + 8;
		*ret_len = len - PERFDATA_RECORD_HEADER_BYTES - 8;
		*ret_len = (size_t)MIN(claimed, (uint64_t)*ret_len);
		return true;
	}
	return false;
}

/* A record and what stands behind it. False: not all of that is there. */
static struct err *copy_record(struct spool *spool, struct cursor *cursor, const uint8_t *record,
			       size_t len, bool *ret_whole)
{
	uint64_t behind = cursor_bytes_behind(record, len);
	struct err *e;

	*ret_whole = behind <= cursor->end - cursor->at;
	if (!*ret_whole)
		return NULL;
	e = spool_write(spool, record, len);
	while (!e && behind) {
		uint8_t piece[4096];
		size_t part = (size_t)MIN(behind, (uint64_t)sizeof(piece));

		e = cursor_read(cursor->file, cursor->at, piece, part);
		if (!e)
			e = spool_write(spool, piece, part);
		cursor_skip(cursor, part);
		behind -= part;
	}
	return e;
}

static struct err *spool_new(struct spool *spool, int fd)
{
	*spool = (struct spool){
		.fd = fd,
		.stream = ZSTD_createDStream(),
		.buf = malloc(BUFFER_BYTES),
		.tail = malloc(BUFFER_BYTES),
	};
	return spool->stream && spool->buf && spool->tail ? NULL : err_nomem();
}

/* Up to the end, or to what is damaged; *ret_end is where that begins. */
static struct err *unpack_all(struct cursor *cursor, struct spool *spool, uint64_t *ret_end)
{
	for (;;) {
		const uint8_t *record, *data;
		size_t len, data_len;
		bool whole = true;
		struct err *e;

		*ret_end = cursor->at;
		e = cursor_next(cursor, &record, &len);
		if (e || !record)
			return e;
		if (find_compressed(record, len, &data, &data_len)) {
			e = decompress(spool, data, data_len);
			if (e && err_code(e) == ERR_FORMAT) {
				err_free(e);
				return NULL;
			}
		} else {
			e = copy_record(spool, cursor, record, len, &whole);
		}
		if (e || !whole)
			return e;
	}
}

struct err *unpack_records(struct mem_file *file, uint64_t start, uint64_t end, int *ret_fd,
			   uint64_t *ret_size, uint64_t *ret_lost)
{
	guard(cursor) struct cursor cursor = cursor_init(file, start, end, true);
	guard(spool) struct spool spool = { .fd = -1 };
	autoclose int out = -1;
	struct err *e;

	e = unpack_nameless_file(&out);
	if (!e)
		e = spool_new(&spool, out);
	if (!e)
		e = unpack_all(&cursor, &spool, &end);
	if (!e)
		e = spool_flush(&spool);
	if (e)
		return e;
	*ret_fd = take_fd(&out);
	*ret_size = spool.size;
	*ret_lost = cursor.end - end + spool.tail_len;
	return NULL;
}

#else

struct err *unpack_records(struct mem_file *file, uint64_t start, uint64_t end, int *ret_fd,
			   uint64_t *ret_size, uint64_t *ret_lost)
{
	(void)file;
	(void)start;
	(void)end;
	(void)ret_fd;
	(void)ret_size;
	(void)ret_lost;
	return err_new(ERR_UNSUPPORTED, "compressed recordings cannot be read: built without zstd");
}

#endif
