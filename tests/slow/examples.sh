#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples of the manual that take more than a second: see tests/cli/t0007-examples.sh.
EXAMPLES=slow exec sh "$(dirname "$0")/../cli/t0007-examples.sh"
