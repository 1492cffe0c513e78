/* SPDX-License-Identifier: Apache-2.0 */
/* An audit entry is read back, and what it holds decided again. */
#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "policies/engine/decision_json.h"
#include "policies/engine/facts.h"

#include <string.h>

/* --- reading -------------------------------------------------------------- */

/* A question as an entry holds it; strings are copies. */
struct kept {
	struct qiao_policy_request request;
	struct qiao_policy_facts facts;
	const char *fields[QIAO_FIELDS_MAX];
	bool in_clear[QIAO_FIELDS_MAX];
	const char *checks[QIAO_DECISION_CHECKS_MAX];
	const struct qiao_json *root;
	char *text; /* all strings, one after the other */
	size_t used, size;
	bool bad;
	const char *where; /* of the first thing that is wrong */
};

static void bad(struct kept *k, const char *where)
{
	if (!k->bad)
		k->where = where;
	k->bad = true;
}

/* The text of an entry is not longer than the entry. */
static const char *keep(struct kept *k, struct qiao_slice s)
{
	char *to = k->text + k->used;

	if (!qiao_str_copy(to, k->size - k->used, s)) {
		bad(k, "text");
		return "";
	}
	k->used += s.n + 1;
	return to;
}

static const char *take_str(struct kept *k, const struct qiao_json *o,
			    const char *key)
{
	const struct qiao_json *v = qiao_json_get(o, key);

	if (v && qiao_json_kind(v) == QIAO_JSON_STRING)
		return keep(k, qiao_json_text(v));
	bad(k, key);
	return "";
}

static bool take_bool(struct kept *k, const struct qiao_json *o,
		      const char *key)
{
	const struct qiao_json *v = qiao_json_get(o, key);

	if (v && qiao_json_kind(v) == QIAO_JSON_BOOL)
		return qiao_slice_is(qiao_json_text(v), "true");
	bad(k, key);
	return false;
}

static int64_t take_int(struct kept *k, const struct qiao_json *o,
			const char *key)
{
	int64_t v = 0;

	if (!qiao_json_int(qiao_json_get(o, key), &v) || v < 0)
		bad(k, key);
	return v < 0 ? 0 : v;
}

/* The number of a word; "" is 0, unknown, where the list starts at 1. */
static unsigned int take_word(struct kept *k, const struct qiao_json *o,
			      const char *key, const char *const *words,
			      unsigned int first)
{
	struct qiao_slice s = qiao_json_text(qiao_json_get(o, key));
	int i = qiao_word_find(words, s);

	if (i >= 0)
		return (unsigned int)i + first;
	if (s.n || !first)
		bad(k, key);
	return 0;
}

static size_t take_strs(struct kept *k, const char **out, size_t max,
			const struct qiao_json *o, const char *key)
{
	const struct qiao_json *a = qiao_json_get(o, key);
	size_t n = qiao_json_count(a);

	if (!a || qiao_json_kind(a) != QIAO_JSON_ARRAY || n > max) {
		bad(k, key);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		const struct qiao_json *v = qiao_json_at(a, i);

		if (qiao_json_kind(v) != QIAO_JSON_STRING)
			bad(k, key);
		out[i] = keep(k, qiao_json_text(v));
	}
	return n;
}

static void take_facts(struct kept *k, const struct qiao_json *o)
{
	struct qiao_policy_facts *f = &k->facts;
	const struct qiao_json *p = qiao_json_get(o, "proof");
	const struct qiao_json *age = qiao_json_get(p, "age_s");

	f->proof_age_s = -1;
	if (!age || qiao_json_kind(age) != QIAO_JSON_NULL)
		f->proof_age_s = take_int(k, p, "age_s");
	if (!qiao_hex_decode(f->proof_block.b, QIAO_HASH_LEN,
			     qiao_json_text(qiao_json_get(p, "block"))))
		bad(k, "block");
	f->proof_final = take_word(k, p, "finality", qiao_finality_words, 0);
	f->proof_height = (uint64_t)take_int(k, p, "height");
	f->proof_validity = take_word(k, p, "validity", qiao_validity_words, 1);
	f->proof_verified = take_bool(k, p, "verified");
	f->allow_endorsed_only = take_bool(k, o, "allow_endorsed_only");
	f->allow_recorded = take_bool(k, o, "allow_recorded");
	f->assurance = take_word(k, o, "assurance", qiao_assurance_words, 1);
	f->checks = (enum qiao_checks)take_word(k, o, "checks",
						qiao_checks_words, 0);
	f->checks_text = k->checks;
	f->n_checks_text = take_strs(k, k->checks, QIAO_DECISION_CHECKS_MAX, o,
				     "checks_text");
	f->clock_ok = take_bool(k, o, "clock_ok");
	f->currency = take_word(k, o, "currency", qiao_currency_words, 1);
	f->issuer_ok = take_bool(k, o, "issuer_ok");
	f->origin = take_word(k, o, "origin", qiao_origin_words, 1);
	f->replay = take_bool(k, o, "replay");
	f->state_ok = take_bool(k, o, "state_ok");
}

static void take_record(struct kept *k, const struct qiao_json *o)
{
	struct qiao_policy_request *q = &k->request;
	const char *clear[QIAO_FIELDS_MAX];
	size_t n = take_strs(k, clear, QIAO_FIELDS_MAX, o, "clear"), j = 0;
	int64_t class = take_int(k, o, "class");

	if (class > QIAO_SHARE_NEVER)
		bad(k, "class");
	q->record_class = (unsigned int)class;
	q->fields = k->fields;
	q->n_fields = take_strs(k, k->fields, QIAO_FIELDS_MAX, o, "fields");
	for (size_t i = 0; i < q->n_fields; i++) {
		k->in_clear[i] = j < n && strcmp(k->fields[i], clear[j]) == 0;
		j += k->in_clear[i];
	}
	if (j != n)
		bad(k, "clear");
	if (q->point == QIAO_POINT_ACCEPT)
		q->in_clear = k->in_clear;
	q->record_state = take_str(k, o, "state");
	q->record_type = take_str(k, o, "type");
	q->record_version = (uint64_t)take_int(k, o, "version");
}

static void take_request(struct kept *k, const struct qiao_json *o)
{
	struct qiao_policy_request *q = &k->request;
	const struct qiao_json *duty = qiao_json_get(o, "duty");
	const struct qiao_json *from = qiao_json_get(o, "from");
	const struct qiao_json *to = qiao_json_get(o, "to");

	q->action = take_str(k, o, "action");
	q->duty_basis = q->duty_case = "";
	if (!duty || qiao_json_kind(duty) != QIAO_JSON_NULL) {
		q->duty_basis = take_str(k, duty, "basis");
		q->duty_case = take_str(k, duty, "case");
	}
	q->from_chain = take_str(k, from, "chain");
	q->from_org = take_str(k, from, "org");
	q->onward = take_bool(k, o, "onward");
	q->purpose = take_str(k, o, "purpose");
	q->state_change_to_holder = take_bool(k, o, "state_change_to_holder");
	q->to_chain = take_str(k, to, "chain");
	q->to_org = take_str(k, to, "org");
}

static void take_all(struct kept *k)
{
	const struct qiao_json *o = k->root;
	struct qiao_slice at = qiao_json_text(qiao_json_get(o, "at"));

	if (!qiao_slice_is(qiao_json_text(qiao_json_get(o, "type")),
			   "decision"))
		bad(k, "type");
	if (!qiao_time_parse(&k->facts.at_ms, at, 0))
		bad(k, "at");
	k->request.point = take_word(k, o, "point", qiao_point_words, 0)
				   ? QIAO_POINT_ACCEPT
				   : QIAO_POINT_RELEASE;
	take_request(k, qiao_json_get(o, "request"));
	take_record(k, qiao_json_get(o, "record"));
	take_facts(k, qiao_json_get(o, "facts"));
}

static void kept_free(struct kept *k)
{
	if (k)
		qiao_free(k->text);
	qiao_free(k);
}

static qiao_err kept_read(struct kept **out, const struct qiao_json *root,
			  size_t size, struct qiao_why *why)
{
	struct kept *k = qiao_calloc(1, sizeof(*k));

	*out = NULL;
	if (!k)
		return QIAO_E_NOMEM;
	k->size = size + 1;
	k->text = qiao_malloc(k->size);
	if (!k->text) {
		kept_free(k);
		return QIAO_E_NOMEM;
	}
	k->root = root;
	take_all(k);
	if (k->bad) {
		qiao_fail(
			why, QIAO_E_MALFORMED,
			"decision entry: \"%s\" is missing or not of its kind",
			k->where);
		kept_free(k);
		return QIAO_E_MALFORMED;
	}
	*out = k;
	return QIAO_OK;
}

/* --- deciding again ------------------------------------------------------- */

/* The value of one member, as it stands in the entry. */
static void value_put(struct qiao_jw *w, const struct qiao_json *v)
{
	int64_t i = 0;

	switch (qiao_json_kind(v)) {
	case QIAO_JSON_NULL:
		qiao_jw_null(w);
		return;
	case QIAO_JSON_BOOL:
		qiao_jw_bool(w, qiao_slice_is(qiao_json_text(v), "true"));
		return;
	case QIAO_JSON_NUMBER:
		qiao_json_int(v, &i);
		qiao_jw_int(w, i);
		return;
	case QIAO_JSON_STRING:
		qiao_jw_str(w, qiao_json_text(v));
		return;
	case QIAO_JSON_ARRAY:
		qiao_jw_arr(w);
		for (size_t n = 0; n < qiao_json_count(v); n++)
			value_put(w, qiao_json_at(v, n));
		qiao_jw_end(w);
		return;
	case QIAO_JSON_OBJECT:
		qiao_jw_obj(w);
		for (size_t n = 0; n < qiao_json_count(v); n++) {
			qiao_jw_key(w, qiao_json_key(v, n));
			value_put(w, qiao_json_get(v, qiao_json_key(v, n)));
		}
		qiao_jw_end(w);
		return;
	}
}

/* The members that are a function of the others. */
static bool is_result(const char *key)
{
	static const char *const results[] = { "decision", "reason",
					       "rules",    "unmet",
					       "fields",   "obligations" };

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(key, results[i]) == 0)
			return true;
	return false;
}

static qiao_err other_result(const char *key, const struct qiao_buf *again,
			     const struct qiao_buf *logged,
			     struct qiao_why *why)
{
	char now[128], then[128];

	return qiao_fail(
		why, QIAO_E_CONFLICT,
		"decided again, \"%s\" is %s; the entry says %s", key,
		qiao_str_escape(now, sizeof(now), qiao_buf_slice(again)),
		qiao_str_escape(then, sizeof(then), qiao_buf_slice(logged)));
}

static qiao_err member_same(const struct qiao_decision_record *r, size_t i,
			    const struct qiao_json *root, struct qiao_why *why)
{
	struct qiao_buf again = QIAO_BUF, logged = QIAO_BUF;
	struct qiao_jw w;
	qiao_err err;

	qiao_jw_init(&w, &again);
	qiao_decision_put(&w, r, i);
	err = qiao_jw_finish(&w);
	if (err == QIAO_OK) {
		qiao_jw_init(&w, &logged);
		value_put(&w, qiao_json_get(root, qiao_decision_keys[i]));
		err = qiao_jw_finish(&w);
	}
	if (err == QIAO_OK &&
	    !qiao_slice_eq(qiao_buf_slice(&again), qiao_buf_slice(&logged)))
		err = other_result(qiao_decision_keys[i], &again, &logged, why);
	qiao_buf_free(&again);
	qiao_buf_free(&logged);
	return err;
}

static qiao_err decide_again(const struct qiao_policy *policy,
			     const struct kept *k, struct qiao_why *why)
{
	struct qiao_decision d;
	const struct qiao_decision_record r = { .policy = policy,
						.request = &k->request,
						.facts = &k->facts,
						.decision = &d,
						.record_ref = "" };

	qiao_policy_decide(policy, &d, &k->request, &k->facts, NULL);
	for (size_t i = 0; qiao_decision_keys[i]; i++) {
		qiao_err err;

		if (!is_result(qiao_decision_keys[i]))
			continue;
		err = member_same(&r, i, k->root, why);
		if (err != QIAO_OK)
			return err;
	}
	return QIAO_OK;
}

/* QIAO_E_NOTFOUND: the entry says that no policy was loaded. */
static qiao_err bundle_of(struct qiao_hash *out, const struct qiao_json *root,
			  struct qiao_why *why)
{
	const struct qiao_json *b = qiao_json_get(root, "bundle");

	*out = (struct qiao_hash){ { 0 } };
	if (b && qiao_json_kind(b) == QIAO_JSON_NULL)
		return qiao_fail(why, QIAO_E_NOTFOUND, "no policy was loaded");
	if (qiao_hex_decode(out->b, QIAO_HASH_LEN,
			    qiao_json_text(qiao_json_get(b, "sha256"))))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_MALFORMED,
			 "decision entry: \"bundle\" names no policy");
}

static qiao_err bundle_check(const struct qiao_policy *policy,
			     const struct qiao_json *root, struct qiao_why *why)
{
	struct qiao_policy_info info;
	struct qiao_hash h;
	qiao_err err = bundle_of(&h, root, why);

	if (err == QIAO_E_NOTFOUND && !policy)
		return QIAO_OK;
	if (err != QIAO_OK && err != QIAO_E_NOTFOUND)
		return err;
	if (policy)
		qiao_policy_info(policy, &info);
	if (err == QIAO_E_NOTFOUND || !policy ||
	    !qiao_hash_eq(&h, &info.sha256))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "the entry was decided under another policy");
	return QIAO_OK;
}

static qiao_err replay(const struct qiao_policy *policy,
		       const struct qiao_json *root, size_t size,
		       struct qiao_why *why)
{
	struct kept *k;
	qiao_err err = bundle_check(policy, root, why);

	if (err != QIAO_OK)
		return err;
	err = kept_read(&k, root, size, why);
	if (err == QIAO_OK)
		err = decide_again(policy, k, why);
	kept_free(k);
	return err;
}

qiao_err qiao_decision_replay(const struct qiao_policy *policy,
			      struct qiao_slice entry, struct qiao_why *why)
{
	struct qiao_json *root;
	qiao_err err = qiao_json_parse(&root, entry, why);

	if (err != QIAO_OK)
		return err == QIAO_E_NOMEM ? err : QIAO_E_MALFORMED;
	err = replay(policy, root, entry.n, why);
	qiao_json_free(root);
	return err;
}

qiao_err qiao_decision_bundle(struct qiao_hash *out, struct qiao_slice entry,
			      struct qiao_why *why)
{
	struct qiao_json *root;
	qiao_err err = qiao_json_parse(&root, entry, why);

	*out = (struct qiao_hash){ { 0 } };
	if (err != QIAO_OK)
		return err == QIAO_E_NOMEM ? err : QIAO_E_MALFORMED;
	err = bundle_of(out, root, why);
	qiao_json_free(root);
	return err;
}
