// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/window.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14, 4ca9b3859dac */
#endif

struct err *window_map(int fd, uint64_t offset, size_t len, struct window *ret_window)
{
	void *data = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, (off_t)offset);

	if (data == MAP_FAILED)
		return err_sys(errno, "map %zu bytes at offset %#llx", len,
			       (unsigned long long)offset);

	/*
	 * EINVAL: a kernel before 5.14, or a mapping of bare page frames as /proc/vmcore makes it,
	 * which is complete when mmap() returns.
	 */
	if (madvise(data, len, MADV_POPULATE_READ) && errno != EINVAL) {
		int errnum = errno;

		munmap(data, len);
		return err_sys(errnum, "fault in %zu bytes at offset %#llx", len,
			       (unsigned long long)offset);
	}

	*ret_window = (struct window){ .data = data, .len = len };
	return NULL;
}

void window_release(struct window *window)
{
	if (window->len)
		munmap((void *)window->data, window->len);
	*window = WINDOW_INIT;
}
