/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Closing what a tracepoint event is open on takes the kernel some 36 ms each, of which nobody
 * needs to see the end.
 */
#ifndef VMTOOL_STAT_CLOSE_LATER_H
#define VMTOOL_STAT_CLOSE_LATER_H

/*
 * Has a process that does nothing but go keep all descriptors of ours: whichever are closed after
 * this are closed for good by its end, for which nobody waits. Without memory for it nothing
 * happens, and closing takes its time here.
 */
void close_later(void);

#endif
