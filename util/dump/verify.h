/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a dump what it says? Goes through all of it: every page descriptor, and every page is
 * unpacked. Of formats without descriptors every byte that is said to be stored is read.
 *
 * Memory is bounded: descriptors go by in batches, and of the places of pages only extents are
 * held.
 */
#ifndef VMTOOL_DUMP_VERIFY_H
#define VMTOOL_DUMP_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/codec/codec.h"
#include "util/dump/info.h"

struct verify_options {
	const char *const *inputs; /* several: a split dump */
	size_t inputs_nr;
	unsigned int threads_nr; /* at least 1 */
	bool places_only;	 /* look where pages are, but read none of them */

	/* Called many times a second by the thread that called dump_verify(); false: stop. */
	bool (*tick)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
	int stop_fd; /* readable: stop; looked at while there is nothing to tick. 0 or less: none */
};

enum verify_verdict {
	VERIFY_GOOD,
	VERIFY_INCOMPLETE, /* all that is there is good, but not all is there */
	VERIFY_DAMAGED,
};

/* "good", "incomplete", "damaged" */
const char *verify_verdict_name(enum verify_verdict verdict);

struct verify_report {
	struct dump_info info;
	uint64_t pages_nr; /* that should be in the dump */
	uint64_t good_nr;
	uint64_t lost_nr; /* marked as lost when the dump was made */
	uint64_t
		cut_off_nr; /* behind the end of a file that says it is incomplete, or of a stream */
	uint64_t damaged_nr;
	uint64_t raw_nr;		/* of the good ones */
	uint64_t packed_nr[CODECS_MAX]; /* by codec_at() */
	uint64_t shared_nr;		/* whose bytes are another's too */
	uint64_t unused_bytes;		/* behind the descriptors, and of no page */
	bool places_known;   /* else there were too many extents: shared_nr, unused_bytes are 0 */
	struct notes damage; /* the first of them, a line each */
	struct notes notes;
	enum verify_verdict verdict;
};

#define VERIFY_REPORT_INIT ((struct verify_report){ .places_known = true })

void verify_report_release(struct verify_report *report);
DEFINE_GUARD_INPLACE(verify_report, struct verify_report, verify_report_release)

/* For who goes through a dump: one more damaged page, and why. */
void verify_add_damage(struct verify_report *report, uint64_t pfn, const struct err *why);

/*
 * An error means that nothing could be said: not a dump, or one without usable headers; memory;
 * ERR_INTERRUPTED.
 */
must_check struct err *dump_verify(const struct verify_options *options,
				   struct verify_report *report);

#endif
