/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/call.h"

#include "gateway/base/slice.h"

#include <string.h>

void qiao_call_begin(struct qiao_buf *out, uint32_t number, const char *op,
		     size_t n_args)
{
	qiao_mp_put_array(out, 4);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_uint(out, number);
	qiao_mp_put_cstr(out, op);
	qiao_mp_put_array(out, n_args);
}

static qiao_err adapter_error(int64_t number, struct qiao_slice sentence,
			      struct qiao_why *why)
{
	char text[256];

	if (why)
		qiao_fail(why, QIAO_OK, "%s",
			  qiao_str_escape(text, sizeof(text), sentence));
	/* a number we do not know is still an error */
	if (number > -1 || number < -1000 ||
	    strcmp(qiao_errname((qiao_err)number), "QIAO_E_?") == 0)
		return QIAO_E_IO;
	return (qiao_err)number;
}

qiao_err qiao_call_reply(struct qiao_mp *result, struct qiao_slice reply,
			 uint32_t number, struct qiao_why *why)
{
	struct qiao_slice sentence;
	int64_t error;
	qiao_err err = qiao_mp_open(result, reply);

	if (err != QIAO_OK)
		return qiao_fail(why, err, "adapter's reply is not canonical");
	qiao_mp_array_of(result, 5);
	if (qiao_mp_uint(result, UINT8_MAX) != 1 ||
	    qiao_mp_uint(result, UINT32_MAX) != number)
		qiao_mp_fail(result, QIAO_E_MALFORMED);
	error = qiao_mp_int(result);
	sentence = qiao_mp_str(result, QIAO_KIB(4));
	if (result->r.err != QIAO_OK)
		return qiao_fail(why, result->r.err, "adapter's reply: %s",
				 qiao_strerror(result->r.err));
	if (error == 0)
		return QIAO_OK;
	return adapter_error(error, sentence, why);
}

void qiao_call_hello(struct qiao_mp *m, struct qiao_hello *out)
{
	memset(out, 0, sizeof(*out));
	qiao_mp_array_of(m, 7);
	out->abi_major = (unsigned int)qiao_mp_uint(m, UINT16_MAX);
	out->abi_minor = (unsigned int)qiao_mp_uint(m, UINT16_MAX);
	qiao_mp_str_into(m, out->name, sizeof(out->name));
	qiao_mp_str_into(m, out->family, sizeof(out->family));
	out->max_parallel = (unsigned int)qiao_mp_uint(m, 64);
	out->caps = qiao_mp_array(m, QIAO_HOST_CAPS_MAX);
	for (size_t i = 0; i < out->caps; i++)
		qiao_mp_str_into(m, out->cap[i], sizeof(out->cap[i]));
	qiao_mp_str_into(m, out->origin, sizeof(out->origin));
}

void qiao_call_piece(struct qiao_mp *m, struct qiao_piece *out)
{
	qiao_mp_array_of(m, 4);
	out->height = qiao_mp_uint(m, QIAO_HEIGHT_MAX);
	out->parts = (uint32_t)qiao_mp_uint(m, UINT16_MAX);
	out->part = (uint32_t)qiao_mp_uint(m, UINT16_MAX);
	out->bytes = qiao_mp_bin(m, QIAO_ADAPTER_MSG_MAX);
	if (out->parts == 0 || out->part >= out->parts)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

qiao_err qiao_call_bundle(struct qiao_bundle *out, struct qiao_slice bytes)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, bytes);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	out->claim = qiao_mp_bin(&m, QIAO_BLOCK_MAX);
	out->proof = qiao_mp_bin(&m, QIAO_BLOCK_MAX);
	out->openings = qiao_mp_raw(&m);
	return qiao_mp_finish(&m);
}

qiao_err qiao_call_submitted(struct qiao_mp *m, struct qiao_why *why)
{
	struct qiao_slice sentence;
	int64_t number;

	qiao_mp_array_of(m, 2);
	number = qiao_mp_int(m);
	sentence = qiao_mp_str(m, QIAO_KIB(4));
	why->text[0] = '\0';
	if (m->r.err != QIAO_OK)
		return m->r.err;
	return number == 0 ? QIAO_OK : adapter_error(number, sentence, why);
}

static size_t short_bin(struct qiao_mp *m, uint8_t *out, size_t max)
{
	struct qiao_slice s;

	if (qiao_mp_nil(m))
		return 0;
	s = qiao_mp_bin(m, max);
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	return s.n;
}

void qiao_call_lookup(struct qiao_mp *m, struct qiao_lookup *out)
{
	memset(out, 0, sizeof(*out));
	qiao_mp_array_of(m, 5);
	out->state = (enum qiao_lookup_state)qiao_mp_uint(m, QIAO_LOOKUP_DONE);
	if (!qiao_mp_nil(m))
		out->digest = qiao_mp_hash(m);
	out->submitter_len =
		short_bin(m, out->submitter, sizeof(out->submitter));
	if (!qiao_mp_nil(m))
		out->height = qiao_mp_uint(m, QIAO_HEIGHT_MAX);
	out->tx_len = short_bin(m, out->tx, sizeof(out->tx));
}
