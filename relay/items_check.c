/* SPDX-License-Identifier: Apache-2.0 */
/* What items must fulfil beside their form, docs/wire.md 7.3 and 7.4. */
#include "relay/items.h"

#include "gateway/base/slice.h"

static qiao_err check_queued(const struct qiao_item_transfer *it,
			     const struct qiao_message *m, struct qiao_why *why)
{
	struct qiao_hash transfer, payload;
	qiao_err err = qiao_queued_check(&it->queued, &transfer, &payload,
					 &m->env, why);

	if (err != QIAO_OK)
		return err;
	if (qiao_hash_eq(&transfer, &it->transfer) &&
	    qiao_hash_eq(&payload, &it->digest))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_PROOF,
			 "the audit entry of a transfer from %s is about "
			 "something else than the transfer",
			 m->env.sender);
}

static qiao_err check_proof_item(const struct qiao_item_transfer *it,
				 const struct qiao_message *m,
				 struct qiao_why *why)
{
	struct qiao_item_proof proof;

	if (!it->has_proof)
		return QIAO_OK;
	if (it->proof_item < m->n &&
	    qiao_item_proof_parse(&proof, m->items[it->proof_item]) ==
		    QIAO_OK &&
	    qiao_hash_eq(&proof.chain, &it->id.from.chain) &&
	    proof.height == it->id.from.height)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_MALFORMED,
			 "a transfer from %s names item %u as its proof, which "
			 "is none for its block",
			 m->env.sender, it->proof_item);
}

qiao_err qiao_item_transfer_check(const struct qiao_item_transfer *it,
				  const struct qiao_message *m,
				  struct qiao_why *why)
{
	qiao_err err;

	if (!qiao_hash_eq(&it->id.network, &m->env.network))
		return qiao_fail(why, QIAO_E_NETWORK,
				 "a transfer from %s is of another network",
				 m->env.sender);
	err = check_proof_item(it, m, why);
	if (err == QIAO_OK)
		err = check_queued(it, m, why);
	return err;
}

qiao_err qiao_item_receipt_check(const struct qiao_item_receipt *it, size_t at,
				 const struct qiao_message *m,
				 struct qiao_why *why)
{
	struct qiao_item_proof proof;

	if (!it->has_proof)
		return QIAO_OK;
	if (it->proof_item < at && at < m->n &&
	    qiao_item_proof_parse(&proof, m->items[it->proof_item]) ==
		    QIAO_OK &&
	    qiao_hash_eq(&proof.chain, &it->destination) &&
	    proof.height == it->height)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_MALFORMED,
			 "receipt item %zu from %s names item %u as its proof, "
			 "which is none before it for its block",
			 at, m->env.sender, it->proof_item);
}
