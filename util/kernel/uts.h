/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct new_utsname, six strings of 65 bytes: in headers of dumps, and in init_uts_ns of a kernel.
 */
#ifndef VMTOOL_KERNEL_UTS_H
#define VMTOOL_KERNEL_UTS_H

#include <stdint.h>

#include "util/base/err.h"
#include "util/kernel/vtop.h"

enum { UTS_FIELD_BYTES = 65, UTS_FIELDS_NR = 6, UTS_BYTES = UTS_FIELD_BYTES * UTS_FIELDS_NR };
enum { UTS_NODE = 1, UTS_RELEASE, UTS_VERSION, UTS_MACHINE };

/* One field of @uts, of UTS_BYTES; it ends with a NUL whatever stands there. */
void uts_copy(const char *uts, unsigned int field, char to[UTS_FIELD_BYTES]);

/*
 * For init_uts_ns at @vaddr of which it is not known where in it the names are: is @release among
 * them? ERR_FORMAT: no, or there is none (NULL). @ret_version gets what stands behind it, "" where
 * too little does.
 */
must_check struct err *uts_find_release(const struct vtop *vtop, uint64_t vaddr,
					const char *release, char ret_version[UTS_FIELD_BYTES]);

#endif
