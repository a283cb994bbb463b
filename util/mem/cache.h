/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pinned bytes with a reference count.
 */
#ifndef VMTOOL_MEM_CACHE_H
#define VMTOOL_MEM_CACHE_H

struct cache_entry;

/* Give a pin back; the bytes may be gone after that. */
void cache_put(struct cache_entry *entry);

#endif
