/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the modules of the kernel lay when it was recorded, as the recording's own records tell
 * (PERF_RECORD_MMAP of the kernel). Another boot puts them elsewhere, each by itself.
 */
#ifndef VMTOOL_REPORT_MODULES_H
#define VMTOOL_REPORT_MODULES_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/perfdata/reader.h"

struct module {
	uint64_t start;
	uint64_t end;  /* exclusive; the parts of a module may lie apart, its size is that of all */
	char name[64]; /* "ext4" */
};

struct modules {
	struct module *item;
	size_t nr;
};

#define MODULES_INIT ((struct modules){ .nr = 0 })

void modules_release(struct modules *modules);
DEFINE_GUARD_INPLACE(modules, struct modules, modules_release)

/*
 * Take in a PERF_RECORD_MMAP, or MMAP2, whose path begins at @name_at; those of no module are
 * passed over. Names are as vmtool writes them, "[ext4]", or as perf does,
 * "/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko.xz".
 */
must_check struct err *modules_take(struct modules *modules, const struct perfdata_entry *entry,
				    size_t name_at);

/* The one around @address, of several the one that begins last; NULL: none. */
const struct module *modules_find(const struct modules *modules, uint64_t address);

#endif
