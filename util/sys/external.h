/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that are programs of their own: `vmtool foo` runs `vmtool-foo` from the directory of
 * external commands or from PATH, in this order. Knows nothing of built-in commands.
 */
#ifndef VMTOOL_SYS_EXTERNAL_H
#define VMTOOL_SYS_EXTERNAL_H

#include <stddef.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct external_dirs {
	const char *exec_dir; /* NULL or "": none */
	const char *path;     /* as in PATH; NULL or "": none. Empty entries are skipped. */
};

/* The file to run, to be freed; ERR_NODATA when there is none. A name with '/' is never found. */
must_check struct err *external_find(const struct external_dirs *dirs, const char *name,
				     char **ret_file);

/* Names of all commands found, without "vmtool-", sorted, each once. */
struct external_list {
	char **name;
	size_t nr;
};

/* Directories that cannot be read are passed over. */
must_check struct err *external_list(const struct external_dirs *dirs,
				     struct external_list *ret_list);
void external_list_release(struct external_list *list);
DEFINE_GUARD_INPLACE(external_list, struct external_list, external_list_release)

#endif
