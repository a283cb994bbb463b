// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/uts.h"

#include <string.h>

enum { UTS_NS_BYTES = 512 }; /* of init_uts_ns: the names are among the first of them */

void uts_copy(const char *uts, unsigned int field, char to[UTS_FIELD_BYTES])
{
	memcpy(to, uts + (size_t)field * UTS_FIELD_BYTES, UTS_FIELD_BYTES - 1);
	to[UTS_FIELD_BYTES - 1] = '\0';
}

struct err *uts_find_release(const struct vtop *vtop, uint64_t vaddr, const char *release,
			     char ret_version[UTS_FIELD_BYTES])
{
	char bytes[UTS_NS_BYTES];
	const char *at;
	struct err *e = vtop_read(vtop, vaddr, bytes, sizeof(bytes));

	if (e)
		return err_wrap(e, "init_uts_ns");
	at = release ? memmem(bytes, sizeof(bytes), release, strlen(release) + 1) : NULL;
	if (!at)
		return err_new(ERR_FORMAT, "init_uts_ns does not say the release of VMCOREINFO");
	if (at + 2 * (size_t)UTS_FIELD_BYTES <= bytes + sizeof(bytes))
		uts_copy(at, UTS_VERSION - UTS_RELEASE, ret_version);
	else
		ret_version[0] = '\0';
	return NULL;
}
