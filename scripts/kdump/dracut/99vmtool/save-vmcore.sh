#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A dracut hook that is sourced, when devices and network are there. In a capture kernel it does not
# return.
[ ! -e /proc/vmcore ] || /bin/sh /usr/lib/vmtool-kdump-save /etc/vmtool/kdump.conf
