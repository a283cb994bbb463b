// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a dump to be verified: whatever they say, the counts agree with each other, and what
 * is good for several threads is good for one.
 */
#include <stdlib.h>

#include "tests/fuzz/memory-file.h"
#include "util/dump/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool tick(void *ctx, uint64_t done, uint64_t total)
{
	uint64_t *ticks_left = ctx;

	(void)done;
	(void)total;
	return (*ticks_left)--;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[MEMORY_FILE_PATH_MAX];
	static int fd = -1;
	guard(verify_report) struct verify_report report = VERIFY_REPORT_INIT;
	const char *inputs[] = { path };
	uint64_t ticks_left = 200; /* a bitmap can claim more pages than anyone has time for */
	struct verify_options options = {
		.inputs = inputs,
		.inputs_nr = 1,
		.threads_nr = 1 + size % 2,
		.tick = tick,
		.ctx = &ticks_left,
	};
	struct err *e;

	if (fd < 0)
		fd = memory_file_new(path);
	memory_file_set(fd, data, size);
	e = dump_verify(&options, &report);
	if (e) {
		assert(err_message(e)[0]);
		err_free(e);
		return 0;
	}
	assert(report.good_nr + report.lost_nr <= report.pages_nr);
	assert((report.verdict == VERIFY_DAMAGED) == (report.damaged_nr > 0));
	assert(!report.damaged_nr || report.damage.nr);
	return 0;
}
