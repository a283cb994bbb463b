// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/dmesg.h"

#include <stdio.h>
#include <sys/stat.h>

#include "util/base/io.h"
#include "util/cli/json.h"
#include "util/dump/infofile.h"
#include "util/dump/sink.h"
#include "util/image/image.h"
#include "util/kernel/kernel.h"
#include "util/sys/signals.h"

enum { BUFFER_BYTES = 64 << 10 };

struct log_out {
	struct sink *sink; /* NULL: to fd */
	int fd;
	int stop_fd;
	uint64_t first_seq;
	uint64_t offset;
	bool callers;
	struct str text;

	bool as_json;
	FILE *stream; /* of the JSON; what goes in comes out in text */
	struct json json;
	struct str message; /* being written */
};

static struct err *flush(struct log_out *out)
{
	struct err *e = str_check(&out->text);
	size_t written;

	if (e || !out->text.len)
		return e;
	if (out->sink)
		e = out->sink->ops->pwrite(out->sink, out->text.s, out->text.len, out->offset,
					   &written);
	else
		e = io_write_full(out->fd, out->text.s, out->text.len);
	out->offset += out->text.len;
	str_clear(&out->text);
	return e;
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t len)
{
	struct log_out *out = cookie;

	str_add_bytes(&out->text, bytes, len);
	return (ssize_t)len;
}

static struct err *begin_json(struct log_out *out, const char *release)
{
	out->stream = fopencookie(out, "w", (cookie_io_functions_t){ .write = stream_write });
	if (!out->stream)
		return err_nomem();
	out->json = json_init(out->stream);
	json_object(&out->json, NULL);
	json_string(&out->json, "kernel", release[0] ? release : NULL);
	json_array(&out->json, "messages");
	return NULL;
}

static void end_json(struct log_out *out, const struct printk_summary *summary)
{
	json_end(&out->json);
	json_u64(&out->json, "unreadable", summary->lost_nr);
	json_end(&out->json);
	fclose(out->stream);
}

static void put_json(struct log_out *out, const struct printk_record *record)
{
	struct json *json = &out->json;

	json_object(json, NULL);
	json_u64(json, "seq", record->seq);
	json_u64(json, "time_ns", record->ts_nsec);
	if (record->level_known) {
		json_string(json, "level", printk_level_name(record->level));
		json_u64(json, "facility", record->facility);
	} else {
		json_null(json, "level");
		json_null(json, "facility");
	}
	str_clear(&out->message);
	printk_format_caller(&out->message, record);
	json_string(json, "caller", record->caller_known ? out->message.s : NULL);
	str_clear(&out->message);
	str_add_bytes(&out->message, record->text, record->len);
	json_text(json, "text", out->message.len ? out->message.s : "", out->message.len);
	json_end(json);
	fflush(out->stream);
}

static struct err *put_record(void *ctx, const struct printk_record *record)
{
	struct log_out *out = ctx;

	if (stop_requested(out->stop_fd))
		return err_new(ERR_INTERRUPTED, "interrupted");
	if (record->seq < out->first_seq)
		return NULL;
	if (out->as_json)
		put_json(out, record);
	else
		printk_format(&out->text, record, out->callers);
	return out->text.len >= BUFFER_BYTES ? flush(out) : NULL;
}

static struct err *write_log(const struct kernel *kernel, struct log_out *out,
			     struct printk_summary *summary)
{
	struct err *failure = out->as_json ? begin_json(out, kernel_release(kernel)) : NULL;
	struct err *e;

	if (!failure)
		failure = printk_walk(&kernel->vtop, kernel->info, put_record, out, summary);
	if (out->stream)
		end_json(out, summary);
	/* Of a log that was not found nothing is left, not even braces. */
	if (failure && !summary->records_nr)
		str_clear(&out->text);
	e = flush(out);
	if (failure)
		err_free(e);
	else
		failure = e;
	if (!failure && out->sink)
		failure = out->sink->ops->sync(out->sink);
	return failure;
}

static struct err *open_kernel(const struct dmesg_options *options, struct notes *notes,
			       struct image **ret_image, struct kernel **ret_kernel)
{
	struct image_config config = {
		.file = options->file,
		.stop_fd = options->stop_fd,
		.watch = options->watch,
	};
	struct err *e =
		image_open_parts(options->inputs, options->inputs_nr, &config, notes, ret_image);

	if (!e && options->vmcoreinfo)
		e = infofile_use(options->vmcoreinfo, *ret_image, notes);
	if (!e && options->opened.tell)
		options->opened.tell(options->opened.ctx, *ret_image);
	if (!e)
		/* What cannot be classified is of no interest here. */
		e = kernel_new_with(*ret_image, options->vmlinux, NULL, ret_kernel);
	if (e)
		return e;
	if (!(*ret_kernel)->translates)
		return err_new(err_code((*ret_kernel)->why_not), "kernel log: %s",
			       err_message((*ret_kernel)->why_not));
	return NULL;
}

struct err *dump_dmesg(const struct dmesg_options *options, struct notes *notes,
		       struct printk_summary *summary)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	struct stat st;
	struct sink_file_config config = { .overwrite = options->overwrite };
	struct log_out out = {
		.fd = options->stream_fd,
		.stop_fd = options->stop_fd,
		.text = STR_INIT,
		.message = STR_INIT,
		.callers = options->callers,
		.as_json = options->json,
	};
	struct err *e;

	*summary = (struct printk_summary){ .records_nr = 0 };
	e = open_kernel(options, notes, &image, &kernel);
	if (!stat(options->inputs[0], &st))
		config.input = &st;
	if (!e && options->partial)
		e = printk_cleared_at(&kernel->vtop, kernel->info, &out.first_seq);
	if (!e && options->output)
		e = sink_open_file(options->output, &config, &out.sink);
	if (e)
		return e;

	e = write_log(kernel, &out, summary);
	str_release(&out.text);
	str_release(&out.message);
	if (out.sink) {
		struct err *closing =
			out.sink->ops->close(out.sink, !e		     ? SINK_COMPLETE
						       : summary->records_nr ? SINK_INCOMPLETE
									     : SINK_DISCARD);

		if (e)
			err_free(closing);
		else
			e = closing;
	}
	return e;
}
