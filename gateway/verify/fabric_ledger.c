/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_ledger.h"

#include "gateway/base/hex.h"
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_lifecycle.h"

#include <string.h>

#define ROW_VERSION 1

/* Lengths first, so that no two keys have one encoding; the key itself last,
 * so that the keys of a namespace stand in their own order. */
static void put_key(struct qiao_buf *out, const struct qiao_fabric_key *k)
{
	qiao_buf_put_u8(out, 's');
	qiao_buf_put_u32(out, (uint32_t)k->space.n);
	qiao_buf_put(out, k->space);
	qiao_buf_put_u32(out, (uint32_t)k->collection.n);
	qiao_buf_put(out, k->collection);
	qiao_buf_put(out, k->key);
}

static bool read_row(struct qiao_fabric_state *s)
{
	struct qiao_reader r = qiao_reader_of(qiao_buf_slice(&s->bytes));
	uint8_t version = qiao_get_u8(&r);

	s->version.block = qiao_get_u64(&r);
	s->version.tx = qiao_get_u32(&r);
	s->policy = qiao_get(&r, qiao_get_u32(&r));
	s->value = qiao_get(&r, r.left);
	s->exists = true;
	return qiao_reader_finish(&r) == QIAO_OK && version == ROW_VERSION;
}

static qiao_err get_state(struct qiao_fabric_state *out,
			  const struct qiao_view *view,
			  const struct qiao_fabric_key *key)
{
	struct qiao_buf name = QIAO_BUF;
	qiao_err err;

	put_key(&name, key);
	err = name.err;
	qiao_buf_clear(&out->bytes);
	out->exists = false;
	out->policy = out->value = qiao_slice_of(NULL, 0);
	if (err == QIAO_OK)
		err = view->get(view->ctx, &out->bytes, qiao_buf_slice(&name));
	if (err == QIAO_OK && !read_row(out))
		err = QIAO_E_IO;
	qiao_buf_free(&name);
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

void qiao_fabric_state_fini(struct qiao_fabric_state *s)
{
	qiao_buf_free(&s->bytes);
	memset(s, 0, sizeof(*s));
}

void qiao_fabric_ledger_begin(struct qiao_fabric_ledger *l, uint64_t height,
			      const struct qiao_view *before)
{
	qiao_layer_clear(&l->changes);
	qiao_layer_clear(&l->policies);
	l->before = *before;
	l->changes.below = *before;
	l->height = height;
	l->redefines = false;
}

/* "x", when, since when, and then the row's own key */
#define EXPIRY_KEY 17

qiao_err qiao_fabric_state_expires(struct qiao_fabric_ledger *l,
				   const struct qiao_fabric_key *key,
				   uint64_t at)
{
	const struct qiao_view view = qiao_layer_view(&l->changes);
	struct qiao_buf name = QIAO_BUF;
	qiao_err err;

	qiao_buf_put_u8(&name, 'x');
	qiao_buf_put_u64(&name, at);
	qiao_buf_put_u64(&name, l->height);
	put_key(&name, key);
	err = name.err;
	if (err == QIAO_OK)
		err = view.put(view.ctx, qiao_buf_slice(&name),
			       qiao_slice_str("\1"));
	qiao_buf_free(&name);
	return err;
}

/* One due entry: its row goes if nobody put it again since. */
static qiao_err expire_row(struct qiao_fabric_ledger *l,
			   struct qiao_slice entry)
{
	const struct qiao_view view = qiao_layer_view(&l->changes);
	struct qiao_slice key = { entry.p + EXPIRY_KEY, entry.n - EXPIRY_KEY };
	struct qiao_fabric_state row = { .exists = false };
	struct qiao_reader r = qiao_reader_of(entry);
	uint64_t since;
	qiao_err err;

	qiao_get(&r, 9);
	since = qiao_get_u64(&r);
	err = l->before.get(l->before.ctx, &row.bytes, key);
	if (err == QIAO_OK && !read_row(&row))
		err = QIAO_E_IO;
	if (err == QIAO_OK && row.version.block == since &&
	    !qiao_layer_has(&l->changes, key))
		err = view.put(view.ctx, key, qiao_slice_of(NULL, 0));
	if (err == QIAO_OK || err == QIAO_E_NOTFOUND)
		err = view.put(view.ctx, entry, qiao_slice_of(NULL, 0));
	qiao_fabric_state_fini(&row);
	return err;
}

static qiao_err expire(struct qiao_fabric_ledger *l)
{
	struct qiao_buf from = QIAO_BUF, key = QIAO_BUF, ignored = QIAO_BUF;
	qiao_err err = QIAO_OK;

	qiao_buf_put_u8(&from, 'x');
	qiao_buf_put_u64(&from, l->height);
	while (err == QIAO_OK) {
		err = from.err;
		if (err == QIAO_OK)
			err = l->before.next(l->before.ctx, &key, &ignored,
					     qiao_buf_slice(&from));
		if (err == QIAO_OK &&
		    (key.n <= EXPIRY_KEY || memcmp(key.p, from.p, 9) != 0))
			err = QIAO_E_NOTFOUND;
		if (err == QIAO_OK)
			err = expire_row(l, qiao_buf_slice(&key));
		qiao_buf_clear(&from);
		qiao_buf_put(&from, qiao_buf_slice(&key));
		qiao_buf_put_u8(&from, 0);
	}
	qiao_buf_free(&from);
	qiao_buf_free(&key);
	qiao_buf_free(&ignored);
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

qiao_err qiao_fabric_ledger_end(struct qiao_fabric_ledger *l,
				const struct qiao_view *to)
{
	qiao_err err = expire(l);

	if (err == QIAO_OK)
		err = qiao_layer_flush(&l->changes, to);

	if (l->redefines || err != QIAO_OK)
		qiao_fabric_definitions_forget(l);
	qiao_layer_clear(&l->changes);
	qiao_layer_clear(&l->policies);
	return err;
}

void qiao_fabric_ledger_forget(struct qiao_fabric_ledger *l)
{
	qiao_fabric_definitions_forget(l);
	qiao_layer_clear(&l->changes);
	qiao_layer_clear(&l->policies);
}

qiao_err qiao_fabric_state_before(struct qiao_fabric_ledger *l,
				  struct qiao_fabric_state *out,
				  const struct qiao_fabric_key *key)
{
	return get_state(out, &l->before, key);
}

qiao_err qiao_fabric_state_now(struct qiao_fabric_ledger *l,
			       struct qiao_fabric_state *out,
			       const struct qiao_fabric_key *key)
{
	const struct qiao_view now = qiao_layer_view(&l->changes);

	return get_state(out, &now, key);
}

qiao_err qiao_fabric_state_next(struct qiao_fabric_ledger *l,
				struct qiao_buf *key,
				struct qiao_fabric_version *version,
				struct qiao_slice space, struct qiao_slice from)
{
	const struct qiao_fabric_key at = { .space = space, .key = from };
	const struct qiao_view now = qiao_layer_view(&l->changes);
	struct qiao_fabric_state row = { .exists = false };
	struct qiao_buf name = QIAO_BUF, found = QIAO_BUF;
	size_t prefix = 1 + 4 + space.n + 4;
	qiao_err err;

	qiao_buf_clear(key);
	put_key(&name, &at);
	err = name.err;
	if (err == QIAO_OK)
		err = now.next(now.ctx, &found, &row.bytes,
			       qiao_buf_slice(&name));
	if (err == QIAO_OK &&
	    (found.n < prefix || memcmp(found.p, name.p, prefix) != 0))
		err = QIAO_E_NOTFOUND;
	if (err == QIAO_OK && !read_row(&row))
		err = QIAO_E_IO;
	if (err == QIAO_OK) {
		*version = row.version;
		qiao_buf_put_mem(key, found.p + prefix, found.n - prefix);
		err = key->err;
	}
	qiao_buf_free(&name);
	qiao_buf_free(&found);
	qiao_fabric_state_fini(&row);
	return err;
}

static qiao_err has(struct qiao_layer *layer, bool *out,
		    const struct qiao_fabric_key *key)
{
	struct qiao_buf name = QIAO_BUF;
	qiao_err err;

	*out = false;
	if (layer->n == 0)
		return QIAO_OK;
	put_key(&name, key);
	err = name.err;
	if (err == QIAO_OK)
		*out = qiao_layer_has(layer, qiao_buf_slice(&name));
	qiao_buf_free(&name);
	return err;
}

static qiao_err put(struct qiao_layer *layer, const struct qiao_fabric_key *key,
		    struct qiao_slice value)
{
	const struct qiao_view view = qiao_layer_view(layer);
	struct qiao_buf name = QIAO_BUF;
	qiao_err err;

	put_key(&name, key);
	err = name.err;
	if (err == QIAO_OK)
		err = view.put(view.ctx, qiao_buf_slice(&name), value);
	qiao_buf_free(&name);
	return err;
}

qiao_err qiao_fabric_state_changed(struct qiao_fabric_ledger *l, bool *out,
				   const struct qiao_fabric_key *key)
{
	return has(&l->changes, out, key);
}

qiao_err qiao_fabric_state_put(struct qiao_fabric_ledger *l,
			       const struct qiao_fabric_key *key,
			       const struct qiao_fabric_state *row)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	if (row->exists) {
		qiao_buf_put_u8(&b, ROW_VERSION);
		qiao_buf_put_u64(&b, row->version.block);
		qiao_buf_put_u32(&b, (uint32_t)row->version.tx);
		qiao_buf_put_u32(&b, (uint32_t)row->policy.n);
		qiao_buf_put(&b, row->policy);
		qiao_buf_put(&b, row->value);
	}
	err = b.err;
	if (err == QIAO_OK)
		err = put(&l->changes, key, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

/* A genuine id is a hash in hex. Claimed ones are whatever a client wrote; of
 * those the hash is kept, under another letter. */
static struct qiao_slice tx_key(uint8_t key[1 + QIAO_HASH_LEN],
				struct qiao_slice tx_id)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_hash h;

	key[0] = 't';
	if (!qiao_hex_decode(h.b, sizeof(h.b), tx_id) ||
	    !qiao_slice_is(tx_id, /* in capitals it is another id */
			   qiao_hex_encode(hex, qiao_slice_hash(&h)))) {
		key[0] = 'u';
		qiao_sha256(&h, tx_id);
	}
	memcpy(key + 1, h.b, QIAO_HASH_LEN);
	return qiao_slice_of(key, 1 + QIAO_HASH_LEN);
}

qiao_err qiao_fabric_tx_known(struct qiao_fabric_ledger *l, bool *out,
			      struct qiao_slice tx_id)
{
	uint8_t key[1 + QIAO_HASH_LEN];
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = l->before.get(l->before.ctx, &b, tx_key(key, tx_id));

	*out = err == QIAO_OK;
	qiao_buf_free(&b);
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

qiao_err qiao_fabric_tx_note(struct qiao_fabric_ledger *l,
			     struct qiao_slice tx_id)
{
	const struct qiao_view view = qiao_layer_view(&l->changes);
	uint8_t key[1 + QIAO_HASH_LEN];

	return view.put(view.ctx, tx_key(key, tx_id), qiao_slice_str("\1"));
}

qiao_err qiao_fabric_policy_note(struct qiao_fabric_ledger *l,
				 const struct qiao_fabric_key *key)
{
	return put(&l->policies, key, qiao_slice_str("\1"));
}

qiao_err qiao_fabric_policy_noted(struct qiao_fabric_ledger *l, bool *out,
				  const struct qiao_fabric_key *key)
{
	return has(&l->policies, out, key);
}
