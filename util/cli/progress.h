/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line that says how far a long command is, drawn over itself:
 *
 *	write  42.1%  1.25 GiB of 2.97 GiB  96.0 MiB/s  0:18 left
 *
 * It is made for the console of a capture kernel, which may be a serial line: at most one line a
 * second, less than 80 columns, nothing but carriage returns and blanks to move and erase. The
 * first one comes after a second, so a quick command shows none. The rate is that of the last
 * quarter of a minute, and of the current phase alone.
 *
 * A `struct progress *` of NULL is one that is not shown: every function accepts it. One thread.
 */
#ifndef VMTOOL_CLI_PROGRESS_H
#define VMTOOL_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/cleanup.h"

struct progress_config {
	FILE *out;
	bool force; /* also when @out is no terminal, or that of another foreground process */

	/* For tests: a clock in ns that never goes back. NULL: the system's. */
	uint64_t (*now_ns)(void *ctx);
	void *ctx;
};

/* NULL when it is not to be shown, or when there is no memory for it. */
struct progress *progress_new(const struct progress_config *config);

/*
 * @done of @total bytes are dealt with; a @total of 0 is not known. A @phase other than the last
 * time's starts the rate anew. @phase is borrowed. Costs a look at the clock.
 */
void progress_update(struct progress *progress, const char *phase, uint64_t done, uint64_t total);

/* Erase the line, before something else is printed there; a later update draws it again. */
void progress_clear(struct progress *progress);

/* Erases the line. */
void progress_free(struct progress *progress);
DEFINE_GUARD(progress, struct progress *, progress_free)

#endif
