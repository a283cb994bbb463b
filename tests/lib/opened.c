// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/opened.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory_file(const char *name, const void *bytes, size_t len, char path[40])
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	ssize_t written = write(fd, bytes, len);

	assert(written == (ssize_t)len);
	(void)written;
	snprintf(path, 40, "/proc/self/fd/%d", fd);
	return fd;
}

void opened_init(struct recording *recording, const char *kallsyms, struct opened *ret)
{
	struct session_config config = { .path = ret->path, .kallsyms = ret->symbols_path };
	size_t len;
	uint8_t *bytes = recording_file(recording, &len);
	struct err *e;

	ret->fd = memory_file("recording", bytes, len, ret->path);
	ret->symbols_fd = memory_file("kallsyms", kallsyms, strlen(kallsyms), ret->symbols_path);
	free(bytes);
	recording_release(recording);
	e = session_open(&config, NULL, &ret->session);
	assert(!e);
	err_free(e);
}

void opened_release(struct opened *opened)
{
	session_close(opened->session);
	close(opened->fd);
	close(opened->symbols_fd);
}
