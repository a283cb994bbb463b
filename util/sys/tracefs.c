// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/base/io.h"

/* debugfs holds tracefs of kernels that never mounted it elsewhere. */
static const char *const usual_places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing",
					    NULL };

enum { NAMES_MAX = 1 << 20, ID_TEXT_MAX = 64 };

/* -1 when it is not tracefs, or cannot be opened. */
static int open_mounted(const char *path, bool *no_access)
{
	struct statfs statfs;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		*no_access |= errno == EACCES;
		return -1;
	}
	if (!fstatfs(fd, &statfs) && statfs.f_type == TRACEFS_MAGIC)
		return fd;
	close(fd);
	return -1;
}

static struct err *mount_own(int *ret_dir_fd)
{
	autoclose int fs_fd = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	int dir_fd;

	if (fs_fd < 0 || syscall(SYS_fsconfig, fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return err_sys(errno, "mount tracefs");
	dir_fd = (int)syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, 0);
	if (dir_fd < 0)
		return err_sys(errno, "mount tracefs");
	*ret_dir_fd = dir_fd;
	return NULL;
}

struct err *tracefs_open(const char *const *mounted, int *ret_dir_fd)
{
	autoerr struct err *failed = NULL;
	bool no_access = false;

	for (const char *const *path = mounted ? mounted : usual_places; *path; path++) {
		int fd = open_mounted(*path, &no_access);

		if (fd >= 0) {
			*ret_dir_fd = fd;
			return NULL;
		}
	}
	if (no_access && geteuid())
		return err_sys(
			EACCES,
			"tracepoints: cannot enter %s (root, or a mount with -o gid=, opens it)",
			mounted ? mounted[0] : usual_places[0]);

	failed = mount_own(ret_dir_fd);
	if (!failed)
		return NULL;
	return err_sys(
		err_errno(failed),
		"tracepoints: tracefs is not mounted (as root: mount -t tracefs none %s), and "
		"mounting it failed",
		mounted ? mounted[0] : usual_places[0]);
}

struct err *tracefs_event_id(int dir_fd, const char *system, const char *name, uint64_t *ret_id)
{
	autofree char *path = NULL;
	autofree char *text = NULL;
	struct err *err;
	char *end;
	size_t len;
	uint64_t id;

	if (asprintf(&path, "events/%s/%s/id", system, name) < 0) {
		path = NULL;
		return err_nomem();
	}
	err = io_read_file(dir_fd, path, ID_TEXT_MAX, &text, &len);
	if (err)
		return err_wrap(err, "tracepoint %s:%s", system, name);
	id = strtoull(text, &end, 10);
	if (end == text || (*end && *end != '\n'))
		return err_new(ERR_FORMAT, "tracepoint %s:%s: its id is no number", system, name);
	*ret_id = id;
	return NULL;
}

static struct err *add_name(struct name_list *list, const char *name)
{
	if (list->nr == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		char **grown;

		if (capacity > NAMES_MAX)
			return err_new(ERR_FORMAT, "directory of more than %d names", NAMES_MAX);
		grown = realloc(list->name, capacity * sizeof(*grown));
		if (!grown)
			return err_nomem();
		list->name = grown;
		list->capacity = capacity;
	}
	list->name[list->nr] = strdup(name);
	if (!list->name[list->nr])
		return err_nomem();
	list->nr++;
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct err *dir_names(int dir_fd, const char *path, bool directories, struct name_list *ret_list)
{
	guard(name_list) struct name_list list = NAME_LIST_INIT;
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err *err = NULL;
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return err_sys(errno, "open %s", path);
	dir = fdopendir(fd);
	if (!dir) {
		err = err_sys(errno, "open %s", path);
		close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && (!directories || entry->d_type == DT_DIR))
			err = add_name(&list, entry->d_name);
	closedir(dir);
	if (err)
		return err;

	if (list.nr)
		qsort(list.name, list.nr, sizeof(*list.name), by_text);
	*ret_list = list;
	list = NAME_LIST_INIT;
	return NULL;
}

void name_list_release(struct name_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->name[i]);
	free(list->name);
	*list = NAME_LIST_INIT;
}
