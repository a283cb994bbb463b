// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/perfdata/format.h"

enum {
	/* Readers refuse attributes longer than theirs; nothing we set lies behind these bytes. */
	ATTR_BYTES = PERF_ATTR_SIZE_VER5,
	ATTR_ENTRY_BYTES = ATTR_BYTES + PERFDATA_SECTION_BYTES,
	STRING_ALIGN = 64,
	PAGE_BYTES = 4096,
};

struct attr {
	struct perf_event_attr attr;
	char *name;
	uint64_t *id;
	size_t id_nr;
};

struct section {
	uint32_t type;
	void *data;
	size_t len;
	uint64_t offset; /* 0: not written yet */
};

struct perfdata_writer {
	int fd;
	bool use_mmap;
	struct attr *attr;
	size_t attr_nr;
	struct section *section;
	size_t section_nr;
	uint64_t attrs_offset;
	uint64_t data_offset; /* 0: not begun */
	uint8_t *super_map;   /* the file's first page, or NULL */
};

struct err *perfdata_writer_new(int fd, bool use_mmap, struct perfdata_writer **ret_writer)
{
	struct perfdata_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return err_nomem();
	writer->fd = fd;
	writer->use_mmap = use_mmap;
	*ret_writer = writer;
	return NULL;
}

void perfdata_writer_free(struct perfdata_writer *writer)
{
	if (!writer)
		return;
	for (size_t i = 0; i < writer->attr_nr; i++) {
		free(writer->attr[i].name);
		free(writer->attr[i].id);
	}
	free(writer->attr);
	for (size_t i = 0; i < writer->section_nr; i++)
		free(writer->section[i].data);
	free(writer->section);
	if (writer->super_map)
		munmap(writer->super_map, PAGE_BYTES);
	free(writer);
}

struct err *perfdata_writer_attr(struct perfdata_writer *writer, const struct perf_event_attr *attr,
				 const char *name, const uint64_t *id, size_t id_nr)
{
	struct attr *grown = realloc(writer->attr, (writer->attr_nr + 1) * sizeof(*grown));
	struct attr *entry;

	if (!grown)
		return err_nomem();
	writer->attr = grown;
	entry = &writer->attr[writer->attr_nr];
	*entry = (struct attr){ .attr = *attr, .id_nr = id_nr };
	entry->name = strdup(name);
	entry->id = malloc(id_nr * sizeof(*id) + 1);
	if (!entry->name || !entry->id) {
		free(entry->name);
		free(entry->id);
		return err_nomem();
	}
	memcpy(entry->id, id, id_nr * sizeof(*id));
	entry->attr.size = ATTR_BYTES;
	writer->attr_nr++;
	return NULL;
}

static struct section *find_section(struct perfdata_writer *writer, uint32_t type)
{
	for (size_t i = 0; i < writer->section_nr; i++)
		if (writer->section[i].type == type)
			return &writer->section[i];
	return NULL;
}

struct err *perfdata_writer_section(struct perfdata_writer *writer, uint32_t type, const void *data,
				    size_t len)
{
	struct section *section = find_section(writer, type);
	void *copy = malloc(len + 1);

	if (!copy)
		return err_nomem();
	memcpy(copy, data, len);
	if (!section) {
		size_t size = (writer->section_nr + 1) * sizeof(*section);
		struct section *grown = NULL;

		if (writer->section_nr < PERFDATA_SUPER_ENTRIES_MAX)
			grown = realloc(writer->section, size);
		if (!grown) {
			free(copy);
			return err_nomem();
		}
		writer->section = grown;
		section = &grown[writer->section_nr++];
	} else {
		free(section->data);
	}
	*section = (struct section){ .type = type, .data = copy, .len = len };
	return NULL;
}

static void add_zeros(struct str *out, size_t nr)
{
	static const uint8_t zeros[PAGE_BYTES];

	for (; nr; nr -= MIN(nr, sizeof(zeros)))
		str_add_bytes(out, zeros, MIN(nr, sizeof(zeros)));
}

/* perf's do_write_string(). */
static void add_string(struct str *out, const char *text)
{
	size_t len = strlen(text) + 1;
	size_t padded = align_up_u64(len, STRING_ALIGN);

	str_add_le32(out, (uint32_t)padded);
	str_add_bytes(out, text, len);
	add_zeros(out, padded - len);
}

struct err *perfdata_writer_string(struct perfdata_writer *writer, uint32_t type, const char *text)
{
	guard(str) struct str body = STR_INIT;
	struct err *err;

	add_string(&body, text);
	err = str_check(&body);
	return err ? err : perfdata_writer_section(writer, type, body.s, body.len);
}

static struct err *describe_events(struct perfdata_writer *writer)
{
	guard(str) struct str body = STR_INIT;
	struct err *err;

	str_add_le32(&body, (uint32_t)writer->attr_nr);
	str_add_le32(&body, ATTR_BYTES);
	for (size_t i = 0; i < writer->attr_nr; i++) {
		const struct attr *attr = &writer->attr[i];

		str_add_bytes(&body, &attr->attr, ATTR_BYTES);
		str_add_le32(&body, (uint32_t)attr->id_nr);
		add_string(&body, attr->name);
		str_add_bytes(&body, attr->id, attr->id_nr * sizeof(*attr->id));
	}
	err = str_check(&body);
	return err ? err : perfdata_writer_section(writer, PERFDATA_EVENT_DESC, body.s, body.len);
}

/* The header as it is while recording (data_bytes 0) and at the end. */
static void add_header(const struct perfdata_writer *writer, uint64_t data_bytes, struct str *out)
{
	uint64_t features[PERFDATA_FEATURE_BITS / 64] = { 0 };

	for (size_t i = 0; data_bytes && i < writer->section_nr; i++) {
		uint32_t type = writer->section[i].type;

		if (type < PERFDATA_FEATURE_BITS)
			features[type / 64] |= UINT64_C(1) << (type % 64);
	}
	str_add_le64(out, PERFDATA_MAGIC);
	str_add_le64(out, PERFDATA_HEADER_BYTES);
	str_add_le64(out, ATTR_ENTRY_BYTES);
	str_add_le64(out, writer->attrs_offset);
	str_add_le64(out, writer->attr_nr * ATTR_ENTRY_BYTES);
	str_add_le64(out, writer->data_offset);
	str_add_le64(out, data_bytes);
	str_add_le64(out, 0);
	str_add_le64(out, 0);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		str_add_le64(out, features[i]);
}

static void add_super(const struct perfdata_writer *writer, enum perfdata_state state,
		      uint64_t data_bytes, struct str *out)
{
	size_t end = out->len - PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_END;
	uint32_t written_nr = 0;

	for (size_t i = 0; i < writer->section_nr; i++)
		written_nr += !!writer->section[i].offset;

	str_add_bytes(out, PERFDATA_SUPER_MAGIC, PERFDATA_SUPER_MAGIC_BYTES);
	str_add_le32(out, state);
	str_add_le32(out, written_nr);
	str_add_le64(out, writer->data_offset);
	str_add_le64(out, data_bytes);
	for (size_t i = 0; i < writer->section_nr; i++) {
		const struct section *section = &writer->section[i];

		if (!section->offset)
			continue;
		str_add_le32(out, section->type);
		str_add_le32(out, 0);
		str_add_le64(out, section->offset);
		str_add_le64(out, section->len);
	}
	if (out->len < end)
		add_zeros(out, end - out->len);
}

static void add_attrs(struct perfdata_writer *writer, struct str *out)
{
	uint64_t ids_offset = out->len;

	for (size_t i = 0; i < writer->attr_nr; i++)
		for (size_t j = 0; j < writer->attr[i].id_nr; j++)
			str_add_le64(out, writer->attr[i].id[j]);
	writer->attrs_offset = out->len;
	for (size_t i = 0; i < writer->attr_nr; i++) {
		uint64_t ids_bytes = writer->attr[i].id_nr * sizeof(uint64_t);

		str_add_bytes(out, &writer->attr[i].attr, ATTR_BYTES);
		str_add_le64(out, ids_offset);
		str_add_le64(out, ids_bytes);
		ids_offset += ids_bytes;
	}
}

/* Everything that lies before the data; sections get their places. */
static void lay_out(struct perfdata_writer *writer, struct str *out)
{
	add_zeros(out, PERFDATA_SUPER_END);
	add_attrs(writer, out);
	for (size_t i = 0; i < writer->section_nr; i++) {
		add_zeros(out, align_up_u64(out->len, 8) - out->len);
		writer->section[i].offset = out->len;
		str_add_bytes(out, writer->section[i].data, writer->section[i].len);
	}
	add_zeros(out, align_up_u64(out->len, PAGE_BYTES) - out->len);
	writer->data_offset = out->len;
}

struct err *perfdata_writer_begin(struct perfdata_writer *writer, uint64_t *ret_offset)
{
	guard(str) struct str body = STR_INIT;
	guard(str) struct str head = STR_INIT;
	struct err *err;

	err = describe_events(writer);
	if (err)
		return err;
	lay_out(writer, &body);
	add_header(writer, 0, &head);
	add_super(writer, PERFDATA_RECORDING, 0, &head);
	err = str_check(&body);
	if (!err)
		err = str_check(&head);
	if (err)
		return err;

	memcpy(body.s, head.s, MIN(head.len, (size_t)PERFDATA_SUPER_END));
	/* First what the header tells of: whoever is killed between leaves no header. */
	err = io_pwrite_full(writer->fd, body.s + PERFDATA_SUPER_END, body.len - PERFDATA_SUPER_END,
			     PERFDATA_SUPER_END);
	if (!err)
		err = io_pwrite_full(writer->fd, body.s, PERFDATA_SUPER_END, 0);
	if (err)
		return err_wrap(err, "write the header");
	if (writer->use_mmap) {
		writer->super_map =
			mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
		if (writer->super_map == MAP_FAILED)
			writer->super_map = NULL;
	}
	*ret_offset = writer->data_offset;
	return NULL;
}

void perfdata_writer_committed(struct perfdata_writer *writer, uint64_t bytes)
{
	uint64_t place = PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_DATA_COMMITTED;
	uint8_t stored[8];

	store_u64(stored, bytes, ORDER_LITTLE);
	if (writer->super_map) {
		/* After the records themselves: they may be looked at any time. */
		__atomic_store_n((uint64_t *)(void *)(writer->super_map + place), htole64(bytes),
				 __ATOMIC_RELEASE);
		return;
	}
	/* What this could not say, the end says again, with an error if it must. */
	while (pwrite(writer->fd, stored, sizeof(stored), (off_t)place) < 0 && errno == EINTR)
		;
}

static struct err *write_late_sections(struct perfdata_writer *writer, uint64_t *end)
{
	for (size_t i = 0; i < writer->section_nr; i++) {
		struct section *section = &writer->section[i];
		struct err *err;

		if (section->offset && section->offset < writer->data_offset)
			continue;
		err = io_pwrite_full(writer->fd, section->data, section->len, *end);
		if (err)
			return err;
		section->offset = *end;
		*end = align_up_u64(*end + section->len, 8);
	}
	return NULL;
}

static size_t features_nr(const struct perfdata_writer *writer)
{
	size_t nr = 0;

	for (size_t i = 0; i < writer->section_nr; i++)
		nr += writer->section[i].type < PERFDATA_FEATURE_BITS;
	return nr;
}

static struct err *write_feature_table(const struct perfdata_writer *writer, uint64_t offset)
{
	guard(str) struct str table = STR_INIT;
	struct err *err;

	for (uint32_t bit = 0; bit < PERFDATA_FEATURE_BITS; bit++)
		for (size_t i = 0; i < writer->section_nr; i++)
			if (writer->section[i].type == bit) {
				str_add_le64(&table, writer->section[i].offset);
				str_add_le64(&table, writer->section[i].len);
			}
	err = str_check(&table);
	return err ? err : io_pwrite_full(writer->fd, table.s, table.len, offset);
}

static bool drop_largest(struct perfdata_writer *writer, const uint32_t *droppable,
			 size_t droppable_nr)
{
	size_t largest = writer->section_nr;

	for (size_t i = 0; i < writer->section_nr; i++)
		for (size_t j = 0; j < droppable_nr; j++)
			if (writer->section[i].type == droppable[j] &&
			    (largest == writer->section_nr ||
			     writer->section[i].len > writer->section[largest].len))
				largest = i;
	if (largest == writer->section_nr)
		return false;
	free(writer->section[largest].data);
	writer->section[largest] = writer->section[--writer->section_nr];
	return true;
}

static struct err *write_trailer(struct perfdata_writer *writer, uint64_t data_end,
				 const uint32_t *droppable, size_t droppable_nr, uint64_t *ret_end)
{
	for (;;) {
		uint64_t end = data_end + features_nr(writer) * PERFDATA_SECTION_BYTES;
		struct err *err = write_late_sections(writer, &end);

		if (!err)
			err = write_feature_table(writer, data_end);
		*ret_end = end;
		if (!err)
			return NULL;
		if (!drop_largest(writer, droppable, droppable_nr))
			return err;
		err_free(err);
	}
}

struct err *perfdata_writer_end(struct perfdata_writer *writer, uint64_t data_end,
				const uint32_t *droppable, size_t droppable_nr)
{
	uint64_t data_bytes = data_end - writer->data_offset;
	guard(str) struct str head = STR_INIT;
	struct err *err;
	uint64_t end;

	err = write_trailer(writer, data_end, droppable, droppable_nr, &end);
	if (!err && ftruncate(writer->fd, (off_t)end))
		err = err_sys(errno, "cut to length");
	if (err)
		return err_wrap(err, "write what follows the events");

	add_header(writer, data_bytes, &head);
	add_super(writer, PERFDATA_CLOSED, data_bytes, &head);
	err = str_check(&head);
	if (!err)
		err = io_pwrite_full(writer->fd, head.s, MIN(head.len, (size_t)PERFDATA_SUPER_END),
				     0);
	return err ? err_wrap(err, "write the header") : NULL;
}
