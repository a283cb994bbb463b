// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/symbol/kallsyms.h"

static struct err *read_text(const char *text, struct symtab *ret_tab, uint64_t *ret_text)
{
	autoclose int fd = memfd_create("kallsyms", MFD_CLOEXEC);
	char path[40];

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return kallsyms_read(AT_FDCWD, path, ret_tab, ret_text);
}

static const char *name_at(const struct symtab *tab, uint64_t address)
{
	const struct symbol *symbol = symtab_find(tab, address);

	return symbol ? symtab_name(tab, symbol->name) : "nothing";
}

static void an_address_belongs_to_the_function_before_it(void **state)
{
	guard(symtab) struct symtab tab = SYMTAB_INIT;
	uint64_t text;

	assert_null(read_text("ffffffff81000000 T _text\n"
			      "ffffffff81000000 T startup_64\n"
			      "ffffffff81000100 t first\n"
			      "ffffffff81000180 r data\n"
			      "ffffffff81000200 W second\n"
			      "ffffffffc0000000 t in_module\t[ext4]\n"
			      "ffffffffc0000040 t other\t[ext4]\n",
			      &tab, &text));
	assert_int_equal(text, 0xffffffff81000000);
	assert_string_equal(name_at(&tab, 0xffffffff81000050), "startup_64");
	assert_string_equal(name_at(&tab, 0xffffffff81000100), "first");
	assert_string_equal(name_at(&tab, 0xffffffff810001ff), "first");
	assert_string_equal(name_at(&tab, 0xffffffff81000200), "second");
	assert_string_equal(name_at(&tab, 0xffffffff80ffffff), "nothing");
	assert_string_equal(name_at(&tab, 0xffffffffc0000041), "other");
	assert_string_equal(symtab_name(&tab, symtab_find(&tab, 0xffffffffc0000041)->module),
			    "ext4");
	(void)state;
}

static void the_last_of_the_kernel_does_not_reach_into_the_modules(void **state)
{
	guard(symtab) struct symtab tab = SYMTAB_INIT;
	uint64_t text;

	assert_null(read_text("ffffffff81000000 T _text\n"
			      "ffffffff83000100 D last\n"
			      "ffffffffc0000000 t in_module\t[ext4]\n"
			      "ffffffffc0100000 t in_another\t[xfs]\n",
			      &tab, &text));
	assert_string_equal(name_at(&tab, 0xffffffff82000000), "_text");
	assert_string_equal(name_at(&tab, 0xffffffff83001fff), "last");
	assert_string_equal(name_at(&tab, 0xffffffffbfffffff), "nothing");
	assert_string_equal(name_at(&tab, 0xffffffffc0000010), "in_module");
	assert_string_equal(name_at(&tab, 0xffffffffc0080000), "nothing");
	(void)state;
}

static void hidden_addresses_are_told_from_a_missing_file(void **state)
{
	struct symtab tab;
	uint64_t text;
	autoerr struct err *hidden = read_text("0000000000000000 T _text\n", &tab, &text);
	autoerr struct err *missing = kallsyms_read(AT_FDCWD, "/nowhere/kallsyms", &tab, &text);

	assert_int_equal(err_code(hidden), ERR_NODATA);
	assert_non_null(strstr(err_message(hidden), "kptr_restrict"));
	assert_int_equal(err_code(missing), ERR_SYS);
	(void)state;
}

static void stored_symbols_read_back(void **state)
{
	static const char text[] = "ffffffff81000100 ffffffff81000180 - first\n"
				   "ffffffff81000200 ffffffff81000210 - a name with spaces\n"
				   "not a line\n"
				   "ffffffffc0000000 ffffffffc0000010 ext4 in_module\n"
				   "ffffffffc0000020 ffffffffc0000030 ext4 cut off";
	guard(symtab) struct symtab tab = SYMTAB_INIT;

	assert_null(kallsyms_parse_stored(text, sizeof(text) - 1, &tab));
	assert_int_equal(tab.nr, 4);
	assert_string_equal(name_at(&tab, 0xffffffff8100017f), "first");
	assert_string_equal(name_at(&tab, 0xffffffff81000180), "nothing");
	assert_string_equal(name_at(&tab, 0xffffffff81000201), "a name with spaces");
	assert_string_equal(symtab_name(&tab, symtab_find(&tab, 0xffffffffc0000001)->module),
			    "ext4");
	(void)state;
}

static void of_several_names_the_one_perf_shows_is_kept(void **state)
{
	guard(symtab) struct symtab tab = SYMTAB_INIT;

	assert_null(symtab_add(&tab, 100, 200, SYMBOL_WEAK, 0, "execve", 6));
	assert_null(symtab_add(&tab, 100, 200, SYMBOL_LOCAL, 0, "__execve", 8));
	assert_null(symtab_add(&tab, 100, 200, SYMBOL_LOCAL, 0, "__GI___execve", 13));
	assert_null(symtab_add(&tab, 300, 400, SYMBOL_LOCAL, 0, "a_long_local_name", 17));
	assert_null(symtab_add(&tab, 300, 400, SYMBOL_GLOBAL, 0, "global", 6));
	assert_null(symtab_add(&tab, 500, 0, SYMBOL_GLOBAL, 0, "label", 5));
	assert_null(symtab_add(&tab, 500, 510, SYMBOL_LOCAL, 0, "sized", 5));
	symtab_finish(&tab, 16);
	assert_string_equal(name_at(&tab, 150), "__GI___execve");
	assert_string_equal(name_at(&tab, 350), "global");
	assert_string_equal(name_at(&tab, 505), "sized");
	assert_string_equal(name_at(&tab, 250), "nothing");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_belongs_to_the_function_before_it),
		cmocka_unit_test(the_last_of_the_kernel_does_not_reach_into_the_modules),
		cmocka_unit_test(hidden_addresses_are_told_from_a_missing_file),
		cmocka_unit_test(stored_symbols_read_back),
		cmocka_unit_test(of_several_names_the_one_perf_shows_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
