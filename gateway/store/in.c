/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/in.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/store/sql.h"

#include <string.h>

#define SELECT                                                              \
	"SELECT t.seq,t.id,t.state,t.peer,t.source,t.destination,t.height," \
	"t.digest,t.envelope,t.proof_ref,t.not_after,t.as_of_height,"       \
	"t.as_of_hash,t.as_of_basis,t.entry,t.record,t.version,t.decision," \
	"t.reason,t.received_at,t.changed_at,t.next_try_at,t.tries,"        \
	"t.receipt_height,t.receipt_due,t.receipt_tries,b.id_array,"        \
	"b.payload,b.duty,b.audit,r.tx,r.proof,r.proof_ref "                \
	"FROM transfer_in t "                                               \
	"JOIN in_body b ON b.seq=t.seq LEFT JOIN in_receipt r ON r.seq=t.seq "

static void read_where(struct qiao_sql *q, struct qiao_in_row *r)
{
	r->seq = qiao_sql_get_int(q, 0);
	r->id = qiao_sql_get_hash(q, 1);
	r->state = (int)qiao_sql_get_int(q, 2);
	qiao_sql_get_str(q, 3, r->peer, sizeof(r->peer));
	r->source = qiao_sql_get_hash(q, 4);
	r->destination = qiao_sql_get_hash(q, 5);
	r->height = qiao_sql_get_uint(q, 6);
	r->digest = qiao_sql_get_hash(q, 7);
	r->envelope = qiao_sql_get_hash(q, 8);
	r->proof_ref = qiao_sql_get_hash(q, 9);
	r->not_after = qiao_sql_get_int(q, 10);
	r->as_of_height = qiao_sql_get_uint(q, 11);
	r->as_of_hash = qiao_sql_get_hash(q, 12);
	r->as_of_basis = (unsigned int)qiao_sql_get_uint(q, 13);
	r->entry = qiao_sql_get_uint(q, 14);
	r->record = qiao_sql_get_int(q, 15);
	r->version = qiao_sql_get_uint(q, 16);
}

static void read_progress(struct qiao_sql *q, struct qiao_in_row *r)
{
	qiao_sql_get_str(q, 17, r->decision, sizeof(r->decision));
	qiao_sql_get_str(q, 18, r->reason, sizeof(r->reason));
	r->received_at = qiao_sql_get_int(q, 19);
	r->changed_at = qiao_sql_get_int(q, 20);
	r->next_try_at = qiao_sql_get_int(q, 21);
	r->tries = (unsigned int)qiao_sql_get_uint(q, 22);
	r->receipt_height = qiao_sql_get_uint(q, 23);
	r->receipt_due = qiao_sql_get_int(q, 24);
	r->receipt_tries = (unsigned int)qiao_sql_get_uint(q, 25);
	r->id_array = qiao_sql_get_blob(q, 26);
	r->payload = qiao_sql_get_blob(q, 27);
	r->duty = qiao_sql_get_blob(q, 28);
	r->audit = qiao_sql_get_blob(q, 29);
	r->tx = qiao_sql_get_blob(q, 30);
	r->receipt = qiao_sql_get_blob(q, 31);
	r->receipt_ref = qiao_sql_get_hash(q, 32);
}

static void read_row(struct qiao_sql *q, struct qiao_in_row *r)
{
	memset(r, 0, sizeof(*r));
	read_where(q, r);
	read_progress(q, r);
}

static qiao_err own(struct qiao_in_row *r)
{
	struct qiao_slice *const parts[] = {
		&r->id_array, &r->payload, &r->duty,
		&r->audit,    &r->tx,      &r->receipt,
	};

	return qiao_sql_own(&r->mem, parts, sizeof(parts) / sizeof(parts[0]));
}

static void int_or_null(struct qiao_sql *q, int64_t v)
{
	if (v != 0)
		qiao_sql_int(q, v);
	else
		qiao_sql_null(q);
}

static qiao_err put_head(struct qiao_txn *txn, struct qiao_in_row *r)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO transfer_in(id,state,peer,source,"
		       "destination,height,digest,envelope,proof_ref,not_after,"
		       "as_of_height,as_of_hash,as_of_basis,entry,record,"
		       "version,decision,reason,received_at,changed_at,"
		       "next_try_at,tries,receipt_height,receipt_due,"
		       "receipt_tries) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		       "?,?,?,?,?,?,?,?,?)");
	qiao_sql_hash(&q, &r->id);
	qiao_sql_int(&q, r->state);
	qiao_sql_text(&q, r->peer);
	qiao_sql_hash(&q, &r->source);
	qiao_sql_hash(&q, &r->destination);
	qiao_sql_uint(&q, r->height);
	qiao_sql_hash(&q, &r->digest);
	qiao_sql_hash_or_null(&q, &r->envelope);
	qiao_sql_hash_or_null(&q, &r->proof_ref);
	qiao_sql_int(&q, r->not_after);
	qiao_sql_uint(&q, r->as_of_height);
	qiao_sql_hash_or_null(&q, &r->as_of_hash);
	qiao_sql_uint(&q, r->as_of_basis);
	qiao_sql_uint(&q, r->entry);
	int_or_null(&q, r->record);
	qiao_sql_uint(&q, r->version);
	qiao_sql_text(&q, r->decision);
	qiao_sql_text(&q, r->reason);
	qiao_sql_int(&q, r->received_at);
	qiao_sql_int(&q, r->changed_at);
	qiao_sql_int(&q, r->next_try_at);
	qiao_sql_uint(&q, r->tries);
	qiao_sql_uint(&q, r->receipt_height);
	qiao_sql_int(&q, r->receipt_due);
	qiao_sql_uint(&q, r->receipt_tries);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_in_put(struct qiao_txn *txn, struct qiao_in_row *r)
{
	struct qiao_sql q;
	qiao_err err = put_head(txn, r);

	if (err != QIAO_OK)
		return err;
	r->seq = sqlite3_last_insert_rowid(txn->db);
	qiao_sql_begin(&q, txn,
		       "INSERT INTO in_body(seq,id_array,payload,duty,audit) "
		       "VALUES(?,?,?,?,?)");
	qiao_sql_int(&q, r->seq);
	qiao_sql_blob(&q, r->id_array);
	qiao_sql_blob(&q, r->payload);
	qiao_sql_blob_or_null(&q, r->duty);
	qiao_sql_blob_or_null(&q, r->audit);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_in_get(struct qiao_txn *txn, struct qiao_in_row *out,
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
		qiao_in_row_free(out);
	return err;
}

qiao_err qiao_in_row_copy(struct qiao_in_row *out, const struct qiao_in_row *r)
{
	qiao_err err;

	*out = *r;
	out->mem = NULL;
	err = own(out);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

void qiao_in_row_free(struct qiao_in_row *r)
{
	qiao_free(r->mem);
	memset(r, 0, sizeof(*r));
}

static qiao_err put_receipt(struct qiao_txn *txn, const struct qiao_in_row *r)
{
	struct qiao_sql q;

	if (r->receipt.n == 0 && r->tx.n == 0 &&
	    qiao_hash_is_zero(&r->receipt_ref))
		return QIAO_OK;
	qiao_sql_begin(&q, txn,
		       "INSERT INTO in_receipt(seq,tx,proof,proof_ref) "
		       "VALUES(?,?,?,?) "
		       "ON CONFLICT DO NOTHING"); /* the first one stays */
	qiao_sql_int(&q, r->seq);
	qiao_sql_blob_or_null(&q, r->tx);
	qiao_sql_blob_or_null(&q, r->receipt);
	qiao_sql_hash_or_null(&q, &r->receipt_ref);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_in_update(struct qiao_txn *txn, const struct qiao_in_row *r,
			      int expected)
{
	struct qiao_sql q;
	size_t n;
	qiao_err err;

	qiao_sql_begin(&q, txn,
		       "UPDATE transfer_in SET state=?,reason=?,decision=?,"
		       "record=?,version=?,changed_at=?,next_try_at=?,tries=?,"
		       "receipt_height=?,receipt_due=?,receipt_tries=?,"
		       "proof_ref=? WHERE seq=? AND state=?");
	qiao_sql_int(&q, r->state);
	qiao_sql_text(&q, r->reason);
	qiao_sql_text(&q, r->decision);
	int_or_null(&q, r->record);
	qiao_sql_uint(&q, r->version);
	qiao_sql_int(&q, r->changed_at);
	qiao_sql_int(&q, r->next_try_at);
	qiao_sql_uint(&q, r->tries);
	qiao_sql_uint(&q, r->receipt_height);
	qiao_sql_int(&q, r->receipt_due);
	qiao_sql_uint(&q, r->receipt_tries);
	qiao_sql_hash_or_null(&q, &r->proof_ref);
	qiao_sql_int(&q, r->seq);
	qiao_sql_int(&q, expected);
	err = qiao_sql_run_count(&q, &n);
	if (err == QIAO_OK && n == 0)
		err = QIAO_E_STATE;
	return err == QIAO_OK ? put_receipt(txn, r) : err;
}

static qiao_err give_rows(struct qiao_sql *q, qiao_each_fn each, void *ctx)
{
	struct qiao_in_row row;

	while (qiao_sql_row(q)) {
		read_row(q, &row);
		if (q->err == QIAO_OK)
			qiao_sql_fail(q, each(ctx, &row));
	}
	return qiao_sql_end(q);
}

qiao_err qiao_store_in_due(struct qiao_txn *txn,
			   const struct qiao_hash *destination, int state,
			   int64_t now_ms, size_t max_n, qiao_each_fn each,
			   void *ctx)
{
	struct qiao_sql q;

	if (destination)
		qiao_sql_begin(&q, txn,
			       SELECT "WHERE t.state=?1 AND t.next_try_at<=?2 "
				      "AND t.destination=?4 "
				      "ORDER BY t.seq LIMIT ?3");
	else
		qiao_sql_begin(&q, txn,
			       SELECT "WHERE t.state=?1 AND t.next_try_at<=?2 "
				      "ORDER BY t.seq LIMIT ?3");
	qiao_sql_int(&q, state);
	qiao_sql_int(&q, now_ms);
	qiao_sql_uint(&q, max_n);
	if (destination)
		qiao_sql_hash(&q, destination);
	return give_rows(&q, each, ctx);
}

qiao_err qiao_store_in_wake(struct qiao_txn *txn,
			    const struct qiao_hash *destination, int state)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "UPDATE transfer_in SET next_try_at=0 "
		       "WHERE state=? AND destination=? AND next_try_at>0");
	qiao_sql_int(&q, state);
	qiao_sql_hash(&q, destination);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_in_owed(struct qiao_txn *txn, const char *peer,
			    int64_t now_ms, size_t max_n, qiao_each_fn each,
			    void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       SELECT
		       "WHERE t.peer=? AND t.receipt_due>0 AND "
		       "t.receipt_due<=? ORDER BY t.receipt_due LIMIT ?");
	qiao_sql_text(&q, peer);
	qiao_sql_int(&q, now_ms);
	qiao_sql_uint(&q, max_n);
	return give_rows(&q, each, ctx);
}

qiao_err qiao_store_in_count(struct qiao_txn *txn, uint64_t *n,
			     const char *peer, int state)
{
	struct qiao_sql q;

	*n = 0;
	qiao_sql_begin(&q, txn,
		       "SELECT count(*) FROM transfer_in "
		       "WHERE state=?1 AND (?2 IS NULL OR peer=?2)");
	qiao_sql_int(&q, state);
	qiao_sql_text(&q, peer);
	if (qiao_sql_row(&q))
		*n = qiao_sql_get_uint(&q, 0);
	return qiao_sql_end(&q);
}

qiao_err qiao_store_in_of_record(struct qiao_txn *txn, int64_t record,
				 qiao_each_fn each, void *ctx)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, SELECT "WHERE t.record=? ORDER BY t.seq");
	qiao_sql_int(&q, record);
	return give_rows(&q, each, ctx);
}

qiao_err qiao_store_in_counts(struct qiao_txn *txn, qiao_each_fn each,
			      void *ctx)
{
	struct qiao_peer_count row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT peer,state,count(*),min(changed_at) "
		       "FROM transfer_in GROUP BY peer,state "
		       "ORDER BY peer,state");
	while (qiao_sql_row(&q)) {
		row.peer = qiao_sql_get_text(&q, 0);
		row.state = (int)qiao_sql_get_int(&q, 1);
		row.n = qiao_sql_get_uint(&q, 2);
		row.oldest_at = qiao_sql_get_int(&q, 3);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}

qiao_err qiao_store_in_said_each(struct qiao_txn *txn, qiao_each_fn each,
				 void *ctx)
{
	struct qiao_in_said row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT t.id,b.audit FROM transfer_in t "
		       "JOIN in_body b USING(seq) WHERE b.audit IS NOT NULL "
		       "ORDER BY t.seq");
	while (qiao_sql_row(&q)) {
		row.id = qiao_sql_get_hash(&q, 0);
		row.audit = qiao_sql_get_blob(&q, 1);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
