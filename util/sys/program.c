// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/program.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

void program_add_dir(struct str *path)
{
	char file[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", file, sizeof(file) - 1);
	char *slash;

	file[len < 0 ? 0 : len] = '\0';
	slash = strrchr(file, '/');
	if (slash)
		str_add_bytes(path, file, (size_t)(slash - file));
}
