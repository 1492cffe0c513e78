/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_judge.h"

#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/verify/fabric_tx.h"
#include "gateway/verify/lc_fabric.h"

#include <inttypes.h>
#include <string.h>

struct given {
	struct qiao_fabric_config *config; /* NULL: not supported */
	uint64_t height;
	struct qiao_hash hash;
	qiao_err err; /* why it cannot be used */
	struct qiao_why why;
};

struct qiao_fabric_judge {
	struct qiao_fabric_sigs sigs;
	const struct qiao_fabric_rules *rules;
	struct qiao_fabric_config *genesis;
	struct qiao_fabric_config *now; /* in order; may be genesis */
	struct qiao_header_trusted head;
	bool replays;
	struct qiao_fabric_ledger ledger;
	struct qiao_layer state; /* in memory, all of it */
	struct given *given;
	size_t n_given;
	struct qiao_proven_sink shown; /* no function: nobody looks */
};

static const struct qiao_fabric_demand fabric_rule = { false, 1 };

const char *qiao_fabric_refusal(qiao_err err)
{
	/* clang-format off */
	static const struct { qiao_err err; const char *word; } words[] = {
		{ QIAO_E_NUMBER, "number" }, { QIAO_E_STALE, "number" },
		{ QIAO_E_LINK, "previous-hash" }, { QIAO_E_HASH, "data-hash" },
		{ QIAO_E_NONCANON, "envelope" }, { QIAO_E_BADSIG, "signature" },
		{ QIAO_E_CONFIG, "config" }, { QIAO_E_CHANNEL, "channel" },
		{ QIAO_E_UNSUPPORTED, "unsupported" },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].err == err)
			return words[i].word;
	return "malformed";
}

void qiao_fabric_verdict_fini(struct qiao_fabric_verdict *v)
{
	qiao_free(v->flags);
	memset(v, 0, sizeof(*v));
}

/* Its entry has an id. */
static qiao_err replay_genesis(struct qiao_fabric_judge *j)
{
	const struct qiao_fabric_config *c = j->genesis;
	struct qiao_buf codes = QIAO_BUF;
	struct qiao_fabric_block b;
	qiao_err err = qiao_fabric_block_parse(
		&b, qiao_slice_of(c->bytes, c->bytes_n), NULL);

	if (err == QIAO_OK)
		err = qiao_fabric_replay(&j->ledger, &codes, &j->state, &b,
					 j->genesis);
	j->replays = err == QIAO_OK;
	qiao_buf_free(&codes);
	return err;
}

qiao_err qiao_fabric_judge_new(struct qiao_fabric_judge **out,
			       struct qiao_slice genesis,
			       const struct qiao_fabric_rules *rules,
			       struct qiao_why *why)
{
	struct qiao_fabric_judge *j = qiao_calloc(1, sizeof(*j));
	qiao_err err;

	*out = NULL;
	if (!j)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	j->rules = rules;
	err = qiao_fabric_config_load(&j->genesis, genesis, &j->sigs, why);
	if (err == QIAO_OK && j->genesis->height != 0)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"the anchor is block %" PRIu64
				", not the genesis block",
				j->genesis->height);
	if (err != QIAO_OK) {
		qiao_fabric_judge_free(j);
		return err;
	}
	j->now = j->genesis;
	j->head.hash = j->genesis->hash;
	err = replay_genesis(j);
	if (err != QIAO_OK) {
		qiao_fabric_judge_free(j);
		return qiao_fail(why, err, "%s", qiao_strerror(err));
	}
	*out = j;
	return QIAO_OK;
}

void qiao_fabric_judge_free(struct qiao_fabric_judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->n_given; i++)
		qiao_fabric_config_free(j->given[i].config);
	qiao_free(j->given);
	if (j->now != j->genesis)
		qiao_fabric_config_free(j->now);
	qiao_fabric_config_free(j->genesis);
	qiao_fabric_ledger_forget(&j->ledger);
	qiao_layer_clear(&j->state);
	qiao_free(j);
}

void qiao_fabric_judge_lend(struct qiao_fabric_judge *j,
			    const struct qiao_parallel *parallel)
{
	j->sigs.parallel = parallel;
}

void qiao_fabric_judge_show(struct qiao_fabric_judge *j,
			    struct qiao_proven_sink sink)
{
	j->shown = sink;
}

void qiao_fabric_judge_by_rules(struct qiao_fabric_judge *j)
{
	j->replays = false;
}

static struct given *given_at(struct qiao_fabric_judge *j, uint64_t height)
{
	for (size_t i = 0; i < j->n_given; i++)
		if (j->given[i].height == height)
			return &j->given[i];
	return NULL;
}

static qiao_err take(struct qiao_fabric_judge *j, const struct given *g,
		     struct qiao_why *why)
{
	struct given *grown, *old = given_at(j, g->height);

	if (g->config &&
	    !qiao_slice_eq(g->config->channel, j->genesis->channel))
		return qiao_fail(why, QIAO_E_CHANNEL,
				 "configuration %" PRIu64 " is of another "
				 "channel",
				 g->height);
	if (g->height == 0 ? !qiao_hash_eq(&j->genesis->hash, &g->hash)
			   : old && !qiao_hash_eq(&old->hash, &g->hash))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "a second configuration of height %" PRIu64,
				 g->height);
	if (old || g->height == 0) { /* known already */
		qiao_fabric_config_free(g->config);
		return QIAO_OK;
	}
	grown = qiao_realloc(j->given, (j->n_given + 1) * sizeof(*grown));
	if (!grown)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	j->given = grown;
	j->given[j->n_given++] = *g;
	return QIAO_OK;
}

qiao_err qiao_fabric_judge_give(struct qiao_fabric_judge *j,
				struct qiao_slice block, struct qiao_why *why)
{
	struct qiao_fabric_block b;
	struct given g = { .err = QIAO_OK };
	qiao_err err = qiao_fabric_block_parse(&b, block, why);

	if (err != QIAO_OK)
		return err;
	g.height = b.number;
	g.hash = b.hash;
	g.err = qiao_fabric_config_load(&g.config, block, &j->sigs, &g.why);
	if (g.err != QIAO_OK && g.err != QIAO_E_UNSUPPORTED)
		return qiao_fail(why, g.err, "%s", g.why.text);
	err = take(j, &g, why);
	if (err != QIAO_OK)
		qiao_fabric_config_free(g.config);
	return err;
}

/* The configuration with this sequence: the anchor or a given one. */
static struct qiao_fabric_config *with_sequence(struct qiao_fabric_judge *j,
						uint64_t sequence)
{
	if (j->genesis->sequence == sequence)
		return j->genesis;
	for (size_t i = 0; i < j->n_given; i++)
		if (j->given[i].config && j->given[i].err == QIAO_OK &&
		    j->given[i].config->sequence == sequence)
			return j->given[i].config;
	return NULL;
}

static void check_given(struct qiao_fabric_judge *j, struct given *g)
{
	struct qiao_fabric_config *next, *before;
	struct qiao_fabric_block b;
	struct qiao_slice raw;

	if (!g->config || g->config->sequence == 0)
		return;
	before = with_sequence(j, g->config->sequence - 1);
	if (!before || before->height >= g->height)
		return;
	raw = qiao_slice_of(g->config->bytes, g->config->bytes_n);
	g->err = qiao_fabric_block_parse(&b, raw, &g->why);
	if (g->err == QIAO_OK)
		g->err = qiao_fabric_check_block(&next, &b, raw, before,
						 &fabric_rule, &g->why);
	if (g->err == QIAO_OK)
		qiao_fabric_config_free(next);
	else if (g->err != QIAO_E_NOMEM)
		g->err = QIAO_E_CONFIG;
}

void qiao_fabric_judge_given(struct qiao_fabric_judge *j)
{
	for (size_t i = 0; i < j->n_given; i++)
		check_given(j, &j->given[i]);
}

/* What is noted of one block's entries. */
struct note {
	struct qiao_fabric_verdict *v;
	const struct qiao_fabric_tx *tx;
	struct qiao_proven_sink shown;
};

static qiao_err note_write(void *ctx, const struct qiao_fabric_write *w)
{
	struct note *n = ctx;
	const struct qiao_fabric_identity *creator = n->tx->creator;
	const struct qiao_proven item = {
		.kind = w->is_delete ? QIAO_PROVEN_DELETE : QIAO_PROVEN_WRITE,
		.height = n->v->height,
		.tx_id = qiao_slice_hash(&n->tx->tx_id),
		.tx = n->tx->position,
		.index = w->index,
		.space = w->space,
		.key = w->key,
		.value = w->value,
		.issuer = creator->msp->name,
		.issuer_ou = qiao_fabric_identity_ou(creator),
	};

	n->v->records++;
	return n->shown.item ? n->shown.item(n->shown.ctx, &item) : QIAO_OK;
}

static qiao_err note_tx(void *ctx, const struct qiao_fabric_tx *tx)
{
	struct note *n = ctx;

	n->v->flags[n->v->n_flags++] = (uint8_t)tx->code;
	if (tx->code != QIAO_FABRIC_VALID || !tx->creator)
		return QIAO_OK;
	n->tx = tx;
	return qiao_fabric_tx_writes(
		tx, (struct qiao_fabric_write_sink){ n, note_write });
}

static qiao_err replay_entries(struct qiao_fabric_judge *j,
			       const struct qiao_fabric_block *b,
			       struct qiao_fabric_tx_sink sink)
{
	struct qiao_buf codes = QIAO_BUF;
	qiao_err err =
		qiao_fabric_replay(&j->ledger, &codes, &j->state, b, j->now);

	if (err == QIAO_OK)
		err = qiao_fabric_txs_recall(b, j->now, qiao_buf_slice(&codes),
					     sink);
	qiao_buf_free(&codes);
	return err;
}

/*
 * Our own codes of an accepted block's entries, and what they write; by replay
 * if the block is next and replay could follow so far.
 */
static qiao_err judge_entries(struct qiao_fabric_judge *j,
			      struct qiao_fabric_verdict *v,
			      const struct qiao_fabric_block *b,
			      struct qiao_fabric_config *c, bool next)
{
	struct note note = { .v = v, .shown = j->shown };
	const struct qiao_fabric_tx_sink sink = { &note, note_tx };
	qiao_err err = QIAO_E_UNSUPPORTED;

	v->flags = qiao_malloc(b->entries);
	if (!v->flags)
		return QIAO_E_NOMEM;
	v->replayed = next && j->replays;
	if (v->replayed)
		err = replay_entries(j, b, sink);
	if (err == QIAO_E_UNSUPPORTED) {
		if (next)
			j->replays = false;
		v->replayed = false;
		err = qiao_fabric_txs_judge(b, c, j->rules, sink);
	}
	v->flags_differ =
		b->filter.n > 0 &&
		!qiao_slice_eq(b->filter, qiao_slice_of(v->flags, v->n_flags));
	return err;
}

/* Read the block; a header alone cannot be judged here. */
static qiao_err open_block(struct qiao_fabric_verdict *v,
			   struct qiao_fabric_block *b, struct qiao_slice raw)
{
	qiao_err err = qiao_fabric_block_parse(b, raw, &v->why);

	if (err != QIAO_OK)
		return err;
	v->known = true;
	v->height = b->number;
	v->hash = b->hash;
	if (b->thin)
		return qiao_fail(&v->why, QIAO_E_MALFORMED,
				 "block %" PRIu64 " has no data", b->number);
	return QIAO_OK;
}

static qiao_err check_genesis(struct qiao_fabric_judge *j,
			      struct qiao_fabric_verdict *v,
			      const struct qiao_fabric_block *b)
{
	qiao_err err = qiao_fabric_block_check_data(b, &v->why);

	if (err == QIAO_OK && !qiao_hash_eq(&b->hash, &j->genesis->hash))
		err = qiao_fail(&v->why, QIAO_E_BADSIG,
				"block 0 is not the anchor");
	if (err == QIAO_OK)
		err = judge_entries(j, v, b, j->genesis, false);
	return err;
}

/* Close a verdict: an error of ours is returned, one of theirs is the verdict.
 */
static qiao_err conclude(struct qiao_fabric_verdict *v, qiao_err err)
{
	if (err == QIAO_E_NOMEM) {
		qiao_fabric_verdict_fini(v);
		return err;
	}
	v->err = err;
	if (err != QIAO_OK) {
		qiao_free(v->flags);
		v->flags = NULL;
		v->n_flags = 0;
		v->records = 0;
		v->flags_differ = false;
		v->replayed = false;
	}
	return QIAO_OK;
}

static qiao_err step(struct qiao_fabric_judge *j, struct qiao_fabric_verdict *v,
		     struct qiao_slice raw)
{
	struct qiao_fabric_config *next = NULL;
	struct qiao_fabric_block b;
	qiao_err err = open_block(v, &b, raw);

	if (err != QIAO_OK)
		return err;
	if (b.number == 0 && j->head.height == 0) {
		err = check_genesis(j, v, &b);
		v->replayed = err == QIAO_OK && j->replays;
		return err;
	}
	err = qiao_fabric_check_link(&b, &j->head, &v->why);
	if (err == QIAO_OK)
		err = qiao_fabric_check_block(&next, &b, raw, j->now,
					      &fabric_rule, &v->why);
	if (err == QIAO_OK)
		err = judge_entries(j, v, &b, j->now, true);
	if (err != QIAO_OK) {
		qiao_fabric_config_free(next);
		return err;
	}
	j->head.height = b.number;
	j->head.hash = b.hash;
	if (!next)
		return QIAO_OK;
	if (j->now != j->genesis)
		qiao_fabric_config_free(j->now);
	j->now = next;
	return QIAO_OK;
}

qiao_err qiao_fabric_judge_next(struct qiao_fabric_judge *j,
				struct qiao_fabric_verdict *v,
				struct qiao_slice block)
{
	memset(v, 0, sizeof(*v));
	return conclude(v, step(j, v, block));
}

static qiao_err missing(struct qiao_fabric_verdict *v, uint64_t height)
{
	return qiao_fail(&v->why, QIAO_E_CONFIG,
			 "the configuration block %" PRIu64
			 " is needed and not given; add --config with it",
			 height);
}

/*
 * A configuration block names itself; what judges it is the one before, told by
 * its sequence. If that is not given, but the block itself is vouched for, it
 * is judged under itself: its content is not in doubt, only this copy.
 */
static qiao_err choose_for_config(struct qiao_fabric_judge *j,
				  struct qiao_fabric_verdict *v,
				  struct qiao_fabric_config **out,
				  const struct qiao_fabric_block *b,
				  struct qiao_slice raw)
{
	struct given *own = given_at(j, b->number);
	struct qiao_fabric_config *it = NULL;
	qiao_err err = qiao_fabric_config_load(&it, raw, &j->sigs, &v->why);

	if (err != QIAO_OK)
		return err;
	if (it->sequence > 0)
		*out = with_sequence(j, it->sequence - 1);
	if (*out && (*out)->height >= b->number)
		*out = NULL;
	qiao_fabric_config_free(it);
	if (!*out && own && own->err == QIAO_OK &&
	    qiao_hash_eq(&own->hash, &b->hash))
		*out = own->config;
	return *out ? QIAO_OK
		    : qiao_fail(
			      &v->why, QIAO_E_CONFIG,
			      "the configuration before block %" PRIu64
			      " is needed and not given; add --config with it",
			      b->number);
}

static qiao_err choose(struct qiao_fabric_judge *j,
		       struct qiao_fabric_verdict *v,
		       struct qiao_fabric_config **out,
		       const struct qiao_fabric_block *b, struct qiao_slice raw)
{
	struct given *g;
	uint64_t last;
	qiao_err err;

	*out = NULL;
	err = qiao_fabric_last_config(&last, b, &v->why);
	if (err != QIAO_OK)
		return err;
	if (qiao_fabric_block_is_config(b))
		return choose_for_config(j, v, out, b, raw);
	if (last >= b->number)
		return qiao_fail(&v->why, QIAO_E_CONFIG,
				 "block %" PRIu64
				 " names configuration %" PRIu64
				 ", which is not below it",
				 b->number, last);
	if (last == 0) {
		*out = j->genesis;
		return QIAO_OK;
	}
	g = given_at(j, last);
	if (!g)
		return missing(v, last);
	if (g->err != QIAO_OK)
		return qiao_fail(&v->why, g->err, "given configuration: %s",
				 g->why.text);
	*out = g->config;
	return *out ? QIAO_OK : missing(v, last);
}

/*
 * Under itself a configuration block is checked as what it is, a block: that it
 * succeeds itself in sequence makes no sense.
 */
static qiao_err check_alone(struct qiao_fabric_verdict *v,
			    const struct qiao_fabric_block *b,
			    struct qiao_slice raw, struct qiao_fabric_config *c)
{
	struct qiao_fabric_config *next;
	qiao_err err;

	if (c->height == b->number) {
		err = qiao_fabric_block_check_data(b, &v->why);
		return err == QIAO_OK ? qiao_fabric_check_orderers(
						b, c, &fabric_rule, &v->why)
				      : err;
	}
	err = qiao_fabric_check_block(&next, b, raw, c, &fabric_rule, &v->why);
	if (err == QIAO_OK)
		qiao_fabric_config_free(next);
	return err;
}

static qiao_err alone(struct qiao_fabric_judge *j,
		      struct qiao_fabric_verdict *v, struct qiao_slice raw)
{
	struct qiao_fabric_config *c = NULL;
	struct qiao_fabric_block b;
	qiao_err err = open_block(v, &b, raw);

	if (err != QIAO_OK)
		return err;
	if (b.number == 0)
		return check_genesis(j, v, &b);
	err = qiao_fabric_block_check_data(&b, &v->why);
	if (err == QIAO_OK)
		err = choose(j, v, &c, &b, raw);
	if (err != QIAO_OK)
		return err;
	QIAO_BUG_ON(!c); /* ours: something was chosen */
	err = check_alone(v, &b, raw, c);
	if (err == QIAO_OK)
		err = judge_entries(j, v, &b, c, false);
	return err;
}

qiao_err qiao_fabric_judge_each(struct qiao_fabric_judge *j,
				struct qiao_fabric_verdict *v,
				struct qiao_slice block)
{
	memset(v, 0, sizeof(*v));
	return conclude(v, alone(j, v, block));
}
