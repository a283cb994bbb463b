// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/human.h"

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

enum { S_PER_MIN = 60, S_PER_H = 60 * S_PER_MIN, S_PER_D = 24 * S_PER_H };

static struct human size_with_suffix(double bytes, const char *suffix)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	struct human human;
	size_t unit = 0;

	/* What would be rounded to 1024 is 1.00 of the next unit. */
	while (bytes >= (unit ? 1023.5 : 1024) && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	/* Three digits, four below the next unit; 9.995 is printed as 10.0. */
	snprintf(human.text, sizeof(human.text), "%.*f %s%s",
		 !unit || bytes >= 99.95 ? 0
		 : bytes >= 9.995	 ? 1
					 : 2,
		 bytes, units[unit], suffix);
	return human;
}

struct human human_size(uint64_t bytes)
{
	return size_with_suffix((double)bytes, "");
}

struct human human_rate(uint64_t bytes, uint64_t ns)
{
	if (!ns)
		return (struct human){ "-" };
	/* Bytes per second below 1024 are whole ones. */
	return size_with_suffix((double)bytes / (double)ns * (double)NS_PER_S, "/s");
}

struct human human_count(uint64_t count)
{
	struct human human;
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *to = human.text;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return human;
}

struct human human_duration(uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS >= NS_PER_MS / 2);
	uint64_t s = ns / NS_PER_S + (ns % NS_PER_S >= NS_PER_S / 2);
	struct human human;

	if (ns < NS_PER_US)
		snprintf(human.text, sizeof(human.text), "%" PRIu64 " ns", ns);
	else if (ns < NS_PER_MS - NS_PER_US / 20)
		snprintf(human.text, sizeof(human.text), "%.1f us", (double)ns / NS_PER_US);
	else if (ns < NS_PER_S - NS_PER_MS / 20)
		snprintf(human.text, sizeof(human.text), "%.1f ms", (double)ns / NS_PER_MS);
	else if (ms < S_PER_MIN * 1000)
		snprintf(human.text, sizeof(human.text), "%" PRIu64 ".%03" PRIu64 " s", ms / 1000,
			 ms % 1000);
	else if (s < S_PER_H)
		snprintf(human.text, sizeof(human.text), "%" PRIu64 " min %02" PRIu64 " s",
			 s / S_PER_MIN, s % S_PER_MIN);
	else if (s < S_PER_D)
		snprintf(human.text, sizeof(human.text), "%" PRIu64 " h %02" PRIu64 " min",
			 s / S_PER_H, s % S_PER_H / S_PER_MIN);
	else
		snprintf(human.text, sizeof(human.text), "%" PRIu64 " d %02" PRIu64 " h",
			 s / S_PER_D, s % S_PER_D / S_PER_H);
	return human;
}

struct human human_clock(uint64_t seconds)
{
	uint64_t h = seconds / S_PER_H, min = seconds % S_PER_H / S_PER_MIN,
		 s = seconds % S_PER_MIN;
	struct human human;

	if (h)
		snprintf(human.text, sizeof(human.text), "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, h,
			 min, s);
	else
		snprintf(human.text, sizeof(human.text), "%" PRIu64 ":%02" PRIu64, min, s);
	return human;
}

struct human human_percent(uint64_t part, uint64_t whole)
{
	struct human human;
	uint64_t thousandths;

	if (!whole)
		return (struct human){ "-" };
	thousandths = (uint64_t)((unsigned __int128)part * 1000 / whole);
	snprintf(human.text, sizeof(human.text), "%" PRIu64 ".%" PRIu64 "%%", thousandths / 10,
		 thousandths % 10);
	return human;
}
