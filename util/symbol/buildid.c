// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/buildid.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/base/io.h"

enum { NOTES_BYTES_MAX = 1 << 20 };

bool build_id_equal(const struct build_id *a, const struct build_id *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

bool build_id_differs(const struct build_id *wanted, const struct build_id *id)
{
	return wanted && wanted->len && id->len && !build_id_equal(wanted, id);
}

struct build_id build_id_of_notes(const char *path)
{
	struct build_id id = { .len = 0 };
	autofree char *text = NULL;
	autoerr struct err *err = NULL;
	const uint8_t *notes;
	size_t len, at = 0;

	err = io_read_file(-1, path, NOTES_BYTES_MAX, &text, &len);
	if (err)
		return id;
	notes = (const uint8_t *)text;
	while (range_within(at, 12, len)) {
		uint32_t name_len = load_u32(notes + at, ORDER_LITTLE);
		uint32_t desc_len = load_u32(notes + at + 4, ORDER_LITTLE);
		uint32_t type = load_u32(notes + at + 8, ORDER_LITTLE);
		uint64_t name = at + 12;
		uint64_t desc = name + align_up_u64(name_len, 4);

		if (!range_within(desc, desc_len, len))
			break;
		if (type == NT_GNU_BUILD_ID && name_len == 4 && !memcmp(notes + name, "GNU", 4) &&
		    desc_len <= BUILD_ID_MAX) {
			memcpy(id.bytes, notes + desc, desc_len);
			id.len = desc_len;
			break;
		}
		at = desc + align_up_u64(desc_len, 4);
	}
	return id;
}

void build_id_print(const struct build_id *id, struct str *out)
{
	for (size_t i = 0; i < id->len; i++)
		str_printf(out, "%02x", id->bytes[i]);
}
