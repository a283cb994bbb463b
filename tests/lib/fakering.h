/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring as the kernel maps it, in our own memory: records are put where the kernel would. */
#ifndef VMTOOL_TESTS_LIB_FAKERING_H
#define VMTOOL_TESTS_LIB_FAKERING_H

#include <stddef.h>
#include <stdint.h>

#include "util/event/ring.h"

enum { FAKERING_BYTES = 4096 };

struct fakering {
	uint8_t *map;
	struct ring ring;
	uint64_t head;
};

/* Empty, its first record at position @start. */
struct fakering fakering_new(uint64_t start);
void fakering_free(struct fakering *fake);

/* A record with a header of @type and @misc, and @words of 8 bytes behind it; where it begins. */
uint64_t fakering_add(struct fakering *fake, uint32_t type, uint16_t misc, const uint64_t *word,
		      size_t words);

/*
 * A sample as event_set_finish() asks for: the words common to all, then @words.
 */
uint64_t fakering_add_sample(struct fakering *fake, uint16_t misc, uint64_t id, uint64_t ip,
			     uint32_t tid, uint64_t time_ns, const uint64_t *word, size_t words);

#endif
