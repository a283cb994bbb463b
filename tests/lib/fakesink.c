// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/fakesink.h"

#include <errno.h>
#include <string.h>

#include "util/base/checked.h"

enum { SECTOR_BYTES = 512 };

/* Takes up to @len bytes at @offset; returns how many there is space for. */
static uint64_t take(struct fakesink *fake, uint64_t offset, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++) {
		if (offset + i < FAKESINK_BYTES_MAX && fake->is_taken[offset + i])
			continue;
		if (!fake->space_left)
			return i;
		fake->space_left--;
		if (offset + i < FAKESINK_BYTES_MAX)
			fake->is_taken[offset + i] = 1;
	}
	return len;
}

/* A sector is written whole or not at all, and after the first failure none is. */
static uint64_t alive_bytes(struct fakesink *fake, uint64_t offset, uint64_t len)
{
	uint64_t end = offset + fake->writes_left;

	if (len <= fake->writes_left)
		return len;
	fake->writes_left = 0;
	return MAX(align_down_u64(end, SECTOR_BYTES), offset) - offset;
}

static struct err *fakesink_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
				   size_t *ret_written)
{
	struct fakesink *fake = (struct fakesink *)sink;
	uint64_t alive = alive_bytes(fake, offset, len);
	uint64_t n = take(fake, offset, alive);
	uint64_t kept = offset < FAKESINK_BYTES_MAX ? MIN(n, FAKESINK_BYTES_MAX - offset) : 0;

	*ret_written = 0;
	if (offset < fake->bad_end && offset + len > fake->bad_first)
		return err_sys(EIO, "write");
	if (kept) {
		memcpy(fake->bytes + offset, buf, (size_t)kept);
		memset(fake->is_written + offset, 1, (size_t)kept);
	}
	fake->writes_left -= MIN(n, fake->writes_left);
	fake->end = MAX(fake->end, offset + n);
	fake->unsynced_nr++;
	*ret_written = (size_t)n;
	if (n == len)
		return NULL;
	return err_sys(n < alive ? ENOSPC : EIO, "write");
}

static struct err *fakesink_pread(struct sink *sink, void *buf, size_t len, uint64_t offset)
{
	const struct fakesink *fake = (const struct fakesink *)sink;

	if (offset + len > FAKESINK_BYTES_MAX)
		return err_sys(EIO, "read");
	memcpy(buf, fake->bytes + offset, len);
	return NULL;
}

static struct err *fakesink_put_zeros(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct fakesink *fake = (struct fakesink *)sink;

	if (offset + len <= FAKESINK_BYTES_MAX)
		memset(fake->is_written + offset, 1, (size_t)len);
	return NULL;
}

static struct err *fakesink_reserve(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct fakesink *fake = (struct fakesink *)sink;

	/* Far more than is kept: not one by one. */
	if (len > FAKESINK_BYTES_MAX && fake->space_left > len) {
		fake->space_left -= len;
		fake->end = MAX(fake->end, offset + len);
		return NULL;
	}
	if (take(fake, offset, len) < len)
		return err_sys(ENOSPC, "reserve");
	fake->end = MAX(fake->end, offset + len);
	return NULL;
}

static struct err *fakesink_sync(struct sink *sink)
{
	struct fakesink *fake = (struct fakesink *)sink;

	fake->syncs_nr++;
	fake->unsynced_nr = 0;
	return fake->sync_fails ? err_sys(EIO, "sync") : NULL;
}

static struct err *fakesink_close(struct sink *sink, enum sink_end end)
{
	(void)sink;
	(void)end;
	return NULL;
}

static const struct sink_ops fakesink_ops = {
	.pwrite = fakesink_pwrite,
	.pread = fakesink_pread,
	.put_zeros = fakesink_put_zeros,
	.reserve = fakesink_reserve,
	.sync = fakesink_sync,
	.close = fakesink_close,
};

void fakesink_init(struct fakesink *fake)
{
	*fake = (struct fakesink){
		.sink = { .ops = &fakesink_ops },
		.bytes = calloc(1, FAKESINK_BYTES_MAX),
		.is_written = calloc(1, FAKESINK_BYTES_MAX),
		.is_taken = calloc(1, FAKESINK_BYTES_MAX),
		.space_left = UINT64_MAX,
		.writes_left = UINT64_MAX,
	};
	if (!fake->bytes || !fake->is_written || !fake->is_taken)
		abort();
}

void fakesink_release(struct fakesink *fake)
{
	free(fake->bytes);
	free(fake->is_written);
	free(fake->is_taken);
}

bool fakesink_has(const struct fakesink *fake, uint64_t offset, uint64_t len)
{
	if (offset > FAKESINK_BYTES_MAX || len > FAKESINK_BYTES_MAX - offset)
		return false;
	return !memchr(fake->is_written + offset, 0, (size_t)len);
}
