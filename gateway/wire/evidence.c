/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/wire/evidence.h"

#include "gateway/base/slice.h"

#include <string.h>

#define VERSION 1

static void put_front(struct qiao_buf *out, size_t elements, unsigned int kind,
		      const struct qiao_hash *network)
{
	qiao_mp_put_array(out, elements);
	qiao_mp_put_uint(out, VERSION);
	qiao_mp_put_uint(out, kind);
	qiao_mp_put_hash(out, network);
}

static struct qiao_hash nonzero_get(struct qiao_mp *m)
{
	struct qiao_hash v = qiao_mp_hash(m);

	if (qiao_hash_is_zero(&v))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

static struct qiao_hash get_front(struct qiao_mp *m, size_t elements,
				  unsigned int kind)
{
	qiao_mp_array_of(m, elements);
	if (qiao_mp_uint(m, QIAO_FORMAT_MAX) != VERSION ||
	    qiao_mp_uint(m, QIAO_FORMAT_MAX) != kind)
		qiao_mp_fail(m, QIAO_E_UNSUPPORTED);
	return nonzero_get(m);
}

unsigned int qiao_evidence_kind_of(struct qiao_slice in)
{
	struct qiao_mp m;
	uint64_t version, kind;

	qiao_mp_open(&m, in);
	qiao_mp_array(&m, 8);
	version = qiao_mp_uint(&m, QIAO_FORMAT_MAX);
	kind = qiao_mp_uint(&m, QIAO_EVIDENCE_PEER);
	return version == VERSION ? (unsigned int)kind : 0;
}

/* --- a chain --- */

static void put_side(struct qiao_buf *out, const struct qiao_evidence_side *s)
{
	qiao_mp_put_array(out, s->n);
	for (size_t i = 0; i < s->n; i++)
		qiao_mp_put_bin(out, s->claim[i]);
}

void qiao_evidence_chain_encode(struct qiao_buf *out,
				const struct qiao_evidence_chain *e)
{
	put_front(out, 9, QIAO_EVIDENCE_CHAIN, &e->network);
	qiao_mp_put_hash(out, &e->chain);
	qiao_mp_put_cstr(out, e->family);
	qiao_mp_put_uint(out, e->height);
	qiao_mp_put_bin(out, e->trust);
	put_side(out, &e->side[0]);
	put_side(out, &e->side[1]);
}

static void get_side(struct qiao_mp *m, struct qiao_evidence_side *s)
{
	s->n = qiao_mp_array(m, QIAO_HEADERS_PER_BATCH_MAX);
	if (s->n == 0)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	for (size_t i = 0; i < s->n; i++)
		s->claim[i] = qiao_mp_bin(m, QIAO_EVIDENCE_MAX);
}

qiao_err qiao_evidence_chain_parse(struct qiao_evidence_chain *out,
				   struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_EVIDENCE_MAX)
		return QIAO_E_LIMIT;
	qiao_mp_open(&m, in);
	out->network = get_front(&m, 9, QIAO_EVIDENCE_CHAIN);
	out->chain = nonzero_get(&m);
	qiao_mp_str_into(&m, out->family, sizeof(out->family));
	if (out->family[0] == '\0')
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	out->height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	out->trust = qiao_mp_bin(&m, QIAO_EVIDENCE_MAX);
	get_side(&m, &out->side[0]);
	get_side(&m, &out->side[1]);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

/* --- a peer --- */

static void put_said(struct qiao_buf *out, const struct qiao_said *s)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_bin(out, s->envelope);
	qiao_mp_put_bin(out, s->signature);
	qiao_queued_encode(out, &s->queued);
}

void qiao_evidence_peer_encode(struct qiao_buf *out,
			       const struct qiao_evidence_peer *e)
{
	put_front(out, 7, QIAO_EVIDENCE_PEER, &e->network);
	qiao_mp_put_cstr(out, e->gateway);
	qiao_mp_put_hash(out, &e->transfer);
	put_said(out, &e->said[0]);
	put_said(out, &e->said[1]);
}

static void get_said(struct qiao_mp *m, struct qiao_said *s)
{
	qiao_mp_array_of(m, 3);
	s->envelope = qiao_mp_bin(m, QIAO_ENVELOPE_MAX);
	s->signature = qiao_mp_bin(m, QIAO_SIG_LEN);
	if (s->signature.n != QIAO_SIG_LEN)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	qiao_mp_array_of(m, 3);
	qiao_queued_get(m, &s->queued);
}

qiao_err qiao_evidence_peer_parse(struct qiao_evidence_peer *out,
				  struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	qiao_mp_open(&m, in);
	out->network = get_front(&m, 7, QIAO_EVIDENCE_PEER);
	qiao_mp_str_into(&m, out->gateway, sizeof(out->gateway));
	if (!qiao_gateway_id_valid(qiao_slice_str(out->gateway)))
		qiao_mp_fail(&m, QIAO_E_MALFORMED);
	out->transfer = nonzero_get(&m);
	get_said(&m, &out->said[0]);
	get_said(&m, &out->said[1]);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

static qiao_err no(struct qiao_why *why, const char *cause)
{
	return qiao_fail(why, QIAO_E_PROOF, "no evidence: %s", cause);
}

static qiao_err signature_check(const struct qiao_said *s,
				const struct qiao_id16 *id,
				const struct qiao_pubkey *keys, size_t n,
				struct qiao_why *why)
{
	for (size_t i = 0; i < n; i++) {
		struct qiao_id16 have = qiao_pubkey_id(&keys[i]);

		if (memcmp(have.b, id->b, sizeof(have.b)) != 0)
			continue;
		if (qiao_envelope_signed_by(s->envelope, s->signature,
					    &keys[i]) == QIAO_OK)
			return QIAO_OK;
		return no(why, "a signature does not hold");
	}
	return qiao_fail(why, QIAO_E_KEY,
			 "signed with a key that was not given; ask its owner "
			 "for the key");
}

static qiao_err said_check(const struct qiao_evidence_peer *e,
			   const struct qiao_said *s, struct qiao_hash *payload,
			   const struct qiao_pubkey *keys, size_t n,
			   struct qiao_why *why)
{
	struct qiao_envelope env;
	struct qiao_hash transfer;
	qiao_err err = qiao_envelope_parse(&env, s->envelope);

	if (err != QIAO_OK)
		return no(why, "one envelope is malformed");
	if (!qiao_hash_eq(&env.network, &e->network) ||
	    strcmp(env.sender, e->gateway) != 0)
		return no(why, "one envelope is of another network or sender");
	if (env.kind != QIAO_KIND_TRANSFERS || env.has_reply_to)
		return no(why, "one envelope brings no transfers");
	err = signature_check(s, &env.key, keys, n, why);
	if (err == QIAO_OK)
		err = qiao_queued_check(&s->queued, &transfer, payload, &env,
					why);
	if (err == QIAO_OK && !qiao_hash_eq(&transfer, &e->transfer))
		err = no(why, "one statement is about another transfer");
	return err;
}

qiao_err qiao_evidence_peer_check(const struct qiao_evidence_peer *e,
				  struct qiao_hash *payload,
				  const struct qiao_pubkey *keys, size_t n,
				  struct qiao_why *why)
{
	struct qiao_hash digest[2] = { { { 0 } }, { { 0 } } };
	qiao_err err = said_check(e, &e->said[0], &digest[0], keys, n, why);

	if (err == QIAO_OK)
		err = said_check(e, &e->said[1], &digest[1], keys, n, why);
	if (err == QIAO_OK && qiao_hash_eq(&digest[0], &digest[1]))
		err = no(why, "both statements are about one payload");
	if (err == QIAO_OK && payload)
		memcpy(payload, digest, sizeof(digest));
	return err;
}
