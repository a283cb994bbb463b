// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/perfdata/ahead.h"
#include "util/perfdata/inside.h"
#include "util/perfdata/unpack.h"

enum { AHEAD_BYTES_MIN = 1 << 20 }; /* less is done before a thread runs */

/* ---- Looking through the records ------------------------------------------------------------ */

static const struct perfdata_event *event_of_record(struct perfdata *pd, uint32_t type,
						    const uint8_t *record, size_t len)
{
	size_t offset = type == PERF_RECORD_SAMPLE ? pd->id_offset : pd->trailer_id_offset;
	uint64_t id;

	if (!pd->events_nr)
		return NULL;
	if (type != PERF_RECORD_SAMPLE && offset)
		offset = len >= offset + PERFDATA_RECORD_HEADER_BYTES ? len - offset : len;
	if (!offset)
		return pd->event[0];
	if (offset + 8 > len)
		return NULL;
	id = load_u64(record + offset, ORDER_LITTLE);
	if (pd->last_slot && pd->last_slot->id == id)
		return pd->event[pd->last_slot->event - 1];
	/* perf's own records of what was there before carry no id. */
	if (!id && type != PERF_RECORD_SAMPLE)
		return pd->event[0];
	if (pd->slots_nr) {
		const struct id_slot *slot = pd_find_slot(pd->slot, pd->slots_nr, id);

		if (slot->event) {
			pd->last_slot = slot;
			return pd->event[slot->event - 1];
		}
	}
	return pd->events_nr == 1 ? pd->event[0] : NULL;
}

/*
 * How much of a record was written. perf_event_ksymbol_output() and perf_event_bpf_output() of
 * Linux add the trailer to the length again for each event that is told, those of other recorders
 * too: behind it stands what was in the ring before, where a time would be one of thousands of
 * days.
 */
static size_t written_len(const struct perfdata *pd, uint32_t type, const uint8_t *record,
			  size_t len)
{
	size_t body = 24; /* of both, but for the name of a KSYMBOL */

	if ((type != PERF_RECORD_KSYMBOL && type != PERF_RECORD_BPF_EVENT) || len <= body)
		return len;
	if (type == PERF_RECORD_KSYMBOL)
		body += strnlen((const char *)record + body, len - body) / 8 * 8 + 8;
	return MIN(len, body + pd->trailer_bytes);
}

static bool time_of(const struct perfdata_event *event, uint32_t type, const uint8_t *record,
		    size_t len, uint64_t *ret_time_ns)
{
	size_t offset;

	if (!event)
		return false;
	if (type == PERF_RECORD_SAMPLE) {
		offset = event->time_offset;
		if (!offset || offset + 8 > len)
			return false;
	} else {
		offset = event->trailer_time_offset;
		if (!offset || offset + PERFDATA_RECORD_HEADER_BYTES > len)
			return false;
		offset = len - offset;
	}
	*ret_time_ns = load_u64(record + offset, ORDER_LITTLE);
	return true;
}

static bool record_time(void *ctx, const uint8_t *record, size_t len, uint64_t *ret_time_ns)
{
	uint32_t type = load_u32(record, ORDER_LITTLE);
	struct perfdata *pd = ctx;

	if (type >= PERFDATA_RECORD_USER_START)
		return false;
	len = written_len(pd, type, record, len);
	return time_of(event_of_record(pd, type, record, len), type, record, len, ret_time_ns);
}

static struct err *attr_record(struct perfdata *pd, const uint8_t *record, size_t len)
{
	const uint8_t *attr = record + PERFDATA_RECORD_HEADER_BYTES;
	size_t attr_bytes;
	struct err *e;

	len -= PERFDATA_RECORD_HEADER_BYTES;
	if (len < PERF_ATTR_SIZE_VER0)
		return err_new(ERR_FORMAT, "an attribute of %zu bytes", len);
	attr_bytes = load_u32(attr + 4, ORDER_LITTLE);
	if (attr_bytes < PERF_ATTR_SIZE_VER0 || attr_bytes > len)
		return err_new(ERR_FORMAT, "an attribute of %zu bytes", attr_bytes);
	e = pd_add_event(pd, attr, attr_bytes);
	for (size_t at = attr_bytes; !e && at + 8 <= len; at += 8)
		e = pd_add_id(pd, load_u64(attr + at, ORDER_LITTLE), pd->events_nr - 1);
	return e;
}

static struct err *update_record(struct perfdata *pd, uint64_t offset, const uint8_t *record,
				 size_t len)
{
	uint32_t piece_len;

	if (len < PERFDATA_UPDATE_BYTES ||
	    load_u64(record + PERFDATA_UPDATE_TYPE, ORDER_LITTLE) != PERFDATA_UPDATE_PIECE)
		return NULL;
	piece_len = load_u32(record + PERFDATA_UPDATE_LEN, ORDER_LITTLE);
	if (piece_len > len - PERFDATA_UPDATE_BYTES)
		return NULL;
	pd->ours = true;
	return pd_add_piece(pd, load_u32(record + PERFDATA_UPDATE_SECTION, ORDER_LITTLE),
			    offset + PERFDATA_UPDATE_BYTES, piece_len);
}

static struct err *user_record(void *ctx, struct mem_file *file, uint64_t offset,
			       const uint8_t *record, size_t len)
{
	uint32_t type = load_u32(record, ORDER_LITTLE);
	const uint8_t *body = record + PERFDATA_RECORD_HEADER_BYTES;
	struct perfdata *pd = ctx;

	switch (type) {
	case PERFDATA_RECORD_COMPRESSED:
	case PERFDATA_RECORD_COMPRESSED2:
		pd->compressed = true;
		return NULL;
	case PERFDATA_RECORD_TRACING_DATA:
		if (pd->pipe && file == pd->file && len >= PERFDATA_RECORD_HEADER_BYTES + 4)
			pd->tracing = (struct section){ .offset = offset + len,
							.size = load_u32(body, ORDER_LITTLE) };
		return NULL;
	case PERFDATA_RECORD_ATTR:
		return pd->pipe && file == pd->file ? attr_record(pd, record, len) : NULL;
	case PERFDATA_RECORD_THREAD_MAP:
		/* u64 nr, nr x {u64 tid, comm[16]}; -1 stands for everyone. */
		pd->of_tasks |= len >= PERFDATA_RECORD_HEADER_BYTES + 16 &&
				load_u64(body, ORDER_LITTLE) &&
				load_u32(body + 8, ORDER_LITTLE) != UINT32_MAX;
		return NULL;
	case PERFDATA_RECORD_EVENT_UPDATE:
		return pd->pipe && file == pd->file ? update_record(pd, offset, record, len) : NULL;
	case PERFDATA_RECORD_FEATURE:
		if (!pd->pipe || file != pd->file || len < PERFDATA_RECORD_HEADER_BYTES + 8 ||
		    load_u64(body, ORDER_LITTLE) >= PERFDATA_FEATURE_BITS)
			return NULL;
		return pd_add_section(pd, (uint32_t)load_u64(body, ORDER_LITTLE),
				      offset + PERFDATA_RECORD_HEADER_BYTES + 8,
				      len - PERFDATA_RECORD_HEADER_BYTES - 8);
	default:
		return NULL;
	}
}

static const struct merge_ops record_ops = { .time = record_time, .user = user_record };

static struct err *scan(struct perfdata *pd)
{
	uint64_t missing = 0;
	struct err *e;

	merge_free(pd->merge);
	pd->merge = NULL;
	e = merge_new(&record_ops, pd, &pd->merge);
	if (e)
		return e;
	pd->records_bytes = 0;
	for (size_t i = 0; i < pd->streams_nr; i++) {
		struct stream *stream = &pd->stream[i];
		uint64_t end;

		e = merge_add(pd->merge, stream->file, stream->start, stream->end, &end);
		if (e)
			return e;
		pd->records_bytes += end - stream->start;
		missing += stream->end - end;
	}
	if (missing) {
		pd->missing_bytes += missing;
		pd->unfinished = true;
	}
	return merge_start(pd->merge);
}

/* The pipe's attributes stand in front of what is compressed and were seen; now comes the rest. */
static struct err *unpack(struct perfdata *pd)
{
	for (size_t i = 0; i < pd->streams_nr; i++) {
		struct stream *stream = &pd->stream[i];
		struct mem_file *file;
		uint64_t size, lost;
		struct err *e;
		int fd;

		e = unpack_records(stream->file, stream->start, stream->end, &fd, &size, &lost);
		if (!e)
			e = pd_open_file(fd, &file);
		if (e)
			return e;
		if (stream->file != pd->file)
			mem_file_free(stream->file);
		*stream = (struct stream){ .file = file, .end = size };
		if (lost) {
			pd->missing_bytes += lost;
			pd->unfinished = true;
		}
	}
	return NULL;
}

static struct err *name_all(struct perfdata *pd)
{
	if (!pd->events_nr)
		return err_new(ERR_FORMAT, "the recording names no event");
	return pd_name_events(pd);
}

/* What a pipe's events are is said on the way. */
static struct err *look_through(struct perfdata *pd)
{
	struct err *e;

	e = scan(pd);
	if (!e && pd->compressed) {
		e = unpack(pd);
		if (!e)
			e = scan(pd);
	}
	if (e || !pd->pipe)
		return e;
	/* Sent behind all events: whoever has it has them. */
	if (pd->ours && !perfdata_has_section(pd, PERFDATA_SECTION_PROOF))
		pd->unfinished = true;
	return name_all(pd);
}

static struct err *open_copy(int fd, struct mem_file **ret_file)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? err_sys(errno, "dup") : pd_open_file(copy, ret_file);
}

/* @fd -1: @path is opened. */
static struct err *open_it(const char *path, int fd, struct notes *notes,
			   struct perfdata **ret_perfdata)
{
	guard(perfdata) struct perfdata *pd = calloc(1, sizeof(*pd));
	struct err *e;

	if (!pd)
		return err_nomem();
	pd->notes = notes;
	pd->page_bytes = 4096;
	pd->path = strdup(path);
	e = pd->path ? formats_new(&pd->formats) : err_nomem();
	if (!e)
		e = fd < 0 ? pd_open_path(pd, path) : open_copy(fd, &pd->file);
	if (!e)
		e = pd_read_header(pd);
	if (!e && pd->directory)
		e = pd_open_directory(pd, path);
	if (!e)
		e = pd->pipe ? look_through(pd) : name_all(pd);
	if (e)
		return err_wrap(e, "cannot read %s", path);
	*ret_perfdata = take_ptr(pd);
	return NULL;
}

struct err *perfdata_open(const char *path, struct notes *notes, struct perfdata **ret_perfdata)
{
	return open_it(path, -1, notes, ret_perfdata);
}

struct err *perfdata_open_fd(int fd, const char *name, struct notes *notes,
			     struct perfdata **ret_perfdata)
{
	return open_it(name, fd, notes, ret_perfdata);
}

struct err *perfdata_load(struct perfdata *pd)
{
	struct err *e = pd->pipe ? NULL : look_through(pd);

	return e ? err_wrap(e, "cannot read %s", pd->path) : NULL;
}

size_t perfdata_events_nr(const struct perfdata *pd)
{
	return pd->events_nr;
}

const struct perfdata_event *perfdata_event(const struct perfdata *pd, size_t i)
{
	return pd->event[i];
}

struct formats *perfdata_formats(struct perfdata *pd)
{
	return pd->formats;
}

uint32_t perfdata_page_bytes(const struct perfdata *pd)
{
	return pd->page_bytes;
}

bool perfdata_is_ours(const struct perfdata *pd)
{
	return pd->ours;
}

uint64_t perfdata_missing_bytes(const struct perfdata *pd)
{
	return pd->missing_bytes;
}

bool perfdata_is_pipe(const struct perfdata *pd)
{
	return pd->pipe;
}

bool perfdata_is_of_tasks(const struct perfdata *pd)
{
	return pd->of_tasks;
}

bool perfdata_is_unfinished(const struct perfdata *pd)
{
	return pd->unfinished;
}

void perfdata_time_range(const struct perfdata *pd, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	merge_time_range(pd->merge, ret_first_ns, ret_last_ns);
}

static struct err *next_in_order(void *ctx, struct perfdata_entry *ret_entry)
{
	struct perfdata *pd = ctx;
	const uint8_t *bytes;
	uint64_t offset;
	struct err *e;
	size_t len;

	*ret_entry = (struct perfdata_entry){ .type = 0 };
	e = merge_next(pd->merge, &bytes, &len, &offset);
	if (e || !bytes)
		return e;
	*ret_entry = (struct perfdata_entry){
		.type = load_u32(bytes, ORDER_LITTLE),
		.misc = load_u16(bytes + 4, ORDER_LITTLE),
		.bytes = bytes,
		.len = len,
		.offset = offset,
	};
	if (ret_entry->type < PERFDATA_RECORD_USER_START) {
		len = written_len(pd, ret_entry->type, bytes, len);
		ret_entry->event = event_of_record(pd, ret_entry->type, bytes, len);
		time_of(ret_entry->event, ret_entry->type, bytes, len, &ret_entry->time_ns);
	}
	return NULL;
}

struct err *perfdata_next(struct perfdata *pd, struct perfdata_entry *ret_entry)
{
	struct err *e;

	if (!pd->started) {
		pd->started = true;
		e = pd->records_bytes > AHEAD_BYTES_MIN ? ahead_new(next_in_order, pd, &pd->ahead)
							: NULL;
		if (e)
			return e;
	}
	return pd->ahead ? ahead_next(pd->ahead, ret_entry) : next_in_order(pd, ret_entry);
}

static void stop_ahead(struct perfdata *pd)
{
	ahead_free(pd->ahead);
	pd->ahead = NULL;
	pd->started = false;
}

struct err *perfdata_rewind(struct perfdata *pd)
{
	stop_ahead(pd);
	return merge_start(pd->merge);
}

void perfdata_close(struct perfdata *pd)
{
	if (!pd)
		return;
	stop_ahead(pd);
	merge_free(pd->merge);
	for (size_t i = 0; i < pd->streams_nr; i++)
		if (pd->stream[i].file != pd->file)
			mem_file_free(pd->stream[i].file);
	free(pd->stream);
	mem_file_free(pd->file);
	for (size_t i = 0; i < pd->events_nr; i++)
		pd_event_free(pd->event[i]);
	free(pd->event);
	free(pd->slot);
	free(pd->piece);
	formats_free(pd->formats);
	free(pd->path);
	free(pd);
}
