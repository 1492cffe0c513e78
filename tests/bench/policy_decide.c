/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-policy-decide: decisions under 1,000 rules of which one permits, each
 * timed by itself without and with a trace; loading 10,000 rules. One line of
 * microseconds and milliseconds.
 */
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "policies/engine/engine.h"
#include "tests/bench/measure.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 100000

/* clang-format off */
static const char catalogue[] =
"catalogue = { format = 1; id = \"c\"; version = 1; records = ("
"{ type = \"a.open\"; share = \"unconditional\"; id_kind = \"opaque\";"
"  states = [ \"valid\" ]; fields = ("
"  { name = \"pub\"; class = \"public\"; },"
"  { name = \"inn\"; class = \"internal\"; } ); } ); };";
static const char orgs[] =
"orgs = { format = 1; id = \"o\"; version = 1; list = ("
"{ org = \"src.dept\"; title = \"s\"; ids = ( { chain = \"src\"; "
"kind = \"msp\"; value = \"SrcMSP\"; } ); },"
"{ org = \"dst.dept\"; title = \"d\"; ids = ( { chain = \"dst\"; "
"kind = \"msp\"; value = \"DstMSP\"; } ); } ); };";
static const char policy[] =
"policy = { format = 1; id = \"bench%zu\"; version = 1; owner = \"src.dept\";"
"layer = \"owner\"; point = \"release\"; scope = { chain = [ \"src\" ];"
"record = [ \"a.open\" ]; }; timezone = \"+08:00\"; };\nrules = (";
static const char rule[] =
"%s{ id = \"r%zu\"; effect = \"permit\"; from = { chain = [ \"src\" ]; };"
"to = { chain = [ \"dst\" ]; org = [ \"dst.dept\" ]; };"
"record = { type = [ \"a.open\" ]; }; action = [ \"forward\" ];"
"purpose = [ \"p%zu\" ]; basis = \"b\";"
"when = ( { attr = \"proof.age_s\"; op = \"lt\"; value = 600; } ); }";
/* clang-format on */

#define PER_FILE 500

static void write_file(struct qiao_buf *b, size_t file)
{
	char text[1024];

	snprintf(text, sizeof(text), policy, file);
	qiao_buf_put_str(b, text);
	for (size_t i = 0; i < PER_FILE; i++) {
		size_t k = file * PER_FILE + i;

		snprintf(text, sizeof(text), rule, i ? "," : "", k, k);
		qiao_buf_put_str(b, text);
	}
	qiao_buf_put_str(b, ");\n");
}

/* *ms: what loading took, without making the text. */
static struct qiao_policy *load(size_t rules, double *ms)
{
	static struct qiao_conf_file f[64];
	static struct qiao_buf text[64];
	static char name[64][16];
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy *p = NULL;
	size_t n = rules / PER_FILE;
	int64_t start;

	for (size_t i = 0; i < n; i++) {
		memset(&text[i], 0, sizeof(text[i]));
		write_file(&text[i], i);
		snprintf(name[i], sizeof(name[i]), "p%02zu.cfg", i);
		f[i].name = name[i];
		f[i].bytes = qiao_buf_slice(&text[i]);
	}
	f[n].name = "x.cfg";
	f[n].bytes = qiao_slice_str(catalogue);
	f[n + 1].name = "y.cfg";
	f[n + 1].bytes = qiao_slice_str(orgs);
	start = measure_ns();
	if (qiao_policy_load(&p, &d, f, n + 2, 0) != QIAO_OK)
		fprintf(stderr, "%.*s",
			(int)(d.text.n < 2000 ? d.text.n : 2000),
			(const char *)d.text.p);
	*ms = (double)(measure_ns() - start) / 1e6;
	qiao_diags_free(&d);
	for (size_t i = 0; i < n; i++)
		qiao_buf_free(&text[i]);
	return p;
}

static void note_rule(void *ctx, size_t n, const char *label,
		      const char *effect, const char *title,
		      enum qiao_rule_state state, const enum qiao_reason *codes,
		      size_t n_codes)
{
	size_t *seen = ctx;

	(void)n, (void)label, (void)effect, (void)title, (void)state;
	(void)codes, (void)n_codes;
	++*seen;
}

static const char *const fields[] = { "inn", "pub" };
static const struct qiao_policy_facts facts = {
	.at_ms = 1795140000000,
	.proof_verified = true,
	.proof_height = 7,
	.proof_block = { { 1 } },
	.proof_age_s = 12,
	.proof_final = true,
	.proof_validity = 3,
	.assurance = 1,
	.origin = 1,
	.currency = 1,
	.issuer_ok = true,
	.checks = QIAO_CHECKS_OK,
	.state_ok = true,
	.clock_ok = true,
};

/* False: a question that must be permitted was not. */
static bool ask(const struct qiao_policy *p, int64_t *ns, size_t n, bool traced)
{
	size_t seen = 0;
	struct qiao_policy_trace trace = { &seen, note_rule };
	struct qiao_policy_request q = {
		.point = QIAO_POINT_RELEASE,
		.action = "forward",
		.from_chain = "src",
		.from_org = "src.dept",
		.to_chain = "dst",
		.to_org = "dst.dept",
		.duty_basis = "",
		.duty_case = "",
		.record_type = "a.open",
		.record_state = "valid",
		.record_version = 1,
		.fields = fields,
		.n_fields = 2,
	};
	static struct qiao_decision d;
	char purpose[16];

	for (size_t i = 0; i < n; i++) {
		int64_t start;

		snprintf(purpose, sizeof(purpose), "p%zu", i * 7 % 1000);
		q.purpose = purpose;
		start = measure_ns();
		qiao_policy_decide(p, &d, &q, &facts, traced ? &trace : NULL);
		ns[i] = measure_ns() - start;
		if (d.verdict != QIAO_PERMIT)
			return false;
	}
	return true;
}

static double us(int64_t *ns, size_t n, size_t permille)
{
	return (double)measure_quantile(ns, n, permille) / 1e3;
}

int main(void)
{
	static int64_t plain[ROUNDS], traced[ROUNDS / 10];
	double ms_small, ms_large;
	struct qiao_policy *p = load(1000, &ms_small);
	struct qiao_policy *large = load(10000, &ms_large);

	if (!p || !large || !ask(p, plain, ROUNDS, false) ||
	    !ask(p, traced, ROUNDS / 10, true)) {
		fprintf(stderr, "policy-decide: the answer is not the one "
				"that the rules give\n");
		return 1;
	}
	printf("policy-decide: p50_us=%.2f p99_us=%.2f traced_p50_us=%.2f "
	       "traced_p99_us=%.2f load_10000_ms=%.0f\n",
	       us(plain, ROUNDS, 500), us(plain, ROUNDS, 990),
	       us(traced, ROUNDS / 10, 500), us(traced, ROUNDS / 10, 990),
	       ms_large);
	qiao_policy_unref(p);
	qiao_policy_unref(large);
	return 0;
}
