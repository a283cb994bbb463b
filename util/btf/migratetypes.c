// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/migratetypes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/io.h"

enum { BTF_BYTES_MAX = 256 << 20 };

/* The enumerator without MIGRATE_; NULL: it names no type. */
static const char *type_of(const char *enumerator)
{
	static const char prefix[] = "MIGRATE_";

	/*
	 * MIGRATE_PCPTYPES is a count; the type of that number follows it with a name of its own.
	 */
	if (strncmp(enumerator, prefix, strlen(prefix)) != 0 ||
	    !strcmp(enumerator, "MIGRATE_PCPTYPES") || !strcmp(enumerator, "MIGRATE_TYPES"))
		return NULL;
	return enumerator + strlen(prefix);
}

static struct err *add_line(void *context, const char *enumerator, int64_t value)
{
	struct str *lines = context;
	const char *name = type_of(enumerator);

	if (name)
		str_printf(lines, "%" PRId64 " %s\n", value, name);
	return NULL;
}

/*
 * migratetype_names[] in mm/page_alloc.c (mm/show_mem.c since 6.6). What has other characters in it
 * is no name of the kernel's.
 */
static void spell(const char *name, char *out)
{
	bool as_it_is = !strcmp(name, "CMA") || !strcmp(name, "HIGHATOMIC");

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			return;
	snprintf(out, MIGRATETYPE_NAME_MAX, "%s",
		 strcmp(name, "HIGHATOMIC") == 0 ? "HighAtomic" : name);
	for (char *c = out; !as_it_is && *c && *++c;)
		*c = (char)tolower((unsigned char)*c);
}

static struct err *take_name(void *context, const char *enumerator, int64_t value)
{
	struct migratetypes *types = context;
	const char *name = type_of(enumerator);

	if (name && value >= 0 && value < MIGRATETYPES_MAX && !types->name[value][0])
		spell(name, types->name[value]);
	return NULL;
}

void btf_migratetypes(const struct btf *btf, struct migratetypes *types)
{
	err_free(btf_each_enumerator(btf, "migratetype", take_name, types));
}

const char *migratetype_name(const struct migratetypes *types, uint64_t type)
{
	return type < MIGRATETYPES_MAX && types->name[type][0] ? types->name[type] : NULL;
}

struct err *btf_running_migratetypes(struct str *lines)
{
	guard(btf) struct btf *btf = NULL;
	autofree char *bytes = NULL;
	struct err *err;
	size_t len;

	err = io_read_file(-1, "/sys/kernel/btf/vmlinux", BTF_BYTES_MAX, &bytes, &len);
	if (!err)
		err = btf_new((const uint8_t *)bytes, len, &btf);
	if (!err)
		err = btf_each_enumerator(btf, "migratetype", add_line, lines);
	return err;
}
