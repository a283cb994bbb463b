/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring the kernel writes records into and we read from (perf_event_open(2), "MMAP layout").
 * This file and its .c are the only ones that know of the barriers.
 *
 *	tail (ours)		 head (the kernel's)
 *	  |   records to read      |
 *	--+------------------------+--  positions only grow; a byte lies at position % size
 *
 * Positions and records are multiples of 8 bytes, so a u64 of a record never wraps around the
 * ring's end, but a record may.
 *
 * A backward ring is written downwards and overwritten: the newest record is at the head, older
 * ones follow it upwards until they have been overwritten.
 *
 * Threads: one reader per ring.
 */
#ifndef VMTOOL_EVENT_RING_H
#define VMTOOL_EVENT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct ring {
	uint8_t *map; /* the control page, then the data; NULL: not mapped */
	const uint8_t *data;
	uint64_t size; /* of the data, a power of two */
	int fd;
	bool backward;
};

#define RING_INIT ((struct ring){ .fd = -1 })

/*
 * Map the ring of event @fd (which stays the caller's): @size bytes, a power of two and a multiple
 * of the page size. ERR_SYS: EPERM when that much memory may not be locked.
 */
must_check struct err *ring_map(int fd, uint64_t size, bool backward, struct ring *ret_ring);
void ring_unmap(struct ring *ring);
DEFINE_GUARD_INPLACE(ring, struct ring, ring_unmap)

/* Records in [*ret_tail, returned head) are complete and stay until ring_consume(). */
uint64_t ring_begin(const struct ring *ring, uint64_t *ret_tail);

/* Everything before @tail may be overwritten. */
void ring_consume(struct ring *ring, uint64_t tail);

/*
 * Backward rings: stop the kernel from writing; then [*ret_from, *ret_to) are the records there
 * are, the newest first, in positions that go up (back in time). Resume after reading.
 */
must_check struct err *ring_pause(struct ring *ring, bool pause);
void ring_begin_backward(const struct ring *ring, uint64_t *ret_from, uint64_t *ret_to);

/* Bytes [from, to) of the ring as one or two pieces; the number of pieces. */
int ring_pieces(const struct ring *ring, uint64_t from, uint64_t to, struct iovec iov[2]);

static inline uint64_t ring_u64(const struct ring *ring, uint64_t position)
{
	return *(const uint64_t *)(const void *)(ring->data + (position & (ring->size - 1)));
}

/* The parts of a record's header, which is one u64. */
static inline uint32_t ring_record_type(uint64_t header)
{
	return (uint32_t)header;
}

static inline uint16_t ring_record_size(uint64_t header)
{
	return (uint16_t)(header >> 48);
}

#endif
