/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several runs of one command: what was measured in each, its mean and how far runs lie apart.
 */
#ifndef VMTOOL_STAT_SPREAD_H
#define VMTOOL_STAT_SPREAD_H

#include <stddef.h>

#include "util/stat/run.h"

enum stat_measure {
	MEASURE_CALLS,
	MEASURE_TOTAL_NS,
	MEASURE_P50_NS,
	MEASURE_P99_NS,
	MEASURE_USER, /* seconds, as those below; NAN: not known */
	MEASURE_SYSTEM,
	MEASURE_CPU,
	MEASURE_ELAPSED,
	MEASURE_GROWN, /* bytes of address space; NAN: not known, as all those below */
	MEASURE_SHRUNK,
	MEASURE_PAGES_ALLOCATED,
	MEASURE_PAGES_FREED,
	MEASURE_MINOR_FAULTS,
	MEASURE_MAJOR_FAULTS,
	MEASURE_PEAK_RSS, /* bytes */
};

struct stat_spread {
	double mean;
	double deviation; /* standard deviation of the sample; 0 for one run */
};

/* @key: in that row; NULL: in all rows, or of the run. 0 where there is nothing. */
must_check struct err *stat_spread_over(const struct stat_result *result, size_t nr,
					enum stat_measure what, const struct row_key *key,
					struct stat_spread *ret_spread);
/* Of the event at @index of each. */
must_check struct err *stat_spread_of_event(const struct stat_result *result, size_t nr,
					    size_t index, struct stat_spread *ret_spread);
/* Of runs in all of which it is known; else the mean is NAN. */
must_check struct err *stat_spread_of_pressure(const struct stat_result *result, size_t nr,
					       enum pressure_value what,
					       struct stat_spread *ret_spread);
/* The deviation in percent of the mean. */
double stat_spread_percent(const struct stat_spread *spread);

#endif
