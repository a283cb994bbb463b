// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/flatfile.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/base/io.h"
#include "util/image/flatformat.h"
#include "util/mem/memmap.h"
#include "util/sys/signals.h"

/* 600 MiB of table, a dump of 400 GiB in the 16 KiB records QEMU writes. */
enum {
	RECORDS_MAX = 25 << 20,
	RECORDS_UNASKED = 1024, /* gone through without a look at stop_fd */
};

/* Bytes of the dump and where in the stream they are. */
struct piece {
	uint64_t offset;
	uint64_t size;
	uint64_t stream_offset;
};

struct flat_file {
	struct mem_backing backing;
	int fd;
	struct piece *piece; /* ascending; in the end they do not overlap */
	size_t pieces_nr;
	size_t capacity;
	bool complete;
};

static void flat_free(struct flat_file *flat)
{
	if (!flat)
		return;
	close(flat->fd);
	free(flat->piece);
	free(flat);
}
DEFINE_GUARD(flat_file, struct flat_file *, flat_free)

static void flat_close(struct mem_backing *backing)
{
	flat_free((struct flat_file *)backing);
}

static struct err *add_piece(struct flat_file *flat, uint64_t offset, uint64_t size,
			     uint64_t stream_offset)
{
	if (flat->pieces_nr == flat->capacity) {
		size_t capacity = MAX(flat->capacity * 2, (size_t)64);
		struct piece *grown = reallocarray(flat->piece, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		flat->piece = grown;
		flat->capacity = capacity;
	}
	flat->piece[flat->pieces_nr++] = (struct piece){ offset, size, stream_offset };
	return NULL;
}

/* The first piece that ends above @offset; pieces_nr if there is none. */
static size_t find_piece(const struct flat_file *flat, uint64_t offset)
{
	size_t low = 0;
	size_t high = flat->pieces_nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct piece *piece = &flat->piece[middle];

		if (piece->offset + piece->size <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct err *flat_read(struct mem_backing *backing, void *buf, size_t len, uint64_t offset,
			     size_t *ret_len)
{
	const struct flat_file *flat = (const struct flat_file *)backing;
	uint8_t *to = buf;
	uint64_t end = offset + len;

	memset(buf, 0, len);
	for (size_t i = find_piece(flat, offset); i < flat->pieces_nr; i++) {
		const struct piece *piece = &flat->piece[i];
		uint64_t from = MAX(piece->offset, offset);
		uint64_t until = MIN(piece->offset + piece->size, end);
		struct err *e;

		if (from >= end)
			break;
		e = io_pread_full(flat->fd, to + (from - offset), (size_t)(until - from),
				  piece->stream_offset + (from - piece->offset));
		if (e)
			return err_wrap(e, "flattened stream");
	}
	*ret_len = len;
	return NULL;
}

static bool flat_lacks(struct mem_backing *backing, uint64_t offset, uint64_t len)
{
	const struct flat_file *flat = (const struct flat_file *)backing;
	uint64_t end = offset + len;

	for (size_t i = find_piece(flat, offset); !flat->complete && offset < end; i++) {
		if (i == flat->pieces_nr || flat->piece[i].offset > offset)
			return true;
		offset = flat->piece[i].offset + flat->piece[i].size;
	}
	return false;
}

static const struct mem_backing_ops flat_ops = {
	.read = flat_read,
	.lacks = flat_lacks,
	.close = flat_close,
};

/* Why the stream is not whole; NULL when its end record was there. */
static struct err *read_records(struct flat_file *flat, uint64_t size, int stop_fd)
{
	uint64_t at = FLAT_HEADER_BYTES;

	for (;;) {
		uint8_t head[FLAT_RECORD_BYTES];
		struct flat_record record;
		uint64_t here;
		struct err *e;

		if (!range_within(at, sizeof(head), size))
			return NULL;
		e = flat->pieces_nr % RECORDS_UNASKED ? NULL : stop_check(stop_fd);
		if (e)
			return e;
		e = io_pread_full(flat->fd, head, sizeof(head), at);
		if (!e)
			e = flat_record_load(head, &record);
		if (!e && !record.is_end && flat->pieces_nr == RECORDS_MAX)
			e = err_new(ERR_UNSUPPORTED,
				    "more than %d records: put it together with "
				    "'vmtool dump -R' first",
				    RECORDS_MAX);
		if (e)
			return err_wrap(e, "record %zu at %llu", flat->pieces_nr,
					(unsigned long long)at);
		if (record.is_end) {
			flat->complete = true;
			return NULL;
		}

		at += sizeof(head);
		here = MIN(record.size, size - at);
		if (here)
			e = add_piece(flat, record.offset, here, at);
		if (e)
			return e;
		if (here < record.size)
			return NULL;
		at += here;
	}
}

/* What is earlier in the stream comes first among those that begin at the same place. */
static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->stream_offset < y->stream_offset ? -1 : x->stream_offset > y->stream_offset;
}

static int compare_age(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->stream_offset > y->stream_offset ? -1 : x->stream_offset < y->stream_offset;
}

/* Pieces that overlap, each with another, become pieces that do not: the latest has its way. */
static struct err *add_resolved(struct flat_file *flat, struct piece *pieces, size_t nr)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;
	struct err *e = NULL;

	if (nr == 1)
		return add_piece(flat, pieces->offset, pieces->size, pieces->stream_offset);

	/* Of two ranges in a memmap the one added first wins. */
	qsort(pieces, nr, sizeof(*pieces), compare_age);
	for (size_t i = 0; !e && i < nr; i++)
		e = memmap_add(&map, &(struct memmap_range){
					     .paddr = pieces[i].offset,
					     .size = pieces[i].size,
					     .file_offset = pieces[i].stream_offset,
					     .file_size = pieces[i].size,
				     });
	if (!e)
		e = memmap_finish(&map);
	for (size_t i = 0; !e && i < map.nr; i++)
		e = add_piece(flat, map.range[i].paddr, map.range[i].size,
			      map.range[i].file_offset);
	return e;
}

static bool overlap_anywhere(const struct flat_file *flat)
{
	for (size_t i = 1; i < flat->pieces_nr; i++) {
		const struct piece *before = &flat->piece[i - 1];

		if (before->offset + before->size > flat->piece[i].offset)
			return true;
	}
	return false;
}

/* Ascending, each byte of the dump in one piece. */
static struct err *resolve(struct flat_file *flat)
{
	autofree struct piece *all = NULL;
	size_t nr = flat->pieces_nr;
	struct err *e = NULL;

	qsort(flat->piece, nr, sizeof(*flat->piece), compare_pieces);
	if (!overlap_anywhere(flat))
		return NULL;

	all = take_ptr(flat->piece);
	flat->pieces_nr = 0;
	flat->capacity = 0;
	for (size_t first = 0, i = 0; !e && first < nr; first = i) {
		uint64_t end = 0;

		for (i = first; i < nr && (i == first || all[i].offset < end); i++)
			end = MAX(end, all[i].offset + all[i].size);
		e = add_resolved(flat, all + first, i - first);
	}
	return e;
}

static void remark(const struct flat_file *flat, uint64_t bytes, const struct err *why,
		   struct notes *notes)
{
	notes_add(notes, "the flattened stream is cut off: %s; %llu bytes in %zu records are good",
		  why ? err_message(why) : "it has no end record", (unsigned long long)bytes,
		  flat->pieces_nr);
}

struct err *flat_file_open(int fd, uint64_t size, const struct mem_file_config *config, int stop_fd,
			   struct notes *notes, struct mem_file **ret_file, bool *ret_complete)
{
	autoclose int owned_fd = fd;
	guard(flat_file) struct flat_file *flat = NULL;
	uint8_t header[FLAT_HEADER_BYTES];
	uint64_t bytes = 0;
	struct err *e;

	if (size < sizeof(header))
		return err_new(ERR_FORMAT, "a flattened dump cut off in its header");
	e = io_pread_full(fd, header, sizeof(header), 0);
	if (!e)
		e = flat_header_check(header);
	if (e)
		return e;

	flat = calloc(1, sizeof(*flat));
	if (!flat)
		return err_nomem();
	flat->backing.ops = &flat_ops;
	flat->fd = take_fd(&owned_fd);

	e = read_records(flat, size, stop_fd);
	if (e && (err_code(e) == ERR_NOMEM || err_code(e) == ERR_INTERRUPTED || !flat->pieces_nr))
		return e;
	if (!flat->pieces_nr)
		return err_new(ERR_FORMAT, "a flattened dump without records");
	for (size_t i = 0; i < flat->pieces_nr; i++)
		bytes += flat->piece[i].size;
	if (!flat->complete)
		remark(flat, bytes, e, notes);
	err_free(e);

	e = resolve(flat);
	if (e)
		return e;
	size = flat->piece[flat->pieces_nr - 1].offset + flat->piece[flat->pieces_nr - 1].size;
	*ret_complete = flat->complete;
	return mem_file_new_over(&take_ptr(flat)->backing, size, config, ret_file);
}
