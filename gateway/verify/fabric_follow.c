/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_follow.h"

#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"
#include "gateway/verify/fabric_tx.h"
#include "gateway/verify/fabric_update.h"

#include <inttypes.h>

qiao_err qiao_fabric_check_link(const struct qiao_fabric_block *b,
				const struct qiao_header_trusted *head,
				struct qiao_why *why)
{
	if (b->number <= head->height)
		return qiao_fail(why, QIAO_E_STALE,
				 "block %" PRIu64 " is not above the trusted "
				 "head %" PRIu64,
				 b->number, head->height);
	if (b->number != head->height + 1)
		return qiao_fail(why, QIAO_E_NUMBER,
				 "block %" PRIu64 " came where %" PRIu64
				 " is next",
				 b->number, head->height + 1);
	if (!qiao_slice_eq(b->previous_hash, qiao_slice_hash(&head->hash)))
		return qiao_fail(why, QIAO_E_LINK,
				 "block %" PRIu64
				 " does not follow the trusted "
				 "block %" PRIu64 "; ask another node",
				 b->number, head->height);
	return QIAO_OK;
}

/*
 * The first entry must be of this channel (peers refuse the block otherwise,
 * later ones get a code), and none but a sole one may be a configuration.
 */
static qiao_err check_entries(const struct qiao_fabric_block *b,
			      const struct qiao_fabric_config *c,
			      struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_fabric_block_entries(b);
	struct qiao_slice entry;

	for (size_t i = 0; qiao_pb_each(&it, &entry); i++) {
		struct qiao_pb_arena a = { NULL, QIAO_OK };
		struct qiao_fabric_header h;
		enum qiao_fabric_header_status status =
			qiao_fabric_header_parse(&h, &a,
						 qiao_pb_bytes(entry, 1));
		/* who signed it is not asked here, in Fabric neither */
		bool ok = status == QIAO_FABRIC_HEADER_OK ||
			  status == QIAO_FABRIC_HEADER_BAD_SIGNER;
		bool ours = ok && qiao_slice_eq(h.channel, c->channel);
		qiao_err err = a.err;

		qiao_pb_arena_free(&a);
		if (err != QIAO_OK)
			return qiao_fail(why, err, "out of memory");
		if (i == 0 && !ours)
			return qiao_fail(why, QIAO_E_CHANNEL,
					 "block %" PRIu64 " is of another "
					 "channel",
					 b->number);
		if (ok && h.type == QIAO_FABRIC_TYPE_CONFIG && b->entries > 1)
			return qiao_fail(why, QIAO_E_CONFIG,
					 "entry %zu is a configuration among "
					 "others",
					 i);
	}
	return QIAO_OK;
}

/* The block and its signed value must agree on what kind of block it is. */
static qiao_err check_pointer(const struct qiao_fabric_block *b,
			      const struct qiao_fabric_config *c,
			      bool is_config, struct qiao_why *why)
{
	uint64_t last;
	qiao_err err = qiao_fabric_last_config(&last, b, why);

	if (err != QIAO_OK)
		return err;
	if (last == b->number && b->thin)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "block %" PRIu64
				 " is a configuration block and "
				 "came without its entry",
				 b->number);
	if (last != (is_config ? b->number : c->height))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "block %" PRIu64 " was made under "
				 "configuration %" PRIu64 ", in force here is "
				 "%" PRIu64,
				 b->number, last, c->height);
	return QIAO_OK;
}

static qiao_err note_code(void *ctx, const struct qiao_fabric_tx *tx)
{
	enum qiao_fabric_code *code = ctx;

	*code = tx->code;
	return QIAO_OK;
}

/* A peer does not apply a configuration whose sender it cannot verify. */
static qiao_err check_sender(const struct qiao_fabric_block *b,
			     struct qiao_fabric_config *c, struct qiao_why *why)
{
	static const struct qiao_fabric_rules none = { NULL, 0 };
	enum qiao_fabric_code code = QIAO_FABRIC_INVALID_OTHER_REASON;
	qiao_err err = qiao_fabric_txs_judge(
		b, c, &none, (struct qiao_fabric_tx_sink){ &code, note_code });

	if (err != QIAO_OK)
		return qiao_fail(why, err, "out of memory");
	if (code != QIAO_FABRIC_VALID)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "configuration of block %" PRIu64
				 " carries no "
				 "good signature of its sender (code %d)",
				 b->number, (int)code);
	return QIAO_OK;
}

static qiao_err check_successor(const struct qiao_fabric_config *next,
				const struct qiao_fabric_config *c,
				struct qiao_why *why)
{
	if (!qiao_slice_eq(next->channel, c->channel))
		return qiao_fail(why, QIAO_E_CHANNEL,
				 "configuration is of another channel");
	if (next->sequence != c->sequence + 1)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "configuration has sequence %" PRIu64
				 ", after %" PRIu64,
				 next->sequence, c->sequence);
	if (c->bft && !next->bft) /* orderers know only the way there */
		return qiao_fail(why, QIAO_E_CONFIG,
				 "consensus goes back from BFT to etcdraft");
	return QIAO_OK;
}

qiao_err qiao_fabric_check_block(struct qiao_fabric_config **next,
				 const struct qiao_fabric_block *b,
				 struct qiao_slice raw,
				 struct qiao_fabric_config *c,
				 const struct qiao_fabric_demand *demand,
				 struct qiao_why *why)
{
	bool is_config = qiao_fabric_block_is_config(b);
	qiao_err err = QIAO_OK;

	*next = NULL;
	if (!b->thin)
		err = qiao_fabric_block_check_data(b, why);
	if (err == QIAO_OK && !b->thin)
		err = check_entries(b, c, why);
	if (err == QIAO_OK)
		err = qiao_fabric_check_orderers(b, c, demand, why);
	if (err == QIAO_OK)
		err = check_pointer(b, c, is_config, why);
	if (err != QIAO_OK || !is_config)
		return err;
	err = check_sender(b, c, why);
	if (err == QIAO_OK)
		err = qiao_fabric_config_load(next, raw, c->msps.sigs, why);
	if (err == QIAO_OK)
		err = check_successor(*next, c, why);
	if (err == QIAO_OK)
		err = qiao_fabric_update_check(c, *next, why);
	if (err != QIAO_OK) {
		qiao_fabric_config_free(*next);
		*next = NULL;
	}
	return err;
}
