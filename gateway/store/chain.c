/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/chain.h"

#include "gateway/base/slice.h"
#include "gateway/store/evidence.h"
#include "gateway/store/sql.h"

#include <string.h>

#define COLUMNS                                                 \
	"SELECT c.chain,c.name,c.family,c.identity,c.height,"   \
	"c.hash,c.accepted_at,f.name IS NOT NULL FROM chain c " \
	"LEFT JOIN freeze f ON f.scope=1 AND f.name=c.name "

_Static_assert(QIAO_SCOPE_CHAIN == 1, "in the SQL above");

static void read_row(struct qiao_sql *q, struct qiao_chain_row *out)
{
	out->chain = qiao_sql_get_int(q, 0);
	qiao_sql_get_str(q, 1, out->name, sizeof(out->name));
	qiao_sql_get_str(q, 2, out->family, sizeof(out->family));
	out->identity = qiao_sql_get_hash(q, 3);
	out->has_head = !qiao_sql_is_null(q, 4);
	out->height = out->has_head ? qiao_sql_get_uint(q, 4) : 0;
	out->hash = qiao_sql_get_hash(q, 5);
	out->accepted_at = qiao_sql_get_int(q, 6);
	out->frozen = qiao_sql_get_int(q, 7) != 0;
}

static qiao_err read_one(struct qiao_sql *q, struct qiao_chain_row *out)
{
	memset(out, 0, sizeof(*out));
	if (qiao_sql_row(q))
		read_row(q, out);
	return qiao_sql_end_one(q);
}

qiao_err qiao_store_chain_get(struct qiao_txn *txn, struct qiao_chain_row *out,
			      int64_t chain)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, COLUMNS "WHERE c.chain=?");
	qiao_sql_int(&q, chain);
	return read_one(&q, out);
}

qiao_err qiao_store_chain_by_name(struct qiao_txn *txn,
				  struct qiao_chain_row *out, const char *name)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, COLUMNS "WHERE c.name=?");
	qiao_sql_text(&q, name);
	return read_one(&q, out);
}

qiao_err qiao_store_chain_by_identity(struct qiao_txn *txn,
				      struct qiao_chain_row *out,
				      const struct qiao_hash *identity)
{
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, COLUMNS "WHERE c.identity=?");
	qiao_sql_hash(&q, identity);
	return read_one(&q, out);
}

qiao_err qiao_store_chain_need(struct qiao_txn *txn, struct qiao_chain_row *out,
			       const char *name, const char *family)
{
	struct qiao_sql q;
	qiao_err err = qiao_store_chain_by_name(txn, out, name);

	if (err == QIAO_OK)
		return strcmp(out->family, family) == 0 ? QIAO_OK
							: QIAO_E_CONFIG;
	if (err != QIAO_E_NOTFOUND)
		return err;
	qiao_sql_begin(&q, txn, "INSERT INTO chain(name,family) VALUES(?,?)");
	qiao_sql_text(&q, name);
	qiao_sql_text(&q, family);
	err = qiao_sql_run(&q);
	return err == QIAO_OK ? qiao_store_chain_by_name(txn, out, name) : err;
}

qiao_err qiao_store_chain_pin(struct qiao_txn *txn, int64_t chain,
			      const struct qiao_hash *identity)
{
	struct qiao_chain_row row;
	struct qiao_sql q;
	qiao_err err = qiao_store_chain_get(txn, &row, chain);

	if (err != QIAO_OK)
		return err;
	if (!qiao_hash_is_zero(&row.identity))
		return qiao_hash_eq(&row.identity, identity) ? QIAO_OK
							     : QIAO_E_CONFIG;
	qiao_sql_begin(&q, txn, "UPDATE chain SET identity=? WHERE chain=?");
	qiao_sql_hash(&q, identity);
	qiao_sql_int(&q, chain);
	err = qiao_sql_run(&q);
	return err == QIAO_E_EXISTS ? QIAO_E_CONFIG : err;
}

qiao_err qiao_store_chain_head(struct qiao_txn *txn, int64_t chain,
			       uint64_t height, const struct qiao_hash *hash,
			       int64_t now_ms)
{
	struct qiao_sql q;
	size_t n;
	qiao_err err;

	qiao_sql_begin(&q, txn,
		       "UPDATE chain SET height=?1,hash=?2,accepted_at=?3 "
		       "WHERE chain=?4 AND ifnull(height,-1)<=?1");
	qiao_sql_uint(&q, height);
	qiao_sql_hash(&q, hash);
	qiao_sql_int(&q, now_ms);
	qiao_sql_int(&q, chain);
	err = qiao_sql_run_count(&q, &n);
	return err == QIAO_OK && n == 0 ? QIAO_E_STATE : err;
}

qiao_err qiao_store_chain_each(struct qiao_txn *txn, qiao_each_fn each,
			       void *ctx)
{
	struct qiao_chain_row row;
	struct qiao_sql q;

	qiao_sql_begin(&q, txn, COLUMNS "ORDER BY c.chain");
	while (qiao_sql_row(&q)) {
		read_row(&q, &row);
		if (q.err == QIAO_OK)
			qiao_sql_fail(&q, each(ctx, &row));
	}
	return qiao_sql_end(&q);
}
