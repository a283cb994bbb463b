/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the system calls itself: os-release(5), a file of shell assignments of which nothing is
 * expanded.
 */
#ifndef VMTOOL_SYS_OSRELEASE_H
#define VMTOOL_SYS_OSRELEASE_H

#include "util/base/err.h"

/*
 * The value of @key ("PRETTY_NAME") without its quotes, on the heap, the caller's to free: of
 * /etc/os-release, or where that is not there of /usr/lib/os-release. Of several the last counts,
 * as in a shell. @root_fd: the directory that stands for "/", or AT_FDCWD for the real one.
 *
 * ERR_NODATA: the file does not say it, or says it is empty. ERR_SYS: there is no such file.
 * ERR_FORMAT: it is absurdly long.
 */
must_check struct err *osrelease_read(int root_fd, const char *key, char **ret_value);

#endif
