// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/osrelease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/io.h"
#include "util/base/str.h"

enum { FILE_BYTES_MAX = 64 << 10 };

/* Is the backslash before it taken away? Between double quotes only where it means something. */
static bool is_escaped(char c, char quote)
{
	return quote ? quote == '"' && c && strchr("\"\\$`", c) : c && c != '\n';
}

/*
 * A value and the quotes around it, up to the end of the line. False: what stands there is none. (A
 * quoted part and another behind it are not put together: os-release(5) has none.)
 */
static bool unquote(const char *at, struct str *value)
{
	char quote = *at == '"' || *at == '\'' ? *at : 0;

	if (quote)
		at++;
	for (; *at && *at != '\n'; at++) {
		if (quote ? *at == quote : strchr(" \t\r", *at) != NULL)
			break;
		if (*at == '\\' && is_escaped(at[1], quote))
			at++;
		str_add_char(value, *at);
	}
	if (quote && *at++ != quote)
		return false;
	at += strspn(at, " \t\r");
	return !*at || *at == '\n' || *at == '#';
}

/* What this line says of @key; false: nothing. */
static bool read_line(const char *line, const char *key, struct str *value)
{
	line += strspn(line, " \t");
	if (strncmp(line, key, strlen(key)) != 0 || line[strlen(key)] != '=')
		return false;
	str_clear(value);
	return unquote(line + strlen(key) + 1, value);
}

static struct err *find(const char *text, const char *key, char **ret_value)
{
	guard(str) struct str value = STR_INIT;
	guard(str) struct str last = STR_INIT;
	struct err *err;

	for (const char *line = text; *line; line += *line == '\n') {
		if (read_line(line, key, &value)) {
			str_clear(&last);
			str_add(&last, value.s);
		}
		line += strcspn(line, "\n");
	}
	err = str_check(&value);
	if (!err)
		err = str_check(&last);
	if (err)
		return err;
	if (!last.len)
		return err_new(ERR_NODATA, "no %s in os-release", key);
	*ret_value = str_take(&last);
	return *ret_value ? NULL : err_nomem();
}

struct err *osrelease_read(int root_fd, const char *key, char **ret_value)
{
	/* The leading slash is for the real root. */
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
	const bool real = root_fd == AT_FDCWD;
	autofree char *text = NULL;
	struct err *err = NULL;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		err_free(err);
		err = io_read_file(root_fd, paths[i] + !real, FILE_BYTES_MAX, &text, &len);
		if (!err || err_errno(err) != ENOENT)
			break;
	}
	return err ? err : find(text, key, ret_value);
}
