/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/fieldtree.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/merkle.h"

#include <string.h>

bool qiao_field_name_ok(struct qiao_slice name)
{
	if (name.n == 0 || name.n > QIAO_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (c >= 'a' && c <= 'z')
			continue;
		if (c >= '0' && c <= '9')
			continue;
		if (c != '_' && c != '.' && c != '#')
			return false;
	}
	return true;
}

/* Index of the name, or of where it would stand. */
static size_t place_of(const struct qiao_fields *set, const char *name)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(set->f[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct qiao_field *qiao_fields_find(const struct qiao_fields *set,
					  const char *name)
{
	size_t at = place_of(set, name);

	if (at == set->n || strcmp(set->f[at].name, name) != 0)
		return NULL;
	return &set->f[at];
}

static qiao_err check_room(const struct qiao_fields *set, size_t value_len,
			   size_t *bytes)
{
	if (set->n >= QIAO_FIELDS_MAX || value_len > QIAO_FIELD_VALUE_MAX)
		return QIAO_E_LIMIT;
	*bytes = set->bytes + value_len + QIAO_NAME_MAX + QIAO_SALT_LEN;
	return *bytes > QIAO_RECORD_MAX ? QIAO_E_LIMIT : QIAO_OK;
}

/* Room for one more, doubling from 16. */
static qiao_err grow(struct qiao_fields *set)
{
	struct qiao_field *f;
	size_t cap;

	if (set->n < 16 ? set->n != 0 : (set->n & (set->n - 1)) != 0)
		return QIAO_OK;
	cap = set->n < 16 ? 16 : set->n * 2;
	f = qiao_realloc(set->f, cap * sizeof(*f));
	if (!f)
		return QIAO_E_NOMEM;
	set->f = f;
	return QIAO_OK;
}

qiao_err qiao_fields_add_salted(struct qiao_fields *set, struct qiao_slice name,
				struct qiao_slice salt, struct qiao_slice value)
{
	struct qiao_field f = { .name = "" };
	size_t at, bytes = 0;
	qiao_err err;

	if (!qiao_field_name_ok(name) || salt.n != QIAO_SALT_LEN)
		return QIAO_E_MALFORMED;
	qiao_str_copy(f.name, sizeof(f.name), name);
	at = place_of(set, f.name);
	if (at < set->n && strcmp(set->f[at].name, f.name) == 0)
		return QIAO_E_EXISTS;
	err = check_room(set, value.n, &bytes);
	if (err == QIAO_OK)
		err = grow(set);
	if (err != QIAO_OK)
		return err;
	f.value = qiao_slice_of(qiao_memdup(value), value.n);
	if (!f.value.p)
		return QIAO_E_NOMEM;
	memcpy(f.salt, salt.p, sizeof(f.salt));
	memmove(&set->f[at + 1], &set->f[at], (set->n - at) * sizeof(f));
	set->f[at] = f;
	set->n++;
	set->bytes = bytes;
	return QIAO_OK;
}

qiao_err qiao_fields_add(struct qiao_fields *set, struct qiao_slice name,
			 struct qiao_slice value)
{
	static const uint8_t zero[QIAO_SALT_LEN];

	return qiao_fields_add_salted(set, name,
				      qiao_slice_of(zero, sizeof(zero)), value);
}

static void value_free(struct qiao_slice v)
{
	void *p;

	/* the set owns what it shows as const */
	memcpy(&p, &v.p, sizeof(p));
	qiao_wipe(p, v.n);
	qiao_free(p);
}

void qiao_fields_free(struct qiao_fields *set)
{
	for (size_t i = 0; i < set->n; i++)
		value_free(set->f[i].value);
	if (set->f)
		qiao_wipe(set->f, set->n * sizeof(*set->f));
	qiao_free(set->f);
	*set = QIAO_FIELDS;
}

void qiao_fields_salt(struct qiao_fields *set, const struct qiao_hash *seed)
{
	for (size_t i = 0; i < set->n; i++) {
		struct qiao_hash mac;

		qiao_hmac_sha256(&mac, qiao_slice_hash(seed),
				 qiao_slice_str(set->f[i].name));
		memcpy(set->f[i].salt, mac.b, QIAO_SALT_LEN);
	}
}

static void put_len4(uint8_t out[4], size_t n)
{
	out[0] = (uint8_t)(n >> 24 & 0xff);
	out[1] = (uint8_t)(n >> 16 & 0xff);
	out[2] = (uint8_t)(n >> 8 & 0xff);
	out[3] = (uint8_t)(n & 0xff);
}

void qiao_field_leaf(struct qiao_hash *out, struct qiao_slice name,
		     struct qiao_slice salt, struct qiao_slice value)
{
	static const uint8_t zero = 0;
	uint8_t name_len[4], salt_len[4], value_len[4];
	const struct qiao_slice parts[] = {
		{ &zero, 1 }, { name_len, 4 },  name,  { salt_len, 4 },
		salt,         { value_len, 4 }, value,
	};

	put_len4(name_len, name.n);
	put_len4(salt_len, salt.n);
	put_len4(value_len, value.n);
	qiao_sha256_list(out, parts, sizeof(parts) / sizeof(parts[0]));
}

void qiao_fields_root(struct qiao_hash *out, const struct qiao_fields *set)
{
	struct qiao_hash leaves[QIAO_FIELDS_MAX];

	for (size_t i = 0; i < set->n; i++) {
		const struct qiao_field *f = &set->f[i];

		qiao_field_leaf(&leaves[i], qiao_slice_str(f->name),
				qiao_slice_of(f->salt, QIAO_SALT_LEN),
				f->value);
	}
	qiao_merkle_root(out, leaves, set->n);
}

static bool same_fields(const struct qiao_fields *set,
			const struct qiao_disclosure *d)
{
	if (d->n != set->n)
		return false;
	for (size_t i = 0; i < d->n; i++) {
		const struct qiao_disclosed *e = &d->e[i];

		if (e->mask != QIAO_MASK_CLEAR ||
		    !qiao_slice_is(e->name, set->f[i].name) ||
		    !qiao_slice_eq(e->value, set->f[i].value))
			return false;
	}
	return true;
}

qiao_err qiao_fields_adopt(struct qiao_fields *set,
			   const struct qiao_disclosure *d,
			   struct qiao_why *why)
{
	if (!same_fields(set, d))
		return qiao_fail(why, QIAO_E_CONFLICT,
				 "the fields in the payload are not those of "
				 "the proven original; compare the mapping "
				 "files of both gateways");
	for (size_t i = 0; i < d->n; i++)
		memcpy(set->f[i].salt, d->e[i].salt.p, QIAO_SALT_LEN);
	return QIAO_OK;
}
