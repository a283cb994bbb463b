// SPDX-License-Identifier: GPL-2.0-or-later
/* What each codec makes of pages is undone by the library that dump readers use for it. */
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <zlib.h>

#include "config.h"
#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#ifdef HAVE_SNAPPY
#include <snappy-c.h>
#endif
#ifdef HAVE_LIBZSTD
#include <zstd.h>
#endif

#include "util/base/endian.h"
#include "util/codec/codec.h"
#include "util/codec/engines.h"

enum { PAGE = 4096, PAGE_MAX = 65536 };

static bool unzlib(const uint8_t *in, size_t len, uint8_t *out, size_t out_len)
{
	uLongf made = out_len;

	return uncompress(out, &made, in, len) == Z_OK && made == out_len;
}

#ifdef HAVE_LZO
static bool unlzo(const uint8_t *in, size_t len, uint8_t *out, size_t out_len)
{
	lzo_uint made = out_len;

	return lzo1x_decompress_safe(in, len, out, &made, NULL) == LZO_E_OK && made == out_len;
}
#endif

#ifdef HAVE_SNAPPY
static bool unsnappy(const uint8_t *in, size_t len, uint8_t *out, size_t out_len)
{
	size_t made = out_len;

	return snappy_uncompress((const char *)in, len, (char *)out, &made) == SNAPPY_OK &&
	       made == out_len;
}
#endif

#ifdef HAVE_LIBZSTD
static bool unzstd(const uint8_t *in, size_t len, uint8_t *out, size_t out_len)
{
	return ZSTD_decompress(out, out_len, in, len) == out_len;
}
#endif

static const struct witness {
	const struct codec *codec;
	const char *name;
	bool (*undo)(const uint8_t *in, size_t len, uint8_t *out, size_t out_len);
} witnesses[] = {
	{ &codec_zlib_zlib, "zlib", unzlib },
#ifdef HAVE_LIBDEFLATE
	{ &codec_zlib_libdeflate, "zlib", unzlib },
#endif
#ifdef HAVE_LZO
	{ &codec_lzo, "lzo", unlzo },
#endif
#ifdef HAVE_SNAPPY
	{ &codec_snappy, "snappy", unsnappy },
#endif
#ifdef HAVE_LIBZSTD
	{ &codec_zstd, "zstd", unzstd },
#endif
};

enum content { CONSTANT, POINTERS, TEXT, HALF_RANDOM, RANDOM, CONTENTS_NR };

static void fill(enum content content, uint8_t *page, size_t len)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog; ";

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = 0x5a5a5a5a5a5a5a5a;

		if (content == POINTERS)
			word = 0xffff888000000000 + (uint64_t)rand() % 4096 * 64;
		if (content == RANDOM || (content == HALF_RANDOM && i >= len / 2))
			word = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
		store_u64(page + i, word, ORDER_LITTLE);
	}
	for (size_t i = 0; content == TEXT && i < len; i++)
		page[i] = (uint8_t)text[i % (sizeof(text) - 1)];
}

static void a_page_comes_back_as_it_was(void **state)
{
	static const size_t sizes[] = { PAGE, 16384, PAGE_MAX };
	static uint8_t page[PAGE_MAX], small[PAGE_MAX], back[PAGE_MAX];

	(void)state;
	srand(4);
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++) {
		const struct witness *w = &witnesses[i];

		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct codec_context *context = NULL;
			size_t len = sizes[j];

			expect_ok(w->codec->open(len, &context));
			/* One context for all: nothing of a page may be left for the next. */
			for (unsigned int n = 0; n < 5 * CONTENTS_NR; n++) {
				enum content content = (enum content)(n % CONTENTS_NR);
				size_t made;

				fill(content, page, len);
				made = w->codec->compress(context, page, len, small, len - 1);
				assert_true(made < len);
				assert_int_equal(made == 0, content == RANDOM);
				if (made)
					assert_true(w->undo(small, made, back, len));
				if (made)
					assert_memory_equal(page, back, len);
			}
			w->codec->close(context);
		}
	}
}

/* To the byte, and nothing is written behind it. */
static void what_does_not_fit_is_refused(void **state)
{
	static uint8_t page[PAGE], whole[PAGE], back[PAGE];

	(void)state;
	fill(TEXT, page, PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++) {
		const struct witness *w = &witnesses[i];
		struct codec_context *context = NULL;
		size_t needed;

		expect_ok(w->codec->open(PAGE, &context));
		needed = w->codec->compress(context, page, PAGE, whole, PAGE);
		assert_true(needed > 10);
		for (size_t room = 0; room < needed; room++) {
			uint8_t *out = malloc(room + 1);

			out[room] = 0xa5;
			assert_int_equal(w->codec->compress(context, page, PAGE, out, room), 0);
			assert_int_equal(out[room], 0xa5);
			free(out);
		}
		/* The context is good for the next page all the same. */
		assert_int_equal(w->codec->compress(context, page, PAGE, whole, PAGE), needed);
		assert_true(w->undo(whole, needed, back, PAGE));
		assert_memory_equal(page, back, PAGE);
		w->codec->close(context);
	}
}

static void each_codec_undoes_itself(void **state)
{
	static uint8_t page[PAGE], small[PAGE], back[PAGE];

	(void)state;
	srand(5);
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++) {
		const struct codec *codec = witnesses[i].codec;
		struct codec_context *context = NULL;
		struct codec_reader *reader = NULL;

		expect_ok(codec->open(PAGE, &context));
		expect_ok(codec->reader_open(&reader));
		for (unsigned int n = 0; n < 3 * CONTENTS_NR; n++) {
			size_t made;

			fill((enum content)(n % CONTENTS_NR), page, PAGE);
			made = codec->compress(context, page, PAGE, small, PAGE - 1);
			if (!made)
				continue;
			assert_true(codec->decompress(reader, small, made, back, PAGE));
			assert_memory_equal(page, back, PAGE);
			assert_false(codec->decompress(reader, small, made, back, PAGE - 1));
			assert_false(codec->decompress(reader, small, made / 2, back, PAGE));
			assert_false(codec->decompress(reader, small, 0, back, PAGE));
		}
		codec->reader_close(reader);
		codec->close(context);
	}
}

/* The sanitizers watch the ends of both blocks. */
static void damaged_bytes_are_refused_or_give_a_page(void **state)
{
	uint8_t page[PAGE], whole[PAGE];

	(void)state;
	srand(6);
	fill(POINTERS, page, PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++) {
		const struct codec *codec = witnesses[i].codec;
		struct codec_context *context = NULL;
		struct codec_reader *reader = NULL;
		size_t made;

		expect_ok(codec->open(PAGE, &context));
		expect_ok(codec->reader_open(&reader));
		made = codec->compress(context, page, PAGE, whole, PAGE);
		assert_true(made > 0);
		for (unsigned int n = 0; n < 500; n++) {
			uint8_t *small = malloc(made);
			uint8_t *back = malloc(PAGE);

			memcpy(small, whole, made);
			small[(size_t)rand() % made] ^= (uint8_t)(1 + rand() % 255);
			(void)codec->decompress(reader, small, made, back, PAGE);
			free(small);
			free(back);
		}
		/* The reader is good for the next page all the same. */
		memset(page, 0, PAGE);
		assert_true(codec->decompress(reader, whole, made, page, PAGE));
		codec->reader_close(reader);
		codec->close(context);
	}
}

static void codecs_are_found_by_the_name_of_their_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++) {
		const struct codec *found = codec_find(witnesses[i].name);

		assert_non_null(found);
		assert_string_equal(found->name, witnesses[i].name);
		assert_string_equal(witnesses[i].codec->name, witnesses[i].name);
		assert_non_null(witnesses[i].codec->engine);
	}
	assert_null(codec_find("none"));
	assert_null(codec_find(""));
	assert_null(codec_find("zli"));
}

static void each_format_stands_once_in_the_list(void **state)
{
	size_t nr = 0;

	(void)state;
	while (codec_at(nr)) {
		assert_ptr_equal(codec_find(codec_at(nr)->name), codec_at(nr));
		nr++;
	}
	assert_true(nr >= 1);
	assert_null(codec_at(nr));
	assert_null(codec_at(SIZE_MAX));
#ifdef HAVE_LIBDEFLATE
	assert_string_equal(codec_find("zlib")->engine, "libdeflate");
#else
	assert_string_equal(codec_find("zlib")->engine, "zlib");
#endif
}

static void nothing_may_be_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++)
		witnesses[i].codec->close(NULL);
}

#ifdef HAVE_LIBZSTD
/* Where there is none for it a page would be stored raw, and nobody would know why. */
static void zstd_takes_its_memory_when_it_is_opened(void **state)
{
	(void)state;
	for (size_t page = PAGE; page <= PAGE_MAX; page *= 4) {
		uint8_t *in = calloc(2, page);
		struct codec_context *context;
		size_t opened_bytes;

		assert_non_null(in);
		for (size_t i = 0; i < page; i++)
			in[i] = (uint8_t)(i * i >> 3);
		expect_ok(codec_find("zstd")->open(page, &context));
		opened_bytes = ZSTD_sizeof_CCtx((ZSTD_CCtx *)context);
		assert_true(codec_find("zstd")->compress(context, in, page, in + page, page) > 0);
		assert_int_equal(ZSTD_sizeof_CCtx((ZSTD_CCtx *)context), opened_bytes);
		codec_find("zstd")->close(context);
		free(in);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_comes_back_as_it_was),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(each_codec_undoes_itself),
		cmocka_unit_test(damaged_bytes_are_refused_or_give_a_page),
		cmocka_unit_test(codecs_are_found_by_the_name_of_their_format),
		cmocka_unit_test(each_format_stands_once_in_the_list),
		cmocka_unit_test(nothing_may_be_closed),
#ifdef HAVE_LIBZSTD
		cmocka_unit_test(zstd_takes_its_memory_when_it_is_opened),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
