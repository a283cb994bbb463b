// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recordings: any bytes as a file; any records inside a good one, plain or from a pipe; and a good
 * one with bytes changed at places the input names. All of it is read, decoded and analysed, and
 * what is read twice must be the same twice.
 */
#include <stdlib.h>

#include "tests/fuzz/memory-file.h"
#include "tests/lib/recording.h"
#include "util/base/endian.h"
#include "util/report/page.h"
#include "util/report/samples.h"
#include "util/report/slab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libtraceevent 1.7 forgets a few bytes of a format it cannot parse. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent\n";
}

enum { MODE_FILE, MODE_RECORDS, MODE_PIPE, MODE_PATCHES, MODES_NR };

static struct recording good_recording(void)
{
	static const uint64_t chain[] = { 0xffffffff81000010, 0xffffffff81000110 };
	struct recording recording = { .len = 0 };

	recording_comm(&recording, 0, 7, 7, "task");
	recording_alloc(&recording, 10, 7, 0, 100, 1, 1, 0xcc0, chain, 2);
	recording_free(&recording, 40, 7, 0, 100, 1);
	recording_alloc(&recording, 20, 8, 1, 200, 0, 0, 0xdc0, chain, 2);
	recording_lost(&recording, 30, 5);
	return recording;
}

static uint8_t *make_file(const uint8_t *data, size_t size, size_t *ret_len)
{
	struct recording recording = { .len = 0 };
	uint8_t *file;
	size_t end;

	switch (data[0] % MODES_NR) {
	case MODE_RECORDS:
	case MODE_PIPE:
		recording_add_bytes(&recording, data + 1, size - 1);
		file = data[0] % MODES_NR == MODE_PIPE ? recording_pipe(&recording, ret_len)
						       : recording_file(&recording, ret_len);
		break;
	case MODE_PATCHES:
		recording = good_recording();
		file = recording_file(&recording, ret_len);
		end = (size_t)load_u64(file + PERFDATA_HEADER_DATA, ORDER_LITTLE) + recording.len +
		      16;
		/*
		 * Up to the formats: what libtraceevent makes of damaged ones is found out in a
		 * child of its own (util/perfdata/tracing.c), which is tested elsewhere.
		 */
		for (size_t at = 1; at + 3 <= size; at += 3) {
			size_t place = load_u16(data + at, ORDER_LITTLE) % end;

			file[place] = data[at + 2];
		}
		break;
	default:
		recording_add_bytes(&recording, data + 1, size - 1);
		file = malloc(recording.len + 1);
		assert(file);
		if (recording.len)
			memcpy(file, recording.bytes, recording.len);
		*ret_len = recording.len;
		break;
	}
	recording_release(&recording);
	return file;
}

static size_t count_samples(struct session *session)
{
	struct session_sample sample;
	size_t nr = 0;

	for (;; nr++) {
		struct err *e = session_next(session, &sample);

		if (e || !sample.event) {
			err_free(e);
			return nr;
		}
	}
}

static void rewind_session(struct session *session)
{
	struct err *e = session_rewind(session);

	assert(!e);
	err_free(e);
}

static void analyse(struct session *session)
{
	static const struct session_filter everything = { .comm_nr = 0 };
	struct page_config config = { .key = { PAGE_KEY_ORDER, PAGE_KEY_GFP, PAGE_KEY_OWNER },
				      .keys_nr = 3,
				      .filter = &everything,
				      .timeline = true };
	struct slab_config slab_config = { .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	autofclose FILE *out = fopen("/dev/null", "w");
	struct err *e;

	assert(out);
	e = page_analyse(session, &config, &pa);
	if (!e) {
		uint64_t bytes = pa.failures.bytes;

		for (size_t i = 0; i < pa.keys.nr; i++) {
			assert(pa.row[i].bytes >= pa.row[i].freed_bytes);
			bytes += pa.row[i].bytes;
		}
		assert(bytes == pa.allocs.bytes);
		assert(pa.frees.hits >= pa.unmatched_frees.hits + pa.matched.hits);
		assert(pa.allocs.bytes >= pa.matched.bytes);
	}
	err_free(e);
	rewind_session(session);
	err_free(slab_analyse(session, &slab_config, &sa));
	rewind_session(session);
	err_free(samples_show(session, &everything, 0, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[MEMORY_FILE_PATH_MAX], symbols[MEMORY_FILE_PATH_MAX];
	static const uint8_t kallsyms[] = "ffffffff81000000 T _text\nffffffff81000100 T f\n";
	static int fd = -1, symbols_fd = -1;
	guard(notes) struct notes notes = NOTES_INIT;
	guard(session) struct session *session = NULL;
	struct session_config config;
	uint8_t *file;
	size_t len, nr;
	struct err *e;

	if (fd < 0) {
		fd = memory_file_new(path);
		symbols_fd = memory_file_new(symbols);
		memory_file_set(symbols_fd, kallsyms, sizeof(kallsyms) - 1);
	}
	if (!size)
		return 0;
	file = make_file(data, size, &len);
	memory_file_set(fd, file, len);
	free(file);

	config = (struct session_config){ .path = path, .kallsyms = symbols };
	e = session_open(&config, &notes, &session);
	if (e) {
		assert(err_message(e)[0]);
		err_free(e);
		return 0;
	}
	nr = count_samples(session);
	rewind_session(session);
	assert(count_samples(session) == nr);
	rewind_session(session);
	analyse(session);
	return 0;
}
