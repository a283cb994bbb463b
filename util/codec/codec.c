// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/codec/codec.h"

#include <assert.h>
#include <string.h>

#include "config.h"
#include "util/codec/engines.h"

static const struct codec *const codecs[] = {
#ifdef HAVE_LIBDEFLATE
	&codec_zlib_libdeflate,
#else
	&codec_zlib_zlib,
#endif
#ifdef HAVE_LZO
	&codec_lzo,
#endif
#ifdef HAVE_SNAPPY
	&codec_snappy,
#endif
#ifdef HAVE_LIBZSTD
	&codec_zstd,
#endif
};

static_assert(ARRAY_SIZE(codecs) <= CODECS_MAX, "what is kept by codec has room for fewer");

const struct codec *codec_at(size_t index)
{
	return index < ARRAY_SIZE(codecs) ? codecs[index] : NULL;
}

const struct codec *codec_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		if (strcmp(codecs[i]->name, name) == 0)
			return codecs[i];
	}
	return NULL;
}

struct err *codec_no_reader_open(struct codec_reader **ret_reader)
{
	*ret_reader = NULL;
	return NULL;
}

void codec_no_reader_close(struct codec_reader *reader)
{
	(void)reader;
}
