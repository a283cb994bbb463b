// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/vmlinux.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"

enum {
	CHUNK_BYTES = 1 << 20,
	BANNER_BYTES = 96, /* that reach over the release */
	RELEASE_MAX = 64,
};

/* linux_banner, and not a format string or a message that begins alike. */
static const char banner[] = "Linux version ";

static bool release_at(const char *text, struct str *release)
{
	size_t len = strcspn(text, " ");

	if (!isdigit((unsigned char)text[0]) || !text[len] || len > RELEASE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	str_clear(release);
	str_add_bytes(release, text, len);
	return true;
}

/* @buf holds @len bytes and a NUL. */
static bool find_banner(const char *buf, size_t len, struct str *release)
{
	const char *at = buf;

	while ((at = memmem(at, len - (size_t)(at - buf), banner, sizeof(banner) - 1))) {
		at += sizeof(banner) - 1;
		if (release_at(at, release))
			return true;
	}
	return false;
}

struct err *vmlinux_release(const char *path, struct str *ret_release)
{
	autofree char *buf = malloc(CHUNK_BYTES + 1);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t offset = 0;
	size_t len;

	if (!buf)
		return err_nomem();
	if (fd < 0)
		return err_sys(errno, "cannot open %s", path);
	do {
		struct err *e = io_pread(fd, buf, CHUNK_BYTES, offset, &len);

		if (e)
			return err_wrap(e, "%s", path);
		buf[len] = '\0';
		if (offset == 0 && (len < 4 || memcmp(buf, "\177ELF", 4) != 0))
			return err_new(ERR_FORMAT, "%s is no ELF file: -x takes a vmlinux", path);
		if (find_banner(buf, len, ret_release))
			return str_check(ret_release);
		offset += CHUNK_BYTES - BANNER_BYTES;
	} while (len == CHUNK_BYTES);
	return err_new(ERR_FORMAT, "%s does not say which kernel it is: no banner in it", path);
}
