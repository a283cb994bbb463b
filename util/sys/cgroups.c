// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/sys/mounts.h"

/* Is @word one of the comma-separated words of @list? */
static bool is_in_list(const char *list, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	while (len) {
		const char *comma = memchr(list, ',', len);
		size_t item_len = comma ? (size_t)(comma - list) : len;

		if (item_len == word_len && !memcmp(list, word, word_len))
			return true;
		item_len += !!comma;
		list += item_len;
		len -= item_len;
	}
	return false;
}

/* The hierarchy that has the perf_event controller for itself. */
static bool is_of_events(const struct mount *mount)
{
	return !strcmp(mount->type, "cgroup") &&
	       is_in_list(mount->options, strlen(mount->options), "perf_event");
}

/* In @text, which is changed. */
static char *find_mount(char *text, enum cgroup_hierarchy hierarchy)
{
	const char *found = NULL;
	struct mount mount;

	while (mounts_next(&text, &mount)) {
		if (hierarchy == CGROUPS_OF_EVENTS && is_of_events(&mount))
			return strdup(mount.point);
		if (!found && !strcmp(mount.type, "cgroup2"))
			found = mount.point;
	}
	return found ? strdup(found) : NULL;
}

char *cgroups_find_mount(const char *mountinfo, enum cgroup_hierarchy hierarchy)
{
	autofree char *text = strdup(mountinfo);

	return text ? find_mount(text, hierarchy) : NULL;
}

char *cgroups_mount(enum cgroup_hierarchy hierarchy)
{
	autofree char *text = NULL;
	autoerr struct err *err = mounts_read(&text);

	return err ? NULL : find_mount(text, hierarchy);
}

/* -1 with errno: no directory, or (ENODEV) none of a cgroup. */
static int open_directory(const char *path, enum cgroup_hierarchy hierarchy)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -1;
	if (!fstatfs(fd, &fs) &&
	    (fs.f_type == CGROUP2_SUPER_MAGIC ||
	     (fs.f_type == CGROUP_SUPER_MAGIC && hierarchy == CGROUPS_OF_EVENTS)))
		return fd;
	close(fd);
	errno = ENODEV;
	return -1;
}

struct err *cgroup_open(const char *name, enum cgroup_hierarchy hierarchy, int *ret_fd)
{
	autofree char *mount = cgroups_mount(hierarchy);
	autofree char *path = NULL;
	int fd = open_directory(name, hierarchy);
	bool other = fd < 0 && errno == ENODEV;

	if (fd < 0 && mount) {
		if (asprintf(&path, "%s/%s", mount, name) < 0) {
			path = NULL;
			return err_nomem();
		}
		fd = open_directory(path, hierarchy);
	}
	if (fd < 0 && other)
		return err_new(ERR_UNSUPPORTED, "'%s' is no cgroup%s", name,
			       hierarchy == CGROUPS_V2 ? " of version 2" : "");
	if (fd < 0 && !mount)
		return err_new(ERR_NODATA, "cgroup '%s': cgroups%s are not mounted", name,
			       hierarchy == CGROUPS_V2 ? " of version 2" : "");
	if (fd < 0)
		return err_sys(errno, "cgroup '%s' below %s", name, mount);
	*ret_fd = fd;
	return NULL;
}

struct err *cgroups_walk(const char *mount, cgroup_fn *each, void *context)
{
	char *roots[] = { (char *)mount, NULL };
	/* FTS_NOSTAT: each has dozens of files, and nobody asks for them. */
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	size_t mount_len = strlen(mount);
	struct err *err = NULL;
	FTSENT *entry;

	if (!walk)
		return err_sys(errno, "%s", mount);
	while (!err && (entry = fts_read(walk))) {
		const char *path = entry->fts_path + mount_len;

		if (entry->fts_info == FTS_D)
			err = each(context, entry->fts_ino, *path ? path : "/");
	}
	fts_close(walk);
	return err;
}
