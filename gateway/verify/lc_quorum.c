/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/lc_quorum.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <string.h>

static qiao_err start_put(struct qiao_lightclient *lc,
			  const struct qiao_quorum_anchor *a,
			  const struct qiao_view *view)
{
	const struct qiao_quorum_header *g = &a->genesis;
	qiao_err err;

	lc->head.genesis = g->hash;
	lc->head.set = g->next_set;
	lc->newest = (struct qiao_quorum_row){ .hash = g->hash,
					       .leaves = g->leaves,
					       .root = g->root,
					       .time_ms = g->time_ms,
					       .set = g->set };
	err = qiao_quorum_set_put(&g->set, qiao_buf_slice(&a->set_bytes), view);
	if (err == QIAO_OK)
		err = qiao_quorum_row_put(&lc->newest, view);
	if (err == QIAO_OK)
		err = qiao_quorum_head_put(&lc->head, view);
	return err;
}

/* A row that must be there: missing or unreadable is damage. */
static qiao_err damage(qiao_err err, const char *what, struct qiao_why *why)
{
	if (err != QIAO_E_NOTFOUND && err != QIAO_E_STATE)
		return err;
	return qiao_fail(why, QIAO_E_STATE,
			 "light client state: %s is missing or damaged; "
			 "restore the store from its backup",
			 what);
}

static qiao_err resume(struct qiao_lightclient *lc,
		       const struct qiao_quorum_anchor *a,
		       const struct qiao_view *view, struct qiao_why *why)
{
	qiao_err err;

	if (!qiao_hash_eq(&lc->head.genesis, &a->genesis.hash))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "chain %s: the store follows a chain with "
				 "another genesis than the anchor file; give "
				 "the new chain a nickname of its own",
				 lc->chain);
	err = qiao_quorum_row_get(&lc->newest, lc->head.height, view);
	if (err != QIAO_OK)
		return damage(err, "the newest block row", why);
	err = qiao_quorum_set_get(lc->set, &lc->head.set, view);
	return err == QIAO_OK ? err : damage(err, "the validator set", why);
}

/* docs/wire.md 2.1: over ["quorum", genesis header hash] */
qiao_err qiao_lc_quorum_identity(struct qiao_hash *out,
				 const struct qiao_hash *genesis)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	qiao_mp_put_array(&b, 2);
	qiao_mp_put_cstr(&b, "quorum");
	qiao_mp_put_hash(&b, genesis);
	err = b.err;
	if (err == QIAO_OK)
		qiao_sha256_tagged(out, "qiao/chain/1", qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

static qiao_err load(struct qiao_lightclient *lc,
		     const struct qiao_lc_config *cfg,
		     const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_quorum_anchor a;
	qiao_err err =
		qiao_lc_quorum_anchor_read(&a, lc->set, cfg->anchor, why);

	if (err != QIAO_OK)
		goto out;
	memcpy(lc->chain, a.chain, sizeof(lc->chain));
	err = qiao_quorum_head_get(&lc->head, view);
	if (err == QIAO_E_NOTFOUND)
		err = start_put(lc, &a, view);
	else if (err == QIAO_OK)
		err = resume(lc, &a, view, why);
	else
		err = damage(err, "the head row", why);
	if (err == QIAO_OK)
		err = qiao_lc_quorum_identity(&lc->identity, &lc->head.genesis);
out:
	qiao_lc_quorum_anchor_fini(&a);
	return err;
}

static void lc_free(struct qiao_lightclient *lc)
{
	if (!lc)
		return;
	qiao_quorum_tree_fini(&lc->tree);
	qiao_free(lc->key_ids);
	qiao_free(lc->set);
	qiao_free(lc);
}

static qiao_err lc_open(struct qiao_lightclient **out,
			const struct qiao_lc_config *cfg,
			const struct qiao_hash *network,
			const struct qiao_view *view, struct qiao_why *why)
{
	struct qiao_lightclient *lc;
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	if (qiao_hash_is_zero(network))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "network id is all zero; take it from the "
				 "federation's configuration");
	lc = qiao_calloc(1, sizeof(*lc));
	if (!lc)
		return err;
	lc->network = *network;
	lc->set = qiao_calloc(1, sizeof(*lc->set));
	if (lc->set)
		err = load(lc, cfg, view, why);
	if (err == QIAO_OK)
		*out = lc;
	else
		lc_free(lc);
	return err;
}

static struct qiao_hash lc_identity(const struct qiao_lightclient *lc)
{
	return lc->identity;
}

static struct qiao_header_trusted trusted_of(const struct qiao_quorum_row *row)
{
	return (struct qiao_header_trusted){ row->height, row->hash,
					     row->time_ms };
}

static struct qiao_header_trusted lc_head(const struct qiao_lightclient *lc)
{
	return trusted_of(&lc->newest);
}

static qiao_err lc_header(const struct qiao_lightclient *lc,
			  struct qiao_header_trusted *out, uint64_t height,
			  const struct qiao_view *view)
{
	struct qiao_quorum_row row;
	qiao_err err = QIAO_E_NOTFOUND;

	memset(out, 0, sizeof(*out));
	if (height <= lc->head.height)
		err = qiao_quorum_row_get(&row, height, view);
	if (err == QIAO_OK)
		*out = trusted_of(&row);
	return err;
}

static qiao_err lc_hash(struct qiao_hash *out, struct qiao_slice claim)
{
	struct qiao_quorum_header h;
	struct qiao_mp m;
	qiao_err err;

	*out = (struct qiao_hash){ { 0 } };
	qiao_mp_open(&m, claim);
	qiao_mp_array_of(&m, 3);
	err = qiao_quorum_header_parse(&h,
				       qiao_mp_bin(&m, QIAO_QUORUM_HEADER_MAX));
	if (err == QIAO_OK)
		*out = h.hash;
	return err;
}

/* advance looks at the signatures of the last, and of one that changes the set.
 */
static qiao_err lc_thin(struct qiao_buf *out, struct qiao_slice claim,
			bool last)
{
	struct qiao_slice header;
	struct qiao_mp m;
	bool changes;

	qiao_mp_open(&m, claim);
	qiao_mp_array_of(&m, 3);
	header = qiao_mp_bin(&m, QIAO_QUORUM_HEADER_MAX);
	qiao_mp_raw(&m); /* signatures */
	changes = !qiao_mp_nil(&m);
	if (changes)
		qiao_mp_bin(&m, QIAO_QUORUM_SET_MAX);
	if (qiao_mp_finish(&m) != QIAO_OK)
		return QIAO_E_MALFORMED;
	if (last || changes) {
		qiao_buf_put(out, claim);
		return out->err;
	}
	qiao_mp_put_array(out, 3);
	qiao_mp_put_bin(out, header);
	qiao_mp_put_array(out, 0);
	qiao_mp_put_nil(out);
	return out->err;
}

static bool lc_stands(struct qiao_slice thin)
{
	struct qiao_mp m;

	qiao_mp_open(&m, thin);
	qiao_mp_array_of(&m, 3);
	qiao_mp_bin(&m, QIAO_QUORUM_HEADER_MAX);
	return qiao_mp_array(&m, QIAO_VALIDATORS_MAX) > 0;
}

static uint64_t lc_trust_height(const struct qiao_lightclient *lc)
{
	return lc->head.trust_height;
}

const struct qiao_lightclient_api qiao_lc_quorum = {
	.family = "quorum",
	.proof_is_block = false,
	.open = lc_open,
	.identity = lc_identity,
	.head = lc_head,
	.advance = qiao_lc_quorum_advance,
	.header = lc_header,
	.prove = qiao_lc_quorum_prove,
	.hash = lc_hash,
	.thin = lc_thin,
	.stands = lc_stands,
	.narrow = qiao_lc_quorum_narrow,
	.conflict = qiao_lc_quorum_conflict,
	.evidence = qiao_lc_quorum_evidence,
	.trust_height = lc_trust_height,
	.free = lc_free,
};
