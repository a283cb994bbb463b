/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of the kernel that was recorded, by address: from a copy of its /proc/kallsyms,
 * from what the recording holds, or from the running kernel if it is the same; and code the
 * recording says came later (BPF programs, PERF_RECORD_KSYMBOL).
 *
 * A thread reads the running kernel's symbols from the start, it takes as long as the rest of a
 * report of half a million samples. Otherwise one thread.
 */
#ifndef VMTOOL_REPORT_KERNELSYMS_H
#define VMTOOL_REPORT_KERNELSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/keyset.h"
#include "util/base/notes.h"
#include "util/perfdata/reader.h"
#include "util/report/callsite.h"

struct kernel_symbols;

struct kernel_symbols_config {
	struct perfdata *perfdata;
	struct names *names;  /* numbers of texts are of this */
	const char *kallsyms; /* a copy of the recording machine's; NULL: stored, or running */
	struct callsite_skip skip;
	struct notes *notes;
};

/* A function of the kernel, or an address without one. */
struct kernel_frame {
	uint32_t name; /* "0xffffffff81000000" where it is not known */
	uint32_t
		module; /* "[ext4]", a BPF program's own name; 0: the kernel itself, or not known */
	uint32_t offset; /* of the address, in the function */
	uint8_t kind;	 /* enum frame_kind */
	bool known;	 /* a symbol covers the address */
};

must_check struct err *kernel_symbols_new(const struct kernel_symbols_config *config,
					  struct kernel_symbols **ret_symbols);
void kernel_symbols_free(struct kernel_symbols *symbols);
DEFINE_GUARD(kernel_symbols, struct kernel_symbols *, kernel_symbols_free)

/* *ret_frame is valid until the next call. */
must_check struct err *kernel_symbols_frame(struct kernel_symbols *symbols, uint64_t address,
					    const struct kernel_frame **ret_frame);

/*
 * PERF_RECORD_MMAP or MMAP2 (path at @name_at) of the kernel and its modules, which say where they
 * were; others are passed over.
 */
must_check struct err *kernel_symbols_take_map(struct kernel_symbols *symbols,
					       const struct perfdata_entry *entry, size_t name_at);

/* PERF_RECORD_KSYMBOL: code appears or goes. */
must_check struct err *kernel_symbols_take_ksymbol(struct kernel_symbols *symbols,
						   const struct perfdata_entry *entry);

/* Changes whenever an address may mean something else than before. */
uint64_t kernel_symbols_generation(const struct kernel_symbols *symbols);

/* Forget what records said: they are read again. */
void kernel_symbols_rewind(struct kernel_symbols *symbols);

#endif
