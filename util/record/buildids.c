// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/buildids.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/cleanup.h"
#include "util/base/endian.h"

enum {
	NAME_ALIGN = 64,
	MISC_HAS_SIZE = 1 << 15, /* PERF_RECORD_MISC_BUILD_ID_SIZE */
	ENTRY_BYTES = 36,
};

static void add(struct str *body, uint16_t cpu_mode, const char *name, const struct build_id *id)
{
	static const uint8_t zeros[NAME_ALIGN];
	size_t name_len = strlen(name) + 1;
	size_t padded = align_up_u64(name_len, NAME_ALIGN);
	uint8_t entry[ENTRY_BYTES] = { 0 };

	if (!id->len || ENTRY_BYTES + padded > UINT16_MAX)
		return;
	store_u16(entry + 4, (uint16_t)(cpu_mode | MISC_HAS_SIZE), ORDER_LITTLE);
	store_u16(entry + 6, (uint16_t)(ENTRY_BYTES + padded), ORDER_LITTLE);
	store_u32(entry + 8, UINT32_MAX, ORDER_LITTLE);
	memcpy(entry + 12, id->bytes, id->len);
	entry[12 + BUILD_ID_MAX] = (uint8_t)id->len;
	str_add_bytes(body, entry, sizeof(entry));
	str_add_bytes(body, name, name_len);
	str_add_bytes(body, zeros, padded - name_len);
}

void build_ids_add(struct str *body, const char *path, const struct build_id *id)
{
	add(body, PERF_RECORD_MISC_USER, path, id);
}

void build_ids_add_kernel(struct str *body)
{
	struct build_id id = build_id_of_notes("/sys/kernel/notes");

	add(body, PERF_RECORD_MISC_KERNEL, "[kernel.kallsyms]", &id);
}

void build_ids_add_module(struct str *body, const char *module)
{
	guard(str) struct str path = STR_INIT;
	guard(str) struct str name = STR_INIT;
	struct build_id id;

	str_printf(&path, "/sys/module/%s/notes/.note.gnu.build-id", module);
	str_printf(&name, "[%s]", module);
	if (path.failed || name.failed)
		return;
	id = build_id_of_notes(path.s);
	add(body, PERF_RECORD_MISC_KERNEL, name.s, &id);
}
