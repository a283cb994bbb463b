// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/command-cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/io.h"
#include "util/sys/mounts.h"

enum {
	TEXT_MAX_BYTES = 16 << 20,
	REMOVE_TRIES = 100,
	REMOVE_PAUSE_US = 2000,
};

/* Our path in the hierarchy of version 2, without the line's end: "0::/user.slice". */
static const char *path_in(const char *cgroups, size_t *ret_len)
{
	for (const char *line = cgroups; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "0::/", 4)) {
			*ret_len = strcspn(line + 3, "\n");
			return line + 3;
		}
	}
	return NULL;
}

/* What of @path comes after @root, which is mounted; NULL: it lies elsewhere. */
static const char *below(const char *root, const char *path, size_t len)
{
	size_t root_len = strcmp(root, "/") != 0 ? strlen(root) : 0;

	if (root_len > len || strncmp(root, path, root_len) != 0)
		return NULL;
	return root_len == len || path[root_len] == '/' ? path + root_len : NULL;
}

struct err *command_cgroup_find(const char *mountinfo, const char *cgroups, char **ret_path)
{
	autofree char *text = strdup(mountinfo);
	char *next = text;
	size_t len = 0;
	const char *path = path_in(cgroups, &len);
	struct mount mount;
	bool mounted = false;

	if (!text)
		return err_nomem();
	if (!path)
		return err_new(ERR_NODATA, "there are no cgroups of version 2");
	while (mounts_next(&next, &mount)) {
		const char *rest;

		if (strcmp(mount.type, "cgroup2") != 0)
			continue;
		mounted = true;
		rest = below(mount.root, path, len);
		/* A namespace says "/.." of what lies outside of it. */
		if (!rest || !strncmp(rest, "/..", 3))
			continue;
		if (asprintf(ret_path, "%s%.*s", mount.point, (int)(len - (size_t)(rest - path)),
			     rest) < 0)
			return err_nomem();
		return NULL;
	}
	return err_new(ERR_NODATA, mounted ? "our own lies outside of what is mounted"
					   : "cgroup v2 is not mounted");
}

static struct err *find_own(char **ret_path)
{
	autofree char *mountinfo = NULL, *cgroups = NULL;
	struct err *err = mounts_read(&mountinfo);
	size_t len;

	if (!err)
		err = io_read_file(-1, "/proc/self/cgroup", TEXT_MAX_BYTES, &cgroups, &len);
	return err ? err : command_cgroup_find(mountinfo, cgroups, ret_path);
}

static bool move(int cgroup_fd, const char *pid, size_t len)
{
	autoclose int procs = openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	return procs >= 0 && write(procs, pid, len) > 0;
}

struct err *command_cgroup_make(pid_t pid, struct command_cgroup *ret_cgroup)
{
	guard(command_cgroup) struct command_cgroup cgroup = COMMAND_CGROUP_INIT;
	autofree char *own = NULL, *path = NULL;
	char number[16];
	struct err *err = find_own(&own);

	if (err)
		return err;
	if (asprintf(&path, "%s/vmtool-stat.%d.%d", own, (int)getpid(), (int)pid) < 0) {
		path = NULL;
		return err_nomem();
	}
	if (mkdir(path, 0700))
		return err_sys(errno, "make %s", path);
	cgroup.path = take_ptr(path);
	cgroup.parent_fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cgroup.fd = open(cgroup.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(number, sizeof(number), "%d", (int)pid);
	if (cgroup.parent_fd < 0 || cgroup.fd < 0 || !move(cgroup.fd, number, strlen(number)))
		return err_sys(errno, "move the command to %s", cgroup.path);
	*ret_cgroup = cgroup;
	cgroup = COMMAND_CGROUP_INIT;
	return NULL;
}

static void move_all(const struct command_cgroup *cgroup)
{
	autofree char *text = NULL;
	autoerr struct err *err = NULL;
	size_t len;

	err = io_read_file(cgroup->fd, "cgroup.procs", TEXT_MAX_BYTES, &text, &len);
	for (char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		(void)move(cgroup->parent_fd, line, strcspn(line, "\n"));
}

void command_cgroup_remove(struct command_cgroup *cgroup)
{
	if (cgroup->path && rmdir(cgroup->path) && errno == EBUSY) {
		move_all(cgroup);
		/* From Linux 6.19 on a task that was waited for may be in it for a moment more. */
		for (int i = 0; i < REMOVE_TRIES && rmdir(cgroup->path) && errno == EBUSY; i++)
			usleep(REMOVE_PAUSE_US);
	}
	if (cgroup->fd >= 0)
		close(cgroup->fd);
	if (cgroup->parent_fd >= 0)
		close(cgroup->parent_fd);
	free(cgroup->path);
	*cgroup = COMMAND_CGROUP_INIT;
}
