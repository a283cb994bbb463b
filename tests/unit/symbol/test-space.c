// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/symbol/space.h"

static struct user_place place_of(struct spaces *spaces, uint32_t pid, uint64_t address)
{
	struct user_place place;

	assert_null(spaces_find(spaces, pid, address, &place));
	return place;
}

static void map(struct spaces *spaces, uint32_t pid, uint64_t start, uint64_t len, uint64_t offset,
		const char *path)
{
	assert_null(spaces_map(spaces, pid, start, len, offset, path, strlen(path), NULL));
}

static void a_newer_mapping_takes_the_place_of_older_ones(void **state)
{
	guard(spaces) struct spaces *spaces = NULL;

	assert_null(spaces_new(NULL, &spaces));
	map(spaces, 1, 0x1000, 0x9000, 0x10000, "/nowhere/old");
	map(spaces, 1, 0x4000, 0x2000, 0, "/nowhere/new");
	assert_string_equal(place_of(spaces, 1, 0x3fff).dso, "/nowhere/old");
	assert_int_equal(place_of(spaces, 1, 0x3fff).address, 0x12fff);
	assert_string_equal(place_of(spaces, 1, 0x4000).dso, "/nowhere/new");
	assert_int_equal(place_of(spaces, 1, 0x5fff).address, 0x1fff);
	assert_string_equal(place_of(spaces, 1, 0x6000).dso, "/nowhere/old");
	assert_int_equal(place_of(spaces, 1, 0x6000).address, 0x15000);
	assert_null(place_of(spaces, 1, 0xa000).dso);
	assert_null(place_of(spaces, 2, 0x4000).dso);
	(void)state;
}

static void a_child_has_the_mappings_of_its_parent_until_it_changes_them(void **state)
{
	guard(spaces) struct spaces *spaces = NULL;

	assert_null(spaces_new(NULL, &spaces));
	map(spaces, 1, 0x1000, 0x1000, 0, "/nowhere/parent");
	for (uint32_t pid = 2; pid < 200; pid++)
		assert_null(spaces_fork(spaces, pid - 1, pid));
	map(spaces, 2, 0x1000, 0x1000, 0, "/nowhere/child");
	assert_string_equal(place_of(spaces, 1, 0x1000).dso, "/nowhere/parent");
	assert_string_equal(place_of(spaces, 2, 0x1000).dso, "/nowhere/child");
	assert_string_equal(place_of(spaces, 199, 0x1000).dso, "/nowhere/parent");
	(void)state;
}

/* Ourselves, from what /proc says. */
static void functions_of_this_program_are_found(void **state)
{
	guard(spaces) struct spaces *spaces = NULL;
	uint64_t self = (uintptr_t)functions_of_this_program_are_found;
	autofclose FILE *maps = fopen("/proc/self/maps", "re");
	struct user_place place;
	char line[512];

	assert_null(spaces_new(NULL, &spaces));
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end, offset;
		char path[256] = "";

		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %255s", &start, &end, &offset, path) >= 3)
			map(spaces, 1, start, end - start, offset, path);
	}
	place = place_of(spaces, 1, self + 4);
	assert_non_null(place.function);
	assert_string_equal(place.function, "functions_of_this_program_are_found");
	assert_int_equal(place.offset, 4);
	(void)state;
}

static void functions_made_at_run_time_are_found(void **state)
{
	guard(spaces) struct spaces *spaces = NULL;
	uint32_t pid = (uint32_t)getpid();
	autofclose FILE *jit = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/perf-%u.map", pid);
	jit = fopen(path, "we");
	assert_non_null(jit);
	fprintf(jit, "7f0000001000 40 first function\nnonsense\n7f0000001040 10 second\n");
	fflush(jit);
	assert_null(spaces_new(NULL, &spaces));
	map(spaces, pid, 0x7f0000000000, 0x10000, 0, "//anon");
	assert_string_equal(place_of(spaces, pid, 0x7f000000103f).function, "first function");
	assert_string_equal(place_of(spaces, pid, 0x7f0000001040).function, "second");
	assert_null(place_of(spaces, pid, 0x7f0000001050).function);
	unlink(path);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newer_mapping_takes_the_place_of_older_ones),
		cmocka_unit_test(a_child_has_the_mappings_of_its_parent_until_it_changes_them),
		cmocka_unit_test(functions_of_this_program_are_found),
		cmocka_unit_test(functions_made_at_run_time_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
