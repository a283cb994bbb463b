/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel calls its migrate types, by its own BTF: which number is which changed with
 * versions and depends on how a kernel was configured.
 */
#ifndef VMTOOL_BTF_MIGRATETYPES_H
#define VMTOOL_BTF_MIGRATETYPES_H

#include "util/base/err.h"
#include "util/base/str.h"
#include "util/btf/btf.h"

enum { MIGRATETYPES_MAX = 16, MIGRATETYPE_NAME_MAX = 16 };

/* By number; "": not known. */
struct migratetypes {
	char name[MIGRATETYPES_MAX][MIGRATETYPE_NAME_MAX];
};

/* Names as /proc/pagetypeinfo has them ("Unmovable"), of those types that have none yet. */
void btf_migratetypes(const struct btf *btf, struct migratetypes *types);

/* Letters and digits; NULL: not known. */
const char *migratetype_name(const struct migratetypes *types, uint64_t type);

/*
 * Of the running kernel: appends lines "<number> <enumerator without MIGRATE_>". An error: it has
 * no BTF, or no names.
 */
must_check struct err *btf_running_migratetypes(struct str *lines);

#endif
