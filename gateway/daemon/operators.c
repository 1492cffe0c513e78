/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/operators.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/options.h"

#include <string.h>
#include <sys/stat.h>

struct checker {
	const struct qiao_operators *o;
	const struct qiao_conf *file;
	struct qiao_diags *d;
};

static const struct qiao_cnode *node_of(const struct checker *k, size_t i,
					const char *member)
{
	const struct qiao_cnode *n = qiao_cnode_at(
		qiao_cnode_get(qiao_conf_root(k->file), "operators"), i);
	const struct qiao_cnode *m = qiao_cnode_get(n, member);

	return m ? m : n;
}

static void check_roles(const struct checker *k, size_t i)
{
	const struct qiao_operator *p = &k->o->list[i];

	for (size_t r = 0; r < p->n_roles; r++)
		if (strcmp(p->roles[r], QIAO_ROLE_UNFREEZE) != 0)
			qiao_conf_error(k->file, k->d, node_of(k, i, "roles"),
					"E105",
					"there is no role \"%s\"; roles are: "
					"unfreeze",
					p->roles[r]);
}

static bool has_key(const struct qiao_operator *p, const struct qiao_pubkey *k)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (qiao_pubkey_eq(&p->keys[i].key, k))
			return true;
	return false;
}

/* One key with two people would let one of them sign for both. */
static void check_keys(const struct checker *k, size_t i)
{
	const struct qiao_operator *p = &k->o->list[i];

	for (size_t n = 0; n < p->n_keys; n++) {
		if (p->keys[n].not_before >= p->keys[n].not_after)
			qiao_conf_error(k->file, k->d, node_of(k, i, "keys"),
					"E107",
					"a key's not_after is not after its "
					"not_before");
		for (size_t other = 0; other < i; other++)
			if (has_key(&k->o->list[other], &p->keys[n].key))
				qiao_conf_error(
					k->file, k->d, node_of(k, i, "keys"),
					"E104",
					"operator %s has a key of operator %s; "
					"make each their own with \"qiao key "
					"new\"",
					p->id, k->o->list[other].id);
	}
}

static void check_mode(struct qiao_diags *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 022))
		qiao_diag(d, path, 1, 1, "E131",
			  "%s may be written by others than its owner; chmod "
			  "go-w %s",
			  path, path);
}

qiao_err qiao_operators_load(struct qiao_operators *out, struct qiao_diags *d,
			     const char *path)
{
	unsigned int before = d->errors;
	struct qiao_conf *file = NULL;
	struct checker k = { .o = out, .d = d };
	qiao_err err = qiao_conf_load(&file, d, path);

	*out = (struct qiao_operators){ .n = 0 };
	if (err == QIAO_OK)
		err = qiao_options_read(out, qiao_operator_options, file, d);
	if (err == QIAO_OK) {
		k.file = file;
		check_mode(d, path);
		for (size_t i = 0; i < out->n; i++) {
			check_roles(&k, i);
			check_keys(&k, i);
		}
		err = d->errors > before ? QIAO_E_CONFIG : QIAO_OK;
	}
	qiao_conf_free(file);
	if (err != QIAO_OK)
		qiao_operators_free(out);
	return err;
}

void qiao_operators_free(struct qiao_operators *o)
{
	qiao_free(o->list);
	*o = (struct qiao_operators){ .n = 0 };
}

bool qiao_operator_has_role(const struct qiao_operator *p, const char *role)
{
	for (size_t i = 0; i < p->n_roles; i++)
		if (strcmp(p->roles[i], role) == 0)
			return true;
	return false;
}

static const struct qiao_config_key *key_of(const struct qiao_operator *p,
					    const struct qiao_id16 *id)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		struct qiao_id16 k = qiao_pubkey_id(&p->keys[i].key);

		if (memcmp(k.b, id->b, sizeof(k.b)) == 0)
			return &p->keys[i];
	}
	return NULL;
}

const struct qiao_operator *qiao_operators_find(const struct qiao_operators *o,
						const struct qiao_pubkey **key,
						const struct qiao_id16 *id,
						const char *role,
						int64_t now_ms,
						struct qiao_why *why)
{
	char hex[QIAO_HEX_LEN(16)];

	for (size_t i = 0; i < o->n; i++) {
		const struct qiao_operator *p = &o->list[i];
		const struct qiao_config_key *k = key_of(p, id);

		if (!k)
			continue;
		*key = &k->key;
		if (now_ms >= k->not_before && now_ms <= k->not_after &&
		    qiao_operator_has_role(p, role))
			return p;
		qiao_fail(why, QIAO_E_DENIED,
			  qiao_operator_has_role(p, role)
				  ? "the key of operator %s is not valid now; "
				    "see its dates in the operators file"
				  : "operator %s has not the role for this; "
				    "see roles in the operators file",
			  p->id);
		return NULL;
	}
	qiao_fail(why, QIAO_E_KEY,
		  "no operator has the key %s; add it to the operators file",
		  qiao_hex_encode(hex, qiao_slice_of(id->b, sizeof(id->b))));
	return NULL;
}
