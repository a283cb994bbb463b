/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink in memory that fails when told to, and knows which of its bytes were written. Two ways to
 * end: a disk that is full (space taken before can still be written) and a device that dies.
 */
#ifndef VMTOOL_TESTS_LIB_FAKESINK_H
#define VMTOOL_TESTS_LIB_FAKESINK_H

#include "util/dump/sink.h"

enum { FAKESINK_BYTES_MAX = 16 << 20 }; /* what lies behind is taken and forgotten */

struct fakesink {
	struct sink sink;
	uint8_t *bytes;
	uint8_t *is_written; /* a byte for each */
	uint8_t *is_taken;
	uint64_t end;	      /* one past the last byte written or taken */
	uint64_t space_left;  /* bytes of new space until the disk is full */
	uint64_t writes_left; /* bytes until the device dies */
	uint64_t syncs_nr;
	uint64_t unsynced_nr; /* writes since the last sync */
	uint64_t bad_first;   /* writes to [bad_first, bad_end) fail and change nothing */
	uint64_t bad_end;
	bool sync_fails;
};

void fakesink_init(struct fakesink *fake);
void fakesink_release(struct fakesink *fake);

/* Are the @len bytes at @offset all written? */
bool fakesink_has(const struct fakesink *fake, uint64_t offset, uint64_t len);

#endif
