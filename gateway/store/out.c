/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/out.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/store/sql.h"

#include <string.h>

#define SELECT                                                              \
	"SELECT t.seq,t.id,t.state,t.priority,t.route,t.peer,t.chain,"      \
	"t.height,t.record,t.version,t.digest,t.assurance,t.proof_ref,"     \
	"t.not_after,t.as_of_height,t.as_of_hash,t.as_of_basis,t.decision," \
	"t.reason,t.entry,t.by_id,t.queued_at,t.changed_at,t.next_try_at,"  \
	"t.tries,t.receipt_height,b.id_array,b.payload,b.proof,b.duty,"     \
	"r.proof,r.proof_ref FROM transfer_out t "                          \
	"JOIN out_body b ON b.seq=t.seq "                                   \
	"LEFT JOIN out_receipt r ON r.seq=t.seq "

static void read_where(struct qiao_sql *q, struct qiao_out_row *r)
{
	r->seq = qiao_sql_get_int(q, 0);
	r->id = qiao_sql_get_hash(q, 1);
	r->state = (int)qiao_sql_get_int(q, 2);
	r->priority = qiao_sql_get_int(q, 3) != 0;
	qiao_sql_get_str(q, 4, r->route, sizeof(r->route));
	qiao_sql_get_str(q, 5, r->peer, sizeof(r->peer));
	r->chain = qiao_sql_get_int(q, 6);
	r->height = qiao_sql_get_uint(q, 7);
	r->record = qiao_sql_get_int(q, 8);
	r->version = qiao_sql_get_uint(q, 9);
	r->digest = qiao_sql_get_hash(q, 10);
	r->assurance = (unsigned int)qiao_sql_get_uint(q, 11);
	r->proof_ref = qiao_sql_get_hash(q, 12);
	r->not_after = qiao_sql_get_int(q, 13);
	r->as_of_height = qiao_sql_get_uint(q, 14);
	r->as_of_hash = qiao_sql_get_hash(q, 15);
	r->as_of_basis = (unsigned int)qiao_sql_get_uint(q, 16);
}

static void read_progress(struct qiao_sql *q, struct qiao_out_row *r)
{
	qiao_sql_get_str(q, 17, r->decision, sizeof(r->decision));
	qiao_sql_get_str(q, 18, r->reason, sizeof(r->reason));
	r->has_entry = !qiao_sql_is_null(q, 19);
	r->entry = r->has_entry ? qiao_sql_get_uint(q, 19) : 0;
	r->by = qiao_sql_get_hash(q, 20);
	r->queued_at = qiao_sql_get_int(q, 21);
	r->changed_at = qiao_sql_get_int(q, 22);
	r->next_try_at = qiao_sql_get_int(q, 23);
	r->tries = (unsigned int)qiao_sql_get_uint(q, 24);
	r->receipt_height = qiao_sql_get_uint(q, 25);
	r->id_array = qiao_sql_get_blob(q, 26);
	r->payload = qiao_sql_get_blob(q, 27);
	r->proof = qiao_sql_get_blob(q, 28);
	r->duty = qiao_sql_get_blob(q, 29);
	r->receipt = qiao_sql_get_blob(q, 30);
	r->receipt_ref = qiao_sql_get_hash(q, 31);
}

static void read_row(struct qiao_sql *q, struct qiao_out_row *r)
{
	memset(r, 0, sizeof(*r));
	read_where(q, r);
	read_progress(q, r);
}

static qiao_err own(struct qiao_out_row *r)
{
	struct qiao_slice *const parts[] = { &r->id_array, &r->payload,
					     &r->proof, &r->duty, &r->receipt };

	return qiao_sql_own(&r->mem, parts, sizeof(parts) / sizeof(parts[0]));
}

static qiao_err put_head(struct qiao_txn *txn, struct qiao_out_row *r)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO transfer_out(id,state,priority,route,peer,"
		       "chain,height,record,version,digest,assurance,proof_ref,"
		       "not_after,as_of_height,as_of_hash,as_of_basis,decision,"
		       "reason,entry,by_id,queued_at,changed_at,next_try_at,"
		       "tries,receipt_height) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,"
		       "?,?,?,?,?,?,?,?,?,?,?,?)");
	qiao_sql_hash(&q, &r->id);
	qiao_sql_int(&q, r->state);
	qiao_sql_int(&q, r->priority);
	qiao_sql_text(&q, r->route);
	qiao_sql_text(&q, r->peer);
	qiao_sql_int(&q, r->chain);
	qiao_sql_uint(&q, r->height);
	if (r->record != 0)
		qiao_sql_int(&q, r->record);
	else
		qiao_sql_null(&q);
	qiao_sql_uint(&q, r->version);
	qiao_sql_hash_or_null(&q, &r->digest);
	qiao_sql_uint(&q, r->assurance);
	qiao_sql_hash_or_null(&q, &r->proof_ref);
	qiao_sql_int(&q, r->not_after);
	qiao_sql_uint(&q, r->as_of_height);
	qiao_sql_hash_or_null(&q, &r->as_of_hash);
	qiao_sql_uint(&q, r->as_of_basis);
	qiao_sql_text(&q, r->decision);
	qiao_sql_text(&q, r->reason);
	if (r->has_entry)
		qiao_sql_uint(&q, r->entry);
	else
		qiao_sql_null(&q);
	qiao_sql_hash_or_null(&q, &r->by);
	qiao_sql_int(&q, r->queued_at);
	qiao_sql_int(&q, r->changed_at);
	qiao_sql_int(&q, r->next_try_at);
	qiao_sql_uint(&q, r->tries);
	qiao_sql_uint(&q, r->receipt_height);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_out_put(struct qiao_txn *txn, struct qiao_out_row *r)
{
	struct qiao_sql q;
	qiao_err err = put_head(txn, r);

	if (err != QIAO_OK)
		return err;
	r->seq = sqlite3_last_insert_rowid(txn->db);
	qiao_sql_begin(&q, txn,
		       "INSERT INTO out_body(seq,id_array,payload,proof,duty) "
		       "VALUES(?,?,?,?,?)");
	qiao_sql_int(&q, r->seq);
	qiao_sql_blob(&q, r->id_array);
	qiao_sql_blob(&q, r->payload);
	qiao_sql_blob_or_null(&q, r->proof);
	qiao_sql_blob_or_null(&q, r->duty);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_out_get(struct qiao_txn *txn, struct qiao_out_row *out,
			    const struct qiao_hash *id)
{
	struct qiao_sql q;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	qiao_sql_begin(&q, txn, SELECT "WHERE t.id=?");
	qiao_sql_hash(&q, id);
	if (qiao_sql_row(&q)) {
		read_row(&q, out);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, own(out));
	}
	err = qiao_sql_end_one(&q);
	if (err != QIAO_OK)
		qiao_out_row_free(out);
	return err;
}

qiao_err qiao_out_row_copy(struct qiao_out_row *out,
			   const struct qiao_out_row *r)
{
	qiao_err err;

	*out = *r;
	out->mem = NULL;
	err = own(out);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

void qiao_out_row_free(struct qiao_out_row *r)
{
	qiao_free(r->mem);
	memset(r, 0, sizeof(*r));
}

static qiao_err put_receipt(struct qiao_txn *txn, const struct qiao_out_row *r)
{
	struct qiao_sql q;

	if (r->receipt.n == 0 && qiao_hash_is_zero(&r->receipt_ref))
		return QIAO_OK;
	qiao_sql_begin(&q, txn,
		       "INSERT INTO out_receipt(seq,proof,proof_ref) "
		       "VALUES(?,?,?) "
		       "ON CONFLICT DO NOTHING"); /* the first one stays */
	qiao_sql_int(&q, r->seq);
	qiao_sql_blob_or_null(&q, r->receipt);
	qiao_sql_hash_or_null(&q, &r->receipt_ref);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_out_update(struct qiao_txn *txn,
			       const struct qiao_out_row *r, int expected)
{
	struct qiao_sql q;
	size_t n;
	qiao_err err;

	qiao_sql_begin(&q, txn,
		       "UPDATE transfer_out SET state=?,reason=?,by_id=?,"
		       "changed_at=?,next_try_at=?,tries=?,receipt_height=?,"
		       "proof_ref=?,entry=? WHERE seq=? AND state=?");
	qiao_sql_int(&q, r->state);
	qiao_sql_text(&q, r->reason);
	qiao_sql_hash_or_null(&q, &r->by);
	qiao_sql_int(&q, r->changed_at);
	qiao_sql_int(&q, r->next_try_at);
	qiao_sql_uint(&q, r->tries);
	qiao_sql_uint(&q, r->receipt_height);
	qiao_sql_hash_or_null(&q, &r->proof_ref);
	if (r->has_entry)
		qiao_sql_uint(&q, r->entry);
	else
		qiao_sql_null(&q);
	qiao_sql_int(&q, r->seq);
	qiao_sql_int(&q, expected);
	err = qiao_sql_run_count(&q, &n);
	if (err == QIAO_OK && n == 0)
		err = QIAO_E_STATE;
	return err == QIAO_OK ? put_receipt(txn, r) : err;
}

static qiao_err give_rows(struct qiao_sql *q, qiao_each_fn each, void *ctx)
{
	struct qiao_out_row row;

	while (qiao_sql_row(q)) {
		read_row(q, &row);
		if (q->err == QIAO_OK)
			qiao_sql_fail(q, each(ctx, &row));
	}
	return qiao_sql_end(q);
}

qiao_err qiao_store_out_due(struct qiao_txn *txn,
			    const struct qiao_out_query *query,
			    qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       SELECT "WHERE t.state=? AND t.route=? AND t.priority>=? "
			      "AND t.next_try_at<=? "
			      "ORDER BY t.priority DESC,t.seq LIMIT ?");
	qiao_sql_int(&q, query->state);
	qiao_sql_text(&q, query->route);
	qiao_sql_int(&q, query->priority_only);
	qiao_sql_int(&q, query->now_ms);
	qiao_sql_uint(&q, query->max_n);
	return give_rows(&q, each, ctx);
}

qiao_err qiao_store_out_count(struct qiao_txn *txn, uint64_t *n,
			      const char *route, int state)
{
	struct qiao_sql q;

	*n = 0;
	qiao_sql_begin(&q, txn,
		       "SELECT count(*) FROM transfer_out "
		       "WHERE state=? AND route=?");
	qiao_sql_int(&q, state);
	qiao_sql_text(&q, route);
	if (qiao_sql_row(&q))
		*n = qiao_sql_get_uint(&q, 0);
	return qiao_sql_end(&q);
}

qiao_err qiao_store_out_each(struct qiao_txn *txn, int state, int64_t before,
			     size_t max_n, qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       SELECT "WHERE t.state=? AND t.changed_at<? "
			      "ORDER BY t.seq LIMIT ?");
	qiao_sql_int(&q, state);
	qiao_sql_int(&q, before);
	qiao_sql_uint(&q, max_n);
	return give_rows(&q, each, ctx);
}

qiao_err qiao_store_out_of_record(struct qiao_txn *txn, int64_t record,
				  const char *route, qiao_each_fn each,
				  void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       SELECT "WHERE t.record=?1 AND "
			      "(?2 IS NULL OR t.route=?2) ORDER BY t.seq");
	qiao_sql_int(&q, record);
	qiao_sql_text(&q, route);
	return give_rows(&q, each, ctx);
}

qiao_err qiao_store_out_counts(struct qiao_txn *txn, qiao_each_fn each,
			       void *ctx)
{
	struct qiao_route_count row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT route,state,count(*),min(changed_at) "
		       "FROM transfer_out GROUP BY route,state "
		       "ORDER BY route,state");
	while (qiao_sql_row(&q)) {
		row.route = qiao_sql_get_text(&q, 0);
		row.state = (int)qiao_sql_get_int(&q, 1);
		row.n = qiao_sql_get_uint(&q, 2);
		row.oldest_at = qiao_sql_get_int(&q, 3);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
