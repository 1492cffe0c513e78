/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of test vectors: hex in the source, files under tests/vectors/. */
#ifndef TESTS_UNIT_CRYPTO_VECTOR_H
#define TESTS_UNIT_CRYPTO_VECTOR_H

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>

/* One buffer per call in the source; at most `size` bytes. */
static inline struct qiao_slice unhex(uint8_t *out, size_t size,
				      const char *hex)
{
	struct qiao_slice text = qiao_slice_str(hex);

	CU_ASSERT_FATAL(text.n / 2 <= size);
	CU_ASSERT_FATAL(qiao_hex_decode(out, text.n / 2, text));
	return qiao_slice_of(out, text.n / 2);
}

static inline struct qiao_hash hash_of_hex(const char *hex)
{
	struct qiao_hash h;

	unhex(h.b, sizeof(h.b), hex);
	return h;
}

/* The whole file, at most 64 KiB; free(p). */
static inline struct qiao_slice read_vector(const char *path)
{
	uint8_t *p = malloc(65536);
	FILE *f = fopen(path, "rb");
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(p, 1, 65536, f);
	fclose(f);
	return qiao_slice_of(p, n);
}

#endif
