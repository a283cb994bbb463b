/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engines codec.c chooses from. Private to util/codec. */
#ifndef VMTOOL_CODEC_ENGINES_H
#define VMTOOL_CODEC_ENGINES_H

#include "util/codec/codec.h"

extern const struct codec codec_zlib_zlib;
extern const struct codec codec_zlib_libdeflate;
extern const struct codec codec_lzo;
extern const struct codec codec_snappy;
extern const struct codec codec_zstd;

/* For codecs whose decompress() needs no context. */
must_check struct err *codec_no_reader_open(struct codec_reader **ret_reader);
void codec_no_reader_close(struct codec_reader *reader);

#endif
