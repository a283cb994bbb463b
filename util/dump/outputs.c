// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/dump/flat.h"
#include "util/dump/sinklimit.h"
#include "util/image/kdumpheader.h"

/* Is it one of the files the image is in? Of the first the sink takes care. */
static struct err *check_parts(const struct dump_options *options, const char *path)
{
	struct stat out;
	struct stat part;

	if (stat(path, &out))
		return NULL;
	for (size_t i = 1; i < options->parts_nr; i++) {
		if (!stat(options->parts[i], &part) && part.st_dev == out.st_dev &&
		    part.st_ino == out.st_ino)
			return err_new(ERR_USAGE,
				       "%s is a part of the image itself: name another output",
				       path);
	}
	return NULL;
}

static struct err *read_header(const char *path, struct kdump_header *ret_header)
{
	struct mem_file_config config = { .map = MEM_MAP_NEVER };
	guard(mem_file) struct mem_file *file = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	struct err *e;

	if (fd < 0)
		return err_sys(errno, "cannot open %s", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_new(ERR_FORMAT, "%s is no file", path);
	}
	e = mem_file_new(fd, (uint64_t)st.st_size, &config, &file);
	return e ? e : kdump_header_read(file, NULL, ret_header);
}

bool outputs_is_part(const char *path)
{
	struct kdump_header header;
	struct err *e = read_header(path, &header);
	bool is_part = !e && header.split;

	err_free(e);
	return is_part;
}

/*
 * Whoever names the parts of a dump and forgets the output has named the last part for it, which
 * nobody can make again.
 */
static struct err *check_no_part(const struct dump_options *options, const char *path,
				 const struct stat *input)
{
	struct stat st;

	if (!options->overwrite || options->outputs_nr != 1 || lstat(path, &st))
		return NULL;
	/* The image itself, as the sink will say. */
	if (input && st.st_dev == input->st_dev && st.st_ino == input->st_ino)
		return NULL;
	if (!outputs_is_part(path))
		return NULL;
	return err_new(
		ERR_USAGE,
		"%s is a part of a split dump, which -f does not overwrite: name another output",
		path);
}

/* Nodes of one device may be many. */
static bool same_output(const struct stat *a, const struct stat *b)
{
	if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT))
		return false;
	if (S_ISBLK(a->st_mode) || S_ISCHR(a->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is output @index one of those before it, by another name? One would overwrite the other. */
static struct err *check_distinct(const struct dump_options *options, size_t index)
{
	struct stat st;
	struct stat other;

	if (stat(options->output[index], &st))
		return NULL;
	for (size_t i = 0; i < index; i++) {
		if (!stat(options->output[i], &other) && same_output(&st, &other))
			return err_new(ERR_USAGE, "%s and %s are one file: name another output",
				       options->output[i], options->output[index]);
	}
	return NULL;
}

static struct err *open_file(const struct dump_options *options, const char *path,
			     struct sink **ret_sink)
{
	struct sink_file_config config = { .overwrite = options->overwrite };
	struct stat st;
	struct err *e = check_parts(options, path);

	if (stat(options->input, &st) == 0)
		config.input = &st;
	if (!e)
		e = check_no_part(options, path, config.input);
	if (e)
		return e;
	return sink_open_file(path, &config, ret_sink);
}

static struct err *open_output(const struct dump_options *options, size_t index,
			       struct sink **ret_sink)
{
	/* The one before may have been created only now. */
	struct err *e = check_distinct(options, index);

	return e ? e : open_file(options, options->output[index], ret_sink);
}

static struct err *open_one(const struct dump_options *options, size_t index,
			    struct outputs *outputs)
{
	struct sink *sink;
	struct err *e;

	if (options->outputs_nr)
		e = open_output(options, index, &sink);
	else if (options->flattened)
		e = flat_sink_open(options->stream_fd, "the stream", &outputs->stream_bytes, &sink);
	else
		e = sink_open_null(&sink);
	if (!e && options->bytes_max)
		e = sink_limit(sink, options->bytes_max, &sink);
	if (!e)
		outputs->sink[index] = sink;
	return e;
}

struct err *outputs_open(const struct dump_options *options, struct outputs *outputs)
{
	size_t nr = MAX(options->outputs_nr, (size_t)1);

	outputs->nr = 0;
	/* Before the first is opened, which empties it. */
	for (size_t i = 1; i < options->outputs_nr; i++) {
		struct err *e = check_distinct(options, i);

		if (e)
			return e;
	}
	while (outputs->nr < nr) {
		struct err *e = open_one(options, outputs->nr, outputs);

		if (e) {
			err_free(outputs_close(outputs, SINK_DISCARD));
			return e;
		}
		outputs->nr++;
	}
	return NULL;
}

struct err *outputs_close(struct outputs *outputs, enum sink_end end)
{
	struct err *first = NULL;

	while (outputs->nr) {
		struct sink *sink = outputs->sink[--outputs->nr];
		struct err *e = sink->ops->close(sink, end);

		if (first)
			err_free(e);
		else
			first = e;
	}
	return first;
}
