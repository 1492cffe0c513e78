/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_delivery.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/include/qiao/limits.h"

#include <string.h>

/* kind: first element of the value (wire.md 8.4). */
static const struct space {
	const char *prefix;
	uint64_t kind;
	enum qiao_proven_kind means;
} spaces[] = {
	{ "entry/", 2, QIAO_PROVEN_DELIVERED },
	{ "usage/", 3, QIAO_PROVEN_USAGE },
	{ "anchor/", 4, QIAO_PROVEN_OTHER },
};

struct entry {
	struct qiao_hash id, digest, source, tx_id;
	struct qiao_slice submitter, payload;
};

static bool starts(struct qiao_slice key, const char *prefix)
{
	size_t n = strlen(prefix);

	return key.n >= n && memcmp(key.p, prefix, n) == 0;
}

static const struct space *space_of(struct qiao_slice key)
{
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (starts(key, spaces[i].prefix))
			return &spaces[i];
	return NULL;
}

static qiao_err entry_parse(struct entry *e, uint64_t kind,
			    struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 7);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != kind)
		return QIAO_E_MALFORMED;
	e->id = qiao_mp_hash(&m);
	e->digest = qiao_mp_hash(&m);
	e->source = qiao_mp_hash(&m);
	e->submitter = qiao_mp_bin(&m, sizeof(struct qiao_id16));
	e->payload = qiao_mp_bin(&m, QIAO_PAYLOAD_MAX);
	e->tx_id = qiao_mp_hash(&m);
	return qiao_mp_finish(&m);
}

/* Account of a client: first bytes of a hash over MSP id and public key. */
static qiao_err account_of(struct qiao_hash *out,
			   const struct qiao_fabric_identity *id)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	qiao_mp_put_array(&b, 2);
	qiao_mp_put_str(&b, id->msp->name);
	qiao_mp_put_bin(&b, qiao_cert_spki(id->cert));
	err = b.err;
	qiao_sha256_tagged(out, "qiao/fabric/account/1", qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

static bool key_names(struct qiao_slice key, const struct space *space,
		      const struct qiao_hash *id)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	size_t n = strlen(space->prefix);

	qiao_hex_encode(hex, qiao_slice_hash(id));
	return qiao_slice_is(qiao_slice_of(key.p + n, key.n - n), hex);
}

static bool is_true(const struct entry *e, const struct space *space,
		    const struct qiao_proven *p,
		    const struct qiao_hash *account)
{
	struct qiao_hash digest;

	if (!key_names(p->key, space, &e->id) ||
	    !qiao_slice_eq(p->tx_id, qiao_slice_hash(&e->tx_id)) ||
	    !qiao_slice_eq(e->submitter,
			   qiao_slice_of(account->b, sizeof(struct qiao_id16))))
		return false;
	qiao_sha256_tagged(&digest, "qiao/payload/1", e->payload);
	return qiao_hash_eq(&digest, &e->digest);
}

static void fill(struct qiao_proven *p, const struct space *space,
		 const struct entry *e)
{
	if (space->means == QIAO_PROVEN_OTHER)
		return;
	p->kind = space->means;
	p->value = e->payload;
	p->issuer_key = e->submitter;
	p->id = e->id;
	p->digest = e->digest;
	p->source = e->source;
}

qiao_err qiao_fabric_delivery_read(struct qiao_proven *p,
				   const struct qiao_fabric_identity *creator)
{
	const struct space *space = space_of(p->key);
	struct qiao_hash account;
	struct entry e;
	qiao_err err;

	if (starts(p->key, "record/"))
		return QIAO_OK;
	p->doubted |= space && p->kind == QIAO_PROVEN_DELETE;
	p->kind = QIAO_PROVEN_OTHER;
	if (!space || p->doubted)
		return QIAO_OK;
	err = entry_parse(&e, space->kind, p->value);
	if (err == QIAO_OK)
		err = account_of(&account, creator);
	if (err == QIAO_E_NOMEM)
		return err;
	p->doubted = err != QIAO_OK || !is_true(&e, space, p, &account);
	if (!p->doubted)
		fill(p, space, &e);
	return QIAO_OK;
}
