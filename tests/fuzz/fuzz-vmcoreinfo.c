// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as the text of VMCOREINFO, and the rules for struct pages that come of it, applied to
 * struct pages which are any bytes too: what stands behind a NUL in the input.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/kernel/pageclass.h"
#include "util/kernel/vmcoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRUCT_PAGE_MAX = 512, STRUCT_PAGES_MAX = 16 };

static void look_up(const struct vmcoreinfo *info)
{
	static const char *const names[] = { "PG_lru", "phys_base", "mem_section", "", "a)b" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t value;
		int64_t number;

		err_free(vmcoreinfo_symbol(info, names[i], &value));
		err_free(vmcoreinfo_unsigned(info, names[i], &value));
		err_free(vmcoreinfo_number(info, names[i], &number));
	}
	(void)vmcoreinfo_text(info, "OSRELEASE");
}

/* A copy of its own for each struct page, so that a read beyond it is seen. */
static void classify(const struct page_rules *rules, const uint8_t *bytes)
{
	size_t struct_size = (size_t)rules->page_struct_size;
	uint8_t *page = malloc(struct_size);
	uint8_t *next = malloc(struct_size);
	uint64_t head, count;
	enum page_class class;

	assert(page && next);
	memcpy(page, bytes, struct_size);
	memcpy(next, bytes + struct_size, struct_size);
	(void)page_is_poisoned(rules, page);
	(void)page_wants_next(rules, page);
	if (!page_is_tail(rules, page, 0, &head)) {
		class = page_classify(rules, page, next, 0, &count);
		assert(class < PAGE_CLASSES_NR);
		assert(count && (count == 1 || class == PAGE_FREE));
		class = page_classify(rules, page, NULL, 3, &count);
		assert(count == 1);
	}
	free(page);
	free(next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t pages[STRUCT_PAGE_MAX * (STRUCT_PAGES_MAX + 1)];
	const uint8_t *nul = memchr(data, 0, size);
	size_t text_size = nul ? (size_t)(nul - data) : size;
	size_t rest = size - text_size;
	struct vmcoreinfo *info = NULL;
	struct page_rules rules;
	struct layout layout;
	struct notes notes = NOTES_INIT;
	struct err *e = vmcoreinfo_parse((const char *)data, text_size, &info);

	assert(!e);
	look_up(info);
	layout = layout_init(info);
	e = page_rules_init(&rules, &layout, ORDER_LITTLE, &notes);
	if (!e) {
		assert(rules.page_struct_size <= STRUCT_PAGE_MAX);
		memset(pages, 0, sizeof(pages));
		memcpy(pages, data + text_size, MIN(rest, sizeof(pages)));
		for (size_t i = 0; i < STRUCT_PAGES_MAX; i++)
			classify(&rules, pages + i * rules.page_struct_size);
	}
	err_free(e);
	notes_release(&notes);
	vmcoreinfo_free(info);
	return 0;
}
