/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy or test file from anywhere, in a folder that is otherwise in order.
 * What loads decides: nothing unproven is permitted, no secret is shown, and
 * the audit entry is decided again to the same.
 */
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "policies/engine/decision_json.h"
#include "policies/engine/test.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char catalogue[] =
	"catalogue = { format = 1; id = \"c\"; version = 1; records = ( { type "
	"= \"a.open\"; share = \"unconditional\"; id_kind = \"opaque\"; states "
	"= [ \"valid\", \"revoked\" ]; fields = ( { name = \"pub\"; class = "
	"\"public\"; }, { name = \"per\"; class = \"personal\"; }, { name = "
	"\"sec\"; class = \"secret\"; } ); }, { type = \"a.cond\"; share = "
	"\"conditional\"; id_kind = \"opaque\"; states = [ \"valid\" ]; fields "
	"= ( { name = \"pub\"; class = \"public\"; } ); } ); };";
static const char orgs[] =
	"orgs = { format = 1; id = \"o\"; version = 1; list = ( { org = "
	"\"src.dept\"; title = \"s\"; ids = (); }, { org = \"dst.dept\"; title "
	"= \"d\"; ids = (); } ); };";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void entry_write(struct qiao_buf *out,
			const struct qiao_decision_record *r)
{
	char at[QIAO_TIME_LEN];
	struct qiao_jw w;

	qiao_jw_init(&w, out);
	qiao_jw_obj(&w);
	qiao_jw_kstr(&w, "at", qiao_time_format(at, r->facts->at_ms, 0));
	for (size_t i = 0; qiao_decision_keys[i]; i++) {
		if (strcmp(qiao_decision_keys[i], "unmet") == 0)
			qiao_jw_kstr(&w, "type", "decision");
		qiao_jw_key(&w, qiao_decision_keys[i]);
		qiao_decision_put(&w, r, i);
	}
	qiao_jw_end(&w);
	must(qiao_jw_finish(&w) == QIAO_OK);
}

static void ask(const struct qiao_policy *p,
		const struct qiao_policy_request *q,
		const struct qiao_policy_facts *f)
{
	struct qiao_buf entry = QIAO_BUF;
	struct qiao_decision d;
	const struct qiao_decision_record r = { .policy = p,
						.request = q,
						.facts = f,
						.decision = &d,
						.record_ref = "h:0" };

	qiao_policy_decide(p, &d, q, f, NULL);
	must(d.verdict != QIAO_PERMIT || f->proof_verified);
	must(d.verdict == QIAO_PERMIT || d.n_show == 0);
	for (size_t i = 0; i < d.n_show; i++)
		must(strcmp(q->fields[i], "sec") != 0 ||
		     d.show[i] == QIAO_SHOW_WITHHELD);
	entry_write(&entry, &r);
	must(qiao_decision_replay(p, qiao_buf_slice(&entry), NULL) == QIAO_OK);
	qiao_buf_free(&entry);
}

static void decide_all(const struct qiao_policy *p)
{
	static const char *const fields[] = { "pub", "per", "sec", "x" };
	struct qiao_policy_request q = { .action = "forward",
					 .purpose = "p",
					 .from_chain = "src",
					 .from_org = "src.dept",
					 .to_chain = "dst",
					 .to_org = "dst.dept",
					 .duty_basis = "b",
					 .duty_case = "c",
					 .record_state = "valid",
					 .record_version = 1,
					 .fields = fields,
					 .n_fields = 4 };
	struct qiao_policy_facts f = { .at_ms = 1795140000000,
				       .proof_age_s = 1,
				       .proof_final = true,
				       .proof_validity = 1,
				       .assurance = 1,
				       .origin = 1,
				       .currency = 1,
				       .issuer_ok = true,
				       .checks = QIAO_CHECKS_OK,
				       .state_ok = true };

	for (unsigned int i = 0; i < 64; i++) {
		q.point = i & 1 ? QIAO_POINT_ACCEPT : QIAO_POINT_RELEASE;
		q.record_type = i & 2 ? "a.open" : "a.cond";
		q.state_change_to_holder = i & 4;
		f.proof_verified = i & 8;
		f.clock_ok = i & 16;
		f.proof_age_s = i & 32 ? 1 : -1;
		ask(p, &q, &f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct qiao_conf_file files[] = {
		{ "c.cfg", qiao_slice_str(catalogue) },
		{ "o.cfg", qiao_slice_str(orgs) },
		{ "p.cfg", qiao_slice_of(data, size) },
	};
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy_test_report r;
	struct qiao_policy *p;
	qiao_err err = qiao_policy_load(&p, &d, files, 3, 1795140000000);

	must((err == QIAO_OK) == (p != NULL));
	must((err == QIAO_E_CONFIG) == (d.errors > 0));
	if (p) {
		decide_all(p);
		qiao_policy_test(p, &r, &d, files, 3, true);
		qiao_policy_test_free(&r);
	}
	qiao_policy_unref(p);
	qiao_diags_free(&d);
	return 0;
}
