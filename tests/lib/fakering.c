// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/fakering.h"

#include <assert.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct perf_event_mmap_page *control(struct fakering *fake)
{
	return (struct perf_event_mmap_page *)(void *)fake->map;
}

struct fakering fakering_new(uint64_t start)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct fakering fake = { .head = start };

	fake.map = aligned_alloc(page_bytes, page_bytes + FAKERING_BYTES);
	assert(fake.map);
	memset(fake.map, 0, page_bytes + FAKERING_BYTES);
	control(&fake)->data_head = control(&fake)->data_tail = start;
	fake.ring = (struct ring){
		.map = fake.map,
		.data = fake.map + page_bytes,
		.size = FAKERING_BYTES,
		.fd = -1,
	};
	return fake;
}

void fakering_free(struct fakering *fake)
{
	free(fake->map);
	fake->map = NULL;
}

static void put(struct fakering *fake, uint64_t value)
{
	uint8_t *data = (uint8_t *)fake->ring.data;

	memcpy(data + fake->head % FAKERING_BYTES, &value, sizeof(value));
	fake->head += sizeof(value);
	control(fake)->data_head = fake->head;
}

uint64_t fakering_add(struct fakering *fake, uint32_t type, uint16_t misc, const uint64_t *word,
		      size_t words)
{
	uint64_t start = fake->head;

	put(fake, type | (uint64_t)misc << 32 | (uint64_t)(8 + 8 * words) << 48);
	for (size_t i = 0; i < words; i++)
		put(fake, word[i]);
	return start;
}

uint64_t fakering_add_sample(struct fakering *fake, uint16_t misc, uint64_t id, uint64_t ip,
			     uint32_t tid, uint64_t time_ns, const uint64_t *word, size_t words)
{
	uint64_t all[64] = { id, ip, tid | (uint64_t)tid << 32, time_ns, 0 };

	assert(5 + words <= sizeof(all) / sizeof(all[0]));
	if (words)
		memcpy(all + 5, word, words * sizeof(*word));
	return fakering_add(fake, PERF_RECORD_SAMPLE, misc, all, 5 + words);
}
