// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/csv.h"

#include <string.h>

void csv_text(FILE *out, const char *text)
{
	csv_field(out, ',', text);
}

void csv_field(FILE *out, char separator, const char *text)
{
	if (!strpbrk(text, "\"\r\n") && !strchr(text, separator)) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}
