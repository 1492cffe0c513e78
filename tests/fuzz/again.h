/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target of one item kind: what is parsed is encoded as the very same
 * bytes. Use: FUZZ_ITEM(headers)
 */
#ifndef TESTS_FUZZ_AGAIN_H
#define TESTS_FUZZ_AGAIN_H

#include "gateway/base/slice.h"
#include "relay/items.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ITEM(kind)                                              \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
	{                                                            \
		struct qiao_slice in = qiao_slice_of(data, size);    \
		static struct qiao_item_##kind it;                   \
		struct qiao_buf out = QIAO_BUF;                      \
                                                                     \
		if (qiao_item_##kind##_parse(&it, in) != QIAO_OK)    \
			return 0;                                    \
		qiao_item_##kind##_encode(&out, &it);                \
		if (!qiao_slice_eq(qiao_buf_slice(&out), in))        \
			abort();                                     \
		qiao_buf_free(&out);                                 \
		return 0;                                            \
	}

#endif
