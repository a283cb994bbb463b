/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a kernel crashed, in its own last words: the panic and the oops before it, from its log. And
 * who it was, where the file's headers do not say. A convenience: what cannot be found is not
 * there, and that is no error.
 */
#ifndef VMTOOL_DUMP_LASTWORDS_H
#define VMTOOL_DUMP_LASTWORDS_H

#include <stdint.h>

#include "util/image/image.h"
#include "util/kernel/kernel.h"
#include "util/kernel/printk.h"

enum { LAST_WORDS_BYTES = 256 };

/* A line of the log; what is over the size is cut off. */
struct last_line {
	uint64_t ts_nsec;	     /* since boot */
	char text[LAST_WORDS_BYTES]; /* "": there is none */
};

struct last_words {
	char host[UTS_FIELD_BYTES];
	char version[UTS_FIELD_BYTES];
	uint64_t uptime_ns; /* of the last message; 0: the log cannot be read */

	/*
	 * The last oops: how it begins, "BUG: kernel NULL pointer dereference, ...", and where it
	 * was, "RIP: 0010:function+0x12/0x34". It need not be what the kernel died of.
	 */
	struct last_line oops;
	struct last_line where;
	struct last_line panic; /* "Kernel panic - not syncing: ..." */
};

/* Takes no longer for much memory. An image without a VMCOREINFO note says nothing. */
void last_words_read(struct image *image, struct last_words *ret_words);

/*
 * One message more of the log, oldest first: what printk_walk() calls; ctx is a struct last_words.
 */
must_check struct err *last_words_add(void *ctx, const struct printk_record *record);

#endif
