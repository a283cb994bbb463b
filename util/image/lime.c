// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LiME, version 1: what the kernel module LiME (format=lime) and AVML write of a machine that runs.
 * Each range of its System RAM stands behind a header of 32 bytes, whose numbers have the machine's
 * byte order: magic, version, first and last address, 8 bytes of zeros (LiME's docs/README.md).
 * That is all there is: no notes, no name of a machine, and the memory went on changing while it
 * was read.
 */
#include <elf.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/image/format.h"
#include "util/image/ranges.h"

enum {
	LIME_MAGIC = 0x4c694d45,
	LIME_VERSION = 1,
	HEADER_BYTES = 32,

	/* /proc/iomem of the largest machines has some hundreds; a lying file asks for more. */
	RANGES_MAX = 1 << 20,

	/* That end a file, of whatever copied it in blocks; more would be memory that is lost. */
	PADDING_BYTES_MAX = 1 << 20,
};

struct lime_header {
	uint32_t magic;
	uint32_t version;
	uint64_t first;
	uint64_t last;
};

static bool probe_order(const uint8_t *head, size_t len, enum byte_order *ret_order)
{
	if (len < sizeof(uint32_t))
		return false;
	*ret_order = load_u32(head, ORDER_BIG) == LIME_MAGIC ? ORDER_BIG : ORDER_LITTLE;
	return load_u32(head, *ret_order) == LIME_MAGIC;
}

static bool lime_probe(const uint8_t *head, size_t len)
{
	enum byte_order order;

	return probe_order(head, len, &order);
}

static struct err *read_header(struct image *image, uint64_t offset, struct lime_header *ret_header)
{
	uint8_t bytes[HEADER_BYTES];
	struct err *e = mem_file_read(image->file, offset, bytes, sizeof(bytes), MEM_RANDOM);

	if (e)
		return e;
	if (!offset && !probe_order(bytes, sizeof(bytes), &image->order))
		return err_new(ERR_FORMAT, "the file has changed");
	*ret_header = (struct lime_header){
		.magic = load_u32(bytes, image->order),
		.version = load_u32(bytes + 4, image->order),
		.first = load_u64(bytes + 8, image->order),
		.last = load_u64(bytes + 16, image->order),
	};
	return NULL;
}

/*
 * The range behind the header at *offset, which is then where the next one is. One damaged number
 * is no reason to give up all other memory.
 */
static struct err *read_range(struct image *image, uint64_t *offset, struct notes *notes)
{
	struct memmap_range range;
	struct lime_header header = { .magic = 0 };
	struct err *e = read_header(image, *offset, &header);

	if (e)
		return e;
	if (header.magic != LIME_MAGIC)
		return err_new(ERR_FORMAT, "%08x instead of LiME's magic number", header.magic);
	if (header.version != LIME_VERSION)
		return err_new(ERR_UNSUPPORTED, "version %u of LiME's format is not known",
			       header.version);
	if (header.last < header.first || header.last - header.first == UINT64_MAX)
		return err_new(ERR_FORMAT, "a range from %#llx to %#llx",
			       (unsigned long long)header.first, (unsigned long long)header.last);

	range = (struct memmap_range){
		.paddr = header.first,
		.size = header.last - header.first + 1,
		.file_offset = *offset + HEADER_BYTES,
	};
	range.file_size = ranges_stored(image, range.file_offset, range.size);
	ranges_count_truncated(image, range.size - range.file_size);
	*offset = range.file_offset + range.file_size;
	if (ranges_can_be(range.paddr, range.file_size)) {
		range.size = MIN(range.size, RANGES_END - range.paddr);
		return memmap_add(&image->memmap, &range);
	}
	notes_add(notes,
		  "a range is at %#llx, where no machine has memory: its %llu bytes are left out",
		  (unsigned long long)range.paddr, (unsigned long long)range.file_size);
	image->incomplete = true;
	return NULL;
}

/* Is there nothing but zeros from @offset to the end, and few enough to mean nothing? */
static bool is_padding(struct image *image, uint64_t offset)
{
	static const uint8_t zeros[4096];
	uint64_t size = mem_file_size(image->file);
	uint8_t bytes[sizeof(zeros)];

	if (size - offset > PADDING_BYTES_MAX)
		return false;
	while (offset < size) {
		size_t len = (size_t)MIN(size - offset, (uint64_t)sizeof(bytes));
		struct err *e = mem_file_read(image->file, offset, bytes, len, MEM_SEQUENTIAL);

		if (e || memcmp(bytes, zeros, len)) {
			err_free(e);
			return false;
		}
		offset += len;
	}
	return true;
}

/*
 * The range whose header is at @offset is none, for the reason @why. The ranges before it are
 * whole; where one might begin behind it could only be guessed.
 */
static void leave_rest(struct image *image, uint64_t offset, const struct err *why,
		       struct notes *notes)
{
	notes_add(notes, "the last %llu bytes of the file are left out, which are no range: %s",
		  (unsigned long long)(mem_file_size(image->file) - offset), err_message(why));
	image->incomplete = true;
}

/* Is @offset the end, or is nothing behind it that means anything? */
static bool is_end(struct image *image, uint64_t offset, struct notes *notes)
{
	uint64_t rest = mem_file_size(image->file) - offset;

	if (!rest || !is_padding(image, offset))
		return !rest;
	notes_add(notes, "%llu zero bytes behind the last range are taken for padding",
		  (unsigned long long)rest);
	return true;
}

static struct err *lime_open(struct image *image, struct notes *notes)
{
	uint64_t size = mem_file_size(image->file);
	struct ranges_source *ranges = calloc(1, sizeof(*ranges));
	uint64_t offset = 0;
	struct err *e;

	if (!ranges)
		return err_nomem();
	ranges_source_init(ranges, image);
	image->priv = ranges;
	image->machine = EM_NONE;
	image->address_bits = 64;

	for (size_t nr = 0; !nr || !is_end(image, offset, notes); nr++) {
		uint64_t at = offset;

		if (nr == RANGES_MAX)
			return err_new(ERR_FORMAT, "more than %d ranges are not believed",
				       RANGES_MAX);
		if (size - offset < HEADER_BYTES) {
			notes_add(notes, "the file ends inside the header of a range");
			ranges_count_truncated(image, 1);
			break;
		}
		e = err_wrap(read_range(image, &offset, notes), "header of a range at offset %#llx",
			     (unsigned long long)at);
		if (e && (!nr || err_code(e) == ERR_NOMEM))
			return e;
		if (e) {
			leave_rest(image, at, e, notes);
			err_free(e);
			break;
		}
	}
	e = ranges_finish(image, notes);
	if (e)
		return e;
	return image->memmap.nr ? NULL : err_new(ERR_FORMAT, "no range of memory is in it");
}

static void lime_close(struct image *image)
{
	free(image->priv);
}

const struct image_format image_format_lime = {
	.name = "LiME",
	.probe = lime_probe,
	.open = lime_open,
	.close = lime_close,
};
