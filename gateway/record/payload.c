/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/payload.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <string.h>

#define PAYLOAD_FORMAT   1
#define PAYLOAD_ELEMENTS 7
#define VALIDITY_MAX     3

static const char *name_of(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "?";
}

const char *qiao_assurance_name(unsigned int a)
{
	static const char *const names[] = {
		[QIAO_ASSURANCE_PROVEN] = "proven",
		[QIAO_ASSURANCE_REDACTED] = "proven-redacted",
		[QIAO_ASSURANCE_ENDORSED] = "endorsed",
		[QIAO_ASSURANCE_ATTESTED] = "attested",
	};

	return name_of(names, sizeof(names) / sizeof(names[0]), a);
}

const char *qiao_origin_name(unsigned int o)
{
	static const char *const names[] = {
		[QIAO_ORIGIN_LIVE] = "live",
		[QIAO_ORIGIN_RECORDED] = "recorded",
	};

	return name_of(names, sizeof(names) / sizeof(names[0]), o);
}

const char *qiao_validity_name(unsigned int v)
{
	static const char *const names[] = { NULL, "replayed", "endorsed-only",
					     "final" };

	return name_of(names, sizeof(names) / sizeof(names[0]), v);
}

/* 1..max */
static unsigned int choice_get(struct qiao_mp *m, uint64_t max)
{
	uint64_t v = qiao_mp_uint(m, QIAO_FORMAT_MAX);

	if (v == 0 || v > max)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return m->r.err == QIAO_OK ? (unsigned int)v : 0;
}

static qiao_err shape_get(struct qiao_payload *p, struct qiao_slice in)
{
	struct qiao_mp m;

	if (in.n > QIAO_PAYLOAD_MAX)
		return QIAO_E_LIMIT;
	qiao_mp_open(&m, in);
	qiao_mp_array_of(&m, PAYLOAD_ELEMENTS);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != PAYLOAD_FORMAT)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	p->head_bytes = qiao_mp_bin(&m, QIAO_HEAD_MAX);
	p->disclosure_bytes = qiao_mp_raw(&m);
	p->assurance = choice_get(&m, QIAO_ASSURANCE_ATTESTED);
	p->validity = choice_get(&m, VALIDITY_MAX);
	p->origin = choice_get(&m, QIAO_ORIGIN_RECORDED);
	qiao_mp_array_of(&m, 4);
	qiao_position_get(&m, &p->at);
	return qiao_mp_finish(&m);
}

static qiao_err parts_get(struct qiao_payload *p, struct qiao_why *why)
{
	qiao_err err = qiao_head_parse(&p->head, p->head_bytes, why);

	if (err == QIAO_OK)
		err = qiao_disclosure_parse(&p->disclosure, p->disclosure_bytes,
					    why);
	if (err == QIAO_OK)
		err = qiao_disclosure_check(&p->disclosure, &p->head, why);
	return err;
}

qiao_err qiao_payload_parse(struct qiao_payload *out, struct qiao_slice in,
			    struct qiao_why *why)
{
	qiao_err err;

	memset(out, 0, sizeof(*out));
	err = shape_get(out, in);
	if (err != QIAO_OK)
		qiao_fail(why, err, "payload: %s", qiao_strerror(err));
	else
		err = parts_get(out, why);
	if (err != QIAO_OK)
		qiao_payload_fini(out);
	return err;
}

void qiao_payload_fini(struct qiao_payload *p)
{
	qiao_disclosure_free(&p->disclosure);
	memset(p, 0, sizeof(*p));
}

static void put_payload(struct qiao_buf *b, const struct qiao_payload *p)
{
	qiao_mp_put_array(b, PAYLOAD_ELEMENTS);
	qiao_mp_put_uint(b, PAYLOAD_FORMAT);
	qiao_mp_put_bin(b, p->head_bytes);
	qiao_mp_put_raw(b, p->disclosure_bytes);
	qiao_mp_put_uint(b, p->assurance);
	qiao_mp_put_uint(b, p->validity);
	qiao_mp_put_uint(b, p->origin);
	qiao_mp_put_array(b, 4);
	qiao_position_put(b, &p->at);
}

qiao_err qiao_payload_encode(struct qiao_buf *out, const struct qiao_payload *p)
{
	struct qiao_payload back;
	size_t start = out->n;
	qiao_err err;

	if (p->at.tx_len > sizeof(p->at.tx))
		return QIAO_E_MALFORMED;
	put_payload(out, p);
	if (out->err != QIAO_OK)
		return out->err;
	err = qiao_payload_parse(
		&back, qiao_slice_of(out->p + start, out->n - start), NULL);
	qiao_payload_fini(&back);
	if (err == QIAO_OK)
		return QIAO_OK;
	out->n = start;
	return err == QIAO_E_NOMEM || err == QIAO_E_LIMIT ? err
							  : QIAO_E_MALFORMED;
}
