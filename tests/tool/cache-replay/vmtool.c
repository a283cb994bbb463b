// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy that vmtool uses: not a copy of it, but it itself. */
#include "tests/tool/cache-replay/policy.h"
#include "util/mem/cache.h"

static struct err *vmtool_open(uint64_t budget_bytes, void **ret_state)
{
	return replace_new(budget_bytes, CACHE_PAGE_BYTES, (struct replace **)ret_state);
}

static void vmtool_close(void *state)
{
	replace_free(state);
}

static void vmtool_miss(void *state, struct replace_node *node, uint64_t key, uint64_t bytes,
			bool walk)
{
	replace_miss(state, node, key, bytes, walk);
}

static void vmtool_insert(void *state, struct replace_node *node)
{
	replace_insert(state, node);
}

static void vmtool_touch(void *state, struct replace_node *node, bool walk)
{
	replace_touch(state, node, walk);
}

static bool always(const struct replace_node *node)
{
	(void)node;
	return true;
}

static struct replace_node *vmtool_victim(void *state, const struct replace_node *incoming)
{
	return replace_victim(state, incoming, always);
}

static void vmtool_evict(void *state, struct replace_node *node)
{
	replace_evict(state, node);
}

const struct policy policy_vmtool = {
	.name = "vmtool",
	.open = vmtool_open,
	.close = vmtool_close,
	.miss = vmtool_miss,
	.insert = vmtool_insert,
	.touch = vmtool_touch,
	.victim = vmtool_victim,
	.evict = vmtool_evict,
};
