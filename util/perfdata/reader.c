// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/mem/file.h"
#include "util/perfdata/cursor.h"
#include "util/perfdata/merge.h"
#include "util/perfdata/tracing.h"
#include "util/perfdata/unpack.h"

enum {
	FILE_BUDGET_BYTES = 8 << 20,
	ATTRS_MAX = 1 << 17,
	IDS_MAX = 1 << 24,
	ATTR_BYTES_MAX = 4096,
	SECTIONS_MAX = PERFDATA_FEATURE_BITS + PERFDATA_SUPER_ENTRIES_MAX,
	SECTION_BYTES_MAX = 1 << 30,
	DIR_FILES_MAX = 1 << 14,
};

#define PERFDATA_MAGIC_OLD UINT64_C(0x454c494646524550) /* "PERFFILE", before Linux 2.6.36 */

struct section {
	uint32_t type;
	uint64_t offset;
	uint64_t size;
};

/* A range of records; the first one is in the file that has the header. */
struct stream {
	struct mem_file *file;
	uint64_t start;
	uint64_t end;
};

struct id_slot {
	uint64_t id;
	uint32_t event; /* index + 1; 0: empty */
};

struct perfdata {
	struct notes *notes;
	struct mem_file *file; /* with the header */
	struct stream *stream;
	size_t streams_nr;

	struct perfdata_event **event;
	size_t events_nr;
	size_t events_capacity;
	struct id_slot *slot;
	size_t slots_nr; /* a power of two */
	size_t ids_nr;
	const struct id_slot *last_slot;
	size_t id_offset;	  /* of all samples */
	size_t trailer_id_offset; /* of all others, from the end */

	struct section section[SECTIONS_MAX];
	size_t sections_nr;
	struct section tracing; /* of a pipe: the bytes behind its record */

	struct formats *formats;
	uint32_t page_bytes;
	bool ours;
	bool pipe;
	bool directory;
	bool compressed;
	bool unfinished;
	uint64_t missing_bytes;
	uint64_t records_bytes;
	struct merge *merge;
};

static void event_free(struct perfdata_event *event)
{
	if (!event)
		return;
	free(event->name);
	free(event);
}

DEFINE_GUARD(event, struct perfdata_event *, event_free)

void perfdata_close(struct perfdata *pd)
{
	if (!pd)
		return;
	merge_free(pd->merge);
	for (size_t i = 0; i < pd->streams_nr; i++)
		if (pd->stream[i].file != pd->file)
			mem_file_free(pd->stream[i].file);
	free(pd->stream);
	mem_file_free(pd->file);
	for (size_t i = 0; i < pd->events_nr; i++)
		event_free(pd->event[i]);
	free(pd->event);
	free(pd->slot);
	formats_free(pd->formats);
	free(pd);
}

/* ---- Event ids ------------------------------------------------------------------------------ */

static struct id_slot *find_slot(struct id_slot *slot, size_t slots_nr, uint64_t id)
{
	size_t i = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (slots_nr - 1);

	while (slot[i].event && slot[i].id != id)
		i = (i + 1) & (slots_nr - 1);
	return &slot[i];
}

static struct err *add_id(struct perfdata *pd, uint64_t id, size_t event)
{
	struct id_slot *slot;

	if (pd->ids_nr >= IDS_MAX)
		return err_new(ERR_FORMAT, "more than %d event ids", IDS_MAX);
	if (pd->ids_nr * 2 >= pd->slots_nr) {
		size_t slots_nr = pd->slots_nr ? pd->slots_nr * 2 : 64;
		struct id_slot *grown = calloc(slots_nr, sizeof(*grown));

		if (!grown)
			return err_nomem();
		for (size_t i = 0; i < pd->slots_nr; i++)
			if (pd->slot[i].event)
				*find_slot(grown, slots_nr, pd->slot[i].id) = pd->slot[i];
		free(pd->slot);
		pd->slot = grown;
		pd->slots_nr = slots_nr;
		pd->last_slot = NULL;
	}
	slot = find_slot(pd->slot, pd->slots_nr, id);
	if (!slot->event)
		pd->ids_nr++;
	*slot = (struct id_slot){ .id = id, .event = (uint32_t)event + 1 };
	return NULL;
}

const struct perfdata_event *perfdata_event_of(const struct perfdata *pd, uint64_t id)
{
	const struct id_slot *slot;

	if (pd->slots_nr) {
		slot = find_slot(pd->slot, pd->slots_nr, id);
		if (slot->event)
			return pd->event[slot->event - 1];
	}
	return pd->events_nr == 1 ? pd->event[0] : NULL;
}

/* ---- Events --------------------------------------------------------------------------------- */

static size_t time_offset(const struct sample_layout *layout)
{
	static const uint64_t before[] = { PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP,
					   PERF_SAMPLE_TID };
	size_t offset = PERFDATA_RECORD_HEADER_BYTES;

	if (!(layout->sample_type & PERF_SAMPLE_TIME))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		offset += layout->sample_type & before[i] ? 8 : 0;
	return offset;
}

static size_t trailer_time_offset(const struct sample_layout *layout)
{
	static const uint64_t behind[] = { PERF_SAMPLE_TIME, PERF_SAMPLE_ID, PERF_SAMPLE_STREAM_ID,
					   PERF_SAMPLE_CPU, PERF_SAMPLE_IDENTIFIER };
	size_t offset = 0;

	if (!layout->id_all || !(layout->sample_type & PERF_SAMPLE_TIME))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++)
		offset += layout->sample_type & behind[i] ? 8 : 0;
	return offset;
}

/* @attr: @len bytes as some kernel has them, little-endian. */
static struct err *add_event(struct perfdata *pd, const uint8_t *attr, size_t len)
{
	guard(event) struct perfdata_event *event = NULL;

	if (pd->events_nr >= ATTRS_MAX)
		return err_new(ERR_FORMAT, "more than %d events", ATTRS_MAX);
	if (pd->events_nr == pd->events_capacity) {
		size_t capacity = pd->events_capacity ? pd->events_capacity * 2 : 8;
		struct perfdata_event **grown =
			reallocarray(pd->event, capacity, sizeof(struct perfdata_event *));

		if (!grown)
			return err_nomem();
		pd->event = grown;
		pd->events_capacity = capacity;
	}
	event = calloc(1, sizeof(*event));
	if (!event)
		return err_nomem();
	memcpy(&event->attr, attr, MIN(len, sizeof(event->attr)));
	event->layout = sample_layout(&event->attr);
	event->index = pd->events_nr;
	event->time_offset = time_offset(&event->layout);
	event->trailer_time_offset = trailer_time_offset(&event->layout);
	if (!pd->events_nr) {
		pd->id_offset = sample_id_offset(&event->layout);
		pd->trailer_id_offset = sample_trailer_id_offset(&event->layout);
	}
	pd->event[pd->events_nr++] = take_ptr(event);
	return NULL;
}

static struct err *set_name(struct perfdata_event *event, const char *name, size_t len)
{
	char *copy = strndup(name, len);

	if (!copy)
		return err_nomem();
	free(event->name);
	event->name = copy;
	return NULL;
}

static const char *software_name(uint64_t config)
{
	static const char *const name[] = {
		[PERF_COUNT_SW_CPU_CLOCK] = "cpu-clock",
		[PERF_COUNT_SW_TASK_CLOCK] = "task-clock",
		[PERF_COUNT_SW_PAGE_FAULTS] = "page-faults",
		[PERF_COUNT_SW_CONTEXT_SWITCHES] = "context-switches",
		[PERF_COUNT_SW_CPU_MIGRATIONS] = "cpu-migrations",
		[PERF_COUNT_SW_PAGE_FAULTS_MIN] = "minor-faults",
		[PERF_COUNT_SW_PAGE_FAULTS_MAJ] = "major-faults",
		[PERF_COUNT_SW_ALIGNMENT_FAULTS] = "alignment-faults",
		[PERF_COUNT_SW_EMULATION_FAULTS] = "emulation-faults",
		[PERF_COUNT_SW_DUMMY] = "dummy",
		[PERF_COUNT_SW_BPF_OUTPUT] = "bpf-output",
		[PERF_COUNT_SW_CGROUP_SWITCHES] = "cgroup-switches",
	};

	return config < ARRAY_SIZE(name) ? name[config] : NULL;
}

/* For events whose names the file does not hold. */
static struct err *make_name(struct perfdata_event *event)
{
	guard(str) struct str name = STR_INIT;
	struct err *e;

	if (event->name)
		return NULL;
	if (event->format)
		str_printf(&name, "%s:%s", format_system(event->format),
			   format_name(event->format));
	else if (event->attr.type == PERF_TYPE_SOFTWARE && software_name(event->attr.config))
		str_add(&name, software_name(event->attr.config));
	else
		str_printf(&name, "event %u:%#" PRIx64, event->attr.type,
			   (uint64_t)event->attr.config);
	e = str_check(&name);
	return e ? e : set_name(event, name.s, name.len);
}

/* ---- Header, attributes, sections ----------------------------------------------------------- */

static struct err *add_section(struct perfdata *pd, uint32_t type, uint64_t offset, uint64_t size)
{
	if (!range_within(offset, size, mem_file_size(pd->file)))
		return NULL; /* cut off */
	for (size_t i = 0; i < pd->sections_nr; i++)
		if (pd->section[i].type == type)
			return NULL;
	if (pd->sections_nr == SECTIONS_MAX)
		return err_new(ERR_FORMAT, "more than %d sections", (int)SECTIONS_MAX);
	pd->section[pd->sections_nr++] =
		(struct section){ .type = type, .offset = offset, .size = size };
	return NULL;
}

static const struct section *find_section(const struct perfdata *pd, uint32_t type)
{
	for (size_t i = 0; i < pd->sections_nr; i++)
		if (pd->section[i].type == type)
			return &pd->section[i];
	return NULL;
}

bool perfdata_has_section(const struct perfdata *pd, uint32_t type)
{
	return find_section(pd, type);
}

uint32_t perfdata_section_type(const struct perfdata *pd, size_t i)
{
	return i < pd->sections_nr ? pd->section[i].type : UINT32_MAX;
}

struct err *perfdata_event_ids(const struct perfdata *pd, const struct perfdata_event *event,
			       uint64_t **ret_id, size_t *ret_nr)
{
	uint64_t *id = calloc(pd->ids_nr + 1, sizeof(*id));
	size_t nr = 0;

	if (!id)
		return err_nomem();
	for (size_t i = 0; i < pd->slots_nr; i++)
		if (pd->slot[i].event == event->index + 1)
			id[nr++] = pd->slot[i].id;
	*ret_id = id;
	*ret_nr = nr;
	return NULL;
}

static struct err *read_range(struct mem_file *file, uint64_t offset, uint64_t size,
			      char **ret_data)
{
	autofree char *data = NULL;
	struct err *e;

	if (size > SECTION_BYTES_MAX || !range_within(offset, size, mem_file_size(file)))
		return err_new(ERR_FORMAT, "a section of %" PRIu64 " bytes at offset %" PRIu64,
			       size, offset);
	data = malloc((size_t)size + 1);
	if (!data)
		return err_nomem();
	e = cursor_read(file, offset, data, (size_t)size);
	if (e)
		return e;
	data[size] = '\0';
	*ret_data = take_ptr(data);
	return NULL;
}

struct err *perfdata_section_read(struct perfdata *pd, uint32_t type, char **ret_data,
				  size_t *ret_len)
{
	const struct section *section = find_section(pd, type);
	struct err *e;

	if (!section)
		return err_new(ERR_NODATA, "the recording has no section %u", type);
	e = read_range(pd->file, section->offset, section->size, ret_data);
	if (!e)
		*ret_len = (size_t)section->size;
	return e;
}

struct err *perfdata_string(struct perfdata *pd, enum perfdata_feature feature, char **ret_text)
{
	autofree char *data = NULL;
	struct err *e;
	size_t len;

	e = perfdata_section_read(pd, feature, &data, &len);
	if (e)
		return e;
	if (len < 4 || load_u32(data, ORDER_LITTLE) > len - 4)
		return err_new(ERR_FORMAT, "feature %d is no string", (int)feature);
	*ret_text = strndup(data + 4, load_u32(data, ORDER_LITTLE));
	return *ret_text ? NULL : err_nomem();
}

struct err *perfdata_line(struct perfdata *pd, enum perfdata_section type, const char *key,
			  char **ret_value)
{
	autofree char *data = NULL;
	size_t len, key_len = strlen(key);
	struct err *e;

	*ret_value = NULL;
	if (!perfdata_has_section(pd, type))
		return NULL;
	e = perfdata_section_read(pd, type, &data, &len);
	if (e)
		return e;
	for (char *line = data; line;) {
		char *end = strchr(line, '\n');

		if (!strncmp(line, key, key_len) && line[key_len] == ' ') {
			line += key_len + 1;
			*ret_value = strndup(line, end ? (size_t)(end - line) : strlen(line));
			return *ret_value ? NULL : err_nomem();
		}
		line = end ? end + 1 : NULL;
	}
	return NULL;
}

static struct err *read_attrs(struct perfdata *pd, const uint8_t *header)
{
	uint64_t attr_bytes = load_u64(header + PERFDATA_HEADER_ATTR_SIZE, ORDER_LITTLE);
	const uint8_t *section = header + PERFDATA_HEADER_ATTRS;
	uint64_t offset = load_u64(section + PERFDATA_SECTION_OFFSET, ORDER_LITTLE);
	uint64_t size = load_u64(section + PERFDATA_SECTION_SIZE, ORDER_LITTLE);
	uint8_t entry[ATTR_BYTES_MAX];

	if (attr_bytes < PERF_ATTR_SIZE_VER0 + PERFDATA_SECTION_BYTES ||
	    attr_bytes > ATTR_BYTES_MAX)
		return err_new(ERR_FORMAT, "attributes of %" PRIu64 " bytes", attr_bytes);
	if (!range_within(offset, size, mem_file_size(pd->file)))
		return err_new(ERR_FORMAT, "the file ends before its attributes do");

	for (uint64_t at = offset; size - (at - offset) >= attr_bytes; at += attr_bytes) {
		const uint8_t *ids = entry + attr_bytes - PERFDATA_SECTION_BYTES;
		autofree char *id = NULL;
		uint64_t ids_offset, ids_bytes;
		struct err *e;

		e = cursor_read(pd->file, at, entry, (size_t)attr_bytes);
		if (!e)
			e = add_event(pd, entry, (size_t)attr_bytes - PERFDATA_SECTION_BYTES);
		if (e)
			return e;
		ids_offset = load_u64(ids + PERFDATA_SECTION_OFFSET, ORDER_LITTLE);
		ids_bytes = load_u64(ids + PERFDATA_SECTION_SIZE, ORDER_LITTLE);
		if (ids_bytes / 8 > IDS_MAX)
			return err_new(ERR_FORMAT, "%" PRIu64 " ids of one event", ids_bytes / 8);
		e = read_range(pd->file, ids_offset, ids_bytes, &id);
		for (uint64_t i = 0; !e && i < ids_bytes / 8; i++)
			e = add_id(pd, load_u64(id + 8 * i, ORDER_LITTLE), pd->events_nr - 1);
		if (e)
			return e;
	}
	return NULL;
}

/* Ours: what was on disk before the first record, and how far records are whole. */
static struct err *read_super(struct perfdata *pd, uint64_t data_offset, uint64_t *data_size)
{
	uint8_t super[PERFDATA_SUPER_END - PERFDATA_SUPER_OFFSET];
	uint32_t nr;
	struct err *e;

	if (data_offset < PERFDATA_SUPER_END || mem_file_size(pd->file) < PERFDATA_SUPER_END)
		return NULL;
	e = cursor_read(pd->file, PERFDATA_SUPER_OFFSET, super, sizeof(super));
	if (e)
		return e;
	if (memcmp(super, PERFDATA_SUPER_MAGIC, PERFDATA_SUPER_MAGIC_BYTES))
		return NULL;

	pd->ours = true;
	if (load_u32(super + PERFDATA_SUPER_STATE, ORDER_LITTLE) != PERFDATA_CLOSED) {
		pd->unfinished = true;
		*data_size = load_u64(super + PERFDATA_SUPER_DATA_COMMITTED, ORDER_LITTLE);
	}
	nr = load_u32(super + PERFDATA_SUPER_SECTIONS_NR, ORDER_LITTLE);
	if (nr > PERFDATA_SUPER_ENTRIES_MAX)
		return err_new(ERR_FORMAT, "%u sections", nr);
	for (uint32_t i = 0; i < nr; i++) {
		const uint8_t *entry =
			super + PERFDATA_SUPER_SECTIONS + i * PERFDATA_SUPER_ENTRY_BYTES;

		e = add_section(pd, load_u32(entry + PERFDATA_SUPER_ENTRY_TYPE, ORDER_LITTLE),
				load_u64(entry + PERFDATA_SUPER_ENTRY_OFFSET, ORDER_LITTLE),
				load_u64(entry + PERFDATA_SUPER_ENTRY_SIZE, ORDER_LITTLE));
		if (e)
			return e;
	}
	return NULL;
}

/* perf's table behind the data; what of it was cut off is not there. */
static struct err *read_features(struct perfdata *pd, const uint8_t *header, uint64_t table)
{
	for (unsigned int bit = 0; bit < PERFDATA_FEATURE_BITS; bit++) {
		uint8_t entry[PERFDATA_SECTION_BYTES];
		struct err *e;

		if (!(load_u64(header + PERFDATA_HEADER_FEATURES + bit / 64 * 8, ORDER_LITTLE) >>
			      bit % 64 &
		      1))
			continue;
		if (!range_within(table, sizeof(entry), mem_file_size(pd->file)))
			return NULL;
		e = cursor_read(pd->file, table, entry, sizeof(entry));
		if (!e)
			e = add_section(pd, bit,
					load_u64(entry + PERFDATA_SECTION_OFFSET, ORDER_LITTLE),
					load_u64(entry + PERFDATA_SECTION_SIZE, ORDER_LITTLE));
		if (e)
			return e;
		table += sizeof(entry);
	}
	return NULL;
}

static struct err *add_stream(struct perfdata *pd, struct mem_file *file, uint64_t start,
			      uint64_t end)
{
	struct stream *grown = reallocarray(pd->stream, pd->streams_nr + 1, sizeof(struct stream));

	if (!grown)
		return err_nomem();
	pd->stream = grown;
	pd->stream[pd->streams_nr++] = (struct stream){ .file = file, .start = start, .end = end };
	return NULL;
}

static struct err *read_header(struct perfdata *pd)
{
	uint8_t header[PERFDATA_HEADER_BYTES] = { 0 };
	const uint8_t *data = header + PERFDATA_HEADER_DATA;
	uint64_t file_size = mem_file_size(pd->file);
	uint64_t magic, header_bytes, offset, size, end;
	struct err *e;

	if (!file_size)
		return err_new(ERR_FORMAT, "the file is empty");
	if (file_size < PERFDATA_PIPE_HEADER_BYTES)
		return err_new(ERR_FORMAT, "not a recording: it has %" PRIu64 " bytes", file_size);
	e = cursor_read(pd->file, 0, header, (size_t)MIN(file_size, (uint64_t)sizeof(header)));
	if (e)
		return e;
	magic = load_u64(header, ORDER_LITTLE);
	if (magic == PERFDATA_MAGIC_SWAPPED)
		return err_new(ERR_UNSUPPORTED,
			       "recorded on a big-endian machine, which cannot be read here");
	if (magic == PERFDATA_MAGIC_OLD)
		return err_new(ERR_UNSUPPORTED, "a recording of a perf older than Linux 2.6.36");
	if (magic != PERFDATA_MAGIC)
		return err_new(ERR_FORMAT, "not a recording (no perf.data header)");

	header_bytes = load_u64(header + PERFDATA_HEADER_SIZE, ORDER_LITTLE);
	if (header_bytes == PERFDATA_PIPE_HEADER_BYTES) {
		pd->pipe = true;
		return add_stream(pd, pd->file, PERFDATA_PIPE_HEADER_BYTES, file_size);
	}
	if (header_bytes != PERFDATA_HEADER_BYTES && header_bytes != PERFDATA_HEADER_FEATURES)
		return err_new(ERR_FORMAT, "a header of %" PRIu64 " bytes", header_bytes);
	if (file_size < header_bytes)
		return err_new(ERR_FORMAT, "the file ends inside its header");
	if (header_bytes == PERFDATA_HEADER_FEATURES)
		memset(header + header_bytes, 0, sizeof(header) - header_bytes);

	e = read_attrs(pd, header);
	if (e)
		return e;
	offset = load_u64(data + PERFDATA_SECTION_OFFSET, ORDER_LITTLE);
	size = load_u64(data + PERFDATA_SECTION_SIZE, ORDER_LITTLE);
	if (offset < header_bytes)
		return err_new(ERR_FORMAT, "records begin inside the header");
	e = read_super(pd, offset, &size);
	if (e)
		return e;
	if (!pd->ours && !size) {
		/* perf fills in the size at its end. */
		pd->unfinished = true;
		size = offset < file_size ? file_size - offset : 0;
	}
	if (!add_u64(offset, size, &end))
		return err_new(ERR_FORMAT, "%" PRIu64 " bytes of records", size);
	if (end > file_size) {
		pd->missing_bytes = end - MAX(offset, file_size);
		pd->unfinished = true;
		end = MAX(offset, file_size);
	}
	if (!pd->unfinished) {
		e = read_features(pd, header, end);
		if (e)
			return e;
	}
	return add_stream(pd, pd->file, offset, end);
}

/* ---- Files ---------------------------------------------------------------------------------- */

static struct err *open_file(int fd_, struct mem_file **ret_file)
{
	static const struct mem_file_config config = { .map = MEM_MAP_WHERE_CHEAPER,
						       .budget_bytes = FILE_BUDGET_BYTES };
	autoclose int fd = fd_;
	uint64_t size;
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(errno, "stat");
	size = (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode)) {
		int copy;
		struct err *e = unpack_pipe(fd, &copy, &size);

		if (e)
			return e;
		close(fd);
		fd = copy;
	}
	return mem_file_new(take_fd(&fd), size, &config, ret_file);
}

static int is_data_file(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "data.", 5);
}

/* `perf record --threads`: data holds the header, data.0 and so on the records of the threads. */
static struct err *open_directory(struct perfdata *pd, const char *path)
{
	struct dirent **entry = NULL;
	struct err *e = NULL;
	int nr = scandir(path, &entry, is_data_file, versionsort);

	if (nr < 0)
		return err_sys(errno, "cannot list the folder");
	for (int i = 0; i < nr; i++) {
		guard(mem_file) struct mem_file *file = NULL;
		autofree char *name = NULL;
		int fd;

		if (e || i >= DIR_FILES_MAX)
			continue;
		if (asprintf(&name, "%s/%s", path, entry[i]->d_name) < 0) {
			name = NULL;
			e = err_nomem();
			continue;
		}
		fd = open(name, O_RDONLY | O_CLOEXEC);
		e = fd < 0 ? err_sys(errno, "open %s", entry[i]->d_name) : open_file(fd, &file);
		if (!e)
			e = add_stream(pd, file, 0, mem_file_size(file));
		if (!e)
			file = NULL;
	}
	for (int i = 0; i < nr; i++)
		free(entry[i]);
	free(entry);
	return e;
}

static struct err *open_path(struct perfdata *pd, const char *path)
{
	autofree char *inside = NULL;
	struct stat st;
	int fd;

	if (!strcmp(path, "-")) {
		fd = dup(STDIN_FILENO);
		return fd < 0 ? err_sys(errno, "stdin") : open_file(fd, &pd->file);
	}
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		pd->directory = true;
		if (asprintf(&inside, "%s/data", path) < 0) {
			inside = NULL;
			return err_nomem();
		}
	}
	fd = open(inside ? inside : path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(errno, "open");
	return open_file(fd, &pd->file);
}

/* ---- Looking through the records ------------------------------------------------------------ */

static const struct perfdata_event *event_of_record(struct perfdata *pd, uint32_t type,
						    const uint8_t *record, size_t len)
{
	size_t offset = type == PERF_RECORD_SAMPLE ? pd->id_offset : pd->trailer_id_offset;
	uint64_t id;

	if (!pd->events_nr)
		return NULL;
	if (type != PERF_RECORD_SAMPLE && offset)
		offset = len >= offset + PERFDATA_RECORD_HEADER_BYTES ? len - offset : len;
	if (!offset)
		return pd->event[0];
	if (offset + 8 > len)
		return NULL;
	id = load_u64(record + offset, ORDER_LITTLE);
	if (pd->last_slot && pd->last_slot->id == id)
		return pd->event[pd->last_slot->event - 1];
	/* perf's own records of what was there before carry no id. */
	if (!id && type != PERF_RECORD_SAMPLE)
		return pd->event[0];
	if (pd->slots_nr) {
		const struct id_slot *slot = find_slot(pd->slot, pd->slots_nr, id);

		if (slot->event) {
			pd->last_slot = slot;
			return pd->event[slot->event - 1];
		}
	}
	return pd->events_nr == 1 ? pd->event[0] : NULL;
}

static bool time_of(const struct perfdata_event *event, uint32_t type, const uint8_t *record,
		    size_t len, uint64_t *ret_time_ns)
{
	size_t offset;

	if (!event)
		return false;
	if (type == PERF_RECORD_SAMPLE) {
		offset = event->time_offset;
		if (!offset || offset + 8 > len)
			return false;
	} else {
		offset = event->trailer_time_offset;
		if (!offset || offset + PERFDATA_RECORD_HEADER_BYTES > len)
			return false;
		offset = len - offset;
	}
	*ret_time_ns = load_u64(record + offset, ORDER_LITTLE);
	return true;
}

static bool record_time(void *ctx, const uint8_t *record, size_t len, uint64_t *ret_time_ns)
{
	uint32_t type = load_u32(record, ORDER_LITTLE);
	struct perfdata *pd = ctx;

	if (type >= PERFDATA_RECORD_USER_START)
		return false;
	return time_of(event_of_record(pd, type, record, len), type, record, len, ret_time_ns);
}

static struct err *attr_record(struct perfdata *pd, const uint8_t *record, size_t len)
{
	const uint8_t *attr = record + PERFDATA_RECORD_HEADER_BYTES;
	size_t attr_bytes;
	struct err *e;

	len -= PERFDATA_RECORD_HEADER_BYTES;
	if (len < PERF_ATTR_SIZE_VER0)
		return err_new(ERR_FORMAT, "an attribute of %zu bytes", len);
	attr_bytes = load_u32(attr + 4, ORDER_LITTLE);
	if (attr_bytes < PERF_ATTR_SIZE_VER0 || attr_bytes > len)
		return err_new(ERR_FORMAT, "an attribute of %zu bytes", attr_bytes);
	e = add_event(pd, attr, attr_bytes);
	for (size_t at = attr_bytes; !e && at + 8 <= len; at += 8)
		e = add_id(pd, load_u64(attr + at, ORDER_LITTLE), pd->events_nr - 1);
	return e;
}

static struct err *user_record(void *ctx, struct mem_file *file, uint64_t offset,
			       const uint8_t *record, size_t len, uint64_t *behind_bytes)
{
	uint32_t type = load_u32(record, ORDER_LITTLE);
	const uint8_t *body = record + PERFDATA_RECORD_HEADER_BYTES;
	struct perfdata *pd = ctx;
	uint32_t size;

	switch (type) {
	case PERFDATA_RECORD_COMPRESSED:
	case PERFDATA_RECORD_COMPRESSED2:
		pd->compressed = true;
		return NULL;
	case PERFDATA_RECORD_TRACING_DATA:
		if (len < PERFDATA_RECORD_HEADER_BYTES + 4)
			return NULL;
		size = load_u32(body, ORDER_LITTLE);
		*behind_bytes = align_up_u64(size, 8);
		if (pd->pipe && file == pd->file)
			pd->tracing = (struct section){ .offset = offset + len, .size = size };
		return NULL;
	case PERFDATA_RECORD_ATTR:
		return pd->pipe && file == pd->file ? attr_record(pd, record, len) : NULL;
	case PERFDATA_RECORD_FEATURE:
		if (!pd->pipe || file != pd->file || len < PERFDATA_RECORD_HEADER_BYTES + 8 ||
		    load_u64(body, ORDER_LITTLE) >= PERFDATA_FEATURE_BITS)
			return NULL;
		return add_section(pd, (uint32_t)load_u64(body, ORDER_LITTLE),
				   offset + PERFDATA_RECORD_HEADER_BYTES + 8,
				   len - PERFDATA_RECORD_HEADER_BYTES - 8);
	default:
		return NULL;
	}
}

static const struct merge_ops record_ops = { .time = record_time, .user = user_record };

static struct err *scan(struct perfdata *pd)
{
	uint64_t missing = 0;
	struct err *e;

	merge_free(pd->merge);
	pd->merge = NULL;
	e = merge_new(&record_ops, pd, &pd->merge);
	if (e)
		return e;
	pd->records_bytes = 0;
	for (size_t i = 0; i < pd->streams_nr; i++) {
		struct stream *stream = &pd->stream[i];
		uint64_t end;

		e = merge_add(pd->merge, stream->file, stream->start, stream->end, &end);
		if (e)
			return e;
		pd->records_bytes += end - stream->start;
		missing += stream->end - end;
	}
	if (missing) {
		pd->missing_bytes += missing;
		pd->unfinished = true;
	}
	return merge_start(pd->merge);
}

/* The pipe's attributes stand in front of what is compressed and were seen; now comes the rest. */
static struct err *unpack(struct perfdata *pd)
{
	for (size_t i = 0; i < pd->streams_nr; i++) {
		struct stream *stream = &pd->stream[i];
		struct mem_file *file;
		uint64_t size, lost;
		struct err *e;
		int fd;

		e = unpack_records(stream->file, stream->start, stream->end, &fd, &size, &lost);
		if (!e)
			e = open_file(fd, &file);
		if (e)
			return e;
		if (stream->file != pd->file)
			mem_file_free(stream->file);
		*stream = (struct stream){ .file = file, .end = size };
		if (lost) {
			pd->missing_bytes += lost;
			pd->unfinished = true;
		}
	}
	return NULL;
}

/* ---- What the events are called ------------------------------------------------------------- */

static struct err *read_formats(struct perfdata *pd)
{
	const struct section *section;
	autofree char *data = NULL;
	struct err *e;

	if (pd->tracing.size) {
		e = add_section(pd, PERFDATA_TRACING_DATA, pd->tracing.offset, pd->tracing.size);
		if (e)
			return e;
	}
	section = find_section(pd, PERFDATA_TRACING_DATA);
	if (!section)
		return NULL;
	if (section->size > TRACING_DATA_BYTES_MAX)
		return err_new(ERR_FORMAT, "%" PRIu64 " bytes of tracing data", section->size);
	e = read_range(pd->file, section->offset, section->size, &data);
	if (e)
		return e;
	return tracing_data_parse((const uint8_t *)data, (size_t)section->size, pd->notes,
				  pd->formats, &pd->page_bytes);
}

/* {u32 nr, u32 attr size, nr x {attr, u32 ids, {u32 length, name}, u64 id[]}} */
static struct err *read_names(struct perfdata *pd)
{
	autofree char *data = NULL;
	uint32_t nr, attr_bytes;
	size_t len, at = 8;
	struct err *e;

	if (!perfdata_has_section(pd, PERFDATA_EVENT_DESC))
		return NULL;
	e = perfdata_section_read(pd, PERFDATA_EVENT_DESC, &data, &len);
	if (e)
		return e;
	if (len < 8)
		return NULL;
	nr = load_u32(data, ORDER_LITTLE);
	attr_bytes = load_u32(data + 4, ORDER_LITTLE);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t ids_nr, name_len;
		const char *name;

		if (!range_within(at, (uint64_t)attr_bytes + 8, len))
			return NULL;
		at += attr_bytes;
		ids_nr = load_u32(data + at, ORDER_LITTLE);
		name_len = load_u32(data + at + 4, ORDER_LITTLE);
		at += 8;
		name = data + at;
		if (!range_within(at, name_len + (uint64_t)8 * ids_nr, len))
			return NULL;
		at += name_len + (size_t)8 * ids_nr;
		/* The same order as the attributes; a pipe's may be more. */
		if (i < pd->events_nr && name_len) {
			e = set_name(pd->event[i], name, strnlen(name, name_len));
			if (e)
				return e;
		}
	}
	return NULL;
}

static struct err *name_events(struct perfdata *pd)
{
	struct err *e;

	e = read_formats(pd);
	if (e)
		return e;
	e = read_names(pd);
	for (size_t i = 0; !e && i < pd->events_nr; i++) {
		struct perfdata_event *event = pd->event[i];

		if (event->attr.type == PERF_TYPE_TRACEPOINT) {
			event->format = formats_find(pd->formats, event->attr.config);
			if (!event->format)
				notes_add(pd->notes,
					  "the recording does not hold the format of tracepoint "
					  "%" PRIu64 ": its fields are not known",
					  (uint64_t)event->attr.config);
		}
		e = make_name(event);
	}
	return e;
}

struct err *perfdata_open(const char *path, struct notes *notes, struct perfdata **ret_perfdata)
{
	guard(perfdata) struct perfdata *pd = calloc(1, sizeof(*pd));
	struct err *e;

	if (!pd)
		return err_nomem();
	pd->notes = notes;
	pd->page_bytes = 4096;
	e = formats_new(&pd->formats);
	if (!e)
		e = open_path(pd, path);
	if (!e)
		e = read_header(pd);
	if (!e && pd->directory)
		e = open_directory(pd, path);
	if (!e)
		e = scan(pd);
	if (!e && pd->compressed) {
		e = unpack(pd);
		if (!e)
			e = scan(pd);
	}
	if (!e && !pd->events_nr)
		e = err_new(ERR_FORMAT, "the recording names no event");
	if (!e)
		e = name_events(pd);
	if (e)
		return err_wrap(e, "cannot read %s", path);
	*ret_perfdata = take_ptr(pd);
	return NULL;
}

size_t perfdata_events_nr(const struct perfdata *pd)
{
	return pd->events_nr;
}

const struct perfdata_event *perfdata_event(const struct perfdata *pd, size_t i)
{
	return pd->event[i];
}

struct formats *perfdata_formats(struct perfdata *pd)
{
	return pd->formats;
}

uint32_t perfdata_page_bytes(const struct perfdata *pd)
{
	return pd->page_bytes;
}

bool perfdata_is_ours(const struct perfdata *pd)
{
	return pd->ours;
}

uint64_t perfdata_missing_bytes(const struct perfdata *pd)
{
	return pd->missing_bytes;
}

bool perfdata_is_unfinished(const struct perfdata *pd)
{
	return pd->unfinished;
}

uint64_t perfdata_records_bytes(const struct perfdata *pd)
{
	return pd->records_bytes;
}

void perfdata_time_range(const struct perfdata *pd, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	merge_time_range(pd->merge, ret_first_ns, ret_last_ns);
}

struct err *perfdata_next(struct perfdata *pd, struct perfdata_entry *ret_entry)
{
	const uint8_t *bytes;
	uint64_t offset;
	struct err *e;
	size_t len;

	*ret_entry = (struct perfdata_entry){ .type = 0 };
	e = merge_next(pd->merge, &bytes, &len, &offset);
	if (e || !bytes)
		return e;
	*ret_entry = (struct perfdata_entry){
		.type = load_u32(bytes, ORDER_LITTLE),
		.misc = load_u16(bytes + 4, ORDER_LITTLE),
		.bytes = bytes,
		.len = len,
		.offset = offset,
	};
	if (ret_entry->type < PERFDATA_RECORD_USER_START) {
		ret_entry->event = event_of_record(pd, ret_entry->type, bytes, len);
		time_of(ret_entry->event, ret_entry->type, bytes, len, &ret_entry->time_ns);
	}
	return NULL;
}

struct err *perfdata_rewind(struct perfdata *pd)
{
	return merge_start(pd->merge);
}
