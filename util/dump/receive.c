// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/str.h"
#include "util/dump/headsink.h"
#include "util/dump/sink.h"
#include "util/dump/writer.h"

/* Without an error all of the stream is in the file and on its medium. */
static struct err *put_together(int fd, int stop_fd, struct sink *sink,
				struct flat_summary *summary)
{
	struct headsink head;
	struct err *e;

	headsink_init(&head, sink);
	e = flat_rearrange(fd, stop_fd, &head.sink, summary);
	return e ? e : headsink_finish(&head);
}

static struct err *open_output(int fd, const char *output, bool overwrite, struct sink **ret_sink)
{
	struct sink_file_config config = { .overwrite = overwrite, .no_device = true };
	struct stat st;

	if (fstat(fd, &st) == 0)
		config.input = &st;
	return sink_open_file(output, &config, ret_sink);
}

struct err *dump_rearrange(int fd, int stop_fd, const char *output, bool overwrite,
			   struct flat_summary *summary)
{
	struct sink *sink = NULL;
	struct err *closing;
	struct err *e;

	*summary = (struct flat_summary){ .complete = false };
	e = open_output(fd, output, overwrite, &sink);
	if (e)
		return e;
	e = put_together(fd, stop_fd, sink, summary);
	closing = sink->ops->close(sink, !e			     ? SINK_COMPLETE
					 : flat_is_worth_it(summary) ? SINK_INCOMPLETE
								     : SINK_DISCARD);
	if (!e)
		return closing;
	err_free(closing);
	return e;
}

/* May the name be taken? Only a file is ever given up for another one. */
static struct err *check_name(const struct receive_options *options)
{
	struct stat input;
	struct stat st;

	if (lstat(options->output, &st))
		return errno == ENOENT ? NULL : err_sys(errno, "cannot write %s", options->output);
	if (!S_ISREG(st.st_mode))
		return err_new(ERR_UNSUPPORTED, "%s is there and is no file: name another output",
			       options->output);
	if (!fstat(options->fd, &input) && input.st_dev == st.st_dev && input.st_ino == st.st_ino)
		return err_new(ERR_USAGE, "%s is the stream itself: name another output",
			       options->output);
	if (!options->overwrite)
		return err_sys(EEXIST, "%s (-f overwrites it)", options->output);
	return NULL;
}

/* Are all descriptors there, and what they point at? And what the dump says of itself. */
static struct err *check_dump(const struct receive_options *options, struct receive_report *report)
{
	const char *path = report->path;
	struct verify_options verify = {
		.inputs = &path,
		.inputs_nr = 1,
		.threads_nr = 1,
		.places_only = true,
		.tick = options->tick,
		.ctx = options->ctx,
		.stop_fd = options->stop_fd,
	};
	struct err *e = dump_verify(&verify, &report->verify);

	report->checked = !e;
	return e;
}

static struct err *rename_to(const char *from, const char *to, bool overwrite)
{
	struct stat st;

	if (overwrite)
		return rename(from, to) ? err_sys(errno, "call it %s", to) : NULL;
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return NULL;
	/* Not all file systems have this: then there is a moment in which a file may come. */
	if (errno != EINVAL && errno != ENOSYS)
		return err_sys(errno, "call it %s", to);
	if (!lstat(to, &st))
		return err_sys(EEXIST, "call it %s", to);
	return rename(from, to) ? err_sys(errno, "call it %s", to) : NULL;
}

/* A name is as lasting as its directory. */
static struct err *sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	autofree char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	autoclose int fd = -1;

	if (!directory)
		return err_nomem();
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some file systems cannot, and some need not. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL && errno != EROFS))
		return err_sys(errno, "write back the directory of %s", path);
	return NULL;
}

/* A dump that says it is complete gets its name. */
static struct err *name_it(const struct receive_options *options, struct receive_report *report)
{
	autofree char *name = strdup(options->output);
	struct err *e;

	if (!name)
		return err_nomem();
	e = rename_to(report->path, name, options->overwrite);
	if (e)
		return e;
	free(report->path);
	report->path = take_ptr(name);
	report->complete = true;
	return sync_directory(report->path);
}

static struct err *not_good(const struct verify_report *verify)
{
	if (verify->verdict == VERIFY_DAMAGED)
		return err_new(ERR_FORMAT,
			       "the stream is whole, but %llu of its pages are damaged; %s",
			       (unsigned long long)verify->damaged_nr,
			       verify->damage.nr ? verify->damage.line[0] : "");
	return err_new(ERR_NODATA,
		       "the stream is whole, but what it carries is an incomplete dump");
}

/* All came; is it what it should be? */
static struct err *accept(const struct receive_options *options, struct receive_report *report,
			  struct sink *sink)
{
	struct err *e = check_dump(options, report);

	if (!e && report->verify.verdict != VERIFY_GOOD)
		e = not_good(&report->verify);
	report->stopped = e && err_code(e) == ERR_INTERRUPTED;
	if (e && !report->stopped) {
		err_free(writer_mark_incomplete(sink));
		err_free(sink->ops->sync(sink));
	}
	return e;
}

/* After a signal too: it is only what came that is looked at. */
static bool go_on(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)done;
	(void)total;
	return true;
}

/* What a stream that was cut has left. Who knows already what is wrong need not hear it again. */
static void look_at_rest(struct receive_report *report)
{
	if (flat_is_worth_it(&report->stream)) {
		err_free(check_dump(&(struct receive_options){ .tick = go_on }, report));
		return;
	}
	free(report->path);
	report->path = NULL;
}

struct err *dump_receive(const struct receive_options *options, struct receive_report *report)
{
	guard(str) struct str partial = STR_INIT;
	struct sink *sink = NULL;
	struct err *closing;
	struct err *e = check_name(options);

	if (e)
		return e;
	str_printf(&partial, "%s" RECEIVE_SUFFIX, options->output);
	e = str_check(&partial);
	if (!e)
		e = open_output(options->fd, partial.s, options->overwrite, &sink);
	if (e)
		return e;
	report->path = str_take(&partial);

	e = put_together(options->fd, options->stop_fd, sink, &report->stream);
	if (e)
		look_at_rest(report);
	else
		e = accept(options, report, sink);

	closing = sink->ops->close(sink, report->path ? SINK_INCOMPLETE : SINK_DISCARD);
	if (!e)
		e = take_ptr(closing);
	err_free(closing);
	report->whole = !e;
	return e ? e : name_it(options, report);
}
