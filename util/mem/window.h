/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A range of a file mapped into memory, read-only, that unmaps itself when its guard leaves scope.
 *
 * The pages are brought in when the window is made, so that what cannot be read (a bad block, a
 * file cut short after its size was taken) is an error here and not a SIGBUS at the first access.
 * Two things remain out of reach: kernels before 5.14 do not tell (MADV_POPULATE_READ), and nobody
 * can tell when a file is cut short while it is mapped.
 */
#ifndef VMTOOL_MEM_WINDOW_H
#define VMTOOL_MEM_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct window {
	const uint8_t *data;
	size_t len; /* 0: nothing is mapped */
};

#define WINDOW_INIT ((struct window){ .len = 0 })

/*
 * Map @len bytes at @offset, a multiple of the system's page size; @len need not be one. ERR_SYS
 * when the kernel refuses: read the range instead.
 */
must_check struct err *window_map(int fd, uint64_t offset, size_t len, struct window *ret_window);

void window_release(struct window *window);
DEFINE_GUARD_INPLACE(window, struct window, window_release)

#endif
