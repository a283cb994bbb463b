// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fakekernel.h"
#include "util/base/endian.h"
#include "util/kernel/printk.h"

/* A ring buffer of 8 messages and 256 bytes of text, laid out as in 5.10 to 6.12. */
enum {
	LOG_PADDR = 4 << 20,
	POINTER_AT = 0,
	RB_AT = 0x100,
	DESCS_AT = 0x200,
	INFOS_AT = 0x400,
	DATA_AT = 0x800,
	COUNT_BITS = 3,
	SIZE_BITS = 8,
	DATA_BYTES = 1 << SIZE_BITS,
	DESC_BYTES = 24,
	INFO_BYTES = 88,
};

#define LOG_VADDR UINT64_C(0xffff888000400000)
#define COMMITTED (UINT64_C(1) << 62)
#define FINALIZED (UINT64_C(2) << 62)
#define RESERVED UINT64_C(0)
#define REUSABLE (UINT64_C(3) << 62)

static const char facts[] = "SYMBOL(prb)=ffff888000400000\n"
			    "OFFSET(printk_ringbuffer.desc_ring)=0\n"
			    "OFFSET(printk_ringbuffer.text_data_ring)=48\n"
			    "OFFSET(prb_desc_ring.count_bits)=0\n"
			    "OFFSET(prb_desc_ring.descs)=8\n"
			    "OFFSET(prb_desc_ring.infos)=16\n"
			    "OFFSET(prb_desc_ring.head_id)=24\n"
			    "OFFSET(prb_desc_ring.tail_id)=32\n"
			    "OFFSET(prb_data_ring.size_bits)=0\n"
			    "OFFSET(prb_data_ring.data)=8\n"
			    "SIZE(prb_desc)=24\n"
			    "OFFSET(prb_desc.state_var)=0\n"
			    "OFFSET(prb_desc.text_blk_lpos)=8\n"
			    "OFFSET(prb_data_blk_lpos.begin)=0\n"
			    "OFFSET(prb_data_blk_lpos.next)=8\n"
			    "SIZE(printk_info)=88\n"
			    "OFFSET(printk_info.seq)=0\n"
			    "OFFSET(printk_info.ts_nsec)=8\n"
			    "OFFSET(printk_info.text_len)=16\n"
			    "OFFSET(atomic_long_t.counter)=0\n";

struct log {
	struct fakekernel fake;
	struct vtop vtop;
	struct str text; /* what was read */
	struct printk_summary summary;
	bool callers;
	struct printk_record last;
};

static void put64(struct log *log, uint64_t at, uint64_t value)
{
	fakemem_put64(&log->fake.mem, LOG_PADDR + at, value);
}

static void setup_log(struct log *log, uint64_t tail_id, uint64_t head_id)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;

	log->text = STR_INIT;
	log->callers = false;
	fakekernel_init(&log->fake, &(struct fakekernel_config){ .levels = 4 });
	fakemem_add(&log->fake.mem, LOG_PADDR, 4096);
	fakekernel_map(&log->fake, LOG_VADDR, LOG_PADDR, 1);
	expect_ok(vmcoreinfo_parse(log->fake.info.s, log->fake.info.len, &info));
	expect_ok(vtop_init(&log->vtop, &log->fake.image, info));

	put64(log, POINTER_AT, LOG_VADDR + RB_AT);
	put64(log, RB_AT, COUNT_BITS);
	put64(log, RB_AT + 8, LOG_VADDR + DESCS_AT);
	put64(log, RB_AT + 16, LOG_VADDR + INFOS_AT);
	put64(log, RB_AT + 24, head_id);
	put64(log, RB_AT + 32, tail_id);
	put64(log, RB_AT + 48, SIZE_BITS);
	put64(log, RB_AT + 56, LOG_VADDR + DATA_AT);
}

static void release_log(struct log *log)
{
	str_release(&log->text);
	fakekernel_release(&log->fake);
}

/* A message whose block is [begin, next) of the data ring, in positions that never wrap. */
static void put_message(struct log *log, uint64_t id, uint64_t state, uint64_t begin, uint64_t next,
			const char *text)
{
	uint64_t slot = id % (1 << COUNT_BITS);
	uint64_t info = INFOS_AT + slot * INFO_BYTES;
	uint64_t at = begin / DATA_BYTES == next / DATA_BYTES || next % DATA_BYTES == 0
			      ? begin % DATA_BYTES
			      : 0;

	put64(log, DESCS_AT + slot * DESC_BYTES, state | id);
	put64(log, DESCS_AT + slot * DESC_BYTES + 8, begin);
	put64(log, DESCS_AT + slot * DESC_BYTES + 16, next);
	put64(log, info, id);
	put64(log, info + 8, id * 1000001000);
	store_u16(fakemem_at(&log->fake.mem, LOG_PADDR + info + 16), (uint16_t)strlen(text),
		  ORDER_LITTLE);
	if (!(begin & 1))
		memcpy(fakemem_at(&log->fake.mem, LOG_PADDR + DATA_AT + at + 8), text,
		       strlen(text));
}

static struct err *keep(void *ctx, const struct printk_record *record)
{
	struct log *log = ctx;

	log->last = *record;
	printk_format(&log->text, record, log->callers);
	return NULL;
}

/* @without: a key of VMCOREINFO to leave out, or NULL. @more: further lines. */
static struct err *read_log_with(struct log *log, const char *without, const char *more)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	guard(str) struct str text = STR_INIT;

	for (const char *line = facts; *line; line = strchr(line, '\n') + 1) {
		if (!without || strncmp(line, without, strlen(without)) != 0)
			str_add_bytes(&text, line, (size_t)(strchr(line, '\n') + 1 - line));
	}
	str_add(&text, more);
	expect_ok(vmcoreinfo_parse(text.s, text.len, &info));
	str_clear(&log->text);
	return printk_walk(&log->vtop, info, keep, log, &log->summary);
}

static struct err *read_log(struct log *log, const char *without)
{
	return read_log_with(log, without, "");
}

static void messages_come_oldest_first(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 6, 9);
	put_message(&log, 6, FINALIZED, 0, 24, "six");
	put_message(&log, 7, FINALIZED, 24, 48, "seven");
	put_message(&log, 8, COMMITTED, 48, 72, "eight");
	put_message(&log, 9, FINALIZED, 72, 96, "nine");
	expect_ok(read_log(&log, NULL));
	assert_string_equal(log.text.s, "[    6.000006] six\n[    7.000007] seven\n"
					"[    8.000008] eight\n[    9.000009] nine\n");
	assert_int_equal(log.summary.records_nr, 4);
	assert_int_equal(log.summary.lost_nr, 0);
	release_log(&log);
}

static void a_block_that_would_run_over_the_end_lies_at_the_start(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 1, 2);
	put_message(&log, 1, FINALIZED, DATA_BYTES - 16, DATA_BYTES + 40,
		    "at the start of the ring");
	put_message(&log, 2, FINALIZED, 2 * DATA_BYTES - 24, 2 * DATA_BYTES, "to the very end!");
	expect_ok(read_log(&log, NULL));
	assert_string_equal(log.text.s, "[    1.000001] at the start of the ring\n"
					"[    2.000002] to the very end!\n");
	release_log(&log);
}

static void ids_without_a_message_are_passed_over(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 0, 4);
	put_message(&log, 0, REUSABLE, 0, 24, "gone");
	put_message(&log, 1, RESERVED, 24, 48, "being written");
	put_message(&log, 2, FINALIZED, 1, 1, "");
	put_message(&log, 3 + 8, FINALIZED, 48, 72, "another id's");
	put_message(&log, 4, FINALIZED, 72, 96, "four");
	expect_ok(read_log(&log, NULL));
	assert_string_equal(log.text.s, "[    2.000002] \n[    4.000004] four\n");
	assert_int_equal(log.summary.records_nr, 2);
	release_log(&log);
}

static void who_wrote_a_message_and_how_urgent_it_is_are_known(void **state)
{
	static const char where[] = "OFFSET(printk_info.caller_id)=20\n";
	struct log log;
	uint8_t *info;

	(void)state;
	setup_log(&log, 0, 0);
	put_message(&log, 0, FINALIZED, 0, 24, "two\nlines");
	info = fakemem_at(&log.fake.mem, LOG_PADDR + INFOS_AT);
	info[18] = 3;
	info[19] = 4 << 5 | 0x1f;
	store_u32(info + 20, PRINTK_CALLER_CPU | 12, ORDER_LITTLE);
	log.callers = true;
	expect_ok(read_log_with(&log, NULL, where));
	assert_string_equal(log.text.s, "[    0.000000] [     C12] two\n"
					"[    0.000000] [     C12] lines\n");
	assert_true(log.last.level_known);
	assert_int_equal(log.last.level, 4);
	assert_int_equal(log.last.facility, 3);

	store_u32(info + 20, 1234567, ORDER_LITTLE);
	expect_ok(read_log_with(&log, NULL, where));
	assert_int_equal(strncmp(log.text.s, "[    0.000000] [T1234567] two", 29), 0);
	assert_string_equal(printk_level_name(log.last.level), "warn");
	release_log(&log);
}

static void where_that_stands_elsewhere_it_is_not_known(void **state)
{
	static const char *const elsewhere[] = { "", "OFFSET(printk_info.caller_id)=24\n",
						 "OFFSET(printk_info.caller_id)=x\n" };
	struct log log;

	(void)state;
	setup_log(&log, 0, 0);
	put_message(&log, 0, FINALIZED, 0, 24, "zero");
	log.callers = true;
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		expect_ok(read_log_with(&log, NULL, elsewhere[i]));
		assert_string_equal(log.text.s, "[    0.000000] zero\n");
		assert_false(log.last.level_known);
	}
	release_log(&log);
}

static void a_length_that_lies_stays_inside_its_block(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 0, 0);
	put_message(&log, 0, FINALIZED, 0, 16, "12345678");
	store_u16(fakemem_at(&log.fake.mem, LOG_PADDR + INFOS_AT + 16), UINT16_MAX, ORDER_LITTLE);
	expect_ok(read_log(&log, NULL));
	assert_string_equal(log.text.s, "[    0.000000] 12345678\n");
	release_log(&log);
}

static void what_cannot_be_read_is_counted(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 0, 1);
	put_message(&log, 0, FINALIZED, 0, 24, "zero");
	put_message(&log, 1, FINALIZED, 24, 48, "one");
	fakemem_break(&log.fake.mem, LOG_PADDR + DATA_AT, 24, ERR_SYS);
	expect_ok(read_log(&log, NULL));
	assert_string_equal(log.text.s, "[    1.000001] one\n");
	assert_int_equal(log.summary.lost_nr, 1);
	release_log(&log);
}

static void a_ring_that_cannot_be_is_an_error(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 0, 8);
	expect_err(read_log(&log, NULL), ERR_FORMAT, "9 messages of 8");
	put64(&log, RB_AT, 40);
	expect_err(read_log(&log, NULL), ERR_FORMAT, "2^40 messages");
	put64(&log, RB_AT, COUNT_BITS);
	put64(&log, POINTER_AT, 0);
	expect_err(read_log(&log, NULL), ERR_NODATA, "kernel log");
	release_log(&log);
}

static void every_fact_is_needed(void **state)
{
	struct log log;

	(void)state;
	setup_log(&log, 0, 0);
	for (const char *line = facts; *line; line = strchr(line, '\n') + 1) {
		char key[80];

		snprintf(key, sizeof(key), "%.*s", (int)strcspn(line, "="), line);
		expect_err(read_log(&log, key), ERR_NODATA, key);
	}
	release_log(&log);
}

static void lines_have_the_time_and_controls_are_written_out(void **state)
{
	static const char text[] = "two\nlines\x1b[0m\twith \xc3\xa4 and an end\n";
	const struct printk_record record = {
		.ts_nsec = UINT64_C(12345678901234),
		.text = text,
		.len = sizeof(text) - 1,
	};
	guard(str) struct str out = STR_INIT;

	(void)state;
	printk_format(&out, &record, false);
	assert_string_equal(out.s, "[12345.678901] two\n"
				   "[12345.678901] lines\\x1b[0m\twith \xc3\xa4 and an end\n");
}

/*
 * Where the log was cleared, by VMCOREINFO with the @extra lines; UINT64_MAX when it does not say.
 */
static uint64_t cleared_at(const struct log *log, const char *extra)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	uint64_t seq;
	struct err *e;

	expect_ok(vmcoreinfo_parse(extra, strlen(extra), &info));
	e = printk_cleared_at(&log->vtop, info, &seq);
	if (!e)
		return seq;
	assert_int_equal(err_code(e), ERR_NODATA);
	err_free(e);
	return UINT64_MAX;
}

static void where_the_log_was_cleared_is_found(void **state)
{
	static const char plain[] = "SYMBOL(clear_seq)=ffff888000400e00\n";
	static const char latched[] = "SYMBOL(clear_seq)=ffff888000400e00\n"
				      "OFFSET(latched_seq.val)=8\n";
	struct log log;

	(void)state;
	setup_log(&log, 0, 0);
	put64(&log, 0xe00, 6);
	put64(&log, 0xe08, 41);
	put64(&log, 0xe10, 42);
	assert_int_equal(cleared_at(&log, plain), 6);
	assert_int_equal(cleared_at(&log, latched), 41);
	put64(&log, 0xe00, 7);
	assert_int_equal(cleared_at(&log, latched), 42);
	assert_int_equal(cleared_at(&log, "SYMBOL(clear_seq)=ffff999000000000\n"), UINT64_MAX);
	assert_int_equal(cleared_at(&log, "A=b\n"), UINT64_MAX);
	release_log(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_oldest_first),
		cmocka_unit_test(a_block_that_would_run_over_the_end_lies_at_the_start),
		cmocka_unit_test(ids_without_a_message_are_passed_over),
		cmocka_unit_test(who_wrote_a_message_and_how_urgent_it_is_are_known),
		cmocka_unit_test(where_that_stands_elsewhere_it_is_not_known),
		cmocka_unit_test(a_length_that_lies_stays_inside_its_block),
		cmocka_unit_test(what_cannot_be_read_is_counted),
		cmocka_unit_test(a_ring_that_cannot_be_is_an_error),
		cmocka_unit_test(every_fact_is_needed),
		cmocka_unit_test(where_the_log_was_cleared_is_found),
		cmocka_unit_test(lines_have_the_time_and_controls_are_written_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
