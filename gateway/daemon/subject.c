/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/subject.h"

#include "gateway/base/slice.h"
#include "gateway/record/payload.h"
#include "gateway/store/out.h"

#include <stdio.h>
#include <string.h>

/* The newest head of this record that went out, whatever became of it. */
struct last_head {
	struct qiao_head head;
	bool found;
};

static qiao_err note_head(void *ctx, const void *row)
{
	const struct qiao_out_row *t = row;
	struct last_head *last = ctx;
	struct qiao_payload p;

	if (t->payload.n == 0 ||
	    qiao_payload_parse(&p, t->payload, NULL) != QIAO_OK)
		return QIAO_OK;
	if (!last->found || p.head.version >= last->head.version)
		last->head = p.head;
	last->found = true;
	qiao_payload_fini(&p);
	return QIAO_OK;
}

static qiao_err map_delete(struct qiao_subject *out, struct qiao_release *r,
			   const struct qiao_head *last)
{
	const struct qiao_statement *s = out->s;
	struct qiao_record_env env =
		qiao_statement_env(r->chain, r->rules, r->now_ms);
	struct qiao_source_write w = {
		.space = qiao_buf_slice(&s->space),
		.key = qiao_buf_slice(&s->name),
		.issuer = qiao_buf_slice(&s->issuer),
		.issuer_ou = qiao_buf_slice(&s->issuer_ou),
		.height = s->at.height,
	};
	qiao_err err;

	if (!env.mapping)
		return QIAO_E_NOTFOUND;
	err = qiao_mapping_delete(&out->deleted, &env, &w, last);
	out->rec = &out->deleted;
	return err == QIAO_E_DENIED ? QIAO_OK : err;
}

/* A delete is a state change only of a record that was let go. */
static qiao_err look_delete(struct qiao_subject *out, struct qiao_release *r,
			    struct qiao_txn *txn)
{
	struct qiao_record_row row;
	struct last_head last = { .found = false };
	qiao_err err = qiao_store_record_by_key(txn, &row, QIAO_RECORD_SOURCE,
						r->chain->number,
						qiao_buf_slice(&out->s->key));

	if (err != QIAO_OK || !r->rules)
		return err == QIAO_OK ? QIAO_E_NOTFOUND : err;
	err = qiao_store_out_of_record(txn, row.record, NULL, note_head, &last);
	if (err != QIAO_OK)
		return err;
	if (!last.found)
		return QIAO_E_NOTFOUND;
	/* a later version that was not let go counts, or this is a replay */
	if (last.head.version < row.version)
		last.head.version = row.version;
	return map_delete(out, r, &last.head);
}

static qiao_err find_record(struct qiao_subject *out, struct qiao_release *r,
			    struct qiao_txn *txn)
{
	if (out->s->doubted)
		return QIAO_E_NOTFOUND;
	switch (out->s->kind) {
	case QIAO_PROVEN_WRITE:
	case QIAO_PROVEN_RECORD:
		out->rec = &out->s->record;
		return out->s->mapped ? QIAO_OK : QIAO_E_NOTFOUND;
	case QIAO_PROVEN_DELETE:
		return look_delete(out, r, txn);
	case QIAO_PROVEN_DELIVERED:
	case QIAO_PROVEN_USAGE:
	case QIAO_PROVEN_OTHER:
		return QIAO_E_NOTFOUND;
	}
	return QIAO_E_NOTFOUND;
}

static bool may_count(const struct qiao_subject *s)
{
	return s->rec->issuer_ok && s->rec->checks != QIAO_FINDING_ERROR &&
	       !s->rec->refusal.code && !s->replay && s->state_ok;
}

/*
 * Only a record that stands raises the version: a stranger's write with a high
 * number must not make the issuer's next one a replay. One that does not stand
 * gets a row with version 0, so that it can be traced.
 */
static qiao_err put_row(struct qiao_subject *out, struct qiao_release *r,
			struct qiao_txn *txn, const struct qiao_record_row *old)
{
	const struct qiao_head *h = &out->rec->head;
	struct qiao_record_row row = { .side = QIAO_RECORD_SOURCE,
				       .chain = r->chain->number,
				       .height = out->s->at.height,
				       .tx = out->s->tx,
				       .item = (uint32_t)out->s->at.index,
				       .key = qiao_buf_slice(&out->s->key) };
	qiao_err err;

	if (old && !may_count(out)) {
		out->record = old->record;
		return QIAO_OK;
	}
	snprintf(row.type, sizeof(row.type), "%s", h->type);
	snprintf(row.id, sizeof(row.id), "%s", h->id);
	if (may_count(out)) {
		row.version = h->version;
		row.digest = out->head_digest;
		snprintf(row.state, sizeof(row.state), "%s", h->state);
	}
	err = qiao_store_record_put(txn, &row);
	out->record = row.record;
	return err;
}

static qiao_err compare(struct qiao_subject *out, struct qiao_release *r,
			struct qiao_txn *txn)
{
	const struct qiao_head *h = &out->rec->head;
	struct qiao_record_row old;
	struct qiao_refusal refusal;
	bool known;
	qiao_err err = qiao_store_record_get(txn, &old, QIAO_RECORD_SOURCE,
					     r->chain->number, h->type, h->id);

	if (err != QIAO_OK && err != QIAO_E_NOTFOUND)
		return err;
	known = err == QIAO_OK && old.version > 0;
	if (known && h->version == old.version &&
	    qiao_hash_eq(&old.digest, &out->head_digest))
		return QIAO_E_NOTFOUND; /* the same record again */
	out->replay = known && h->version <= old.version;
	out->state_ok =
		qiao_record_move(&refusal,
				 qiao_policy_catalogue(r->rules->policy), h,
				 known ? old.state : NULL) == QIAO_OK;
	out->state_changed = known && strcmp(old.state, h->state) != 0;
	return put_row(out, r, txn, err == QIAO_OK ? &old : NULL);
}

qiao_err qiao_subject_look(struct qiao_subject *out, struct qiao_release *r,
			   struct qiao_txn *txn, const struct qiao_statement *s)
{
	qiao_err err;

	memset(out, 0, sizeof(*out));
	out->s = s;
	err = find_record(out, r, txn);
	if (err != QIAO_OK || !out->rec->complete)
		return err;
	err = qiao_head_encode(&out->head, &out->rec->head);
	if (err != QIAO_OK)
		return err;
	qiao_head_digest(&out->head_digest, qiao_buf_slice(&out->head));
	return compare(out, r, txn);
}

void qiao_subject_fini(struct qiao_subject *s)
{
	qiao_record_fini(&s->deleted);
	qiao_buf_free(&s->head);
}
