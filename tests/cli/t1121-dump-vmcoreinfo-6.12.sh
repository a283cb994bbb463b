#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/lib.sh"
kernel=6.12 values='0x 4097' levels=31
. "$SRC_DIR/tests/cli/dump-vmcoreinfo.sh"
