/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF notes of an image, copied into a dump piece by piece: device dumps among them can be tens
 * of MiB.
 */
#ifndef VMTOOL_DUMP_COPYNOTES_H
#define VMTOOL_DUMP_COPYNOTES_H

#include "util/dump/sink.h"
#include "util/image/image.h"

/* All notes to offset @to, and zeros behind them up to @end. */
must_check struct err *copy_notes(struct image *image, struct sink *sink, uint64_t to,
				  uint64_t end);

#endif
