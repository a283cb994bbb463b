// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Raw snappy blocks, as makedumpfile -p writes, by the format's description (format_description.txt of
 * google/snappy). The library for it is written in C++ and brings that language's: 2.3 MB more in the
 * initramfs of a capture kernel, and 30 system calls and 1.2 MiB of memory more for each vmtool that starts.
 *
 * A block is the length of what is in it, seven bits a byte, the lowest first, and then elements, of two
 * kinds. The lowest two bits of an element's first byte, its tag, tell which:
 *
 *	literal		00	length - 1 in the other six bits, or above 59 in that many - 59 bytes behind
 *	copy		01	length - 4 in three bits, distance in three (the highest) and a byte behind
 *			10	length - 1 in six bits, distance in two bytes behind
 *			11	the same with four bytes
 *
 * A copy repeats what came out so far, that distance back; it may run into what it makes itself.
 */
#include <string.h>

#include "util/base/endian.h"
#include "util/codec/engines.h"

enum {
	TAG_LITERAL,
	TAG_COPY_1,
	TAG_COPY_2,
	TAG_COPY_4,

	LITERAL_SHORT_MAX = 60,
	COPY_MAX = 64,
	COPY_1_MAX = 11,
	DISTANCE_1_MAX = 2047,
	DISTANCE_2_MAX = 65535,
	MATCH_MIN = 4,

	HASH_BITS = 12,
	STRIDE = 16, /* bytes that are copied at once where there is room for them */
	PATIENCE_LOG2 = 5,
};

/* Where bytes of that hash were seen last; of the page alone, emptied for each. */
struct codec_context {
	uint16_t seen[1 << HASH_BITS];
};

static struct err *snappy_open(size_t block_bytes, struct codec_context **ret_context)
{
	if (block_bytes > DISTANCE_2_MAX + 1)
		return err_new(ERR_UNSUPPORTED, "snappy takes pages of up to 64 KiB");
	*ret_context = malloc(sizeof(**ret_context));
	return *ret_context ? NULL : err_nomem();
}

static void snappy_close(struct codec_context *context)
{
	free(context);
}

/* ---- Packing ---- */

struct output {
	uint8_t *at, *end;
};

static inline uint32_t hash_of(const uint8_t *p)
{
	return load_u32(p, ORDER_LITTLE) * 0x9e3779b1u >> (32 - HASH_BITS);
}

/* False: there is no room. @in_end: reading is possible up to there. */
static inline bool put_literal(struct output *out, const uint8_t *from, size_t len,
			       const uint8_t *in_end)
{
	size_t rest = len - 1;

	if ((size_t)(out->end - out->at) < len + 1 + (rest >= LITERAL_SHORT_MAX) + (rest >= 256))
		return false;
	if (rest < LITERAL_SHORT_MAX) {
		*out->at++ = (uint8_t)(rest << 2 | TAG_LITERAL);
	} else if (rest < 256) {
		*out->at++ = LITERAL_SHORT_MAX << 2 | TAG_LITERAL;
		*out->at++ = (uint8_t)rest;
	} else {
		*out->at++ = (LITERAL_SHORT_MAX + 1) << 2 | TAG_LITERAL;
		store_u16(out->at, (uint16_t)rest, ORDER_LITTLE);
		out->at += 2;
	}
	if (len <= STRIDE && out->end - out->at >= STRIDE && in_end - from >= STRIDE)
		memcpy(out->at, from, STRIDE);
	else
		memcpy(out->at, from, len);
	out->at += len;
	return true;
}

static inline bool put_copy_2(struct output *out, size_t distance, size_t len)
{
	if (out->end - out->at < 3)
		return false;
	out->at[0] = (uint8_t)((len - 1) << 2 | TAG_COPY_2);
	store_u16(out->at + 1, (uint16_t)distance, ORDER_LITTLE);
	out->at += 3;
	return true;
}

static inline bool put_copy(struct output *out, size_t distance, size_t len)
{
	/* What remains in the end is long enough for either kind. */
	for (; len >= COPY_MAX + MATCH_MIN; len -= COPY_MAX)
		if (!put_copy_2(out, distance, COPY_MAX))
			return false;
	if (len > COPY_MAX) {
		if (!put_copy_2(out, distance, COPY_MAX - MATCH_MIN))
			return false;
		len -= COPY_MAX - MATCH_MIN;
	}
	if (len > COPY_1_MAX || distance > DISTANCE_1_MAX)
		return put_copy_2(out, distance, len);
	if (out->end - out->at < 2)
		return false;
	*out->at++ = (uint8_t)(distance >> 8 << 5 | (len - MATCH_MIN) << 2 | TAG_COPY_1);
	*out->at++ = (uint8_t)distance;
	return true;
}

/* How many bytes are the same at @a and, behind it, @b. */
static inline size_t same_len(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	const uint8_t *start = b;

	for (; end - b >= 8; a += 8, b += 8) {
		uint64_t differs = load_u64(a, ORDER_LITTLE) ^ load_u64(b, ORDER_LITTLE);

		if (differs)
			return (size_t)(b - start) + (size_t)__builtin_ctzll(differs) / 8;
	}
	while (b < end && *a == *b) {
		a++;
		b++;
	}
	return (size_t)(b - start);
}

static bool pack(struct codec_context *context, const uint8_t *in, size_t len, struct output *out)
{
	const uint8_t *end = in + len;
	const uint8_t *done = in; /* all before is in the output */
	const uint8_t *at = in + 1;

	memset(context->seen, 0, sizeof(context->seen));
	while (end - at >= 8) {
		uint16_t *seen = &context->seen[hash_of(at)];
		const uint8_t *match = in + *seen;
		size_t same;

		*seen = (uint16_t)(at - in);
		if (load_u32(match, ORDER_LITTLE) != load_u32(at, ORDER_LITTLE)) {
			/* Where nothing is found for long, fewer places are tried. */
			at += 1 + ((size_t)(at - done) >> PATIENCE_LOG2);
			continue;
		}
		if (at > done && !put_literal(out, done, (size_t)(at - done), end))
			return false;
		same = MATCH_MIN + same_len(match + MATCH_MIN, at + MATCH_MIN, end);
		if (!put_copy(out, (size_t)(at - match), same))
			return false;
		at += same;
		done = at;
		if (end - at >= 8)
			context->seen[hash_of(at - 1)] = (uint16_t)(at - 1 - in);
	}
	return done == end || put_literal(out, done, (size_t)(end - done), end);
}

static size_t snappy_compress(struct codec_context *context, const void *in, size_t len, void *out,
			      size_t out_len)
{
	uint8_t *start = out;
	struct output output = { .at = start, .end = start + out_len };
	size_t rest = len;

	do {
		if (output.at == output.end)
			return 0;
		*output.at++ = (uint8_t)(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0);
		rest >>= 7;
	} while (rest);
	return pack(context, in, len, &output) ? (size_t)(output.at - start) : 0;
}

/* ---- Unpacking ---- */

struct input {
	const uint8_t *at, *end;
};

static inline size_t left(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

/* The next @nr bytes as a number; false: there are not so many. */
static inline bool take_number(struct input *in, unsigned int nr, size_t *ret_number)
{
	size_t number = 0;

	if (left(in) < nr)
		return false;
	for (unsigned int i = 0; i < nr; i++)
		number |= (size_t)in->at[i] << 8 * i;
	in->at += nr;
	*ret_number = number;
	return true;
}

static bool take_length(struct input *in, size_t *ret_len)
{
	size_t len = 0;

	for (unsigned int shift = 0; shift < 32 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		len |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_len = len;
			return true;
		}
	}
	return false;
}

static inline bool unpack_literal(struct input *in, uint8_t tag, struct output *out)
{
	size_t rest = tag >> 2;

	if (rest >= LITERAL_SHORT_MAX &&
	    !take_number(in, (unsigned int)rest - LITERAL_SHORT_MAX + 1, &rest))
		return false;
	if (rest < STRIDE && left(in) >= STRIDE && out->end - out->at >= STRIDE) {
		memcpy(out->at, in->at, STRIDE);
	} else {
		if (rest >= left(in) || rest >= (size_t)(out->end - out->at))
			return false;
		memcpy(out->at, in->at, rest + 1);
	}
	in->at += rest + 1;
	out->at += rest + 1;
	return true;
}

static inline bool unpack_copy(struct input *in, uint8_t tag, const uint8_t *start,
			       struct output *out)
{
	size_t len = (size_t)(tag >> 2) + 1, distance, room = (size_t)(out->end - out->at);
	const uint8_t *from;
	uint8_t *end;

	if ((tag & 3) == TAG_COPY_1) {
		if (!take_number(in, 1, &distance))
			return false;
		len = (tag >> 2 & 7) + MATCH_MIN;
		distance |= (size_t)(tag >> 5) << 8;
	} else if (!take_number(in, (tag & 3) == TAG_COPY_2 ? 2 : 4, &distance)) {
		return false;
	}
	if (!distance || distance > (size_t)(out->at - start) || len > room)
		return false;
	from = out->at - distance;
	end = out->at + len;
	/* Too much is copied where there is room, and what is too much is written over later. */
	if (distance >= STRIDE && room >= COPY_MAX + STRIDE) {
		for (; out->at < end; out->at += STRIDE, from += STRIDE)
			memcpy(out->at, from, STRIDE);
	} else if (distance >= 8 && room >= COPY_MAX + STRIDE) {
		for (; out->at < end; out->at += 8, from += 8)
			memcpy(out->at, from, 8);
	} else if (distance == 1) {
		memset(out->at, *from, len);
	} else {
		while (out->at < end)
			*out->at++ = *from++;
	}
	out->at = end;
	return true;
}

static bool snappy_decompress(struct codec_reader *reader, const void *in, size_t len, void *out,
			      size_t out_len)
{
	struct input input = { .at = in, .end = (const uint8_t *)in + len };
	struct output output = { .at = out, .end = (uint8_t *)out + out_len };
	size_t said;

	(void)reader;
	if (!take_length(&input, &said) || said != out_len)
		return false;
	while (input.at < input.end) {
		uint8_t tag = *input.at++;
		bool good = (tag & 3) == TAG_LITERAL ? unpack_literal(&input, tag, &output)
						     : unpack_copy(&input, tag, out, &output);

		if (!good)
			return false;
	}
	return output.at == output.end;
}

const struct codec codec_snappy = {
	.name = "snappy",
	.engine = "vmtool",
	.open = snappy_open,
	.close = snappy_close,
	.compress = snappy_compress,
	.reader_open = codec_no_reader_open,
	.reader_close = codec_no_reader_close,
	.decompress = snappy_decompress,
};
