/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of cgroups (version 2) by their ids, which is all that the kernel counts by. Those that
 * come and go between two looks have none.
 */
#ifndef VMTOOL_STAT_CGROUP_NAMES_H
#define VMTOOL_STAT_CGROUP_NAMES_H

#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/keyset.h"

struct cgroup_names {
	struct keyset ids;
	struct names paths;
	uint32_t *path; /* number in paths, by index of the id */
	size_t capacity;
};

struct cgroup_names cgroup_names_init(void);
void cgroup_names_release(struct cgroup_names *names);

/* Look at those there are now; what was known stays known. None where cgroups are not mounted. */
must_check struct err *cgroup_names_look(struct cgroup_names *names);

/* "/system.slice/cron.service", from the mount on; NULL: not known. */
const char *cgroup_names_find(const struct cgroup_names *names, uint64_t id);

#endif
