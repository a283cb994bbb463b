// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/send.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/base/str.h"
#include "util/perfdata/cursor.h"
#include "util/perfdata/inside.h"

enum {
	BUFFER_BYTES = 1 << 18,

	/*
	 * Until Linux 6.5 perf takes what is behind its own structure of an attribute for ids,
	 * whatever length the attribute has. One of 128 bytes with an id of 0 behind it is read
	 * right by those that have 120, 128 (since 5.13) and 136 bytes.
	 */
	ATTR_BYTES = 128,

	RECORD_ALIGNED_MAX = PERFDATA_RECORD_BYTES_MAX / 8 * 8,
	FEATURE_BODY = PERFDATA_RECORD_HEADER_BYTES + 8,
	PIECE_BYTES_MAX = RECORD_ALIGNED_MAX - PERFDATA_UPDATE_BYTES,
};

static void add_record_header(struct str *out, uint32_t type, uint16_t misc, size_t len)
{
	uint8_t header[PERFDATA_RECORD_HEADER_BYTES];

	store_u32(header, type, ORDER_LITTLE);
	store_u16(header + 4, misc, ORDER_LITTLE);
	store_u16(header + 6, (uint16_t)len, ORDER_LITTLE);
	str_add_bytes(out, header, sizeof(header));
}

static void add_padding(struct str *out, size_t len)
{
	static const uint8_t zeros[8];

	str_add_bytes(out, zeros, align_up_u64(len, 8) - len);
}

static size_t attr_record_bytes(size_t ids_nr)
{
	return PERFDATA_RECORD_HEADER_BYTES + ATTR_BYTES + 8 * (ids_nr + 1);
}

struct err *perfdata_check_send(const char *event_name, size_t descriptors_nr)
{
	if (attr_record_bytes(descriptors_nr) <= PERFDATA_RECORD_BYTES_MAX)
		return NULL;
	return err_new(ERR_UNSUPPORTED, "%s has %zu descriptors, more than a pipe's record holds",
		       event_name, descriptors_nr);
}

static struct err *add_attr(struct perfdata *pd, const struct perfdata_event *event,
			    struct str *out)
{
	uint8_t attr[ATTR_BYTES] = { 0 };
	autofree uint64_t *id = NULL;
	struct err *e;
	size_t nr, len;

	e = perfdata_event_ids(pd, event, &id, &nr);
	if (e)
		return e;
	e = perfdata_check_send(event->name, nr);
	if (e)
		return e;
	len = attr_record_bytes(nr);
	memcpy(attr, &event->attr, MIN(sizeof(attr), sizeof(event->attr)));
	store_u32(attr + 4, ATTR_BYTES, ORDER_LITTLE);
	add_record_header(out, PERFDATA_RECORD_ATTR, 0, len);
	str_add_bytes(out, attr, sizeof(attr));
	str_add_le64(out, 0);
	for (size_t i = 0; i < nr; i++)
		str_add_le64(out, id[i]);
	return NULL;
}

/* The record says what stands behind it with its padding. */
static void add_formats(const char *data, size_t len, struct str *out)
{
	add_record_header(out, PERFDATA_RECORD_TRACING_DATA, 0, PERFDATA_RECORD_HEADER_BYTES + 4);
	str_add_le32(out, (uint32_t)align_up_u64(len, 8));
	str_add_bytes(out, data, len);
	add_padding(out, len);
}

/* The entries of the section are such records without their type. */
static void add_build_ids(const char *data, size_t len, struct str *out)
{
	size_t at = 0, entry_len;

	for (; len - at >= PERFDATA_RECORD_HEADER_BYTES; at += entry_len) {
		const char *entry = data + at;

		entry_len = load_u16(entry + 6, ORDER_LITTLE);
		if (entry_len < PERFDATA_RECORD_HEADER_BYTES || entry_len > len - at)
			return;
		add_record_header(out, PERFDATA_RECORD_BUILD_ID, load_u16(entry + 4, ORDER_LITTLE),
				  entry_len);
		str_add_bytes(out, entry + PERFDATA_RECORD_HEADER_BYTES,
			      entry_len - PERFDATA_RECORD_HEADER_BYTES);
	}
}

static void add_feature(uint32_t type, const char *data, size_t len, struct str *out)
{
	add_record_header(out, PERFDATA_RECORD_FEATURE, 0, FEATURE_BODY + align_up_u64(len, 8));
	str_add_le64(out, type);
	str_add_bytes(out, data, len);
	add_padding(out, len);
}

/* An empty section is one piece. */
static void add_pieces(uint32_t type, const char *data, size_t len, struct str *out)
{
	do {
		size_t part = MIN(len, (size_t)PIECE_BYTES_MAX);

		add_record_header(out, PERFDATA_RECORD_EVENT_UPDATE, 0,
				  PERFDATA_UPDATE_BYTES + align_up_u64(part, 8));
		str_add_le64(out, PERFDATA_UPDATE_PIECE);
		str_add_le64(out, 0); /* of no event */
		str_add_le32(out, type);
		str_add_le32(out, (uint32_t)part);
		str_add_bytes(out, data, part);
		add_padding(out, part);
		data += part;
		len -= part;
	} while (len);
}

static struct err *add_section(struct perfdata *pd, uint32_t type, struct str *out)
{
	autofree char *data = NULL;
	struct err *e;
	size_t len;

	e = perfdata_section_read(pd, type, &data, &len);
	if (e)
		return e;
	if (type == PERFDATA_TRACING_DATA)
		add_formats(data, len, out);
	else if (type < PERFDATA_FEATURE_BITS && type != PERFDATA_BUILD_ID &&
		 len <= RECORD_ALIGNED_MAX - FEATURE_BODY)
		add_feature(type, data, len, out);
	else
		add_pieces(type, data, len, out);
	/* For perf; in one piece for us. */
	if (type == PERFDATA_BUILD_ID)
		add_build_ids(data, len, out);
	return NULL;
}

static bool is_known_at_end(uint32_t type)
{
	return type == PERFDATA_SECTION_RUN || type == PERFDATA_SECTION_PROOF;
}

static struct err *add_sections(struct perfdata *pd, bool known_at_end, struct str *out)
{
	uint32_t type;

	for (size_t i = 0; (type = perfdata_section_type(pd, i)) != UINT32_MAX; i++) {
		struct err *e;

		if (is_known_at_end(type) != known_at_end)
			continue;
		e = add_section(pd, type, out);
		if (e)
			return e;
	}
	return str_check(out);
}

/* Where it goes, and how far that is. */
struct sending {
	int fd;
	int stop_fd;
	uint64_t sent_bytes;
};

static struct err *send_bytes(struct sending *sending, const void *bytes, size_t len)
{
	size_t done;
	struct err *e = io_write_stoppable(sending->fd, bytes, len, sending->stop_fd, &done);

	sending->sent_bytes += done;
	return e;
}

static struct err *send_records(struct sending *sending, const struct stream *stream)
{
	autofree uint8_t *buf = malloc(BUFFER_BYTES);

	if (!buf)
		return err_nomem();
	for (uint64_t at = stream->start; at < stream->end;) {
		size_t len = (size_t)MIN(stream->end - at, (uint64_t)BUFFER_BYTES);
		struct err *e = cursor_read(stream->file, at, buf, len);

		if (!e)
			e = send_bytes(sending, buf, len);
		if (e)
			return e;
		at += len;
	}
	return NULL;
}

static struct err *send_all(const struct perfdata *pd, const struct str *head,
			    const struct str *tail, struct sending *sending)
{
	struct err *e = send_bytes(sending, head->s, head->len);

	for (size_t i = 0; i < pd->streams_nr && !e; i++)
		e = send_records(sending, &pd->stream[i]);
	return e ? e : send_bytes(sending, tail->s, tail->len);
}

struct err *perfdata_send(struct perfdata *pd, int fd, int stop_fd)
{
	struct sending sending = { .fd = fd, .stop_fd = stop_fd };
	guard(str) struct str head = STR_INIT;
	guard(str) struct str tail = STR_INIT;
	struct err *e = NULL;
	uint64_t all_bytes;

	str_add_le64(&head, PERFDATA_MAGIC);
	str_add_le64(&head, PERFDATA_PIPE_HEADER_BYTES);
	for (size_t i = 0; i < pd->events_nr && !e; i++)
		e = add_attr(pd, pd->event[i], &head);
	if (!e)
		e = add_sections(pd, false, &head);
	if (!e)
		e = add_sections(pd, true, &tail);
	if (e)
		return e;
	all_bytes = head.len + tail.len;
	for (size_t i = 0; i < pd->streams_nr; i++)
		all_bytes += pd->stream[i].end - pd->stream[i].start;
	e = send_all(pd, &head, &tail, &sending);
	return err_wrap(e, "%" PRIu64 " of %" PRIu64 " bytes were sent, the rest is lost",
			sending.sent_bytes, all_bytes);
}
