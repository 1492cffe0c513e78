/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/live.h"

#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

struct fabric_live {
	struct fabric_config cfg;
	struct fabric_sessions sessions;
	struct fabric_blocks blocks;
	struct fabric_contract contract;
};

/* By what is configured: writes, and signed answers before them. */
static const char *const reads[] = { NULL };
static const char *const proves[] = { "prove", NULL };
static const char *const all[] = { "prove",
				   "idempotent",
				   "submit.deliver",
				   "submit.state",
				   "submit.usage",
				   "submit.anchor",
				   NULL };

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
	if (l->cfg.answer_orgs == 0)
		return l->cfg.chaincode[0] ? all + 1 : reads;
	return l->cfg.chaincode[0] ? all : proves;
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

/* [1, chaincode str, arguments [bin, ...], nonce bin] (docs/wire.md 8.5) */
static qiao_err parse_question(char *chaincode, size_t size,
			       struct fabric_invocation *inv,
			       struct qiao_slice *args,
			       struct qiao_slice reference)
{
	struct qiao_mp m;

	qiao_mp_open(&m, reference);
	qiao_mp_array_of(&m, 4);
	if (qiao_mp_uint(&m, UINT64_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	qiao_mp_str_into(&m, chaincode, size);
	inv->chaincode = chaincode;
	inv->n = qiao_mp_array(&m, FABRIC_ARGS_MAX);
	for (size_t i = 0; i < inv->n; i++)
		args[i] = qiao_mp_bin(&m, reference.n);
	inv->args = args;
	inv->nonce = qiao_mp_bin(&m, FABRIC_NONCE_MAX);
	if (inv->nonce.n < FABRIC_NONCE_MIN)
		qiao_mp_fail(&m, QIAO_E_LIMIT);
	return qiao_mp_finish(&m);
}

qiao_err fabric_live_prove(struct fabric_live *l, struct qiao_buf *proof,
			   struct qiao_slice reference, struct qiao_why *why)
{
	struct qiao_slice args[FABRIC_ARGS_MAX];
	char chaincode[QIAO_NAME_MAX + 1];
	struct fabric_invocation inv;
	qiao_err err;

	if (l->cfg.answer_orgs == 0)
		return qiao_fail(
			why, QIAO_E_CONFIG,
			"fabric adapter: name in `answers_of` the "
			"organisations whose peers shall sign answers");
	err = parse_question(chaincode, sizeof(chaincode), &inv, args,
			     reference);
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "a record reference of a Fabric channel is "
				 "[1, chaincode, arguments, nonce]");
	return fabric_gateway_answer(&l->sessions, proof, &inv,
				     (const char(*)[QIAO_ORG_MAX + 1])
					     l->cfg.answer_org,
				     l->cfg.answer_orgs, why);
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
