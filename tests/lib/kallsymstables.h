/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in one piece of bytes the tables of kallsyms stand: what fuzz-kallsyms gives to the parser,
 * and mkseed makes.
 */
#ifndef VMTOOL_TESTS_LIB_KALLSYMSTABLES_H
#define VMTOOL_TESTS_LIB_KALLSYMSTABLES_H

enum {
	KALLSYMSTABLES_NUMBER = 0, /* kallsyms_num_syms */
	KALLSYMSTABLES_BASE = 8,   /* kallsyms_relative_base */
	KALLSYMSTABLES_OFFSETS = 16,
	KALLSYMSTABLES_SYMBOLS_MAX = 12,
	KALLSYMSTABLES_INDEX = 64,
	KALLSYMSTABLES_TOKENS = 576,
	KALLSYMSTABLES_NAMES = 1152,
	KALLSYMSTABLES_BYTES = 4096,
};

#endif
