/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/record.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_ELEMENTS 17
#define HASH_SUITE    1 /* SHA-256 */

static int field_cmp(const void *a, const void *b)
{
	return qiao_slice_cmp(((const struct qiao_inhouse_field *)a)->name,
			      ((const struct qiao_inhouse_field *)b)->name);
}

static bool name_is_good(struct qiao_slice name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.#";

	if (name.n == 0 || name.n > QIAO_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == 0 || !strchr(allowed, name.p[i]))
			return false;
	return true;
}

struct part {
	uint8_t len[4];
	struct qiao_slice bytes;
};

static struct part part_of(struct qiao_slice s)
{
	struct part p = { .bytes = s };

	for (size_t i = 0; i < 4; i++)
		p.len[i] = (uint8_t)(s.n >> (24 - 8 * i) & 0xff);
	return p;
}

/* docs/wire.md 3 */
static void field_leaf(struct qiao_hash *out, struct qiao_slice name,
		       struct qiao_slice salt, struct qiao_slice value)
{
	static const uint8_t zero = 0;
	const struct part p[] = { part_of(name), part_of(salt),
				  part_of(value) };
	struct qiao_slice list[7] = { { &zero, 1 } };

	for (size_t i = 0; i < 3; i++) {
		list[1 + 2 * i] = qiao_slice_of(p[i].len, sizeof(p[i].len));
		list[2 + 2 * i] = p[i].bytes;
	}
	qiao_sha256_list(out, list, 7);
}

static qiao_err fields_check(const struct qiao_inhouse_field *f, size_t n)
{
	if (n > QIAO_FIELDS_MAX)
		return QIAO_E_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if (f[i].value.n > QIAO_FIELD_VALUE_MAX)
			return QIAO_E_LIMIT;
		if (!name_is_good(f[i].name))
			return QIAO_E_MALFORMED;
		if (i > 0 && qiao_slice_eq(f[i - 1].name, f[i].name))
			return QIAO_E_MALFORMED;
	}
	return QIAO_OK;
}

qiao_err qiao_inhouse_fields_put(struct qiao_buf *openings,
				 struct qiao_hash *root,
				 struct qiao_inhouse_field *fields, size_t n)
{
	struct qiao_hash leaves[QIAO_FIELDS_MAX];
	qiao_err err;

	*root = (struct qiao_hash){ { 0 } };
	qsort(fields, n, sizeof(*fields), field_cmp);
	err = fields_check(fields, n);
	if (err != QIAO_OK)
		return err;
	qiao_mp_put_array(openings, n);
	for (size_t i = 0; i < n; i++) {
		uint8_t salt[QIAO_SALT_LEN];

		qiao_random(salt, sizeof(salt));
		qiao_mp_put_array(openings, 3);
		qiao_mp_put_str(openings, fields[i].name);
		qiao_mp_put_bin(openings, qiao_slice_of(salt, sizeof(salt)));
		qiao_mp_put_bin(openings, fields[i].value);
		field_leaf(&leaves[i], fields[i].name,
			   qiao_slice_of(salt, sizeof(salt)), fields[i].value);
	}
	qiao_merkle_root(root, leaves, n);
	return openings->err;
}

/* One [name, salt, value]; before: the name that stood before. */
static struct qiao_slice field_take(struct qiao_mp *m, struct qiao_hash *leaf,
				    struct qiao_slice before)
{
	struct qiao_slice name, salt, value;

	qiao_mp_array_of(m, 3);
	name = qiao_mp_str(m, QIAO_NAME_MAX);
	salt = qiao_mp_bin(m, QIAO_SALT_LEN);
	value = qiao_mp_bin(m, QIAO_FIELD_VALUE_MAX);
	if (m->r.err != QIAO_OK)
		return name;
	if (salt.n != QIAO_SALT_LEN || !name_is_good(name))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	if (before.p && qiao_slice_cmp(before, name) >= 0)
		qiao_mp_fail(m, QIAO_E_NONCANON);
	field_leaf(leaf, name, salt, value);
	return name;
}

qiao_err qiao_inhouse_fields_root(struct qiao_hash *root, size_t *n,
				  struct qiao_slice openings)
{
	struct qiao_hash leaves[QIAO_FIELDS_MAX];
	struct qiao_slice name = { NULL, 0 };
	struct qiao_mp m;
	size_t count;
	qiao_err err = qiao_mp_open(&m, openings);

	*root = (struct qiao_hash){ { 0 } };
	*n = 0;
	if (err != QIAO_OK)
		return err;
	count = qiao_mp_array(&m, QIAO_FIELDS_MAX);
	for (size_t i = 0; i < count; i++)
		name = field_take(&m, &leaves[i], name);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		return err;
	qiao_merkle_root(root, leaves, count);
	*n = count;
	return QIAO_OK;
}

static void time_put(struct qiao_buf *out, int64_t ms)
{
	if (ms)
		qiao_mp_put_int(out, ms);
	else
		qiao_mp_put_nil(out);
}

void qiao_inhouse_head_put(struct qiao_buf *out,
			   const struct qiao_inhouse_head *h)
{
	qiao_mp_put_array(out, HEAD_ELEMENTS);
	qiao_mp_put_uint(out, 1);
	qiao_mp_put_hash(out, &h->network);
	qiao_mp_put_cstr(out, h->type);
	qiao_mp_put_uint(out, h->type_version);
	qiao_mp_put_cstr(out, h->id);
	qiao_mp_put_cstr(out, h->org);
	qiao_mp_put_cstr(out, h->state);
	qiao_mp_put_uint(out, h->version);
	time_put(out, h->issued);
	time_put(out, h->valid_from);
	time_put(out, h->valid_to);
	if (h->region)
		qiao_mp_put_cstr(out, h->region);
	else
		qiao_mp_put_nil(out);
	qiao_mp_put_uint(out, h->sharing);
	qiao_mp_put_uint(out, HASH_SUITE);
	qiao_mp_put_uint(out, h->field_count);
	qiao_mp_put_hash(out, &h->fields_root);
	qiao_mp_put_array(out, 0);
}

qiao_err qiao_inhouse_head_read(struct qiao_inhouse_head_view *out,
				struct qiao_slice head)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (head.n > QIAO_HEAD_MAX)
		return QIAO_E_LIMIT;
	err = qiao_mp_open(&m, head);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, HEAD_ELEMENTS);
	if (qiao_mp_uint(&m, UINT64_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	out->network = qiao_mp_hash(&m);
	for (int i = 2; i < 5; i++)
		qiao_mp_raw(&m); /* type, its version, record id */
	out->org = qiao_mp_str(&m, QIAO_ORG_MAX);
	for (int i = 6; i < 14; i++)
		qiao_mp_raw(&m); /* state to hash suite */
	out->field_count = qiao_mp_uint(&m, QIAO_FIELDS_MAX);
	out->fields_root = qiao_mp_hash(&m);
	qiao_mp_raw(&m); /* registry tags */
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}
