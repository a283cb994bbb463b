// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/sample.h"

/* All of sample_type that we can step over; a bit beyond has a size we do not know. */
enum { KNOWN_BITS_NR = 25 }; /* up to PERF_SAMPLE_WEIGHT_STRUCT */

/* What is left of a record; reading past its end sets `short_read` and gives zeros. */
struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool short_read;
};

static const uint8_t *take(struct cursor *cursor, uint64_t len)
{
	const uint8_t *at = cursor->at;

	if (len > (uint64_t)(cursor->end - at)) {
		cursor->short_read = true;
		cursor->at = cursor->end;
		return NULL;
	}
	cursor->at += len;
	return at;
}

static uint64_t take_u64(struct cursor *cursor)
{
	const uint8_t *at = take(cursor, 8);

	return at ? load_u64(at, ORDER_LITTLE) : 0;
}

/* @nr comes from the record: the product is checked before anything is read. */
static const uint8_t *take_u64s(struct cursor *cursor, uint64_t nr)
{
	if (nr > (uint64_t)(cursor->end - cursor->at) / 8) {
		cursor->short_read = true;
		cursor->at = cursor->end;
		return NULL;
	}
	return take(cursor, nr * 8);
}

struct sample_layout sample_layout(const struct perf_event_attr *attr)
{
	return (struct sample_layout){
		.sample_type = attr->sample_type,
		.read_format = attr->read_format,
		.branch_type = attr->branch_sample_type,
		.regs_user = attr->sample_regs_user,
		.regs_intr = attr->sample_regs_intr,
		.id_all = attr->sample_id_all,
	};
}

static void sample_init(struct sample *sample)
{
	*sample = (struct sample){
		.id = SAMPLE_NONE_U64,
		.ip = SAMPLE_NONE_U64,
		.pid = SAMPLE_NONE_U32,
		.tid = SAMPLE_NONE_U32,
		.time_ns = SAMPLE_NONE_U64,
		.addr = SAMPLE_NONE_U64,
		.stream_id = SAMPLE_NONE_U64,
		.cpu = SAMPLE_NONE_U32,
		.cgroup_id = SAMPLE_NONE_U64,
	};
}

/* perf_output_read(): stepped over, nobody wants the counts of groups. */
static void skip_read(struct cursor *cursor, uint64_t format)
{
	uint64_t times_nr = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			    !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t each_nr = 1 + !!(format & PERF_FORMAT_ID) + !!(format & PERF_FORMAT_LOST);

	if (!(format & PERF_FORMAT_GROUP)) {
		take_u64s(cursor, each_nr + times_nr);
		return;
	}

	uint64_t nr = take_u64(cursor);

	take_u64s(cursor, times_nr);
	for (uint64_t i = 0; i < each_nr; i++)
		take_u64s(cursor, nr);
}

static void take_raw(struct cursor *cursor, struct sample *sample)
{
	const uint8_t *size = take(cursor, 4);

	if (!size)
		return;
	sample->raw_len = load_u32(size, ORDER_LITTLE);
	sample->raw = take(cursor, sample->raw_len);
	/* The kernel pads size and data together to 8 bytes, and counts the padding as data. */
}

static void skip_branches(struct cursor *cursor, uint64_t branch_type)
{
	uint64_t nr = take_u64(cursor);

	if (branch_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		take_u64(cursor);
	for (int i = 0; i < 3; i++)
		take_u64s(cursor, nr);
}

static void take_user_regs(struct cursor *cursor, uint64_t mask, struct sample *sample)
{
	sample->user_abi = take_u64(cursor);
	if (sample->user_abi == PERF_SAMPLE_REGS_ABI_NONE)
		return;
	sample->user_regs_nr = (size_t)__builtin_popcountll(mask);
	sample->user_regs = take_u64s(cursor, sample->user_regs_nr);
}

static void take_user_stack(struct cursor *cursor, struct sample *sample)
{
	uint64_t size = take_u64(cursor);
	uint64_t filled;

	if (!size)
		return;
	sample->user_stack = take(cursor, size);
	filled = take_u64(cursor);
	sample->user_stack_len = filled < size ? filled : size;
}

static void skip_regs(struct cursor *cursor, uint64_t mask)
{
	if (take_u64(cursor) != PERF_SAMPLE_REGS_ABI_NONE)
		take_u64s(cursor, (uint64_t)__builtin_popcountll(mask));
}

/* Of these each takes 8 bytes, in this order, before all that have no fixed place. */
#define FIXED_BITS                                                                                 \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |            \
	 PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |             \
	 PERF_SAMPLE_PERIOD)

/* One check for all of them: every sample of a report comes through here. */
static void take_fixed(struct cursor *cursor, uint64_t type, struct sample *sample)
{
	const uint8_t *at = take(cursor, 8 * (uint64_t)__builtin_popcountll(type & FIXED_BITS));

	if (!at)
		return;
	if (type & PERF_SAMPLE_IDENTIFIER) {
		sample->id = load_u64(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_IP) {
		sample->ip = load_u64(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_TID) {
		sample->pid = load_u32(at, ORDER_LITTLE);
		sample->tid = load_u32(at + 4, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_TIME) {
		sample->time_ns = load_u64(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_ADDR) {
		sample->addr = load_u64(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_ID) {
		sample->id = load_u64(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_STREAM_ID) {
		sample->stream_id = load_u64(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_CPU) {
		sample->cpu = load_u32(at, ORDER_LITTLE);
		at += 8;
	}
	if (type & PERF_SAMPLE_PERIOD)
		sample->period = load_u64(at, ORDER_LITTLE);
}

/* What stands behind a tracepoint's fields. */
static void take_rest(struct cursor *cursor, const struct sample_layout *layout,
		      struct sample *sample)
{
	uint64_t type = layout->sample_type;

	if (type & PERF_SAMPLE_BRANCH_STACK)
		skip_branches(cursor, layout->branch_type);
	if (type & PERF_SAMPLE_REGS_USER)
		take_user_regs(cursor, layout->regs_user, sample);
	if (type & PERF_SAMPLE_STACK_USER)
		take_user_stack(cursor, sample);
	if (type & (PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT))
		take_u64(cursor);
	if (type & PERF_SAMPLE_DATA_SRC)
		take_u64(cursor);
	if (type & PERF_SAMPLE_TRANSACTION)
		take_u64(cursor);
	if (type & PERF_SAMPLE_REGS_INTR)
		skip_regs(cursor, layout->regs_intr);
	if (type & PERF_SAMPLE_PHYS_ADDR)
		take_u64(cursor);
	if (type & PERF_SAMPLE_CGROUP)
		sample->cgroup_id = take_u64(cursor);
}

struct err *sample_decode(const struct sample_layout *layout, const uint8_t *record, size_t len,
			  struct sample *ret_sample)
{
	struct cursor cursor = { .at = record, .end = record + len };
	uint64_t type = layout->sample_type;
	struct sample sample;

	if (type >> KNOWN_BITS_NR)
		return err_new(ERR_UNSUPPORTED, "samples with fields of type 0x%llx",
			       (unsigned long long)(type >> KNOWN_BITS_NR << KNOWN_BITS_NR));

	sample_init(&sample);
	take(&cursor, sizeof(struct perf_event_header));
	take_fixed(&cursor, type, &sample);
	if (type & PERF_SAMPLE_READ)
		skip_read(&cursor, layout->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		uint64_t nr = take_u64(&cursor);

		sample.chain = take_u64s(&cursor, nr);
		sample.chain_nr = sample.chain ? (size_t)nr : 0;
	}
	if (type & PERF_SAMPLE_RAW)
		take_raw(&cursor, &sample);
	if (type & ~(FIXED_BITS | PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW))
		take_rest(&cursor, layout, &sample);

	if (cursor.short_read)
		return err_new(ERR_FORMAT, "sample of %zu bytes ends before its fields do", len);
	*ret_sample = sample;
	return NULL;
}

size_t sample_id_offset(const struct sample_layout *layout)
{
	static const uint64_t before[] = { PERF_SAMPLE_IP, PERF_SAMPLE_TID, PERF_SAMPLE_TIME,
					   PERF_SAMPLE_ADDR };
	size_t offset = sizeof(struct perf_event_header);

	if (layout->sample_type & PERF_SAMPLE_IDENTIFIER)
		return offset;
	if (!(layout->sample_type & PERF_SAMPLE_ID))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		offset += layout->sample_type & before[i] ? 8 : 0;
	return offset;
}

size_t sample_trailer_id_offset(const struct sample_layout *layout)
{
	if (!layout->id_all)
		return 0;
	if (layout->sample_type & PERF_SAMPLE_IDENTIFIER)
		return 8;
	if (!(layout->sample_type & PERF_SAMPLE_ID))
		return 0;
	return 8 + (layout->sample_type & PERF_SAMPLE_STREAM_ID ? 8 : 0) +
	       (layout->sample_type & PERF_SAMPLE_CPU ? 8 : 0);
}
