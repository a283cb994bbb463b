/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO in memory, for images whose writer left no note of it (QEMU without its vmcoreinfo
 * device). The kernel keeps the text twice, each at a place known within a page frame: its own copy
 * at the beginning of one, and the ELF note made of it, 24 bytes into another
 * (crash_save_vmcoreinfo_init() in the kernel's crash_core.c, vmcore_info.c since 6.9).
 *
 * More such texts can lie around: of a kernel that ran before, of guests of this guest, in files.
 * Which one is right is for the caller to find out.
 */
#ifndef VMTOOL_KERNEL_INFOSEARCH_H
#define VMTOOL_KERNEL_INFOSEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "util/image/image.h"

/*
 * @text ends with a NUL, and is gone after the call. True: this is the one. An error ends the
 * search.
 */
typedef struct err *(*infosearch_try)(void *ctx, const char *text, size_t len, bool *ret_taken);

/*
 * Hand each text that may be VMCOREINFO to @try, ascending by address, until it takes one. Memory
 * that cannot be read is passed over. *ret_tried: how many there were. ERR_INTERRUPTED: the image's
 * stop_fd has become readable. Its watch is told how far the search is, the end of it too. Holes of
 * the file are passed over unread.
 */
must_check struct err *infosearch(struct image *image, infosearch_try try, void *ctx,
				  bool *ret_taken, size_t *ret_tried);

#endif
