/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/orgs.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"
#include "gateway/record/check.h"
#include "gateway/record/load.h"

#include <stdlib.h>
#include <string.h>

/* Every identity of every organisation, by chain, kind and value. */
struct identity {
	const struct qiao_org_id *id;
	const struct qiao_org *org;
};

struct qiao_orgs {
	struct qiao_pool pool;
	const char *id;
	int64_t version;
	size_t n;
	struct qiao_org *list;
	size_t n_ids;
	struct identity *ids;
};

static const char *const kind_words[] = { "msp", "key", "fisco-account", NULL };

/* clang-format off */
static const struct qiao_ckey root_keys[] = {
	{ "format", QIAO_C_INT, true },
	{ "id", QIAO_C_STR, true },
	{ "version", QIAO_C_INT, true },
	{ "list", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey org_keys[] = {
	{ "org", QIAO_C_STR, true },
	{ "title", QIAO_C_STR, false },
	{ "usci", QIAO_C_STR, false },
	{ "ids", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey id_keys[] = {
	{ "chain", QIAO_C_STR, true },
	{ "kind", QIAO_C_STR, true },
	{ "value", QIAO_C_STR, true },
	{ "ou", QIAO_C_STR, false },
	{ "from_height", QIAO_C_INT, false },
	{ "to_height", QIAO_C_INT, false },
	{ NULL, 0, false },
};
/* clang-format on */

static void key_load(const struct qiao_load *l, struct qiao_org_id *id,
		     const struct qiao_cnode *n)
{
	struct qiao_pubkey key;

	if (qiao_pubkey_read(&key, id->value) == QIAO_OK)
		id->key_id = qiao_pubkey_id(&key);
	else
		qiao_conf_error(l->c, l->d, n, "E105",
				"value must be a public key, "
				"\"secp256k1:\" or \"p256:\" and 66 hex "
				"digits");
}

static void account_check(const struct qiao_load *l,
			  const struct qiao_org_id *id,
			  const struct qiao_cnode *n)
{
	const char *v = id->value;

	if (strncmp(v, "0x", 2) == 0 && strlen(v) == 42 &&
	    strspn(v + 2, "0123456789abcdef") == 40)
		return;
	qiao_conf_error(l->c, l->d, n, "E105",
			"value must be 0x and 40 lower-case hex digits");
}

static void id_load(const struct qiao_load *l, struct qiao_org_id *id,
		    const struct qiao_cnode *g)
{
	static const char where[] = "orgs.list[].ids[]";
	const struct qiao_cnode *value = qiao_cnode_get(g, "value");

	*id = (struct qiao_org_id){ .chain = "", .value = "", .ou = "" };
	if (!qiao_conf_check(l->c, l->d, g, where, id_keys))
		return;
	qiao_load_name_check(l, qiao_cnode_get(g, "chain"), QIAO_NAME_MAX);
	id->chain = qiao_load_str(l, g, "chain", "");
	id->value = qiao_load_str(l, g, "value", "");
	id->ou = qiao_load_str(l, g, "ou", "");
	id->from = qiao_load_uint(l, g, "from_height", 0, 0);
	id->to = qiao_load_uint(l, g, "to_height", 0, QIAO_HEIGHT_MAX);
	id->kind = (enum qiao_org_id_kind)qiao_load_word(
		l, g, where, "kind", kind_words, QIAO_ORG_ID_MSP);
	if (id->ou[0] && id->kind != QIAO_ORG_ID_MSP)
		qiao_conf_error(l->c, l->d, qiao_cnode_get(g, "ou"), "E101",
				"only an MSP has an ou");
	if (id->kind == QIAO_ORG_ID_KEY)
		key_load(l, id, value);
	if (id->kind == QIAO_ORG_ID_FISCO)
		account_check(l, id, value);
	if (!id->value[0])
		qiao_conf_error(l->c, l->d, value, "E105", "value is empty");
}

static void usci_check(const struct qiao_load *l, const char *usci,
		       const struct qiao_cnode *n)
{
	const char *bad =
		qiao_check_value(QIAO_CHECK_USCI, qiao_slice_str(usci), 0);

	if (n && bad)
		qiao_conf_error(l->c, l->d, n, "E105",
				"\"%s\" is no unified social credit code (%s)",
				usci, bad);
}

static void org_load(const struct qiao_load *l, struct qiao_org *o,
		     const struct qiao_cnode *g)
{
	const struct qiao_cnode *list = qiao_cnode_get(g, "ids");
	struct qiao_org_id *ids;

	*o = (struct qiao_org){ .org = "", .title = "", .usci = "" };
	if (!qiao_conf_check(l->c, l->d, g, "orgs.list[]", org_keys))
		return;
	qiao_load_name_check(l, qiao_cnode_get(g, "org"), QIAO_ORG_MAX);
	o->org = qiao_load_str(l, g, "org", "");
	o->title = qiao_load_str(l, g, "title", o->org);
	o->usci = qiao_load_str(l, g, "usci", "");
	usci_check(l, o->usci, qiao_cnode_get(g, "usci"));
	ids = qiao_pool_take(l->pool, qiao_cnode_count(list), sizeof(*ids));
	if (!ids)
		return;
	o->ids = ids;
	o->n_ids = qiao_cnode_count(list);
	for (size_t i = 0; i < o->n_ids; i++)
		id_load(l, &ids[i], qiao_cnode_at(list, i));
}

static int compare_orgs(const void *a, const void *b)
{
	const struct qiao_org *x = a, *y = b;

	return strcmp(x->org, y->org);
}

static int compare_kind_value(const struct qiao_org_id *x,
			      const struct qiao_org_id *y)
{
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == QIAO_ORG_ID_KEY)
		return memcmp(x->key_id.b, y->key_id.b, sizeof(x->key_id.b));
	return strcmp(x->value, y->value);
}

static int compare_ids(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int c = strcmp(x->id->chain, y->id->chain);

	return c ? c : compare_kind_value(x->id, y->id);
}

/* Could both speak for one write? */
static bool overlap(const struct qiao_org_id *x, const struct qiao_org_id *y)
{
	return strcmp(x->ou, y->ou) == 0 && x->from <= y->to &&
	       y->from <= x->to;
}

/* One chain identity maps to exactly one organisation. */
static void twice_check(const struct qiao_load *l, const struct qiao_orgs *o)
{
	const struct qiao_cnode *root = qiao_conf_root(l->c);

	for (size_t i = 0; i < o->n_ids; i++) {
		for (size_t j = i + 1; j < o->n_ids; j++) {
			const struct identity *x = &o->ids[i], *y = &o->ids[j];

			if (compare_ids(x, y) != 0)
				break;
			if (overlap(x->id, y->id))
				qiao_conf_error(l->c, l->d, root, "E104",
						"identity \"%s\" on chain "
						"\"%s\" speaks for \"%s\" and "
						"for \"%s\"",
						x->id->value, x->id->chain,
						x->org->org, y->org->org);
		}
	}
}

static void index_make(const struct qiao_load *l, struct qiao_orgs *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->list[i].n_ids;
	o->ids = qiao_pool_take(l->pool, n, sizeof(*o->ids));
	if (!o->ids)
		return;
	for (size_t i = 0; i < o->n; i++)
		for (size_t j = 0; j < o->list[i].n_ids; j++)
			o->ids[o->n_ids++] =
				(struct identity){ &o->list[i].ids[j],
						   &o->list[i] };
	qsort(o->ids, n, sizeof(*o->ids), compare_ids);
	twice_check(l, o);
}

static void orgs_load(const struct qiao_load *l, struct qiao_orgs *o)
{
	const struct qiao_cnode *g = qiao_load_root(l, "orgs", root_keys);
	const struct qiao_cnode *list = qiao_cnode_get(g, "list");

	if (!g)
		return;
	o->id = qiao_load_str(l, g, "id", "");
	o->version = qiao_conf_int(g, "version", 0);
	o->list = qiao_pool_take(l->pool, qiao_cnode_count(list),
				 sizeof(*o->list));
	if (!o->list)
		return;
	o->n = qiao_cnode_count(list);
	for (size_t i = 0; i < o->n; i++)
		org_load(l, &o->list[i], qiao_cnode_at(list, i));
	qsort(o->list, o->n, sizeof(*o->list), compare_orgs);
	for (size_t i = 1; i < o->n; i++)
		if (o->list[i].org[0] &&
		    strcmp(o->list[i - 1].org, o->list[i].org) == 0)
			qiao_conf_error(l->c, l->d, list, "E104",
					"organisation \"%s\" stands twice",
					o->list[i].org);
	index_make(l, o);
}

qiao_err qiao_orgs_parse(struct qiao_orgs **out, struct qiao_diags *d,
			 const struct qiao_conf *c)
{
	struct qiao_orgs *o = qiao_calloc(1, sizeof(*o));
	unsigned int before = d->errors;
	qiao_err err = QIAO_OK;

	*out = NULL;
	if (!o)
		return QIAO_E_NOMEM;
	orgs_load(&(struct qiao_load){ c, d, &o->pool }, o);
	if (o->pool.failed || d->text.err != QIAO_OK)
		err = QIAO_E_NOMEM;
	else if (d->errors != before)
		err = QIAO_E_CONFIG;
	if (err == QIAO_OK)
		*out = o;
	else
		qiao_orgs_free(o);
	return err;
}

void qiao_orgs_free(struct qiao_orgs *o)
{
	if (!o)
		return;
	qiao_pool_free(&o->pool);
	qiao_free(o);
}

const char *qiao_orgs_id(const struct qiao_orgs *o)
{
	return o->id;
}

int64_t qiao_orgs_version(const struct qiao_orgs *o)
{
	return o->version;
}

size_t qiao_orgs_count(const struct qiao_orgs *o)
{
	return o->n;
}

const struct qiao_org *qiao_orgs_at(const struct qiao_orgs *o, size_t i)
{
	return i < o->n ? &o->list[i] : NULL;
}

const struct qiao_org *qiao_orgs_find(const struct qiao_orgs *o,
				      const char *org)
{
	struct qiao_org key = { .org = org };

	if (o->n == 0)
		return NULL;
	return bsearch(&key, o->list, o->n, sizeof(key), compare_orgs);
}

/* The first identity that is not before the wanted one. */
static size_t first_of(const struct qiao_orgs *o, const struct identity *want)
{
	size_t lo = 0, hi = o->n_ids;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_ids(&o->ids[mid], want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct qiao_org *identity_find(const struct qiao_orgs *o,
					    const struct qiao_org_id *id,
					    struct qiao_slice ou,
					    uint64_t height)
{
	const struct identity want = { id, NULL };
	const struct qiao_org *found = NULL;

	for (size_t i = first_of(o, &want); i < o->n_ids; i++) {
		const struct identity *at = &o->ids[i];

		if (compare_ids(at, &want) != 0)
			break;
		if (height < at->id->from || height > at->id->to)
			continue;
		if (!at->id->ou[0])
			found = found ? found : at->org;
		else if (qiao_slice_is(ou, at->id->ou))
			return at->org;
	}
	return found;
}

const struct qiao_org *qiao_orgs_of_msp(const struct qiao_orgs *o,
					const char *chain,
					struct qiao_slice msp,
					struct qiao_slice ou, uint64_t height)
{
	char value[QIAO_ORG_MAX + 1];
	const struct qiao_org_id want = { .chain = chain,
					  .kind = QIAO_ORG_ID_MSP,
					  .value = value };

	if (!qiao_str_copy(value, sizeof(value), msp))
		return NULL;
	return identity_find(o, &want, ou, height);
}

const struct qiao_org *qiao_orgs_of_key(const struct qiao_orgs *o,
					const char *chain,
					struct qiao_slice key_id,
					uint64_t height)
{
	struct qiao_org_id want = { .chain = chain, .kind = QIAO_ORG_ID_KEY };

	if (key_id.n != sizeof(want.key_id.b))
		return NULL;
	memcpy(want.key_id.b, key_id.p, key_id.n);
	return identity_find(o, &want, qiao_slice_of(NULL, 0), height);
}
