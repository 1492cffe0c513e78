/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/proof.h"

#include "gateway/store/sql.h"

qiao_err qiao_store_proof_put(struct qiao_txn *txn,
			      const struct qiao_hash *digest, int64_t chain,
			      uint64_t height, struct qiao_slice proof)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "INSERT INTO proof(digest,chain,height,bytes) "
		       "VALUES(?,?,?,?) ON CONFLICT(digest) DO NOTHING");
	qiao_sql_hash(&q, digest);
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, height);
	qiao_sql_blob(&q, proof);
	return qiao_sql_run(&q);
}

qiao_err qiao_store_proof_get(struct qiao_txn *txn, struct qiao_buf *out,
			      int64_t *chain, uint64_t *height,
			      const struct qiao_hash *digest)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn,
		       "SELECT bytes,chain,height FROM proof WHERE digest=?");
	qiao_sql_hash(&q, digest);
	if (qiao_sql_row(&q)) {
		qiao_buf_put(out, qiao_sql_get_blob(&q, 0));
		qiao_sql_fail(&q, out->err);
		if (chain)
			*chain = qiao_sql_get_int(&q, 1);
		if (height)
			*height = qiao_sql_get_uint(&q, 2);
	}
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_proof_size(struct qiao_txn *txn, size_t *n,
			       const struct qiao_hash *digest)
{
	struct qiao_sql q;

	*n = 0;
	qiao_sql_begin(&q, txn,
		       "SELECT length(bytes) FROM proof WHERE digest=?");
	qiao_sql_hash(&q, digest);
	if (qiao_sql_row(&q))
		*n = (size_t)qiao_sql_get_uint(&q, 0);
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_proof_find(struct qiao_txn *txn, struct qiao_hash *digest,
			       int64_t chain, uint64_t height)
{
	struct qiao_sql q;

	*digest = (struct qiao_hash){ { 0 } };
	qiao_sql_begin(&q, txn,
		       "SELECT digest FROM proof "
		       "WHERE chain=? AND height=? LIMIT 1");
	qiao_sql_int(&q, chain);
	qiao_sql_uint(&q, height);
	if (qiao_sql_row(&q))
		*digest = qiao_sql_get_hash(&q, 0);
	return qiao_sql_end_one(&q);
}

qiao_err qiao_store_proof_sweep(struct qiao_txn *txn, size_t *n)
{
	struct qiao_sql q;
	size_t deleted;
	qiao_err err;

	qiao_sql_begin(&q, txn,
		       "DELETE FROM proof WHERE NOT EXISTS("
		       "SELECT 1 FROM transfer_out t "
		       "WHERE t.proof_ref=proof.digest) AND NOT EXISTS("
		       "SELECT 1 FROM transfer_in t "
		       "WHERE t.proof_ref=proof.digest) AND NOT EXISTS("
		       "SELECT 1 FROM out_receipt r "
		       "WHERE r.proof_ref=proof.digest) AND NOT EXISTS("
		       "SELECT 1 FROM in_receipt r "
		       "WHERE r.proof_ref=proof.digest)");
	err = qiao_sql_run_count(&q, &deleted);
	if (n)
		*n = deleted;
	return err;
}
