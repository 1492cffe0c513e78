/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/items.h"

#include "gateway/base/slice.h"

#include <string.h>

#define VERSION        1
#define ITEM_PROOF     1
#define ITEM_TRANSFER  2
#define ITEM_RECEIPT   2 /* of another kind of message */
#define SENTENCE_MAX   1024
#define REFUSAL_LOWEST (-1000) /* no error of ours is below */

static void put_str_or_nil(struct qiao_buf *out, struct qiao_slice v)
{
	if (v.n > 0)
		qiao_mp_put_str(out, v);
	else
		qiao_mp_put_nil(out);
}

/* Nil is the one way to say nothing: an empty text is refused. */
static struct qiao_slice str_or_nil(struct qiao_mp *m, size_t max)
{
	struct qiao_slice v;

	if (qiao_mp_nil(m))
		return qiao_slice_of(NULL, 0);
	v = qiao_mp_str(m, max);
	if (v.n == 0)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

#define DECISION_LEN 34 /* d- and 32 hex digits */

static bool is_of(struct qiao_slice v, const char *prefix, const char *letters)
{
	if (v.n <= 2 || memcmp(v.p, prefix, 2) != 0)
		return false;
	for (size_t i = 2; i < v.n; i++)
		if (v.p[i] == 0 || !strchr(letters, v.p[i]))
			return false;
	return true;
}

/* These end in our audit log: a peer writes no free text there. */
static struct qiao_slice code_or_nil(struct qiao_mp *m)
{
	struct qiao_slice v = str_or_nil(m, QIAO_REASON_TEXT_MAX);

	if (v.n > 0 && !is_of(v, "R_", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

static struct qiao_slice decision_or_nil(struct qiao_mp *m)
{
	struct qiao_slice v = str_or_nil(m, DECISION_LEN);

	if (v.n > 0 &&
	    (v.n != DECISION_LEN || !is_of(v, "d-", "0123456789abcdef")))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

static void get_version(struct qiao_mp *m, uint64_t want)
{
	if (qiao_mp_uint(m, QIAO_FORMAT_MAX) != want)
		qiao_mp_fail(m, QIAO_E_UNSUPPORTED);
}

/* A number of an enum that starts at 1. */
static unsigned int get_enum(struct qiao_mp *m, unsigned int last)
{
	unsigned int v = (unsigned int)qiao_mp_uint(m, last);

	if (v == 0)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

/* Leave nothing half-parsed behind. */
static qiao_err finish(const struct qiao_mp *m, void *out, size_t size)
{
	qiao_err err = qiao_mp_finish(m);

	if (err != QIAO_OK)
		memset(out, 0, size);
	return err;
}

/* --- headers --- */

void qiao_item_headers_encode(struct qiao_buf *out,
			      const struct qiao_item_headers *it)
{
	qiao_mp_put_array(out, 4);
	qiao_mp_put_uint(out, VERSION);
	qiao_mp_put_hash(out, &it->chain);
	qiao_mp_put_uint(out, it->first);
	qiao_mp_put_array(out, it->n);
	for (size_t i = 0; i < it->n; i++)
		qiao_mp_put_bin(out, it->claims[i]);
}

qiao_err qiao_item_headers_parse(struct qiao_item_headers *out,
				 struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 4);
	get_version(&m, VERSION);
	out->chain = qiao_mp_hash(&m);
	out->first = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	out->n = qiao_mp_array(&m, QIAO_HEADERS_PER_BATCH_MAX);
	for (size_t i = 0; i < out->n; i++)
		out->claims[i] = qiao_mp_bin(&m, QIAO_PEER_MSG_MAX);
	return finish(&m, out, sizeof(*out));
}

void qiao_item_headers_reply_encode(struct qiao_buf *out,
				    const struct qiao_item_headers_reply *it)
{
	qiao_mp_put_array(out, 5);
	qiao_mp_put_uint(out, VERSION);
	qiao_mp_put_hash(out, &it->chain);
	qiao_mp_put_uint(out, it->next);
	qiao_mp_put_uint(out, it->result);
	put_str_or_nil(out, it->sentence);
}

qiao_err qiao_item_headers_reply_parse(struct qiao_item_headers_reply *out,
				       struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 5);
	get_version(&m, VERSION);
	out->chain = qiao_mp_hash(&m);
	out->next = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	out->result =
		(enum qiao_headers_result)get_enum(&m, QIAO_HEADERS_NOT_HERE);
	out->sentence = str_or_nil(&m, SENTENCE_MAX);
	return finish(&m, out, sizeof(*out));
}

/* --- transfers --- */

unsigned int qiao_item_kind(struct qiao_slice in)
{
	struct qiao_mp m;
	size_t n;
	uint64_t kind;

	if (qiao_mp_open(&m, in) != QIAO_OK)
		return 0;
	n = qiao_mp_array(&m, 10);
	kind = qiao_mp_uint(&m, ITEM_TRANSFER);
	if (n == 4 && kind == ITEM_PROOF)
		return ITEM_PROOF;
	return (n == 9 || n == 10) && kind == ITEM_TRANSFER ? ITEM_TRANSFER : 0;
}

void qiao_item_proof_encode(struct qiao_buf *out,
			    const struct qiao_item_proof *it)
{
	qiao_mp_put_array(out, 4);
	qiao_mp_put_uint(out, ITEM_PROOF);
	qiao_mp_put_hash(out, &it->chain);
	qiao_mp_put_uint(out, it->height);
	qiao_mp_put_bin(out, it->proof);
}

qiao_err qiao_item_proof_parse(struct qiao_item_proof *out,
			       struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 4);
	get_version(&m, ITEM_PROOF);
	out->chain = qiao_mp_hash(&m);
	out->height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	out->proof = qiao_mp_bin(&m, QIAO_PEER_MSG_MAX);
	if (out->proof.n == 0)
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	return finish(&m, out, sizeof(*out));
}

static void put_duty(struct qiao_buf *out, const struct qiao_item_transfer *it)
{
	if (it->duty.n > 0) {
		qiao_mp_put_raw(out, it->duty);
	} else if (it->duty_basis.n > 0) {
		qiao_mp_put_array(out, 2);
		qiao_mp_put_str(out, it->duty_basis);
		qiao_mp_put_str(out, it->duty_case);
	} else {
		qiao_mp_put_nil(out);
	}
}

void qiao_item_transfer_encode(struct qiao_buf *out,
			       const struct qiao_item_transfer *it)
{
	qiao_mp_put_array(out, 10);
	qiao_mp_put_uint(out, ITEM_TRANSFER);
	qiao_mp_put_raw(out, it->id_array);
	qiao_mp_put_int(out, it->not_after);
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, it->as_of_height);
	qiao_mp_put_hash(out, &it->as_of_hash);
	qiao_mp_put_uint(out, it->as_of_basis);
	qiao_mp_put_bin(out, it->payload);
	if (it->has_proof)
		qiao_mp_put_uint(out, it->proof_item);
	else
		qiao_mp_put_nil(out);
	put_duty(out, it);
	qiao_queued_put(out, &it->queued);
}

static void get_id(struct qiao_mp *m, struct qiao_item_transfer *out)
{
	qiao_err err;

	out->id_array = qiao_mp_raw(m);
	err = qiao_transfer_key_parse(&out->id, out->id_array, NULL);
	if (err != QIAO_OK)
		qiao_mp_fail(m, err);
	qiao_transfer_id(&out->transfer, out->id_array);
}

static void get_as_of(struct qiao_mp *m, struct qiao_item_transfer *out)
{
	qiao_mp_array_of(m, 3);
	out->as_of_height = qiao_mp_uint(m, QIAO_HEIGHT_MAX);
	out->as_of_hash = qiao_mp_hash(m);
	out->as_of_basis =
		(enum qiao_as_of_basis)get_enum(m, QIAO_AS_OF_QUERIED);
}

static void get_duty(struct qiao_mp *m, struct qiao_item_transfer *out)
{
	struct qiao_mp inner;
	qiao_err err;

	if (qiao_mp_nil(m))
		return;
	out->duty = qiao_mp_raw(m);
	err = qiao_mp_open(&inner, out->duty);
	if (err != QIAO_OK) {
		qiao_mp_fail(m, err);
		return;
	}
	qiao_mp_array_of(&inner, 2);
	out->duty_basis = qiao_mp_str(&inner, QIAO_DUTY_MAX);
	out->duty_case = qiao_mp_str(&inner, QIAO_DUTY_MAX);
	if (out->duty_basis.n == 0 || out->duty_case.n == 0)
		qiao_mp_fail(&inner, QIAO_E_MALFORMED);
	err = qiao_mp_finish(&inner);
	if (err != QIAO_OK)
		qiao_mp_fail(m, err);
}

qiao_err qiao_item_transfer_parse(struct qiao_item_transfer *out,
				  struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 10);
	get_version(&m, ITEM_TRANSFER);
	get_id(&m, out);
	out->not_after = qiao_mp_time(&m);
	get_as_of(&m, out);
	out->payload = qiao_mp_bin(&m, QIAO_PAYLOAD_MAX);
	if (out->payload.n == 0)
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	qiao_payload_digest(&out->digest, out->payload);
	out->has_proof = !qiao_mp_nil(&m);
	if (out->has_proof)
		out->proof_item =
			(unsigned int)qiao_mp_uint(&m, QIAO_ITEMS_MAX - 1);
	get_duty(&m, out);
	qiao_queued_get(&m, &out->queued);
	return finish(&m, out, sizeof(*out));
}

void qiao_item_transfer_reply_encode(struct qiao_buf *out,
				     const struct qiao_item_transfer_reply *it)
{
	qiao_mp_put_array(out, 4);
	qiao_mp_put_uint(out, ITEM_TRANSFER);
	qiao_mp_put_hash(out, &it->transfer);
	qiao_mp_put_uint(out, it->result);
	put_str_or_nil(out, it->code);
}

qiao_err qiao_item_transfer_reply_parse(struct qiao_item_transfer_reply *out,
					struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 4);
	get_version(&m, ITEM_TRANSFER);
	out->transfer = qiao_mp_hash(&m);
	out->result =
		(enum qiao_transfer_result)get_enum(&m, QIAO_TRANSFER_CONFLICT);
	out->code = code_or_nil(&m);
	return finish(&m, out, sizeof(*out));
}

/* --- receipts --- */

void qiao_item_receipt_encode(struct qiao_buf *out,
			      const struct qiao_item_receipt *it)
{
	qiao_mp_put_array(out, 9);
	qiao_mp_put_uint(out, ITEM_RECEIPT);
	qiao_mp_put_hash(out, &it->transfer);
	qiao_mp_put_hash(out, &it->digest);
	qiao_mp_put_uint(out, it->state);
	put_str_or_nil(out, it->reason);
	qiao_mp_put_hash(out, &it->destination);
	if (it->has_height)
		qiao_mp_put_uint(out, it->height);
	else
		qiao_mp_put_nil(out);
	if (it->has_proof)
		qiao_mp_put_uint(out, it->proof_item);
	else
		qiao_mp_put_nil(out);
	put_str_or_nil(out, it->decision);
}

qiao_err qiao_item_receipt_parse(struct qiao_item_receipt *out,
				 struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);
	bool committed;

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 9);
	get_version(&m, ITEM_RECEIPT);
	out->transfer = qiao_mp_hash(&m);
	out->digest = qiao_mp_hash(&m);
	out->state =
		(enum qiao_receipt_state)get_enum(&m, QIAO_RECEIPT_CONFLICT);
	out->reason = code_or_nil(&m);
	out->destination = qiao_mp_hash(&m);
	out->has_height = !qiao_mp_nil(&m);
	if (out->has_height)
		out->height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	out->has_proof = !qiao_mp_nil(&m);
	if (out->has_proof)
		out->proof_item =
			(unsigned int)qiao_mp_uint(&m, QIAO_ITEMS_MAX - 1);
	out->decision = decision_or_nil(&m);
	committed = out->state == QIAO_RECEIPT_COMMITTED;
	if (out->has_height != committed || out->has_proof != committed)
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	return finish(&m, out, sizeof(*out));
}

void qiao_item_receipt_reply_encode(struct qiao_buf *out,
				    const struct qiao_item_receipt_reply *it)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, VERSION);
	qiao_mp_put_hash(out, &it->transfer);
	qiao_mp_put_uint(out, it->result);
}

qiao_err qiao_item_receipt_reply_parse(struct qiao_item_receipt_reply *out,
				       struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	get_version(&m, VERSION);
	out->transfer = qiao_mp_hash(&m);
	out->result =
		(enum qiao_receipt_result)get_enum(&m, QIAO_RECEIPT_UNKNOWN);
	return finish(&m, out, sizeof(*out));
}

/* --- status --- */

void qiao_item_status_encode(struct qiao_buf *out,
			     const struct qiao_item_status *it)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, VERSION);
	qiao_mp_put_hash(out, &it->chain);
	qiao_mp_put_array(out, it->n);
	for (size_t i = 0; i < it->n; i++) {
		qiao_mp_put_array(out, 2);
		qiao_mp_put_uint(out, it->headers[i].height);
		qiao_mp_put_hash(out, &it->headers[i].hash);
	}
}

qiao_err qiao_item_status_parse(struct qiao_item_status *out,
				struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	get_version(&m, VERSION);
	out->chain = qiao_mp_hash(&m);
	out->n = qiao_mp_array(&m, QIAO_GOSSIP_MAX);
	for (size_t i = 0; i < out->n; i++) {
		qiao_mp_array_of(&m, 2);
		out->headers[i].height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
		out->headers[i].hash = qiao_mp_hash(&m);
		if (i > 0 &&
		    out->headers[i].height <= out->headers[i - 1].height)
			qiao_mp_fail(&m, QIAO_E_MALFORMED);
	}
	return finish(&m, out, sizeof(*out));
}

/* --- refusal --- */

void qiao_item_refusal_encode(struct qiao_buf *out,
			      const struct qiao_item_refusal *it)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, VERSION);
	qiao_mp_put_int(out, it->error);
	qiao_mp_put_str(out, it->sentence);
}

qiao_err qiao_item_refusal_parse(struct qiao_item_refusal *out,
				 struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);
	int64_t error;

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	get_version(&m, VERSION);
	error = qiao_mp_int(&m);
	if (error >= 0 || error < REFUSAL_LOWEST)
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	else
		out->error = (int)error;
	out->sentence = qiao_mp_str(&m, SENTENCE_MAX);
	return finish(&m, out, sizeof(*out));
}
