/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for the stubs through which a program calls other libraries (.plt, .plt.sec), which have no
 * symbols of their own: "malloc@plt". A stub is named by the relocation of the slot it jumps
 * through; linkers do not keep the two in one order. Slots that the library fills with functions of
 * its own, chosen when it is loaded, have the name of that function ("strlen@plt"), as perf has
 * since 6.3.
 */
#ifndef VMTOOL_SYMBOL_PLT_H
#define VMTOOL_SYMBOL_PLT_H

#include <gelf.h>

#include "util/symbol/symtab.h"

must_check struct err *plt_symbols(Elf *elf, struct symtab *tab);

#endif
