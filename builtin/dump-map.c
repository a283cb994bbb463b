// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/base/io.h"
#include "util/dump/inspect.h"
#include "util/dump/map.h"
#include "util/dump/show-map.h"
#include "util/dump/sink.h"
#include "util/image/image.h"

/* What the terminal's user asked for, and what the terminal can show. */
static bool shows_blocks(FILE *out)
{
	static const char *const locale[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	const char *name = NULL;

	if (!isatty(fileno(out)) || (no_colour && *no_colour))
		return false;
	if (!term || !strcmp(term, "dumb"))
		return false;
	for (size_t i = 0; (!name || !*name) && i < ARRAY_SIZE(locale); i++)
		name = getenv(locale[i]);
	return name && (strcasestr(name, "UTF-8") || strcasestr(name, "UTF8"));
}

bool dump_is_image(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[64] = { 0 };
	size_t len = 0;

	if (fd < 0)
		return false;
	err_free(io_pread(fd, head, sizeof(head), 0, &len));
	return image_begins(head, len);
}

/*
 * What is a memory image is one of the parts, whatever -f says: -f is for an older picture, and a
 * part of a dump nobody can make again.
 */
const char *dump_map_picture(const struct operands *operands)
{
	const char *last = operands->item[operands->nr - 1];

	return operands->nr > 1 && !dump_is_image(last) ? last : NULL;
}

static struct err *picture(const char *path, const struct dump_args *args, const char *input,
			   const struct map *map)
{
	autofree char *text = NULL;
	size_t len;
	autofclose FILE *memory = open_memstream(&text, &len);
	struct err *e;

	if (!memory)
		return err_nomem();
	e = map_show_svg(memory, map);
	if (e)
		return e;
	if (fflush(memory))
		return err_sys(errno, "draw the map");
	return sink_put_file(path, args->force, input, text, len);
}

/* --map */
struct err *dump_look_map(struct tool *tool, const struct dump_args *args,
			  const struct operands *operands)
{
	guard(notes) struct notes notes = NOTES_INIT;
	guard(map) struct map map = MAP_INIT;
	const char *input = operands->item[0];
	const char *path = dump_map_picture(operands);
	bool text = !path && !args->json && !args->csv;
	struct inspect_options options = {
		.inputs = (const char *const *)operands->item,
		.inputs_nr = (size_t)operands->nr - (path != NULL),
		.vmcoreinfo = args->info_from,
		.vmlinux = args->vmlinux,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
		.stop_fd = tool->stop_fd,
	};
	struct progress *progress = progress_wanted(tool, args);
	struct err *e;

	options.watch = search_watch(progress);
	e = map_read(&options, text ? &map_extent_text : &map_extent_fine, &notes, &map);
	progress_free(progress);
	tell_notes(tool, args, &notes);
	if (e)
		return e;
	if (path)
		return picture(path, args, input, &map);
	if (args->json)
		map_show_json(tool->out, &map, &notes);
	else if (args->csv)
		map_show_csv(tool->out, &map);
	else
		return map_show_text(tool->out, &map, shows_blocks(tool->out));
	return NULL;
}
