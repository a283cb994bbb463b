/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of what was there before the recording began, which the kernel will not tell: where the
 * kernel and its modules lie, the names of all threads, the paths of all cgroups, and, where user
 * addresses are recorded, the executable mappings of all processes. As perf writes them: with an
 * empty trailer (time 0), so they come before everything else.
 */
#ifndef VMTOOL_RECORD_SYNTH_H
#define VMTOOL_RECORD_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/base/err.h"

/* Takes whole records; an error of it ends the work and is returned. */
typedef struct err *(*synth_sink)(void *context, const void *records, size_t len);

/* @trailer_bytes: of the recording's attributes, zeros are written there. */
must_check struct err *synth_kernel(size_t trailer_bytes, synth_sink sink, void *context);

/* None where cgroups are not mounted. */
must_check struct err *synth_cgroups(size_t trailer_bytes, synth_sink sink, void *context);

/* Processes come and go meanwhile; those that cannot be read are left out. @tid NULL: all. */
must_check struct err *synth_tasks(const pid_t *tid, size_t tid_nr, bool mappings,
				   size_t trailer_bytes, synth_sink sink, void *context);

#endif
