/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/fieldtree.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/merkle.h"

#include <string.h>

/* On wire, docs/wire.md 3: append, never renumber. */
enum entry_kind {
	ENTRY_CLEAR = 0,
	ENTRY_WITHHELD = 1,
	ENTRY_COMMIT = 2,
	ENTRY_ENCRYPTED = 3, /* reserved */
};

const char *qiao_mask_name(enum qiao_mask m)
{
	switch (m) {
	case QIAO_MASK_WITHHELD:
		return "withheld";
	case QIAO_MASK_COMMIT:
		return "commit";
	case QIAO_MASK_CLEAR:
		return "clear";
	}
	return "withheld";
}

static void put_clear(struct qiao_buf *b, const struct qiao_field *f)
{
	qiao_mp_put_array(b, 4);
	qiao_mp_put_uint(b, ENTRY_CLEAR);
	qiao_mp_put_cstr(b, f->name);
	qiao_mp_put_bin(b, qiao_slice_of(f->salt, QIAO_SALT_LEN));
	qiao_mp_put_bin(b, f->value);
}

static void put_hidden(struct qiao_buf *b, const struct qiao_field *f,
		       bool named)
{
	struct qiao_hash leaf;

	qiao_field_leaf(&leaf, qiao_slice_str(f->name),
			qiao_slice_of(f->salt, QIAO_SALT_LEN), f->value);
	qiao_mp_put_array(b, named ? 3 : 2);
	qiao_mp_put_uint(b, named ? ENTRY_COMMIT : ENTRY_WITHHELD);
	if (named)
		qiao_mp_put_cstr(b, f->name);
	qiao_mp_put_hash(b, &leaf);
}

qiao_err qiao_disclosure_encode(struct qiao_buf *out,
				const struct qiao_fields *set,
				const uint8_t *mask)
{
	qiao_mp_put_array(out, set->n);
	for (size_t i = 0; i < set->n; i++) {
		if (mask[i] == QIAO_MASK_CLEAR)
			put_clear(out, &set->f[i]);
		else
			put_hidden(out, &set->f[i],
				   mask[i] == QIAO_MASK_COMMIT);
	}
	return out->err;
}

static struct qiao_slice name_get(struct qiao_mp *m)
{
	struct qiao_slice name = qiao_mp_str(m, QIAO_NAME_MAX);

	if (!qiao_field_name_ok(name))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return name;
}

static void clear_get(struct qiao_mp *m, struct qiao_disclosed *e)
{
	e->mask = QIAO_MASK_CLEAR;
	e->name = name_get(m);
	e->salt = qiao_mp_bin(m, QIAO_SALT_LEN);
	if (e->salt.n != QIAO_SALT_LEN)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	e->value = qiao_mp_bin(m, QIAO_FIELD_VALUE_MAX);
	if (m->r.err == QIAO_OK)
		qiao_field_leaf(&e->leaf, e->name, e->salt, e->value);
}

static void commit_get(struct qiao_mp *m, struct qiao_disclosed *e)
{
	e->mask = QIAO_MASK_COMMIT;
	e->name = name_get(m);
	e->leaf = qiao_mp_hash(m);
}

static void entry_get(struct qiao_mp *m, struct qiao_disclosed *e)
{
	size_t n = qiao_mp_array(m, 4);
	uint64_t kind = qiao_mp_uint(m, QIAO_FORMAT_MAX);

	if (m->r.err != QIAO_OK)
		return;
	if (kind == ENTRY_CLEAR && n == 4)
		clear_get(m, e);
	else if (kind == ENTRY_WITHHELD && n == 2)
		e->leaf = qiao_mp_hash(m);
	else if (kind == ENTRY_COMMIT && n == 3)
		commit_get(m, e);
	else
		qiao_mp_fail(m, kind == ENTRY_ENCRYPTED ? QIAO_E_UNSUPPORTED
							: QIAO_E_MALFORMED);
}

/* Names that are present ascend strictly. */
static void order_check(struct qiao_mp *m, const struct qiao_disclosed *e,
			struct qiao_slice *last)
{
	if (e->name.n == 0)
		return;
	if (last->n > 0 && qiao_slice_cmp(*last, e->name) >= 0)
		qiao_mp_fail(m, QIAO_E_NONCANON);
	*last = e->name;
}

static qiao_err entries_get(struct qiao_disclosure *d, struct qiao_mp *m,
			    struct qiao_why *why)
{
	struct qiao_slice last = { NULL, 0 };

	for (size_t i = 0; i < d->n; i++) {
		entry_get(m, &d->e[i]);
		order_check(m, &d->e[i], &last);
		if (m->r.err != QIAO_OK)
			return qiao_fail(why, m->r.err,
					 "disclosure: entry %zu: %s", i,
					 qiao_strerror(m->r.err));
	}
	return qiao_mp_finish(m);
}

qiao_err qiao_disclosure_parse(struct qiao_disclosure *out,
			       struct qiao_slice in, struct qiao_why *why)
{
	struct qiao_mp m;
	qiao_err err = qiao_mp_open(&m, in);

	*out = QIAO_DISCLOSURE;
	if (err != QIAO_OK)
		return qiao_fail(why, err, "disclosure: not canonical msgpack");
	out->n = qiao_mp_array(&m, QIAO_FIELDS_MAX);
	if (m.r.err != QIAO_OK)
		return qiao_fail(why, m.r.err,
				 "disclosure: not an array of at most %d",
				 QIAO_FIELDS_MAX);
	out->e = qiao_calloc(out->n, sizeof(*out->e));
	if (!out->e) {
		*out = QIAO_DISCLOSURE;
		return qiao_fail(why, QIAO_E_NOMEM, "disclosure: no memory");
	}
	err = entries_get(out, &m, why);
	if (err != QIAO_OK)
		qiao_disclosure_free(out);
	return err;
}

void qiao_disclosure_free(struct qiao_disclosure *d)
{
	qiao_free(d->e);
	*d = QIAO_DISCLOSURE;
}

qiao_err qiao_disclosure_check(const struct qiao_disclosure *d,
			       const struct qiao_head *head,
			       struct qiao_why *why)
{
	struct qiao_hash leaves[QIAO_FIELDS_MAX], root;

	if (d->n != head->fields)
		return qiao_fail(why, QIAO_E_PROOF,
				 "disclosure: %zu entries, but the head counts "
				 "%u fields",
				 d->n, head->fields);
	for (size_t i = 0; i < d->n; i++)
		leaves[i] = d->e[i].leaf;
	qiao_merkle_root(&root, leaves, d->n);
	if (!qiao_hash_eq(&root, &head->fields_root))
		return qiao_fail(why, QIAO_E_PROOF,
				 "disclosure: its root is not the fields root "
				 "of the head");
	return QIAO_OK;
}

const struct qiao_disclosed *qiao_disclosure_find(
	const struct qiao_disclosure *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->e[i].name.n > 0 && qiao_slice_is(d->e[i].name, name))
			return &d->e[i];
	return NULL;
}
