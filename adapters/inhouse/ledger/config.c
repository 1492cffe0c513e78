/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/ledger/config.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"

#include <string.h>

static const struct qiao_ckey root_keys[] = {
	{ "chain", QIAO_C_STR, true },
	{ "network", QIAO_C_STR, true },
	{ "block_ms", QIAO_C_INT, false },
	{ "idle_ms", QIAO_C_INT, false },
	{ "block_leaves", QIAO_C_INT, false },
	{ "block_bytes", QIAO_C_INT, false },
	{ "accounts", QIAO_C_LIST, false },
	{ "issuers", QIAO_C_LIST, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey account_keys[] = {
	{ "name", QIAO_C_STR, true },
	{ "key", QIAO_C_STR, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey issuer_keys[] = {
	{ "org", QIAO_C_STR, true },
	{ "key", QIAO_C_STR, true },
	{ NULL, 0, false },
};

struct loading {
	struct qiao_conf *conf;
	struct qiao_diags *d;
	const struct qiao_cnode *root;
};

static void error_at(struct loading *l, const struct qiao_cnode *n,
		     const char *what)
{
	qiao_conf_error(l->conf, l->d, n, "E110", "%s", what);
}

static int64_t number(struct loading *l, const char *name, int64_t def,
		      int64_t min, int64_t max)
{
	const struct qiao_cnode *n = qiao_cnode_get(l->root, name);
	int64_t v = qiao_cnode_int(n, def);

	if (v >= min && v <= max)
		return v;
	qiao_conf_error(l->conf, l->d, n, "E110",
			"%s must be %lld to %lld, not %lld", name,
			(long long)min, (long long)max, (long long)v);
	return def;
}

static void text(struct loading *l, char *out, size_t size,
		 const struct qiao_cnode *group, const char *name)
{
	const struct qiao_cnode *n = qiao_cnode_get(group, name);
	struct qiao_slice s = qiao_slice_str(qiao_cnode_str(n, ""));

	if (s.n == 0 || !qiao_utf8_valid(s) || !qiao_str_copy(out, size, s))
		error_at(l, n, "empty, too long, or no UTF-8");
}

static void key_read(struct loading *l, struct qiao_pubkey *out,
		     const struct qiao_cnode *group)
{
	const struct qiao_cnode *n = qiao_cnode_get(group, "key");

	if (qiao_pubkey_read(out, qiao_cnode_str(n, "")) != QIAO_OK)
		error_at(l, n, "no public key of the form secp256k1:<66 hex>");
}

static const struct qiao_cnode *list(struct loading *l, const char *name,
				     size_t *n, size_t max)
{
	const struct qiao_cnode *node = qiao_cnode_get(l->root, name);

	*n = qiao_cnode_count(node);
	if (*n <= max)
		return node;
	qiao_conf_error(l->conf, l->d, node, "E110", "more than %zu %s", max,
			name);
	*n = 0;
	return node;
}

static void accounts_read(struct loading *l, struct qiao_ledger_config *out)
{
	const struct qiao_cnode *node =
		list(l, "accounts", &out->n_accounts, QIAO_LEDGER_ACCOUNTS_MAX);

	for (size_t i = 0; i < out->n_accounts; i++) {
		const struct qiao_cnode *g = qiao_cnode_at(node, i);
		struct qiao_ledger_account *a = &out->accounts[i];

		if (!qiao_conf_check(l->conf, l->d, g, "accounts[]",
				     account_keys))
			continue;
		text(l, a->name, sizeof(a->name), g, "name");
		key_read(l, &a->key, g);
		a->id = qiao_pubkey_id(&a->key);
	}
}

static void issuers_read(struct loading *l, struct qiao_ledger_config *out)
{
	const struct qiao_cnode *node =
		list(l, "issuers", &out->n_issuers, QIAO_LEDGER_ISSUERS_MAX);

	for (size_t i = 0; i < out->n_issuers; i++) {
		const struct qiao_cnode *g = qiao_cnode_at(node, i);
		struct qiao_ledger_issuer *s = &out->issuers[i];

		if (!qiao_conf_check(l->conf, l->d, g, "issuers[]",
				     issuer_keys))
			continue;
		text(l, s->org, sizeof(s->org), g, "org");
		key_read(l, &s->key, g);
	}
}

static void network_read(struct loading *l, struct qiao_ledger_config *out)
{
	const struct qiao_cnode *n = qiao_cnode_get(l->root, "network");

	if (!qiao_hex_decode(out->network.b, sizeof(out->network.b),
			     qiao_slice_str(qiao_cnode_str(n, ""))) ||
	    qiao_hash_is_zero(&out->network))
		error_at(l, n, "the network id is 64 hex digits, not all zero");
}

static void all_read(struct loading *l, struct qiao_ledger_config *out)
{
	if (!qiao_conf_check(l->conf, l->d, l->root, "ledger.conf", root_keys))
		return;
	text(l, out->chain, sizeof(out->chain), l->root, "chain");
	network_read(l, out);
	out->block_ms = (unsigned int)number(l, "block_ms", 20, 1, 60000);
	out->idle_ms = (unsigned int)number(l, "idle_ms", 0, 0, 86400000);
	out->block_leaves =
		(size_t)number(l, "block_leaves", 1000, 1, QIAO_LEAVES_MAX / 4);
	/* a whole block must fit into one message of the adapter protocol */
	out->block_bytes = (size_t)number(
		l, "block_bytes", (int64_t)QIAO_MIB(2),
		(int64_t)QIAO_PAYLOAD_MAX * 2, (int64_t)QIAO_MIB(3));
	accounts_read(l, out);
	issuers_read(l, out);
}

qiao_err qiao_ledger_config_load(struct qiao_ledger_config *out,
				 struct qiao_diags *d, const char *path)
{
	struct loading l = { .d = d };
	qiao_err err = qiao_conf_load(&l.conf, d, path);

	memset(out, 0, sizeof(*out));
	if (err != QIAO_OK)
		return err;
	l.root = qiao_conf_root(l.conf);
	all_read(&l, out);
	qiao_conf_free(l.conf);
	if (d->errors == 0)
		return QIAO_OK;
	memset(out, 0, sizeof(*out));
	return QIAO_E_CONFIG;
}
