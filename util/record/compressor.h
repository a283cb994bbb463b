/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records packed into PERF_RECORD_COMPRESSED: each holds whole zstd frames of whole records, so a
 * file cut anywhere reads up to the last whole one; perf's streaming decoder takes them as they
 * come. A skippable frame pads each record to 8 bytes.
 */
#ifndef VMTOOL_RECORD_COMPRESSOR_H
#define VMTOOL_RECORD_COMPRESSOR_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"

enum {
	COMPRESSOR_INPUT_MAX = 256 << 10, /* bytes of records packed at a time */
	COMPRESSOR_MMAP_LEN = 1 << 20,	  /* what perf is told to reserve for a record unpacked */
};

struct compressor;

/* ERR_UNSUPPORTED when zstd is not built in. */
must_check struct err *compressor_new(int level, struct compressor **ret_compressor);
void compressor_free(struct compressor *compressor);

/*
 * Pack @len bytes (at most COMPRESSOR_INPUT_MAX, whole records) into *ret_packed, one or several
 * records that stay valid until the next call.
 */
must_check struct err *compressor_pack(struct compressor *compressor, const void *records,
				       size_t len, const void **ret_packed, size_t *ret_len);

#endif
