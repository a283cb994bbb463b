#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A dracut hook that is sourced: a capture kernel has no root file system to look for, but a device
# that must be there.
if [ -e /proc/vmcore ]; then
	# shellcheck disable=SC2034 # dracut's
	root=vmtool rootok=1
	vmtool_device=$(/usr/lib/vmtool-kdump-save --device /etc/vmtool/kdump.conf)
	[ -z "$vmtool_device" ] || wait_for_dev "$vmtool_device"
fi
