/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flattened format: a dump file as a stream of records "so many bytes belong at this offset",
 * for pipes. A header of 4096 bytes, then records of offset, size and bytes, all numbers big
 * endian, and an end record, both of whose numbers are -1. (makedumpfile's IMPLEMENTATION.)
 *
 * The end record is all that tells a whole stream from one that was cut.
 */
#ifndef VMTOOL_DUMP_FLAT_H
#define VMTOOL_DUMP_FLAT_H

#include <stdint.h>

#include "util/dump/sink.h"

/*
 * A sink that writes the stream to @fd; -1: it is not written, only counted. @name is what messages
 * call it; both stay the caller's. Bytes nobody wrote are not in the stream. Writes are held back
 * as long as they follow each other, up to 1 MiB: only after a sync are they all in the stream.
 * @stream_bytes, which must outlive the sink, is set to the length of the stream so far, headers of
 * records included; when the sink has been closed without an error, to that of all of it.
 */
must_check struct err *flat_sink_open(int fd, const char *name, uint64_t *stream_bytes,
				      struct sink **ret_sink);

/* What was found in a stream. */
struct flat_summary {
	uint64_t records_nr;
	uint64_t bytes; /* of records, that arrived and were written */
	bool complete;	/* the end record was there */
};

/* Is what arrived of a stream that was cut worth keeping? Less than a dump's header is not. */
static inline bool flat_is_worth_it(const struct flat_summary *summary)
{
	return summary->bytes >= 4096;
}

/*
 * Put the stream from @fd together in @sink, as long as it is good. A stream that is cut off or not
 * flattened ends in an error; @summary is filled in then too, and what came before is in
 * @sink. ERR_INTERRUPTED: @stop_fd (-1: none) has become readable.
 */
must_check struct err *flat_rearrange(int fd, int stop_fd, struct sink *sink,
				      struct flat_summary *summary);

#endif
