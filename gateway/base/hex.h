/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_BASE_HEX_H
#define GATEWAY_BASE_HEX_H

#include "gateway/base/buf.h"

#define QIAO_HEX_LEN(n) (2 * (n) + 1)

/* Lower case, NUL-terminated; out has QIAO_HEX_LEN(s.n) bytes. Returns out. */
char *qiao_hex_encode(char *out, struct qiao_slice s);
/* Exactly 2n hex digits of either case into n bytes; else false and zeroes. */
bool qiao_hex_decode(uint8_t *out, size_t n, struct qiao_slice text);
/* Any even length, appended to out; else nothing is, and QIAO_E_MALFORMED. */
qiao_err qiao_hex_decode_buf(struct qiao_buf *out, struct qiao_slice text);

#endif
