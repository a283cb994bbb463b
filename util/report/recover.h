/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be read of a recording, written again as a whole one: plain, closed, in the order of
 * time, with all it says of its machine. perf reads the result.
 */
#ifndef VMTOOL_REPORT_RECOVER_H
#define VMTOOL_REPORT_RECOVER_H

#include <stdint.h>

#include "util/perfdata/reader.h"

struct recovered {
	uint64_t records;
	uint64_t samples;
	uint64_t bytes; /* of records */
};

/*
 * @path must not be there, or be no recording's: it is created anew and never overwritten
 * (ERR_SYS, EEXIST). After an error it is gone again.
 */
must_check struct err *recover(struct perfdata *perfdata, const char *path,
			       struct recovered *ret_recovered);

#endif
