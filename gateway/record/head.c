/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/head.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <string.h>

#define HEAD_FORMAT 1

static void format_get(struct qiao_mp *m, struct qiao_head *h)
{
	(void)h;
	if (qiao_mp_uint(m, QIAO_FORMAT_MAX) != HEAD_FORMAT)
		qiao_mp_fail(m, QIAO_E_UNSUPPORTED);
}

static struct qiao_hash nonzero_get(struct qiao_mp *m)
{
	struct qiao_hash v = qiao_mp_hash(m);

	if (qiao_hash_is_zero(&v))
		qiao_mp_fail(m, QIAO_E_MALFORMED);
	return v;
}

static void text_get(struct qiao_mp *m, char *out, size_t size)
{
	qiao_mp_str_into(m, out, size);
	if (out[0] == '\0')
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

static struct qiao_when when_get(struct qiao_mp *m)
{
	struct qiao_when w = { false, 0 };

	if (qiao_mp_nil(m))
		return w;
	w.ms = qiao_mp_time(m);
	w.set = true;
	return w;
}

static void network_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->network = nonzero_get(m);
}

static void type_get(struct qiao_mp *m, struct qiao_head *h)
{
	text_get(m, h->type, sizeof(h->type));
}

static void type_version_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->type_version = qiao_mp_uint(m, QIAO_VERSION_MAX);
}

static void id_get(struct qiao_mp *m, struct qiao_head *h)
{
	text_get(m, h->id, sizeof(h->id));
}

static void issuer_get(struct qiao_mp *m, struct qiao_head *h)
{
	text_get(m, h->issuer, sizeof(h->issuer));
}

static void state_get(struct qiao_mp *m, struct qiao_head *h)
{
	text_get(m, h->state, sizeof(h->state));
}

static void version_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->version = qiao_mp_uint(m, QIAO_VERSION_MAX);
	if (h->version == 0)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

static void issued_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->issued = when_get(m);
}

static void valid_from_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->valid_from = when_get(m);
}

static void valid_to_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->valid_to = when_get(m);
}

static void region_get(struct qiao_mp *m, struct qiao_head *h)
{
	size_t digits;

	if (qiao_mp_nil(m))
		return;
	qiao_mp_str_into(m, h->region, sizeof(h->region));
	digits = strspn(h->region, "0123456789");
	if (digits != QIAO_REGION_LEN)
		qiao_mp_fail(m, QIAO_E_MALFORMED);
}

static void share_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->share = (enum qiao_share)qiao_mp_uint(m, QIAO_SHARE_NEVER);
}

static void suite_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->suite = (unsigned int)qiao_mp_uint(m, UINT8_MAX);
	if (h->suite != QIAO_HASH_SHA256)
		qiao_mp_fail(m, h->suite == QIAO_HASH_SM3 ? QIAO_E_UNSUPPORTED
							  : QIAO_E_MALFORMED);
}

static void fields_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->fields = (unsigned int)qiao_mp_uint(m, QIAO_FIELDS_MAX);
}

static void root_get(struct qiao_mp *m, struct qiao_head *h)
{
	h->fields_root = nonzero_get(m);
}

static void tags_get(struct qiao_mp *m, struct qiao_head *h)
{
	size_t n = qiao_mp_array(m, QIAO_REGISTRY_TAGS_MAX);

	for (size_t i = 0; i < n && m->r.err == QIAO_OK; i++) {
		struct qiao_registry_tag *t = &h->tag[i];

		qiao_mp_array_of(m, 2);
		text_get(m, t->registry, sizeof(t->registry));
		t->tag = nonzero_get(m);
		if (i > 0 && strcmp(h->tag[i - 1].registry, t->registry) >= 0)
			qiao_mp_fail(m, QIAO_E_NONCANON);
	}
	h->tags = (unsigned int)n;
}

/* In the order of docs/wire.md 4. */
static const struct element {
	const char *name;
	void (*get)(struct qiao_mp *m, struct qiao_head *h);
} elements[] = {
	{ "version of the format", format_get },
	{ "network id", network_get },
	{ "type", type_get },
	{ "type version", type_version_get },
	{ "record id", id_get },
	{ "issuer organisation", issuer_get },
	{ "state", state_get },
	{ "version", version_get },
	{ "issued", issued_get },
	{ "valid from", valid_from_get },
	{ "valid to", valid_to_get },
	{ "region", region_get },
	{ "sharing class", share_get },
	{ "hash suite", suite_get },
	{ "field count", fields_get },
	{ "fields root", root_get },
	{ "registry tags", tags_get },
};
#define ELEMENTS (sizeof(elements) / sizeof(elements[0]))

static qiao_err head_get(struct qiao_head *h, struct qiao_mp *m,
			 struct qiao_why *why)
{
	qiao_mp_array_of(m, ELEMENTS);
	if (m->r.err != QIAO_OK)
		return qiao_fail(why, m->r.err,
				 "head: not an array of %zu elements",
				 ELEMENTS);
	for (size_t i = 0; i < ELEMENTS; i++) {
		elements[i].get(m, h);
		if (m->r.err != QIAO_OK)
			return qiao_fail(
				why, m->r.err, "head: element %zu (%s): %s", i,
				elements[i].name, qiao_strerror(m->r.err));
	}
	return qiao_mp_finish(m);
}

qiao_err qiao_head_parse(struct qiao_head *out, struct qiao_slice in,
			 struct qiao_why *why)
{
	struct qiao_mp m;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (in.n > QIAO_HEAD_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "head: %zu bytes, at most %zu", in.n,
				 QIAO_HEAD_MAX);
	err = qiao_mp_open(&m, in);
	if (err != QIAO_OK)
		return qiao_fail(why, err, "head: not canonical msgpack");
	err = head_get(out, &m, why);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

static void put_when(struct qiao_buf *b, struct qiao_when w)
{
	if (w.set)
		qiao_mp_put_int(b, w.ms);
	else
		qiao_mp_put_nil(b);
}

static void put_tags(struct qiao_buf *b, const struct qiao_head *h)
{
	qiao_mp_put_array(b, h->tags);
	for (unsigned int i = 0; i < h->tags; i++) {
		qiao_mp_put_array(b, 2);
		qiao_mp_put_cstr(b, h->tag[i].registry);
		qiao_mp_put_hash(b, &h->tag[i].tag);
	}
}

static void put_head(struct qiao_buf *b, const struct qiao_head *h)
{
	qiao_mp_put_array(b, ELEMENTS);
	qiao_mp_put_uint(b, HEAD_FORMAT);
	qiao_mp_put_hash(b, &h->network);
	qiao_mp_put_cstr(b, h->type);
	qiao_mp_put_uint(b, h->type_version);
	qiao_mp_put_cstr(b, h->id);
	qiao_mp_put_cstr(b, h->issuer);
	qiao_mp_put_cstr(b, h->state);
	qiao_mp_put_uint(b, h->version);
	put_when(b, h->issued);
	put_when(b, h->valid_from);
	put_when(b, h->valid_to);
	if (h->region[0])
		qiao_mp_put_cstr(b, h->region);
	else
		qiao_mp_put_nil(b);
	qiao_mp_put_uint(b, h->share);
	qiao_mp_put_uint(b, h->suite);
	qiao_mp_put_uint(b, h->fields);
	qiao_mp_put_hash(b, &h->fields_root);
	put_tags(b, h);
}

qiao_err qiao_head_encode(struct qiao_buf *out, const struct qiao_head *h)
{
	struct qiao_head back;
	size_t start = out->n;

	if (h->tags > QIAO_REGISTRY_TAGS_MAX)
		return QIAO_E_MALFORMED;
	put_head(out, h);
	if (out->err != QIAO_OK)
		return out->err;
	/* reading it back is the one definition of what a head may hold */
	if (qiao_head_parse(&back,
			    qiao_slice_of(out->p + start, out->n - start),
			    NULL) == QIAO_OK)
		return QIAO_OK;
	out->n = start;
	return QIAO_E_MALFORMED;
}

void qiao_head_digest(struct qiao_hash *out, struct qiao_slice encoded)
{
	qiao_sha256(out, encoded);
}
