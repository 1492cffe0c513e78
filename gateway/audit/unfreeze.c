/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/audit/unfreeze.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

#include <string.h>

static const char tag[] = "qiao/unfreeze/1";

static size_t chains_of(unsigned int scope)
{
	return scope == QIAO_UNFREEZE_CHAIN   ? 1
	       : scope == QIAO_UNFREEZE_ROUTE ? 2
					      : 0;
}

static bool is_good(const struct qiao_unfreeze *u)
{
	size_t n = chains_of(u->scope);

	for (size_t i = 0; i < n; i++)
		if (qiao_hash_is_zero(&u->chain[i]))
			return false;
	return n > 0 && u->gateway[0] && u->name[0] && u->reason[0] &&
	       !qiao_hash_is_zero(&u->network) && u->frozen_at > 0 && u->at > 0;
}

static void put_statement(struct qiao_buf *out, const struct qiao_unfreeze *u)
{
	size_t n = chains_of(u->scope);

	qiao_mp_put_array(out, 10);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_hash(out, &u->network);
	qiao_mp_put_cstr(out, u->gateway);
	qiao_mp_put_uint(out, u->scope);
	qiao_mp_put_cstr(out, u->name);
	qiao_mp_put_array(out, n);
	for (size_t i = 0; i < n; i++)
		qiao_mp_put_hash(out, &u->chain[i]);
	qiao_mp_put_int(out, u->frozen_at);
	if (qiao_hash_is_zero(&u->evidence))
		qiao_mp_put_nil(out);
	else
		qiao_mp_put_hash(out, &u->evidence);
	qiao_mp_put_cstr(out, u->reason);
	qiao_mp_put_int(out, u->at);
}

qiao_err qiao_unfreeze_encode(struct qiao_buf *out,
			      const struct qiao_unfreeze *u)
{
	if (!is_good(u))
		return QIAO_E_MALFORMED;
	put_statement(out, u);
	return out->err;
}

qiao_err qiao_unfreeze_parse(struct qiao_unfreeze *out, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_UNFREEZE_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 10);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	out->network = qiao_mp_hash(&m);
	qiao_mp_str_into(&m, out->gateway, sizeof(out->gateway));
	out->scope = (unsigned int)qiao_mp_uint(&m, QIAO_UNFREEZE_ROUTE);
	qiao_mp_str_into(&m, out->name, sizeof(out->name));
	qiao_mp_array_of(&m, chains_of(out->scope));
	for (size_t i = 0; i < chains_of(out->scope); i++)
		out->chain[i] = qiao_mp_hash(&m);
	out->frozen_at = qiao_mp_time(&m);
	if (!qiao_mp_nil(&m)) {
		out->evidence = qiao_mp_hash(&m);
		if (qiao_hash_is_zero(&out->evidence))
			qiao_mp_fail(&m, QIAO_E_MALFORMED);
	}
	qiao_mp_str_into(&m, out->reason, sizeof(out->reason));
	out->at = qiao_mp_time(&m);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK && !is_good(out))
		err = QIAO_E_MALFORMED;
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

bool qiao_unfreeze_same(const struct qiao_unfreeze *a,
			const struct qiao_unfreeze *b)
{
	return qiao_hash_eq(&a->network, &b->network) &&
	       strcmp(a->gateway, b->gateway) == 0 && a->scope == b->scope &&
	       strcmp(a->name, b->name) == 0 &&
	       qiao_hash_eq(&a->chain[0], &b->chain[0]) &&
	       qiao_hash_eq(&a->chain[1], &b->chain[1]) &&
	       a->frozen_at == b->frozen_at &&
	       qiao_hash_eq(&a->evidence, &b->evidence);
}

qiao_err qiao_unfreeze_signed_encode(struct qiao_buf *out,
				     const struct qiao_unfreeze_signed *s)
{
	qiao_mp_put_array(out, 3);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_bin(out, s->statement);
	qiao_mp_put_array(out, s->n);
	for (size_t i = 0; i < s->n; i++) {
		qiao_mp_put_array(out, 2);
		qiao_mp_put_bin(out, qiao_slice_of(s->by[i].key.b,
						   sizeof(s->by[i].key.b)));
		qiao_mp_put_bin(out, qiao_slice_of(s->by[i].sig.b,
						   sizeof(s->by[i].sig.b)));
	}
	return out->err;
}

static bool has_key(const struct qiao_unfreeze_signed *s,
		    const struct qiao_id16 *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(s->by[i].key.b, key->b, sizeof(key->b)) == 0)
			return true;
	return false;
}

static void parse_signatures(struct qiao_mp *m,
			     struct qiao_unfreeze_signed *out)
{
	size_t n = qiao_mp_array(m, QIAO_UNFREEZE_SIGS);

	if (n == 0)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	for (size_t i = 0; i < n; i++) {
		struct qiao_id16 key;

		qiao_mp_array_of(m, 2);
		qiao_mp_bin_into(m, key.b, sizeof(key.b));
		qiao_mp_bin_into(m, out->by[i].sig.b, sizeof(out->by[i].sig.b));
		if (has_key(out, &key))
			qiao_mp_fail(m, QIAO_E_MALFORMED);
		out->by[out->n++].key = key;
	}
}

qiao_err qiao_unfreeze_signed_parse(struct qiao_unfreeze_signed *out,
				    struct qiao_slice in)
{
	struct qiao_unfreeze u;
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_UNFREEZE_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	out->statement = qiao_mp_bin(&m, QIAO_UNFREEZE_MAX);
	parse_signatures(&m, out);
	err = qiao_mp_finish(&m);
	if (err == QIAO_OK)
		err = qiao_unfreeze_parse(&u, out->statement);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

qiao_err qiao_unfreeze_sign(struct qiao_unfreeze_signed *s,
			    const struct qiao_key *key)
{
	struct qiao_id16 id = qiao_pubkey_id(qiao_key_public(key));
	qiao_err err;

	if (has_key(s, &id))
		return QIAO_E_EXISTS;
	if (s->n == QIAO_UNFREEZE_SIGS)
		return QIAO_E_LIMIT;
	err = qiao_key_sign(key, &s->by[s->n].sig, tag, s->statement);
	if (err == QIAO_OK)
		s->by[s->n++].key = id;
	return err;
}

qiao_err qiao_unfreeze_check(const struct qiao_unfreeze_signed *s, size_t i,
			     const struct qiao_pubkey *key)
{
	struct qiao_id16 id = qiao_pubkey_id(key);

	if (i >= s->n || memcmp(id.b, s->by[i].key.b, sizeof(id.b)) != 0)
		return QIAO_E_KEY;
	return qiao_sig_verify(
		key, tag, s->statement,
		qiao_slice_of(s->by[i].sig.b, sizeof(s->by[i].sig.b)));
}
