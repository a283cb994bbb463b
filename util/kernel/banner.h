/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_banner in a vmlinux, found by its words: "Linux version RELEASE (who@where) (compiler)
 * VERSION". There can be several: since 6.1 (2df8220cc511) a weak one of init/version.c, whose
 * version lacks the number of the build, stands beside the one that is used.
 */
#ifndef VMTOOL_KERNEL_BANNER_H
#define VMTOOL_KERNEL_BANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "util/base/err.h"

enum { BANNER_RELEASE_MAX = 64 };

/*
 * @banner begins with the release, and @release_len is how long that is; it has no newline. True:
 * that is enough.
 */
typedef bool (*banner_take)(void *ctx, const char *banner, size_t release_len);

/* Hand each banner in the first GiB of the file to @take, as they stand. */
must_check struct err *banner_each(int fd, banner_take take, void *ctx);

#endif
