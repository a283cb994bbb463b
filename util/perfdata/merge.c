// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/merge.h"

#include <stdlib.h>

#include "util/base/endian.h"
#include "util/perfdata/cursor.h"
#include "util/perfdata/format.h"

/* Cursors that hold a window; more of them would fill the file's budget with pins. */
enum { PINS_MAX = 3 };

/* Records whose times ascend, next to each other. */
struct run {
	struct mem_file *file;
	uint64_t first_ns;
	uint64_t start;
	uint64_t end;
	size_t order; /* among runs, in the order of the files */
};

/* A run being read, at its current record. */
struct head {
	struct cursor cursor;
	uint64_t time_ns;
	uint64_t offset;
	const uint8_t *record;
	size_t len;
	size_t order;
};

struct merge {
	const struct merge_ops *ops;
	void *ctx;

	struct run *run; /* in the order of first_ns once started */
	size_t runs_nr;
	size_t runs_capacity;
	uint64_t first_ns; /* of all records with a time other than 0 */
	uint64_t last_ns;

	size_t next_run;
	struct head **heap; /* earliest first */
	size_t heap_nr;
	size_t heap_capacity;
	size_t pins_nr;
	bool given; /* heap[0] was handed out */
};

struct err *merge_new(const struct merge_ops *ops, void *ctx, struct merge **ret_merge)
{
	struct merge *merge = calloc(1, sizeof(*merge));

	if (!merge)
		return err_nomem();
	merge->ops = ops;
	merge->ctx = ctx;
	*ret_merge = merge;
	return NULL;
}

static void head_free(struct merge *merge, struct head *head)
{
	if (head->cursor.pin)
		merge->pins_nr--;
	cursor_release(&head->cursor);
	free(head);
}

static void stop(struct merge *merge)
{
	for (size_t i = 0; i < merge->heap_nr; i++)
		head_free(merge, merge->heap[i]);
	merge->heap_nr = 0;
	merge->next_run = 0;
	merge->given = false;
}

void merge_free(struct merge *merge)
{
	if (!merge)
		return;
	stop(merge);
	free(merge->heap);
	free(merge->run);
	free(merge);
}

static struct err *add_run(struct merge *merge, struct mem_file *file, uint64_t start,
			   uint64_t first_ns)
{
	if (merge->runs_nr == merge->runs_capacity) {
		size_t capacity = merge->runs_capacity ? merge->runs_capacity * 2 : 64;
		struct run *grown = reallocarray(merge->run, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		merge->run = grown;
		merge->runs_capacity = capacity;
	}
	merge->run[merge->runs_nr] = (struct run){
		.file = file,
		.first_ns = first_ns,
		.start = start,
		.order = merge->runs_nr,
	};
	merge->runs_nr++;
	return NULL;
}

static void note_time(struct merge *merge, uint64_t time_ns)
{
	if (!time_ns)
		return;
	if (!merge->first_ns || time_ns < merge->first_ns)
		merge->first_ns = time_ns;
	if (time_ns > merge->last_ns)
		merge->last_ns = time_ns;
}

struct err *merge_add(struct merge *merge, struct mem_file *file, uint64_t start, uint64_t end,
		      uint64_t *ret_end)
{
	guard(cursor) struct cursor cursor = cursor_init(file, start, end, true);
	uint64_t last_ns = 0;
	bool in_run = false;

	for (;;) {
		uint64_t at = cursor.at, time_ns = last_ns, behind;
		const uint8_t *record;
		struct err *e;
		size_t len;

		e = cursor_next(&cursor, &record, &len);
		if (e)
			return e;
		if (!record)
			break;

		if (merge->ops->time(merge->ctx, record, len, &time_ns))
			note_time(merge, time_ns);
		if (!in_run || time_ns < last_ns) {
			if (in_run)
				merge->run[merge->runs_nr - 1].end = at;
			e = add_run(merge, file, at, time_ns);
			if (e)
				return e;
			in_run = true;
		}
		last_ns = time_ns;

		if (load_u32(record, ORDER_LITTLE) < PERFDATA_RECORD_USER_START)
			continue;
		e = merge->ops->user(merge->ctx, file, at, record, len);
		if (e)
			return e;
		behind = cursor_bytes_behind(record, len);
		if (!behind)
			continue;
		merge->run[merge->runs_nr - 1].end = cursor.at;
		in_run = false;
		if (!cursor_skip(&cursor, behind)) {
			merge->run[merge->runs_nr - 1].end = at;
			*ret_end = at;
			return NULL;
		}
	}
	if (in_run)
		merge->run[merge->runs_nr - 1].end = cursor.at;
	*ret_end = cursor.at;
	return NULL;
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static bool is_before(const struct head *a, const struct head *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

static void sift_up(struct merge *merge, size_t i)
{
	while (i && is_before(merge->heap[i], merge->heap[(i - 1) / 2])) {
		struct head *parent = merge->heap[(i - 1) / 2];

		merge->heap[(i - 1) / 2] = merge->heap[i];
		merge->heap[i] = parent;
		i = (i - 1) / 2;
	}
}

static void sift_down(struct merge *merge)
{
	size_t i = 0;

	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < merge->heap_nr &&
			    is_before(merge->heap[child], merge->heap[least]))
				least = child;
		if (least == i)
			return;

		struct head *head = merge->heap[i];

		merge->heap[i] = merge->heap[least];
		merge->heap[least] = head;
		i = least;
	}
}

/* To the next record of a run; *ret_end when there is none. */
static struct err *advance(struct merge *merge, struct head *head, bool *ret_end)
{
	struct err *e;

	head->offset = head->cursor.at;
	e = cursor_next(&head->cursor, &head->record, &head->len);
	if (e)
		return e;
	*ret_end = !head->record;
	if (head->record)
		merge->ops->time(merge->ctx, head->record, head->len, &head->time_ns);
	return NULL;
}

static struct err *begin_run(struct merge *merge)
{
	const struct run *run = &merge->run[merge->next_run++];
	struct head *head;
	struct err *e;
	bool end;

	if (merge->heap_nr == merge->heap_capacity) {
		size_t capacity = merge->heap_capacity ? merge->heap_capacity * 2 : 16;
		struct head **grown = reallocarray(merge->heap, capacity, sizeof(struct head *));

		if (!grown)
			return err_nomem();
		merge->heap = grown;
		merge->heap_capacity = capacity;
	}
	head = calloc(1, sizeof(*head));
	if (!head)
		return err_nomem();
	head->cursor = cursor_init(run->file, run->start, run->end, merge->pins_nr < PINS_MAX);
	merge->pins_nr += head->cursor.pin;
	head->time_ns = run->first_ns;
	head->order = run->order;

	e = advance(merge, head, &end);
	if (e || end) {
		head_free(merge, head);
		return e;
	}
	merge->heap[merge->heap_nr++] = head;
	sift_up(merge, merge->heap_nr - 1);
	return NULL;
}

struct err *merge_start(struct merge *merge)
{
	stop(merge);
	if (merge->runs_nr)
		qsort(merge->run, merge->runs_nr, sizeof(*merge->run), compare_runs);
	return NULL;
}

static struct err *step_past_given(struct merge *merge)
{
	struct head *head = merge->heap[0];
	struct err *e;
	bool end;

	merge->given = false;
	e = advance(merge, head, &end);
	if (e)
		return e;
	if (end) {
		head_free(merge, head);
		merge->heap[0] = merge->heap[--merge->heap_nr];
	}
	if (merge->heap_nr > 1)
		sift_down(merge);
	return NULL;
}

struct err *merge_next(struct merge *merge, const uint8_t **ret_record, size_t *ret_len,
		       uint64_t *ret_offset)
{
	struct err *e;

	if (merge->given) {
		e = step_past_given(merge);
		if (e)
			return e;
	}
	while (merge->next_run < merge->runs_nr &&
	       (!merge->heap_nr ||
		merge->run[merge->next_run].first_ns <= merge->heap[0]->time_ns)) {
		e = begin_run(merge);
		if (e)
			return e;
	}

	*ret_record = NULL;
	if (!merge->heap_nr)
		return NULL;
	*ret_record = merge->heap[0]->record;
	*ret_len = merge->heap[0]->len;
	*ret_offset = merge->heap[0]->offset;
	merge->given = true;
	return NULL;
}

void merge_time_range(const struct merge *merge, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	*ret_first_ns = merge->first_ns;
	*ret_last_ns = merge->last_ns;
}
