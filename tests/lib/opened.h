/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording made by hand, opened as a session, with the symbols of a kernel made by hand. Both
 * are files in memory.
 */
#ifndef VMTOOL_TESTS_LIB_OPENED_H
#define VMTOOL_TESTS_LIB_OPENED_H

#include "tests/lib/recording.h"
#include "util/report/session.h"

struct opened {
	int fd;
	int symbols_fd;
	char path[40];
	char symbols_path[40];
	struct session *session;
};

/* @recording is released; a failure ends the program. */
void opened_init(struct recording *recording, const char *kallsyms, struct opened *ret_opened);
void opened_release(struct opened *opened);

#endif
