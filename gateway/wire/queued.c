/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/wire/queued.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"

#include <string.h>

void qiao_queued_put(struct qiao_buf *out, const struct qiao_queued *q)
{
	qiao_mp_put_bin(out, q->entry);
	qiao_mp_put_uint(out, q->index);
	qiao_mp_put_array(out, q->path.n);
	for (size_t i = 0; i < q->path.n; i++)
		qiao_mp_put_hash(out, &q->path.h[i]);
}

void qiao_queued_get(struct qiao_mp *m, struct qiao_queued *q)
{
	q->entry = qiao_mp_bin(m, QIAO_QUEUED_ENTRY_MAX);
	q->index = qiao_mp_uint(m, QIAO_AUDIT_SIZE_MAX);
	q->path.n = qiao_mp_array(m, QIAO_MERKLE_DEPTH_MAX);
	for (size_t i = 0; i < q->path.n; i++)
		q->path.h[i] = qiao_mp_hash(m);
}

void qiao_queued_encode(struct qiao_buf *out, const struct qiao_queued *q)
{
	qiao_mp_put_array(out, 3);
	qiao_queued_put(out, q);
}

qiao_err qiao_queued_parse(struct qiao_queued *out, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	qiao_mp_open(&m, in);
	qiao_mp_array_of(&m, 3);
	qiao_queued_get(&m, out);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

static bool member_is(const struct qiao_json *entry, const char *key,
		      const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_get(entry, key)), want);
}

static bool member_hash(struct qiao_hash *out, const struct qiao_json *entry,
			const char *key)
{
	return qiao_hex_decode(out->b, sizeof(out->b),
			       qiao_json_text(qiao_json_get(entry, key)));
}

/* The sender wrote down, before it sent, what it sends to whom. */
static qiao_err read_entry(const struct qiao_queued *q,
			   struct qiao_hash *transfer,
			   struct qiao_hash *payload,
			   const struct qiao_envelope *env,
			   struct qiao_why *why)
{
	struct qiao_json *entry = NULL;
	int64_t seq = -1;
	bool fits;
	qiao_err err = qiao_json_parse_canonical(&entry, q->entry, NULL);

	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "the audit entry of a transfer from %s is not "
				 "canonical JSON",
				 env->sender);
	fits = member_is(entry, "type", "queued") &&
	       member_is(entry, "gw", env->sender) &&
	       member_is(entry, "to", env->receiver) &&
	       member_hash(transfer, entry, "transfer") &&
	       member_hash(payload, entry, "payload") &&
	       qiao_json_int(qiao_json_get(entry, "seq"), &seq) && seq >= 0 &&
	       (uint64_t)seq == q->index;
	qiao_json_free(entry);
	if (fits)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_PROOF,
			 "the audit entry of a transfer from %s is about "
			 "something else than the transfer",
			 env->sender);
}

qiao_err qiao_queued_check(const struct qiao_queued *q,
			   struct qiao_hash *transfer,
			   struct qiao_hash *payload,
			   const struct qiao_envelope *env,
			   struct qiao_why *why)
{
	struct qiao_hash leaf;
	qiao_err err;

	*transfer = (struct qiao_hash){ { 0 } };
	*payload = (struct qiao_hash){ { 0 } };
	err = read_entry(q, transfer, payload, env, why);
	if (err != QIAO_OK)
		return err;
	qiao_merkle_leaf(&leaf, q->entry);
	if (qiao_merkle_path_check(&q->path, q->index, env->audit_size, &leaf,
				   &env->audit_root) == QIAO_OK)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_PROOF,
			 "a transfer from %s is not in the audit log that its "
			 "envelope commits to",
			 env->sender);
}
