// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are taken apart as one u64");

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct perf_event_mmap_page *control(const struct ring *ring)
{
	return (struct perf_event_mmap_page *)(void *)ring->map;
}

struct err *ring_map(int fd, uint64_t size, bool backward, struct ring *ret_ring)
{
	/* A ring mapped read-only is overwritten: the kernel then waits for no tail. */
	int protection = backward ? PROT_READ : PROT_READ | PROT_WRITE;
	void *map = mmap(NULL, page_bytes() + size, protection, MAP_SHARED | MAP_POPULATE, fd, 0);

	if (map == MAP_FAILED)
		return err_sys(errno, "map a ring of %llu KiB", (unsigned long long)(size >> 10));
	*ret_ring = (struct ring){
		.map = map,
		.data = (const uint8_t *)map + page_bytes(),
		.size = size,
		.fd = fd,
		.backward = backward,
	};
	return NULL;
}

void ring_unmap(struct ring *ring)
{
	if (ring->map)
		munmap(ring->map, page_bytes() + ring->size);
	*ring = RING_INIT;
}

uint64_t ring_begin(const struct ring *ring, uint64_t *ret_tail)
{
	struct perf_event_mmap_page *page = control(ring);

	*ret_tail = page->data_tail;
	/*
	 * Pairs with the kernel's barrier between the records and the head
	 * (perf_output_put_handle).
	 */
	return __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
}

void ring_consume(struct ring *ring, uint64_t tail)
{
	/* What was read is read before the kernel may write there (perf_output_begin). */
	__atomic_store_n(&control(ring)->data_tail, tail, __ATOMIC_RELEASE);
}

struct err *ring_pause(struct ring *ring, bool pause)
{
	if (ioctl(ring->fd, PERF_EVENT_IOC_PAUSE_OUTPUT, pause ? 1 : 0))
		return err_sys(errno, "%s a ring", pause ? "pause" : "resume");
	return NULL;
}

void ring_begin_backward(const struct ring *ring, uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t head = __atomic_load_n(&control(ring)->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = head;

	/*
	 * The head counts down from 0. The oldest record may be half overwritten: stop before it.
	 */
	while (at - head < ring->size) {
		uint64_t header = ring_u64(ring, at);
		uint16_t size = ring_record_size(header);

		if (!size || at + size - head > ring->size)
			break;
		at += size;
	}
	*ret_from = head;
	*ret_to = at;
}

int ring_pieces(const struct ring *ring, uint64_t from, uint64_t to, struct iovec iov[2])
{
	uint64_t start = from & (ring->size - 1);
	uint64_t len = to - from;
	uint64_t first = ring->size - start;

	if (!len)
		return 0;
	iov[0].iov_base = (void *)(ring->data + start);
	iov[0].iov_len = len < first ? len : first;
	iov[1].iov_base = (void *)ring->data;
	iov[1].iov_len = len - iov[0].iov_len;
	return iov[1].iov_len ? 2 : 1;
}
