/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/ledger/validators.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <stdio.h>
#include <string.h>

static qiao_err key_path(char *out, size_t size, const char *dir,
			 const struct qiao_pubkey *key, struct qiao_why *why)
{
	struct qiao_id16 id = qiao_pubkey_id(key);
	char hex[QIAO_HEX_LEN(sizeof(id.b))];
	int n = snprintf(out, size, "%s/keys/%s.key", dir,
			 qiao_hex_encode(hex, qiao_slice_of(id.b, 16)));

	if (n > 0 && (size_t)n < size)
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_CONFIG, "folder name %s is too long", dir);
}

static qiao_err key_load(struct qiao_key **out, const char *dir,
			 const struct qiao_pubkey *public, struct qiao_why *why)
{
	char path[QIAO_PATH_LEN];
	qiao_err err = key_path(path, sizeof(path), dir, public, why);

	if (err == QIAO_OK)
		err = qiao_key_load(out, path, why);
	if (err != QIAO_OK)
		return err;
	if (qiao_pubkey_eq(qiao_key_public(*out), public))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_KEY, "%s holds the key of another one",
			 path);
}

static qiao_err key_make(struct qiao_key **out, const char *dir,
			 struct qiao_why *why)
{
	char path[QIAO_PATH_LEN];
	qiao_err err = qiao_key_new(out, QIAO_SCHEME_SECP256K1);

	if (err == QIAO_OK)
		err = key_path(path, sizeof(path), dir, qiao_key_public(*out),
			       why);
	return err == QIAO_OK ? qiao_key_save(*out, path, why) : err;
}

static qiao_err encode(struct qiao_ledger_set *set)
{
	qiao_buf_clear(&set->bytes);
	qiao_inhouse_set_put(&set->bytes, set->m, set->n,
			     qiao_inhouse_threshold(set->m, set->n));
	qiao_sha256_tagged(&set->hash, QIAO_INHOUSE_SET_TAG,
			   qiao_buf_slice(&set->bytes));
	return set->bytes.err;
}

/* Keys in the order of the members, from their files. */
static qiao_err keys_load(struct qiao_ledger_set *set, const char *dir,
			  struct qiao_why *why)
{
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < set->n && err == QIAO_OK; i++)
		err = key_load(&set->key[i], dir, &set->m[i].key, why);
	return err;
}

static qiao_err members_add(struct qiao_ledger_set *set, const char *dir,
			    size_t n, struct qiao_why *why)
{
	for (size_t i = 0; i < n; i++) {
		struct qiao_key *key = NULL;
		qiao_err err = key_make(&key, dir, why);

		if (err == QIAO_OK) {
			set->m[set->n].key = *qiao_key_public(key);
			set->m[set->n++].weight = 1;
		}
		qiao_key_free(key);
		if (err != QIAO_OK)
			return err;
	}
	return QIAO_OK;
}

static qiao_err finish(struct qiao_ledger_set **out, struct qiao_ledger_set *s,
		       qiao_err err, const char *dir, struct qiao_why *why)
{
	if (err == QIAO_OK) {
		qiao_inhouse_set_sort(s->m, s->n);
		err = encode(s);
	}
	if (err == QIAO_OK)
		err = keys_load(s, dir, why);
	if (err == QIAO_OK)
		*out = s;
	else
		qiao_ledger_set_free(s);
	return err;
}

qiao_err qiao_ledger_set_new(struct qiao_ledger_set **out, const char *dir,
			     size_t n, struct qiao_why *why)
{
	struct qiao_ledger_set none = { .n = 0 };

	return qiao_ledger_set_change(out, &none, dir, n, NULL, 0, why);
}

static bool is_gone(const struct qiao_pubkey *key, const struct qiao_id16 *gone,
		    size_t n)
{
	struct qiao_id16 id = qiao_pubkey_id(key);

	for (size_t i = 0; i < n; i++)
		if (memcmp(gone[i].b, id.b, sizeof(id.b)) == 0)
			return true;
	return false;
}

qiao_err qiao_ledger_set_change(struct qiao_ledger_set **out,
				const struct qiao_ledger_set *old,
				const char *dir, size_t add,
				const struct qiao_id16 *gone, size_t n_gone,
				struct qiao_why *why)
{
	struct qiao_ledger_set *set;
	qiao_err err;

	*out = NULL;
	set = qiao_calloc(1, sizeof(*set));
	if (!set)
		return QIAO_E_NOMEM;
	for (size_t i = 0; i < old->n; i++)
		if (!is_gone(&old->m[i].key, gone, n_gone))
			set->m[set->n++] = old->m[i];
	if (set->n + n_gone != old->n)
		err = qiao_fail(why, QIAO_E_NOTFOUND,
				"a key id to remove is no validator's");
	else if (set->n + add == 0 || add > QIAO_VALIDATORS_MAX - set->n)
		err = qiao_fail(why, QIAO_E_USAGE,
				"a set has 1 to %d validators",
				QIAO_VALIDATORS_MAX);
	else
		err = members_add(set, dir, add, why);
	return finish(out, set, err, dir, why);
}

static qiao_err members_read(struct qiao_ledger_set *set,
			     struct qiao_slice bytes)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, bytes);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	qiao_mp_uint(&m, 1);
	qiao_mp_uint(&m, UINT64_MAX); /* threshold: follows from weights */
	set->n = qiao_mp_array(&m, QIAO_VALIDATORS_MAX);
	for (size_t i = 0; i < set->n; i++) {
		struct qiao_inhouse_member *e = &set->m[i];
		uint64_t scheme;

		qiao_mp_array_of(&m, 3);
		scheme = qiao_mp_uint(&m, UINT8_MAX);
		err = qiao_pubkey_parse(&e->key, (unsigned int)scheme,
					qiao_mp_bin(&m, QIAO_PUBKEY_LEN));
		e->weight = (uint32_t)qiao_mp_uint(&m, UINT32_MAX);
		if (err != QIAO_OK)
			return err;
	}
	return qiao_mp_finish(&m);
}

qiao_err qiao_ledger_set_load(struct qiao_ledger_set **out, const char *dir,
			      struct qiao_slice bytes, struct qiao_why *why)
{
	struct qiao_ledger_set *set;
	qiao_err err;

	*out = NULL;
	set = qiao_calloc(1, sizeof(*set));
	if (!set)
		return QIAO_E_NOMEM;
	err = members_read(set, bytes);
	if (err == QIAO_OK)
		err = encode(set);
	if (err == QIAO_OK &&
	    !qiao_slice_eq(qiao_buf_slice(&set->bytes), bytes))
		err = QIAO_E_STATE;
	if (err != QIAO_OK)
		qiao_fail(why, err,
			  "the validator set in the ledger's file is damaged");
	return finish(out, set, err, dir, why);
}

qiao_err qiao_ledger_set_sign(const struct qiao_ledger_set *set,
			      struct qiao_inhouse_sig *out,
			      struct qiao_slice header)
{
	for (size_t i = 0; i < set->n; i++) {
		qiao_err err = qiao_key_sign(set->key[i], &out[i].sig,
					     QIAO_INHOUSE_HEADER_TAG, header);

		if (err != QIAO_OK)
			return err;
		out[i].index = i;
	}
	return QIAO_OK;
}

void qiao_ledger_set_free(struct qiao_ledger_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++)
		qiao_key_free(set->key[i]);
	qiao_buf_free(&set->bytes);
	qiao_free(set);
}
