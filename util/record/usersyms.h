/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions the collected user addresses are in: mappings and forks are gone through again in
 * the order of time, and each address is looked up when its time has come.
 */
#ifndef VMTOOL_RECORD_USERSYMS_H
#define VMTOOL_RECORD_USERSYMS_H

#include <stddef.h>

#include "util/base/err.h"
#include "util/base/str.h"
#include "util/record/addresses.h"

/*
 * *lines: as PERFDATA_SECTION_USER_SYMBOLS has them; *build_ids: as buildids.h, of all files that
 * have one of the addresses. Files that cannot be read are left out.
 */
must_check struct err *user_symbols(const struct addresses *const *addresses, size_t nr,
				    struct str *lines, struct str *build_ids);

#endif
