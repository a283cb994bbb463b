/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last thing done to a recording: the names of the kernel's functions that its samples mention
 * (as where they happened, in call chains, or in fields like a slab event's call_site) are stored in
 * it, so that another machine, or this one after a reboot, shows the same.
 */
#ifndef VMTOOL_RECORD_SYMBOLS_H
#define VMTOOL_RECORD_SYMBOLS_H

#include "util/base/err.h"
#include "util/base/notes.h"

/*
 * The file at @path, complete. Where symbols cannot be had (kptr_restrict), or do not fit on the
 * disk, it stays as it is and that is noted. An error means that the file cannot be read.
 */
must_check struct err *record_add_symbols(const char *path, struct notes *notes);

#endif
