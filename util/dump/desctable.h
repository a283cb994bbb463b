/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page descriptors of a kdump-compressed file, set in any order: pages are written by their
 * value, descriptors stand by page frame. A bounded number of blocks of the table is in memory; a
 * block that has to make room is written, and read back when it is needed again. To a stream, which
 * cannot be read, each run of new descriptors is written for itself and none of them twice.
 *
 * Knows where the table lies and what a descriptor looks like, nothing else of the file. It is the
 * caller who sees to it that data is written before the descriptors that point at it: a block is
 * only written by desctable_flush(), and by desctable_set() when desctable_has_room() said no.
 */
#ifndef VMTOOL_DUMP_DESCTABLE_H
#define VMTOOL_DUMP_DESCTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/dump/sink.h"

enum { DESC_BYTES = 24 };

struct page_desc {
	uint64_t offset; /* of the data in the file; 0: lost */
	uint32_t size;
	uint32_t flags;
};

struct desctable;

/* @nr descriptors at @offset of @sink, whose space is taken and reads as zeros. */
must_check struct err *desctable_new(struct sink *sink, enum byte_order order, uint64_t offset,
				     uint64_t nr, struct desctable **ret_table);

/* Drops what has not been written. */
void desctable_free(struct desctable *table);
DEFINE_GUARD(desctable, struct desctable *, desctable_free)

/* Can the descriptor be set without writing another block? */
bool desctable_has_room(const struct desctable *table, uint64_t index);

/* @index is below the table's number of descriptors. */
must_check struct err *desctable_set(struct desctable *table, uint64_t index,
				     const struct page_desc *desc);

/*
 * Unset those not written yet that point at data behind @data_end, which did not make it into the
 * file.
 */
void desctable_forget(struct desctable *table, uint64_t data_end);

/*
 * Write all that is not in the file. After an error with one block the others are written all the
 * same.
 */
must_check struct err *desctable_flush(struct desctable *table);

/* How many descriptors are in the file. */
uint64_t desctable_written_nr(const struct desctable *table);

#endif
