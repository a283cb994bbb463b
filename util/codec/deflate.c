// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/codec/deflate.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/codec/huffman.h"

enum {
	/* RFC 1951, 3.2.5 */
	LITERALS_NR = 256,
	END_OF_BLOCK = 256,
	LENGTH_CODES_AT = 257,
	LITLENS_NR = 286,
	FIXED_LITLENS_NR = 288,
	LENGTHS_NR = 29,
	DISTANCES_NR = 30,
	FIXED_DISTANCES_NR = 32,
	MATCH_MIN = 3,
	MATCH_MAX = 258,
	DISTANCE_MAX = 32768,

	/* 3.2.7 */
	PRECODES_NR = 19,
	PRECODE_LENGTH_MAX = 7,
	REPEAT = 16, /* the length before, 3 to 6 times */
	ZEROS = 17,  /* 3 to 10 times 0 */
	MANY_ZEROS = 18,
	PRECODES_SHIFT = 5,

	/*
	 * A table of the last place of four bytes: large enough that more than 4096 places rarely meet,
	 * small enough to be emptied in 0.1 us and to stay in the first cache.
	 */
	HASH_BITS = 12,
	HASHED_BYTES = 4,
	NO_PLACE = UINT16_MAX,
	LOAD_BYTES = 8, /* no place is looked up with less behind it */

	/* After 16 places without a match every second one is looked up, after 32 every third... */
	MISSES_SHIFT = 4,

	ZLIB_HEADER_BYTES = 2,
	ZLIB_TRAILER_BYTES = 4,
};

/* A literal is its byte. A match has its length less MATCH_MIN from bit 16 on, and its distance. */
#define TOKEN_MATCH (UINT32_C(1) << 31)

static const uint16_t length_base[LENGTHS_NR] = { 3,  4,  5,  6,   7,	8,   9,	  10,  11, 13,
						  15, 17, 19, 23,  27,	31,  35,  43,  51, 59,
						  67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_extra[LENGTHS_NR] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
						  2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_base[DISTANCES_NR] = {
	1,   2,	  3,   4,   5,	 7,    9,    13,   17,	 25,   33,   49,   65,	  97,	 129,
	193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577
};
static const uint8_t distance_extra[DISTANCES_NR] = { 0, 0, 0,	0,  1,	1,  2,	2,  3,	3,
						      4, 4, 5,	5,  6,	6,  7,	7,  8,	8,
						      9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };

struct prefix_code {
	uint8_t length[FIXED_LITLENS_NR];
	uint16_t code[FIXED_LITLENS_NR];
};

/* Both codes of a block. */
struct codes {
	struct prefix_code litlen;
	struct prefix_code distance;
};

/* The lengths of a block's own codes, packed: what stands in front of it. */
struct preamble {
	size_t litlens_nr;
	size_t distances_nr;
	size_t precodes_nr;
	size_t items_nr;
	uint16_t item[LITLENS_NR + DISTANCES_NR]; /* a symbol, what it repeats above it */
	struct prefix_code precode;
	size_t bits;
};

struct deflate {
	deflate_adler_fn *adler;
	size_t block_bytes;
	struct codes fixed;
	struct codes own;
	struct preamble preamble;
	uint8_t length_symbol[MATCH_MAX - MATCH_MIN + 1];

	/* Of distances up to 256, less 1; behind them of all in steps of 128. */
	uint8_t distance_symbol[512];

	uint16_t place[1 << HASH_BITS];
	uint32_t litlen_nr[LITLENS_NR];
	uint32_t distance_nr[DISTANCES_NR];
	uint32_t *token;
	uint8_t *out; /* the end of the stream is written in words */
};

static uint32_t load_le32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

static uint64_t load_le64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return le64toh(value);
}

static void fill_symbols(struct deflate *deflate)
{
	for (size_t i = 0; i < LENGTHS_NR; i++) {
		size_t first = length_base[i] - (size_t)MATCH_MIN;
		size_t end =
			MIN(first + ((size_t)1 << length_extra[i]), sizeof(deflate->length_symbol));

		/* The last one takes 258 from the one before it. */
		memset(deflate->length_symbol + first, (int)i, end - first);
	}
	for (size_t i = 0; i < DISTANCES_NR; i++) {
		size_t first = distance_base[i] - (size_t)1;
		size_t nr = (size_t)1 << distance_extra[i];

		if (first < 256)
			memset(deflate->distance_symbol + first, (int)i, nr);
		else
			memset(deflate->distance_symbol + 256 + (first >> 7), (int)i, nr >> 7);
	}
}

static unsigned int distance_symbol(const struct deflate *deflate, uint32_t distance)
{
	uint32_t n = distance - 1;

	return deflate->distance_symbol[n < 256 ? n : 256 + (n >> 7)];
}

/* RFC 1951, 3.2.6 */
static void fill_fixed(struct codes *fixed)
{
	memset(fixed->litlen.length, 8, 144);
	memset(fixed->litlen.length + 144, 9, 256 - 144);
	memset(fixed->litlen.length + 256, 7, 280 - 256);
	memset(fixed->litlen.length + 280, 8, FIXED_LITLENS_NR - 280);
	memset(fixed->distance.length, 5, FIXED_DISTANCES_NR);
	huffman_codes(fixed->litlen.length, FIXED_LITLENS_NR, fixed->litlen.code);
	huffman_codes(fixed->distance.length, FIXED_DISTANCES_NR, fixed->distance.code);
}

struct err *deflate_new(size_t block_bytes, deflate_adler_fn *adler, struct deflate **ret_deflate)
{
	struct deflate *deflate = calloc(1, sizeof(*deflate));

	assert(block_bytes && block_bytes <= DEFLATE_BLOCK_BYTES_MAX);
	if (!deflate)
		return err_nomem();
	deflate->adler = adler;
	deflate->block_bytes = block_bytes;
	deflate->token = calloc(block_bytes, sizeof(*deflate->token));
	deflate->out = malloc(block_bytes + sizeof(uint64_t));
	if (!deflate->token || !deflate->out) {
		deflate_free(deflate);
		return err_nomem();
	}
	fill_symbols(deflate);
	fill_fixed(&deflate->fixed);
	*ret_deflate = deflate;
	return NULL;
}

void deflate_free(struct deflate *deflate)
{
	if (!deflate)
		return;
	free(deflate->token);
	free(deflate->out);
	free(deflate);
}

static uint32_t hash(uint32_t bytes)
{
	return bytes * UINT32_C(0x9e3779b1) >> (32 - HASH_BITS);
}

/* How many bytes @a and @b, which lies before it, have in common before @end. */
static size_t common_bytes(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	const uint8_t *start = a;

	while (end - a >= LOAD_BYTES) {
		uint64_t differing = load_le64(a) ^ load_le64(b);

		if (differing)
			return (size_t)(a - start) + ((size_t)__builtin_ctzll(differing) >> 3);
		a += LOAD_BYTES;
		b += LOAD_BYTES;
	}
	while (a < end && *a == *b) {
		a++;
		b++;
	}
	return (size_t)(a - start);
}

static uint32_t *add_literals(struct deflate *deflate, uint32_t *token, const uint8_t *in,
			      size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		deflate->litlen_nr[in[i]]++;
		*token++ = in[i];
	}
	return token;
}

static uint32_t *add_match(struct deflate *deflate, uint32_t *token, size_t len, size_t distance)
{
	uint32_t len_less = (uint32_t)len - MATCH_MIN;

	deflate->litlen_nr[LENGTH_CODES_AT + deflate->length_symbol[len_less]]++;
	deflate->distance_nr[distance_symbol(deflate, (uint32_t)distance)]++;
	*token++ = TOKEN_MATCH | len_less << 16 | (uint32_t)distance;
	return token;
}

/*
 * What was seen before becomes matches, as soon as it is seen and where it was seen last. Longer
 * searches make pages smaller by 2% and take half as long again. Returns the number of tokens.
 */
static size_t tokenize(struct deflate *deflate, const uint8_t *in, size_t len)
{
	size_t looked_up_end = len > LOAD_BYTES ? len - LOAD_BYTES : 0;
	uint32_t *token = deflate->token;
	size_t misses = 0;
	size_t at = 0;

	memset(deflate->place, 0xff, sizeof(deflate->place));
	memset(deflate->litlen_nr, 0, sizeof(deflate->litlen_nr));
	memset(deflate->distance_nr, 0, sizeof(deflate->distance_nr));
	while (at < looked_up_end) {
		uint32_t bytes = load_le32(in + at);
		uint16_t *place = &deflate->place[hash(bytes)];
		size_t seen = *place;
		size_t matching;

		*place = (uint16_t)at;
		if (seen == NO_PLACE || load_le32(in + seen) != bytes || at - seen > DISTANCE_MAX) {
			size_t nr = MIN(1 + (misses++ >> MISSES_SHIFT), looked_up_end - at);

			token = add_literals(deflate, token, in + at, nr);
			at += nr;
			continue;
		}
		matching = HASHED_BYTES + common_bytes(in + at + HASHED_BYTES,
						       in + seen + HASHED_BYTES,
						       in + MIN(len, at + MATCH_MAX));
		token = add_match(deflate, token, matching, at - seen);
		at += matching;
		misses = 0;
		/* Where a match ends is where the next one may begin; what lies inside is not. */
		if (at - 1 < looked_up_end)
			deflate->place[hash(load_le32(in + at - 1))] = (uint16_t)(at - 1);
	}
	token = add_literals(deflate, token, in + at, len - at);
	deflate->litlen_nr[END_OF_BLOCK] = 1;
	return (size_t)(token - deflate->token);
}

static void add_item(struct preamble *preamble, uint32_t *count, unsigned int symbol, size_t repeat)
{
	count[symbol]++;
	preamble->item[preamble->items_nr++] = (uint16_t)(symbol | repeat << PRECODES_SHIFT);
}

/* @nr times the length @value. */
static void add_lengths(struct preamble *preamble, uint32_t *count, uint8_t value, size_t nr)
{
	if (!value) {
		for (; nr >= 11; nr -= MIN(nr, (size_t)138))
			add_item(preamble, count, MANY_ZEROS, MIN(nr, (size_t)138) - 11);
		if (nr >= 3) {
			add_item(preamble, count, ZEROS, nr - 3);
			nr = 0;
		}
	} else if (nr > 3) {
		add_item(preamble, count, value, 0);
		for (nr--; nr >= 3; nr -= MIN(nr, (size_t)6))
			add_item(preamble, count, REPEAT, MIN(nr, (size_t)6) - 3);
	}
	while (nr--)
		add_item(preamble, count, value, 0);
}

static const uint8_t precode_order[PRECODES_NR] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
						    11, 4,  12, 3, 13, 2, 14, 1, 15 };

static size_t extra_bits(unsigned int item_symbol)
{
	static const uint8_t bits[] = { 2, 3, 7 };

	return item_symbol < REPEAT ? 0 : bits[item_symbol - REPEAT];
}

static size_t used_symbols_nr(const uint8_t *length, size_t nr, size_t nr_min)
{
	while (nr > nr_min && !length[nr - 1])
		nr--;
	return nr;
}

static void make_preamble(struct preamble *preamble, const struct codes *codes)
{
	uint8_t length[LITLENS_NR + DISTANCES_NR];
	uint32_t count[PRECODES_NR] = { 0 };
	size_t nr;

	preamble->litlens_nr = used_symbols_nr(codes->litlen.length, LITLENS_NR, LENGTH_CODES_AT);
	preamble->distances_nr = used_symbols_nr(codes->distance.length, DISTANCES_NR, 1);
	nr = preamble->litlens_nr + preamble->distances_nr;
	memcpy(length, codes->litlen.length, preamble->litlens_nr);
	memcpy(length + preamble->litlens_nr, codes->distance.length, preamble->distances_nr);

	preamble->items_nr = 0;
	for (size_t i = 0; i < nr;) {
		size_t first = i;

		while (i < nr && length[i] == length[first])
			i++;
		add_lengths(preamble, count, length[first], i - first);
	}
	huffman_lengths(count, PRECODES_NR, PRECODE_LENGTH_MAX, preamble->precode.length);
	huffman_codes(preamble->precode.length, PRECODES_NR, preamble->precode.code);

	preamble->precodes_nr = PRECODES_NR;
	while (preamble->precodes_nr > 4 &&
	       !preamble->precode.length[precode_order[preamble->precodes_nr - 1]])
		preamble->precodes_nr--;
	preamble->bits = 5 + 5 + 4 + 3 * preamble->precodes_nr;
	for (unsigned int i = 0; i < PRECODES_NR; i++)
		preamble->bits += count[i] * (preamble->precode.length[i] + extra_bits(i));
}

/* What the tokens take in @codes, without the bits that are the same in any code. */
static size_t coded_bits(const struct deflate *deflate, const struct codes *codes)
{
	size_t bits = 0;

	for (size_t i = 0; i < LITLENS_NR; i++)
		bits += (size_t)deflate->litlen_nr[i] * codes->litlen.length[i];
	for (size_t i = 0; i < DISTANCES_NR; i++)
		bits += (size_t)deflate->distance_nr[i] * codes->distance.length[i];
	return bits;
}

static size_t uncoded_bits(const struct deflate *deflate)
{
	size_t bits = 0;

	for (size_t i = 0; i < LENGTHS_NR; i++)
		bits += (size_t)deflate->litlen_nr[LENGTH_CODES_AT + i] * length_extra[i];
	for (size_t i = 0; i < DISTANCES_NR; i++)
		bits += (size_t)deflate->distance_nr[i] * distance_extra[i];
	return bits;
}

/* Bits on their way; between two calls of drain() at most 56 may be put. */
struct bits {
	uint8_t *out;
	uint64_t pending;
	unsigned int pending_nr;
};

static inline void put(struct bits *bits, uint64_t value, unsigned int nr)
{
	bits->pending |= value << bits->pending_nr;
	bits->pending_nr += nr;
}

/* Writes a whole word, of which the bytes that are not full yet are written again. */
static inline void drain(struct bits *bits)
{
	uint64_t word = htole64(bits->pending);

	memcpy(bits->out, &word, sizeof(word));
	bits->out += bits->pending_nr / 8;
	bits->pending >>= bits->pending_nr & ~7u;
	bits->pending_nr %= 8;
}

static inline void put_symbol(struct bits *bits, const struct prefix_code *code,
			      unsigned int symbol)
{
	put(bits, code->code[symbol], code->length[symbol]);
}

static void put_preamble(struct bits *bits, const struct preamble *preamble)
{
	put(bits, preamble->litlens_nr - LENGTH_CODES_AT, 5);
	put(bits, preamble->distances_nr - 1, 5);
	put(bits, preamble->precodes_nr - 4, 4);
	for (size_t i = 0; i < preamble->precodes_nr; i++) {
		drain(bits);
		put(bits, preamble->precode.length[precode_order[i]], 3);
	}
	for (size_t i = 0; i < preamble->items_nr; i++) {
		unsigned int symbol = preamble->item[i] % (1 << PRECODES_SHIFT);

		drain(bits);
		put_symbol(bits, &preamble->precode, symbol);
		put(bits, preamble->item[i] >> PRECODES_SHIFT, (unsigned int)extra_bits(symbol));
	}
	drain(bits);
}

static void put_tokens(const struct deflate *deflate, size_t tokens_nr, const struct codes *codes,
		       struct bits *out)
{
	struct bits bits = *out; /* a local one stays in registers */

	for (size_t i = 0; i < tokens_nr; i++) {
		uint32_t token = deflate->token[i];
		unsigned int length, distance;

		if (!(token & TOKEN_MATCH)) {
			put_symbol(&bits, &codes->litlen, token);
			drain(&bits);
			continue;
		}
		length = deflate->length_symbol[token >> 16 & 0xff];
		distance = distance_symbol(deflate, token & 0xffff);
		put_symbol(&bits, &codes->litlen, LENGTH_CODES_AT + length);
		put(&bits, (token >> 16 & 0xff) + MATCH_MIN - length_base[length],
		    length_extra[length]);
		put_symbol(&bits, &codes->distance, distance);
		put(&bits, (token & 0xffff) - distance_base[distance], distance_extra[distance]);
		drain(&bits);
	}
	put_symbol(&bits, &codes->litlen, END_OF_BLOCK);
	drain(&bits);
	*out = bits;
}

size_t deflate_block(struct deflate *deflate, const void *in, size_t len, void *out, size_t out_len)
{
	size_t tokens_nr = tokenize(deflate, in, len);
	struct codes *own = &deflate->own;
	struct bits bits = { .out = deflate->out };
	size_t own_bits, fixed_bits, size;
	uint32_t adler;

	assert(len && len <= deflate->block_bytes);
	huffman_lengths(deflate->litlen_nr, LITLENS_NR, HUFFMAN_LENGTH_MAX, own->litlen.length);
	huffman_lengths(deflate->distance_nr, DISTANCES_NR, HUFFMAN_LENGTH_MAX,
			own->distance.length);
	make_preamble(&deflate->preamble, own);
	own_bits = deflate->preamble.bits + coded_bits(deflate, own);
	fixed_bits = coded_bits(deflate, &deflate->fixed);
	size = ZLIB_HEADER_BYTES + ZLIB_TRAILER_BYTES +
	       (size_t)div_round_up_u64(3 + MIN(own_bits, fixed_bits) + uncoded_bits(deflate), 8);
	if (size > MIN(out_len, deflate->block_bytes))
		return 0;

	/* A window of 32 KiB, the fastest level; one block, the last; fixed codes (1) or own ones (2). */
	put(&bits, 0x0178, 16);
	put(&bits, 1 | (own_bits < fixed_bits ? 2 : 1) << 1, 3);
	if (own_bits < fixed_bits) {
		huffman_codes(own->litlen.length, LITLENS_NR, own->litlen.code);
		huffman_codes(own->distance.length, DISTANCES_NR, own->distance.code);
		put_preamble(&bits, &deflate->preamble);
		put_tokens(deflate, tokens_nr, own, &bits);
	} else {
		put_tokens(deflate, tokens_nr, &deflate->fixed, &bits);
	}
	bits.out += bits.pending_nr != 0;
	adler = htobe32(deflate->adler(in, len));
	memcpy(bits.out, &adler, sizeof(adler));
	assert(bits.out + sizeof(adler) == deflate->out + size);
	memcpy(out, deflate->out, size);
	return size;
}
