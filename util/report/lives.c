// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/lives.h"

#include <inttypes.h>
#include <stddef.h>

#include "util/base/macros.h"
#include "util/cli/human.h"

static uint64_t since_first(const struct lives_peak *peak)
{
	return peak->at_ns > peak->first_ns ? peak->at_ns - peak->first_ns : 0;
}

/* The samples of some recorders have no time, which is later than any. */
static bool has_moment(const struct lives_peak *peak)
{
	return peak->at_ns <= peak->last_ns;
}

void lives_add_moment(struct str *out, const struct lives_peak *peak, int digits)
{
	if (!has_moment(peak)) {
		str_add(out, "at a time that is not recorded");
		return;
	}
	str_printf(out, "at %.*f s of %.*f s", digits, (double)since_first(peak) / 1e9, digits,
		   (double)(peak->last_ns - peak->first_ns) / 1e9);
}

void lives_peak_json(const struct lives_peak *peak, struct json *json)
{
	json_u64(json, "peak_bytes", peak->bytes);
	json_u64_if(json, "peak_time_ns", has_moment(peak), since_first(peak));
	json_u64_if(json, "duration_ns", has_moment(peak), peak->last_ns - peak->first_ns);
}

unsigned int lives_slot(uint64_t life_ns)
{
	return life_ns ? 63 - (unsigned int)__builtin_clzll(life_ns) : 0;
}

void lives_show(const uint64_t slot[LIVES_SLOTS], FILE *out)
{
	uint64_t most = 1;
	size_t first = LIVES_SLOTS, last = 0;

	for (size_t i = 0; i < LIVES_SLOTS; i++) {
		if (!slot[i])
			continue;
		most = MAX(most, slot[i]);
		first = MIN(first, i);
		last = i;
	}
	fprintf(out, "\nLifetime, from allocation to free\n");
	for (size_t i = first; i <= last && first < LIVES_SLOTS; i++) {
		int bar = (int)((double)slot[i] / (double)most * 40);

		fprintf(out, "  < %9s %12" PRIu64 " %.*s\n",
			human_duration(i < 63 ? UINT64_C(2) << i : UINT64_MAX).text, slot[i], bar,
			"****************************************");
	}
}

void lives_show_json(const uint64_t slot[LIVES_SLOTS], struct json *json)
{
	json_array(json, "lifetime");
	for (size_t i = 0; i < LIVES_SLOTS; i++) {
		if (!slot[i])
			continue;
		json_object(json, NULL);
		json_u64(json, "from_ns", i ? UINT64_C(1) << i : 0);
		json_u64(json, "hits", slot[i]);
		json_end(json);
	}
	json_end(json);
}

unsigned int lives_growth(const uint64_t live_bytes_at[LIVES_QUARTERS])
{
	unsigned int growth = live_bytes_at[0] > 0;

	for (size_t i = 1; i < LIVES_QUARTERS; i++)
		growth += live_bytes_at[i] > live_bytes_at[i - 1];
	return growth;
}
