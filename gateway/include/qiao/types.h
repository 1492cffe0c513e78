/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few shapes that every layer shares.
 *
 * Argument order in the whole program: self, outputs, in/outs, inputs; a
 * length follows its array; flags and deadlines come last. Unless a comment
 * says otherwise pointers must not be NULL, and outputs are zeroed on failure.
 */
#ifndef QIAO_TYPES_H
#define QIAO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define QIAO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define QIAO_PRINTF(fmt, args)
#endif

/* Borrowed bytes: whoever hands out a slice says how long it lives. */
struct qiao_slice {
	const uint8_t *p;
	size_t n;
};

#define QIAO_HASH_LEN 32

/* A digest: SHA-256 or SM3. All zero is never a valid one. */
struct qiao_hash {
	uint8_t b[QIAO_HASH_LEN];
};

/* A random or truncated identifier: message ids, key ids. */
struct qiao_id16 {
	uint8_t b[16];
};

#endif
