/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the running kernel calls its migrate types, by its own BTF: which number is which changed with
 * versions and depends on how a kernel was configured.
 */
#ifndef VMTOOL_BTF_MIGRATETYPES_H
#define VMTOOL_BTF_MIGRATETYPES_H

#include "util/base/err.h"
#include "util/base/str.h"

/* Appends lines "<number> <enumerator without MIGRATE_>". An error: it has no BTF, or no names. */
must_check struct err *btf_running_migratetypes(struct str *lines);

#endif
