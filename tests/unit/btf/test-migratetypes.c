// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "tests/lib/fakebtf.h"
#include "util/btf/migratetypes.h"

static struct migratetypes names_of(const struct fakebtf_value *value, size_t nr)
{
	struct migratetypes types = { .name = { "" } };
	struct fakebtf fake;
	struct btf *btf;
	uint8_t *bytes;
	size_t len;

	fakebtf_init(&fake, ORDER_LITTLE);
	fakebtf_enum(&fake, FAKEBTF_ENUM, "migratetype", value, nr);
	bytes = fakebtf_bytes(&fake, &len);
	expect_ok(btf_new(bytes, len, &btf));
	btf_migratetypes(btf, &types);
	btf_free(btf);
	free(bytes);
	fakebtf_release(&fake);
	return types;
}

static void types_are_spelled_as_in_pagetypeinfo(void **state)
{
	const struct fakebtf_value value[] = {
		{ "MIGRATE_UNMOVABLE", 0 },   { "MIGRATE_MOVABLE", 1 },
		{ "MIGRATE_RECLAIMABLE", 2 }, { "MIGRATE_PCPTYPES", 3 },
		{ "MIGRATE_HIGHATOMIC", 3 },  { "MIGRATE_CMA", 4 },
		{ "MIGRATE_ISOLATE", 5 },     { "MIGRATE_TYPES", 6 },
	};
	static const char *const wanted[] = { "Unmovable",  "Movable", "Reclaimable",
					      "HighAtomic", "CMA",     "Isolate" };
	struct migratetypes types = names_of(value, ARRAY_SIZE(value));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_string_equal(migratetype_name(&types, i), wanted[i]);
	assert_null(migratetype_name(&types, 6));
}

static void what_is_no_name_or_no_type_is_left_alone(void **state)
{
	const struct fakebtf_value value[] = {
		{ "MIGRATE_\033[31m", 0 }, { "SOMETHING_ELSE", 1 },
		{ "MIGRATE_", 2 },	   { "MIGRATE_FAR", 1000 },
		{ "MIGRATE_BEFORE", -1 },  { "MIGRATE_A_NAME_LONGER_THAN_ANY_THAT_THERE_IS", 3 },
	};
	struct migratetypes types = names_of(value, ARRAY_SIZE(value));

	(void)state;
	for (uint64_t i = 0; i < MIGRATETYPES_MAX; i++)
		assert_null(migratetype_name(&types, i));
	assert_null(migratetype_name(&types, 1000));
	assert_null(migratetype_name(&types, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_spelled_as_in_pagetypeinfo),
		cmocka_unit_test(what_is_no_name_or_no_type_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
