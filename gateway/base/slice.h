/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers on borrowed bytes, hashes and text. All pure. */
#ifndef GATEWAY_BASE_SLICE_H
#define GATEWAY_BASE_SLICE_H

#include "gateway/include/qiao/types.h"

struct qiao_slice qiao_slice_of(const void *p, size_t n);
struct qiao_slice qiao_slice_str(const char *s); /* without the NUL */
struct qiao_slice qiao_slice_hash(const struct qiao_hash *h); /* borrows *h */
bool qiao_slice_eq(struct qiao_slice a, struct qiao_slice b);
bool qiao_slice_is(struct qiao_slice a, const char *s);
int qiao_slice_cmp(struct qiao_slice a,
		   struct qiao_slice b); /* memcmp, then length */

bool qiao_hash_eq(const struct qiao_hash *a, const struct qiao_hash *b);
bool qiao_hash_is_zero(const struct qiao_hash *h);
/* False, and *out zero, unless the slice has exactly 32 bytes. */
bool qiao_hash_from(struct qiao_hash *out, struct qiao_slice s);

/*
 * Copy text into a NUL-terminated array; false (and out = "") if it does not
 * fit or holds a NUL byte.
 */
bool qiao_str_copy(char *out, size_t size, struct qiao_slice s);
/* Valid UTF-8, no surrogates, no overlong forms. */
bool qiao_utf8_valid(struct qiao_slice s);
/*
 * Make foreign text safe for one log or error line: control characters, quotes,
 * backslash and invalid UTF-8 become \xNN; cut with "..." if too long.
 * Returns out.
 */
char *qiao_str_escape(char *out, size_t size, struct qiao_slice s);

#endif
