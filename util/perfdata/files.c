// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/perfdata/inside.h"
#include "util/perfdata/unpack.h"

enum {
	FILE_BUDGET_BYTES = 8 << 20,
	DIR_FILES_MAX = 1 << 14,
};

struct err *pd_open_file(int fd_, struct mem_file **ret_file)
{
	static const struct mem_file_config config = { .map = MEM_MAP_WHERE_CHEAPER,
						       .budget_bytes = FILE_BUDGET_BYTES };
	autoclose int fd = fd_;
	uint64_t size;
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(errno, "stat");
	size = (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode)) {
		int copy;
		struct err *e = unpack_pipe(fd, &copy, &size);

		if (e)
			return e;
		close(fd);
		fd = copy;
	}
	return mem_file_new(take_fd(&fd), size, &config, ret_file);
}

static int is_data_file(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "data.", 5);
}

/* `perf record --threads`: data holds the header, data.0 and so on the records of the threads. */
struct err *pd_open_directory(struct perfdata *pd, const char *path)
{
	struct dirent **entry = NULL;
	struct err *e = NULL;
	int nr = scandir(path, &entry, is_data_file, versionsort);

	if (nr < 0)
		return err_sys(errno, "cannot list the folder");
	for (int i = 0; i < nr; i++) {
		guard(mem_file) struct mem_file *file = NULL;
		autofree char *name = NULL;
		int fd;

		if (e || i >= DIR_FILES_MAX)
			continue;
		if (asprintf(&name, "%s/%s", path, entry[i]->d_name) < 0) {
			name = NULL;
			e = err_nomem();
			continue;
		}
		fd = open(name, O_RDONLY | O_CLOEXEC);
		e = fd < 0 ? err_sys(errno, "open %s", entry[i]->d_name) : pd_open_file(fd, &file);
		if (!e)
			e = pd_add_stream(pd, file, 0, mem_file_size(file));
		if (!e)
			file = NULL;
	}
	for (int i = 0; i < nr; i++)
		free(entry[i]);
	free(entry);
	return e;
}

struct err *pd_open_path(struct perfdata *pd, const char *path)
{
	autofree char *inside = NULL;
	struct stat st;
	int fd;

	if (!strcmp(path, "-")) {
		fd = dup(STDIN_FILENO);
		return fd < 0 ? err_sys(errno, "stdin") : pd_open_file(fd, &pd->file);
	}
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		pd->directory = true;
		if (asprintf(&inside, "%s/data", path) < 0) {
			inside = NULL;
			return err_nomem();
		}
	}
	fd = open(inside ? inside : path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && inside && errno == ENOENT)
		return err_new(ERR_FORMAT, "a folder, and none of perf record --threads: there is "
					   "no file 'data' in it");
	if (fd < 0)
		return err_sys(errno, "open");
	return pd_open_file(fd, &pd->file);
}
