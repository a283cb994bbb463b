/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink for a dump that comes from elsewhere, header first or not: its bytes go to another sink,
 * where the file says that it is incomplete until all of it is there. Whatever stops us, SIGKILL
 * too, leaves no file that passes for a whole one.
 *
 * The beginning of the file is held in memory, and no byte of it gets out unmarked.
 */
#ifndef VMTOOL_DUMP_HEADSINK_H
#define VMTOOL_DUMP_HEADSINK_H

#include "util/dump/sink.h"

enum { HEADSINK_BYTES = 4096 }; /* more than the main header of any format of ours */

struct headsink {
	struct sink sink; /* takes pwrite only */
	struct sink *to;  /* the caller's */
	size_t len;	  /* of what is held: one past the last byte written so far */
	uint8_t head[HEADSINK_BYTES];
};

void headsink_init(struct headsink *head, struct sink *to);

/*
 * All is there: bring it to its medium, and only then let the file say of itself what its writer
 * made it say. After an error the file is marked incomplete.
 */
must_check struct err *headsink_finish(struct headsink *head);

#endif
