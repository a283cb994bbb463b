// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/elfdata.h"

#include "util/base/checked.h"

struct err *elf_data_flush(struct elf_data *data)
{
	uint64_t from = data->at - data->run_bytes;
	size_t written = 0;
	struct err *e;

	if (!data->run_bytes)
		return NULL;
	e = data->sink->ops->pwrite(data->sink, data->run, data->run_bytes, from, &written);
	data->run_bytes = 0;
	written = (size_t)align_down_u64(written, data->page_size);
	if (written)
		data->good_end = from + written;
	return e;
}

struct err *elf_data_add(struct elf_data *data, const uint8_t *bytes)
{
	if (data->run_bytes && data->run + data->run_bytes != bytes) {
		struct err *e = elf_data_flush(data);

		if (e)
			return e;
	}
	if (!data->run_bytes)
		data->run = bytes;
	data->run_bytes += (size_t)data->page_size;
	data->at += data->page_size;
	return NULL;
}

struct err *elf_data_add_hole(struct elf_data *data, uint64_t pages_nr)
{
	uint64_t len = pages_nr * data->page_size;
	struct err *e = elf_data_flush(data);

	if (!e)
		e = data->sink->ops->put_zeros(data->sink, data->at, len);
	if (!e)
		data->at += len;
	return e;
}

struct err *elf_data_flush_all(struct elf_data *data)
{
	struct err *e = elf_data_flush(data);

	if (e || data->good_end == data->at)
		return e;
	e = data->sink->ops->reserve(data->sink, data->at - data->page_size, data->page_size);
	if (!e)
		data->good_end = data->at;
	return e;
}
