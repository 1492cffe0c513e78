/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The anchor file of a Fabric channel (docs/light-client-fabric.md 2):
 *
 *     family = "fabric";
 *     channel = "certchannel";
 *     genesis = "certchannel.block";     # read by the caller
 *     genesis_hash = "ab5b50...";        # of its header
 *     chaincode = ( { name = "records"; from = 0L; policy = "..."; } );
 *     contract = "qiao";                 # chaincode that takes deliveries
 */
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/conf/conf.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/lc_fabric.h"

#include <string.h>

static const char *const anchor_keys[] = { "family",    "channel",
					   "genesis",   "genesis_hash",
					   "chaincode", "contract",
					   NULL };
static const char *const chaincode_keys[] = { "name", "from", "policy", NULL };

/* What is not understood is not ignored. */
static qiao_err check_keys(const struct qiao_cnode *g, const char *const *keys,
			   struct qiao_why *why)
{
	char text[QIAO_NAME_MAX];

	for (size_t i = 0; i < qiao_cnode_count(g); i++) {
		const char *name = qiao_cnode_name(qiao_cnode_at(g, i));
		size_t k = 0;

		if (!name)
			name = "";
		while (keys[k] && strcmp(keys[k], name) != 0)
			k++;
		if (!keys[k])
			return qiao_fail(why, QIAO_E_CONFIG,
					 "anchor: unknown setting %s",
					 qiao_str_escape(text, sizeof(text),
							 qiao_slice_str(name)));
	}
	return QIAO_OK;
}

static qiao_err read_chaincode(struct qiao_fabric_rules *rules,
			       const struct qiao_cnode *g, struct qiao_why *why)
{
	qiao_err err = check_keys(g, chaincode_keys, why);
	int64_t from = qiao_conf_int(g, "from", 0);
	struct qiao_why inner = { "" };

	if (err != QIAO_OK)
		return err;
	if (qiao_cnode_type(g) != QIAO_C_GROUP || from < 0 ||
	    !qiao_conf_str(g, "name", NULL) ||
	    !qiao_conf_str(g, "policy", NULL))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: an entry of chaincode has name, "
				 "policy and maybe from (a height, 0 or more)");
	err = qiao_fabric_rules_add(rules, qiao_conf_str(g, "name", ""),
				    (uint64_t)from,
				    qiao_conf_str(g, "policy", ""), &inner);
	if (err != QIAO_OK)
		qiao_fail(why, err, "anchor: %s", inner.text);
	return err;
}

static qiao_err read_chaincodes(struct qiao_fabric_rules *rules,
				const struct qiao_cnode *anchor,
				struct qiao_why *why)
{
	const struct qiao_cnode *list = qiao_cnode_get(anchor, "chaincode");
	qiao_err err = QIAO_OK;

	if (list && qiao_cnode_type(list) != QIAO_C_LIST)
		return qiao_fail(
			why, QIAO_E_CONFIG,
			"anchor: chaincode is a list ( { ... }, ... )");
	for (size_t i = 0; err == QIAO_OK && i < qiao_cnode_count(list); i++)
		err = read_chaincode(rules, qiao_cnode_at(list, i), why);
	return err;
}

/* docs/wire.md 2.1 */
static qiao_err set_identity(struct qiao_lightclient *lc,
			     const struct qiao_fabric_config *genesis)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	qiao_mp_put_array(&b, 3);
	qiao_mp_put_cstr(&b, "fabric");
	qiao_mp_put_str(&b, genesis->channel);
	qiao_mp_put_hash(&b, &genesis->hash);
	err = b.err;
	if (err == QIAO_OK)
		qiao_sha256_tagged(&lc->identity, "qiao/chain/1",
				   qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

static qiao_err check_genesis(const struct qiao_fabric_config *genesis,
			      const struct qiao_cnode *anchor,
			      struct qiao_why *why)
{
	const char *pinned = qiao_conf_str(anchor, "genesis_hash", "");
	struct qiao_hash want;

	if (!qiao_hex_decode(want.b, sizeof(want.b), qiao_slice_str(pinned)) ||
	    !qiao_hash_eq(&want, &genesis->hash))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: the genesis block does not have the "
				 "pinned genesis_hash; compare it with the "
				 "channel's operators");
	if (genesis->height != 0)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: not the genesis block");
	if (!qiao_slice_is(genesis->channel,
			   qiao_conf_str(anchor, "channel", "")))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: the genesis block is of another "
				 "channel");
	return QIAO_OK;
}

qiao_err qiao_fabric_anchor_read(struct qiao_lightclient *lc,
				 const struct qiao_lc_config *cfg,
				 struct qiao_why *why)
{
	qiao_err err;

	if (!cfg->anchor ||
	    strcmp(qiao_conf_str(cfg->anchor, "family", ""), "fabric") != 0)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: family is not fabric");
	lc->demand.orderer_role = cfg->orderer_role;
	lc->demand.min_orderers = cfg->min_orderers ? cfg->min_orderers
						    : QIAO_FABRIC_SOME_ORDERERS;
	lc->gaps = cfg->gaps;
	err = check_keys(cfg->anchor, anchor_keys, why);
	if (err == QIAO_OK)
		err = read_chaincodes(&lc->rules, cfg->anchor, why);
	if (err == QIAO_OK &&
	    !qiao_str_copy(
		    lc->contract, sizeof(lc->contract),
		    qiao_slice_str(qiao_conf_str(cfg->anchor, "contract", ""))))
		err = qiao_fail(why, QIAO_E_CONFIG,
				"anchor: the name in contract is too long");
	if (err == QIAO_OK)
		err = qiao_fabric_config_load(&lc->config, cfg->anchor_blob,
					      &lc->sigs, why);
	if (err == QIAO_OK)
		err = check_genesis(lc->config, cfg->anchor, why);
	if (err == QIAO_OK)
		err = set_identity(lc, lc->config);
	if (err != QIAO_OK)
		return err;
	lc->genesis = lc->config->hash;
	lc->head = (struct qiao_header_trusted){ 0, lc->genesis, 0 };
	return QIAO_OK;
}
