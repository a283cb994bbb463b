/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a measurement: starts the command if there is one, has a source count, waits for the
 * end, which is that of the command or the processes, a time limit or a signal, and collects.
 */
#ifndef VMTOOL_STAT_RUN_H
#define VMTOOL_STAT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/stat/events.h"
#include "util/stat/model.h"
#include "util/stat/pressure.h"
#include "util/stat/source.h"
#include "util/stat/usage.h"

struct stat_result {
	const struct stat_source_ops *source;
	struct stat_table table;
	struct stat_events events;
	struct stat_resources resources;
	struct stat_pressure pressure;
	/* Since the command was let go; of others than a command, since counting began. */
	uint64_t elapsed_ns;
	bool interrupted;  /* by a signal to us, or to the command and us */
	bool left_running; /* the command did not end when it was asked to */
	bool killed;	   /* it did not, nor could it be left running */
};

void stat_result_release(struct stat_result *result);
DEFINE_GUARD_INPLACE(stat_result, struct stat_result, stat_result_release)

struct stat_plan {
	struct stat_request request; /* its workload is filled in by stat_run() */
	char **argv;		     /* NULL: no command */
	const char *forced_source;   /* NULL: the best one */
	const struct event_spec *event;
	size_t event_nr;
	bool pressure;	      /* of the cgroup that is counted, else of the machine */
	uint64_t interval_ns; /* 0: none */
	uint64_t delay_ns;    /* before counting begins */
	uint64_t timeout_ns;  /* 0: none */
	int stop_fd;

	/*
	 * Called after each interval with what it brought, and the time since the start; or NULL.
	 */
	struct err *(*on_interval)(const struct stat_result *interval, uint64_t time_ns,
				   void *data);
	void *data;
};

/*
 * *ret_exit_code: of the command, also when it could not be run (126, 127) and this fails; 128 + N
 * when it was ended by signal N; 0 without a command.
 */
must_check struct err *stat_run(struct stat_plan *plan, struct notes *notes,
				struct stat_result *ret_result, int *ret_exit_code);

#endif
