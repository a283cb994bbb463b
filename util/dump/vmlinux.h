/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's vmlinux that the user brings along, for comparison: which kernel is it?
 */
#ifndef VMTOOL_DUMP_VMLINUX_H
#define VMTOOL_DUMP_VMLINUX_H

#include "util/base/err.h"
#include "util/base/str.h"

/* The release (uname -r) in the banner of a kernel's ELF file; ERR_FORMAT when there is none. */
must_check struct err *vmlinux_release(const char *path, struct str *ret_release);

#endif
