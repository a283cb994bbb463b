/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of the kernel's tracepoints, wherever it is mounted. Where it is not, root gets a
 * mount of its own that no path leads to (fsmount(2), kernel 5.2) and that goes with its
 * descriptor: nothing is left behind.
 */
#ifndef VMTOOL_SYS_TRACEFS_H
#define VMTOOL_SYS_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

/*
 * @mounted: where to look, a list that ends with NULL, or NULL for the usual places. A descriptor
 * for openat(), the caller's to close. ERR_SYS with EACCES or EPERM: the message says what would
 * help.
 */
must_check struct err *tracefs_open(const char *const *mounted, int *ret_dir_fd);

/* What perf_event_open(2) calls tracepoint @system:@name; ERR_SYS with ENOENT: there is none. */
must_check struct err *tracefs_event_id(int dir_fd, const char *system, const char *name,
					uint64_t *ret_id);

/* Names of the entries of @path below @dir_fd, sorted, without those that begin with a dot. */
struct name_list {
	char **name;
	size_t nr;
	size_t capacity;
};

#define NAME_LIST_INIT ((struct name_list){ .nr = 0 })

/* @directories: only directories. */
must_check struct err *dir_names(int dir_fd, const char *path, bool directories,
				 struct name_list *ret_list);
void name_list_release(struct name_list *list);
DEFINE_GUARD_INPLACE(name_list, struct name_list, name_list_release)

#endif
