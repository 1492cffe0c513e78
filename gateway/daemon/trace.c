/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which transfers a question is about, and what there is to say of each. What a
 * step looks like is in trace_step.c.
 */
#include "gateway/daemon/report.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/report_text.h"
#include "gateway/daemon/trace_step.h"
#include "gateway/store/audit.h"
#include "gateway/store/chain.h"
#include "gateway/store/in.h"
#include "gateway/store/out.h"
#include "gateway/store/record.h"
#include "policies/engine/decision_json.h"
#include "relay/transfer_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRANSFERS_MAX 256 /* of one record; more are counted only */
#define RECORDS_MAX   32

struct trace {
	struct qiao_daemon *d;
	struct qiao_txn *txn;
	const char *what;
	struct qiao_report_style style;
	struct qiao_buf *out;
	struct qiao_jw w;
	size_t n_transfers, more;
	struct qiao_hash transfer[TRANSFERS_MAX];
	size_t n_records;
	struct qiao_record_row record[RECORDS_MAX];
	unsigned int step; /* number of the next line */
	struct qiao_buf opening;
};

/* --- which transfers ----------------------------------------------------- */

static void add(struct trace *t, const struct qiao_hash *id)
{
	if (qiao_hash_is_zero(id))
		return;
	for (size_t i = 0; i < t->n_transfers; i++)
		if (qiao_hash_eq(&t->transfer[i], id))
			return;
	if (t->n_transfers < TRANSFERS_MAX)
		t->transfer[t->n_transfers++] = *id;
	else
		t->more++;
}

static qiao_err add_out(void *ctx, const void *row)
{
	const struct qiao_out_row *r = row;

	add(ctx, &r->id);
	return QIAO_OK;
}

static qiao_err add_in(void *ctx, const void *row)
{
	const struct qiao_in_row *r = row;

	add(ctx, &r->id);
	return QIAO_OK;
}

static qiao_err add_record(void *ctx, const void *row)
{
	struct trace *t = ctx;
	const struct qiao_record_row *r = row;

	if (t->n_records < RECORDS_MAX) {
		t->record[t->n_records] = *r;
		t->record[t->n_records++].key = qiao_slice_of(NULL, 0);
	}
	return QIAO_OK;
}

static qiao_err add_any(void *ctx, const void *row)
{
	const struct qiao_audit_row *r = row;

	add(ctx, &r->transfer);
	return QIAO_OK;
}

/* "type/id" behind the pseudonym of a decision's record. */
static qiao_err add_by_opening(void *ctx, const void *row)
{
	struct trace *t = ctx;
	const struct qiao_audit_row *r = row;
	const uint8_t *slash;
	qiao_err err;

	qiao_buf_clear(&t->opening);
	err = qiao_store_opening_get(t->txn, &t->opening, r->seq, "record");
	if (err == QIAO_E_NOTFOUND)
		return QIAO_OK; /* erased */
	if (err != QIAO_OK || t->opening.n == 0)
		return err;
	slash = memchr(t->opening.p, '/', t->opening.n);
	if (slash &&
	    qiao_slice_is(qiao_slice_of(slash + 1,
					t->opening.n - 1 -
						(size_t)(slash - t->opening.p)),
			  t->what))
		add(t, &r->transfer);
	return QIAO_OK;
}

static qiao_err add_by_decision(void *ctx, const void *row)
{
	struct trace *t = ctx;
	const struct qiao_audit_row *r = row;
	char id[QIAO_DECISION_ID_LEN];

	if (strcmp(t->what, qiao_decision_id(id, &r->transfer,
					     QIAO_POINT_RELEASE)) == 0 ||
	    strcmp(t->what,
		   qiao_decision_id(id, &r->transfer, QIAO_POINT_ACCEPT)) == 0)
		add(t, &r->transfer);
	return QIAO_OK;
}

static qiao_err find_record(struct trace *t)
{
	qiao_err err =
		qiao_store_record_each_id(t->txn, t->what, add_record, t);

	for (size_t i = 0; i < t->n_records && err == QIAO_OK; i++) {
		err = qiao_store_out_of_record(t->txn, t->record[i].record,
					       NULL, add_out, t);
		if (err == QIAO_OK)
			err = qiao_store_in_of_record(
				t->txn, t->record[i].record, add_in, t);
	}
	/* what was refused before it was a record stands in the log alone */
	if (err == QIAO_OK)
		err = qiao_store_audit_of_type(t->txn, "decision",
					       add_by_opening, t);
	return err;
}

static qiao_err find(struct trace *t)
{
	struct qiao_hash id;

	if (qiao_hex_decode(id.b, sizeof(id.b), qiao_slice_str(t->what)))
		return qiao_store_audit_of(t->txn, &id, add_any, t);
	if (strncmp(t->what, "d-", 2) == 0 &&
	    strlen(t->what) == QIAO_DECISION_ID_LEN - 1)
		return qiao_store_audit_of_type(t->txn, "decision",
						add_by_decision, t);
	return find_record(t);
}

/* --- what there is to say ------------------------------------------------ */

static qiao_err parse_entry(struct qiao_json **e,
			    const struct qiao_audit_row *r)
{
	return qiao_json_parse(e, r->entry, NULL);
}

static qiao_err text_step(void *ctx, const void *row)
{
	struct trace *t = ctx;
	struct qiao_json *e;
	qiao_err err = parse_entry(&e, row);

	if (err != QIAO_OK)
		return err;
	qiao_trace_step(t->out, ++t->step, e, t->style.zh);
	qiao_json_free(e);
	return t->out->err;
}

static qiao_err json_step(void *ctx, const void *row)
{
	struct trace *t = ctx;
	struct qiao_json *e;
	qiao_err err = parse_entry(&e, row);

	if (err != QIAO_OK)
		return err;
	qiao_jw_copy(&t->w, e);
	qiao_json_free(e);
	return t->out->err;
}

static void text_out(struct trace *t, const struct qiao_out_row *r)
{
	qiao_buf_printf(t->out,
			QIAO_SAY(t->style.zh,
				 "  发出  路由 %s  对端 %s  状态 %s%s%s\n",
				 "  out  route %s  peer %s  state %s%s%s\n"),
			r->route, r->peer, qiao_out_state_name(r->state),
			r->reason[0] ? "  " : "", r->reason);
}

static void text_in(struct trace *t, const struct qiao_in_row *r)
{
	qiao_buf_printf(t->out,
			QIAO_SAY(t->style.zh, "  收到  来自 %s  状态 %s%s%s\n",
				 "  in  from %s  state %s%s%s\n"),
			r->peer, qiao_in_state_name(r->state),
			r->reason[0] ? "  " : "", r->reason);
}

static void json_out(struct trace *t, const struct qiao_out_row *r)
{
	qiao_jw_obj(&t->w);
	qiao_jw_kint(&t->w, "height", (int64_t)r->height);
	qiao_jw_kstr(&t->w, "peer", r->peer);
	qiao_jw_kstr_or_null(&t->w, "reason", r->reason);
	qiao_jw_kstr(&t->w, "route", r->route);
	qiao_jw_kstr(&t->w, "state", qiao_out_state_name(r->state));
	qiao_jw_kint(&t->w, "tries", r->tries);
	qiao_jw_kint(&t->w, "version", (int64_t)r->version);
	qiao_jw_end(&t->w);
}

static void json_in(struct trace *t, const struct qiao_in_row *r)
{
	qiao_jw_obj(&t->w);
	qiao_jw_kint(&t->w, "height", (int64_t)r->height);
	qiao_jw_kstr(&t->w, "peer", r->peer);
	qiao_jw_kstr_or_null(&t->w, "reason", r->reason);
	qiao_jw_kstr(&t->w, "state", qiao_in_state_name(r->state));
	qiao_jw_kint(&t->w, "tries", r->tries);
	qiao_jw_kint(&t->w, "version", (int64_t)r->version);
	qiao_jw_end(&t->w);
}

static qiao_err say_in(struct trace *t, const struct qiao_hash *id)
{
	struct qiao_in_row r;
	qiao_err err = qiao_store_in_get(t->txn, &r, id);

	if (t->style.json)
		qiao_jw_key(&t->w, "in");
	if (err == QIAO_E_NOTFOUND) {
		if (t->style.json)
			qiao_jw_null(&t->w);
		return QIAO_OK;
	}
	if (err != QIAO_OK)
		return err;
	if (t->style.json)
		json_in(t, &r);
	else
		text_in(t, &r);
	qiao_in_row_free(&r);
	return QIAO_OK;
}

static qiao_err say_out(struct trace *t, const struct qiao_hash *id)
{
	struct qiao_out_row r;
	qiao_err err = qiao_store_out_get(t->txn, &r, id);

	if (t->style.json)
		qiao_jw_key(&t->w, "out");
	if (err == QIAO_E_NOTFOUND) {
		if (t->style.json)
			qiao_jw_null(&t->w);
		return QIAO_OK;
	}
	if (err != QIAO_OK)
		return err;
	if (t->style.json)
		json_out(t, &r);
	else
		text_out(t, &r);
	qiao_out_row_free(&r);
	return QIAO_OK;
}

static qiao_err say_transfer(struct trace *t, const struct qiao_hash *id)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	qiao_err err;

	qiao_hex_encode(hex, qiao_slice_hash(id));
	if (t->style.json) {
		qiao_jw_obj(&t->w);
		qiao_jw_kstr(&t->w, "id", hex);
	} else {
		qiao_buf_printf(
			t->out,
			QIAO_SAY(t->style.zh, "传递 %s\n", "transfer %s\n"),
			hex);
	}
	err = say_in(t, id);
	if (err == QIAO_OK)
		err = say_out(t, id);
	if (err == QIAO_OK && t->style.json) {
		qiao_jw_key(&t->w, "steps");
		qiao_jw_arr(&t->w);
	}
	t->step = 0;
	if (err == QIAO_OK)
		err = qiao_store_audit_of(
			t->txn, id, t->style.json ? json_step : text_step, t);
	if (t->style.json) {
		qiao_jw_end(&t->w);
		qiao_jw_end(&t->w);
	}
	return err;
}

static qiao_err say_record(struct trace *t, const struct qiao_record_row *r)
{
	bool source = r->side == QIAO_RECORD_SOURCE;
	struct qiao_chain_row chain = { .name = "" };
	qiao_err err = qiao_store_chain_get(t->txn, &chain, r->chain);

	if (err != QIAO_OK && err != QIAO_E_NOTFOUND)
		return err;
	if (t->style.json) {
		qiao_jw_obj(&t->w);
		qiao_jw_kstr(&t->w, "chain", chain.name);
		qiao_jw_kint(&t->w, "height", (int64_t)r->height);
		qiao_jw_kstr(&t->w, "side", source ? "source" : "destination");
		qiao_jw_kstr(&t->w, "state", r->state);
		qiao_jw_kstr(&t->w, "type", r->type);
		qiao_jw_kint(&t->w, "version", (int64_t)r->version);
		qiao_jw_end(&t->w);
		return QIAO_OK;
	}
	qiao_buf_printf(
		t->out,
		QIAO_SAY(t->style.zh,
			 "记录 %s  %s  版本 %" PRIu64
			 "  状态 %s  链 %s 高度 %" PRIu64 "  (%s)\n",
			 "record %s  %s  version %" PRIu64
			 "  state %s  chain %s height %" PRIu64 "  (%s)\n"),
		r->id, r->type, r->version, r->state, chain.name, r->height,
		source ? QIAO_SAY(t->style.zh, "本网关读到", "read here")
		       : QIAO_SAY(t->style.zh, "由对端送达",
				  "delivered to us"));
	return QIAO_OK;
}

static qiao_err say_all(struct trace *t)
{
	qiao_err err = QIAO_OK;

	if (t->style.json) {
		qiao_jw_init(&t->w, t->out);
		qiao_jw_obj(&t->w);
		qiao_jw_kint(&t->w, "more", (int64_t)t->more);
		qiao_jw_kstr(&t->w, "query", t->what);
		qiao_jw_key(&t->w, "records");
		qiao_jw_arr(&t->w);
	}
	for (size_t i = 0; i < t->n_records && err == QIAO_OK; i++)
		err = say_record(t, &t->record[i]);
	if (t->style.json) {
		qiao_jw_end(&t->w);
		qiao_jw_key(&t->w, "transfers");
		qiao_jw_arr(&t->w);
	}
	for (size_t i = 0; i < t->n_transfers && err == QIAO_OK; i++)
		err = say_transfer(t, &t->transfer[i]);
	if (t->style.json) {
		qiao_jw_end(&t->w);
		qiao_jw_end(&t->w);
		qiao_buf_put_str(t->out, "\n");
		if (err == QIAO_OK)
			err = qiao_jw_finish(&t->w);
	} else if (t->more > 0) {
		qiao_buf_printf(t->out,
				QIAO_SAY(t->style.zh, "另有 %zu 个传递\n",
					 "%zu more transfers\n"),
				t->more);
	}
	return err;
}

static qiao_err run(struct qiao_txn *txn, void *arg)
{
	struct trace *t = arg;
	qiao_err err;

	t->txn = txn;
	err = find(t);
	if (err == QIAO_OK && t->n_transfers == 0 && t->n_records == 0)
		err = QIAO_E_NOTFOUND;
	if (err == QIAO_OK)
		err = say_all(t);
	return err;
}

qiao_err qiao_trace_report(struct qiao_daemon *d, struct qiao_buf *out,
			   const char *what, struct qiao_report_style style)
{
	struct trace *t = qiao_calloc(1, sizeof(*t));
	qiao_err err;

	if (!t)
		return QIAO_E_NOMEM;
	t->d = d;
	t->what = what;
	t->style = style;
	t->out = out;
	err = qiao_store_read(d->store, run, t);
	if (err == QIAO_E_NOTFOUND)
		qiao_buf_printf(
			out,
			QIAO_SAY(
				style.zh,
				"没有此记录、传递或决定。请核对编号: 记录编号、"
				"64 位十六进制传递编号,或 d- 开头的决定编号\n",
				"no such record, transfer or decision; give a "
				"record id, a transfer id of 64 hex digits, or "
				"a decision id d-...\n"));
	qiao_buf_free(&t->opening);
	qiao_free(t);
	return err;
}
