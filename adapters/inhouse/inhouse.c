/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/inhouse.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <stdlib.h>
#include <string.h>

void qiao_inhouse_header_put(struct qiao_buf *out,
			     const struct qiao_inhouse_header *h)
{
	qiao_mp_put_array(out, 9);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_cstr(out, h->chain);
	qiao_mp_put_uint(out, h->height);
	qiao_mp_put_hash(out, &h->prev);
	qiao_mp_put_int(out, h->time_ms);
	qiao_mp_put_uint(out, h->leaves);
	qiao_mp_put_hash(out, &h->root);
	qiao_mp_put_hash(out, &h->set);
	qiao_mp_put_hash(out, &h->next_set);
}

static int member_cmp(const void *pa, const void *pb)
{
	const struct qiao_inhouse_member *a = pa, *b = pb;

	if (a->key.scheme != b->key.scheme)
		return a->key.scheme < b->key.scheme ? -1 : 1;
	return memcmp(a->key.b, b->key.b, sizeof(a->key.b));
}

void qiao_inhouse_set_sort(struct qiao_inhouse_member *m, size_t n)
{
	qsort(m, n, sizeof(*m), member_cmp);
}

uint64_t qiao_inhouse_threshold(const struct qiao_inhouse_member *m, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += m[i].weight;
	return 2 * total / 3 + 1;
}

static void key_put(struct qiao_buf *out, const struct qiao_pubkey *k)
{
	qiao_mp_put_uint(out, k->scheme);
	qiao_mp_put_bin(out, qiao_slice_of(k->b, sizeof(k->b)));
}

void qiao_inhouse_set_put(struct qiao_buf *out,
			  const struct qiao_inhouse_member *m, size_t n,
			  uint64_t threshold)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_uint(out, threshold);
	qiao_mp_put_array(out, n);
	for (size_t i = 0; i < n; i++) {
		qiao_mp_put_array(out, 3);
		key_put(out, &m[i].key);
		qiao_mp_put_uint(out, m[i].weight);
	}
}

void qiao_inhouse_claim_put(struct qiao_buf *out, struct qiao_slice header,
			    const struct qiao_inhouse_sig *sigs, size_t n,
			    struct qiao_slice next_set)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_bin(out, header);
	qiao_mp_put_array(out, n);
	for (size_t i = 0; i < n; i++) {
		qiao_mp_put_array(out, 2);
		qiao_mp_put_uint(out, sigs[i].index);
		qiao_mp_put_bin(out,
				qiao_slice_of(sigs[i].sig.b, QIAO_SIG_LEN));
	}
	if (next_set.n > 0)
		qiao_mp_put_bin(out, next_set);
	else
		qiao_mp_put_nil(out);
}

void qiao_inhouse_record_put(struct qiao_buf *out, struct qiao_slice head,
			     const struct qiao_pubkey *issuer,
			     struct qiao_slice sig)
{
	qiao_mp_put_array(out, 5);
	qiao_mp_put_uint(out, QIAO_INHOUSE_RECORD);
	qiao_mp_put_bin(out, head);
	key_put(out, issuer);
	qiao_mp_put_bin(out, sig);
}

qiao_err qiao_inhouse_identity(struct qiao_hash *out,
			       const struct qiao_hash *genesis)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	qiao_mp_put_array(&b, 2);
	qiao_mp_put_cstr(&b, "quorum");
	qiao_mp_put_hash(&b, genesis);
	err = b.err;
	if (err == QIAO_OK)
		qiao_sha256_tagged(out, QIAO_INHOUSE_CHAIN_TAG,
				   qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

static void record_bytes(struct qiao_buf *b, const struct qiao_hash *chain,
			 struct qiao_slice head)
{
	qiao_buf_put(b, qiao_slice_hash(chain));
	qiao_buf_put(b, head);
}

qiao_err qiao_inhouse_record_sign(struct qiao_sig *out,
				  const struct qiao_key *key,
				  const struct qiao_hash *chain,
				  struct qiao_slice head)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	record_bytes(&b, chain, head);
	err = b.err;
	if (err == QIAO_OK)
		err = qiao_key_sign(key, out, QIAO_INHOUSE_RECORD_TAG,
				    qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

qiao_err qiao_inhouse_record_verify(const struct qiao_pubkey *key,
				    const struct qiao_hash *chain,
				    struct qiao_slice head,
				    struct qiao_slice sig)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	record_bytes(&b, chain, head);
	err = b.err;
	if (err == QIAO_OK)
		err = qiao_sig_verify(key, QIAO_INHOUSE_RECORD_TAG,
				      qiao_buf_slice(&b), sig);
	qiao_buf_free(&b);
	return err;
}

void qiao_inhouse_entry_put(struct qiao_buf *out,
			    const struct qiao_inhouse_entry *e)
{
	bool delivered = e->kind == QIAO_INHOUSE_DELIVERED;

	qiao_mp_put_array(out, delivered ? 6 : 5);
	qiao_mp_put_uint(out, (uint64_t)e->kind);
	qiao_mp_put_hash(out, &e->id);
	qiao_mp_put_hash(out, &e->digest);
	if (delivered)
		qiao_mp_put_hash(out, &e->source);
	qiao_mp_put_bin(out,
			qiao_slice_of(e->submitter.b, sizeof(e->submitter.b)));
	qiao_mp_put_bin(out, e->payload);
}

void qiao_inhouse_submission_begin(struct qiao_buf *out,
				   const struct qiao_hash *chain, size_t n)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_hash(out, chain);
	qiao_mp_put_array(out, n);
}

void qiao_inhouse_submission_put(struct qiao_buf *out,
				 const struct qiao_inhouse_submission *s)
{
	qiao_mp_put_array(out, 5);
	qiao_mp_put_cstr(out, s->kind);
	qiao_mp_put_hash(out, &s->id);
	qiao_mp_put_hash(out, &s->digest);
	qiao_mp_put_hash(out, &s->source);
	qiao_mp_put_bin(out, s->payload);
}

void qiao_inhouse_proof_put(struct qiao_buf *out, uint64_t height,
			    uint64_t index, struct qiao_slice leaf,
			    const struct qiao_merkle_path *path)
{
	qiao_mp_put_array(out, 5);
	qiao_mp_put_uint(out, 2);
	qiao_mp_put_uint(out, height);
	qiao_mp_put_uint(out, index);
	qiao_mp_put_bin(out, leaf);
	qiao_mp_put_array(out, path->n);
	for (size_t i = 0; i < path->n; i++)
		qiao_mp_put_hash(out, &path->h[i]);
}
