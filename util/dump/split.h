/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a set of kdump-compressed files (makedumpfile --split): each of them has the headers, the
 * notes and both bitmaps, and the pages of its own range of page frames. Ranges are such that the
 * files have about the same number of pages, and begin with a multiple of 64, because crash counts
 * bits in words from there. Readers take all files of a set at once.
 *
 * Pages come in any order, and each goes to the file it belongs to.
 */
#ifndef VMTOOL_DUMP_SPLIT_H
#define VMTOOL_DUMP_SPLIT_H

#include "util/dump/writer.h"

extern const struct writer_ops writer_split;

#endif
