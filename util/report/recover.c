// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/io.h"
#include "util/perfdata/writer.h"

enum { BUFFER_BYTES = 1 << 18 };

static struct err *copy_events(struct perfdata *perfdata, struct perfdata_writer *writer)
{
	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++) {
		const struct perfdata_event *event = perfdata_event(perfdata, i);
		autofree uint64_t *id = NULL;
		struct err *e;
		size_t nr;

		e = perfdata_event_ids(perfdata, event, &id, &nr);
		if (!e)
			e = perfdata_writer_attr(writer, &event->attr, event->name, id, nr);
		if (e)
			return e;
	}
	return NULL;
}

/* Not those that tell how the old file was laid out, nor what is written anew. */
static bool is_copied(uint32_t type)
{
	return type != PERFDATA_EVENT_DESC && type != PERFDATA_COMPRESSED &&
	       type != PERFDATA_DIR_FORMAT;
}

/* What was known at the end of the recording, and is no longer true where a record is missing. */
static bool is_of_all_records(uint32_t type)
{
	return type == PERFDATA_SECTION_PROOF || type == PERFDATA_SECTION_RUN ||
	       type == PERFDATA_SAMPLE_TIME;
}

static struct err *copy_sections(struct perfdata *perfdata, struct perfdata_writer *writer,
				 bool of_all_records)
{
	uint32_t type;

	for (size_t i = 0; (type = perfdata_section_type(perfdata, i)) != UINT32_MAX; i++) {
		autofree char *data = NULL;
		struct err *e;
		size_t len;

		if (!is_copied(type) || is_of_all_records(type) != of_all_records)
			continue;
		e = perfdata_section_read(perfdata, type, &data, &len);
		if (!e)
			e = perfdata_writer_section(writer, type, data, len);
		if (e)
			return e;
	}
	return NULL;
}

struct copy {
	int fd;
	uint8_t *buf;
	size_t len;
	uint64_t at;
};

static struct err *flush(struct copy *copy)
{
	struct err *e = io_pwrite_full(copy->fd, copy->buf, copy->len, copy->at);

	copy->at += copy->len;
	copy->len = 0;
	return e;
}

static struct err *copy_records(struct perfdata *perfdata, struct copy *copy,
				struct recovered *recovered)
{
	struct perfdata_entry entry;
	struct err *e;

	for (;;) {
		e = perfdata_next(perfdata, &entry);
		if (e)
			return e;
		if (!entry.type)
			return flush(copy);
		if (entry.type >= PERFDATA_RECORD_USER_START)
			continue;
		if (copy->len + entry.len > BUFFER_BYTES) {
			e = flush(copy);
			if (e)
				return e;
		}
		memcpy(copy->buf + copy->len, entry.bytes, entry.len);
		copy->len += entry.len;
		recovered->records++;
		recovered->samples += entry.type == PERF_RECORD_SAMPLE;
		recovered->bytes += entry.len;
	}
}

static struct err *write_all(struct perfdata *perfdata, int fd, struct recovered *ret)
{
	guard(perfdata_writer) struct perfdata_writer *writer = NULL;
	autofree uint8_t *buf = malloc(BUFFER_BYTES);
	struct recovered recovered = { .records = 0 };
	struct copy copy = { .fd = fd, .buf = buf };
	struct err *e;

	if (!buf)
		return err_nomem();
	e = perfdata_writer_new(fd, false, &writer);
	if (!e)
		e = copy_events(perfdata, writer);
	if (!e)
		e = copy_sections(perfdata, writer, false);
	if (!e)
		e = perfdata_writer_begin(writer, &copy.at);
	if (!e)
		e = copy_records(perfdata, &copy, &recovered);
	if (!e && !perfdata_missing_bytes(perfdata) && !perfdata_is_unfinished(perfdata))
		e = copy_sections(perfdata, writer, true);
	if (!e)
		e = perfdata_writer_end(writer, copy.at, NULL, 0);
	if (!e)
		*ret = recovered;
	return e;
}

struct err *recover(struct perfdata *perfdata, const char *path, struct recovered *ret_recovered)
{
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct err *e;

	if (fd < 0)
		return err_sys(errno, "create %s", path);
	e = write_all(perfdata, fd, ret_recovered);
	if (e)
		unlink(path);
	return err_wrap(e, "write %s", path);
}
