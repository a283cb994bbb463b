/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GFP flags as the event's own print format names them, and in a short form where each flag has
 * letters of its own (perf's are the same for GFP_NOFS and __GFP_NOFAIL).
 */
#ifndef VMTOOL_REPORT_GFP_H
#define VMTOOL_REPORT_GFP_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/str.h"
#include "util/event/format.h"

/*
 * Appends what a sample's text has behind "gfp_flags=": "GFP_KERNEL|__GFP_ZERO". @value is what the
 * field holds, shown in hexadecimal where the event has no such text.
 */
void gfp_names(const struct format *format, const uint8_t *raw, size_t raw_len, uint64_t value,
	       struct str *out);

/* Appends "K|Z" for "GFP_KERNEL|__GFP_ZERO"; names without letters are kept as they are. */
void gfp_letters(const char *names, struct str *out);

/* For the test that letters are unique: the i-th pair; NULL past the last. */
const char *gfp_pair(size_t i, const char **ret_letters);

#endif
