#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/lib.sh"
kernel=6.1 values='-1 4611686018427387904' levels=31
. "$SRC_DIR/tests/cli/dump-vmcoreinfo.sh"
