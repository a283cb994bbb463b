/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes, times and shares as people read them. The one place that decides how they look:
 *
 *	fprintf(out, "%s in %s\n", human_size(bytes).text, human_duration(ns).text);
 *
 * The text lives to the end of the statement that asked for it.
 */
#ifndef VMTOOL_CLI_HUMAN_H
#define VMTOOL_CLI_HUMAN_H

#include <stdint.h>

struct human {
	char text[32];
};

/* "0 B", "1023 B", "1.25 GiB", "12.5 GiB", "125 GiB", "1023 GiB": powers of 1024, rounded. */
struct human human_size(uint64_t bytes);

/* "18,446,744,073,709,551,615" */
struct human human_count(uint64_t count);

/* "999 ns", "35.7 us", "12.0 ms", "1.234 s", "1 min 05 s", "3 h 02 min", "2 d 07 h": rounded. */
struct human human_duration(uint64_t ns);

/* A time to wait: "0:07", "12:34", "1:02:03". */
struct human human_clock(uint64_t seconds);

/* "412 MiB/s"; "-" when no time has passed. */
struct human human_rate(uint64_t bytes, uint64_t ns);

/* "42.1%", rounded down, so that "100.0%" says all and "0.0%" at most a thousandth; "-" of none. */
struct human human_percent(uint64_t part, uint64_t whole);

#endif
