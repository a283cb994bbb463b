// SPDX-License-Identifier: GPL-2.0-or-later
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

void say(struct said *said, bool holds, const char *format, ...)
{
	va_list args;

	printf("%s - %s: ", holds ? "ok" : "not ok", said->about);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	said->failed |= !holds;
}
