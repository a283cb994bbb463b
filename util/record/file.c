// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/endian.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/event/open.h"
#include "util/perfdata/format.h"
#include "util/perfdata/send.h"
#include "util/perfdata/writer.h"
#include "util/record/compressor.h"
#include "util/record/host.h"
#include "util/record/symbols.h"

size_t record_trailer_bytes(const struct event_set *set)
{
	/* TID, TIME, CPU, IDENTIFIER: the same for all (event_set_finish()). */
	(void)set;
	return 32;
}

static struct err *keep_old_file(const char *path, bool *ret_kept)
{
	autofree char *old = NULL;
	struct stat stat;

	if (lstat(path, &stat))
		return errno == ENOENT ? NULL : err_sys(errno, "%s", path);
	if (!S_ISREG(stat.st_mode))
		return err_new(ERR_USAGE, "%s: not a regular file", path);
	if (!stat.st_size)
		return NULL;
	if (asprintf(&old, "%s.old", path) < 0) {
		old = NULL;
		return err_nomem();
	}
	if (rename(path, old))
		return err_sys(errno, "%s: keep it as %s", path, old);
	*ret_kept = true;
	return NULL;
}

static struct err *add_attrs(struct perfdata_writer *writer, const struct record_config *config,
			     const struct descriptors *descriptors)
{
	const struct event_set *set = config->events;
	autofree uint64_t *id = malloc(descriptors->nr * sizeof(*id) + 1);

	if (!id)
		return err_nomem();
	for (uint32_t i = 0; i < set->nr; i++) {
		struct err *err = NULL;
		size_t nr = 0;

		for (size_t j = 0; j < descriptors->nr; j++)
			if (descriptors->item[j].event == i)
				id[nr++] = descriptors->item[j].id;
		/* At the end, when it is sent, all of it would be lost. */
		if (config->nameless_fd >= 0)
			err = perfdata_check_send(set->event[i].name, nr);
		if (!err)
			err = perfdata_writer_attr(writer, &set->event[i].attr, set->event[i].name,
						   id, nr);
		if (err)
			return err;
	}
	return NULL;
}

static struct err *add_compression(struct perfdata_writer *writer, int level)
{
	uint8_t body[20];

	if (!level)
		return NULL;
	store_u32(body, 1, ORDER_LITTLE);     /* version */
	store_u32(body + 4, 1, ORDER_LITTLE); /* zstd */
	store_u32(body + 8, (uint32_t)level, ORDER_LITTLE);
	store_u32(body + 12, 1, ORDER_LITTLE); /* ratio: not known yet */
	store_u32(body + 16, COMPRESSOR_MMAP_LEN, ORDER_LITTLE);
	return perfdata_writer_section(writer, PERFDATA_COMPRESSED, body, sizeof(body));
}

void record_file_undo(const struct record_file *file)
{
	autofree char *old = NULL;

	if (file->fd >= 0 && !file->nameless)
		unlink(file->path);
	if (!file->kept_old)
		return;
	if (asprintf(&old, "%s.old", file->path) < 0)
		old = NULL;
	else
		(void)!rename(old, file->path);
}

/* All that precedes the events, into the file that was just created. */
static struct err *write_beginning(const struct record_config *config,
				   const struct descriptors *descriptors, struct output *output,
				   struct notes *notes, struct record_file *file)
{
	struct err *err;
	uint64_t offset;

	err = perfdata_writer_new(file->fd, config->use_mmap, &file->writer);
	if (!err)
		err = add_attrs(file->writer, config, descriptors);
	if (!err)
		err = host_sections(file->writer, config, notes);
	if (!err)
		err = add_compression(file->writer, config->zstd_level);
	if (!err)
		err = perfdata_writer_begin(file->writer, &offset);
	return err ? err : output_begin(output, file->fd, offset);
}

struct err *record_file_begin(const struct record_config *config, bool first,
			      const struct descriptors *descriptors, struct output *output,
			      struct notes *notes, struct record_file *ret_file)
{
	guard(record_file) struct record_file file = RECORD_FILE_INIT;
	const char *path = config->path;
	struct err *err;

	file.path = strdup(path);
	if (!file.path)
		return err_nomem();
	file.nameless = config->nameless_fd >= 0;
	err = first && !file.nameless ? keep_old_file(path, &file.kept_old) : NULL;
	if (err)
		return err;
	file.fd = file.nameless
			  ? fcntl(config->nameless_fd, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	err = file.fd < 0 ? err_sys(errno, "%s", path)
			  : err_wrap(write_beginning(config, descriptors, output, notes, &file),
				     "%s", path);
	if (err) {
		record_file_undo(&file);
		return err;
	}
	*ret_file = file;
	file = RECORD_FILE_INIT;
	return NULL;
}

void record_file_release(struct record_file *file)
{
	perfdata_writer_free(file->writer);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	*file = RECORD_FILE_INIT;
}

/* What is known of one descriptor: "<count> <samples> <lost> <excluded> <state>". */
static struct err *prove_one(const struct record_config *config, struct descriptor *item,
			     bool final, struct str *lines, struct record_summary *summary)
{
	const struct event *event = &config->events->event[item->event];
	bool has_lost = event->attr.read_format & PERF_FORMAT_LOST_BIT;
	bool exact = event_is_exact(event) && final && !config->overwrite;
	uint64_t there = item->samples + item->excluded;
	uint64_t in_file = item->samples - item->before;
	struct event_count count;
	const char *state;
	struct err *err;

	err = event_read(item->fd, event->attr.read_format, &count);
	if (err)
		return err;
	if (!has_lost)
		count.lost = count.value >= there ? count.value - there : 0;
	/* More samples than events: such a count is wrong, and proves nothing. */
	exact = exact && count.value >= there + count.lost;

	if (event_is_tracking(event)) {
		state = "tracking";
		summary->lost_tracking += has_lost && !config->overwrite ? count.lost : 0;
	} else if (!exact) {
		state = "unknown";
		if (has_lost && !config->overwrite)
			summary->lost += count.lost;
		if (summary->proof == RECORD_COMPLETE)
			summary->proof = RECORD_UNKNOWN;
	} else if (count.value != there + count.lost) {
		/* What is missing is known all the same: the count is right. */
		state = "differs";
		summary->lost += count.value - there;
		summary->withheld += count.value - there - count.lost;
	} else {
		state = has_lost ? "exact" : "derived";
		summary->lost += count.lost;
	}

	str_printf(lines, "%" PRIu64 " %d %d ", item->id, item->cpu, (int)item->tid);
	if (exact)
		str_printf(lines, "%" PRIu64 " %" PRIu64 " %" PRIu64, count.value - item->before,
			   in_file, count.lost);
	else if (has_lost && !config->overwrite)
		str_printf(lines, "- %" PRIu64 " %" PRIu64, in_file, count.lost);
	else
		str_printf(lines, "- %" PRIu64 " -", in_file);
	str_printf(lines, " %" PRIu64 " %s %s\n", item->excluded, state, event->name);
	item->before = item->samples;
	return NULL;
}

struct err *record_file_proof(const struct record_config *config, struct descriptors *descriptors,
			      bool final, struct str *lines, struct record_summary *summary)
{
	summary->proof = RECORD_COMPLETE;
	for (size_t i = 0; i < descriptors->nr; i++) {
		struct err *err = prove_one(config, &descriptors->item[i], final, lines, summary);

		if (err)
			return err;
	}
	if (summary->lost)
		summary->proof = RECORD_INCOMPLETE;
	return str_check(lines);
}

static struct err *late_sections(struct record_file *file, const struct str *proof,
				 const struct record_summary *summary)
{
	guard(str) struct str run = STR_INIT;
	uint8_t times[16];
	struct err *err;

	err = perfdata_writer_section(file->writer, PERFDATA_SECTION_PROOF, proof->s, proof->len);
	if (err)
		return err;
	if (summary->samples) {
		store_u64(times, summary->time_first_ns, ORDER_LITTLE);
		store_u64(times + 8, summary->time_last_ns, ORDER_LITTLE);
		err = perfdata_writer_section(file->writer, PERFDATA_SAMPLE_TIME, times,
					      sizeof(times));
		if (err)
			return err;
	}
	str_printf(&run, "wall_ns %" PRIu64 "\ncpu_ns %" PRIu64 "\nwakeups %" PRIu64 "\n",
		   summary->wall_ns, summary->cpu_ns, summary->wakeups);
	str_printf(&run, "events %" PRIu64 "\n", summary->samples);
	if (summary->proof == RECORD_UNKNOWN)
		str_add(&run, "lost -\n");
	else
		str_printf(&run, "lost %" PRIu64 "\n", summary->lost);
	str_printf(&run, "reason %s\n", summary->reason);
	err = str_check(&run);
	return err ? err
		   : perfdata_writer_section(file->writer, PERFDATA_SECTION_RUN, run.s, run.len);
}

struct err *record_file_end(struct record_file *file, struct output *output,
			    const struct str *proof, const struct record_summary *summary,
			    uint64_t *ret_bytes)
{
	struct stat stat;
	struct err *err;
	uint64_t end;

	output_end(output, &end);
	err = late_sections(file, proof, summary);
	if (!err)
		err = perfdata_writer_end(file->writer, end, record_symbol_sections,
					  record_symbol_sections_nr);
	if (!err && fstat(file->fd, &stat))
		err = err_sys(errno, "size");
	if (err)
		return err_wrap(err, "%s", file->path);
	*ret_bytes = (uint64_t)stat.st_size;
	return NULL;
}
