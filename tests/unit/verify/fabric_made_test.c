/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks made with keys that we have (tests/vectors/fabric/made/make.py): what
 * clients and orderers could do and honest ones do not.
 */
#include "gateway/base/mem.h"
#include "gateway/codec/json.h"
#include "gateway/verify/fabric_judge.h"
#include "tests/unit/verify/fabric_files.h"

#include <string.h>

static void made_read(struct qiao_buf *b, struct qiao_slice name)
{
	char path[128];

	snprintf(path, sizeof(path), "made/%.*s", (int)name.n,
		 (const char *)name.p);
	*b = file_read(path);
}

/*
 * Evaluation takes the first identity that fits, runs every part of a gate, and
 * undoes what an unsatisfied part took.
 */
static void rules_of_made(struct qiao_fabric_rules *r)
{
	/* clang-format off */
	static const struct { const char *chaincode, *policy; } rules[] = {
		{ "cc", "AND('OneMSP.peer','TwoMSP.peer')" },
		{ "two", "OutOf(2,'OneMSP.peer','OneMSP.peer')" },
		{ "greedy", "AND('OneMSP.member','OneMSP.peer')" },
		{ "undone", "OR(AND('OneMSP.peer','TwoMSP.admin'),'OneMSP.peer')" },
		{ "all", "AND(OR('OneMSP.peer','TwoMSP.peer'),'TwoMSP.peer')" },
		{ "never", "OutOf(3,'OneMSP.peer','TwoMSP.peer')" },
	};
	/* clang-format on */
	struct qiao_why why;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		CU_ASSERT_EQUAL(qiao_fabric_rules_add(r, rules[i].chaincode, 0,
						      rules[i].policy, &why),
				QIAO_OK);
}

static void check_flags(const struct qiao_fabric_verdict *v,
			const struct qiao_json *want, const char *name)
{
	CU_ASSERT_EQUAL(v->n_flags, qiao_json_count(want));
	for (size_t i = 0; i < v->n_flags; i++) {
		int64_t code = -1;

		qiao_json_int(qiao_json_at(want, i), &code);
		if (code != v->flags[i])
			printf("\n%s entry %zu: want %d, got %d\n", name, i,
			       (int)code, v->flags[i]);
		CU_ASSERT_EQUAL(v->flags[i], code);
	}
}

static void judge_case(struct qiao_fabric_judge *j, const struct qiao_json *c)
{
	const struct qiao_json *chain = qiao_json_get(c, "chain");
	struct qiao_slice file = qiao_json_text(qiao_json_get(c, "file"));
	struct qiao_slice want = qiao_json_text(qiao_json_get(c, "want"));
	struct qiao_fabric_verdict v;
	struct qiao_buf b;
	int64_t records = -1;
	struct qiao_slice replay;
	const char *got;
	char name[64];

	qiao_str_copy(name, sizeof(name), file);
	for (size_t i = 0; i < qiao_json_count(chain); i++) {
		made_read(&b, qiao_json_text(qiao_json_at(chain, i)));
		CU_ASSERT_EQUAL(
			qiao_fabric_judge_next(j, &v, qiao_buf_slice(&b)),
			QIAO_OK);
		CU_ASSERT_EQUAL(v.err, QIAO_OK);
		qiao_fabric_verdict_fini(&v);
		qiao_buf_free(&b);
	}
	made_read(&b, file);
	CU_ASSERT_EQUAL(qiao_fabric_judge_next(j, &v, qiao_buf_slice(&b)),
			QIAO_OK);
	got = v.err == QIAO_OK ? "accept" : qiao_fabric_refusal(v.err);
	if (!qiao_slice_is(want, got))
		printf("\n%s: want %.*s, got %s: %s\n", name, (int)want.n,
		       (const char *)want.p, got, v.why.text);
	CU_ASSERT(qiao_slice_is(want, got));
	if (v.err == QIAO_OK) {
		check_flags(&v, qiao_json_get(c, "flags"), name);
		replay = qiao_json_text(qiao_json_get(c, "replay"));
		CU_ASSERT_EQUAL(v.replayed, qiao_slice_is(replay, "replayed"));
		qiao_json_int(qiao_json_get(c, "records"), &records);
		if ((uint64_t)records != v.records)
			printf("\n%s: records %d, got %d\n", name, (int)records,
			       (int)v.records);
		CU_ASSERT_EQUAL(v.records, (uint64_t)records);
	}
	qiao_fabric_verdict_fini(&v);
	qiao_buf_free(&b);
}

static void made_blocks_get_what_they_must(void)
{
	struct qiao_buf text = file_read("made/cases.json");
	struct qiao_fabric_rules rules = { NULL, 0 };
	struct qiao_json *cases;
	struct qiao_why why;

	rules_of_made(&rules);
	CU_ASSERT_EQUAL_FATAL(
		qiao_json_parse(&cases, qiao_buf_slice(&text), &why), QIAO_OK);
	CU_ASSERT(qiao_json_count(cases) > 60);
	for (size_t i = 0; i < qiao_json_count(cases); i++) {
		const struct qiao_json *c = qiao_json_at(cases, i);
		struct qiao_fabric_judge *j;
		struct qiao_buf genesis;

		made_read(&genesis,
			  qiao_json_text(qiao_json_get(c, "genesis")));
		CU_ASSERT_EQUAL_FATAL(
			qiao_fabric_judge_new(&j, qiao_buf_slice(&genesis),
					      &rules, &why),
			QIAO_OK);
		qiao_buf_free(&genesis);
		/* of the others _lifecycle is empty */
		if (!qiao_json_get(c, "replay"))
			qiao_fabric_judge_by_rules(j);
		judge_case(j, c);
		qiao_fabric_judge_free(j);
	}
	qiao_json_free(cases);
	qiao_fabric_rules_free(&rules);
	qiao_buf_free(&text);
}

#ifdef QIAO_FAULTS
/* The chain of collections, up to an allocation that fails. */
static qiao_err replay_collections(void)
{
	struct qiao_buf b = file_read("made/genesis.block");
	static const struct qiao_fabric_rules none = { NULL, 0 };
	struct qiao_fabric_judge *j;
	struct qiao_fabric_verdict v;
	qiao_err err =
		qiao_fabric_judge_new(&j, qiao_buf_slice(&b), &none, NULL);

	qiao_buf_free(&b);
	for (unsigned int i = 1; err == QIAO_OK && i <= 7; i++) {
		long left = qiao_fault_alloc_after;
		char name[32];

		snprintf(name, sizeof(name), "replay7_%u.block", i);
		qiao_fault_alloc_after = -1;
		made_read(&b, qiao_slice_str(name));
		qiao_fault_alloc_after = left;
		err = qiao_fabric_judge_next(j, &v, qiao_buf_slice(&b));
		qiao_buf_free(&b);
		if (err == QIAO_OK) {
			CU_ASSERT(v.err == QIAO_OK && v.replayed);
			CU_ASSERT(!v.flags_differ);
		}
		qiao_fabric_verdict_fini(&v);
	}
	qiao_fabric_judge_free(j);
	return err;
}

static void each_allocation_of_a_replay_may_fail(void)
{
	qiao_err err = QIAO_E_NOMEM;

	for (long i = 40; err != QIAO_OK; i += 1 + i / 24) {
		CU_ASSERT_FATAL(i < 1000000);
		qiao_fault_alloc_after = i;
		err = replay_collections();
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
	}
}
#endif

static const struct test_case cases[] = {
	{ "made blocks get what they must", made_blocks_get_what_they_must },
#ifdef QIAO_FAULTS
	{ "each allocation of a replay may fail",
	  each_allocation_of_a_replay_may_fail },
#endif
	{ NULL, NULL },
};

const struct test_suite fabric_made_test_suite = { "verify/fabric_made",
						   cases };
