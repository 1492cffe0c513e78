/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER on the cursor, as strict as Go's encoding/asn1 and cryptobyte: definite
 * lengths in the shortest form, minimal integers, tag numbers below 31. Only
 * for this folder.
 */
#ifndef GATEWAY_CRYPTO_DER_H
#define GATEWAY_CRYPTO_DER_H

#include "gateway/base/buf.h"
#include "gateway/base/reader.h"

#define QIAO_DER_BOOLEAN      0x01
#define QIAO_DER_INTEGER      0x02
#define QIAO_DER_BITS         0x03
#define QIAO_DER_OCTETS       0x04
#define QIAO_DER_OID          0x06
#define QIAO_DER_UTC_TIME     0x17
#define QIAO_DER_GENERAL_TIME 0x18
#define QIAO_DER_SEQUENCE     0x30
#define QIAO_DER_CONTEXT(n)   (0xa0 | (n)) /* constructed */

/* Take one element: its content, or all of it with tag and length. */
struct qiao_slice qiao_der_get(struct qiao_reader *r, uint8_t tag);
struct qiao_slice qiao_der_get_whole(struct qiao_reader *r, uint8_t tag);
/* Content of an INTEGER, minimal two's complement. */
struct qiao_slice qiao_der_get_integer(struct qiao_reader *r);
/* Bytes of a BIT STRING without unused bits. */
struct qiao_slice qiao_der_get_bits(struct qiao_reader *r);
/* Is there a next element, and does it have this tag? */
bool qiao_der_next_is(const struct qiao_reader *r, uint8_t tag);

/* Tag and length in the shortest form; the content follows by qiao_buf_put. */
void qiao_der_put_header(struct qiao_buf *b, uint8_t tag, size_t n);

#endif
