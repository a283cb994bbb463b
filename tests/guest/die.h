// SPDX-License-Identifier: GPL-2.0-or-later
/* One line on standard error and exit code 2: the check could not be made, so nothing failed. */
#ifndef VMTOOL_TESTS_GUEST_DIE_H
#define VMTOOL_TESTS_GUEST_DIE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define die(...)                                                                                   \
	do {                                                                                       \
		fprintf(stderr, "%s: ", program_invocation_short_name);                            \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
		exit(2);                                                                           \
	} while (0)

#endif
