/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long output on a terminal goes through a pager, as git's does: $VMTOOL_PAGER, else $PAGER, else
 * less; "" and "cat" mean none. less quits by itself when all fits on the screen (LESS=FRX unless
 * the user has settings of his own).
 *
 * One thread.
 */
#ifndef VMTOOL_SYS_PAGER_H
#define VMTOOL_SYS_PAGER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "util/base/cleanup.h"

struct pager {
	FILE *out;  /* NULL: there is none */
	int old_fd; /* what @out wrote to before */
	pid_t pid;
	void (*old_action)(int); /* on SIGPIPE */
};

#define PAGER_NONE ((struct pager){ .out = NULL, .old_fd = -1 })

/*
 * From now on what is written to @out goes to a pager, if @out is a terminal and one can be
 * started; output is as it was when not.
 */
struct pager pager_start(FILE *out);

/* Ends the output and waits until the user has seen enough. */
void pager_finish(struct pager *pager);
DEFINE_GUARD_INPLACE(pager, struct pager, pager_finish)

#endif
