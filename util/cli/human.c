// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/human.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "util/base/clock.h"
#include "util/base/macros.h"

enum { S_PER_MIN = 60, S_PER_H = 60 * S_PER_MIN, S_PER_D = 24 * S_PER_H };

printf_like(1, 2) static struct human human_printf(const char *fmt, ...)
{
	struct human human = { "" };
	va_list args;

	va_start(args, fmt);
	vsnprintf(human.text, sizeof(human.text), fmt, args);
	va_end(args);
	return human;
}

static struct human size_with_suffix(double bytes, const char *suffix)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	int decimals = 0;
	size_t unit = 0;

	/* What would be rounded to 1024 is 1.00 of the next unit. */
	while (bytes >= 1023.5 && unit + 1 < ARRAY_SIZE(units)) {
		bytes /= 1024;
		unit++;
	}
	/* Three digits, four below the next unit; 9.995 would be printed as 10.00. */
	if (unit && bytes < 99.95)
		decimals = bytes < 9.995 ? 2 : 1;
	return human_printf("%.*f %s%s", decimals, bytes, units[unit], suffix);
}

struct human human_size(uint64_t bytes)
{
	return size_with_suffix((double)bytes, "");
}

struct human human_rate(uint64_t bytes, uint64_t ns)
{
	if (!ns)
		return (struct human){ "-" };
	return size_with_suffix((double)bytes / (double)ns * (double)NS_PER_S, "/s");
}

struct human human_count(uint64_t count)
{
	struct human human = { "" };
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

	if (ns < NS_PER_US)
		return human_printf("%" PRIu64 " ns", ns);
	if (ns < NS_PER_MS - NS_PER_US / 20)
		return human_printf("%.1f us", (double)ns / NS_PER_US);
	if (ns < NS_PER_S - NS_PER_MS / 20)
		return human_printf("%.1f ms", (double)ns / NS_PER_MS);
	if (ms < S_PER_MIN * 1000)
		return human_printf("%" PRIu64 ".%03" PRIu64 " s", ms / 1000, ms % 1000);
	if (s < S_PER_H)
		return human_printf("%" PRIu64 " min %02" PRIu64 " s", s / S_PER_MIN,
				    s % S_PER_MIN);
	if (s < S_PER_D)
		return human_printf("%" PRIu64 " h %02" PRIu64 " min", s / S_PER_H,
				    s % S_PER_H / S_PER_MIN);
	return human_printf("%" PRIu64 " d %02" PRIu64 " h", s / S_PER_D, s % S_PER_D / S_PER_H);
}

struct human human_clock(uint64_t seconds)
{
	uint64_t h = seconds / S_PER_H;
	uint64_t min = seconds % S_PER_H / S_PER_MIN;
	uint64_t s = seconds % S_PER_MIN;

	if (h)
		return human_printf("%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, h, min, s);
	return human_printf("%" PRIu64 ":%02" PRIu64, min, s);
}

struct human human_percent(uint64_t part, uint64_t whole)
{
	uint64_t thousandths;

	if (!whole)
		return (struct human){ "-" };
	thousandths = (uint64_t)((unsigned __int128)part * 1000 / whole);
	return human_printf("%" PRIu64 ".%" PRIu64 "%%", thousandths / 10, thousandths % 10);
}
