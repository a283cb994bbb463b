#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/lib.sh"
kernel=6.12
. "$SRC_DIR/tests/cli/dump-vmcoreinfo.sh"
