/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/quorum_format.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <string.h>

/* What a header says about itself, whoever signed it. */
static qiao_err header_check(const struct qiao_quorum_header *h)
{
	struct qiao_hash empty;

	if (h->chain.n == 0)
		return QIAO_E_MALFORMED;
	if (qiao_hash_is_zero(&h->prev) != (h->height == 0))
		return QIAO_E_MALFORMED;
	if (qiao_hash_is_zero(&h->root) || qiao_hash_is_zero(&h->set) ||
	    qiao_hash_is_zero(&h->next_set))
		return QIAO_E_MALFORMED;
	if (h->leaves > 0)
		return QIAO_OK;
	qiao_merkle_root(&empty, NULL, 0);
	return qiao_hash_eq(&empty, &h->root) ? QIAO_OK : QIAO_E_HASH;
}

qiao_err qiao_quorum_header_parse(struct qiao_quorum_header *out,
				  struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_QUORUM_HEADER_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 9);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	out->chain = qiao_mp_str(&m, QIAO_NAME_MAX);
	out->height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	out->prev = qiao_mp_hash(&m);
	out->time_ms = qiao_mp_time(&m);
	out->leaves = qiao_mp_uint(&m, QIAO_LEAVES_MAX);
	out->root = qiao_mp_hash(&m);
	out->set = qiao_mp_hash(&m);
	out->next_set = qiao_mp_hash(&m);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		err = header_check(out);
	if (err == QIAO_OK)
		qiao_sha256_tagged(&out->hash, QIAO_QUORUM_HEADER_TAG, in);
	else
		memset(out, 0, sizeof(*out));
	return err;
}

static void sigs_parse(struct qiao_quorum_claim *out, struct qiao_mp *m)
{
	size_t n = qiao_mp_array(m, QIAO_VALIDATORS_MAX);

	for (size_t i = 0; i < n; i++) {
		struct qiao_quorum_sig *s = &out->sigs[i];

		qiao_mp_array_of(m, 2);
		s->index = qiao_mp_uint(m, QIAO_VALIDATORS_MAX - 1);
		s->sig = qiao_mp_bin(m, QIAO_SIG_LEN);
		if (s->sig.n != QIAO_SIG_LEN)
			qiao_mp_fail(m, QIAO_E_MALFORMED);
		/* ascending: no signer can stand here twice */
		if (i > 0 && s->index <= out->sigs[i - 1].index)
			qiao_mp_fail(m, QIAO_E_NONCANON);
	}
	out->nsigs = n;
}

static qiao_err next_set_check(const struct qiao_quorum_claim *c)
{
	struct qiao_hash h;
	bool changes = !qiao_hash_eq(&c->header.set, &c->header.next_set);

	if (changes != (c->next_set.n > 0))
		return QIAO_E_CONFIG;
	if (!changes)
		return QIAO_OK;
	qiao_sha256_tagged(&h, QIAO_QUORUM_SET_TAG, c->next_set);
	return qiao_hash_eq(&h, &c->header.next_set) ? QIAO_OK : QIAO_E_HASH;
}

qiao_err qiao_quorum_claim_parse(struct qiao_quorum_claim *out,
				 struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	/* the array of signatures is large: only its used part is written */
	out->nsigs = 0;
	out->next_set = (struct qiao_slice){ NULL, 0 };
	if (in.n > QIAO_QUORUM_CLAIM_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	out->header_bytes = qiao_mp_bin(&m, QIAO_QUORUM_HEADER_MAX);
	sigs_parse(out, &m);
	if (!qiao_mp_nil(&m)) {
		out->next_set = qiao_mp_bin(&m, QIAO_QUORUM_SET_MAX);
		if (out->next_set.n == 0)
			qiao_mp_fail(&m, QIAO_E_MALFORMED);
	}
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		err = qiao_quorum_header_parse(&out->header, out->header_bytes);
	return err == QIAO_OK ? next_set_check(out) : err;
}

static int key_cmp(const struct qiao_pubkey *a, const struct qiao_pubkey *b)
{
	if (a->scheme != b->scheme)
		return a->scheme < b->scheme ? -1 : 1;
	return memcmp(a->b, b->b, QIAO_PUBKEY_LEN);
}

/* A scheme that has its number but is not built, or a key off its curve. */
static qiao_err key_parse(struct qiao_pubkey *out, struct qiao_mp *m)
{
	uint64_t scheme = qiao_mp_uint(m, UINT8_MAX);
	struct qiao_slice key = qiao_mp_bin(m, QIAO_PUBKEY_LEN);

	memset(out, 0, sizeof(*out));
	if (m->r.err != QIAO_OK)
		return m->r.err;
	if (scheme == QIAO_SCHEME_SM2 || scheme == QIAO_SCHEME_ED25519)
		return QIAO_E_UNSUPPORTED;
	return qiao_pubkey_parse(out, (unsigned int)scheme, key);
}

static void members_parse(struct qiao_quorum_set *out, struct qiao_mp *m)
{
	uint64_t total = 0;

	out->n = qiao_mp_array(m, QIAO_VALIDATORS_MAX);
	for (size_t i = 0; i < out->n; i++) {
		struct qiao_quorum_member *e = &out->m[i];
		qiao_err err;

		qiao_mp_array_of(m, 3);
		err = key_parse(&e->key, m);
		e->weight = qiao_mp_uint(m, UINT32_MAX);
		if (err != QIAO_OK)
			qiao_mp_fail(m, err);
		if (e->weight == 0)
			qiao_mp_fail(m, QIAO_E_MALFORMED);
		if (i > 0 && key_cmp(&out->m[i - 1].key, &e->key) >= 0)
			qiao_mp_fail(m, QIAO_E_NONCANON);
		total += e->weight;
	}
	/* at most 256 * 2^32: three times that is far below 2^64 */
	if (out->threshold > total || 3 * out->threshold <= 2 * total)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

qiao_err qiao_quorum_set_parse(struct qiao_quorum_set *out,
			       struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_QUORUM_SET_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	out->threshold =
		qiao_mp_uint(&m, QIAO_VALIDATORS_MAX * (uint64_t)UINT32_MAX);
	members_parse(out, &m);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		qiao_sha256_tagged(&out->hash, QIAO_QUORUM_SET_TAG, in);
	else
		memset(out, 0, sizeof(*out));
	return err;
}

qiao_err qiao_quorum_claim_verify(const struct qiao_quorum_claim *c,
				  const struct qiao_quorum_set *set,
				  struct qiao_why *why)
{
	unsigned long long height = c->header.height;
	uint64_t weight = 0;

	for (size_t i = 0; i < c->nsigs; i++) {
		const struct qiao_quorum_sig *s = &c->sigs[i];
		qiao_err err;

		if (s->index >= set->n)
			return qiao_fail(why, QIAO_E_BADSIG,
					 "header %llu: signer %llu, but the "
					 "set has %zu validators; take the "
					 "claim from another node",
					 height, (unsigned long long)s->index,
					 set->n);
		err = qiao_sig_verify_digest(&set->m[s->index].key,
					     &c->header.hash, s->sig);
		if (err == QIAO_E_BADSIG)
			return qiao_fail(why, err,
					 "header %llu: the signature of "
					 "validator %llu is wrong; take the "
					 "claim from another node",
					 height, (unsigned long long)s->index);
		if (err != QIAO_OK)
			return err;
		weight += set->m[s->index].weight;
	}
	if (weight < set->threshold || weight == 0)
		return qiao_fail(why, QIAO_E_BADSIG,
				 "header %llu: signers of weight %llu, %llu "
				 "are needed; wait until more validators sign",
				 height, (unsigned long long)weight,
				 (unsigned long long)set->threshold);
	return QIAO_OK;
}

static qiao_err record_parse(struct qiao_quorum_leaf *out, struct qiao_mp *m)
{
	qiao_err err;

	qiao_mp_array_of(m, 5);
	qiao_mp_uint(m, QIAO_FORMAT_MAX); /* the kind, known */
	out->head = qiao_mp_bin(m, QIAO_HEAD_MAX);
	err = key_parse(&out->key, m);
	out->sig = qiao_mp_bin(m, QIAO_SIG_LEN);
	if (err == QIAO_OK && out->head.n == 0)
		err = QIAO_E_MALFORMED;
	if (err != QIAO_OK)
		qiao_mp_fail(m, err);
	return qiao_mp_finish(m);
}

static qiao_err entry_parse(struct qiao_quorum_leaf *out, struct qiao_mp *m)
{
	bool delivered = out->kind == QIAO_QUORUM_LEAF_DELIVERED;
	struct qiao_hash digest;
	qiao_err err;

	qiao_mp_array_of(m, delivered ? 6 : 5);
	qiao_mp_uint(m, QIAO_FORMAT_MAX); /* the kind, known */
	out->id = qiao_mp_hash(m);
	out->digest = qiao_mp_hash(m);
	if (delivered)
		out->source = qiao_mp_hash(m);
	out->submitter = qiao_mp_bin(m, sizeof(struct qiao_id16));
	out->payload = qiao_mp_bin(m, QIAO_PAYLOAD_MAX);
	err = qiao_mp_finish(m);
	if (err != QIAO_OK)
		return err;
	if (out->submitter.n != sizeof(struct qiao_id16) ||
	    qiao_hash_is_zero(&out->id) ||
	    (delivered && qiao_hash_is_zero(&out->source)))
		return QIAO_E_MALFORMED;
	qiao_sha256_tagged(&digest, QIAO_QUORUM_PAYLOAD_TAG, out->payload);
	return qiao_hash_eq(&digest, &out->digest) ? QIAO_OK : QIAO_E_HASH;
}

/* The kind without taking it: unknown kinds may have any further elements. */
static uint64_t leaf_kind(struct qiao_mp peek)
{
	qiao_mp_array(&peek, 64);
	return qiao_mp_uint(&peek, QIAO_FORMAT_MAX);
}

qiao_err qiao_quorum_leaf_parse(struct qiao_quorum_leaf *out,
				struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_LEAF_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	out->kind = leaf_kind(m);
	if (out->kind == 0)
		err = QIAO_E_MALFORMED;
	else if (out->kind == QIAO_QUORUM_LEAF_RECORD)
		err = record_parse(out, &m);
	else if (out->kind <= QIAO_QUORUM_LEAF_ANCHOR)
		err = entry_parse(out, &m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

qiao_err qiao_quorum_leaf_verify(const struct qiao_quorum_leaf *leaf,
				 const struct qiao_hash *chain)
{
	static const uint8_t zero = 0;
	const struct qiao_slice parts[] = {
		qiao_slice_str(QIAO_QUORUM_RECORD_TAG),
		{ &zero, 1 },
		qiao_slice_hash(chain),
		leaf->head,
	};
	struct qiao_hash digest;

	qiao_sha256_list(&digest, parts, sizeof(parts) / sizeof(parts[0]));
	return qiao_sig_verify_digest(&leaf->key, &digest, leaf->sig);
}

static qiao_err whole_parse(struct qiao_quorum_proof *out, struct qiao_mp *m)
{
	size_t n = qiao_mp_array(m, QIAO_LEAVES_MAX);

	out->whole = true;
	out->leaves = qiao_calloc(n, sizeof(*out->leaves));
	if (!out->leaves)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		out->leaves[i] = qiao_mp_bin(m, QIAO_LEAF_MAX);
	out->n = n;
	return qiao_mp_finish(m);
}

static qiao_err one_parse(struct qiao_quorum_proof *out, struct qiao_mp *m)
{
	out->index = qiao_mp_uint(m, QIAO_LEAVES_MAX - 1);
	out->leaf = qiao_mp_bin(m, QIAO_LEAF_MAX);
	out->path.n = qiao_mp_array(m, QIAO_MERKLE_DEPTH_MAX);
	for (size_t i = 0; i < out->path.n; i++)
		out->path.h[i] = qiao_mp_hash(m);
	return qiao_mp_finish(m);
}

qiao_err qiao_quorum_proof_parse(struct qiao_quorum_proof *out,
				 struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;
	uint64_t kind;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_BLOCK_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	n = qiao_mp_array(&m, 5);
	kind = qiao_mp_uint(&m, QIAO_FORMAT_MAX);
	out->height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	err = QIAO_E_MALFORMED;
	if (kind == 1 && n == 3)
		err = whole_parse(out, &m);
	else if (kind == 2 && n == 5)
		err = one_parse(out, &m);
	if (err != QIAO_OK)
		qiao_quorum_proof_fini(out);
	return err;
}

void qiao_quorum_proof_fini(struct qiao_quorum_proof *p)
{
	qiao_free(p->leaves);
	memset(p, 0, sizeof(*p));
}
