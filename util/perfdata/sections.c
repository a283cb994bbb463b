// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/perfdata/cursor.h"
#include "util/perfdata/inside.h"

struct err *pd_add_section(struct perfdata *pd, uint32_t type, uint64_t offset, uint64_t size)
{
	if (!range_within(offset, size, mem_file_size(pd->file)))
		return NULL; /* cut off */
	for (size_t i = 0; i < pd->sections_nr; i++)
		if (pd->section[i].type == type)
			return NULL;
	if (pd->sections_nr == SECTIONS_MAX)
		return err_new(ERR_FORMAT, "more than %d sections", (int)SECTIONS_MAX);
	pd->section[pd->sections_nr++] =
		(struct section){ .type = type, .offset = offset, .size = size };
	return NULL;
}

struct err *pd_add_piece(struct perfdata *pd, uint32_t type, uint64_t offset, uint64_t size)
{
	if (pd->pieces_nr == pd->pieces_capacity) {
		size_t capacity = pd->pieces_capacity ? pd->pieces_capacity * 2 : 16;
		struct section *grown = reallocarray(pd->piece, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		pd->piece = grown;
		pd->pieces_capacity = capacity;
	}
	pd->piece[pd->pieces_nr++] =
		(struct section){ .type = type, .offset = offset, .size = size };
	/* The first one stands for all where sections are looked for. */
	return pd_add_section(pd, type, offset, size);
}

const struct section *pd_find_section(const struct perfdata *pd, uint32_t type)
{
	for (size_t i = 0; i < pd->sections_nr; i++)
		if (pd->section[i].type == type)
			return &pd->section[i];
	return NULL;
}

bool perfdata_has_section(const struct perfdata *pd, uint32_t type)
{
	return pd_find_section(pd, type);
}

uint32_t perfdata_section_type(const struct perfdata *pd, size_t i)
{
	return i < pd->sections_nr ? pd->section[i].type : UINT32_MAX;
}

struct err *perfdata_event_ids(const struct perfdata *pd, const struct perfdata_event *event,
			       uint64_t **ret_id, size_t *ret_nr)
{
	uint64_t *id = calloc(pd->ids_nr + 1, sizeof(*id));
	size_t nr = 0;

	if (!id)
		return err_nomem();
	for (size_t i = 0; i < pd->slots_nr; i++)
		if (pd->slot[i].event == event->index + 1)
			id[nr++] = pd->slot[i].id;
	*ret_id = id;
	*ret_nr = nr;
	return NULL;
}

struct err *pd_read_range(struct mem_file *file, uint64_t offset, uint64_t size, char **ret_data)
{
	autofree char *data = NULL;
	struct err *e;

	if (size > SECTION_BYTES_MAX || !range_within(offset, size, mem_file_size(file)))
		return err_new(ERR_FORMAT, "a section of %" PRIu64 " bytes at offset %" PRIu64,
			       size, offset);
	data = malloc((size_t)size + 1);
	if (!data)
		return err_nomem();
	e = cursor_read(file, offset, data, (size_t)size);
	if (e)
		return e;
	data[size] = '\0';
	*ret_data = take_ptr(data);
	return NULL;
}

static bool has_pieces(const struct perfdata *pd, uint32_t type)
{
	for (size_t i = 0; i < pd->pieces_nr; i++)
		if (pd->piece[i].type == type)
			return true;
	return false;
}

/* All pieces of a section one after the other, with a NUL behind them. */
static struct err *read_pieces(struct perfdata *pd, uint32_t type, char **ret_data, size_t *ret_len)
{
	autofree char *data = NULL;
	uint64_t size = 0;
	size_t at = 0;

	for (size_t i = 0; i < pd->pieces_nr; i++)
		size += pd->piece[i].type == type ? pd->piece[i].size : 0;
	if (size > SECTION_BYTES_MAX)
		return err_new(ERR_FORMAT, "a section of %" PRIu64 " bytes", size);
	data = malloc((size_t)size + 1);
	if (!data)
		return err_nomem();
	for (size_t i = 0; i < pd->pieces_nr; i++) {
		const struct section *piece = &pd->piece[i];
		struct err *e;

		if (piece->type != type)
			continue;
		e = cursor_read(pd->file, piece->offset, data + at, (size_t)piece->size);
		if (e)
			return e;
		at += (size_t)piece->size;
	}
	data[at] = '\0';
	*ret_data = take_ptr(data);
	*ret_len = at;
	return NULL;
}

struct err *perfdata_section_read(struct perfdata *pd, uint32_t type, char **ret_data,
				  size_t *ret_len)
{
	const struct section *section = pd_find_section(pd, type);
	struct err *e;

	if (!section)
		return err_new(ERR_NODATA, "the recording has no section %u", type);
	if (has_pieces(pd, type))
		return read_pieces(pd, type, ret_data, ret_len);
	e = pd_read_range(pd->file, section->offset, section->size, ret_data);
	if (!e)
		*ret_len = (size_t)section->size;
	return e;
}

struct err *perfdata_string(struct perfdata *pd, enum perfdata_feature feature, char **ret_text)
{
	autofree char *data = NULL;
	struct err *e;
	size_t len;

	e = perfdata_section_read(pd, feature, &data, &len);
	if (e)
		return e;
	if (len < 4 || load_u32(data, ORDER_LITTLE) > len - 4)
		return err_new(ERR_FORMAT, "feature %d is no string", (int)feature);
	*ret_text = strndup(data + 4, load_u32(data, ORDER_LITTLE));
	return *ret_text ? NULL : err_nomem();
}

struct err *perfdata_line(struct perfdata *pd, enum perfdata_section type, const char *key,
			  char **ret_value)
{
	autofree char *data = NULL;
	size_t len, key_len = strlen(key);
	struct err *e;

	*ret_value = NULL;
	if (!perfdata_has_section(pd, type))
		return NULL;
	e = perfdata_section_read(pd, type, &data, &len);
	if (e)
		return e;
	for (char *line = data; line;) {
		char *end = strchr(line, '\n');

		if (!strncmp(line, key, key_len) && line[key_len] == ' ') {
			line += key_len + 1;
			*ret_value = strndup(line, end ? (size_t)(end - line) : strlen(line));
			return *ret_value ? NULL : err_nomem();
		}
		line = end ? end + 1 : NULL;
	}
	return NULL;
}
