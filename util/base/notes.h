/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on the way to a result: what a library call had to leave out, guess or work around.
 * util/ collects them here, the command shows them (a line each on stderr, a list in JSON).
 * A remark made twice is kept once. Not for errors: those travel as `struct err`.
 */
#ifndef VMTOOL_BASE_NOTES_H
#define VMTOOL_BASE_NOTES_H

#include <stddef.h>

#include "util/base/cleanup.h"

enum { NOTES_MAX = 64 };

struct notes {
	char *line[NOTES_MAX];
	size_t nr;
	size_t dropped_nr; /* remarks that found no room or no memory */
};

#define NOTES_INIT ((struct notes){ .nr = 0 })

/* @notes may be NULL: the remark is not wanted. */
void notes_add(struct notes *notes, const char *fmt, ...) printf_like(2, 3);

void notes_release(struct notes *notes);
DEFINE_GUARD_INPLACE(notes, struct notes, notes_release)

#endif
