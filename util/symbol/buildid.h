/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which build a file is: the number its linker wrote into a note of it (NT_GNU_BUILD_ID).
 */
#ifndef VMTOOL_SYMBOL_BUILDID_H
#define VMTOOL_SYMBOL_BUILDID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/str.h"

enum { BUILD_ID_MAX = 20 };

struct build_id {
	uint8_t bytes[BUILD_ID_MAX];
	size_t len; /* 0: not known */
};

bool build_id_equal(const struct build_id *a, const struct build_id *b);

/* Both are known and not the same; @wanted may be NULL. */
bool build_id_differs(const struct build_id *wanted, const struct build_id *id);

/* From a file of ELF notes; the running kernel's is /sys/kernel/notes. Length 0: there is none. */
struct build_id build_id_of_notes(const char *path);

void build_id_print(const struct build_id *id, struct str *out);

#endif
