/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/record/record.h"

#include "gateway/base/slice.h"
#include "gateway/record/finding.h"
#include "gateway/record/refuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A source's clock may run ahead, and a day begins earlier in the east. */
#define AHEAD_MAX_MS ((int64_t)86400000)

void qiao_record_fini(struct qiao_record *r)
{
	qiao_fields_free(&r->fields);
	memset(r, 0, sizeof(*r));
}

void qiao_refuse(struct qiao_refusal *out, const char *code, const char *fmt,
		 ...)
{
	char text[sizeof(out->why.text)];
	va_list ap;

	if (out->code)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out->code = code;
	qiao_fail(&out->why, QIAO_E_DENIED, "%s", text);
}

void qiao_record_keep_refusal(struct qiao_record *r)
{
	/* the zero of `checks` is the worst, which is what it is now */
	r->checks = QIAO_FINDING_ERROR;
	qiao_fields_free(&r->fields);
	memset(&r->fields, 0, sizeof(r->fields));
	memset(&r->head, 0, sizeof(r->head));
	r->unmapped = 0;
}

void qiao_record_note(struct qiao_record *r, const char *code, const char *what,
		      const char *check, const char *word)
{
	char finding[QIAO_FINDING_LEN];
	struct qiao_buf text = QIAO_BUF;

	snprintf(finding, sizeof(finding), "%s:%s:%s", what, check, word);
	if (code) {
		qiao_finding_text(&text, qiao_slice_str(finding), false);
		qiao_refuse(&r->refusal, code, "%.*s", (int)text.n,
			    text.n ? (const char *)text.p : "");
		qiao_buf_free(&text);
	}
	if (r->n_findings < QIAO_FINDINGS_MAX)
		memcpy(r->findings[r->n_findings++], finding, sizeof(finding));
}

qiao_err qiao_record_move(struct qiao_refusal *out,
			  const struct qiao_catalogue *cat,
			  const struct qiao_head *head, const char *last_state)
{
	const struct qiao_cat_type *t = qiao_catalogue_type(cat, head->type);

	memset(out, 0, sizeof(*out));
	if (!t)
		qiao_refuse(out, "R_TYPE_UNKNOWN",
			    "the catalogue has no type \"%s\"", head->type);
	else if (qiao_cat_state(t, head->state) < 0)
		qiao_refuse(out, "R_STATE",
			    "type %s has no state \"%s\" in the catalogue",
			    t->type, head->state);
	else if (last_state && !qiao_cat_move_ok(t, last_state, head->state))
		qiao_refuse(out, "R_STATE",
			    "a record of type %s may not go from %s to %s; if "
			    "it may, add the move to the catalogue's `moves`",
			    t->type, last_state, head->state);
	return out->code ? QIAO_E_DENIED : QIAO_OK;
}

/* --- findings ------------------------------------------------------------ */

static void finding_add(struct qiao_record *r, bool warn_only, const char *what,
			const char *check, const char *word)
{
	enum qiao_finding_level level =
		warn_only ? QIAO_FINDING_WARN : QIAO_FINDING_ERROR;

	if (level < r->checks)
		r->checks = level;
	qiao_record_note(r, warn_only ? NULL : "R_FIELD_CHECK", what, check,
			 word);
}

static const char *value_check(const struct qiao_catalogue *cat,
			       enum qiao_check check, struct qiao_slice v,
			       int64_t now_ms)
{
	const char *bad = qiao_check_value(check, v, now_ms);

	return bad && !qiao_catalogue_excepts(cat, check, v) ? bad : NULL;
}

static bool cert_type_known(const struct qiao_cat_type *t, struct qiao_slice id)
{
	struct qiao_slice type = qiao_cert_id_type(id);

	for (size_t i = 0; i < t->n_cert_types; i++)
		if (qiao_slice_is(type, t->cert_types[i]))
			return true;
	return t->n_cert_types == 0;
}

static void id_check(struct qiao_record *r, const struct qiao_catalogue *cat,
		     const struct qiao_cat_type *t, int64_t now_ms)
{
	struct qiao_slice id = qiao_slice_str(r->head.id);
	const char *bad = value_check(cat, t->id_kind, id, now_ms);

	if (!bad && t->id_kind == QIAO_CHECK_CERT_ID && !cert_type_known(t, id))
		bad = "type-not-in-catalogue";
	if (bad)
		finding_add(r, t->id_warn_only, "id",
			    qiao_check_name(t->id_kind), bad);
}

static void head_times_check(struct qiao_record *r, int64_t now_ms)
{
	const struct qiao_head *h = &r->head;

	if (h->valid_from.set && h->valid_to.set &&
	    h->valid_to.ms < h->valid_from.ms)
		finding_add(r, false, "valid_to", "date", "before-valid-from");
	if (h->issued.set && h->issued.ms - AHEAD_MAX_MS > now_ms)
		finding_add(r, false, "issued", "date", "future");
}

static bool is_element(const char *name, const char *stem, size_t len)
{
	size_t digits;

	if (strncmp(name, stem, len) != 0)
		return false;
	digits = strspn(name + len, "0123456789");
	return digits > 0 && name[len + digits] == '\0';
}

/*
 * "author.#" says how many of "author.0", "author.1" ... there are. Of a record
 * that was disclosed in part some may be hidden, but none is there beyond that.
 */
static void list_check(struct qiao_record *r, const struct qiao_field *count)
{
	size_t stem = strlen(count->name) - 1; /* "author." */
	bool whole = r->fields.n == r->head.fields;
	uint64_t n = 0, said = 0;
	bool number;

	for (size_t i = 0; i < r->fields.n; i++)
		n += is_element(r->fields.f[i].name, count->name, stem);
	number = count->value.n > 0 && count->value.n <= 3 &&
		 (count->value.n == 1 || count->value.p[0] != '0');
	for (size_t i = 0; number && i < count->value.n; i++) {
		number = count->value.p[i] >= '0' && count->value.p[i] <= '9';
		said = said * 10 + (uint64_t)(count->value.p[i] - '0');
	}
	if (!number || (whole ? n != said : n > said))
		finding_add(r, false, count->name, "list", "count");
}

static bool is_count(const char *name)
{
	size_t n = strlen(name);

	return n > 2 && strcmp(name + n - 2, ".#") == 0;
}

static void field_check(struct qiao_record *r, const struct qiao_catalogue *cat,
			const struct qiao_cat_type *t,
			const struct qiao_field *f, int64_t now_ms)
{
	const struct qiao_cat_field *c = qiao_cat_field(t, f->name);
	const char *bad;

	if (!c) {
		r->unmapped++;
		return;
	}
	if (is_count(f->name)) {
		list_check(r, f);
		return;
	}
	bad = value_check(cat, c->check, f->value, now_ms);
	if (bad)
		finding_add(r, c->warn_only, f->name, qiao_check_name(c->check),
			    bad);
}

void qiao_record_check(struct qiao_record *r, const struct qiao_catalogue *cat,
		       int64_t now_ms)
{
	const struct qiao_cat_type *t = qiao_catalogue_type(cat, r->head.type);
	struct qiao_refusal state;

	r->checks = QIAO_FINDING_NONE;
	if (qiao_record_move(&state, cat, &r->head, NULL) != QIAO_OK)
		qiao_refuse(&r->refusal, state.code, "%s", state.why.text);
	if (!t) {
		r->checks = QIAO_FINDING_ERROR;
		return;
	}
	id_check(r, cat, t, now_ms);
	head_times_check(r, now_ms);
	for (size_t i = 0; i < r->fields.n; i++)
		field_check(r, cat, t, &r->fields.f[i], now_ms);
}
