// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/notes.h"

#include <stdarg.h>
#include <string.h>

void notes_add(struct notes *notes, const char *fmt, ...)
{
	va_list args;
	char *line;
	int len;

	if (!notes)
		return;

	va_start(args, fmt);
	len = vasprintf(&line, fmt, args);
	va_end(args);
	if (len < 0) {
		notes->dropped_nr++;
		return;
	}

	for (size_t i = 0; i < notes->nr; i++) {
		if (strcmp(notes->line[i], line) == 0) {
			free(line);
			return;
		}
	}
	if (notes->nr == NOTES_MAX) {
		notes->dropped_nr++;
		free(line);
		return;
	}
	notes->line[notes->nr++] = line;
}

void notes_release(struct notes *notes)
{
	for (size_t i = 0; i < notes->nr; i++)
		free(notes->line[i]);
	*notes = NOTES_INIT;
}
