/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files a dump is written to, as its options want them: one, the parts of a set, the stream, or
 * nothing at all.
 */
#ifndef VMTOOL_DUMP_OUTPUTS_H
#define VMTOOL_DUMP_OUTPUTS_H

#include "util/dump/dump.h"
#include "util/dump/sink.h"

struct outputs {
	struct sink *sink[DUMP_OUTPUTS_MAX];
	size_t nr;
	uint64_t stream_bytes; /* flattened: the length of the stream, whole when it was closed */
};

/* Does this file hold a part of a split dump? */
bool outputs_is_part(const char *path);

/* On error those that were opened are removed again. */
must_check struct err *outputs_open(const struct dump_options *options, struct outputs *outputs);

must_check struct err *outputs_close(struct outputs *outputs, enum sink_end end);

#endif
