/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/ledger/entry.h"

#include "adapters/inhouse/record.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <string.h>

#define KIND_LEN 16

static const struct {
	const char *name;
	enum qiao_inhouse_kind kind;
} kinds[] = {
	{ "deliver", QIAO_INHOUSE_DELIVERED },
	{ "usage", QIAO_INHOUSE_USAGE },
	{ "anchor", QIAO_INHOUSE_ANCHOR },
};

struct submission {
	char kind_name[KIND_LEN + 1];
	struct qiao_inhouse_entry e;
};

void qiao_ledger_entry_free(struct qiao_ledger_entry *e)
{
	if (!e)
		return;
	qiao_buf_free(&e->leaf);
	qiao_buf_free(&e->opening);
	qiao_free(e);
}

const struct qiao_ledger_account *qiao_ledger_account_find(
	const struct qiao_ledger_config *cfg, const struct qiao_id16 *id)
{
	for (size_t i = 0; i < cfg->n_accounts; i++)
		if (memcmp(cfg->accounts[i].id.b, id->b, sizeof(id->b)) == 0)
			return &cfg->accounts[i];
	return NULL;
}

static void submission_take(struct submission *out, struct qiao_mp *m)
{
	memset(out, 0, sizeof(*out));
	qiao_mp_array_of(m, 5);
	qiao_mp_str_into(m, out->kind_name, sizeof(out->kind_name));
	out->e.id = qiao_mp_hash(m);
	out->e.digest = qiao_mp_hash(m);
	out->e.source = qiao_mp_hash(m);
	out->e.payload = qiao_mp_bin(m, QIAO_PAYLOAD_MAX);
}

static qiao_err list_parse(struct qiao_ledger_submissions *out,
			   struct qiao_hash *chain, struct qiao_slice list)
{
	struct submission each;
	struct qiao_mp all;
	qiao_err err = qiao_mp_open(&all, list);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&all, 3);
	if (qiao_mp_uint(&all, UINT64_MAX) != 1)
		qiao_mp_fail(&all, QIAO_E_UNSUPPORTED);
	*chain = qiao_mp_hash(&all);
	out->n = qiao_mp_array(&all, QIAO_SUBMISSIONS_MAX);
	if (out->n == 0)
		qiao_mp_fail(&all, QIAO_E_MALFORMED);
	out->m = all; /* stands before the first one */
	for (size_t i = 0; i < out->n; i++)
		submission_take(&each, &all);
	return qiao_mp_finish(&all);
}

static qiao_err kind_find(struct submission *s, struct qiao_why *why)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, s->kind_name) == 0) {
			s->e.kind = kinds[i].kind;
			return QIAO_OK;
		}
	return qiao_fail(why, QIAO_E_UNSUPPORTED,
			 "this ledger takes deliver, usage and anchor, nothing "
			 "else");
}

static qiao_err digest_check(const struct submission *s, struct qiao_why *why)
{
	struct qiao_hash h;

	if (qiao_hash_is_zero(&s->e.id))
		return qiao_fail(why, QIAO_E_MALFORMED, "the id is zero");
	if (s->e.kind == QIAO_INHOUSE_DELIVERED &&
	    qiao_hash_is_zero(&s->e.source))
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "the source chain identity is zero");
	qiao_sha256_tagged(&h, QIAO_INHOUSE_PAYLOAD_TAG, s->e.payload);
	if (qiao_hash_eq(&h, &s->e.digest))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_HASH,
			 "the digest is not that of the payload");
}

static qiao_err account_check(const struct qiao_ledger_config *cfg,
			      const struct qiao_id16 *account,
			      struct qiao_slice bytes, struct qiao_slice sig,
			      struct qiao_why *why)
{
	const struct qiao_ledger_account *a =
		qiao_ledger_account_find(cfg, account);
	qiao_err err;

	if (!a)
		return qiao_fail(
			why, QIAO_E_DENIED,
			"no registered account has this key; the "
			"operator of the ledger adds it to ledger.conf");
	err = qiao_sig_verify(&a->key, QIAO_INHOUSE_SUBMIT_TAG, bytes, sig);
	if (err == QIAO_E_BADSIG)
		return qiao_fail(why, err, "the signature is not that of %s",
				 a->name);
	return err;
}

static qiao_err finish(struct qiao_ledger_entry **out,
		       struct qiao_ledger_entry *e, qiao_err err)
{
	if (err == QIAO_OK)
		err = e->leaf.err;
	if (err == QIAO_OK)
		err = e->opening.err;
	if (err == QIAO_OK) {
		qiao_merkle_leaf(&e->hash, qiao_buf_slice(&e->leaf));
		if (e->kind == QIAO_INHOUSE_RECORD)
			e->id = e->hash;
		*out = e;
	} else {
		qiao_ledger_entry_free(e);
	}
	return err;
}

qiao_err qiao_ledger_submissions_open(struct qiao_ledger_submissions *out,
				      const struct qiao_ledger_config *cfg,
				      const struct qiao_hash *chain,
				      struct qiao_slice list,
				      const struct qiao_id16 *account,
				      struct qiao_slice sig,
				      struct qiao_why *why)
{
	struct qiao_hash meant;
	qiao_err err = list_parse(out, &meant, list);

	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "no submissions of docs/wire.md 8.3");
	if (!qiao_hash_eq(&meant, chain))
		return qiao_fail(why, QIAO_E_CHANNEL,
				 "meant for another chain than this %s; the "
				 "account that signs reads the identity of "
				 "its chain again",
				 cfg->chain);
	out->account = *account;
	return account_check(cfg, account, list, sig, why);
}

qiao_err qiao_ledger_submission_next(struct qiao_ledger_entry **out,
				     struct qiao_ledger_submissions *l,
				     struct qiao_why *why)
{
	struct qiao_ledger_entry *e;
	struct submission s;
	qiao_err err;

	*out = NULL;
	submission_take(&s, &l->m);
	l->n--;
	s.e.submitter = l->account;
	err = kind_find(&s, why);
	if (err == QIAO_OK)
		err = digest_check(&s, why);
	if (err != QIAO_OK)
		return err;
	e = qiao_calloc(1, sizeof(*e));
	if (!e)
		return QIAO_E_NOMEM;
	e->kind = s.e.kind;
	e->id = s.e.id;
	e->digest = s.e.digest;
	e->submitter = s.e.submitter;
	qiao_inhouse_entry_put(&e->leaf, &s.e);
	return finish(out, e, QIAO_OK);
}

struct record {
	struct qiao_slice head, sig, openings;
	struct qiao_pubkey key;
};

static qiao_err record_take(struct record *out, struct qiao_mp *m)
{
	uint64_t scheme;
	struct qiao_slice key;

	memset(out, 0, sizeof(*out));
	qiao_mp_array_of(m, 5);
	out->head = qiao_mp_bin(m, QIAO_HEAD_MAX);
	scheme = qiao_mp_uint(m, UINT8_MAX);
	key = qiao_mp_bin(m, QIAO_PUBKEY_LEN);
	out->sig = qiao_mp_bin(m, QIAO_SIG_LEN);
	out->openings = qiao_mp_raw(m);
	if (m->r.err != QIAO_OK)
		return m->r.err;
	return qiao_pubkey_parse(&out->key, (unsigned int)scheme, key);
}

static bool is_issuer(const struct qiao_ledger_config *cfg,
		      struct qiao_slice org, const struct qiao_pubkey *key)
{
	for (size_t i = 0; i < cfg->n_issuers; i++)
		if (qiao_slice_is(org, cfg->issuers[i].org) &&
		    qiao_pubkey_eq(&cfg->issuers[i].key, key))
			return true;
	return false;
}

static qiao_err openings_check(const struct qiao_inhouse_head_view *h,
			       struct qiao_slice openings, struct qiao_why *why)
{
	struct qiao_hash root;
	size_t n;
	qiao_err err = qiao_inhouse_fields_root(&root, &n, openings);

	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "the openings are not [[name, salt, value], "
				 "...]");
	if (n != h->field_count || !qiao_hash_eq(&root, &h->fields_root))
		return qiao_fail(why, QIAO_E_HASH,
				 "the openings are not those of the head");
	return QIAO_OK;
}

static qiao_err record_check(const struct record *r,
			     const struct qiao_ledger_config *cfg,
			     const struct qiao_hash *chain,
			     struct qiao_why *why)
{
	struct qiao_inhouse_head_view h;
	qiao_err err = qiao_inhouse_head_read(&h, r->head);

	if (err != QIAO_OK)
		return qiao_fail(why, err, "no head of docs/wire.md 4");
	if (!qiao_hash_eq(&h.network, &cfg->network))
		return qiao_fail(why, QIAO_E_NETWORK,
				 "the record belongs to another network");
	if (!is_issuer(cfg, h.org, &r->key))
		return qiao_fail(
			why, QIAO_E_DENIED,
			"the key is not registered for the issuer of "
			"issuer; the operator of the ledger adds it to "
			"ledger.conf");
	err = qiao_inhouse_record_verify(&r->key, chain, r->head, r->sig);
	if (err == QIAO_E_BADSIG)
		return qiao_fail(why, err,
				 "the signature of the issuer is wrong");
	return err == QIAO_OK ? openings_check(&h, r->openings, why) : err;
}

qiao_err qiao_ledger_record_read(struct qiao_ledger_entry **out,
				 const struct qiao_ledger_config *cfg,
				 const struct qiao_hash *chain,
				 struct qiao_mp *m, struct qiao_why *why)
{
	struct qiao_ledger_entry *e;
	struct record r;
	qiao_err err = record_take(&r, m);

	*out = NULL;
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "a record is [head, scheme, key, signature, "
				 "openings]");
	err = record_check(&r, cfg, chain, why);
	if (err != QIAO_OK)
		return err;
	e = qiao_calloc(1, sizeof(*e));
	if (!e)
		return QIAO_E_NOMEM;
	e->kind = QIAO_INHOUSE_RECORD;
	e->submitter = qiao_pubkey_id(&r.key);
	qiao_sha256(&e->digest, r.head);
	qiao_inhouse_record_put(&e->leaf, r.head, &r.key, r.sig);
	qiao_buf_put(&e->opening, r.openings);
	return finish(out, e, QIAO_OK);
}
