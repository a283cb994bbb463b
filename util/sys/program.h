/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the running program lies. What comes with it (manuals, commands that are programs of their
 * own) is found from there, in a build tree and in an installation that was moved.
 */
#ifndef VMTOOL_SYS_PROGRAM_H
#define VMTOOL_SYS_PROGRAM_H

#include "util/base/str.h"

/* Add its directory to @path, without a slash at the end; nothing when it cannot be told. */
void program_add_dir(struct str *path);

#endif
