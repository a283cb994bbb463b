// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/gfp.h"

#include <inttypes.h>
#include <string.h>

#include "util/base/macros.h"

/* perf's letters (builtin-kmem.c) but where two flags shared them, and flags it does not know. */
static const struct {
	const char *name;
	const char *letters;
} pairs[] = {
	{ "GFP_TRANSHUGE", "THP" },
	{ "GFP_TRANSHUGE_LIGHT", "THL" },
	{ "GFP_HIGHUSER_MOVABLE", "HUM" },
	{ "GFP_HIGHUSER", "HU" },
	{ "GFP_USER", "U" },
	{ "GFP_KERNEL_ACCOUNT", "KAC" },
	{ "GFP_KERNEL", "K" },
	{ "GFP_NOFS", "NF" },
	{ "GFP_ATOMIC", "A" },
	{ "GFP_NOIO", "NI" },
	{ "GFP_NOWAIT", "NW" },
	{ "GFP_DMA", "D" },
	{ "GFP_DMA32", "D32" },
	{ "GFP_TEMPORARY", "TMP" },
	{ "__GFP_DMA", "_D" },
	{ "__GFP_DMA32", "_D32" },
	{ "__GFP_HIGHMEM", "HM" },
	{ "__GFP_HIGH", "H" },
	{ "__GFP_IO", "I" },
	{ "__GFP_FS", "F" },
	{ "__GFP_NOWARN", "NWR" },
	{ "__GFP_RETRY_MAYFAIL", "RMF" },
	{ "__GFP_REPEAT", "RPT" },
	{ "__GFP_NOFAIL", "NFL" },
	{ "__GFP_NORETRY", "NR" },
	{ "__GFP_COMP", "C" },
	{ "__GFP_ZERO", "Z" },
	{ "__GFP_NOMEMALLOC", "NMA" },
	{ "__GFP_MEMALLOC", "MA" },
	{ "__GFP_HARDWALL", "HW" },
	{ "__GFP_THISNODE", "TN" },
	{ "__GFP_RECLAIMABLE", "RC" },
	{ "__GFP_MOVABLE", "M" },
	{ "__GFP_ACCOUNT", "AC" },
	{ "__GFP_NOTRACK", "NT" },
	{ "__GFP_COLD", "CO" },
	{ "__GFP_WRITE", "WR" },
	{ "__GFP_OTHER_NODE", "ON" },
	{ "__GFP_ATOMIC", "AT" },
	{ "__GFP_RECLAIM", "R" },
	{ "__GFP_DIRECT_RECLAIM", "DR" },
	{ "__GFP_KSWAPD_RECLAIM", "KR" },
	{ "__GFP_ZEROTAGS", "ZT" },
	{ "__GFP_SKIP_ZERO", "SZ" },
	{ "__GFP_SKIP_KASAN", "SK" },
	{ "__GFP_SKIP_KASAN_POISON", "SKP" },
	{ "__GFP_SKIP_KASAN_UNPOISON", "SKU" },
	{ "__GFP_NOLOCKDEP", "NL" },
	{ "__GFP_NO_OBJ_EXT", "NOE" },
	{ "__GFP_CMA", "CMA" },
	{ "none", "-" },
};

const char *gfp_pair(size_t i, const char **ret_letters)
{
	if (i >= ARRAY_SIZE(pairs))
		return NULL;
	*ret_letters = pairs[i].letters;
	return pairs[i].name;
}

void gfp_names(const struct format *format, const uint8_t *raw, size_t raw_len, uint64_t value,
	       struct str *out)
{
	static const char key[] = "gfp_flags=";
	guard(str) struct str text = STR_INIT;
	const char *at;

	if (format_can_print(format))
		format_print(format, raw, raw_len, &text);
	at = strstr(text.s, key);
	if (!at) {
		str_printf(out, "%#" PRIx64, value);
		return;
	}
	at += sizeof(key) - 1;
	str_add_bytes(out, at, strcspn(at, " "));
}

static void add_letters(const char *name, size_t len, struct str *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (!strncmp(pairs[i].name, name, len) && !pairs[i].name[len]) {
			str_add(out, pairs[i].letters);
			return;
		}
	}
	str_add_bytes(out, name, len);
}

void gfp_letters(const char *names, struct str *out)
{
	while (*names) {
		size_t len = strcspn(names, "|");

		add_letters(names, len, out);
		names += len;
		if (*names == '|') {
			str_add_char(out, '|');
			names++;
		}
	}
}
