/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wire messages: msgpack arrays, in exactly one encoding (docs/wire.md 1).
 *
 * Reading: qiao_mp_open walks the whole message once and refuses whatever is
 * not canonical (longer than the shortest form, maps, floats, ext, deeper than
 * QIAO_MP_DEPTH_MAX, a count larger than the input, trailing bytes). After that
 * the getters take value after value with a sticky error, as on struct
 * qiao_reader; slices point into the input. Ask once with qiao_mp_finish.
 *
 * Writing: msgpack-c's packers, which emit the shortest form, into a qiao_buf
 * whose failure is sticky.
 */
#ifndef GATEWAY_CODEC_MP_H
#define GATEWAY_CODEC_MP_H

#include "gateway/base/buf.h"
#include "gateway/base/reader.h"

struct qiao_mp {
	struct qiao_reader r;
};

/* QIAO_E_NONCANON for everything that is not the one encoding. */
qiao_err qiao_mp_check(struct qiao_slice in);
qiao_err qiao_mp_open(struct qiao_mp *m, struct qiao_slice in);

/* Number of elements; fails (and returns 0) when over max. */
size_t qiao_mp_array(struct qiao_mp *m, size_t max);
/* Fails unless the next value is an array of exactly n. */
void qiao_mp_array_of(struct qiao_mp *m, size_t n);
uint64_t qiao_mp_uint(struct qiao_mp *m, uint64_t max);
int64_t qiao_mp_int(struct qiao_mp *m); /* any integer that fits */
/* Milliseconds since 1970 UTC, QIAO_TIME_MS_MIN to QIAO_TIME_MS_MAX. */
int64_t qiao_mp_time(struct qiao_mp *m);
bool qiao_mp_bool(struct qiao_mp *m);
/* True and taken when the next value is nil; false and not taken otherwise. */
bool qiao_mp_nil(struct qiao_mp *m);
struct qiao_slice qiao_mp_bin(struct qiao_mp *m, size_t max);
void qiao_mp_bin_into(struct qiao_mp *m, void *out, size_t n); /* exactly n */
struct qiao_slice qiao_mp_str(struct qiao_mp *m, size_t max);  /* valid UTF-8 */
/* Into a NUL-terminated array of `size`; a NUL inside is an error. */
void qiao_mp_str_into(struct qiao_mp *m, char *out, size_t size);
struct qiao_hash qiao_mp_hash(struct qiao_mp *m); /* bin of exactly 32 */
/* The encoded bytes of the next value, whole. */
struct qiao_slice qiao_mp_raw(struct qiao_mp *m);
void qiao_mp_fail(struct qiao_mp *m, qiao_err err);
qiao_err qiao_mp_finish(const struct qiao_mp *m);

void qiao_mp_put_array(struct qiao_buf *b, size_t n);
void qiao_mp_put_uint(struct qiao_buf *b, uint64_t v);
void qiao_mp_put_int(struct qiao_buf *b, int64_t v);
void qiao_mp_put_bool(struct qiao_buf *b, bool v);
void qiao_mp_put_nil(struct qiao_buf *b);
void qiao_mp_put_bin(struct qiao_buf *b, struct qiao_slice v);
void qiao_mp_put_str(struct qiao_buf *b, struct qiao_slice v);
void qiao_mp_put_cstr(struct qiao_buf *b, const char *v);
void qiao_mp_put_hash(struct qiao_buf *b, const struct qiao_hash *v);
void qiao_mp_put_raw(struct qiao_buf *b, struct qiao_slice encoded);

#endif
