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
#include "util/base/io.h"

enum { MOUNTINFO_BYTES_MAX = 16 << 20 };

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

/*
 * "36 35 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate": the mount point is the
 * fifth field; type, source and options of the file system follow the dash.
 */
static char *mount_in_line(const char *line, size_t len, bool *ret_is_v1)
{
	static const char dash[] = " - ";
	const char *fields_end = memmem(line, len, dash, sizeof(dash) - 1);
	const char *end = line + len, *rest, *options;

	if (!fields_end)
		return NULL;
	rest = fields_end + sizeof(dash) - 1;
	*ret_is_v1 = end - rest > 7 && !memcmp(rest, "cgroup ", 7);
	if (!*ret_is_v1 && (end - rest <= 8 || memcmp(rest, "cgroup2 ", 8) != 0))
		return NULL;
	options = memrchr(rest, ' ', (size_t)(end - rest)) + 1;
	if (*ret_is_v1 && !is_in_list(options, (size_t)(end - options), "perf_event"))
		return NULL;
	for (int field = 1; field < 5; field++) {
		line = memchr(line, ' ', (size_t)(fields_end - line));
		if (!line)
			return NULL;
		line++;
	}
	return strndup(line, strcspn(line, " "));
}

char *cgroups_find_mount(const char *mountinfo)
{
	autofree char *v2 = NULL;

	for (const char *line = mountinfo; *line;) {
		size_t len = strcspn(line, "\n");
		autofree char *mount = NULL;
		bool is_v1 = false;

		mount = mount_in_line(line, len, &is_v1);
		if (mount && is_v1)
			return take_ptr(mount);
		if (mount && !v2)
			v2 = take_ptr(mount);
		line += len + (line[len] == '\n');
	}
	return take_ptr(v2);
}

char *cgroups_mount(void)
{
	autofree char *text = NULL;
	autoerr struct err *err = NULL;
	size_t len;

	err = io_read_file(-1, "/proc/self/mountinfo", MOUNTINFO_BYTES_MAX, &text, &len);
	return err ? NULL : cgroups_find_mount(text);
}

/* -1 with errno: no directory, or (ENODEV) none of a cgroup. */
static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs statfs;

	if (fd >= 0 && !fstatfs(fd, &statfs) && statfs.f_type != CGROUP_SUPER_MAGIC &&
	    statfs.f_type != CGROUP2_SUPER_MAGIC) {
		close(fd);
		errno = ENODEV;
		return -1;
	}
	return fd;
}

struct err *cgroup_open(const char *name, int *ret_fd)
{
	autofree char *mount = cgroups_mount();
	autofree char *path = NULL;
	int fd = *name == '/' ? open_directory(name) : -1;

	if (!mount && fd < 0)
		return err_new(ERR_NODATA, "cgroup '%s': cgroups are not mounted", name);
	if (fd < 0) {
		if (asprintf(&path, "%s/%s", mount, name) < 0) {
			path = NULL;
			return err_nomem();
		}
		fd = open_directory(path);
	}
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
