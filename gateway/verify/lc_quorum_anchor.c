/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "gateway/verify/lc_quorum.h"

#include <string.h>

static const char *const names[] = { "family", "chain",       "genesis",
				     "set",    "fingerprint", NULL };

static bool is_known(const char *name)
{
	for (size_t i = 0; names[i]; i++)
		if (name && strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Exactly the five settings: what is not understood is not ignored. */
static qiao_err names_check(const struct qiao_cnode *root, struct qiao_why *why)
{
	char text[QIAO_NAME_MAX + 1];

	for (size_t i = 0; i < qiao_cnode_count(root); i++) {
		const char *name = qiao_cnode_name(qiao_cnode_at(root, i));

		if (!is_known(name))
			return qiao_fail(
				why, QIAO_E_CONFIG,
				"anchor: unknown setting %s; an anchor of "
				"family quorum has family, chain, genesis, "
				"set, fingerprint",
				qiao_str_escape(
					text, sizeof(text),
					qiao_slice_str(name ? name : "")));
	}
	for (size_t i = 0; names[i]; i++)
		if (!qiao_conf_str(root, names[i], NULL))
			return qiao_fail(why, QIAO_E_CONFIG,
					 "anchor: no text setting %s; take the "
					 "anchor file that `qiao-ledger init` "
					 "wrote",
					 names[i]);
	if (strcmp(qiao_conf_str(root, "family", ""), "quorum") != 0)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: family is not quorum");
	return QIAO_OK;
}

static qiao_err hex_read(struct qiao_buf *out, const struct qiao_cnode *root,
			 const char *name, struct qiao_why *why)
{
	const char *hex = qiao_conf_str(root, name, "");
	qiao_err err = qiao_hex_decode_buf(out, qiao_slice_str(hex));

	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK || out->n == 0)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: %s is not hexadecimal", name);
	return QIAO_OK;
}

/* The genesis header is trusted because its hash is the pinned one. */
static qiao_err genesis_check(struct qiao_quorum_anchor *a,
			      const struct qiao_cnode *root,
			      struct qiao_why *why)
{
	const char *pinned = qiao_conf_str(root, "fingerprint", "");
	qiao_err err = qiao_quorum_header_parse(
		&a->genesis, qiao_buf_slice(&a->genesis_bytes));
	struct qiao_hash want;

	if (err != QIAO_OK)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: genesis is no header of family "
				 "quorum (%s)",
				 qiao_strerror(err));
	if (!qiao_hex_decode(want.b, sizeof(want.b), qiao_slice_str(pinned)) ||
	    !qiao_hash_eq(&want, &a->genesis.hash))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: genesis does not have the pinned "
				 "fingerprint; compare it with the chain's "
				 "operator");
	if (a->genesis.height != 0 ||
	    !qiao_hash_eq(&a->genesis.set, &a->genesis.next_set))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: genesis must have height 0 and "
				 "change no validator set");
	if (!qiao_slice_is(a->genesis.chain, a->chain))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: genesis belongs to another chain "
				 "than %s",
				 a->chain);
	return QIAO_OK;
}

static qiao_err set_check(const struct qiao_quorum_anchor *a,
			  struct qiao_quorum_set *set, struct qiao_why *why)
{
	qiao_err err =
		qiao_quorum_set_parse(set, qiao_buf_slice(&a->set_bytes));

	if (err != QIAO_OK)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: set is no usable validator set (%s)",
				 qiao_strerror(err));
	if (!qiao_hash_eq(&set->hash, &a->genesis.next_set))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: genesis names another validator set "
				 "than set");
	return QIAO_OK;
}

qiao_err qiao_lc_quorum_anchor_read(struct qiao_quorum_anchor *out,
				    struct qiao_quorum_set *set,
				    const struct qiao_cnode *root,
				    struct qiao_why *why)
{
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (!root)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "no trust anchor: a chain is followed from an "
				 "anchor file or not at all");
	err = names_check(root, why);
	if (err != QIAO_OK)
		return err;
	if (!qiao_str_copy(out->chain, sizeof(out->chain),
			   qiao_slice_str(qiao_conf_str(root, "chain", ""))))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "anchor: chain is longer than %d bytes",
				 QIAO_NAME_MAX);
	err = hex_read(&out->genesis_bytes, root, "genesis", why);
	if (err == QIAO_OK)
		err = hex_read(&out->set_bytes, root, "set", why);
	if (err == QIAO_OK)
		err = genesis_check(out, root, why);
	return err == QIAO_OK ? set_check(out, set, why) : err;
}

void qiao_lc_quorum_anchor_fini(struct qiao_quorum_anchor *a)
{
	qiao_buf_free(&a->genesis_bytes);
	qiao_buf_free(&a->set_bytes);
}
