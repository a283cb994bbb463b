/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink in front of another one, for which space ends at a given length of the file: -L. Fails as
 * a full disk does, with ENOSPC.
 */
#ifndef VMTOOL_DUMP_SINKLIMIT_H
#define VMTOOL_DUMP_SINKLIMIT_H

#include "util/dump/sink.h"

/* Takes ownership of @inner, also on error. */
must_check struct err *sink_limit(struct sink *inner, uint64_t bytes_max, struct sink **ret_sink);

#endif
