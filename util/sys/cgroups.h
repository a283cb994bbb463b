/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cgroups that perf events know tasks by: those of the hierarchy with the perf_event controller
 * (version 1), else of the unified one (version 2, where the controller is always on).
 */
#ifndef VMTOOL_SYS_CGROUPS_H
#define VMTOOL_SYS_CGROUPS_H

#include <stdint.h>

#include "util/base/err.h"

/* Where it is mounted, by the text of a mountinfo file; allocated. NULL: nowhere. */
char *cgroups_find_mount(const char *mountinfo);

/* The same by /proc/self/mountinfo. */
char *cgroups_mount(void);

/*
 * A cgroup's directory: @name as it stands if it is absolute, or below where the hierarchy is
 * mounted. ERR_SYS: it is neither.
 */
must_check struct err *cgroup_open(const char *name, int *ret_fd);

/*
 * Each cgroup below @mount, itself first. @id: as samples and PERF_RECORD_CGROUP have it, which
 * since Linux 5.5 is the directory's inode number; @path: from the mount on, "/" for itself. An
 * error of @each ends the walk and is returned. Cgroups that come and go meanwhile may be missed.
 */
typedef struct err *cgroup_fn(void *context, uint64_t id, const char *path);
must_check struct err *cgroups_walk(const char *mount, cgroup_fn *each, void *context);

#endif
