// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/desctable.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"

enum {
	BLOCK_DESCS = 4096,
	BLOCK_BYTES = BLOCK_DESCS * DESC_BYTES,
	BLOCKS_MAX = 16, /* 1.5 MiB in all */

	SIZE_AT = 8,
	FLAGS_AT = 12,
};

struct block {
	uint64_t number;       /* in the table */
	uint64_t used_at;      /* 0: empty */
	uint32_t dirty_nr;     /* descriptors newer than the file */
	uint32_t forgotten_nr; /* of these, unset again */
	uint8_t dirty[BLOCK_DESCS / 8];
	uint8_t *bytes;
};

struct desctable {
	struct sink *sink;
	enum byte_order order;
	uint64_t offset;
	uint64_t nr;
	uint64_t clock;
	uint64_t written_nr; /* descriptors in the file, those of lost pages left out */
	uint8_t *written;    /* a bit a block: is any of it in the file? */
	size_t blocks_nr;    /* that have their memory */
	struct block block[BLOCKS_MAX];
};

/* All that are needed, or as many as there is memory for; it is only used with the block. */
static struct err *get_blocks(struct desctable *table)
{
	uint64_t needed_nr = div_round_up_u64(table->nr, BLOCK_DESCS);

	while (table->blocks_nr < MIN(needed_nr, (uint64_t)BLOCKS_MAX)) {
		struct block *block = &table->block[table->blocks_nr];

		block->bytes = malloc(BLOCK_BYTES);
		if (!block->bytes)
			return table->blocks_nr ? NULL : err_nomem();
		table->blocks_nr++;
	}
	return NULL;
}

struct err *desctable_new(struct sink *sink, enum byte_order order, uint64_t offset, uint64_t nr,
			  struct desctable **ret_table)
{
	guard(desctable) struct desctable *table = calloc(1, sizeof(*table));
	struct err *e;

	if (!table)
		return err_nomem();
	table->sink = sink;
	table->order = order;
	table->offset = offset;
	table->nr = nr;
	table->written = calloc(1, bitmap_bytes(nr / BLOCK_DESCS + 1));
	if (!table->written)
		return err_nomem();
	e = get_blocks(table);
	if (e)
		return e;
	*ret_table = take_ptr(table);
	return NULL;
}

void desctable_free(struct desctable *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->blocks_nr; i++)
		free(table->block[i].bytes);
	free(table->written);
	free(table);
}

static struct block *find_block(const struct desctable *table, uint64_t number)
{
	for (size_t i = 0; i < table->blocks_nr; i++) {
		const struct block *block = &table->block[i];

		if (block->used_at && block->number == number)
			return (struct block *)block;
	}
	return NULL;
}

static struct block *oldest_block(const struct desctable *table)
{
	const struct block *oldest = &table->block[0];

	for (size_t i = 1; i < table->blocks_nr; i++)
		if (table->block[i].used_at < oldest->used_at)
			oldest = &table->block[i];
	return (struct block *)oldest;
}

bool desctable_has_room(const struct desctable *table, uint64_t index)
{
	return find_block(table, index / BLOCK_DESCS) || !oldest_block(table)->used_at;
}

/* Descriptors [first, end) of the block. */
static struct err *write_run(struct desctable *table, const struct block *block, size_t first,
			     size_t end)
{
	uint64_t index = block->number * BLOCK_DESCS + first;
	size_t written;
	struct err *e = table->sink->ops->pwrite(table->sink, block->bytes + first * DESC_BYTES,
						 (end - first) * DESC_BYTES,
						 table->offset + index * DESC_BYTES, &written);

	return err_wrap(e, "page descriptors");
}

static struct err *write_block(struct desctable *table, struct block *block)
{
	size_t first = bitmap_next_set(block->dirty, BLOCK_DESCS, 0);

	while (first < BLOCK_DESCS) {
		size_t end = bitmap_next_clear(block->dirty, BLOCK_DESCS, first);
		size_t next = bitmap_next_set(block->dirty, BLOCK_DESCS, end);
		struct err *e;

		/* What lies between is in the file as it is here: one write is cheaper than two. */
		while (!sink_is_stream(table->sink) && next < BLOCK_DESCS) {
			end = bitmap_next_clear(block->dirty, BLOCK_DESCS, next);
			next = bitmap_next_set(block->dirty, BLOCK_DESCS, end);
		}
		e = write_run(table, block, first, end);
		if (e)
			return e;
		first = next;
	}
	if (block->dirty_nr)
		bitmap_set(table->written, block->number);
	table->written_nr += block->dirty_nr - block->forgotten_nr;
	block->forgotten_nr = 0;
	memset(block->dirty, 0, sizeof(block->dirty));
	block->dirty_nr = 0;
	return NULL;
}

/*
 * A stream gets all blocks at once, so that runs of descriptors that reach over several of them are
 * one record; none of them comes back.
 */
static struct err *make_room(struct desctable *table, struct block *oldest)
{
	struct err *e;

	if (!sink_is_stream(table->sink)) {
		e = write_block(table, oldest);
		if (!e)
			oldest->used_at = 0;
		return e;
	}
	e = desctable_flush(table);
	for (size_t i = 0; !e && i < table->blocks_nr; i++)
		table->block[i].used_at = 0;
	return e;
}

/* Block @number of the table takes the place of what is in @block. */
static struct err *load_block(struct desctable *table, uint64_t number, struct block *block)
{
	uint64_t first = number * BLOCK_DESCS;
	size_t len = (size_t)MIN(table->nr - first, (uint64_t)BLOCK_DESCS) * DESC_BYTES;
	struct err *e;

	if (block->used_at) {
		e = make_room(table, block);
		if (e)
			return e;
	}
	memset(block->bytes, 0, BLOCK_BYTES);
	if (!sink_is_stream(table->sink) && bitmap_test(table->written, number)) {
		e = table->sink->ops->pread(table->sink, block->bytes, len,
					    table->offset + first * DESC_BYTES);
		if (e)
			return err_wrap(e, "page descriptors");
	}
	block->number = number;
	return NULL;
}

static void store_desc(uint8_t *bytes, const struct page_desc *desc, enum byte_order order)
{
	memset(bytes, 0, DESC_BYTES);
	store_u64(bytes, desc->offset, order);
	store_u32(bytes + SIZE_AT, desc->size, order);
	store_u32(bytes + FLAGS_AT, desc->flags, order);
}

struct err *desctable_set(struct desctable *table, uint64_t index, const struct page_desc *desc)
{
	struct block *block = find_block(table, index / BLOCK_DESCS);
	uint32_t n = index % BLOCK_DESCS;

	if (!block) {
		struct err *e;

		block = oldest_block(table);
		e = load_block(table, index / BLOCK_DESCS, block);
		if (e)
			return e;
	}
	block->used_at = ++table->clock;
	store_desc(block->bytes + n * DESC_BYTES, desc, table->order);
	block->dirty_nr += !bitmap_test(block->dirty, n);
	bitmap_set(block->dirty, n);
	return NULL;
}

void desctable_forget(struct desctable *table, uint64_t data_end)
{
	for (size_t i = 0; i < table->blocks_nr; i++) {
		struct block *block = &table->block[i];

		for (uint32_t n = 0; n < BLOCK_DESCS && block->dirty_nr; n++) {
			uint8_t *desc = block->bytes + n * DESC_BYTES;
			uint64_t offset = load_u64(desc, table->order);

			if (!bitmap_test(block->dirty, n))
				continue;
			if (offset + load_u32(desc + SIZE_AT, table->order) <= data_end)
				continue;
			memset(desc, 0, DESC_BYTES);
			block->forgotten_nr++;
		}
	}
}

uint64_t desctable_written_nr(const struct desctable *table)
{
	return table->written_nr;
}

/* Blocks in the order of their place in the file; @block NULL: the first. */
static struct block *next_block(struct desctable *table, const struct block *block)
{
	struct block *next = NULL;

	for (size_t i = 0; i < table->blocks_nr; i++) {
		struct block *other = &table->block[i];

		if (!other->used_at || (block && other->number <= block->number))
			continue;
		if (!next || other->number < next->number)
			next = other;
	}
	return next;
}

struct err *desctable_flush(struct desctable *table)
{
	struct err *first = NULL;
	struct block *block = next_block(table, NULL);

	for (; block; block = next_block(table, block)) {
		struct err *e = write_block(table, block);

		if (first)
			err_free(e);
		else
			first = e;
	}
	return first;
}
