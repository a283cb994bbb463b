// SPDX-License-Identifier: GPL-2.0-or-later
/* Statements of the checkers: TAP lines without numbers, for tests/guest/run adds those. */
#ifndef VMTOOL_TESTS_GUEST_SAY_H
#define VMTOOL_TESTS_GUEST_SAY_H

#include <stdbool.h>

struct said {
	const char *about; /* what is checked, in front of each statement */
	bool failed;	   /* one did not hold */
};

void say(struct said *said, bool holds, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
