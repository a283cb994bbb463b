/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup of version 2 for the command alone, for the time it runs, by which its calls are told
 * from others. It lies below our own, so that the command stays in its unit, and within the limits
 * of that.
 */
#ifndef VMTOOL_STAT_COMMAND_CGROUP_H
#define VMTOOL_STAT_COMMAND_CGROUP_H

#include <sys/types.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct command_cgroup {
	char *path; /* NULL: there is none */
	int fd;	    /* its directory; -1: none */
	int parent_fd;
};

#define COMMAND_CGROUP_INIT ((struct command_cgroup){ .fd = -1, .parent_fd = -1 })

/*
 * Where cgroups of version 2 show the one of a process: from the texts of /proc/PID/mountinfo and
 * /proc/PID/cgroup. The path is the caller's to free. ERR_NODATA: they show it nowhere.
 */
must_check struct err *command_cgroup_find(const char *mountinfo, const char *cgroups,
					   char **ret_path);

/* Makes it and moves @pid there. Any error says why there is none. */
must_check struct err *command_cgroup_make(pid_t pid, struct command_cgroup *ret_cgroup);

/* Takes it away; what the command left behind in it goes where it would be without us. */
void command_cgroup_remove(struct command_cgroup *cgroup);
DEFINE_GUARD_INPLACE(command_cgroup, struct command_cgroup, command_cgroup_remove)

#endif
