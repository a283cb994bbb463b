// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/perfdata/cursor.h"
#include "util/perfdata/inside.h"

#define PERFDATA_MAGIC_OLD UINT64_C(0x454c494646524550) /* "PERFFILE", before Linux 2.6.36 */

static struct err *read_attrs(struct perfdata *pd, const uint8_t *header)
{
	uint64_t attr_bytes = load_u64(header + PERFDATA_HEADER_ATTR_SIZE, ORDER_LITTLE);
	const uint8_t *section = header + PERFDATA_HEADER_ATTRS;
	uint64_t offset = load_u64(section + PERFDATA_SECTION_OFFSET, ORDER_LITTLE);
	uint64_t size = load_u64(section + PERFDATA_SECTION_SIZE, ORDER_LITTLE);
	uint8_t entry[ATTR_BYTES_MAX];
	uint64_t ids_nr = 0;

	if (attr_bytes < PERF_ATTR_SIZE_VER0 + PERFDATA_SECTION_BYTES ||
	    attr_bytes > ATTR_BYTES_MAX)
		return err_new(ERR_FORMAT, "attributes of %" PRIu64 " bytes", attr_bytes);
	if (!range_within(offset, size, mem_file_size(pd->file)))
		return err_new(ERR_FORMAT, "the file ends before its attributes do");

	for (uint64_t at = offset; size - (at - offset) >= attr_bytes; at += attr_bytes) {
		const uint8_t *ids = entry + attr_bytes - PERFDATA_SECTION_BYTES;
		autofree char *id = NULL;
		uint64_t ids_offset, ids_bytes;
		struct err *e;

		e = cursor_read(pd->file, at, entry, (size_t)attr_bytes);
		if (!e)
			e = pd_add_event(pd, entry, (size_t)attr_bytes - PERFDATA_SECTION_BYTES);
		if (e)
			return e;
		ids_offset = load_u64(ids + PERFDATA_SECTION_OFFSET, ORDER_LITTLE);
		ids_bytes = load_u64(ids + PERFDATA_SECTION_SIZE, ORDER_LITTLE);
		/*
		 * Attributes may share their ids: the sum is what is read, whatever the file's
		 * size.
		 */
		if (ids_bytes / 8 > IDS_MAX - ids_nr)
			return err_new(ERR_FORMAT, "more than %d event ids", IDS_MAX);
		ids_nr += ids_bytes / 8;
		e = pd_read_range(pd->file, ids_offset, ids_bytes, &id);
		for (uint64_t i = 0; !e && i < ids_bytes / 8; i++)
			e = pd_add_id(pd, load_u64(id + 8 * i, ORDER_LITTLE), pd->events_nr - 1);
		if (e)
			return e;
	}
	return NULL;
}

/* Ours: what was on disk before the first record, and how far records are whole. */
static struct err *read_super(struct perfdata *pd, uint64_t data_offset, uint64_t *data_size)
{
	uint8_t super[PERFDATA_SUPER_END - PERFDATA_SUPER_OFFSET];
	uint32_t nr;
	struct err *e;

	if (data_offset < PERFDATA_SUPER_END || mem_file_size(pd->file) < PERFDATA_SUPER_END)
		return NULL;
	e = cursor_read(pd->file, PERFDATA_SUPER_OFFSET, super, sizeof(super));
	if (e)
		return e;
	if (memcmp(super, PERFDATA_SUPER_MAGIC, PERFDATA_SUPER_MAGIC_BYTES))
		return NULL;

	pd->ours = true;
	if (load_u32(super + PERFDATA_SUPER_STATE, ORDER_LITTLE) != PERFDATA_CLOSED) {
		pd->unfinished = true;
		*data_size = load_u64(super + PERFDATA_SUPER_DATA_COMMITTED, ORDER_LITTLE);
	}
	nr = load_u32(super + PERFDATA_SUPER_SECTIONS_NR, ORDER_LITTLE);
	if (nr > PERFDATA_SUPER_ENTRIES_MAX)
		return err_new(ERR_FORMAT, "%u sections", nr);
	for (uint32_t i = 0; i < nr; i++) {
		const uint8_t *entry =
			super + PERFDATA_SUPER_SECTIONS + i * PERFDATA_SUPER_ENTRY_BYTES;

		e = pd_add_section(pd, load_u32(entry + PERFDATA_SUPER_ENTRY_TYPE, ORDER_LITTLE),
				   load_u64(entry + PERFDATA_SUPER_ENTRY_OFFSET, ORDER_LITTLE),
				   load_u64(entry + PERFDATA_SUPER_ENTRY_SIZE, ORDER_LITTLE));
		if (e)
			return e;
	}
	return NULL;
}

/* perf's table behind the data; what of it was cut off is not there. */
static struct err *read_features(struct perfdata *pd, const uint8_t *header, uint64_t table)
{
	for (unsigned int bit = 0; bit < PERFDATA_FEATURE_BITS; bit++) {
		uint8_t entry[PERFDATA_SECTION_BYTES];
		struct err *e;

		if (!(load_u64(header + PERFDATA_HEADER_FEATURES + bit / 64 * 8, ORDER_LITTLE) >>
			      bit % 64 &
		      1))
			continue;
		if (!range_within(table, sizeof(entry), mem_file_size(pd->file)))
			return NULL;
		e = cursor_read(pd->file, table, entry, sizeof(entry));
		if (!e)
			e = pd_add_section(pd, bit,
					   load_u64(entry + PERFDATA_SECTION_OFFSET, ORDER_LITTLE),
					   load_u64(entry + PERFDATA_SECTION_SIZE, ORDER_LITTLE));
		if (e)
			return e;
		table += sizeof(entry);
	}
	return NULL;
}

struct err *pd_add_stream(struct perfdata *pd, struct mem_file *file, uint64_t start, uint64_t end)
{
	struct stream *grown = reallocarray(pd->stream, pd->streams_nr + 1, sizeof(struct stream));

	if (!grown)
		return err_nomem();
	pd->stream = grown;
	pd->stream[pd->streams_nr++] = (struct stream){ .file = file, .start = start, .end = end };
	return NULL;
}

struct err *pd_read_header(struct perfdata *pd)
{
	uint8_t header[PERFDATA_HEADER_BYTES] = { 0 };
	const uint8_t *data = header + PERFDATA_HEADER_DATA;
	uint64_t file_size = mem_file_size(pd->file);
	uint64_t magic, header_bytes, offset, size, end;
	struct err *e;

	if (!file_size)
		return err_new(ERR_FORMAT, "the file is empty");
	if (file_size < PERFDATA_PIPE_HEADER_BYTES)
		return err_new(ERR_FORMAT, "not a recording: it has %" PRIu64 " bytes", file_size);
	e = cursor_read(pd->file, 0, header, (size_t)MIN(file_size, (uint64_t)sizeof(header)));
	if (e)
		return e;
	magic = load_u64(header, ORDER_LITTLE);
	if (magic == PERFDATA_MAGIC_SWAPPED)
		return err_new(ERR_UNSUPPORTED,
			       "recorded on a big-endian machine, which cannot be read here");
	if (magic == PERFDATA_MAGIC_OLD)
		return err_new(ERR_UNSUPPORTED, "a recording of a perf older than Linux 2.6.36");
	if (!magic)
		return err_new(ERR_FORMAT, "not a recording, or one that ended before its header "
					   "was written: it begins with zeros");
	if (magic != PERFDATA_MAGIC)
		return err_new(ERR_FORMAT, "not a recording (no perf.data header)");

	header_bytes = load_u64(header + PERFDATA_HEADER_SIZE, ORDER_LITTLE);
	if (header_bytes == PERFDATA_PIPE_HEADER_BYTES) {
		pd->pipe = true;
		return pd_add_stream(pd, pd->file, PERFDATA_PIPE_HEADER_BYTES, file_size);
	}
	if (header_bytes != PERFDATA_HEADER_BYTES && header_bytes != PERFDATA_HEADER_FEATURES)
		return err_new(ERR_FORMAT, "a header of %" PRIu64 " bytes", header_bytes);
	if (file_size < header_bytes)
		return err_new(ERR_FORMAT, "the file ends inside its header");
	if (header_bytes == PERFDATA_HEADER_FEATURES)
		memset(header + header_bytes, 0, sizeof(header) - header_bytes);

	e = read_attrs(pd, header);
	if (e)
		return e;
	offset = load_u64(data + PERFDATA_SECTION_OFFSET, ORDER_LITTLE);
	size = load_u64(data + PERFDATA_SECTION_SIZE, ORDER_LITTLE);
	if (offset < header_bytes)
		return err_new(ERR_FORMAT, "records begin inside the header");
	e = read_super(pd, offset, &size);
	if (e)
		return e;
	if (!pd->ours && !size) {
		/* perf fills in the size at its end. */
		pd->unfinished = true;
		size = offset < file_size ? file_size - offset : 0;
	}
	if (!add_u64(offset, size, &end))
		return err_new(ERR_FORMAT, "%" PRIu64 " bytes of records", size);
	if (end > file_size) {
		pd->missing_bytes = end - MAX(offset, file_size);
		pd->unfinished = true;
		end = MAX(offset, file_size);
	}
	if (!pd->unfinished) {
		e = read_features(pd, header, end);
		if (e)
			return e;
	}
	return pd_add_stream(pd, pd->file, offset, end);
}
