// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/tracing.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/endian.h"

/* What is left; reading past the end sets `cut` and gives zeros. */
struct bytes {
	const uint8_t *at;
	const uint8_t *end;
	bool cut;
};

static const uint8_t *take(struct bytes *bytes, uint64_t len)
{
	const uint8_t *at = bytes->at;

	if (len > (uint64_t)(bytes->end - at)) {
		bytes->cut = true;
		bytes->at = bytes->end;
		return NULL;
	}
	bytes->at += len;
	return at;
}

static uint32_t take_u32(struct bytes *bytes)
{
	const uint8_t *at = take(bytes, 4);

	return at ? load_u32(at, ORDER_LITTLE) : 0;
}

static uint64_t take_u64(struct bytes *bytes)
{
	const uint8_t *at = take(bytes, 8);

	return at ? load_u64(at, ORDER_LITTLE) : 0;
}

static const char *take_string(struct bytes *bytes)
{
	const uint8_t *nul = memchr(bytes->at, '\0', (size_t)(bytes->end - bytes->at));

	if (!nul) {
		bytes->cut = true;
		bytes->at = bytes->end;
		return "";
	}
	return (const char *)take(bytes, (uint64_t)(nul - bytes->at) + 1);
}

/* "header_page\0" or "header_event\0", u64 length, text: of ftrace's own rings, not ours. */
static bool skip_header(struct bytes *bytes, const char *name)
{
	if (strcmp(take_string(bytes), name))
		return false;
	take(bytes, take_u64(bytes));
	return !bytes->cut;
}

static void add_format(struct bytes *bytes, const char *system, bool fields_only,
		       struct notes *notes, struct formats *formats)
{
	static const char print[] = "\nprint fmt:";
	uint64_t len = take_u64(bytes);
	const uint8_t *text = take(bytes, len), *end;
	struct err *e;

	if (!text)
		return;
	if (fields_only) {
		end = memmem(text, (size_t)len, print, sizeof(print) - 1);
		len = end ? (uint64_t)(end - text) + 1 : len;
	}
	e = formats_add(formats, system, (const char *)text, (size_t)len, NULL);
	if (e)
		notes_add(notes, "%s", err_message(e));
	err_free(e);
}

static struct err *parse(const uint8_t *data, size_t len, bool fields_only, struct notes *notes,
			 struct formats *formats, uint32_t *ret_page_bytes)
{
	static const char magic[] = "\x17\x08\x44tracing";
	struct bytes bytes = { .at = data, .end = data + len };
	const uint8_t *machine;
	uint32_t page_bytes, nr;

	if (len < sizeof(magic) - 1 || memcmp(data, magic, sizeof(magic) - 1))
		return err_new(ERR_FORMAT, "tracing data does not begin as such");
	take(&bytes, sizeof(magic) - 1);
	take_string(&bytes); /* the version; what we read is the same in 0.5 and 0.6 */
	machine = take(&bytes, 2);
	if (machine && machine[0])
		return err_new(ERR_UNSUPPORTED, "tracing data of a big-endian machine");
	if (machine && machine[1] != 8)
		return err_new(ERR_UNSUPPORTED, "tracing data of a machine with longs of %u bytes",
			       machine[1]);
	page_bytes = take_u32(&bytes);
	if (!is_pow2_u64(page_bytes) || !skip_header(&bytes, "header_page") ||
	    !skip_header(&bytes, "header_event"))
		return err_new(ERR_FORMAT, "tracing data is damaged or cut short");

	nr = take_u32(&bytes);
	for (uint32_t i = 0; i < nr && !bytes.cut; i++)
		add_format(&bytes, "ftrace", fields_only, notes, formats);

	nr = take_u32(&bytes);
	for (uint32_t i = 0; i < nr && !bytes.cut; i++) {
		const char *system = take_string(&bytes);
		uint32_t events_nr = take_u32(&bytes);

		for (uint32_t j = 0; j < events_nr && !bytes.cut; j++)
			add_format(&bytes, system, fields_only, notes, formats);
	}
	if (bytes.cut)
		return err_new(ERR_FORMAT, "tracing data is cut short");

	take(&bytes, take_u32(&bytes)); /* kallsyms, always empty */
	nr = take_u32(&bytes);
	if (nr) {
		const uint8_t *text = take(&bytes, nr);
		struct err *e = text ? formats_add_printk(formats, (const char *)text, nr) : NULL;

		if (e)
			return e;
	}
	*ret_page_bytes = page_bytes;
	return NULL;
}

/*
 * Does the library survive these formats? Version 1.7 follows a null pointer on some it cannot
 * parse, and a recording may be anybody's. A child finds out.
 */
static bool survives(const uint8_t *data, size_t len, bool fields_only)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM };
	enum { SECONDS_MAX = 20 };
	int status;
	pid_t child;

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	/* A fork for each input is too slow there; fuzz-perfdata leaves these bytes as they are. */
	return true;
#endif
	child = fork();
	if (child < 0)
		return true;
	if (!child) {
		struct rlimit none = { .rlim_cur = 0 };
		struct formats *formats;
		uint32_t page_bytes;

		for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
			signal(fatal[i], SIG_DFL);
		setrlimit(RLIMIT_CORE, &none);
		alarm(SECONDS_MAX);
		if (!formats_new(&formats))
			err_free(parse(data, len, fields_only, NULL, formats, &page_bytes));
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

struct err *tracing_data_parse(const uint8_t *data, size_t len, struct notes *notes,
			       struct formats *formats, uint32_t *ret_page_bytes)
{
	bool fields_only = !survives(data, len, false);

	if (fields_only) {
		notes_add(notes, "the recording's print formats are damaged: fields are shown as "
				 "they are");
		if (!survives(data, len, true))
			return err_new(ERR_FORMAT, "the formats of its events are damaged");
	}
	return parse(data, len, fields_only, notes, formats, ret_page_bytes);
}
