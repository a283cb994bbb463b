/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose an allocation is: its call site and its owner, by its call chain and the rules of
 * callsite.h. Chains repeat, so what was found for one is kept.
 */
#ifndef VMTOOL_REPORT_SITE_H
#define VMTOOL_REPORT_SITE_H

#include "util/report/session.h"

struct sites;

/* Numbers of texts of the session. */
struct allocation_site {
	uint32_t callsite;
	/*
	 * For what a task got by touching it "page fault (anonymous) of bash", and " in libc.so.6"
	 * where user frames tell whose code did.
	 */
	uint32_t owner;
	/*
	 * "[ext4]": the innermost one on the way to the allocation, up to where an interrupt or
	 * fault broke in; "[kernel]" without one; "": nothing of the chain is known.
	 */
	uint32_t module;
	bool has_callsite; /* a frame outside the page allocator was found */
	bool has_owner;	   /* and one outside the helpers, or it is a page fault */
};

/* @session must outlive it. */
must_check struct err *sites_new(struct session *session, struct sites **ret_sites);
void sites_free(struct sites *sites);
DEFINE_GUARD(sites, struct sites *, sites_free)

must_check struct err *sites_find(struct sites *sites, const struct session_sample *sample,
				  struct allocation_site *ret_site);

#endif
