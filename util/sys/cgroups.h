/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups: which hierarchy of theirs is mounted where, and their directories.
 */
#ifndef VMTOOL_SYS_CGROUPS_H
#define VMTOOL_SYS_CGROUPS_H

#include <stdint.h>

#include "util/base/err.h"

enum cgroup_hierarchy {
	/*
	 * By which perf events know tasks: the one with the perf_event controller (version 1), else
	 * the unified one (version 2, where the controller is always on).
	 */
	CGROUPS_OF_EVENTS,
	CGROUPS_V2,
};

/* Where it is mounted, by the text of a mountinfo file; allocated. NULL: nowhere. */
char *cgroups_find_mount(const char *mountinfo, enum cgroup_hierarchy hierarchy);

/* The same by /proc/self/mountinfo. */
char *cgroups_mount(enum cgroup_hierarchy hierarchy);

/*
 * A cgroup's directory: @name as it stands, or below where the hierarchy is mounted. ERR_SYS,
 * ERR_NODATA: it is neither; ERR_UNSUPPORTED: a directory, but of no cgroup of the hierarchy (of
 * CGROUPS_OF_EVENTS, of no cgroup at all).
 */
must_check struct err *cgroup_open(const char *name, enum cgroup_hierarchy hierarchy, int *ret_fd);

/*
 * Each cgroup below @mount, itself first. @id: as samples and PERF_RECORD_CGROUP have it, which
 * since Linux 5.5 is the directory's inode number; @path: from the mount on, "/" for itself. An
 * error of @each ends the walk and is returned. Cgroups that come and go meanwhile may be missed.
 */
typedef struct err *cgroup_fn(void *context, uint64_t id, const char *path);
must_check struct err *cgroups_walk(const char *mount, cgroup_fn *each, void *context);

#endif
