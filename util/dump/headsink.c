// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/headsink.h"

#include <string.h>

#include "util/dump/writer.h"

/* The held bytes as a file of their own, for those who know where a format has its mark. */
struct memory {
	struct sink sink;
	uint8_t bytes[HEADSINK_BYTES];
};

static struct err *memory_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
				 size_t *ret_written)
{
	struct memory *memory = (struct memory *)sink;

	*ret_written = 0;
	if (offset > sizeof(memory->bytes) || len > sizeof(memory->bytes) - offset)
		return err_new(ERR_FORMAT, "the mark is not in the header");
	memcpy(memory->bytes + offset, buf, len);
	*ret_written = len;
	return NULL;
}

static struct err *memory_pread(struct sink *sink, void *buf, size_t len, uint64_t offset)
{
	const struct memory *memory = (const struct memory *)sink;
	size_t there = offset < sizeof(memory->bytes) ? sizeof(memory->bytes) - (size_t)offset : 0;

	there = MIN(there, len);
	memset(buf, 0, len);
	memcpy(buf, memory->bytes + offset, there);
	return NULL;
}

static const struct sink_ops memory_ops = {
	.pwrite = memory_pwrite,
	.pread = memory_pread,
};

static struct err *put_marked(struct headsink *head)
{
	struct memory memory = { .sink.ops = &memory_ops };
	size_t written;
	struct err *e;

	memcpy(memory.bytes, head->head, head->len);
	e = writer_mark_incomplete(&memory.sink);
	if (e)
		return e;
	return head->to->ops->pwrite(head->to, memory.bytes, head->len, 0, &written);
}

static struct err *head_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
			       size_t *ret_written)
{
	struct headsink *head = (struct headsink *)sink;
	size_t n = 0;
	struct err *e;

	*ret_written = 0;
	if (offset < sizeof(head->head)) {
		n = MIN(len, sizeof(head->head) - (size_t)offset);
		memcpy(head->head + offset, buf, n);
		head->len = MAX(head->len, (size_t)offset + n);
		e = put_marked(head);
		if (e)
			return e;
	}
	*ret_written = n;
	if (n == len)
		return NULL;
	e = head->to->ops->pwrite(head->to, (const char *)buf + n, len - n, offset + n,
				  ret_written);
	*ret_written += n;
	return e;
}

static const struct sink_ops head_ops = {
	.pwrite = head_pwrite,
};

void headsink_init(struct headsink *head, struct sink *to)
{
	*head = (struct headsink){ .sink.ops = &head_ops, .to = to };
}

struct err *headsink_finish(struct headsink *head)
{
	size_t written;
	struct err *e = head->to->ops->sync(head->to);

	if (e)
		return e;
	e = head->to->ops->pwrite(head->to, head->head, head->len, 0, &written);
	if (!e)
		e = head->to->ops->sync(head->to);
	/* Who is told that the dump is not good must not find a file that says it is. */
	if (e)
		err_free(put_marked(head));
	return e;
}
