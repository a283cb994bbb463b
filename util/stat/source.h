/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where counts come from. A source knows how to count system calls of some tasks and to hand out
 * what it has counted so far; it knows nothing of time intervals, repeats or output. There is one
 * file for each and one list of them, best first (source.c).
 *
 * Order of calls: open, start, enable, read (any number of times), close. A source is used by one
 * thread, whatever threads it has inside.
 */
#ifndef VMTOOL_STAT_SOURCE_H
#define VMTOOL_STAT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/base/notes.h"
#include "util/stat/model.h"
#include "util/stat/syscalls.h"
#include "util/sys/workload.h"

enum { ORDERS_ALL = (1 << ORDER_NR) - 1 };

/* What is to be counted, of whom. Borrowed by the source until it is closed. */
struct stat_request {
	enum stat_scope scope;
	struct workload *workload; /* SCOPE_COMMAND: held; may be started after open() */
	const pid_t *id;	   /* SCOPE_PROCESSES, SCOPE_THREADS; none of them twice */
	size_t id_nr;
	int cgroup_fd; /* SCOPE_CGROUP: its directory */
	bool inherit;  /* children of those as well */

	bool with_cpus;		 /* only calls begun on these: */
	uint8_t cpu_wanted[128]; /* a bitmap */

	struct syscall_set syscalls;
	enum stat_group group;
	bool calls_only; /* no times, errors and bytes */
	bool pages;
	uint32_t orders; /* of which, a bitmap; not all only with a source that sees pages */
	bool errnos;

	/* For tests, which have one kernel to try on: */
	uint32_t tasks_max; /* and rows of groups; 0: chosen by the source */
	bool without_current_btf;
	bool without_raw_tracepoints;
	bool without_cgroups;
};

struct stat_source_ops;

struct stat_source {
	const struct stat_source_ops *ops;
};

struct stat_source_ops {
	const char *name;
	const char *about; /* "BPF programs in the kernel" */

	/*
	 * Gets all that needs privileges or may not exist. ERR_UNSUPPORTED, or ERR_SYS with EPERM,
	 * EACCES, ENOENT, ENOSYS...: this source cannot be had here; the next one may.
	 */
	struct err *(*open)(const struct stat_request *request, struct notes *notes,
			    struct stat_source **ret_source);

	/* The seccomp filter the held workload is to run with; NULL, or returns NULL: none. */
	const struct sock_fprog *(*filter)(struct stat_source *source);

	/* Attaches to what the request names. Counts nothing before enable(true). */
	struct err *(*start)(struct stat_source *source);
	struct err *(*enable)(struct stat_source *source, bool on);

	/* Adds what was counted since start to the empty @table. */
	struct err *(*read)(struct stat_source *source, struct stat_table *table);

	/*
	 * Readable when everything it follows has ended; NULL for a source that leaves waiting to
	 * others. A source that has it reaps the workload, and tells the workload how it ended when
	 * reaped() is called after that.
	 */
	int (*done_fd)(const struct stat_source *source);
	void (*reaped)(struct stat_source *source);

	/*
	 * Ends the command of SCOPE_COMMAND, and all that came of it, which close() would end
	 * anyhow: they cannot go on without the source. NULL: they can.
	 */
	void (*kill)(struct stat_source *source);

	void (*close)(struct stat_source *source);
};

/* What a source that sees @sees of each call then sees altogether: enum stat_sees. */
unsigned int stat_request_sees(const struct stat_request *request, unsigned int sees);

/* Best first, NULL after the last; those this vmtool was built with. */
extern const struct stat_source_ops *const stat_sources[];

/* NULL: none of that name was built in. */
const struct stat_source_ops *stat_source_find(const char *name);

/*
 * The first source that can do what is asked, or the one called @forced. Why better ones were not
 * taken goes into @notes; when none can be had the error tells of all.
 */
must_check struct err *stat_source_open(const struct stat_request *request, const char *forced,
					struct notes *notes, struct stat_source **ret_source);
void stat_source_close(struct stat_source *source);
DEFINE_GUARD(stat_source, struct stat_source *, stat_source_close)

#endif
