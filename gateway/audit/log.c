/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/audit/log.h"

#include "gateway/audit/entry.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/store/audit.h"

#include <string.h>

/* Write the entry and the roots of the subtrees that it completes. */
static qiao_err put_leaf(struct qiao_txn *txn, const struct qiao_audit_row *row)
{
	struct qiao_hash h = row->leaf, left;
	qiao_err err = qiao_store_audit_put(txn, row);

	for (unsigned int level = 0;
	     err == QIAO_OK && (row->seq >> level & 1) != 0; level++) {
		uint64_t index = (row->seq >> level) - 1;

		err = level == 0 ? qiao_store_audit_leaf(txn, &left, index)
				 : qiao_store_audit_node_get(txn, &left, level,
							     index);
		if (err != QIAO_OK)
			break;
		qiao_merkle_node(&h, &left, &h);
		err = qiao_store_audit_node_put(txn, level + 1,
						row->seq >> (level + 1), &h);
	}
	return err;
}

qiao_err qiao_audit_append(const struct qiao_audit_log *log,
			   struct qiao_txn *txn, struct qiao_audit_entry *e,
			   const struct qiao_hash *transfer, uint64_t *seq)
{
	struct qiao_buf bytes = { .max = QIAO_AUDIT_ENTRY_MAX };
	struct qiao_audit_row row = { .type = e->type };
	qiao_err err = qiao_store_audit_size(txn, &row.seq);

	if (seq)
		*seq = row.seq;
	if (transfer)
		row.transfer = *transfer;
	if (err == QIAO_OK)
		err = qiao_audit_encode(&bytes, e, log->gw, row.seq);
	if (err == QIAO_OK) {
		row.entry = qiao_buf_slice(&bytes);
		qiao_merkle_leaf(&row.leaf, row.entry);
		err = put_leaf(txn, &row);
	}
	qiao_buf_free(&bytes);
	qiao_audit_abandon(e);
	return err;
}

char *qiao_audit_pseudonym(const struct qiao_audit_log *log, char *out,
			   struct qiao_slice value)
{
	struct qiao_hash mac;

	qiao_hmac_sha256(&mac, log->pseudonym_key, value);
	out[0] = 'h';
	out[1] = ':';
	qiao_hex_encode(out + 2, qiao_slice_of(mac.b, 16));
	return out;
}

qiao_err qiao_audit_open(struct qiao_txn *txn, uint64_t seq, const char *name,
			 struct qiao_slice value)
{
	return qiao_store_opening_put(txn, seq, name, value);
}

/* Everything that the tree over the entries must hold. */
struct recheck {
	struct qiao_txn *txn;
	struct qiao_why *why;
	struct qiao_merkle_frontier tree;
};

static qiao_err check_node(struct recheck *r, unsigned int level,
			   uint64_t index, const struct qiao_hash *want)
{
	struct qiao_hash node;
	qiao_err err = qiao_store_audit_node_get(r->txn, &node, level, index);

	if (err != QIAO_OK && err != QIAO_E_NOTFOUND)
		return err;
	if (qiao_hash_eq(&node, want))
		return QIAO_OK;
	return qiao_fail(r->why, QIAO_E_HASH,
			 "audit tree: node %u/%llu is not the hash of what is "
			 "below it; the store was changed from outside",
			 level, (unsigned long long)index);
}

static qiao_err check_row(void *ctx, const void *row_)
{
	const struct qiao_audit_row *row = row_;
	struct recheck *r = ctx;
	struct qiao_hash leaf, h;
	qiao_err err;

	if (row->seq != r->tree.size)
		return qiao_fail(r->why, QIAO_E_NUMBER,
				 "audit log: entry %llu is missing",
				 (unsigned long long)r->tree.size);
	qiao_merkle_leaf(&leaf, row->entry);
	if (!qiao_hash_eq(&leaf, &row->leaf))
		return qiao_fail(r->why, QIAO_E_HASH,
				 "audit log: entry %llu was changed",
				 (unsigned long long)row->seq);
	h = leaf;
	for (unsigned int level = 0; (row->seq >> level & 1) != 0; level++) {
		qiao_merkle_node(&h, &r->tree.peak[level], &h);
		err = check_node(r, level + 1, row->seq >> (level + 1), &h);
		if (err != QIAO_OK)
			return err;
	}
	qiao_merkle_push(&r->tree, &leaf);
	return QIAO_OK;
}

qiao_err qiao_audit_check(struct qiao_txn *txn, struct qiao_why *why)
{
	struct recheck r = { .txn = txn, .why = why };

	return qiao_store_audit_each(txn, 0, INT64_MAX, check_row, &r);
}
