// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/policy.h"

bool policy_drops(unsigned int level, enum page_class class)
{
	switch (class) {
	case PAGE_FREE:
		return level & DUMP_LEVEL_FREE;
	case PAGE_CACHE:
		return level & (DUMP_LEVEL_CACHE | DUMP_LEVEL_CACHE_PRIVATE);
	case PAGE_CACHE_PRIVATE:
		return level & DUMP_LEVEL_CACHE_PRIVATE;
	case PAGE_USER:
		return level & DUMP_LEVEL_USER;
	case PAGE_OFFLINE:
	case PAGE_DOMU:
		return true;
	case PAGE_KERNEL:
	case PAGE_SLAB:
	case PAGE_TYPED:
	case PAGE_UNKNOWN:
	case PAGE_XEN:
	case PAGE_DOM0:
	case PAGE_CLASSES_NR:
		return false;
	}
	return false;
}
