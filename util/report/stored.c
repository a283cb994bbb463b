// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/stored.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"

/* ---- Builds: {header, i32 pid, u8 id[20], u8 id length, u8[3], path} ------------------------- */

enum {
	ENTRY_ID = 12,
	ENTRY_ID_LEN = ENTRY_ID + BUILD_ID_MAX,
	ENTRY_PATH = ENTRY_ID_LEN + 4,
	MISC_HAS_LEN = 1 << 15, /* PERF_RECORD_MISC_BUILD_ID_SIZE; without it, all 20 bytes */
};

struct build_entry {
	uint16_t mode; /* PERF_RECORD_MISC_USER, PERF_RECORD_MISC_KERNEL */
	struct build_id id;
	const char *path;
	size_t path_len;
};

typedef struct err *build_fn(void *ctx, const struct build_entry *entry);

static struct err *each_build(struct perfdata *perfdata, build_fn *each, void *ctx)
{
	autofree char *data = NULL;
	size_t len, entry_len;
	struct err *e;

	if (!perfdata_has_section(perfdata, PERFDATA_BUILD_ID))
		return NULL;
	e = perfdata_section_read(perfdata, PERFDATA_BUILD_ID, &data, &len);
	if (e)
		return e;
	for (size_t at = 0; len - at > ENTRY_PATH; at += entry_len) {
		const uint8_t *bytes = (const uint8_t *)data + at;
		uint16_t misc = load_u16(bytes + 4, ORDER_LITTLE);
		struct build_entry entry = {
			.mode = misc & PERF_RECORD_MISC_CPUMODE_MASK,
			.id = { .len = BUILD_ID_MAX },
			.path = (const char *)bytes + ENTRY_PATH,
		};

		entry_len = load_u16(bytes + 6, ORDER_LITTLE);
		if (entry_len <= ENTRY_PATH || entry_len > len - at)
			return NULL;
		if (misc & MISC_HAS_LEN)
			entry.id.len = MIN((size_t)bytes[ENTRY_ID_LEN], (size_t)BUILD_ID_MAX);
		memcpy(entry.id.bytes, bytes + ENTRY_ID, entry.id.len);
		entry.path_len = strnlen(entry.path, entry_len - ENTRY_PATH);
		e = each(ctx, &entry);
		if (e)
			return e;
	}
	return NULL;
}

static struct err *know_build(void *ctx, const struct build_entry *entry)
{
	if (entry->mode != PERF_RECORD_MISC_USER)
		return NULL;
	return spaces_know_build(ctx, entry->path, entry->path_len, &entry->id);
}

static struct err *take_kernel(void *ctx, const struct build_entry *entry)
{
	static const char name[] = "[kernel.kallsyms]";
	struct build_id *id = ctx;

	if (entry->mode == PERF_RECORD_MISC_KERNEL && entry->path_len == sizeof(name) - 1 &&
	    !memcmp(entry->path, name, sizeof(name) - 1))
		*id = entry->id;
	return NULL;
}

/* ---- Functions ------------------------------------------------------------------------------- */

static bool parse_id(const char *hex, size_t len, struct build_id *ret)
{
	*ret = (struct build_id){ .len = 0 };
	if (len == 1 && *hex == '-')
		return true;
	if (len % 2 || len / 2 > BUILD_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		char byte[3] = { hex[i], hex[i + 1] }, *end;

		ret->bytes[i / 2] = (uint8_t)strtoul(byte, &end, 16);
		if (end != byte + 2)
			return false;
	}
	ret->len = len / 2;
	return true;
}

/* The file whose functions are being read. */
struct functions_file {
	const char *path; /* NULL: none yet, or its line makes no sense */
	struct build_id id;
	struct symtab functions;
};

static void functions_file_release(struct functions_file *file)
{
	symtab_release(&file->functions);
}

DEFINE_GUARD_INPLACE(functions_file, struct functions_file, functions_file_release)

static struct err *finish_file(struct spaces *spaces, struct functions_file *file)
{
	struct err *e;

	if (!file->path)
		return NULL;
	symtab_finish(&file->functions, 0);
	e = spaces_know_functions(spaces, file->path, strlen(file->path), &file->id,
				  &file->functions);
	file->path = NULL;
	return e;
}

/* "dso <build-id or -> <path>" */
static void begin_file(struct functions_file *file, const char *line)
{
	const char *id = line + 4, *blank = strchr(id, ' ');

	symtab_release(&file->functions);
	file->path = NULL;
	if (blank && parse_id(id, (size_t)(blank - id), &file->id) && blank[1])
		file->path = blank + 1;
}

/* "<start hex> <end hex> <name>" */
static struct err *add_function(struct functions_file *file, const char *line)
{
	char *at;
	uint64_t start = strtoull(line, &at, 16), end;

	if (at == line || *at != ' ' || !file->path)
		return NULL;
	line = at + 1;
	end = strtoull(line, &at, 16);
	if (at == line || *at != ' ' || end <= start || !at[1])
		return NULL;
	return symtab_add(&file->functions, start, end, SYMBOL_GLOBAL, 0, at + 1, strlen(at + 1));
}

static struct err *read_functions(struct perfdata *perfdata, struct spaces *spaces)
{
	guard(functions_file) struct functions_file file = { .functions = SYMTAB_INIT };
	autofree char *text = NULL;
	char *line, *rest;
	struct err *e;
	size_t len;

	if (!perfdata_is_ours(perfdata) ||
	    !perfdata_has_section(perfdata, PERFDATA_SECTION_USER_SYMBOLS))
		return NULL;
	e = perfdata_section_read(perfdata, PERFDATA_SECTION_USER_SYMBOLS, &text, &len);
	rest = text;
	while (!e && (line = strsep(&rest, "\n"))) {
		if (strncmp(line, "dso ", 4) != 0) {
			e = add_function(&file, line);
			continue;
		}
		e = finish_file(spaces, &file);
		begin_file(&file, line);
	}
	return e ? e : finish_file(spaces, &file);
}

struct err *stored_kernel_build(struct perfdata *perfdata, struct build_id *ret_id)
{
	autofree char *text = NULL;
	struct err *e;

	*ret_id = (struct build_id){ .len = 0 };
	e = perfdata_line(perfdata, PERFDATA_SECTION_HOST, "kernel_build_id", &text);
	if (!e && text && parse_id(text, strlen(text), ret_id))
		return NULL;
	return e ? e : each_build(perfdata, take_kernel, ret_id);
}

struct err *stored_read(struct perfdata *perfdata, struct spaces *spaces)
{
	struct err *e = each_build(perfdata, know_build, spaces);

	return e ? e : read_functions(perfdata, spaces);
}
