/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads of processes that run already, from /proc.
 */
#ifndef VMTOOL_STAT_TASKS_H
#define VMTOOL_STAT_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/base/err.h"

/*
 * Calls @visit for each thread of the processes @id, or for the threads @id themselves. A process
 * is read again until it shows no thread that was not visited: one that was made meanwhile by a
 * thread not yet visited is found. One that has ended when @visit fails is no error, not even the
 * first of a process, which is there until all others have ended. ERR_SYS with ESRCH: there is no
 * such process or thread, or it has ended. ERR_USAGE: it is a thread of another.
 */
must_check struct err *tasks_each(const pid_t *id, size_t id_nr, bool processes,
				  struct err *(*visit)(pid_t tid, void *data), void *data);

#endif
