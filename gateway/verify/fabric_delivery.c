/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_delivery.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/include/qiao/limits.h"

#include <string.h>

static const char entry_prefix[] = "entry/";
static const char record_prefix[] = "record/";

/* First element of the value; the numbers are those of wire.md 8.4. */
enum {
	ENTRY_DELIVERED = 2,
	ENTRY_USAGE = 3,
	ENTRY_ANCHOR = 4,
};

struct entry {
	uint64_t kind;
	struct qiao_hash id, digest, source, tx_id;
	struct qiao_slice submitter, payload;
};

static bool starts(struct qiao_slice key, const char *prefix, size_t n)
{
	return key.n >= n && memcmp(key.p, prefix, n) == 0;
}

static qiao_err entry_parse(struct entry *e, struct qiao_slice in)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 7);
	e->kind = qiao_mp_uint(&m, ENTRY_ANCHOR);
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

static bool key_names(struct qiao_slice key, const struct qiao_hash *id)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	size_t n = sizeof(entry_prefix) - 1;

	qiao_hex_encode(hex, qiao_slice_hash(id));
	return qiao_slice_is(qiao_slice_of(key.p + n, key.n - n), hex);
}

static bool is_true(const struct entry *e, const struct qiao_proven *p,
		    const struct qiao_hash *account)
{
	struct qiao_hash digest;

	if (e->kind < ENTRY_DELIVERED || !key_names(p->key, &e->id) ||
	    !qiao_slice_eq(p->tx_id, qiao_slice_hash(&e->tx_id)) ||
	    !qiao_slice_eq(e->submitter,
			   qiao_slice_of(account->b, sizeof(struct qiao_id16))))
		return false;
	qiao_sha256_tagged(&digest, "qiao/payload/1", e->payload);
	return qiao_hash_eq(&digest, &e->digest);
}

static void fill(struct qiao_proven *p, const struct entry *e)
{
	if (e->kind == ENTRY_ANCHOR)
		return;
	p->kind = e->kind == ENTRY_DELIVERED ? QIAO_PROVEN_DELIVERED
					     : QIAO_PROVEN_USAGE;
	p->value = e->payload;
	p->issuer_key = e->submitter;
	p->id = e->id;
	p->digest = e->digest;
	p->source = e->source;
}

qiao_err qiao_fabric_delivery_read(struct qiao_proven *p,
				   const struct qiao_fabric_identity *creator)
{
	bool is_entry = starts(p->key, entry_prefix, sizeof(entry_prefix) - 1);
	struct qiao_hash account;
	struct entry e;
	qiao_err err;

	if (starts(p->key, record_prefix, sizeof(record_prefix) - 1))
		return QIAO_OK;
	p->doubted |= is_entry && p->kind == QIAO_PROVEN_DELETE;
	p->kind = QIAO_PROVEN_OTHER;
	if (!is_entry || p->doubted)
		return QIAO_OK;
	err = entry_parse(&e, p->value);
	if (err == QIAO_OK)
		err = account_of(&account, creator);
	if (err == QIAO_E_NOMEM)
		return err;
	p->doubted = err != QIAO_OK || !is_true(&e, p, &account);
	if (!p->doubted)
		fill(p, &e);
	return QIAO_OK;
}
