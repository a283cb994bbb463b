// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as BTF, and what a filter asks of it. */
#include <assert.h>

#include "util/base/macros.h"
#include "util/btf/btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct err *take(void *context, const char *name, int64_t value)
{
	uint64_t *sum = context;

	*sum += (uint64_t)value + (uint8_t)name[0];
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const members[] = { "flags", "compound_head", "flags.f", "", "a.b.c" };
	struct btf *btf;
	struct err *e = btf_new(data, size, &btf);
	uint64_t sum = 0;

	if (e) {
		err_free(e);
		return 0;
	}
	err_free(btf_each_enumerator(btf, "pageflags", take, &sum));
	for (uint32_t type = 0; type < 64; type++) {
		struct btf_member member;

		err_free(btf_size(btf, type, &sum));
		err_free(btf_array_length(btf, type, &sum));
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			err_free(btf_member(btf, type, members[i], &member));
	}
	e = btf_struct(btf, "page", &(uint32_t){ 0 });
	err_free(e);
	btf_free(btf);
	return 0;
}
