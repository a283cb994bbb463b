// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/mounts.h"

#include <string.h>

#include "util/base/io.h"
#include "util/base/macros.h"

enum { MOUNTINFO_BYTES_MAX = 16 << 20 };

struct err *mounts_read(char **ret_text)
{
	size_t len;

	return io_read_file(-1, "/proc/self/mountinfo", MOUNTINFO_BYTES_MAX, ret_text, &len);
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) &&
		    is_octal(text[3])) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* Optional fields, of which there may be none, end with a dash. */
static bool parse(char *line, struct mount *mount)
{
	enum { FIELD_ROOT = 3, FIELD_POINT, FIELDS_NR };
	char *field[FIELDS_NR], *word, *type;

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strsep(&line, " ");
		if (!field[i])
			return false;
	}
	do {
		word = strsep(&line, " ");
	} while (word && strcmp(word, "-") != 0);
	type = strsep(&line, " ");
	if (!strsep(&line, " ") || !line)
		return false;
	unescape(field[FIELD_ROOT]);
	unescape(field[FIELD_POINT]);
	*mount = (struct mount){
		.root = field[FIELD_ROOT],
		.point = field[FIELD_POINT],
		.type = type,
		.options = line,
	};
	return true;
}

bool mounts_next(char **at, struct mount *ret_mount)
{
	while (**at) {
		char *line = *at, *end = strchrnul(line, '\n');

		*at = *end ? end + 1 : end;
		*end = '\0';
		if (parse(line, ret_mount))
			return true;
	}
	return false;
}
