/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of itself in a line of a file of /proc or /sys, of those files that decide
 * what vmtool may do on this machine (Documentation/admin-guide/sysctl of the kernel;
 * /sys/kernel/kexec_*: Documentation/ABI/testing/sysfs-kernel-kexec). Knows nothing of who needs
 * it.
 */
#ifndef VMTOOL_SYS_SETTINGS_H
#define VMTOOL_SYS_SETTINGS_H

#include "util/base/err.h"

struct setting {
	const char *name; /* as sysctl(8) calls it, or the path */
	const char *path; /* below the root directory */
};

extern const struct setting settings[]; /* without a name after the last */

/*
 * Its line, on the heap, the caller's to free; of a choice ("none [integrity] confidentiality") the
 * word that is chosen. @root_fd: the directory that stands for "/", or AT_FDCWD for the real one.
 * ERR_SYS: the file is not there or not for us. ERR_FORMAT: it is no line.
 */
must_check struct err *setting_read(int root_fd, const struct setting *setting, char **ret_line);

#endif
