/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command in one string, as --compare takes it: split into words where it is plain words, so that
 * no shell's system calls are counted with it; given to `sh -c` where it needs a shell.
 */
#ifndef VMTOOL_STAT_COMMAND_H
#define VMTOOL_STAT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct stat_command {
	char *text;  /* what argv points into */
	char **argv; /* ends with NULL */
	bool shell;
};

void stat_command_release(struct stat_command *command);
DEFINE_GUARD_INPLACE(stat_command, struct stat_command, stat_command_release)

/* Quotes and backslashes as in sh(1). ERR_USAGE: a quote is open, or there is no word. */
must_check struct err *stat_command_split(const char *text, struct stat_command *ret_command);

#endif
