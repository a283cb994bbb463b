// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/banner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"

enum {
	CHUNK_BYTES = 1 << 20,
	BANNER_BYTES = 1024, /* more than any has */
};

/*
 * Behind the code, before all that is not loaded: no kernel is that large (KERNEL_IMAGE_SIZE of
 * x86_64). A file may claim any size, and a search cannot be stopped.
 */
#define SEARCH_BYTES_MAX (UINT64_C(1) << 30)

/* And not a format string or a message that begins alike. */
static const char words[] = "Linux version ";

/* 0: there is none at @text, which ends with a NUL. */
static size_t release_len(const char *text)
{
	size_t len = strcspn(text, " ");

	if (!isdigit((unsigned char)text[0]) || !text[len] || len > BANNER_RELEASE_MAX)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return 0;
	return len;
}

/* @buf holds @len bytes and a NUL; what begins at @behind and later comes again. */
static bool look(const char *buf, size_t len, size_t behind, banner_take take, void *ctx)
{
	const char *at = buf;

	while ((at = memmem(at, len - (size_t)(at - buf), words, sizeof(words) - 1)) &&
	       (size_t)(at - buf) < behind) {
		char banner[BANNER_BYTES];
		size_t n;

		at += sizeof(words) - 1;
		n = strcspn(at, "\n");
		if (!release_len(at) || n >= sizeof(banner))
			continue;
		memcpy(banner, at, n);
		banner[n] = '\0';
		if (take(ctx, banner, release_len(at)))
			return true;
	}
	return false;
}

struct err *banner_each(int fd, banner_take take, void *ctx)
{
	autofree char *buf = malloc(CHUNK_BYTES + 1);
	uint64_t offset = 0;
	size_t len;

	if (!buf)
		return err_nomem();
	do {
		struct err *e = io_pread(fd, buf, CHUNK_BYTES, offset, &len);

		if (e)
			return e;
		buf[len] = '\0';
		if (look(buf, len, len == CHUNK_BYTES ? CHUNK_BYTES - BANNER_BYTES : len, take,
			 ctx))
			break;
		offset += CHUNK_BYTES - BANNER_BYTES;
	} while (len == CHUNK_BYTES && offset < SEARCH_BYTES_MAX);
	return NULL;
}
