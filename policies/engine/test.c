/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/test.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "policies/engine/case.h"
#include "policies/engine/facts.h"
#include "policies/engine/model.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct qiao_ckey root_keys[] = {
	{ "tests", QIAO_C_LIST, true },
	{ NULL, 0, false },
};
/* clang-format on */

/* What the cases so far have shown of a rule. */
struct seen {
	bool decided, applied, not_applied;
};

struct run {
	const struct qiao_policy *p;
	struct qiao_policy_test_report *report;
	struct seen *seen; /* one for each rule, canonical order */
};

size_t qiao_policy_tests_check(const struct qiao_conf *c, struct qiao_diags *d)
{
	const struct qiao_cnode *root = qiao_conf_root(c);
	const struct qiao_cnode *list = qiao_cnode_get(root, "tests");
	size_t n = qiao_cnode_count(list);

	qiao_conf_check(c, d, root, "", root_keys);
	for (size_t i = 0; i < n; i++)
		qiao_policy_case_check(c, d, qiao_cnode_at(list, i));
	return n;
}

/* --- what was expected --------------------------------------------------- */

/* "policy/rule@7" by that name, as "policy/rule" or as "rule". */
static bool is_label(const char *label, const char *name)
{
	const char *at = strrchr(label, '@');
	const char *slash = strchr(label, '/');
	struct qiao_slice whole = qiao_slice_str(label);

	if (!at || !slash || qiao_slice_is(whole, name))
		return at && slash;
	whole.n = (size_t)(at - label);
	if (qiao_slice_is(whole, name))
		return true;
	return qiao_slice_is(qiao_slice_of(slash + 1, (size_t)(at - slash - 1)),
			     name);
}

static bool rules_fit(const struct qiao_cnode *want,
		      const struct qiao_decision *got)
{
	size_t n = qiao_cnode_count(want);

	if (!want)
		return true;
	if (n != got->n_rules)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *name = qiao_cnode_str(qiao_cnode_at(want, i), "");
		size_t j = 0;

		while (j < n && !is_label(got->rules[j], name))
			j++;
		if (j == n)
			return false;
	}
	return true;
}

static bool unmet_fit(const struct qiao_cnode *want,
		      const struct qiao_decision *got)
{
	if (!want)
		return true;
	if (qiao_cnode_count(want) != got->n_unmet)
		return false;
	for (size_t i = 0; i < got->n_unmet; i++)
		if (strcmp(qiao_cnode_str(qiao_cnode_at(want, i), ""),
			   qiao_reason_code(got->unmet[i])) != 0)
			return false;
	return true;
}

/* Exactly these fields go out like this. */
static bool fields_fit(const struct qiao_cnode *want, enum qiao_show show,
		       const struct qiao_decision *got,
		       const struct qiao_policy_case *c)
{
	size_t hits = 0, fields = 0;

	if (!want)
		return true;
	for (size_t i = 0; i < got->n_show; i++) {
		if (got->show[i] != show)
			continue;
		fields++;
		for (size_t j = 0; j < qiao_cnode_count(want); j++)
			hits += strcmp(qiao_cnode_str(qiao_cnode_at(want, j),
						      ""),
				       c->fields[i]) == 0;
	}
	return hits == fields && hits == qiao_cnode_count(want);
}

static bool obligations_fit(const struct qiao_cnode *want,
			    const struct qiao_decision *got)
{
	char receipt[40] = "";

	if (got->receipt_ms)
		snprintf(receipt, sizeof(receipt), "receipt:%llds",
			 (long long)(got->receipt_ms / 1000));
	for (size_t i = 0; i < qiao_cnode_count(want); i++)
		if (strcmp(qiao_cnode_str(qiao_cnode_at(want, i), ""),
			   receipt) != 0)
			return false;
	return true;
}

/* What differs first, or NULL. */
static const char *difference(const struct qiao_policy_case *c,
			      const struct qiao_decision *got)
{
	const struct qiao_cnode *e = c->expect;
	const char *reason = qiao_conf_str(e, "reason", NULL);

	if (strcmp(qiao_conf_str(e, "decision", ""),
		   qiao_verdict_name(got->verdict)) != 0)
		return "decision";
	if (reason && strcmp(reason, qiao_reason_code(got->reason)) != 0)
		return "reason";
	if (!rules_fit(qiao_cnode_get(e, "rules"), got))
		return "rules";
	if (!unmet_fit(qiao_cnode_get(e, "unmet"), got))
		return "unmet";
	if (!fields_fit(qiao_cnode_get(e, "clear"), QIAO_SHOW_CLEAR, got, c))
		return "clear";
	if (!fields_fit(qiao_cnode_get(e, "commit"), QIAO_SHOW_COMMIT, got, c))
		return "commit";
	if (!fields_fit(qiao_cnode_get(e, "withheld"), QIAO_SHOW_WITHHELD, got,
			c))
		return "withheld";
	if (!obligations_fit(qiao_cnode_get(e, "obligations"), got))
		return "obligations";
	return NULL;
}

/* --- running ------------------------------------------------------------- */

static void note_rule(void *ctx, size_t rule, const char *label,
		      const char *effect, const char *title,
		      enum qiao_rule_state state, const enum qiao_reason *codes,
		      size_t n_codes)
{
	struct run *run = ctx;
	bool applied = state == QIAO_RULE_APPLIES ||
		       state == QIAO_RULE_SATISFIED ||
		       state == QIAO_RULE_OVERRIDDEN;

	(void)label;
	(void)effect;
	(void)title;
	(void)codes;
	(void)n_codes;
	run->seen[rule].applied |= applied;
	run->seen[rule].not_applied |= !applied;
}

static void note_decided(struct run *run, const struct qiao_decision *d)
{
	for (size_t i = 0; i < run->p->all.n; i++)
		for (size_t j = 0; j < d->n_rules; j++)
			if (run->p->all.r[i]->label == d->rules[j])
				run->seen[i].decided = true;
}

static void got_print(struct qiao_buf *b, const struct qiao_decision *d,
		      const struct qiao_policy_case *c)
{
	qiao_buf_printf(b, "    got %s %s", qiao_verdict_name(d->verdict),
			qiao_reason_code(d->reason));
	for (size_t i = 0; i < d->n_rules; i++)
		qiao_buf_printf(b, " %s", d->rules[i]);
	for (size_t i = 0; i < d->n_unmet; i++)
		qiao_buf_printf(b, " unmet %s", qiao_reason_code(d->unmet[i]));
	for (size_t i = 0; i < d->n_show; i++)
		qiao_buf_printf(b, " %s=%s", c->fields[i],
				qiao_show_name((enum qiao_show)d->show[i]));
	if (d->receipt_ms)
		qiao_buf_printf(b, " receipt:%llds",
				(long long)(d->receipt_ms / 1000));
	qiao_buf_put_str(b, "\n");
}

static void case_run(struct run *run, struct qiao_policy_case *c,
		     const struct qiao_cnode *node)
{
	const struct qiao_policy_trace trace = { run, note_rule };
	struct qiao_policy_test_report *r = run->report;
	struct qiao_decision d;
	const char *wrong;

	qiao_policy_case_read(c, node);
	qiao_policy_decide(run->p, &d, &c->request, &c->facts, &trace);
	note_decided(run, &d);
	wrong = difference(c, &d);
	r->cases++;
	r->failed += wrong != NULL;
	if (!wrong) {
		qiao_buf_printf(&r->text, "ok   %s\n", c->name);
		return;
	}
	qiao_buf_printf(&r->text, "FAIL %s: another %s was expected\n", c->name,
			wrong);
	got_print(&r->text, &d, c);
}

static void file_run(struct run *run, struct qiao_policy_case *c,
		     const struct qiao_conf *conf)
{
	const struct qiao_cnode *list =
		qiao_cnode_get(qiao_conf_root(conf), "tests");

	for (size_t i = 0; i < qiao_cnode_count(list); i++)
		case_run(run, c, qiao_cnode_at(list, i));
}

static void coverage_report(struct run *run, bool strict)
{
	struct qiao_policy_test_report *r = run->report;

	r->rules = run->p->all.n;
	for (size_t i = 0; i < r->rules; i++) {
		const struct qiao_rule *rule = run->p->all.r[i];

		r->decided += run->seen[i].decided;
		r->both += run->seen[i].applied && run->seen[i].not_applied;
		if (rule->effect != QIAO_EFFECT_PERMIT || run->seen[i].decided)
			continue;
		qiao_buf_printf(&r->text,
				"%s:%u:%u: warning W204: no test is decided by "
				"\"%s\"\n",
				rule->set->file, rule->line, rule->col,
				rule->id);
		r->failed += strict;
	}
	qiao_buf_printf(&r->text,
			"%zu cases, %zu failed; of %zu rules %zu decided a "
			"case, %zu were seen applying and not applying\n",
			r->cases, r->failed, r->rules, r->decided, r->both);
}

/* The files of kind `tests` that are in order are run. */
static qiao_err files_run(struct run *run, struct qiao_policy_case *c,
			  struct qiao_diags *d,
			  const struct qiao_conf_file *files, size_t n)
{
	unsigned int before = d->errors;

	for (size_t i = 0; i < n; i++) {
		struct qiao_conf *conf;
		qiao_err err = qiao_conf_parse(&conf, d, files[i].name,
					       files[i].bytes);

		if (err != QIAO_OK && err != QIAO_E_CONFIG)
			return err;
		if (!conf)
			continue;
		if (qiao_cnode_get(qiao_conf_root(conf), "tests"))
			qiao_policy_tests_check(conf, d);
		if (d->errors == before)
			file_run(run, c, conf);
		qiao_conf_free(conf);
	}
	return d->errors == before ? QIAO_OK : QIAO_E_CONFIG;
}

qiao_err qiao_policy_test(const struct qiao_policy *p,
			  struct qiao_policy_test_report *out,
			  struct qiao_diags *d,
			  const struct qiao_conf_file *files, size_t n,
			  bool strict)
{
	struct run run = { p, out,
			   qiao_calloc(p->all.n + 1, sizeof(*run.seen)) };
	struct qiao_policy_case *c = qiao_malloc(sizeof(*c));
	qiao_err err = QIAO_E_NOMEM;

	*out = (struct qiao_policy_test_report){ .cases = 0 };
	if (run.seen && c)
		err = files_run(&run, c, d, files, n);
	if (err == QIAO_OK) {
		coverage_report(&run, strict);
		err = out->text.err;
	}
	qiao_free(run.seen);
	qiao_free(c);
	if (err == QIAO_OK && out->failed)
		return QIAO_E_DENIED;
	return err;
}

void qiao_policy_test_free(struct qiao_policy_test_report *r)
{
	qiao_buf_free(&r->text);
	*r = (struct qiao_policy_test_report){ .cases = 0 };
}
