// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/pressure.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/io.h"
#include "util/base/macros.h"

enum { TEXT_MAX_BYTES = 1 << 20, LINES_MAX = 2 };

/* PSI has microseconds, the others numbers. */
enum place { NOWHERE, PSI, STAT, EVENTS, PLACES_NR };

static const char *const file_of[][PLACES_NR] = {
	[PRESSURE_OF_MACHINE] = { [PSI] = "pressure/memory", [STAT] = "vmstat" },
	[PRESSURE_OF_CGROUP] = { [PSI] = "memory.pressure",
				 [STAT] = "memory.stat",
				 [EVENTS] = "memory.events" },
};

/*
 * A number is the sum of lines, all of which must be there; "x_*" is every line that begins so, at
 * least one.
 */
struct told {
	enum place place;
	const char *line[LINES_MAX];
};

/*
 * pgscan of the machine is that of anonymous and of file pages (5.8): who reclaims has become more
 * of over the years (kswapd, direct, khugepaged, proactive).
 */
static const struct {
	const char *key;
	struct told machine, cgroup;
} values[PRESSURE_NR] = {
	[PRESSURE_SOME_NS] = { "some_ns", { PSI, { "some" } }, { PSI, { "some" } } },
	[PRESSURE_FULL_NS] = { "full_ns", { PSI, { "full" } }, { PSI, { "full" } } },
	[PRESSURE_PGSCAN] = { "pgscan",
			      { STAT, { "pgscan_anon", "pgscan_file" } },
			      { STAT, { "pgscan" } } },
	[PRESSURE_PGSCAN_DIRECT] = { "pgscan_direct",
				     { STAT, { "pgscan_direct" } },
				     { STAT, { "pgscan_direct" } } },
	[PRESSURE_PGSTEAL] = { "pgsteal",
			       { STAT, { "pgsteal_anon", "pgsteal_file" } },
			       { STAT, { "pgsteal" } } },
	[PRESSURE_PGSTEAL_DIRECT] = { "pgsteal_direct",
				      { STAT, { "pgsteal_direct" } },
				      { STAT, { "pgsteal_direct" } } },
	[PRESSURE_REFAULT] = { "workingset_refault",
			       { STAT, { "workingset_refault_anon", "workingset_refault_file" } },
			       { STAT, { "workingset_refault_anon", "workingset_refault_file" } } },
	[PRESSURE_ALLOCSTALL] = { "allocstall",
				  { STAT, { "allocstall_*" } },
				  { NOWHERE, { NULL } } },
	[PRESSURE_COMPACT_STALL] = { "compact_stall",
				     { STAT, { "compact_stall" } },
				     { NOWHERE, { NULL } } },
	[PRESSURE_PSWPIN] = { "pswpin", { STAT, { "pswpin" } }, { STAT, { "pswpin" } } },
	[PRESSURE_PSWPOUT] = { "pswpout", { STAT, { "pswpout" } }, { STAT, { "pswpout" } } },
	[PRESSURE_OOM_KILL] = { "oom_kill", { STAT, { "oom_kill" } }, { EVENTS, { "oom_kill" } } },
};

const char *pressure_key(enum pressure_value value)
{
	return values[value].key;
}

bool pressure_known(const struct stat_pressure *pressure, enum pressure_value value)
{
	return pressure->known >> value & 1;
}

/* Is the line called that; where does what it says begin? */
static const char *behind_name(const char *line, const char *name)
{
	size_t len = strlen(name);
	bool any_end = len && name[len - 1] == '*';

	if (any_end)
		len--;
	if (strncmp(line, name, len) != 0)
		return NULL;
	line += any_end ? len + strcspn(line + len, " \n") : len;
	return *line == ' ' ? line + 1 : NULL;
}

/* "12", or "avg10=0.00 avg60=0.00 avg300=0.00 total=12": the microseconds as ns. */
static bool add_number(const char *text, enum place place, uint64_t *sum)
{
	uint64_t number;
	char *end;

	if (place == PSI) {
		const char *total = strstr(text, "total=");

		if (!total || total > text + strcspn(text, "\n"))
			return false;
		text = total + strlen("total=");
	}
	if (*text < '0' || *text > '9')
		return false;
	number = strtoull(text, &end, 10);
	*sum += place == PSI ? 1000 * number : number;
	return *end == '\n' || !*end;
}

static bool add_lines(const char *text, const char *name, enum place place, uint64_t *sum)
{
	bool found = false;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *said;

		line += *line == '\n';
		said = behind_name(line, name);
		if (said && !add_number(said, place, sum))
			return false;
		found |= said != NULL;
	}
	return found;
}

static bool find(const struct told *told, char *const text[PLACES_NR], uint64_t *ret_value)
{
	uint64_t sum = 0;

	if (!text[told->place])
		return false;
	for (size_t i = 0; i < LINES_MAX && told->line[i]; i++)
		if (!add_lines(text[told->place], told->line[i], told->place, &sum))
			return false;
	*ret_value = sum;
	return true;
}

struct stat_pressure pressure_now(enum pressure_of of, int dir_fd)
{
	struct stat_pressure now = { .of = of };
	char *text[PLACES_NR] = { NULL };

	if (of == PRESSURE_NOT_ASKED)
		return now;
	for (size_t place = 0; place < PLACES_NR; place++) {
		size_t len;

		if (file_of[of][place])
			err_free(io_read_file(dir_fd, file_of[of][place], TEXT_MAX_BYTES,
					      &text[place], &len));
	}
	for (size_t i = 0; i < PRESSURE_NR; i++) {
		const struct told *told =
			of == PRESSURE_OF_CGROUP ? &values[i].cgroup : &values[i].machine;

		if (find(told, text, &now.value[i]))
			now.known |= 1u << i;
	}
	for (size_t place = 0; place < PLACES_NR; place++)
		free(text[place]);
	return now;
}

struct stat_pressure pressure_between(const struct stat_pressure *before,
				      const struct stat_pressure *after)
{
	struct stat_pressure between = { .of = after->of };

	for (size_t i = 0; i < PRESSURE_NR; i++) {
		if (!(before->known & after->known & 1u << i) || after->value[i] < before->value[i])
			continue;
		between.known |= 1u << i;
		between.value[i] = after->value[i] - before->value[i];
	}
	return between;
}
