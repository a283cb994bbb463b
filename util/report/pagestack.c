// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/pageinside.h"

enum { STACK_FRAMES_MAX = 1024 };

struct stack {
	struct page_analysis *pa;
	uint32_t frame[STACK_FRAMES_MAX]; /* from the innermost out */
	size_t nr;
};

static struct err *push_frame(void *ctx, const struct session_frame *frame)
{
	struct stack *stack = ctx;
	const char *name = frame->function ? frame->function
			   : frame->dso	   ? frame->dso
					   : "[unknown]";

	if (stack->nr == STACK_FRAMES_MAX)
		return NULL;
	return session_number(stack->pa->session, name, &stack->frame[stack->nr++]);
}

/* The frames of a chain from the outermost in, as a path in the tree of nodes. */
struct err *page_stack_node(struct page_analysis *pa, const struct session_sample *sample,
			    uint64_t *ret_node)
{
	struct stack stack = { .pa = pa };
	uint64_t node = 0;
	struct err *e;

	e = session_chain(pa->session, sample, push_frame, &stack);
	while (!e && stack.nr) {
		uint64_t key[2] = { node, stack.frame[--stack.nr] };
		size_t i;

		e = keyset_add(&pa->nodes, key, &i);
		node = i + 1;
	}
	if (!e)
		*ret_node = node;
	return e;
}

size_t page_row_stack(const struct page_analysis *pa, size_t row, uint32_t *frame, size_t max)
{
	uint64_t node = keyset_key(&pa->keys, row)[pa->config.keys_nr];
	size_t nr = 0;

	for (uint64_t at = node; at; at = keyset_key(&pa->nodes, at - 1)[0])
		nr++;
	nr = MIN(nr, max);
	for (size_t i = nr; i--; node = keyset_key(&pa->nodes, node - 1)[0])
		frame[i] = (uint32_t)keyset_key(&pa->nodes, node - 1)[1];
	return nr;
}
