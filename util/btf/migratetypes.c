// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/migratetypes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/io.h"
#include "util/btf/btf.h"

enum { BTF_BYTES_MAX = 256 << 20 };

static struct err *add_migratetype(void *context, const char *name, int64_t value)
{
	static const char prefix[] = "MIGRATE_";
	struct str *lines = context;

	/* MIGRATE_PCPTYPES is a count; the type of that number follows it with a name of its own. */
	if (!strncmp(name, prefix, strlen(prefix)) && strcmp(name, "MIGRATE_PCPTYPES") &&
	    strcmp(name, "MIGRATE_TYPES"))
		str_printf(lines, "%" PRId64 " %s\n", value, name + strlen(prefix));
	return NULL;
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
		err = btf_each_enumerator(btf, "migratetype", add_migratetype, lines);
	return err;
}
