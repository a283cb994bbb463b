// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/toolnote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "util/kernel/vmcoreinfo.h"

enum {
	HEADER_BYTES = 12,
	NAME_BYTES = 8, /* padded to four */
	TEXT_AT = HEADER_BYTES + NAME_BYTES,
	TEXT_BYTES = TOOLNOTE_BYTES - TEXT_AT,
};

static const char name[] = "VMTOOL";

/* The numbers of the note, and where they stand in what was read of it. */
static const struct number {
	const char *key;
	size_t offset;
} numbers[] = {
	{ "LEVEL", offsetof(struct toolnote, level) },
	{ "LEVEL_EFFECTIVE", offsetof(struct toolnote, level_effective) },
	{ "LEVEL_BEFORE", offsetof(struct toolnote, level_before) },
	{ "PAGES_MEMORY", offsetof(struct toolnote, counts.ram) },
	{ "PAGES_MISSING", offsetof(struct toolnote, counts.missing) },
	{ "PAGES_KEPT", offsetof(struct toolnote, counts.kept) },
	{ "PAGES_POISONED", offsetof(struct toolnote, counts.dropped_poisoned) },
	{ "PAGES_ZERO", offsetof(struct toolnote, zero_pages) },
	{ "PAGES_ZERO_LEFT_OUT", offsetof(struct toolnote, zero_left_out) },
	{ "PAGES_UNREADABLE", offsetof(struct toolnote, unreadable) },
	{ "STRUCT_PAGES_UNREADABLE", offsetof(struct toolnote, struct_pages_unreadable) },
};

static uint64_t *number_of(const struct toolnote *note, const struct number *number)
{
	return (uint64_t *)((char *)note + number->offset);
}

static void print_text(FILE *out, const struct toolnote *note)
{
	fprintf(out, "VERSION=%s\nCODEC=%s\n", note->version, note->codec);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		fprintf(out, "%s=%" PRIu64 "\n", numbers[i].key, *number_of(note, &numbers[i]));
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		const char *class = page_class_name((enum page_class)i);

		fprintf(out, "CLASS(%s)=%" PRIu64 "\nLEFT_OUT(%s)=%" PRIu64 "\n", class,
			note->counts.class[i], class, note -> counts.dropped[i]);
	}
}

static void describe(const struct codec *codec, const struct dump_report *report,
		     struct toolnote *note)
{
	*note = (struct toolnote){
		.level = report->level,
		.level_effective = report->level_effective,
		.level_before = report->level_before,
		.counts = report->counts,
		.zero_pages = report->zero_pages,
		.zero_left_out = report->dropped_zero,
		.unreadable = report->unreadable,
		.struct_pages_unreadable = report->struct_pages_unreadable,
	};
	snprintf(note->version, sizeof(note->version), "%s", VMTOOL_VERSION);
	if (codec)
		snprintf(note->codec, sizeof(note->codec), "%s (%s)", codec->name, codec->engine);
	else
		snprintf(note->codec, sizeof(note->codec), "none");
}

void toolnote_make(const struct codec *codec, const struct dump_report *report,
		   enum byte_order order, uint8_t note[TOOLNOTE_BYTES])
{
	char text[TEXT_BYTES] = { 0 };
	struct toolnote described;
	FILE *out = fmemopen(text, sizeof(text), "w");

	memset(note, 0, TOOLNOTE_BYTES);
	store_u32(note, sizeof(name), order);
	store_u32(note + 4, TEXT_BYTES, order);
	store_u32(note + 8, TOOLNOTE_TYPE, order);
	memcpy(note + HEADER_BYTES, name, sizeof(name));
	if (!out)
		return;
	describe(codec, report, &described);
	print_text(out, &described);
	fclose(out);
	memcpy(note + TEXT_AT, text, sizeof(text));
}

static void read_number(const struct vmcoreinfo *info, const char *key, uint64_t *value)
{
	struct err *e = vmcoreinfo_unsigned(info, key, value);

	if (e)
		*value = 0;
	err_free(e);
}

static void read_text(const struct vmcoreinfo *info, const char *key, char *text, size_t len)
{
	const char *value = vmcoreinfo_text(info, key);

	snprintf(text, len, "%s", value ? value : "");
}

struct err *toolnote_read(const char *text, struct toolnote *ret_note)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	struct toolnote note = { .level = 0 };
	struct err *e = vmcoreinfo_parse(text, strlen(text), &info);

	if (e)
		return e;
	read_text(info, "VERSION", note.version, sizeof(note.version));
	read_text(info, "CODEC", note.codec, sizeof(note.codec));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		read_number(info, numbers[i].key, number_of(&note, &numbers[i]));
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		char key[64];

		snprintf(key, sizeof(key), "CLASS(%s)", page_class_name((enum page_class)i));
		read_number(info, key, &note.counts.class[i]);
		snprintf(key, sizeof(key), "LEFT_OUT(%s)", page_class_name((enum page_class)i));
		read_number(info, key, &note.counts.dropped[i]);
	}
	*ret_note = note;
	return NULL;
}
