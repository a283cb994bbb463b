/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPUs belong to which memory node, as perf's feature NUMA_TOPOLOGY holds it: a report tells
 * by it which objects were allocated on another node than that of the CPU.
 */
#ifndef VMTOOL_RECORD_NUMA_H
#define VMTOOL_RECORD_NUMA_H

#include "util/base/err.h"
#include "util/base/str.h"

/*
 * @nodes: the folder of node0 and so on, /sys/devices/system/node. Adds the body of the feature:
 * {u32 nr, nr x {u32 node, u64 total KiB, u64 free KiB, {u32 length, list of CPUs}}}. Nothing is
 * added where there are no nodes (CONFIG_NUMA); ERR_NOMEM is the only error.
 */
must_check struct err *numa_topology(const char *nodes, struct str *out);

#endif
