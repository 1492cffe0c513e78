/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes quorum chains for tests: keys, sets, headers, leaves, and a view in
 * memory whose n-th call can be made to fail.
 */
#ifndef TESTS_UNIT_VERIFY_QUORUM_CHAIN_H
#define TESTS_UNIT_VERIFY_QUORUM_CHAIN_H

#include "adapters/inhouse/inhouse.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/conf/conf.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/lightclient.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN      "province"
#define VALIDATORS 10
#define NETWORK \
	(&(const struct qiao_hash){ { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 } })
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- a view in memory ---------------------------------------------------- */
struct mem_pair {
	struct qiao_slice key, value;
};
struct mem_view {
	struct mem_pair *pairs;
	size_t n, cap;
	long puts, fail_put, fail_get; /* -1: never */
};

static struct mem_pair *mem_find(struct mem_view *v, struct qiao_slice key)
{
	for (size_t i = v->n; i-- > 0;)
		if (qiao_slice_eq(v->pairs[i].key, key))
			return &v->pairs[i];
	return NULL;
}

static struct qiao_slice slice_copy(struct qiao_slice s)
{
	uint8_t *p = malloc(s.n + 1);

	if (!p)
		abort();
	memcpy(p, s.p, s.n);
	return qiao_slice_of(p, s.n);
}

static inline qiao_err mem_get(void *ctx, struct qiao_buf *out,
			       struct qiao_slice key)
{
	struct mem_view *v = ctx;
	struct mem_pair *p = mem_find(v, key);

	if (v->fail_get >= 0 && v->fail_get-- == 0)
		return QIAO_E_IO;
	if (!p)
		return QIAO_E_NOTFOUND;
	qiao_buf_put(out, p->value);
	return out->err;
}

static inline qiao_err mem_put(void *ctx, struct qiao_slice key,
			       struct qiao_slice value)
{
	struct mem_view *v = ctx;
	struct mem_pair *p = mem_find(v, key);

	if (v->fail_put >= 0 && v->fail_put-- == 0)
		return QIAO_E_IO;
	v->puts++;
	if (!p) {
		if (v->n == v->cap) {
			v->cap = v->cap ? 2 * v->cap : 64;
			v->pairs =
				realloc(v->pairs, v->cap * sizeof(*v->pairs));
			if (!v->pairs)
				abort();
		}
		p = &v->pairs[v->n++];
		p->key = slice_copy(key);
	} else {
		free((void *)(uintptr_t)p->value.p);
	}
	p->value = slice_copy(value);
	return QIAO_OK;
}

static inline void mem_fini(struct mem_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free((void *)(uintptr_t)v->pairs[i].key.p);
		free((void *)(uintptr_t)v->pairs[i].value.p);
	}
	free(v->pairs);
	*v = (struct mem_view){ .fail_put = -1, .fail_get = -1 };
}

/* --- validators ----------------------------------------------------------- */
struct validators {
	struct qiao_key *key[VALIDATORS]; /* in the order of the set */
	struct qiao_inhouse_member m[VALIDATORS];
	size_t n;
	struct qiao_buf set;
	struct qiao_hash hash;
};

static inline void set_encode(struct validators *v, uint64_t threshold)
{
	qiao_buf_clear(&v->set);
	qiao_inhouse_set_put(&v->set, v->m, v->n, threshold);
	qiao_sha256_tagged(&v->hash, QIAO_INHOUSE_SET_TAG,
			   qiao_buf_slice(&v->set));
}

static inline int key_order(const void *a, const void *b)
{
	const struct qiao_pubkey *ka =
		qiao_key_public(*(struct qiao_key *const *)a);
	const struct qiao_pubkey *kb =
		qiao_key_public(*(struct qiao_key *const *)b);

	if (ka->scheme != kb->scheme)
		return ka->scheme < kb->scheme ? -1 : 1;
	return memcmp(ka->b, kb->b, sizeof(ka->b));
}

/* Every other key P-256 when mixed. */
static inline void validators_new(struct validators *v, size_t n, bool mixed)
{
	memset(v, 0, sizeof(*v));
	v->n = n;
	for (size_t i = 0; i < n; i++)
		if (qiao_key_new(&v->key[i], mixed && i % 2
						     ? QIAO_SCHEME_P256
						     : QIAO_SCHEME_SECP256K1))
			abort();
	qsort(v->key, n, sizeof(v->key[0]), key_order);
	for (size_t i = 0; i < n; i++) {
		v->m[i].key = *qiao_key_public(v->key[i]);
		v->m[i].weight = 1;
	}
	set_encode(v, qiao_inhouse_threshold(v->m, n));
}

static inline void validators_free(struct validators *v)
{
	for (size_t i = 0; i < v->n; i++)
		qiao_key_free(v->key[i]);
	qiao_buf_free(&v->set);
}

/* --- a chain -------------------------------------------------------------- */
struct chain {
	struct validators v; /* signs the next header */
	struct qiao_buf genesis, first_set;
	struct qiao_inhouse_header h; /* the newest */
	struct qiao_hash hash;        /* its hash */
};

static inline struct qiao_hash header_hash(struct qiao_slice bytes)
{
	struct qiao_hash h;

	qiao_sha256_tagged(&h, QIAO_INHOUSE_HEADER_TAG, bytes);
	return h;
}

static inline void chain_new(struct chain *c, size_t n, bool mixed)
{
	memset(c, 0, sizeof(*c));
	validators_new(&c->v, n, mixed);
	qiao_buf_put(&c->first_set, qiao_buf_slice(&c->v.set));
	c->h = (struct qiao_inhouse_header){ .chain = CHAIN,
					     .time_ms = 1700000000000,
					     .set = c->v.hash,
					     .next_set = c->v.hash };
	qiao_merkle_root(&c->h.root, NULL, 0);
	qiao_inhouse_header_put(&c->genesis, &c->h);
	c->hash = header_hash(qiao_buf_slice(&c->genesis));
}

static inline void chain_free(struct chain *c)
{
	validators_free(&c->v);
	qiao_buf_free(&c->genesis);
	qiao_buf_free(&c->first_set);
}

/* The header that would come next, with no leaves. */
static inline struct qiao_inhouse_header chain_next(const struct chain *c)
{
	struct qiao_inhouse_header h = c->h;

	h.height++;
	h.prev = c->hash;
	h.time_ms += 1000;
	h.leaves = 0;
	h.set = h.next_set = c->v.hash;
	qiao_merkle_root(&h.root, NULL, 0);
	return h;
}

/* Sign with the validators whose bit is set. */
static inline void claim_sign(struct qiao_buf *out, const struct validators *v,
			      const struct qiao_inhouse_header *h,
			      unsigned long mask, struct qiao_slice next_set)
{
	struct qiao_inhouse_sig sigs[VALIDATORS];
	struct qiao_buf bytes = QIAO_BUF;
	size_t n = 0;

	qiao_inhouse_header_put(&bytes, h);
	for (size_t i = 0; i < v->n; i++) {
		if (!(mask >> i & 1))
			continue;
		sigs[n].index = i;
		if (qiao_key_sign(v->key[i], &sigs[n++].sig,
				  QIAO_INHOUSE_HEADER_TAG,
				  qiao_buf_slice(&bytes)))
			abort();
	}
	qiao_inhouse_claim_put(out, qiao_buf_slice(&bytes), sigs, n, next_set);
	qiao_buf_free(&bytes);
}

#define ALL (~0ul)

/* Append: h becomes the newest header. */
static inline void chain_append(struct chain *c, struct qiao_buf *claim,
				const struct qiao_inhouse_header *h,
				unsigned long mask)
{
	struct qiao_buf bytes = QIAO_BUF;

	claim_sign(claim, &c->v, h, mask, (struct qiao_slice){ NULL, 0 });
	qiao_inhouse_header_put(&bytes, h);
	c->h = *h;
	c->hash = header_hash(qiao_buf_slice(&bytes));
	qiao_buf_free(&bytes);
}

/* Append a header that hands over to another set. */
static inline void chain_rotate(struct chain *c, struct qiao_buf *claim,
				struct validators *next)
{
	struct qiao_inhouse_header h = chain_next(c);
	struct qiao_buf bytes = QIAO_BUF;

	h.next_set = next->hash;
	claim_sign(claim, &c->v, &h, ALL, qiao_buf_slice(&next->set));
	qiao_inhouse_header_put(&bytes, &h);
	c->h = h;
	c->hash = header_hash(qiao_buf_slice(&bytes));
	qiao_buf_free(&bytes);
	validators_free(&c->v);
	c->v = *next;
	memset(next, 0, sizeof(*next));
}

/* --- a client on it ------------------------------------------------------- */
struct client {
	struct mem_view mem;
	struct qiao_view view;
	struct qiao_lightclient *lc;
	struct qiao_why why;
	bool fail_alloc; /* the alloc_after-th allocation of open fails */
	long alloc_after;
};

static inline char *hex_of(struct qiao_slice s)
{
	char *p = malloc(QIAO_HEX_LEN(s.n));

	if (!p)
		abort();
	return qiao_hex_encode(p, s);
}

static inline void anchor_print(struct qiao_buf *out, const struct chain *c)
{
	char *genesis = hex_of(qiao_buf_slice(&c->genesis));
	char *set = hex_of(qiao_buf_slice(&c->first_set));
	struct qiao_hash h = header_hash(qiao_buf_slice(&c->genesis));
	char *print = hex_of(qiao_slice_hash(&h));

	qiao_buf_printf(out,
			"family = \"quorum\";\nchain = \"%s\";\n"
			"genesis = \"%s\";\nset = \"%s\";\n"
			"fingerprint = \"%s\";\n",
			CHAIN, genesis, set, print);
	free(genesis);
	free(set);
	free(print);
}

static inline qiao_err client_open_text(struct client *k, const char *text,
					const struct qiao_hash *network)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *conf = NULL;
	struct qiao_lc_config cfg = { 0 };
	qiao_err err;

	k->view = (struct qiao_view){ &k->mem, mem_get, mem_put, NULL };
	err = qiao_conf_parse(&conf, &d, "anchor", qiao_slice_str(text));
	if (err == QIAO_OK) {
		cfg.anchor = qiao_conf_root(conf);
#ifdef QIAO_FAULTS
		qiao_fault_alloc_after = k->fail_alloc ? k->alloc_after : -1;
#endif
		err = qiao_lc_quorum.open(&k->lc, &cfg, network, &k->view,
					  &k->why);
#ifdef QIAO_FAULTS
		qiao_fault_alloc_after = -1;
#endif
	}
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	return err;
}

static inline qiao_err client_reopen(struct client *k, const struct chain *c)
{
	struct qiao_buf text = QIAO_BUF;
	qiao_err err;

	qiao_lc_quorum.free(k->lc);
	k->lc = NULL;
	anchor_print(&text, c);
	qiao_buf_put_u8(&text, 0);
	err = client_open_text(k, (const char *)text.p, NETWORK);
	qiao_buf_free(&text);
	return err;
}

static inline qiao_err client_open(struct client *k, const struct chain *c)
{
	memset(k, 0, sizeof(*k));
	k->mem.fail_put = k->mem.fail_get = -1;
	return client_reopen(k, c);
}

static inline void client_free(struct client *k)
{
	qiao_lc_quorum.free(k->lc);
	mem_fini(&k->mem);
}

static inline qiao_err client_advance(struct client *k,
				      const struct qiao_buf *claims, size_t n,
				      size_t *bad)
{
	struct qiao_slice s[QIAO_HEADERS_PER_BATCH_MAX + 1];

	for (size_t i = 0; i < n; i++)
		s[i] = qiao_buf_slice(&claims[i]);
	return qiao_lc_quorum.advance(k->lc, bad, s, n, &k->view, &k->why);
}

static inline qiao_err client_take(struct client *k, const struct qiao_buf *c)
{
	size_t bad;

	return client_advance(k, c, 1, &bad);
}

static inline void bufs_free(struct qiao_buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		qiao_buf_free(&b[i]);
}

/* --- leaves --------------------------------------------------------------- */
static inline void record_leaf(struct qiao_buf *out, const struct qiao_key *key,
			       const struct qiao_hash *chain, const char *head)
{
	struct qiao_sig sig;

	if (qiao_inhouse_record_sign(&sig, key, chain, qiao_slice_str(head)))
		abort();
	qiao_inhouse_record_put(out, qiao_slice_str(head), qiao_key_public(key),
				qiao_slice_of(sig.b, sizeof(sig.b)));
}

static inline struct qiao_inhouse_entry entry_of(enum qiao_inhouse_kind kind,
						 const char *payload)
{
	struct qiao_inhouse_entry e = { .kind = kind,
					.id = { { 1, 2 } },
					.source = { { 3, 4 } },
					.submitter = { { 5, 6 } },
					.payload = qiao_slice_str(payload) };

	qiao_sha256_tagged(&e.digest, QIAO_INHOUSE_PAYLOAD_TAG, e.payload);
	return e;
}

/* Whole-block proof, and the header's count and root. */
static inline void proof_whole(struct qiao_buf *out,
			       struct qiao_inhouse_header *h,
			       const struct qiao_buf *leaves, size_t n)
{
	struct qiao_hash hashes[64];

	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_uint(out, h->height);
	qiao_mp_put_array(out, n);
	for (size_t i = 0; i < n; i++) {
		qiao_merkle_leaf(&hashes[i], qiao_buf_slice(&leaves[i]));
		qiao_mp_put_bin(out, qiao_buf_slice(&leaves[i]));
	}
	qiao_merkle_root(&h->root, hashes, n);
	h->leaves = n;
}

#endif
