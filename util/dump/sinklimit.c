// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/sinklimit.h"

#include <errno.h>

#include "util/base/checked.h"

struct limit_sink {
	struct sink sink;
	struct sink *inner;
	uint64_t bytes_max;
};

static struct err *no_space(const struct limit_sink *limit)
{
	return err_sys(ENOSPC, "the file would grow over %llu bytes",
		       (unsigned long long)limit->bytes_max);
}

static struct err *limit_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
				size_t *ret_written)
{
	struct limit_sink *limit = (struct limit_sink *)sink;
	uint64_t fits = offset < limit->bytes_max ? limit->bytes_max - offset : 0;
	struct err *e = NULL;

	*ret_written = 0;
	if (fits)
		e = limit->inner->ops->pwrite(limit->inner, buf, (size_t)MIN((uint64_t)len, fits),
					      offset, ret_written);
	return e || len <= fits ? e : no_space(limit);
}

static struct err *limit_pread(struct sink *sink, void *buf, size_t len, uint64_t offset)
{
	struct limit_sink *limit = (struct limit_sink *)sink;

	return limit->inner->ops->pread(limit->inner, buf, len, offset);
}

static struct err *limit_put_zeros(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct limit_sink *limit = (struct limit_sink *)sink;

	if (!range_within(offset, len, limit->bytes_max))
		return no_space(limit);
	return limit->inner->ops->put_zeros(limit->inner, offset, len);
}

static struct err *limit_reserve(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct limit_sink *limit = (struct limit_sink *)sink;

	if (!range_within(offset, len, limit->bytes_max))
		return no_space(limit);
	return limit->inner->ops->reserve(limit->inner, offset, len);
}

static struct err *limit_sync(struct sink *sink)
{
	struct limit_sink *limit = (struct limit_sink *)sink;

	return limit->inner->ops->sync(limit->inner);
}

static struct err *limit_close(struct sink *sink, enum sink_end end)
{
	struct limit_sink *limit = (struct limit_sink *)sink;
	struct err *e = limit->inner->ops->close(limit->inner, end);

	free(limit);
	return e;
}

static const struct sink_ops limit_ops = {
	.pwrite = limit_pwrite,
	.pread = limit_pread,
	.put_zeros = limit_put_zeros,
	.reserve = limit_reserve,
	.sync = limit_sync,
	.close = limit_close,
};

static const struct sink_ops limit_stream_ops = {
	.pwrite = limit_pwrite,
	.put_zeros = limit_put_zeros,
	.reserve = limit_reserve,
	.sync = limit_sync,
	.close = limit_close,
};

struct err *sink_limit(struct sink *inner, uint64_t bytes_max, struct sink **ret_sink)
{
	struct limit_sink *limit = calloc(1, sizeof(*limit));

	if (!limit) {
		err_free(inner->ops->close(inner, SINK_DISCARD));
		return err_nomem();
	}
	limit->sink.ops = sink_is_stream(inner) ? &limit_stream_ops : &limit_ops;
	limit->inner = inner;
	limit->bytes_max = bytes_max;
	*ret_sink = &limit->sink;
	return NULL;
}
