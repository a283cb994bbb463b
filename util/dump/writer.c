// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/writer.h"

#include <string.h>

#include "util/dump/elf.h"
#include "util/dump/kdump.h"
#include "util/dump/split.h"

static const struct writer_ops *const writers[] = {
	&writer_kdump,
	&writer_split,
	&writer_elf,
};

const struct writer_ops *writer_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		if (strcmp(writers[i]->name, name) == 0)
			return writers[i];
	return NULL;
}

struct err *writer_mark_incomplete(struct sink *sink)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		struct err *e = NULL;

		if (writers[i]->mark_incomplete)
			e = writers[i]->mark_incomplete(sink);
		if (e)
			return e;
	}
	return NULL;
}
