// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/cgroup-names.h"

#include <stdlib.h>
#include <string.h>

#include "util/sys/cgroups.h"

struct cgroup_names cgroup_names_init(void)
{
	return (struct cgroup_names){ .ids = keyset_init(1), .paths = NAMES_INIT };
}

void cgroup_names_release(struct cgroup_names *names)
{
	keyset_release(&names->ids);
	names_release(&names->paths);
	free(names->path);
	*names = cgroup_names_init();
}

static struct err *add(void *context, uint64_t id, const char *path)
{
	struct cgroup_names *names = context;
	uint32_t number;
	struct err *err;
	size_t i;

	err = names_add(&names->paths, path, strlen(path), &number);
	if (!err)
		err = keyset_add(&names->ids, &id, &i);
	if (err)
		return err;
	if (i >= names->capacity) {
		size_t capacity = names->ids.capacity;
		uint32_t *grown = reallocarray(names->path, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		names->path = grown;
		names->capacity = capacity;
	}
	names->path[i] = number;
	return NULL;
}

struct err *cgroup_names_look(struct cgroup_names *names)
{
	autofree char *mount = cgroups_mount(CGROUPS_V2);

	return mount ? cgroups_walk(mount, add, names) : NULL;
}

const char *cgroup_names_find(const struct cgroup_names *names, uint64_t id)
{
	size_t i;

	return keyset_find(&names->ids, &id, &i) ? names_text(&names->paths, names->path[i]) : NULL;
}
