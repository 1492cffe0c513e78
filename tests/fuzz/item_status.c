/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/again.h"

FUZZ_ITEM(status)
