// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/external.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "util/base/str.h"

#define PREFIX "vmtool-"

struct dir_walk {
	const struct external_dirs *dirs;
	bool exec_dir_done;
	const char *path;
};

static struct dir_walk walk_init(const struct external_dirs *dirs)
{
	return (struct dir_walk){ .dirs = dirs, .path = dirs->path ? dirs->path : "" };
}

/*
 * The next directory, in @dir. An empty entry of PATH means the current directory; programs from
 * there are run by those who write so, not by a stray colon.
 */
static bool walk_next(struct dir_walk *walk, struct str *dir)
{
	str_clear(dir);
	if (!walk->exec_dir_done) {
		walk->exec_dir_done = true;
		if (walk->dirs->exec_dir)
			str_add(dir, walk->dirs->exec_dir);
	}
	while (!dir->len && *walk->path) {
		size_t len = strcspn(walk->path, ":");

		str_add_bytes(dir, walk->path, len);
		walk->path += len + (walk->path[len] == ':');
	}
	return dir->len;
}

static bool can_run(const char *file)
{
	struct stat st;

	return !stat(file, &st) && S_ISREG(st.st_mode) && !access(file, X_OK);
}

struct err *external_find(const struct external_dirs *dirs, const char *name, char **ret_file)
{
	guard(str) struct str file = STR_INIT;
	struct dir_walk walk = walk_init(dirs);

	if (!*name || strchr(name, '/'))
		return err_new(ERR_NODATA, "'%s' is not the name of a command", name);

	while (walk_next(&walk, &file)) {
		struct err *err;

		str_printf(&file, "/" PREFIX "%s", name);
		err = str_check(&file);
		if (err)
			return err;
		if (can_run(file.s)) {
			*ret_file = str_take(&file);
			return NULL;
		}
	}
	return err_new(ERR_NODATA, "there is no program " PREFIX "%s", name);
}

void external_list_release(struct external_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->name[i]);
	free(list->name);
	*list = (struct external_list){ .nr = 0 };
}

static struct err *list_add(struct external_list *list, const char *name)
{
	char **grown = reallocarray(list->name, list->nr + 1, sizeof(*grown));

	if (!grown)
		return err_nomem();
	list->name = grown;
	grown[list->nr] = strdup(name);
	return grown[list->nr++] ? NULL : err_nomem();
}

static void guard_dir_(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static struct err *list_dir(struct external_list *list, const char *path)
{
	guard(dir) DIR *dir = opendir(path);
	guard(str) struct str file = STR_INIT;
	struct dirent *entry;
	struct err *err = NULL;

	while (!err && dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		str_clear(&file);
		str_printf(&file, "%s/%s", path, entry->d_name);
		err = str_check(&file);
		if (!err && can_run(file.s))
			err = list_add(list, entry->d_name + strlen(PREFIX));
	}
	return err;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct err *external_list(const struct external_dirs *dirs, struct external_list *ret_list)
{
	guard(external_list) struct external_list list = { .nr = 0 };
	guard(str) struct str dir = STR_INIT;
	struct dir_walk walk = walk_init(dirs);
	size_t kept = 0;

	while (walk_next(&walk, &dir)) {
		struct err *err = str_check(&dir);

		if (!err)
			err = list_dir(&list, dir.s);
		if (err)
			return err;
	}

	if (list.nr)
		qsort(list.name, list.nr, sizeof(*list.name), compare_names);
	for (size_t i = 0; i < list.nr; i++) {
		if (kept && !strcmp(list.name[kept - 1], list.name[i]))
			free(list.name[i]);
		else
			list.name[kept++] = list.name[i];
	}
	list.nr = kept;

	*ret_list = list;
	list = (struct external_list){ .nr = 0 };
	return NULL;
}
