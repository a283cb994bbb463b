/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about a dumped kernel's structures: offsets, sizes, array lengths, numbers, addresses of
 * symbols. Each is asked for by its VMCOREINFO key and looked up in up to three places, which check
 * each other: VMCOREINFO, the kernel's own BTF and kallsyms inside the dump, and a vmlinux that the
 * user brings along. One of them is enough; when any two contradict each other the fact is not
 * known (ERR_FORMAT), and the rule that wanted it stays off. No kernel version is looked at
 * anywhere.
 *
 * What BTF and DWARF cannot know comes from VMCOREINFO alone: how addresses translate,
 * SECTION_SIZE_BITS and MAX_PHYSMEM_BITS, and before 6.11 the page types, which were macros (`enum
 * pagetype` since 8db00ad56461).
 *
 * Each fact that was asked for is remembered with where it came from: --show-layout.
 */
#ifndef VMTOOL_KERNEL_LAYOUT_H
#define VMTOOL_KERNEL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/btf/migratetypes.h"
#include "util/kernel/kernelbtf.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/vmlinux.h"
#include "util/kernel/vtop.h"

enum { LAYOUT_KEY_MAX = 64, LAYOUT_FACTS_MAX = 128, LAYOUT_WHY_MAX = 200 };

/* By rank: of several that agree the first is the one whose value is taken. */
enum layout_source {
	LAYOUT_VMCOREINFO,
	LAYOUT_BTF,
	LAYOUT_KALLSYMS,
	LAYOUT_VMLINUX,
	LAYOUT_SOURCES_NR,
};

struct layout_fact {
	char key[LAYOUT_KEY_MAX];
	bool said[LAYOUT_SOURCES_NR]; /* which sources know it */
	int64_t value[LAYOUT_SOURCES_NR];
	bool malformed;	   /* VMCOREINFO has the key, and no number behind it */
	bool contradicted; /* sources have different values: not used */
};

/* Symbols looked up in kallsyms once, all together. */
enum layout_symbol {
	SYMBOL_START_BTF,
	SYMBOL_STOP_BTF,
	SYMBOL_INIT_UTS_NS,
	SYMBOL_MEM_SECTION,
	SYMBOL_PER_CPU_OFFSET,
	SYMBOL_PER_CPU_START,
	SYMBOL_PER_CPU_END,
	SYMBOL_PCPU_UNIT_SIZE,
	SYMBOL_NR_CPU_IDS,
	SYMBOL_NODE_DATA,
	SYMBOL_NR_NODE_IDS,
	SYMBOLS_NR,
};

enum { LAYOUT_FLAGS_NR = 32, LAYOUT_FLAG_NAME_MAX = 24 };

struct layout {
	const struct vmcoreinfo *info; /* borrowed */
	struct kernel_btf btf;	       /* only while learning */
	uint64_t btf_vaddr;	       /* where it is in the kernel; 0: not found */

	/*
	 * By kallsyms or vmlinux, and by each of them; 0: not known, or they contradict each other.
	 */
	uint64_t symbol[SYMBOLS_NR];
	uint64_t kallsyms_symbol[SYMBOLS_NR];
	uint64_t vmlinux_symbol[SYMBOLS_NR];

	/* Why there is no BTF, no kallsyms; "" when there are. */
	char btf_why[LAYOUT_WHY_MAX];
	char kallsyms_why[LAYOUT_WHY_MAX];

	/* A vmlinux was given: its types, only while learning, and where in it they are from. */
	bool has_vmlinux;
	const struct btf *vmlinux_types;
	const char *vmlinux_types_from;		/* "DWARF", "BTF"; NULL: it has no types */
	char vmlinux_types_why[LAYOUT_WHY_MAX]; /* why not, or why not DWARF; "" when it is */
	char vmlinux_symbols_why[LAYOUT_WHY_MAX];

	struct layout_fact fact[LAYOUT_FACTS_MAX];
	size_t facts_nr;

	/* Names of page flags by bit, without "PG_"; "" where not known. */
	char flag_name[LAYOUT_FLAGS_NR][LAYOUT_FLAG_NAME_MAX];

	struct migratetypes migratetypes;
};

/* VMCOREINFO alone. */
struct layout layout_init(const struct vmcoreinfo *info);

/*
 * Look for kallsyms and BTF in the dump, and for types and symbols in @vmlinux (NULL: none;
 * borrowed until layout_forget_types()). @vtop need not have been proved right: wrong page tables
 * lead to neither. The only error is ERR_NOMEM.
 */
must_check struct err *layout_open(struct layout *layout, const struct vtop *vtop,
				   struct vmlinux *vmlinux);

/* Let go of BTF: several MiB. What was learnt stays. */
void layout_forget_types(struct layout *layout);

/* Is there anybody but VMCOREINFO to ask for types now? */
bool layout_has_types(const struct layout *layout);

/*
 * ERR_NODATA: nobody knows it. ERR_FORMAT: malformed, or contradicted. The message names the key.
 * @key is SIZE(struct), OFFSET(struct.member) or LENGTH(struct.member).
 */
must_check struct err *layout_unsigned(struct layout *layout, const char *key, uint64_t *ret_value);

/* NUMBER(name) */
must_check struct err *layout_number(struct layout *layout, const char *name, int64_t *ret_value);

/* SYMBOL(init_uts_ns) */
must_check struct err *layout_init_uts_ns(struct layout *layout, uint64_t *ret_vaddr);

/*
 * SYMBOL(mem_section), which is not the address of the variable: it is a pointer to the array of
 * roots (VMCOREINFO_SYMBOL_ARRAY, a0b1280368d1).
 */
must_check struct err *layout_mem_section(struct layout *layout, const struct vtop *vtop,
					  uint64_t *ret_vaddr);

/* "VMCOREINFO", "BTF", "kallsyms", "vmlinux" */
const char *layout_source_name(enum layout_source source);

/* The value a fact has for those who use it; false when it is not used. */
bool layout_fact_value(const struct layout_fact *fact, int64_t *ret_value);

#endif
