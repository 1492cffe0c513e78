/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/case.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "policies/engine/facts.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct qiao_ckey case_keys[] = {
	{ "name", QIAO_C_STR, true },
	{ "at", QIAO_C_STR, true },
	{ "point", QIAO_C_STR, false },
	{ "request", QIAO_C_GROUP, true },
	{ "proof", QIAO_C_GROUP, true },
	{ "facts", QIAO_C_GROUP, false },
	{ "duty", QIAO_C_STR | QIAO_C_GROUP, false },
	{ "consent", QIAO_C_GROUP, false },
	{ "timestamp", QIAO_C_GROUP, false },
	{ "registry", QIAO_C_GROUP, false },
	{ "used", QIAO_C_LIST, false },
	{ "calendar", QIAO_C_STR, false },
	{ "expect", QIAO_C_GROUP, true },
	{ NULL, 0, false },
};
static const struct qiao_ckey request_keys[] = {
	{ "action", QIAO_C_STR, true },
	{ "purpose", QIAO_C_STR, true },
	{ "from", QIAO_C_GROUP, true },
	{ "to", QIAO_C_GROUP, true },
	{ "record", QIAO_C_GROUP, true },
	{ "onward", QIAO_C_BOOL, false },
	{ "state_change_to_holder", QIAO_C_BOOL, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey from_keys[] = {
	{ "chain", QIAO_C_STR, false },
	{ "org", QIAO_C_STR, false },
	{ NULL, 0, false },
};
/* officer: who asks within the organisation; only quotas look at it */
static const struct qiao_ckey to_keys[] = {
	{ "chain", QIAO_C_STR, false },
	{ "org", QIAO_C_STR, false },
	{ "officer", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey record_keys[] = {
	{ "type", QIAO_C_STR, true },
	{ "id", QIAO_C_STR, false },
	{ "state", QIAO_C_STR, false },
	{ "version", QIAO_C_INT, false },
	{ "share", QIAO_C_STR, false },
	{ "fields", QIAO_C_ARRAY, false },
	{ "clear", QIAO_C_ARRAY, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey duty_keys[] = {
	{ "basis", QIAO_C_STR, true },
	{ "case", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey proof_keys[] = {
	{ "verified", QIAO_C_BOOL, true },
	{ "height", QIAO_C_INT, false },
	{ "age_s", QIAO_C_INT, false },
	{ "finality", QIAO_C_STR, false },
	{ "validity", QIAO_C_STR, false },
	{ NULL, 0, false },
};
static const struct qiao_ckey facts_keys[] = {
	{ "assurance", QIAO_C_STR, false },
	{ "origin", QIAO_C_STR, false },
	{ "currency", QIAO_C_STR, false },
	{ "issuer_ok", QIAO_C_BOOL, false },
	{ "checks", QIAO_C_STR, false },
	{ "replay", QIAO_C_BOOL, false },
	{ "state_ok", QIAO_C_BOOL, false },
	{ "clock_ok", QIAO_C_BOOL, false },
	{ "allow_endorsed_only", QIAO_C_BOOL, false },
	{ "allow_recorded", QIAO_C_BOOL, false },
	{ NULL, 0, false },
};
/* ( ) says: none at all, where [ ] would be a slip */
static const struct qiao_ckey expect_keys[] = {
	{ "decision", QIAO_C_STR, true },
	{ "reason", QIAO_C_STR, false },
	{ "rules", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "unmet", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "clear", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "commit", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "withheld", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "encrypted", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "obligations", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ "flags", QIAO_C_ARRAY | QIAO_C_LIST, false },
	{ NULL, 0, false },
};
static const char *const case_unbuilt[] = {
	"consent", "timestamp", "registry", "used", "calendar", NULL,
};
static const char *const expect_unbuilt[] = { "encrypted", "flags", NULL };

/* settings that take one of some words */
static const struct choice {
	const char *group, *name;
	const char *const *words;
} choices[] = {
	{ NULL, "point", qiao_point_words },
	{ "proof", "finality", qiao_finality_words },
	{ "proof", "validity", qiao_validity_words },
	{ "facts", "assurance", qiao_assurance_words },
	{ "facts", "origin", qiao_origin_words },
	{ "facts", "currency", qiao_currency_words },
	{ "facts", "checks", qiao_checks_words },
	{ "request.record", "share", qiao_share_words },
	{ "expect", "decision", qiao_verdict_words },
};
/* clang-format on */

/* "request.record" and the like. */
static const struct qiao_cnode *group_at(const struct qiao_cnode *node,
					 const char *path)
{
	const char *dot = path ? strchr(path, '.') : NULL;
	char first[QIAO_NAME_MAX];

	if (!path)
		return node;
	if (!dot)
		return qiao_cnode_get(node, path);
	if (!qiao_str_copy(first, sizeof(first),
			   qiao_slice_of(path, (size_t)(dot - path))))
		return NULL;
	return group_at(qiao_cnode_get(node, first), dot + 1);
}

static void choice_check(const struct qiao_conf *c, struct qiao_diags *d,
			 const struct qiao_cnode *node, const struct choice *ch)
{
	const struct qiao_cnode *n =
		qiao_cnode_get(group_at(node, ch->group), ch->name);
	const char *word = qiao_cnode_str(n, NULL);
	const char *near;
	char safe[128];

	if (!word || qiao_word_find(ch->words, qiao_slice_str(word)) >= 0)
		return;
	near = qiao_conf_did_you_mean(word, ch->words);
	qiao_conf_error(
		c, d, n, "E105",
		"%s = \"%s\" is none of the words it can be%s%s%s", ch->name,
		qiao_str_escape(safe, sizeof(safe), qiao_slice_str(word)),
		near ? "; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

/* A case whose inputs cannot be built here is refused with its name. */
static void unbuilt(const struct qiao_conf *c, struct qiao_diags *d,
		    const struct qiao_cnode *node, const struct qiao_cnode *g,
		    const char *const *names)
{
	char safe[128];

	for (; *names; names++) {
		const struct qiao_cnode *n = qiao_cnode_get(g, *names);

		if (n)
			qiao_conf_error(
				c, d, n, "E190",
				"test \"%s\" needs %s, which is not built yet",
				qiao_str_escape(safe, sizeof(safe),
						qiao_slice_str(qiao_conf_str(
							node, "name", ""))),
				*names);
	}
}

static void group_check(const struct qiao_conf *c, struct qiao_diags *d,
			const struct qiao_cnode *node, const char *path,
			const struct qiao_ckey *keys)
{
	const struct qiao_cnode *g = group_at(node, path);
	char where[64];

	snprintf(where, sizeof(where), "tests[].%s", path);
	if (qiao_cnode_type(g) == QIAO_C_GROUP)
		qiao_conf_check(c, d, g, where, keys);
}

static void values_check(const struct qiao_conf *c, struct qiao_diags *d,
			 const struct qiao_cnode *node)
{
	const struct qiao_cnode *at = qiao_cnode_get(node, "at");
	const struct qiao_cnode *fields =
		qiao_cnode_get(group_at(node, "request.record"), "fields");
	const struct qiao_cnode *reason =
		qiao_cnode_get(qiao_cnode_get(node, "expect"), "reason");
	const char *code = qiao_cnode_str(reason, "R_OK");
	enum qiao_reason r;
	int64_t ms;

	if (at &&
	    !qiao_time_parse(&ms, qiao_slice_str(qiao_cnode_str(at, "")), 0))
		qiao_conf_error(c, d, at, "E107",
				"at must be an instant like "
				"\"2026-11-20T10:00:00+08:00\"");
	if (qiao_cnode_count(fields) > QIAO_FIELDS_MAX)
		qiao_conf_error(c, d, fields, "E106",
				"a record has at most %d fields",
				QIAO_FIELDS_MAX);
	if (!qiao_reason_find(&r, qiao_slice_str(code)))
		qiao_conf_error(c, d, reason, "E105",
				"expect.reason is no reason code");
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		choice_check(c, d, node, &choices[i]);
}

bool qiao_policy_case_check(const struct qiao_conf *c, struct qiao_diags *d,
			    const struct qiao_cnode *node)
{
	unsigned int before = d->errors;

	if (!qiao_conf_check(c, d, node, "tests[]", case_keys) &&
	    qiao_cnode_type(node) != QIAO_C_GROUP)
		return false;
	group_check(c, d, node, "request", request_keys);
	group_check(c, d, node, "request.from", from_keys);
	group_check(c, d, node, "request.to", to_keys);
	group_check(c, d, node, "request.record", record_keys);
	group_check(c, d, node, "proof", proof_keys);
	group_check(c, d, node, "facts", facts_keys);
	group_check(c, d, node, "duty", duty_keys);
	group_check(c, d, node, "expect", expect_keys);
	unbuilt(c, d, node, node, case_unbuilt);
	unbuilt(c, d, node, qiao_cnode_get(node, "expect"), expect_unbuilt);
	values_check(c, d, node);
	return d->errors == before;
}

/* --- as a question ------------------------------------------------------- */

/* The number of a word, the first of its list having number `first`. */
static unsigned int number_of(const struct qiao_cnode *g, const char *name,
			      const char *def, const char *const *words,
			      unsigned int first)
{
	int i = qiao_word_find(words,
			       qiao_slice_str(qiao_conf_str(g, name, def)));

	return i < 0 ? 0 : (unsigned int)i + first;
}

static bool has_word(const struct qiao_cnode *array, const char *word)
{
	for (size_t i = 0; i < qiao_cnode_count(array); i++)
		if (strcmp(qiao_cnode_str(qiao_cnode_at(array, i), ""), word) ==
		    0)
			return true;
	return false;
}

static void record_read(struct qiao_policy_case *out,
			const struct qiao_cnode *g)
{
	struct qiao_policy_request *q = &out->request;
	const struct qiao_cnode *fields = qiao_cnode_get(g, "fields");
	const struct qiao_cnode *clear = qiao_cnode_get(g, "clear");
	int64_t version = qiao_conf_int(g, "version", 1);

	q->record_type = qiao_conf_str(g, "type", "");
	q->record_state = qiao_conf_str(g, "state", "");
	q->record_version = version < 0 ? 0 : (uint64_t)version;
	q->record_class =
		number_of(g, "share", "unconditional", qiao_share_words, 0);
	q->fields = out->fields;
	for (; q->n_fields < qiao_cnode_count(fields) &&
	       q->n_fields < QIAO_FIELDS_MAX;
	     q->n_fields++) {
		const char *name =
			qiao_cnode_str(qiao_cnode_at(fields, q->n_fields), "");

		out->fields[q->n_fields] = name;
		out->in_clear[q->n_fields] = has_word(clear, name);
	}
	if (q->point == QIAO_POINT_ACCEPT)
		q->in_clear = out->in_clear;
}

static void duty_read(struct qiao_policy_request *q,
		      const struct qiao_cnode *duty)
{
	q->duty_basis = q->duty_case = "";
	if (qiao_cnode_type(duty) == QIAO_C_GROUP) {
		q->duty_basis = qiao_conf_str(duty, "basis", "");
		q->duty_case = qiao_conf_str(duty, "case", "");
	} else if (duty) { /* the short form: a basis, and a case that is fine
			    */
		q->duty_basis = qiao_cnode_str(duty, "");
		q->duty_case = "h:test";
	}
}

static void request_read(struct qiao_policy_case *out,
			 const struct qiao_cnode *node)
{
	const struct qiao_cnode *g = qiao_cnode_get(node, "request");
	const struct qiao_cnode *from = qiao_cnode_get(g, "from");
	const struct qiao_cnode *to = qiao_cnode_get(g, "to");
	struct qiao_policy_request *q = &out->request;

	q->point = number_of(node, "point", "release", qiao_point_words, 0)
			   ? QIAO_POINT_ACCEPT
			   : QIAO_POINT_RELEASE;
	q->action = qiao_conf_str(g, "action", "");
	q->purpose = qiao_conf_str(g, "purpose", "");
	q->from_chain = qiao_conf_str(from, "chain", "");
	q->from_org = qiao_conf_str(from, "org", "");
	q->to_chain = qiao_conf_str(to, "chain", "");
	q->to_org = qiao_conf_str(to, "org", "");
	q->onward = qiao_conf_bool(g, "onward", false);
	q->state_change_to_holder =
		qiao_conf_bool(g, "state_change_to_holder", false);
	duty_read(q, qiao_cnode_get(node, "duty"));
	record_read(out, qiao_cnode_get(g, "record"));
}

static void facts_read(struct qiao_policy_facts *f,
		       const struct qiao_cnode *node)
{
	const struct qiao_cnode *p = qiao_cnode_get(node, "proof");
	const struct qiao_cnode *g = qiao_cnode_get(node, "facts");
	int64_t height = qiao_conf_int(p, "height", 1);

	qiao_time_parse(&f->at_ms,
			qiao_slice_str(qiao_conf_str(node, "at", "")), 0);
	f->proof_verified = qiao_conf_bool(p, "verified", false);
	f->proof_height = height < 0 ? 0 : (uint64_t)height;
	f->proof_age_s = qiao_conf_int(p, "age_s", -1);
	f->proof_final = number_of(p, "finality", "pending",
				   qiao_finality_words, 0) == 1;
	f->proof_validity =
		number_of(p, "validity", "final", qiao_validity_words, 1);
	f->assurance =
		number_of(g, "assurance", "proven", qiao_assurance_words, 1);
	f->origin = number_of(g, "origin", "live", qiao_origin_words, 1);
	f->currency =
		number_of(g, "currency", "scanned", qiao_currency_words, 1);
	f->checks = (enum qiao_checks)number_of(g, "checks", "ok",
						qiao_checks_words, 0);
	f->issuer_ok = qiao_conf_bool(g, "issuer_ok", true);
	f->replay = qiao_conf_bool(g, "replay", false);
	f->state_ok = qiao_conf_bool(g, "state_ok", true);
	f->clock_ok = qiao_conf_bool(g, "clock_ok", true);
	f->allow_endorsed_only =
		qiao_conf_bool(g, "allow_endorsed_only", false);
	f->allow_recorded = qiao_conf_bool(g, "allow_recorded", false);
}

void qiao_policy_case_read(struct qiao_policy_case *out,
			   const struct qiao_cnode *node)
{
	memset(out, 0, sizeof(*out));
	out->name = qiao_conf_str(node, "name", "");
	out->expect = qiao_cnode_get(node, "expect");
	request_read(out, node);
	facts_read(&out->facts, node);
}
