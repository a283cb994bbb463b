/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that lives in memory and has a path, for fuzzing what opens files. One per process; its
 * contents are replaced for each input.
 */
#ifndef VMTOOL_TESTS_FUZZ_MEMORY_FILE_H
#define VMTOOL_TESTS_FUZZ_MEMORY_FILE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY_FILE_PATH_MAX = 40 };

/* A new empty one; @path receives how to open it. */
static inline int memory_file_new(char path[MEMORY_FILE_PATH_MAX])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0);
	snprintf(path, MEMORY_FILE_PATH_MAX, "/proc/self/fd/%d", fd);
	return fd;
}

static inline void memory_file_set(int fd, const uint8_t *data, size_t size)
{
	int failed = ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size;

	assert(!failed);
	(void)failed;
}

#endif
