/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF notes of an image, copied into a dump piece by piece: device dumps among them can be tens
 * of MiB.
 */
#ifndef VMTOOL_DUMP_COPYNOTES_H
#define VMTOOL_DUMP_COPYNOTES_H

#include "util/dump/sink.h"
#include "util/image/image.h"

/* Of the last note of a dump, the one that is not as in the image: see struct writer_config. */
struct last_note {
	const uint8_t *bytes;
	size_t size;
	uint64_t offset; /* in the file; set by copy_notes() */
};

/*
 * All notes to offset @to, and zeros behind them up to @end. In a stream, in which nothing can be
 * written twice, the place of @last is left out.
 */
must_check struct err *copy_notes(struct image *image, struct sink *sink, uint64_t to, uint64_t end,
				  struct last_note *last);

/* The list of what was erased in the dump that is the image, to offset @to. */
must_check struct err *copy_erased(struct image *image, struct sink *sink, uint64_t to);

/* The last note as it is now, to its place. */
must_check struct err *put_last_note(struct sink *sink, const struct last_note *last);

#endif
