/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/codec/control.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

#include <string.h>

void qiao_control_request_encode(struct qiao_buf *out,
				 const struct qiao_control_request *r)
{
	qiao_mp_put_array(out, 5);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_cstr(out, r->command);
	qiao_mp_put_array(out, r->n_args);
	for (size_t i = 0; i < r->n_args; i++)
		qiao_mp_put_cstr(out, r->args[i]);
	qiao_mp_put_cstr(out, r->zh ? "zh" : "en");
	qiao_mp_put_bool(out, r->json);
}

qiao_err qiao_control_request_parse(struct qiao_control_request *out,
				    struct qiao_slice in)
{
	struct qiao_slice lang;
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_CONTROL_REQUEST_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 5);
	if (qiao_mp_uint(&m, UINT64_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	qiao_mp_str_into(&m, out->command, sizeof(out->command));
	out->n_args = qiao_mp_array(&m, QIAO_CONTROL_ARGS_MAX);
	for (size_t i = 0; i < out->n_args; i++)
		qiao_mp_str_into(&m, out->args[i], sizeof(out->args[i]));
	lang = qiao_mp_str(&m, 2);
	out->zh = qiao_slice_is(lang, "zh");
	if (!out->zh && !qiao_slice_is(lang, "en"))
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	out->json = qiao_mp_bool(&m);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

void qiao_control_reply_encode(struct qiao_buf *out,
			       const struct qiao_control_reply *r)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_int(out, r->error);
	qiao_mp_put_str(out, r->text);
}

qiao_err qiao_control_reply_parse(struct qiao_control_reply *out,
				  struct qiao_slice in)
{
	struct qiao_mp m;
	int64_t error;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_CONTROL_MSG_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	if (qiao_mp_uint(&m, UINT64_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	error = qiao_mp_int(&m);
	if (error > 0 || error < -1000)
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	out->text = qiao_mp_str(&m, QIAO_CONTROL_MSG_MAX);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		out->error = (qiao_err)error;
	else
		memset(out, 0, sizeof(*out));
	return err;
}
