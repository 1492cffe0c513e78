/* SPDX-License-Identifier: Apache-2.0 */
/* Building an entry: members in any order, sorted when the entry is whole. */
#include "gateway/audit/entry.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"

#include <string.h>

void qiao_audit_begin(struct qiao_audit_entry *e, const char *type,
		      int64_t at_ms)
{
	memset(e, 0, sizeof(*e));
	e->type = type;
	e->at_ms = at_ms;
	e->values.max = QIAO_AUDIT_ENTRY_MAX;
}

static void fail(struct qiao_audit_entry *e, qiao_err err)
{
	if (e->err == QIAO_OK)
		e->err = err;
}

/* The value of the last member is whole now. */
static void seal(struct qiao_audit_entry *e)
{
	if (!e->open)
		return;
	e->open = false;
	fail(e, qiao_jw_finish(&e->w));
	if (e->n > 0)
		e->member[e->n - 1].len = e->values.n - e->member[e->n - 1].off;
}

struct qiao_jw *qiao_audit_value(struct qiao_audit_entry *e, const char *key)
{
	struct qiao_slice name = qiao_slice_str(key);

	seal(e);
	e->open = true;
	qiao_jw_init(&e->w, &e->values);
	if (e->n == QIAO_AUDIT_MEMBERS_MAX) {
		fail(e, QIAO_E_LIMIT);
		return &e->w;
	}
	if (!qiao_str_copy(e->member[e->n].key, sizeof(e->member[e->n].key),
			   name))
		fail(e, QIAO_E_LIMIT);
	e->member[e->n].off = e->values.n;
	e->n++;
	return &e->w;
}

void qiao_audit_str(struct qiao_audit_entry *e, const char *key, const char *v)
{
	qiao_jw_cstr(qiao_audit_value(e, key), v);
}

void qiao_audit_int(struct qiao_audit_entry *e, const char *key, int64_t v)
{
	qiao_jw_int(qiao_audit_value(e, key), v);
}

void qiao_audit_bool(struct qiao_audit_entry *e, const char *key, bool v)
{
	qiao_jw_bool(qiao_audit_value(e, key), v);
}

void qiao_audit_null(struct qiao_audit_entry *e, const char *key)
{
	qiao_jw_null(qiao_audit_value(e, key));
}

void qiao_audit_hex(struct qiao_audit_entry *e, const char *key,
		    struct qiao_slice v)
{
	qiao_jw_hex(qiao_audit_value(e, key), v);
}

void qiao_audit_hash(struct qiao_audit_entry *e, const char *key,
		     const struct qiao_hash *v)
{
	qiao_audit_hex(e, key, qiao_slice_hash(v));
}

void qiao_audit_str_or_null(struct qiao_audit_entry *e, const char *key,
			    const char *v)
{
	if (v && v[0])
		qiao_audit_str(e, key, v);
	else
		qiao_audit_null(e, key);
}

void qiao_audit_raw(struct qiao_audit_entry *e, const char *key,
		    struct qiao_slice json)
{
	qiao_jw_null(qiao_audit_value(e, key)); /* counts as the value ... */
	seal(e);
	if (!qiao_json_is_canonical(json))
		fail(e, QIAO_E_NONCANON);
	if (e->err != QIAO_OK || e->values.err != QIAO_OK)
		return;
	e->values.n = e->member[e->n - 1].off; /* ... and is replaced */
	qiao_buf_put(&e->values, json);
	e->member[e->n - 1].len = json.n;
}

void qiao_audit_abandon(struct qiao_audit_entry *e)
{
	qiao_buf_free(&e->values);
	e->n = 0;
	e->open = false;
}

/* Smallest key that is greater than `after`; SIZE_MAX: none is left. */
static size_t next_member(const struct qiao_audit_entry *e, const char *after)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->member[i].key, after) > 0 &&
		    (best == SIZE_MAX ||
		     strcmp(e->member[i].key, e->member[best].key) < 0))
			best = i;
	return best;
}

static void put_members(struct qiao_buf *out, const struct qiao_audit_entry *e)
{
	const char *after = "";
	size_t n = 0;

	qiao_buf_put_u8(out, '{');
	for (size_t i = next_member(e, after); i != SIZE_MAX;
	     i = next_member(e, after)) {
		after = e->member[i].key;
		if (n++ > 0)
			qiao_buf_put_u8(out, ',');
		qiao_buf_put_u8(out, '"');
		qiao_buf_put_str(out, after);
		qiao_buf_put_str(out, "\":");
		qiao_buf_put_mem(out, e->values.p + e->member[i].off,
				 e->member[i].len);
	}
	qiao_buf_put_u8(out, '}');
	if (n != e->n && out->err == QIAO_OK) /* a name twice, or empty */
		out->err = QIAO_E_NONCANON;
}

qiao_err qiao_audit_encode(struct qiao_buf *out, struct qiao_audit_entry *e,
			   const char *gw, uint64_t seq)
{
	char at[QIAO_TIME_LEN];

	if (seq > QIAO_AUDIT_SIZE_MAX)
		fail(e, QIAO_E_LIMIT);
	qiao_audit_str(e, "at", qiao_time_format(at, e->at_ms, 0));
	qiao_audit_str(e, "gw", gw);
	qiao_audit_int(e, "seq", (int64_t)seq);
	qiao_audit_str(e, "type", e->type);
	qiao_audit_int(e, "v", 1);
	seal(e);
	if (e->err == QIAO_OK)
		e->err = e->values.err;
	if (e->err == QIAO_OK) {
		put_members(out, e);
		e->err = out->err;
	}
	return e->err;
}
