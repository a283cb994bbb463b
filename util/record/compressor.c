// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/compressor.h"

#include "config.h"

#ifndef HAVE_LIBZSTD

struct err *compressor_new(int level, struct compressor **ret_compressor)
{
	(void)level;
	(void)ret_compressor;
	return err_new(ERR_UNSUPPORTED, "compression needs zstd, which is not built in");
}

void compressor_free(struct compressor *compressor)
{
	(void)compressor;
}

struct err *compressor_pack(struct compressor *compressor, const void *records, size_t len,
			    const void **ret_packed, size_t *ret_len)
{
	(void)compressor;
	(void)records;
	(void)len;
	(void)ret_packed;
	(void)ret_len;
	return err_new(ERR_UNSUPPORTED, "compression needs zstd, which is not built in");
}

#else

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "util/base/endian.h"
#include "util/perfdata/format.h"

enum {
	HEADER_BYTES = PERFDATA_RECORD_HEADER_BYTES,
	RECORD_BYTES = PERFDATA_RECORD_BYTES_MAX & ~7,
	SKIPPABLE_BYTES = 8, /* magic and length of a skippable frame */
	PAYLOAD_BYTES = RECORD_BYTES - HEADER_BYTES - SKIPPABLE_BYTES - 8,

	/* One record of the kernel's always fits, however badly it packs. */
	PACKED_BYTES = 2 * COMPRESSOR_INPUT_MAX,
};

#define SKIPPABLE_MAGIC 0x184d2a50u

struct compressor {
	ZSTD_CCtx *ctx;
	uint8_t packed[PACKED_BYTES];
	size_t packed_len;
	size_t input_bytes; /* what fitted into a record lately */
};

struct err *compressor_new(int level, struct compressor **ret_compressor)
{
	struct compressor *compressor = calloc(1, sizeof(*compressor));

	if (!compressor)
		return err_nomem();
	compressor->ctx = ZSTD_createCCtx();
	if (!compressor->ctx) {
		free(compressor);
		return err_nomem();
	}
	ZSTD_CCtx_setParameter(compressor->ctx, ZSTD_c_compressionLevel, level);
	compressor->input_bytes = COMPRESSOR_INPUT_MAX;
	*ret_compressor = compressor;
	return NULL;
}

void compressor_free(struct compressor *compressor)
{
	if (!compressor)
		return;
	ZSTD_freeCCtx(compressor->ctx);
	free(compressor);
}

/* The most whole records that fit into @limit bytes; at least one. */
static size_t whole_records(const uint8_t *records, size_t len, size_t limit)
{
	size_t at = 0;

	while (at < len) {
		size_t size = load_u16(records + at + 6, ORDER_LITTLE);

		if (!size || (at && at + size > limit))
			break;
		at += size;
	}
	return at < len ? at : len;
}

/* A single record that does not shrink at all needs several frames in several records. */
static struct err *pack_piece(struct compressor *compressor, const uint8_t *from, size_t len)
{
	uint8_t *record = compressor->packed + compressor->packed_len;
	size_t room = PAYLOAD_BYTES;
	size_t size = ZSTD_compress2(compressor->ctx, record + HEADER_BYTES, room, from, len);
	size_t pad;

	if (ZSTD_isError(size)) {
		struct err *err;

		if (ZSTD_getErrorCode(size) != ZSTD_error_dstSize_tooSmall || len < 2)
			return err_new(ERR_FORMAT, "zstd: %s", ZSTD_getErrorName(size));
		err = pack_piece(compressor, from, len / 2);
		return err ? err : pack_piece(compressor, from + len / 2, len - len / 2);
	}
	pad = (8 - (HEADER_BYTES + size) % 8) % 8;
	if (pad) {
		uint8_t *frame = record + HEADER_BYTES + size;

		store_u32(frame, SKIPPABLE_MAGIC, ORDER_LITTLE);
		store_u32(frame + 4, (uint32_t)pad, ORDER_LITTLE);
		memset(frame + SKIPPABLE_BYTES, 0, pad);
		size += SKIPPABLE_BYTES + pad;
	}
	size += HEADER_BYTES;
	store_u32(record, PERFDATA_RECORD_COMPRESSED, ORDER_LITTLE);
	store_u16(record + 4, 0, ORDER_LITTLE);
	store_u16(record + 6, (uint16_t)size, ORDER_LITTLE);
	compressor->packed_len += size;
	return NULL;
}

struct err *compressor_pack(struct compressor *compressor, const void *records, size_t len,
			    const void **ret_packed, size_t *ret_len)
{
	const uint8_t *from = records;

	compressor->packed_len = 0;
	while (len) {
		size_t take = whole_records(from, len, compressor->input_bytes);
		size_t before = compressor->packed_len;
		struct err *err = pack_piece(compressor, from, take);
		size_t packed = compressor->packed_len - before;

		if (err)
			return err;
		/* Half a record: twice the input next time; several records: half of it. */
		if (packed < RECORD_BYTES / 2 && compressor->input_bytes < COMPRESSOR_INPUT_MAX)
			compressor->input_bytes *= 2;
		else if (packed > RECORD_BYTES && compressor->input_bytes > RECORD_BYTES)
			compressor->input_bytes /= 2;
		from += take;
		len -= take;
	}
	*ret_packed = compressor->packed;
	*ret_len = compressor->packed_len;
	return NULL;
}

#endif
