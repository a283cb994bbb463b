/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flattened format: a dump file as a stream of records "so many bytes belong at this offset". A
 * header of 4096 bytes, then records of offset, size and bytes, all numbers big endian, and an end
 * record, both of whose numbers are -1. Where records overlap the later one counts. The end record
 * is all that tells a whole stream from one that was cut. (makedumpfile's IMPLEMENTATION.)
 */
#ifndef VMTOOL_IMAGE_FLATFORMAT_H
#define VMTOOL_IMAGE_FLATFORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"

enum {
	FLAT_SIGNATURE_BYTES = 16,
	FLAT_HEADER_BYTES = 4096,
	FLAT_RECORD_BYTES = 16,
};

/* What a stream begins with, all of it. */
void flat_header_store(uint8_t header[FLAT_HEADER_BYTES]);

/* Does a file that begins so claim to be one? */
bool flat_header_probe(const uint8_t *head, size_t len);

/* ERR_FORMAT: not the signature; ERR_UNSUPPORTED: another type or version. */
must_check struct err *flat_header_check(const uint8_t header[FLAT_HEADER_BYTES]);

struct flat_record {
	uint64_t offset;
	uint64_t size; /* at least 1, and offset + size at most INT64_MAX */
	bool is_end;   /* neither counts */
};

/* ERR_FORMAT: no writer makes this. */
must_check struct err *flat_record_load(const uint8_t bytes[FLAT_RECORD_BYTES],
					struct flat_record *ret_record);

#endif
