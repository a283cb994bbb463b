#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/../cli/lib.sh"
kernel=6.12 values='-1 0x 4611686018427387904 4097' levels='2 8 31'
. "$SRC_DIR/tests/cli/dump-vmcoreinfo.sh"
