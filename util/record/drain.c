// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/drain.h"

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/perfdata/format.h"
#include "util/record/compressor.h"

enum {
	PIECE_BYTES = 256 << 10, /* given back to the ring at a time */

	/*
	 * Where things lie in our samples: IDENTIFIER, IP, TID, TIME, as event_set_finish() asks.
	 */
	SAMPLE_ID = 8,
	SAMPLE_PID_TID = 24,
	SAMPLE_TIME = 32,
	LOST_NR = 16,
	KSYMBOL_NAME = 24,
	TRAILER_BYTES = 32, /* TID, TIME, CPU, IDENTIFIER */
};

_Static_assert((int)PIECE_BYTES <= (int)COMPRESSOR_INPUT_MAX, "a piece is packed at once");

struct err *drain_init(struct drain *drain, struct descriptors *descriptors,
		       const struct address_plan *plan, struct output *output, int zstd_level)
{
	struct err *err;

	*drain = (struct drain){
		.descriptors = descriptors,
		.output = output,
		.stats = { .time_first_ns = UINT64_MAX },
	};
	err = addresses_init(&drain->addresses, plan);
	if (err)
		return err;
	return zstd_level ? compressor_new(zstd_level, &drain->compressor) : NULL;
}

void drain_release(struct drain *drain)
{
	compressor_free(drain->compressor);
	drain->compressor = NULL;
	addresses_release(&drain->addresses);
}

static struct err *write_pieces(struct drain *drain, const struct iovec *iov, int iov_nr)
{
	uint8_t bounce[PIECE_BYTES];
	const void *records = iov[0].iov_base;
	size_t len = iov[0].iov_len;
	struct iovec packed;
	struct err *err;

	if (!drain->compressor)
		return output_append(drain->output, iov, iov_nr);
	if (iov_nr == 2) {
		memcpy(bounce, iov[0].iov_base, iov[0].iov_len);
		memcpy(bounce + iov[0].iov_len, iov[1].iov_base, iov[1].iov_len);
		records = bounce;
		len += iov[1].iov_len;
	}
	err = compressor_pack(drain->compressor, records, len, (const void **)&packed.iov_base,
			      &packed.iov_len);
	return err ? err : output_append(drain->output, &packed, 1);
}

static struct err *write_range(struct drain *drain, const struct ring *ring, uint64_t from,
			       uint64_t to)
{
	struct iovec iov[2];
	int nr = ring_pieces(ring, from, to, iov);

	if (!nr)
		return NULL;
	drain->stats.bytes += to - from;
	return write_pieces(drain, iov, nr);
}

/* Records that are no samples are few: in one piece they are looked at as such. */
static void take_record(struct drain *drain, const struct ring *ring, uint64_t at, uint16_t size)
{
	uint64_t words[PERFDATA_RECORD_BYTES_MAX / 8];

	if (!drain->addresses.plan || !drain->addresses.plan->user)
		return;
	for (size_t i = 0; i < size / 8; i++)
		words[i] = ring_u64(ring, at + 8 * i);
	addresses_add_record(&drain->addresses, words, size);
}

/*
 * Without what Linux counts too much (perf_event_ksymbol_output() adds the trailer again for each
 * event that is told, of other recorders too, and does not write it): perf finds no event at the
 * end of such a record and reads no further.
 */
static uint16_t bytes_of_record(const struct ring *ring, uint64_t at, uint64_t header)
{
	uint16_t size = ring_record_size(header);

	if (ring_record_type(header) != PERF_RECORD_KSYMBOL)
		return size;
	for (uint16_t end = KSYMBOL_NAME + 8; end + TRAILER_BYTES < size; end += 8) {
		uint64_t word = ring_u64(ring, at + end - 8);

		if (memchr(&word, 0, sizeof(word)))
			return end + TRAILER_BYTES;
	}
	return size;
}

/* The first @size bytes of a longer record, as one of that size. */
static struct err *write_shortened(struct drain *drain, const struct ring *ring, uint64_t at,
				   uint16_t size)
{
	uint64_t words[PERFDATA_RECORD_BYTES_MAX / 8];
	struct iovec iov = { .iov_base = words, .iov_len = size };

	for (size_t i = 0; i < size / 8; i++)
		words[i] = ring_u64(ring, at + 8 * i);
	memcpy((char *)words + offsetof(struct perf_event_header, size), &size, sizeof(size));
	drain->stats.bytes += size;
	return write_pieces(drain, &iov, 1);
}

/* Count the record at @at; false: it is left out. */
static bool look_at(struct drain *drain, const struct ring *ring, uint64_t at, uint64_t header)
{
	uint32_t type = ring_record_type(header);
	struct descriptor *descriptor;
	uint64_t time;

	if (type == PERF_RECORD_LOST)
		drain->stats.lost += ring_u64(ring, at + LOST_NR);
	if (type != PERF_RECORD_SAMPLE) {
		take_record(drain, ring, at, ring_record_size(header));
		return true;
	}

	descriptor = descriptors_find(drain->descriptors, ring_u64(ring, at + SAMPLE_ID));
	if (!descriptor)
		return true;
	if (drain->own && !descriptor->with_own &&
	    own_threads_has(drain->own, (uint32_t)(ring_u64(ring, at + SAMPLE_PID_TID) >> 32))) {
		descriptor->excluded++;
		return false;
	}
	descriptor->samples++;
	drain->stats.samples++;
	time = ring_u64(ring, at + SAMPLE_TIME);
	drain->stats.time_first_ns = MIN(drain->stats.time_first_ns, time);
	drain->stats.time_last_ns = MAX(drain->stats.time_last_ns, time);
	addresses_add_sample(&drain->addresses, ring, at, descriptor->event);
	return true;
}

struct err *drain_ring(struct drain *drain, struct ring *ring)
{
	uint64_t tail, head = ring_begin(ring, &tail);
	uint64_t from = tail;
	struct err *err = NULL;

	for (uint64_t at = tail; at < head && !err;) {
		uint64_t header = ring_u64(ring, at);
		uint16_t size = ring_record_size(header), whole;

		if (size < sizeof(struct perf_event_header) || size % 8 || size > head - at)
			return err_new(ERR_FORMAT, "the kernel's ring holds a record of %u bytes",
				       size);
		if (at + size - from > PIECE_BYTES) {
			err = write_range(drain, ring, from, at);
			ring_consume(ring, at);
			from = at;
		}
		if (!err && !look_at(drain, ring, at, header)) {
			err = write_range(drain, ring, from, at);
			from = at + size;
		}
		whole = bytes_of_record(ring, at, header);
		if (!err && whole < size) {
			err = write_range(drain, ring, from, at);
			if (!err)
				err = write_shortened(drain, ring, at, whole);
			from = at + size;
		}
		at += size;
	}
	if (!err)
		err = write_range(drain, ring, from, head);
	ring_consume(ring, head);
	return err;
}

struct err *drain_backward(struct drain *drain, struct ring *ring)
{
	uint64_t from, to;
	autofree uint64_t *start = NULL;
	struct err *err = NULL;
	size_t nr = 0;

	ring_begin_backward(ring, &from, &to);
	/* The smallest record has 8 bytes; those of rings have more. */
	start = malloc((to - from) / 8 * sizeof(*start) + 1);
	if (!start)
		return err_nomem();
	/* Positions count up to 2^64, which is 0, as long as the ring was never full. */
	for (uint64_t at = from; at != to; at += ring_record_size(ring_u64(ring, at)))
		start[nr++] = at;
	while (nr-- && !err) {
		uint64_t at = start[nr], header = ring_u64(ring, at);
		uint16_t size = ring_record_size(header), whole;

		if (!look_at(drain, ring, at, header))
			continue;
		whole = bytes_of_record(ring, at, header);
		err = whole < size ? write_shortened(drain, ring, at, whole)
				   : write_range(drain, ring, at, at + size);
	}
	return err;
}

struct err *drain_add(struct drain *drain, const void *records, size_t len)
{
	const uint8_t *from = records;

	/* Cut between records. */
	while (len) {
		size_t take = 0;
		struct iovec iov;
		struct err *err;

		while (take < len) {
			uint16_t size;

			memcpy(&size, from + take + 6, sizeof(size));
			if (!size || (take && take + size > PIECE_BYTES))
				break;
			addresses_add_record(&drain->addresses, from + take, size);
			take += size;
		}
		iov = (struct iovec){ .iov_base = (void *)from, .iov_len = MIN(take, len) };
		err = write_pieces(drain, &iov, 1);
		if (err || !take)
			return err;
		from += iov.iov_len;
		len -= iov.iov_len;
	}
	return NULL;
}
