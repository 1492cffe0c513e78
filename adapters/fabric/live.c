/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/live.h"

#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

struct fabric_live {
	struct fabric_config cfg;
	struct fabric_sessions sessions;
	struct fabric_blocks blocks;
	struct fabric_contract contract;
};

static const char *const reads[] = { NULL };
static const char *const writes[] = { "idempotent",    "submit.deliver",
				      "submit.state",  "submit.usage",
				      "submit.anchor", NULL };

/* Once, so that the account can be registered (chaincode/README.md 1). */
static void say_account(struct fabric_live *l)
{
	char hex[QIAO_HEX_LEN(FABRIC_ACCOUNT_LEN)];

	qiao_hex_encode(hex, qiao_slice_of(fabric_identity_account(
						   l->sessions.now->identity),
					   FABRIC_ACCOUNT_LEN));
	qiao_log(QIAO_LOG_INFO, "fabric-account", "channel=%s mspid=%s id=%s",
		 l->cfg.channel, l->cfg.mspid, hex);
}

qiao_err fabric_live_open(struct fabric_live **out,
			  const struct fabric_config *cfg, struct qiao_why *why)
{
	struct fabric_live *l = qiao_calloc(1, sizeof(*l));
	qiao_err err;

	*out = NULL;
	if (!l)
		return QIAO_E_NOMEM;
	l->cfg = *cfg;
	err = fabric_sessions_open(&l->sessions, &l->cfg, why);
	if (err != QIAO_OK) {
		qiao_free(l);
		return err;
	}
	fabric_blocks_open(&l->blocks, &l->sessions);
	fabric_contract_open(&l->contract, &l->sessions, &l->blocks);
	say_account(l);
	*out = l;
	return QIAO_OK;
}

void fabric_live_close(struct fabric_live *l)
{
	fabric_contract_close(&l->contract);
	fabric_blocks_close(&l->blocks);
	fabric_sessions_close(&l->sessions);
	qiao_free(l);
}

const char *const *fabric_live_capabilities(const struct fabric_live *l)
{
	return l->cfg.chaincode[0] ? writes : reads;
}

qiao_err fabric_live_head(struct fabric_live *l, uint64_t *next_height,
			  uint64_t known, unsigned int wait_ms,
			  struct qiao_why *why)
{
	return fabric_blocks_head(&l->blocks, next_height, known, wait_ms, why);
}

/* A Fabric block is its own claim and its own proof (docs/wire.md 8.1). */
qiao_err fabric_live_fetch(struct fabric_live *l, struct qiao_buf *bundle,
			   uint64_t height, struct qiao_why *why)
{
	struct qiao_buf block = { .max = QIAO_BLOCK_MAX };
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err = fabric_blocks_fetch(&l->blocks, &block, height, why);

	if (err == QIAO_OK)
		qiao_bundle_put(bundle, qiao_buf_slice(&block), none, none);
	qiao_buf_free(&block);
	return err;
}

static qiao_err need_chaincode(const struct fabric_live *l,
			       struct qiao_why *why)
{
	if (l->cfg.chaincode[0])
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_CONFIG,
			 "fabric adapter: set `chaincode` to the name of the "
			 "reference contract to write on channel %s",
			 l->cfg.channel);
}

qiao_err fabric_live_submit(struct fabric_live *l,
			    const struct qiao_submission *s,
			    struct qiao_why *why)
{
	qiao_err err = need_chaincode(l, why);

	return err == QIAO_OK ? fabric_contract_submit(&l->contract, s, why)
			      : err;
}

qiao_err fabric_live_submit_many(struct fabric_live *l,
				 struct qiao_submitted *out,
				 const struct qiao_submission *s, size_t n,
				 struct qiao_why *why)
{
	qiao_err err = need_chaincode(l, why);

	if (err == QIAO_OK)
		fabric_contract_submit_many(&l->contract, out, s, n);
	return err;
}

qiao_err fabric_live_lookup(struct fabric_live *l, struct qiao_lookup *out,
			    const struct qiao_hash *id, struct qiao_why *why)
{
	qiao_err err = need_chaincode(l, why);

	return err == QIAO_OK
		       ? fabric_contract_lookup(&l->contract, out, id, why)
		       : err;
}

qiao_err fabric_live_receipt(struct fabric_live *l, struct qiao_buf *proof,
			     const struct qiao_hash *id, struct qiao_why *why)
{
	qiao_err err = need_chaincode(l, why);

	return err == QIAO_OK
		       ? fabric_contract_receipt(&l->contract, proof, id, why)
		       : err;
}
