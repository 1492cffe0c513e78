/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/audit/log.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/store/audit.h"

#include <string.h>

static const char tag[] = "qiao/checkpoint/1";

qiao_err qiao_checkpoint_encode(struct qiao_buf *out,
				const struct qiao_checkpoint *c)
{
	qiao_mp_put_array(out, 6);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_hash(out, &c->network);
	qiao_mp_put_cstr(out, c->gw);
	qiao_mp_put_uint(out, c->size);
	qiao_mp_put_hash(out, &c->root);
	qiao_mp_put_int(out, c->at_ms);
	return out->err;
}

qiao_err qiao_checkpoint_parse(struct qiao_checkpoint *out,
			       struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 6);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	out->network = qiao_mp_hash(&m);
	qiao_mp_str_into(&m, out->gw, sizeof(out->gw));
	out->size = qiao_mp_uint(&m, QIAO_AUDIT_SIZE_MAX);
	out->root = qiao_mp_hash(&m);
	out->at_ms = qiao_mp_time(&m);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

qiao_err qiao_checkpoint_sign(struct qiao_sig *out, struct qiao_slice encoded,
			      const struct qiao_key *key)
{
	return qiao_key_sign(key, out, tag, encoded);
}

qiao_err qiao_checkpoint_verify(struct qiao_slice encoded,
				struct qiao_slice sig,
				const struct qiao_pubkey *key)
{
	return qiao_sig_verify(key, tag, encoded, sig);
}

qiao_err qiao_audit_checkpoint(const struct qiao_audit_log *log,
			       struct qiao_txn *txn, struct qiao_checkpoint *c,
			       const struct qiao_hash *network,
			       const struct qiao_key *key, int64_t at_ms)
{
	struct qiao_checkpoint now = { .network = *network, .at_ms = at_ms };
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_checkpoint_row row = { .at = at_ms };
	struct qiao_sig sig;
	qiao_err err = qiao_audit_size(txn, &now.size);

	memcpy(now.gw, log->gw, sizeof(now.gw));
	if (err == QIAO_OK)
		err = qiao_audit_root(txn, &now.root, now.size);
	if (err == QIAO_OK)
		err = qiao_checkpoint_encode(&bytes, &now);
	if (err == QIAO_OK)
		err = qiao_checkpoint_sign(&sig, qiao_buf_slice(&bytes), key);
	if (err == QIAO_OK) {
		row.size = now.size;
		row.checkpoint = qiao_buf_slice(&bytes);
		row.signature = qiao_slice_of(sig.b, sizeof(sig.b));
		err = qiao_store_checkpoint_put(txn, &row);
	}
	if (err == QIAO_OK && c)
		*c = now;
	qiao_buf_free(&bytes);
	return err;
}
