/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mounted where, from the text of a mountinfo file (proc(5)):
 *
 *	36 35 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate
 *
 * In paths the kernel writes blanks, newlines and backslashes as octal numbers (\040); here they
 * are themselves again.
 */
#ifndef VMTOOL_SYS_MOUNTS_H
#define VMTOOL_SYS_MOUNTS_H

#include <stdbool.h>

#include "util/base/err.h"

struct mount {
	const char *root; /* what of the file system is mounted; "/": all of it */
	const char *point;
	const char *type;
	const char *options; /* of the file system, comma-separated */
};

/* The text of our own, /proc/self/mountinfo, to be freed. */
must_check struct err *mounts_read(char **ret_text);

/*
 * The next mount of the text at *@at; false behind the last. Its fields are in the text, which is
 * changed on the way. Lines that are something else are passed over.
 */
bool mounts_next(char **at, struct mount *ret_mount);

#endif
