/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/statement.h"

#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/record/native.h"
#include "policies/engine/engine.h"

#include <string.h>

struct collect {
	struct qiao_statements *out;
	struct qiao_chain *chain;
	const struct qiao_rules *rules;
	struct qiao_record_env env;
	/* the array of openings, and how far it was read */
	struct qiao_mp at;
	size_t n_openings, next;
};

struct qiao_record_env qiao_statement_env(const struct qiao_chain *c,
					  const struct qiao_rules *rules,
					  int64_t now_ms)
{
	return (struct qiao_record_env){
		.mapping = rules->mapping[qiao_chain_index(c)],
		.cat = qiao_policy_catalogue(rules->policy),
		.orgs = qiao_policy_orgs(rules->policy),
		.chain = c->cfg->name,
		.network = c->d->cfg->network,
		.now_ms = now_ms,
	};
}

static struct qiao_statement *append(struct qiao_statements *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct qiao_statement *s = qiao_realloc(l->s, cap * sizeof(*s));

		if (!s)
			return NULL;
		l->s = s;
		l->cap = cap;
	}
	memset(&l->s[l->n], 0, sizeof(l->s[l->n]));
	return &l->s[l->n++];
}

/*
 * Salts come from what was written, not from where: the same bytes written
 * twice are the same record with the same head.
 */
static void seed_of(struct qiao_hash *out, const struct qiao_chain *c,
		    const struct qiao_proven *p)
{
	const struct qiao_slice parts[] = { qiao_slice_hash(&c->identity),
					    p->space, p->key, p->value };
	struct qiao_hash all, each[4];

	for (size_t i = 0; i < 4; i++)
		qiao_sha256(&each[i], parts[i]);
	qiao_sha256(&all, qiao_slice_of(each, sizeof(each)));
	qiao_hmac_sha256(out,
			 qiao_slice_of(c->d->salt_key, sizeof(c->d->salt_key)),
			 qiao_slice_hash(&all));
}

/* A refused record is still a statement: the refusal is decided and audited. */
static qiao_err keep_refusal(struct qiao_statement *s, qiao_err err)
{
	if (err == QIAO_E_NOTFOUND) {
		s->mapped = false;
		return QIAO_OK;
	}
	s->mapped = true;
	return err == QIAO_E_DENIED ? QIAO_OK : err;
}

static qiao_err map_write(struct collect *c, struct qiao_statement *s,
			  const struct qiao_proven *p)
{
	struct qiao_source_write w = { p->space,  p->key,       p->value,
				       p->issuer, p->issuer_ou, p->height };
	struct qiao_hash seed;

	if (!c->env.mapping)
		return QIAO_OK;
	seed_of(&seed, c->chain, p);
	return keep_refusal(s,
			    qiao_mapping_apply(&s->record, &c->env, &w, &seed));
}

/* The openings of leaf `index`, or empty; leaves come by ascending index. */
static struct qiao_slice opening_of(struct collect *c, uint32_t index)
{
	struct qiao_slice none = { NULL, 0 };

	if (index < c->next || index >= c->n_openings)
		return none;
	for (; c->next < index; c->next++)
		qiao_mp_raw(&c->at);
	c->next++;
	return qiao_mp_nil(&c->at) ? none : qiao_mp_raw(&c->at);
}

static qiao_err map_native(struct collect *c, struct qiao_statement *s,
			   const struct qiao_proven *p)
{
	struct qiao_source_head in = { p->value, opening_of(c, p->index),
				       p->issuer_key, p->height };

	qiao_buf_put(&s->head, p->value);
	if (s->head.err != QIAO_OK || !c->env.cat)
		return s->head.err;
	return keep_refusal(s, qiao_native_apply(&s->record, &c->env, &in));
}

static qiao_err copy_origin(struct qiao_statement *s,
			    const struct qiao_proven *p)
{
	qiao_buf_put(&s->key, p->space);
	qiao_buf_put_u8(&s->key, '/');
	qiao_buf_put(&s->key, p->key);
	qiao_buf_put(&s->space, p->space);
	qiao_buf_put(&s->name, p->key);
	qiao_buf_put(&s->issuer, p->issuer);
	qiao_buf_put(&s->issuer_ou, p->issuer_ou);
	if (s->key.err || s->space.err || s->name.err || s->issuer.err ||
	    s->issuer_ou.err)
		return QIAO_E_NOMEM;
	return QIAO_OK;
}

static qiao_err copy_position(struct qiao_statement *s,
			      const struct qiao_chain *c,
			      const struct qiao_proven *p)
{
	if (p->tx_id.n > sizeof(s->at.tx))
		return QIAO_E_LIMIT;
	s->kind = p->kind;
	s->at.chain = c->identity;
	s->at.height = p->height;
	if (p->tx_id.n > 0)
		memcpy(s->at.tx, p->tx_id.p, p->tx_id.n);
	s->at.tx_len = p->tx_id.n;
	s->at.index = p->index;
	s->block = p->block;
	s->block_time_ms = p->block_time_ms;
	s->tx = p->tx;
	s->txs = p->txs;
	s->validity = p->validity;
	s->doubted = p->doubted;
	return QIAO_OK;
}

static void copy_key(struct qiao_statement *s, const struct qiao_proven *p)
{
	if (p->issuer_key.n == sizeof(s->submitter.b))
		memcpy(s->submitter.b, p->issuer_key.p, p->issuer_key.n);
}

static qiao_err collect_one(void *ctx, const struct qiao_proven *p)
{
	struct collect *c = ctx;
	struct qiao_statement *s = append(c->out);
	qiao_err err = s ? copy_position(s, c->chain, p) : QIAO_E_NOMEM;

	if (err != QIAO_OK)
		return err;
	switch (p->kind) {
	case QIAO_PROVEN_WRITE:
		err = copy_origin(s, p);
		return err == QIAO_OK ? map_write(c, s, p) : err;
	case QIAO_PROVEN_DELETE:
		return copy_origin(s, p);
	case QIAO_PROVEN_RECORD:
		copy_key(s, p);
		return map_native(c, s, p);
	case QIAO_PROVEN_DELIVERED:
	case QIAO_PROVEN_USAGE:
		s->id = p->id;
		s->digest = p->digest;
		s->source = p->source;
		copy_key(s, p);
		return QIAO_OK;
	case QIAO_PROVEN_OTHER:
		return QIAO_OK;
	}
	return QIAO_E_UNSUPPORTED;
}

qiao_err qiao_statements_prove(struct qiao_statements *out,
			       struct qiao_chain *c,
			       const struct qiao_rules *rules,
			       const struct qiao_view *view,
			       struct qiao_slice proof,
			       struct qiao_slice openings, struct qiao_why *why)
{
	struct collect ctx = { .out = out, .chain = c, .rules = rules };
	struct qiao_proven_sink sink = { &ctx, collect_one };

	if (!c->lc)
		return qiao_fail(why, QIAO_E_IO,
				 "chain %s: its light client is not open",
				 c->cfg->name);
	if (openings.n > 0 && qiao_mp_open(&ctx.at, openings) == QIAO_OK)
		ctx.n_openings = qiao_mp_array(&ctx.at, QIAO_LEAVES_MAX);
	if (rules)
		ctx.env = qiao_statement_env(c, rules, qiao_now_ms());
	return c->api->prove(c->lc, proof, sink, view, why);
}

void qiao_statements_free(struct qiao_statements *l)
{
	for (size_t i = 0; i < l->n; i++) {
		qiao_record_fini(&l->s[i].record);
		qiao_buf_free(&l->s[i].key);
		qiao_buf_free(&l->s[i].space);
		qiao_buf_free(&l->s[i].name);
		qiao_buf_free(&l->s[i].issuer);
		qiao_buf_free(&l->s[i].issuer_ou);
		qiao_buf_free(&l->s[i].head);
	}
	qiao_free(l->s);
	*l = (struct qiao_statements){ .n = 0 };
}

const struct qiao_statement *qiao_statements_find(
	const struct qiao_statements *l, const struct qiao_position *at)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct qiao_position *p = &l->s[i].at;

		if (p->height == at->height && p->index == at->index &&
		    p->tx_len == at->tx_len &&
		    memcmp(p->tx, at->tx, at->tx_len) == 0 &&
		    qiao_hash_eq(&p->chain, &at->chain))
			return &l->s[i];
	}
	return NULL;
}
