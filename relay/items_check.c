/* SPDX-License-Identifier: Apache-2.0 */
/* What a transfer item must fulfil beside its form, docs/wire.md 7.3. */
#include "relay/items.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"

static bool member_is(const struct qiao_json *entry, const char *key,
		      const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_get(entry, key)), want);
}

static bool member_is_hash(const struct qiao_json *entry, const char *key,
			   const struct qiao_hash *want)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	return member_is(entry, key,
			 qiao_hex_encode(hex, qiao_slice_hash(want)));
}

/* The sender wrote down, before it sent, that it sends this to us. */
static qiao_err check_entry(const struct qiao_item_transfer *it,
			    const struct qiao_message *m, struct qiao_why *why)
{
	struct qiao_json *entry = NULL;
	int64_t seq = -1;
	bool fits;
	qiao_err err;

	if (!qiao_json_is_canonical(it->entry))
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "the audit entry of a transfer from %s is not "
				 "canonical JSON",
				 m->env.sender);
	err = qiao_json_parse(&entry, it->entry, why);
	if (err != QIAO_OK)
		return err;
	fits = member_is(entry, "type", "queued") &&
	       member_is(entry, "gw", m->env.sender) &&
	       member_is(entry, "to", m->env.receiver) &&
	       member_is_hash(entry, "transfer", &it->transfer) &&
	       member_is_hash(entry, "payload", &it->digest) &&
	       qiao_json_int(qiao_json_get(entry, "seq"), &seq) && seq >= 0 &&
	       (uint64_t)seq == it->entry_index;
	qiao_json_free(entry);
	if (fits)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_PROOF,
			 "the audit entry of a transfer from %s is about "
			 "something else than the transfer",
			 m->env.sender);
}

static qiao_err check_path(const struct qiao_item_transfer *it,
			   const struct qiao_message *m, struct qiao_why *why)
{
	struct qiao_hash leaf;

	qiao_merkle_leaf(&leaf, it->entry);
	if (qiao_merkle_path_check(&it->path, it->entry_index,
				   m->env.audit_size, &leaf,
				   &m->env.audit_root) == QIAO_OK)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_PROOF,
			 "a transfer from %s is not in the audit log that its "
			 "envelope commits to",
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
		err = check_entry(it, m, why);
	if (err == QIAO_OK)
		err = check_path(it, m, why);
	return err;
}
