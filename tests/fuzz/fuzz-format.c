// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Raw bytes of samples, read and printed by formats of every kind of field: numbers, flags, arrays,
 * strings in place, strings and arrays elsewhere in the sample. The formats are good ones: what
 * libtraceevent makes of damaged text is found out in a child (util/perfdata/tracing.c).
 *
 * The first byte chooses the format.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/event/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELD(type_, offset_, size_, signed_)                                                      \
	"\tfield:" type_ ";\toffset:" #offset_ ";\tsize:" #size_ ";\tsigned:" #signed_ ";\n"
#define HEAD(name_, id_)                                                                           \
	"name: " name_ "\nID: " #id_ "\nformat:\n" FIELD("unsigned short common_type", 0, 2, 0)    \
		FIELD("unsigned char common_flags", 2, 1, 0)                                       \
			FIELD("unsigned char common_preempt_count", 3, 1, 0)                       \
				FIELD("int common_pid", 4, 4, 1) "\n"

static const char *const texts[] = {
	HEAD("numbers", 1) FIELD("unsigned long a", 8, 8, 0) FIELD("int b", 16, 4, 1)
		FIELD("unsigned long flags", 24, 8, 0) "\nprint fmt: \"a=%p b=%d f=%s k=%s\", "
						       "(void *)REC->a, REC->b, (REC->flags) ? "
						       "__print_flags(REC->flags, \"|\", {1UL, "
						       "\"ONE\"}, {2UL, \"TWO\"}) : \"none\", "
						       "__print_symbolic(REC->b, {0, \"zero\"}, "
						       "{1, \"one\"})\n",
	HEAD("texts", 2) FIELD("char comm[16]", 8, 16, 0) FIELD("__data_loc char[] name", 24, 4, 0)
		FIELD("__rel_loc char[] other", 28, 4, 0) "\nprint fmt: \"%s %s %s\", REC->comm, "
							  "__get_str(name), "
							  "__get_rel_str(other)\n",
	HEAD("arrays", 3) FIELD("__data_loc u8[] bytes", 8, 4, 0)
		FIELD("__data_loc unsigned long[] words", 12, 4, 0)
			FIELD("u8 mac[6]", 16, 6, 0) "\nprint fmt: \"%s %s %pM\", "
						     "__print_hex(__get_dynamic_array(bytes), "
						     "__get_dynamic_array_len(bytes)), "
						     "__print_array(__get_dynamic_array(words), 2, "
						     "8), REC->mac\n",
	HEAD("mask", 4) FIELD("__data_loc cpumask_t mask", 8, 4, 0) FIELD("u32 ip[4]", 12, 16, 0)
		FIELD("void * fn", 32, 8, 0) "\nprint fmt: \"%s %pI4 %pS\", "
					     "__get_cpumask(mask), REC->ip, REC->fn\n",
};

static void read_fields(const struct format *format, const uint8_t *raw, size_t raw_len)
{
	struct format_field field;
	const char *name;

	for (size_t i = 0; (name = format_field_name(format, i)); i++) {
		const char *text;
		uint64_t value;
		size_t len;

		if (!format_field(format, name, &field))
			continue;
		(void)format_value(&field, raw, raw_len, &value);
		if (format_text(&field, raw, raw_len, &text, &len))
			assert(text >= (const char *)raw &&
			       text + len <= (const char *)raw + raw_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct format *format[ARRAY_SIZE(texts)];
	static struct formats *formats;
	guard(str) struct str out = STR_INIT;
	const struct format *chosen;
	uint8_t *raw;

	if (!formats) {
		struct err *e = formats_new(&formats);

		for (size_t i = 0; i < ARRAY_SIZE(texts) && !e; i++)
			e = formats_add(formats, "fuzz", texts[i], strlen(texts[i]), &format[i]);
		assert(!e);
		err_free(e);
	}
	if (!size)
		return 0;
	/* On their own, so that what reads beyond them is seen. */
	raw = malloc(size);
	assert(raw);
	memcpy(raw, data + 1, size - 1);
	raw = realloc(raw, size - 1 + (size == 1));
	assert(raw);
	chosen = format[data[0] % ARRAY_SIZE(texts)];
	read_fields(chosen, raw, size - 1);
	format_print(chosen, raw, size - 1, &out);
	free(raw);
	return 0;
}
