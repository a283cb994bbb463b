// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/modules.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/base/macros.h"

enum {
	MODULES_MAX = 1 << 14,

	MMAP_PID = 8,
	MMAP_START = 16,
	MMAP_LEN = 24,
};

void modules_release(struct modules *modules)
{
	free(modules->item);
	*modules = MODULES_INIT;
}

/*
 * "[ext4]" and ".../ext4.ko.xz" are "ext4"; names of files may have dashes, those of modules not.
 */
static void name_module(const char *path, size_t len, struct module *module)
{
	const char *slash = memrchr(path, '/', len);
	size_t name_len = sizeof(module->name) - 1;

	if (slash) {
		len -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
	if (len && *path == '[') {
		path++;
		len--;
	}
	name_len = MIN(name_len, len);
	name_len = MIN(name_len, strcspn(path, ".]"));
	for (size_t i = 0; i < name_len; i++)
		module->name[i] = path[i] == '-' ? '_' : path[i];
	module->name[name_len] = '\0';
}

struct err *modules_take(struct modules *modules, const struct perfdata_entry *entry,
			 size_t name_at)
{
	static const char kernel[] = "[kernel", guest[] = "[guest";
	struct module module, *grown;
	char path[4096];
	size_t len;

	if (entry->len <= name_at || load_u32(entry->bytes + MMAP_PID, ORDER_LITTLE) != UINT32_MAX)
		return NULL;
	len = MIN(entry->len - name_at, sizeof(path) - 1);
	memcpy(path, entry->bytes + name_at, len);
	path[len] = '\0';
	if (!strncmp(path, kernel, sizeof(kernel) - 1) || !strncmp(path, guest, sizeof(guest) - 1))
		return NULL;
	name_module(path, strlen(path), &module);
	module.start = load_u64(entry->bytes + MMAP_START, ORDER_LITTLE);
	if (!add_u64(module.start, load_u64(entry->bytes + MMAP_LEN, ORDER_LITTLE), &module.end))
		return NULL;

	/* Told again when the records are read again, or for another one in its place. */
	for (size_t i = 0; i < modules->nr; i++)
		if (modules->item[i].start == module.start) {
			modules->item[i] = module;
			return NULL;
		}
	if (modules->nr == MODULES_MAX)
		return NULL;
	grown = reallocarray(modules->item, modules->nr + 1, sizeof(*grown));
	if (!grown)
		return err_nomem();
	modules->item = grown;
	modules->item[modules->nr++] = module;
	return NULL;
}

const struct module *modules_find(const struct modules *modules, uint64_t address)
{
	const struct module *found = NULL;

	for (size_t i = 0; i < modules->nr; i++) {
		const struct module *module = &modules->item[i];

		if (address >= module->start && address < module->end &&
		    (!found || module->start > found->start))
			found = module;
	}
	return found;
}
