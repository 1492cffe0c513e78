/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/merkle.h"
#include "gateway/record/mapping.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

/* 2026-11-20T02:00:00Z */
#define NOW_MS INT64_C(1795140000000)

/* --- what a test maps with ------------------------------------------------ */

struct world {
	struct qiao_catalogue *cat;
	struct qiao_orgs *orgs;
	struct qiao_mapping *map;
	struct qiao_record_env env;
};

static void world_open(struct world *w, struct qiao_conf *cat,
		       struct qiao_conf *orgs, struct qiao_conf *map)
{
	struct qiao_diags d = { .errors = 0 };
	qiao_err err = qiao_catalogue_parse(&w->cat, &d, cat);

	if (err == QIAO_OK)
		err = qiao_orgs_parse(&w->orgs, &d, orgs);
	if (err == QIAO_OK)
		err = qiao_mapping_parse(&w->map, &d, map, w->cat, w->orgs);
	if (err != QIAO_OK)
		fprintf(stderr, "%.*s", (int)d.text.n, (char *)d.text.p);
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	qiao_diags_free(&d);
	qiao_conf_free(cat);
	qiao_conf_free(orgs);
	qiao_conf_free(map);
	w->env = (struct qiao_record_env){ w->map,    w->cat,    w->orgs,
					   "nanjing", { { 9 } }, NOW_MS };
}

static void demo_open(struct world *w)
{
	world_open(w, conf_of("configs/demo/catalogue.cfg"),
		   conf_of("configs/demo/orgs.cfg"),
		   conf_of("configs/demo/mapping.cfg"));
}

static void world_close(struct world *w)
{
	qiao_mapping_free(w->map);
	qiao_orgs_free(w->orgs);
	qiao_catalogue_free(w->cat);
}

static qiao_err apply(struct qiao_record *r, const struct world *w,
		      const char *msp, const char *key, const char *value)
{
	const struct qiao_source_write in = {
		.space = qiao_slice_str("records"),
		.key = qiao_slice_str(key),
		.value = qiao_slice_str(value),
		.issuer = qiao_slice_str(msp),
		.height = 9,
	};
	static const struct qiao_hash seed = { { 5 } };

	return qiao_mapping_apply(r, &w->env, &in, &seed);
}

static bool field_is(const struct qiao_record *r, const char *name,
		     const char *value)
{
	const struct qiao_field *f = qiao_fields_find(&r->fields, name);

	return f && qiao_slice_is(f->value, value);
}

static void code_is(const struct qiao_record *r, const char *code)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->refusal.code);
	CU_ASSERT_STRING_EQUAL(r->refusal.code, code);
	CU_ASSERT_NOT_EQUAL(r->refusal.why.text[0], '\0');
}

/* --- the recorded chain --------------------------------------------------- */

#define LICENCE(id, version, status, more)                                                        \
	"{\"id\":\"" id "\",\"kind\":\"licence\"," more "\"status\":\"" status                    \
	"\",\"version\":" version ",\"document\":{"                                               \
	"\"证照类型\":\"营业执照\",\"证照编号\":\"EC-3201-00000001\","                \
	"\"统一社会信用代码\":\"91320100MA1TEST01X\","                                    \
	"\"名称\":\"南京秦淮测试科技有限公司(第1号)\","                           \
	"\"法定代表人\":\"张三\",\"住所\":\"江苏省南京市玄武区测试路1号\"," \
	"\"注册资本\":\"壹佰万元整\",\"成立日期\":\"2024-01-02\","                   \
	"\"登记机关\":\"南京市市场监督管理局(测试)\",\"有效期\":\"长期\","   \
	"\"摘要\":\"50010bcfedacc144a6981c426b009b35b0f49d8636c60fd6776e5379"                   \
	"24faa35e\"}}"
#define COPYRIGHT(id, version, more)                                                          \
	"{\"id\":\"" id "\",\"kind\":\"copyright\"," more                                     \
	"\"status\":\"active\",\"version\":" version ",\"document\":{"                        \
	"\"类型\":\"作品著作权登记证书\","                                         \
	"\"登记号\":\"国作登字-2026-F-00000001\","                                     \
	"\"作品名称\":\"金陵秋色图·第1幅\",\"作品类别\":\"美术作品\","    \
	"\"作者\":\"沈若溪\",\"著作权人\":\"南京云锦数字文化有限公司\"," \
	"\"创作完成日期\":\"2026-03-02\",\"首次发表日期\":\"2026-05-01\","        \
	"\"登记日期\":\"2026-06-18\",\"登记机构\":\"泉州市版权局(测试)\","    \
	"\"作品哈希\":\"4cac1d66ee5aba735b54b3276ca553d9fd0f5d7ccb0c22ca6a6"              \
	"da11fedd98f0d\"}}"

static void a_recorded_licence_becomes_a_record(void)
{
	struct qiao_record r;
	struct qiao_hash root;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", "REC_LIC-0001",
			      LICENCE("LIC-0001", "1", "active", "")),
			QIAO_OK);
	CU_ASSERT_TRUE(r.complete && r.issuer_ok);
	CU_ASSERT_PTR_NULL(r.refusal.code);
	CU_ASSERT_STRING_EQUAL(r.head.type, "licence.business");
	CU_ASSERT_STRING_EQUAL(r.head.id, "LIC-0001");
	CU_ASSERT_STRING_EQUAL(r.head.issuer, "nanjing.data");
	CU_ASSERT_STRING_EQUAL(r.head.state, "valid");
	CU_ASSERT_STRING_EQUAL(r.head.region, "320100");
	CU_ASSERT_EQUAL(r.head.version, 1);
	CU_ASSERT_EQUAL(r.head.fields, 11);
	CU_ASSERT_EQUAL(r.head.share, QIAO_SHARE_UNCONDITIONAL);
	CU_ASSERT_EQUAL(r.head.network.b[0], 9);
	CU_ASSERT_TRUE(field_is(&r, "legal_rep_name", "张三"));
	CU_ASSERT_TRUE(field_is(&r, "valid_to", "长期"));
	CU_ASSERT_EQUAL(r.unmapped, 0);
	/* the credit code is synthetic, and the catalogue only warns of it */
	CU_ASSERT_EQUAL(r.checks, QIAO_FINDING_WARN);
	CU_ASSERT_EQUAL(r.n_findings, 1);
	CU_ASSERT_STRING_EQUAL(r.findings[0], "holder_code:usci:syntax");
	qiao_fields_root(&root, &r.fields);
	CU_ASSERT_TRUE(qiao_hash_eq(&root, &r.head.fields_root));
	qiao_record_fini(&r);
	world_close(&w);
}

static void a_recorded_copyright_and_its_holder_are_mapped(void)
{
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(
		apply(&r, &w, "QuanzhouMSP", "REC_CPR-0001",
		      COPYRIGHT("CPR-0001", "2", "\"holder\":\"某公司\",")),
		QIAO_OK);
	CU_ASSERT_STRING_EQUAL(r.head.type, "ip.copyright");
	CU_ASSERT_STRING_EQUAL(r.head.issuer, "quanzhou.copyright");
	CU_ASSERT_STRING_EQUAL(r.head.state, "registered");
	CU_ASSERT_EQUAL(r.head.version, 2);
	CU_ASSERT_EQUAL(r.head.share, QIAO_SHARE_CONDITIONAL);
	CU_ASSERT_EQUAL(r.checks, QIAO_FINDING_NONE);
	CU_ASSERT_TRUE(field_is(&r, "author", "沈若溪"));
	CU_ASSERT_TRUE(field_is(&r, "holder", "某公司"));
	qiao_record_fini(&r);
	world_close(&w);
}

static void a_document_with_only_a_name_is_a_record(void)
{
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", "REC_HELLO",
			      "{\"id\":\"HELLO\",\"kind\":\"licence\","
			      "\"status\":\"active\",\"version\":1,"
			      "\"document\":{\"名称\":\"你好\"}}"),
			QIAO_OK);
	CU_ASSERT_EQUAL(r.head.fields, 1);
	CU_ASSERT_EQUAL(r.checks, QIAO_FINDING_NONE);
	qiao_record_fini(&r);
	world_close(&w);
}

static void an_issuer_that_may_not_is_refused_with_its_record(void)
{
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(apply(&r, &w, "AuditMSP", "REC_LIC-0005",
			      LICENCE("LIC-0005", "1", "active", "")),
			QIAO_E_DENIED);
	code_is(&r, "R_ISSUER_KEY");
	CU_ASSERT_TRUE(r.complete);
	CU_ASSERT_FALSE(r.issuer_ok);
	CU_ASSERT_STRING_EQUAL(r.head.issuer, "nanjing.audit");
	CU_ASSERT_EQUAL(r.fields.n, 11);
	qiao_record_fini(&r);
	/* may issue copyrights, not licences */
	CU_ASSERT_EQUAL(apply(&r, &w, "QuanzhouMSP", "REC_LIC-0005",
			      LICENCE("LIC-0005", "1", "active", "")),
			QIAO_E_DENIED);
	code_is(&r, "R_ISSUER_KEY");
	qiao_record_fini(&r);
	CU_ASSERT_EQUAL(apply(&r, &w, "Else\nMSP", "REC_LIC-0005",
			      LICENCE("LIC-0005", "1", "active", "")),
			QIAO_E_DENIED);
	code_is(&r, "R_ISSUER_KEY");
	CU_ASSERT_FALSE(r.complete);
	CU_ASSERT_PTR_NULL(strchr(r.refusal.why.text, '\n'));
	qiao_record_fini(&r);
	world_close(&w);
}

static void one_unmapped_organisation_is_unknown(void)
{
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	w.env.chain = "other"; /* where orgs.cfg knows nobody */
	CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", "REC_LIC-0001",
			      LICENCE("LIC-0001", "1", "active", "")),
			QIAO_E_DENIED);
	code_is(&r, "R_ORG_UNKNOWN");
	CU_ASSERT_FALSE(r.complete);
	CU_ASSERT_EQUAL(r.fields.n, 0);
	qiao_record_fini(&r);
	world_close(&w);
}

/* clang-format off */
static const struct {
	const char *name, *key, *value, *code, *finding;
} unmappable[] = {
	{ "a counter", "COUNT_LIC-0001", "12", "R_FIELD_CHECK",
	  "mapping:key:no-rule" },
	{ "no JSON", "REC_A", "{", "R_FIELD_CHECK",
	  "mapping:document:no-json-object" },
	{ "a number", "REC_A", "12", "R_FIELD_CHECK",
	  "mapping:document:no-json-object" },
	{ "nothing", "REC_A", "", "R_FIELD_CHECK",
	  "mapping:document:no-json-object" },
	{ "an array", "REC_A", "[]", "R_FIELD_CHECK",
	  "mapping:document:no-json-object" },
	{ "an empty object", "REC_A", "{}", "R_TYPE_UNKNOWN",
	  "mapping:document:no-rule" },
	{ "another kind", "REC_A", "{\"kind\":\"passport\"}",
	  "R_TYPE_UNKNOWN",
	  "mapping:document:no-rule" },
	{ "a state in capitals", "REC_LIC-0020",
	  LICENCE("LIC-0020", "1", "ACTIVE", ""), "R_FIELD_CHECK",
	  "mapping:state:value-not-listed" },
	{ "the id of another key", "REC_LIC-0002",
	  LICENCE("LIC-0001", "1", "active", ""), "R_FIELD_CHECK",
	  "mapping:id:not-the-key" },
	{ "version 0", "REC_A", LICENCE("A", "0", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:not-a-version" },
	{ "version -1", "REC_A", LICENCE("A", "-1", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:not-a-version" },
	{ "version 1.5", "REC_A", LICENCE("A", "1.5", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:not-a-version" },
	{ "version 1e3", "REC_A", LICENCE("A", "1e3", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:not-a-version" },
	{ "a version over 63 bits", "REC_A",
	  LICENCE("A", "99999999999999999999", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:not-a-version" },
	{ "version null", "REC_A", LICENCE("A", "null", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:missing" },
	{ "version an array", "REC_A", LICENCE("A", "[1]", "active", ""),
	  "R_FIELD_CHECK",
	  "mapping:version:not-a-scalar" },
	{ "a name given twice", "REC_A",
	  "{\"kind\":\"licence\",\"kind\":\"licence\"}", "R_FIELD_CHECK",
	  "mapping:document:no-json-object" },
	{ "a required field missing", "REC_A", "{\"id\":\"A\","
	  "\"kind\":\"licence\",\"status\":\"active\",\"version\":1,"
	  "\"document\":{}}", "R_FIELD_CHECK",
	  "mapping:holder_name:missing" },
	{ "a field that is an object", "REC_A", "{\"id\":\"A\","
	  "\"kind\":\"licence\",\"status\":\"active\",\"version\":1,"
	  "\"document\":{\"名称\":{}}}", "R_FIELD_CHECK",
	  "mapping:holder_name:not-a-scalar" },
	{ "a day that does not exist", "REC_A", "{\"id\":\"A\","
	  "\"kind\":\"licence\",\"status\":\"active\",\"version\":1,"
	  "\"document\":{\"名称\":\"x\",\"成立日期\":\"2023-02-29\"}}",
	  "R_FIELD_CHECK",
	  "mapping:established_on:not-a-time" },
};
/* clang-format on */

static void what_gives_no_record_says_why(void)
{
	struct world w;

	demo_open(&w);
	for (size_t i = 0; i < sizeof(unmappable) / sizeof(unmappable[0]);
	     i++) {
		struct qiao_record r;

		CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", unmappable[i].key,
				      unmappable[i].value),
				QIAO_E_DENIED);
		code_is(&r, unmappable[i].code);
		CU_ASSERT_EQUAL(r.n_findings, 1);
		CU_ASSERT_STRING_EQUAL(r.findings[0], unmappable[i].finding);
		CU_ASSERT_FALSE(r.complete);
		CU_ASSERT_EQUAL(r.fields.n, 0);
		CU_ASSERT_EQUAL(r.head.type[0], '\0');
		qiao_record_fini(&r);
	}
	world_close(&w);
}

static void a_document_cut_anywhere_gives_no_record(void)
{
	static const char text[] = LICENCE("LIC-0001", "1", "active", "");
	struct world w;

	demo_open(&w);
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		const struct qiao_source_write in = {
			.space = qiao_slice_str("records"),
			.key = qiao_slice_str("REC_LIC-0001"),
			.value = qiao_slice_of(text, n),
			.issuer = qiao_slice_str("NanjingMSP"),
		};
		static const struct qiao_hash seed;
		struct qiao_record r;

		CU_ASSERT_EQUAL(qiao_mapping_apply(&r, &w.env, &in, &seed),
				QIAO_E_DENIED);
		CU_ASSERT_FALSE(r.complete);
		qiao_record_fini(&r);
	}
	world_close(&w);
}

static void a_failed_check_refuses_and_names_no_value(void)
{
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", "REC_A",
			      "{\"id\":\"A\",\"kind\":\"licence\","
			      "\"status\":\"active\",\"version\":1,"
			      "\"document\":{\"名称\":\"x\","
			      "\"摘要\":\"secret-value\"}}"),
			QIAO_E_DENIED);
	code_is(&r, "R_FIELD_CHECK");
	CU_ASSERT_TRUE(r.complete);
	CU_ASSERT_EQUAL(r.checks, QIAO_FINDING_ERROR);
	CU_ASSERT_STRING_EQUAL(r.findings[0], "document_digest:hex32:syntax");
	CU_ASSERT_PTR_NULL(strstr(r.refusal.why.text, "secret-value"));
	qiao_record_fini(&r);
	world_close(&w);
}

static void what_no_rule_looks_at_is_counted(void)
{
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(
		apply(&r, &w, "NanjingMSP", "REC_A",
		      "{\"id\":\"A\",\"kind\":\"licence\",\"status\":"
		      "\"active\",\"version\":1,\"document\":{\"名称\":\"x\","
		      "\"电话\":\"1\",\"附件\":[\"a\",2,true,null,{\"b\":3}]},"
		      "\"more\":1}"),
		QIAO_OK);
	CU_ASSERT_EQUAL(r.unmapped, 6);
	CU_ASSERT_EQUAL(r.head.fields, 1);
	qiao_record_fini(&r);
	world_close(&w);
}

static void the_same_write_and_seed_give_the_same_head(void)
{
	struct qiao_record a, b;
	struct qiao_buf x = QIAO_BUF, y = QIAO_BUF;
	struct world w;

	demo_open(&w);
	apply(&a, &w, "NanjingMSP", "REC_LIC-0001",
	      LICENCE("LIC-0001", "1", "active", ""));
	apply(&b, &w, "NanjingMSP", "REC_LIC-0001",
	      LICENCE("LIC-0001", "1", "active", ""));
	CU_ASSERT_EQUAL(qiao_head_encode(&x, &a.head), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_head_encode(&y, &b.head), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_buf_slice(&x), qiao_buf_slice(&y)));
	qiao_buf_free(&x);
	qiao_buf_free(&y);
	qiao_record_fini(&a);
	qiao_record_fini(&b);
	world_close(&w);
}

static void a_state_may_move_only_as_the_catalogue_says(void)
{
	struct qiao_refusal no;
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", "REC_LIC-0001",
			      LICENCE("LIC-0001", "2", "revoked", "")),
			QIAO_OK);
	CU_ASSERT_STRING_EQUAL(r.head.state, "revoked");
	CU_ASSERT_EQUAL(qiao_record_move(&no, w.cat, &r.head, "valid"),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_record_move(&no, w.cat, &r.head, NULL), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_record_move(&no, w.cat, &r.head, "cancelled"),
			QIAO_E_DENIED);
	CU_ASSERT_STRING_EQUAL(no.code, "R_STATE");
	snprintf(r.head.state, sizeof(r.head.state), "lost");
	CU_ASSERT_EQUAL(qiao_record_move(&no, w.cat, &r.head, NULL),
			QIAO_E_DENIED);
	CU_ASSERT_STRING_EQUAL(no.code, "R_STATE");
	snprintf(r.head.type, sizeof(r.head.type), "lost");
	CU_ASSERT_EQUAL(qiao_record_move(&no, w.cat, &r.head, NULL),
			QIAO_E_DENIED);
	CU_ASSERT_STRING_EQUAL(no.code, "R_TYPE_UNKNOWN");
	qiao_record_fini(&r);
	world_close(&w);
}

/* --- deletes ---------------------------------------------------------------
 */

static qiao_err erase(struct qiao_record *r, const struct world *w,
		      const char *msp, const char *key,
		      const struct qiao_head *last)
{
	const struct qiao_source_write in = {
		.space = qiao_slice_str("records"),
		.key = qiao_slice_str(key),
		.issuer = qiao_slice_str(msp),
		.height = 41,
	};

	return qiao_mapping_delete(r, &w->env, &in, last);
}

static void a_delete_is_a_head_without_fields(void)
{
	struct qiao_head last = { .type = "licence.business",
				  .type_version = 1,
				  .id = "HELLO",
				  .issuer = "nanjing.data",
				  .state = "valid",
				  .version = 4,
				  .region = "320100",
				  .suite = 1,
				  .fields = 1,
				  .fields_root = { { 1 } } };
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash empty;
	struct qiao_record r;
	struct world w;

	demo_open(&w);
	qiao_merkle_root(&empty, NULL, 0);
	CU_ASSERT_EQUAL(erase(&r, &w, "NanjingMSP", "REC_HELLO", &last),
			QIAO_OK);
	CU_ASSERT_TRUE(r.complete && r.issuer_ok);
	CU_ASSERT_STRING_EQUAL(r.head.state, "cancelled");
	CU_ASSERT_STRING_EQUAL(r.head.id, "HELLO");
	CU_ASSERT_EQUAL(r.head.version, 5);
	CU_ASSERT_EQUAL(r.head.fields, 0);
	CU_ASSERT_TRUE(qiao_hash_eq(&r.head.fields_root, &empty));
	CU_ASSERT_EQUAL(qiao_head_encode(&b, &r.head), QIAO_OK);
	qiao_record_fini(&r);

	CU_ASSERT_EQUAL(erase(&r, &w, "NanjingMSP", "REC_OTHER", &last),
			QIAO_E_DENIED);
	code_is(&r, "R_FIELD_CHECK");
	qiao_record_fini(&r);
	CU_ASSERT_EQUAL(erase(&r, &w, "AuditMSP", "REC_HELLO", &last),
			QIAO_E_DENIED);
	code_is(&r, "R_ISSUER_KEY");
	qiao_record_fini(&r);
	CU_ASSERT_EQUAL(erase(&r, &w, "NanjingMSP", "COUNT_1", &last),
			QIAO_E_DENIED);
	code_is(&r, "R_FIELD_CHECK");
	qiao_record_fini(&r);
	snprintf(last.state, sizeof(last.state), "revoked");
	CU_ASSERT_EQUAL(erase(&r, &w, "NanjingMSP", "REC_HELLO", &last),
			QIAO_E_DENIED);
	code_is(&r, "R_STATE");
	CU_ASSERT_TRUE(r.complete);
	qiao_record_fini(&r);
	snprintf(last.type, sizeof(last.type), "ip.copyright");
	CU_ASSERT_EQUAL(erase(&r, &w, "NanjingMSP", "REC_HELLO", &last),
			QIAO_E_DENIED);
	code_is(&r, "R_STATE"); /* no on_delete */
	CU_ASSERT_FALSE(r.complete);
	qiao_record_fini(&r);
	qiao_buf_free(&b);
	world_close(&w);
}

static void a_key_names_its_record(void)
{
	struct qiao_slice space = qiao_slice_str("records");
	struct world w;

	demo_open(&w);
	CU_ASSERT_TRUE(qiao_slice_is(
		qiao_mapping_key_id(w.map, space, qiao_slice_str("REC_HELLO")),
		"HELLO"));
	CU_ASSERT_EQUAL(
		qiao_mapping_key_id(w.map, space, qiao_slice_str("COUNT_1")).n,
		0);
	CU_ASSERT_EQUAL(qiao_mapping_key_id(w.map, qiao_slice_str("other"),
					    qiao_slice_str("REC_HELLO"))
				.n,
			0);
	world_close(&w);
}

static bool may_issue(const struct world *w, const char *type, const char *org)
{
	return qiao_mapping_org_may_issue(&w->env, type, org);
}

static void an_organisation_may_issue_through_its_msp(void)
{
	struct world w;

	demo_open(&w);
	CU_ASSERT_TRUE(may_issue(&w, "licence.business", "nanjing.data"));
	CU_ASSERT_TRUE(may_issue(&w, "ip.copyright", "quanzhou.copyright"));
	CU_ASSERT_FALSE(
		may_issue(&w, "licence.business", "quanzhou.copyright"));
	CU_ASSERT_FALSE(may_issue(&w, "licence.business", "nanjing.audit"));
	CU_ASSERT_FALSE(may_issue(&w, "licence.business", "province.data"));
	CU_ASSERT_FALSE(may_issue(&w, "licence.business", "nobody"));
	CU_ASSERT_FALSE(may_issue(&w, "licence.business", ""));
	CU_ASSERT_FALSE(may_issue(&w, "licence.other", "nanjing.data"));
	w.env.chain = "other";
	CU_ASSERT_FALSE(may_issue(&w, "licence.business", "nanjing.data"));
	world_close(&w);
}

/* --- everything else a mapping can say -------------------------------------
 */

#define ANY_CATALOGUE                                                         \
	"catalogue = { format = 1; id = \"c\"; version = 1; records = ( "     \
	"{ type = \"a.b\"; share = \"unconditional\"; id_kind = \"opaque\"; " \
	"states = [ \"on\", \"off\" ]; fields = ( "                           \
	"{ name = \"text\"; class = \"public\"; }, "                          \
	"{ name = \"number\"; class = \"public\"; }, "                        \
	"{ name = \"fen\"; class = \"public\"; }, "                           \
	"{ name = \"day\"; class = \"public\"; check = \"date\"; }, "         \
	"{ name = \"moment\"; class = \"public\"; }, "                        \
	"{ name = \"yes\"; class = \"public\"; }, "                           \
	"{ name = \"author\"; class = \"personal\"; }, "                      \
	"{ name = \"who\"; class = \"sensitive\"; check = \"citizen-id\"; } " \
	"); } ); };"
#define ANY_ORGS                                                          \
	"orgs = { format = 1; id = \"o\"; version = 1; list = ( { org = " \
	"\"x\"; ids = ( { chain = \"nanjing\"; kind = \"msp\"; value = "  \
	"\"M\"; ou = \"client\"; } ); } ); };"
#define ANY_MAPPING(head, fields)                                           \
	"mapping = { format = 1; id = \"m\"; version = 1; "                 \
	"ignore = [ \"other\" ]; "                                          \
	"issuers = ( { type = \"a.b\"; msp = \"M\"; ou = \"client\"; } ); " \
	"records = ( { space = \"records\"; key_is_id = false; "            \
	"type = \"a.b\"; id = \"id\"; version = \"v\"; "                    \
	"state = { value = \"on\"; }; " head " fields = ( " fields          \
	" ); } ); };"

static void any_open(struct world *w, const char *mapping)
{
	world_open(w, conf_text(ANY_CATALOGUE), conf_text(ANY_ORGS),
		   conf_text(mapping));
}

static qiao_err any_apply(struct qiao_record *r, const struct world *w,
			  const char *value)
{
	const struct qiao_source_write in = {
		.space = qiao_slice_str("records"),
		.key = qiao_slice_str("k"),
		.value = qiao_slice_str(value),
		.issuer = qiao_slice_str("M"),
		.issuer_ou = qiao_slice_str("client"),
	};
	static const struct qiao_hash seed = { { 5 } };

	return qiao_mapping_apply(r, &w->env, &in, &seed);
}

/* clang-format off */
static const struct {
	const char *setting, *json, *field, *want; /* want NULL: refused */
} conversions[] = {
	{ "name = \"text\"; path = \"p\";", "1.10", "text", "1.10" },
	{ "name = \"text\"; path = \"p\";", "\"\"", "text", "" },
	{ "name = \"text\"; path = \"p\";", "true", "text", "true" },
	{ "name = \"text\"; value = \"c\";", "1", "text", "c" },
	{ "name = \"text\"; path = \"p\"; none = [ \"-\" ];", "\"-\"",
	  "text", "" },
	{ "name = \"text\"; path = \"p\"; map = ( [ \"1\", \"一\" ] );", "1",
	  "text", "一" },
	{ "name = \"text\"; path = \"p\"; map = ( [ \"1\", \"一\" ] );", "2",
	  "text", NULL },
	{ "name = \"number\"; path = \"p\"; as = \"integer\";", "-12",
	  "number", "-12" },
	{ "name = \"number\"; path = \"p\"; as = \"integer\";", "\"012\"",
	  "number", NULL },
	{ "name = \"number\"; path = \"p\"; as = \"integer\";", "\"-0\"",
	  "number", NULL },
	{ "name = \"number\"; path = \"p\"; as = \"integer\";", "1.0",
	  "number", NULL },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "12.30", "fen",
	  "1230" },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "0.1", "fen", "10" },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "-7", "fen", "-700" },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "-0.00", "fen", "0" },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "0.001", "fen",
	  NULL },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "1e2", "fen", NULL },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "\"1.\"", "fen",
	  NULL },
	{ "name = \"fen\"; path = \"p\"; as = \"yuan\";", "\"\"", "fen", NULL },
	{ "name = \"day\"; path = \"p\"; as = \"date\";", "\"2024-02-29\"",
	  "day", "2024-02-29" },
	{ "name = \"day\"; path = \"p\"; as = \"date\"; format = \"compact\";",
	  "20240229", "day", "2024-02-29" },
	{ "name = \"day\"; path = \"p\"; as = \"date\"; format = \"compact\";",
	  "20240230", "day", NULL },
	{ "name = \"day\"; path = \"p\"; as = \"date\"; format = \"slash\";",
	  "\"2024/2/9\"", "day", "2024-02-09" },
	{ "name = \"day\"; path = \"p\"; as = \"date\"; format = \"zh\";",
	  "\"2024年2月29日\"", "day", "2024-02-29" },
	{ "name = \"day\"; path = \"p\"; as = \"date\"; format = \"zh\";",
	  "\"2024年2月\"", "day", NULL },
	/* the day in China, where the mapping stands by default */
	{ "name = \"day\"; path = \"p\"; as = \"date\"; format = \"seconds\";",
	  "1795132800", "day", "2026-11-20" },
	{ "name = \"moment\"; path = \"p\"; as = \"instant\";",
	  "\"2026-11-20T08:00:00+08:00\"", "moment",
	  "2026-11-20T00:00:00.000Z" },
	{ "name = \"moment\"; path = \"p\"; as = \"instant\"; "
	  "format = \"milliseconds\";", "1795132800123", "moment",
	  "2026-11-20T00:00:00.123Z" },
	{ "name = \"moment\"; path = \"p\"; as = \"instant\";",
	  "\"2026-11-20\"", "moment", NULL },
	{ "name = \"moment\"; path = \"p\"; as = \"instant\"; "
	  "format = \"seconds\";", "-1", "moment", NULL },
	{ "name = \"moment\"; path = \"p\"; as = \"instant\"; "
	  "format = \"seconds\";", "999999999999999", "moment", NULL },
	{ "name = \"yes\"; path = \"p\"; as = \"boolean\";", "false", "yes",
	  "false" },
	{ "name = \"yes\"; path = \"p\"; as = \"boolean\";", "1", "yes",
	  NULL },
	{ "name = \"author\"; path = \"p\"; list = true;", "[\"甲\",2]",
	  "author.1", "2" },
	{ "name = \"author\"; path = \"p\"; list = true;", "[\"甲\",\"乙\"]",
	  "author.#", "2" },
	{ "name = \"author\"; path = \"p\"; list = true;", "[]", "author.#",
	  "0" },
	{ "name = \"author\"; path = \"p\"; list = true;", "\"甲\"",
	  "author.0", "甲" },
	{ "name = \"author\"; path = \"p\"; list = true;", "[null]",
	  "author.#", NULL },
	{ "name = \"author\"; path = \"p\"; list = true;", "[[]]", "author.#",
	  NULL },
	{ "name = \"who\"; path = \"p\";", "\"11010519491231002x\"", "who",
	  "11010519491231002X" },
};
/* clang-format on */

static void a_conversion(size_t i)
{
	char mapping[1024], json[128];
	struct qiao_record r;
	struct world w;
	qiao_err err;

	snprintf(mapping, sizeof(mapping), ANY_MAPPING("", "{ %s }"),
		 conversions[i].setting);
	snprintf(json, sizeof(json), "{\"id\":\"i\",\"v\":1,\"p\":%s}",
		 conversions[i].json);
	any_open(&w, mapping);
	err = any_apply(&r, &w, json);
	if (err != (conversions[i].want ? QIAO_OK : QIAO_E_DENIED))
		fprintf(stderr, "%s from %s: %s\n", conversions[i].setting,
			json, r.refusal.why.text);
	CU_ASSERT_EQUAL(err, conversions[i].want ? QIAO_OK : QIAO_E_DENIED);
	if (!conversions[i].want)
		code_is(&r, "R_FIELD_CHECK");
	else if (conversions[i].want[0])
		CU_ASSERT_TRUE(field_is(&r, conversions[i].field,
					conversions[i].want));
	qiao_record_fini(&r);
	world_close(&w);
}

static void every_conversion_gives_its_value(void)
{
	for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]);
	     i++)
		a_conversion(i);
}

static void times_of_the_head_are_moments(void)
{
	struct qiao_record r;
	struct world w;

	any_open(&w, ANY_MAPPING("issued = { path = \"i\"; format = \"zh\"; };"
				 " valid_from = \"f\"; valid_to = { path = "
				 "\"t\"; none = [ \"长期\" ]; }; "
				 "share = \"conditional\";",
				 ""));
	CU_ASSERT_EQUAL(any_apply(&r, &w,
				  "{\"id\":7,\"v\":\"3\",\"i\":\"2026年1月2日\""
				  ",\"f\":\"2026-01-02T00:00:00Z\","
				  "\"t\":\"2026-01-02\"}"),
			QIAO_OK);
	CU_ASSERT_STRING_EQUAL(r.head.id, "7");
	CU_ASSERT_EQUAL(r.head.version, 3);
	CU_ASSERT_EQUAL(r.head.share, QIAO_SHARE_CONDITIONAL);
	/* midnight in China; the last millisecond of that day */
	CU_ASSERT_TRUE(r.head.issued.set);
	CU_ASSERT_EQUAL(r.head.issued.ms, INT64_C(1767283200000));
	CU_ASSERT_EQUAL(r.head.valid_from.ms, INT64_C(1767312000000));
	CU_ASSERT_EQUAL(r.head.valid_to.ms, INT64_C(1767369599999));
	qiao_record_fini(&r);
	CU_ASSERT_EQUAL(
		any_apply(&r, &w, "{\"id\":\"i\",\"v\":3,\"t\":\"长期\"}"),
		QIAO_OK);
	CU_ASSERT_FALSE(r.head.issued.set);
	CU_ASSERT_FALSE(r.head.valid_to.set);
	qiao_record_fini(&r);
	CU_ASSERT_EQUAL(any_apply(&r, &w,
				  "{\"id\":\"i\",\"v\":3,\"t\":\"2025-01-01\","
				  "\"f\":\"2026-01-01\"}"),
			QIAO_E_DENIED);
	CU_ASSERT_STRING_EQUAL(r.findings[0],
			       "valid_to:date:before-valid-from");
	qiao_record_fini(&r);
	CU_ASSERT_EQUAL(any_apply(&r, &w,
				  "{\"id\":\"i\",\"v\":3,"
				  "\"i\":\"2026年11月22日\"}"),
			QIAO_E_DENIED);
	CU_ASSERT_STRING_EQUAL(r.findings[0], "issued:date:future");
	qiao_record_fini(&r);
	world_close(&w);
}

static void a_namespace_that_is_ignored_is_not_found(void)
{
	struct qiao_source_write in = { .space = qiao_slice_str("other"),
					.key = qiao_slice_str("k") };
	static const struct qiao_hash seed;
	struct qiao_record r;
	struct world w;

	any_open(&w, ANY_MAPPING("", ""));
	CU_ASSERT_EQUAL(qiao_mapping_apply(&r, &w.env, &in, &seed),
			QIAO_E_NOTFOUND);
	CU_ASSERT_PTR_NULL(r.refusal.code);
	qiao_record_fini(&r);
	in.space = qiao_slice_str("third");
	CU_ASSERT_EQUAL(qiao_mapping_apply(&r, &w.env, &in, &seed),
			QIAO_E_DENIED);
	code_is(&r, "R_FIELD_CHECK");
	qiao_record_fini(&r);
	world_close(&w);
}

#define SOME_KEYS                                                     \
	"mapping = { format = 1; id = \"m\"; version = 1; "           \
	"ignore = ( \"other\", { space = \"records\"; "               \
	"key_prefix = \"IDX_\"; }, { space = \"records\"; "           \
	"composite = true; } ); "                                     \
	"issuers = ( { type = \"a.b\"; msp = \"M\"; } ); "            \
	"records = ( { space = \"records\"; type = \"a.b\"; "         \
	"id = \"id\"; version = \"v\"; state = { value = \"on\"; }; " \
	"fields = (); } ); };"

/* clang-format off */
static const struct {
	const char *space;
	struct { const char *p; size_t n; } key;
	qiao_err want;
} ignorable[] = {
	{ "records", { "i", 1 }, QIAO_OK },
	{ "records", { "", 0 }, QIAO_E_DENIED }, /* not the id's key */
	{ "records", { "IDX_i", 5 }, QIAO_E_NOTFOUND },
	{ "records", { "IDX_", 4 }, QIAO_E_NOTFOUND },
	{ "records", { "IDX", 3 }, QIAO_E_DENIED },
	{ "records", { "\0colour~name\0blue\0i\0", 20 }, QIAO_E_NOTFOUND },
	{ "records", { "i\0", 2 }, QIAO_E_DENIED },
	{ "other", { "anything", 8 }, QIAO_E_NOTFOUND },
	{ "third", { "IDX_i", 5 }, QIAO_E_DENIED },
	{ "third", { "\0i", 2 }, QIAO_E_DENIED },
};
/* clang-format on */

static void some_keys_of_a_namespace_are_ignored(void)
{
	static const struct qiao_hash seed;
	struct qiao_source_write in = {
		.value = qiao_slice_str("{\"id\":\"i\",\"v\":1}"),
		.issuer = qiao_slice_str("M"),
		.issuer_ou = qiao_slice_str("client"),
	};
	struct world w;

	any_open(&w, SOME_KEYS);
	for (size_t i = 0; i < sizeof(ignorable) / sizeof(ignorable[0]); i++) {
		struct qiao_head last = { .type = "a.b", .id = "i" };
		struct qiao_record r;

		in.space = qiao_slice_str(ignorable[i].space);
		in.key = qiao_slice_of(ignorable[i].key.p, ignorable[i].key.n);
		CU_ASSERT_EQUAL(qiao_mapping_apply(&r, &w.env, &in, &seed),
				ignorable[i].want);
		qiao_record_fini(&r);
		if (ignorable[i].want != QIAO_E_NOTFOUND)
			continue;
		CU_ASSERT_EQUAL(qiao_mapping_delete(&r, &w.env, &in, &last),
				QIAO_E_NOTFOUND);
		qiao_record_fini(&r);
	}
	world_close(&w);
}

static void the_ou_of_an_issuer_counts(void)
{
	struct qiao_source_write in = {
		.space = qiao_slice_str("records"),
		.key = qiao_slice_str("k"),
		.value = qiao_slice_str("{\"id\":\"i\",\"v\":1}"),
		.issuer = qiao_slice_str("M"),
		.issuer_ou = qiao_slice_str("peer"),
	};
	static const struct qiao_hash seed;
	struct qiao_record r;
	struct world w;

	any_open(&w, ANY_MAPPING("", ""));
	CU_ASSERT_EQUAL(qiao_mapping_apply(&r, &w.env, &in, &seed),
			QIAO_E_DENIED);
	code_is(&r, "R_ISSUER_KEY");
	qiao_record_fini(&r);
	world_close(&w);
}

/* clang-format off */
static const struct {
	const char *name, *text, *codes;
} mistakes[] = {
	{ "another kind of file", "orgs = { };", "E100" },
	{ "an unknown setting", ANY_MAPPING("regoin = \"320100\";", ""),
	  "E101" },
	{ "a field that the catalogue has not",
	  ANY_MAPPING("", "{ name = \"nobody\"; path = \"p\"; }"), "E115" },
	{ "an element of a list",
	  ANY_MAPPING("", "{ name = \"author.0\"; path = \"p\"; }"), "E115" },
	{ "a field twice", ANY_MAPPING("", "{ name = \"text\"; path = \"p\"; },"
	  "{ name = \"text\"; path = \"q\"; }"), "E104" },
	{ "a field from nowhere", ANY_MAPPING("", "{ name = \"text\"; }"),
	  "E102" },
	{ "a field from both", ANY_MAPPING("", "{ name = \"text\"; "
	  "path = \"p\"; value = \"v\"; }"), "E102" },
	{ "a constant list", ANY_MAPPING("", "{ name = \"author\"; "
	  "value = \"v\"; list = true; }"), "E105" },
	{ "a conversion that is none", ANY_MAPPING("", "{ name = \"text\"; "
	  "path = \"p\"; as = \"money\"; format = \"us\"; }"), "E105 E105" },
	{ "a value map of triples", ANY_MAPPING("", "{ name = \"text\"; "
	  "path = \"p\"; map = ( [ \"a\", \"b\", \"c\" ] ); }"), "E103" },
	{ "a state that the type has not",
	  ANY_MAPPING("on_delete = \"gone\";", ""), "E112" },
	{ "a region that is none", ANY_MAPPING("region = \"32\";", ""),
	  "E105" },
	{ "a type and an organisation that are unknown",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = ( "
	  "{ type = \"x\"; org = \"y\"; } ); records = (); };", "E110 E108" },
	{ "an issuer that is nobody",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = ( "
	  "{ type = \"a.b\"; } ); records = (); };", "E102" },
	{ "an issuer that is two",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = ( "
	  "{ type = \"a.b\"; org = \"x\"; msp = \"M\"; } ); records = (); };",
	  "E102" },
	{ "an organisation with an OU",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = ( "
	  "{ type = \"a.b\"; org = \"x\"; ou = \"c\"; } ); records = (); };",
	  "E101" },
	{ "nothing that is ignored",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "ignore = ( { space = \"s\"; } ); records = (); };",
	  "E102" },
	{ "both kinds of keys ignored at once",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "ignore = ( { space = \"s\"; key_prefix = \"a\"; "
	  "composite = true; } ); records = (); };",
	  "E102" },
	{ "keys ignored of no namespace, and a number",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "ignore = ( { composite = true; }, 7 ); records = (); };",
	  "E102 E103" },
	{ "keys ignored that a rule is for",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "ignore = ( { space = \"s\"; key_prefix = \"RE\"; } ); "
	  "records = ( { space = \"s\"; key_prefix = \"REC_\"; "
	  "type = \"a.b\"; id = \"i\"; version = \"v\"; state = \"s\"; "
	  "fields = (); } ); };", "E105" },
	{ "a timezone that is none",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "timezone = \"Asia/Shanghai\"; records = (); };", "E107" },
	{ "a rule of an unknown type and with a constant id",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "records = ( { space = \"s\"; type = \"x\"; id = { value = \"1\"; }; "
	  "version = \"v\"; state = \"s\"; fields = (); } ); };",
	  "E105 E110" },
	{ "a state map to a state that the type has not",
	  "mapping = { format = 1; id = \"m\"; version = 1; issuers = (); "
	  "records = ( { space = \"s\"; type = \"a.b\"; id = \"i\"; "
	  "version = \"v\"; state = { path = \"s\"; map = ( [ \"1\", \"on\" ], "
	  "[ \"2\", \"of\" ] ); }; fields = (); } ); };", "E112" },
};
/* clang-format on */

static void a_mistake(size_t i, const struct world *w)
{
	struct qiao_conf *c = conf_text(mistakes[i].text);
	struct qiao_diags d = { .errors = 0 };
	struct qiao_mapping *m;
	char codes[128];

	CU_ASSERT_EQUAL(qiao_mapping_parse(&m, &d, c, w->cat, w->orgs),
			QIAO_E_CONFIG);
	CU_ASSERT_PTR_NULL(m);
	codes_of(codes, sizeof(codes), &d);
	if (strcmp(codes, mistakes[i].codes) != 0)
		fprintf(stderr, "%s: %s\n%.*s", mistakes[i].name, codes,
			(int)d.text.n, (char *)d.text.p);
	CU_ASSERT_STRING_EQUAL(codes, mistakes[i].codes);
	qiao_diags_free(&d);
	qiao_conf_free(c);
}

static void mistakes_are_named(void)
{
	struct world w;

	any_open(&w, ANY_MAPPING("", ""));
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		a_mistake(i, &w);
	world_close(&w);
}

static void a_type_gone_from_the_catalogue_is_unknown(void)
{
	struct qiao_record r;
	struct world w, other;

	demo_open(&w);
	any_open(&other, ANY_MAPPING("", ""));
	w.env.cat = other.cat;
	CU_ASSERT_EQUAL(apply(&r, &w, "NanjingMSP", "REC_LIC-0001",
			      LICENCE("LIC-0001", "1", "active", "")),
			QIAO_E_DENIED);
	code_is(&r, "R_TYPE_UNKNOWN");
	qiao_record_fini(&r);
	world_close(&w);
	world_close(&other);
}

/* --- memory ----------------------------------------------------------------
 */

static void without_memory_there_is_no_mapping(void)
{
	struct qiao_conf *c = conf_of("configs/demo/mapping.cfg");
	struct world w;

	demo_open(&w);
	for (long n = 0;; n++) {
		struct qiao_diags d = { .errors = 0 };
		struct qiao_mapping *m;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_mapping_parse(&m, &d, c, w.cat, w.orgs);
		qiao_fault_alloc_after = -1;
		qiao_diags_free(&d);
		qiao_mapping_free(m);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
	qiao_conf_free(c);
	world_close(&w);
}

static void without_memory_there_is_no_refusal_either(void)
{
	struct world w;

	demo_open(&w);
	for (long n = 0;; n++) {
		struct qiao_record r;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = apply(&r, &w, "NanjingMSP", "REC_LIC-0001",
			    LICENCE("LIC-0001", "1", "active", ""));
		qiao_fault_alloc_after = -1;
		CU_ASSERT_PTR_NULL(r.refusal.code);
		CU_ASSERT_EQUAL(r.complete, err == QIAO_OK);
		qiao_record_fini(&r);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
	world_close(&w);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a recorded licence becomes a record",
	  a_recorded_licence_becomes_a_record },
	{ "a recorded copyright and its holder are mapped",
	  a_recorded_copyright_and_its_holder_are_mapped },
	{ "a document with only a name is a record",
	  a_document_with_only_a_name_is_a_record },
	{ "an issuer that may not is refused with its record",
	  an_issuer_that_may_not_is_refused_with_its_record },
	{ "one unmapped organisation is unknown",
	  one_unmapped_organisation_is_unknown },
	{ "what gives no record says why", what_gives_no_record_says_why },
	{ "a document cut anywhere gives no record",
	  a_document_cut_anywhere_gives_no_record },
	{ "a failed check refuses and names no value",
	  a_failed_check_refuses_and_names_no_value },
	{ "what no rule looks at is counted",
	  what_no_rule_looks_at_is_counted },
	{ "the same write and seed give the same head",
	  the_same_write_and_seed_give_the_same_head },
	{ "a state may move only as the catalogue says",
	  a_state_may_move_only_as_the_catalogue_says },
	{ "a delete is a head without fields",
	  a_delete_is_a_head_without_fields },
	{ "a key names its record", a_key_names_its_record },
	{ "an organisation may issue through its MSP",
	  an_organisation_may_issue_through_its_msp },
	{ "every conversion gives its value",
	  every_conversion_gives_its_value },
	{ "times of the head are moments", times_of_the_head_are_moments },
	{ "some keys of a namespace are ignored, and no others",
	  some_keys_of_a_namespace_are_ignored },
	{ "a namespace that is ignored is not found",
	  a_namespace_that_is_ignored_is_not_found },
	{ "the OU of an issuer counts", the_ou_of_an_issuer_counts },
	{ "mistakes are named", mistakes_are_named },
	{ "a type gone from the catalogue is unknown",
	  a_type_gone_from_the_catalogue_is_unknown },
	{ "without memory there is no mapping",
	  without_memory_there_is_no_mapping },
	{ "without memory there is no refusal either",
	  without_memory_there_is_no_refusal_either },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite mapping_test_suite = { "record/mapping", cases };
