/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor: the only code that touches bytes from outside. Its failure is
 * sticky; after one, reads give zeroes and empty slices, so a parser reads
 * field after field and asks once, with qiao_reader_finish. Numbers are
 * big-endian unless the name says otherwise. Slices point into the input.
 */
#ifndef GATEWAY_BASE_READER_H
#define GATEWAY_BASE_READER_H

#include "gateway/include/qiao/err.h"
#include "gateway/include/qiao/types.h"

struct qiao_reader {
	const uint8_t *p;
	size_t left;
	qiao_err err;
};

struct qiao_reader qiao_reader_of(struct qiao_slice in);

struct qiao_slice qiao_get(struct qiao_reader *r, size_t n);
uint8_t qiao_get_u8(struct qiao_reader *r);
uint16_t qiao_get_u16(struct qiao_reader *r);
uint32_t qiao_get_u32(struct qiao_reader *r);
uint64_t qiao_get_u64(struct qiao_reader *r);
/* The next byte without taking it; 0 at the end, which is no failure. */
uint8_t qiao_peek_u8(const struct qiao_reader *r);

/* Record the first failure; later ones are ignored. */
void qiao_reader_fail(struct qiao_reader *r, qiao_err err);

/* The sticky error, or QIAO_E_TRAILING if bytes are left, or QIAO_OK. */
qiao_err qiao_reader_finish(const struct qiao_reader *r);

#endif
