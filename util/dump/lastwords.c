// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/lastwords.h"

#include <string.h>

/* How the kernel begins to tell what it ran into: arch/<machine>/mm/fault.c, traps.c, lib/bug.c. */
static const char *const beginnings[] = {
	"BUG: ",
	"watchdog: BUG: ",
	"watchdog: Watchdog detected hard LOCKUP",
	"NMI watchdog: Watchdog detected hard LOCKUP",
	"kernel BUG at ",
	"Kernel BUG at ",
	"general protection fault",
	"divide error: ",
	"double fault: ",
	"traps: PANIC: double fault",
	"Unable to handle kernel ",
	"Unhandled fault: ",
};

/* What die() says, most often after one of those. */
static const char *const dyings[] = { "Oops: ", "Oops [#", "Oops - ", "Oops[#",
				      "Internal error: " };

/* The instruction: x86, arm64, riscv, ppc, s390, loongarch. */
static const char *const places[] = {
	"RIP: ", "pc : ", "epc : ", "NIP [", "Krnl PSW : ", "  ERA: "
};

static const char *const panics[] = { "Kernel panic - not syncing: " };

/* Loongarch has "CPU 1 Unable to handle kernel ...". */
static size_t cpu_prefix_len(const struct printk_record *record)
{
	static const char prefix[] = "CPU ";
	size_t len = sizeof(prefix) - 1;

	if (record->len < len || memcmp(record->text, prefix, len) != 0)
		return 0;
	while (len < record->len && record->text[len] >= '0' && record->text[len] <= '9')
		len++;
	return len < record->len && record->text[len] == ' ' ? len + 1 : 0;
}

static bool begins(const struct printk_record *record, const char *const *with, size_t nr)
{
	size_t skip = cpu_prefix_len(record);

	for (size_t i = 0; i < nr; i++) {
		size_t len = strlen(with[i]);

		if (record->len - skip >= len && memcmp(record->text + skip, with[i], len) == 0)
			return true;
	}
	return false;
}

/* The first line of it. */
static void keep(struct last_line *line, const struct printk_record *record)
{
	const char *end = memchr(record->text, '\n', record->len);
	size_t len = end ? (size_t)(end - record->text) : record->len;

	len = MIN(len, sizeof(line->text) - 1);
	line->ts_nsec = record->ts_nsec;
	memcpy(line->text, record->text, len);
	line->text[len] = '\0';
}

struct err *last_words_add(void *ctx, const struct printk_record *record)
{
	struct last_words *words = ctx;
	bool told = words->oops.text[0] && !words->where.text[0];

	words->uptime_ns = MAX(words->uptime_ns, record->ts_nsec);
	if (begins(record, panics, ARRAY_SIZE(panics))) {
		keep(&words->panic, record);
	} else if (begins(record, beginnings, ARRAY_SIZE(beginnings)) ||
		   (begins(record, dyings, ARRAY_SIZE(dyings)) && !told)) {
		keep(&words->oops, record);
		words->where = (struct last_line){ .ts_nsec = 0 };
	} else if (told && begins(record, places, ARRAY_SIZE(places))) {
		keep(&words->where, record);
	}
	return NULL;
}

void last_words_read(struct image *image, struct last_words *ret_words)
{
	guard(kernel) struct kernel *kernel = NULL;
	struct printk_summary summary;
	struct err *e;

	*ret_words = (struct last_words){ .uptime_ns = 0 };
	/* It would be searched for in all of the memory. */
	if (!image->vmcoreinfo)
		return;
	e = kernel_new(image, NULL, &kernel);
	if (!e) {
		uts_copy(kernel->uts, UTS_NODE, ret_words->host);
		uts_copy(kernel->uts, UTS_VERSION, ret_words->version);
	}
	if (!e && kernel->translates)
		e = printk_walk(&kernel->vtop, kernel->info, last_words_add, ret_words, &summary);
	err_free(e);
}
