/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body of perf's BUILD_ID feature (tools/perf/util/build-id.c write_buildid(); bytes: struct
 * perf_record_header_build_id): which build each file was whose code samples mention. An entry is
 *
 *	{u32 type 0, u16 misc, u16 size} {i32 pid -1} {u8 id[20], u8 id length, u8[3]} {name, padded}
 *
 * with bits of misc that say whether it is the kernel's or a program's.
 */
#ifndef VMTOOL_RECORD_BUILDIDS_H
#define VMTOOL_RECORD_BUILDIDS_H

#include "util/base/str.h"
#include "util/symbol/buildid.h"

/* A program's or library's; nothing is added without an id. */
void build_ids_add(struct str *body, const char *path, const struct build_id *id);

/* Those of the running kernel, and of a module that is loaded. What has none is left out. */
void build_ids_add_kernel(struct str *body);
void build_ids_add_module(struct str *body, const char *module);

#endif
