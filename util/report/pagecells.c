// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "util/report/gfp.h"
#include "util/report/pageshow.h"

const struct page_column page_column[PAGE_KEYS_NR] = {
	[PAGE_KEY_PAGE] = { "PFN", "pfn", false },
	[PAGE_KEY_ORDER] = { "Order", "order", false },
	[PAGE_KEY_MTYPE] = { "Mig.type", "migratetype", true },
	[PAGE_KEY_GFP] = { "GFP flags", "gfp", true },
	[PAGE_KEY_CALLSITE] = { "Callsite", "callsite", true },
	[PAGE_KEY_OWNER] = { "Owner", "owner", true },
	[PAGE_KEY_MODULE] = { "Module", "module", true },
	[PAGE_KEY_COMM] = { "Comm", "comm", true },
	[PAGE_KEY_PID] = { "PID", "pid", false },
	[PAGE_KEY_CGROUP] = { "Cgroup", "cgroup", true },
	[PAGE_KEY_NODE] = { "Node", "node", false },
	[PAGE_KEY_ZONE] = { "Zone", "zone", true },
};

void page_row_text(const struct page_analysis *pa, size_t row, enum page_key key, bool letters,
		   struct str *out)
{
	uint64_t value = page_row_key(pa, row, key);
	char buf[16];

	switch (key) {
	case PAGE_KEY_MTYPE:
		str_add(out, page_mtype_name(pa, value, buf));
		return;
	case PAGE_KEY_GFP:
		if (letters)
			gfp_letters(page_gfp_names(pa, value), out);
		else
			str_add(out, page_gfp_names(pa, value));
		return;
	case PAGE_KEY_CALLSITE:
	case PAGE_KEY_OWNER:
	case PAGE_KEY_MODULE:
	case PAGE_KEY_COMM:
	case PAGE_KEY_ZONE:
		str_add(out, value ? session_text(pa->session, (uint32_t)value) : "-");
		return;
	case PAGE_KEY_PID:
		str_printf(out, "%d", (int)(uint32_t)value);
		return;
	case PAGE_KEY_CGROUP:
	case PAGE_KEY_NODE:
		if (key == PAGE_KEY_CGROUP && session_cgroup(pa->session, value)) {
			str_add(out, session_cgroup(pa->session, value));
			return;
		}
		if (value == SAMPLE_NONE_U64) {
			str_add_char(out, '-');
			return;
		}
		break;
	default:
		break;
	}
	str_printf(out, "%" PRIu64, value);
}
