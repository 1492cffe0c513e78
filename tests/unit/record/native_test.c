/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/record/native.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

#define NOW_MS INT64_C(1795140000000)

struct world {
	struct qiao_catalogue *cat;
	struct qiao_orgs *orgs;
	struct qiao_mapping *map;
	struct qiao_record_env env;
	struct qiao_id16 key;
	struct qiao_fields set;
	struct qiao_head head;
	struct qiao_buf bytes, openings;
};

static const char catalogue_text[] =
	"catalogue = { format = 1; id = \"c\"; version = 1; records = ( { "
	"type = \"licence.a\"; share = \"conditional\"; id_kind = \"opaque\"; "
	"states = [ \"valid\" ]; fields = ( { name = \"no\"; class = "
	"\"public\"; }, { name = \"who\"; class = \"sensitive\"; check = "
	"\"citizen-id\"; }, { name = \"author\"; class = \"personal\"; } ); } "
	"); };";
static const char mapping_text[] =
	"mapping = { format = 1; id = \"m\"; version = 1; issuers = ( { type "
	"= \"licence.a\"; org = \"city.market\"; } ); records = (); };";

static void key_read(struct world *w, char *hex, size_t size)
{
	struct qiao_json *root = vectors_load("identity.json");
	const struct qiao_json *k =
		qiao_json_at(qiao_json_get(root, "keys"), 0);
	struct qiao_slice pub = qiao_json_text(qiao_json_get(k, "public"));

	CU_ASSERT_TRUE(qiao_str_copy(hex, size, pub));
	CU_ASSERT_TRUE(qiao_hex_decode(w->key.b, 16,
				       qiao_json_text(qiao_json_get(k, "id"))));
	qiao_json_free(root);
}

static void conf_load(struct world *w)
{
	struct qiao_diags d = { .errors = 0 };
	char orgs_text[512], hex[80];
	struct qiao_conf *cat, *orgs, *map;

	key_read(w, hex, sizeof(hex));
	snprintf(orgs_text, sizeof(orgs_text),
		 "orgs = { format = 1; id = \"o\"; version = 1; list = ( { org "
		 "= \"city.market\"; ids = ( { chain = \"led\"; kind = \"key\""
		 "; value = \"secp256k1:%s\"; } ); } ); };",
		 hex);
	cat = conf_text(catalogue_text);
	orgs = conf_text(orgs_text);
	map = conf_text(mapping_text);
	CU_ASSERT_EQUAL_FATAL(qiao_catalogue_parse(&w->cat, &d, cat), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_orgs_parse(&w->orgs, &d, orgs), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(
		qiao_mapping_parse(&w->map, &d, map, w->cat, w->orgs), QIAO_OK);
	qiao_diags_free(&d);
	qiao_conf_free(cat);
	qiao_conf_free(orgs);
	qiao_conf_free(map);
}

/* Encode head and openings of what w->set and w->head hold. */
static void pack(struct world *w)
{
	qiao_buf_clear(&w->bytes);
	qiao_buf_clear(&w->openings);
	qiao_fields_root(&w->head.fields_root, &w->set);
	w->head.fields = (unsigned int)w->set.n;
	CU_ASSERT_EQUAL(qiao_head_encode(&w->bytes, &w->head), QIAO_OK);
	qiao_mp_put_array(&w->openings, w->set.n);
	for (size_t i = 0; i < w->set.n; i++) {
		const struct qiao_field *f = &w->set.f[i];

		qiao_mp_put_array(&w->openings, 3);
		qiao_mp_put_cstr(&w->openings, f->name);
		qiao_mp_put_bin(&w->openings, qiao_slice_of(f->salt, 16));
		qiao_mp_put_bin(&w->openings, f->value);
	}
}

static void add(struct world *w, const char *name, const char *value)
{
	static const uint8_t salt[QIAO_SALT_LEN] = { 3 };

	CU_ASSERT_EQUAL(qiao_fields_add_salted(&w->set, qiao_slice_str(name),
					       qiao_slice_of(salt, 16),
					       qiao_slice_str(value)),
			QIAO_OK);
}

static void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	conf_load(w);
	w->env = (struct qiao_record_env){ w->map, w->cat,    w->orgs,
					   "led",  { { 9 } }, NOW_MS };
	w->head = (struct qiao_head){ .network = { { 9 } },
				      .type = "licence.a",
				      .type_version = 1,
				      .id = "N-1",
				      .issuer = "city.market",
				      .state = "valid",
				      .version = 1,
				      .suite = QIAO_HASH_SHA256 };
	add(w, "no", "123");
	add(w, "who", "440524188001010014");
	pack(w);
}

static void world_close(struct world *w)
{
	qiao_fields_free(&w->set);
	qiao_buf_free(&w->bytes);
	qiao_buf_free(&w->openings);
	qiao_mapping_free(w->map);
	qiao_orgs_free(w->orgs);
	qiao_catalogue_free(w->cat);
}

static qiao_err apply(struct qiao_record *r, const struct world *w)
{
	const struct qiao_source_head in = {
		.head = qiao_buf_slice(&w->bytes),
		.openings = qiao_buf_slice(&w->openings),
		.issuer_key = qiao_slice_of(w->key.b, 16),
		.height = 3,
	};

	return qiao_native_apply(r, &w->env, &in);
}

/* Refused with this code; complete or not. */
static void refused(const struct world *w, const char *code, bool complete)
{
	struct qiao_record r;

	CU_ASSERT_EQUAL(apply(&r, w), QIAO_E_DENIED);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.refusal.code);
	CU_ASSERT_STRING_EQUAL(r.refusal.code, code);
	CU_ASSERT_NOT_EQUAL(r.refusal.why.text[0], '\0');
	CU_ASSERT_EQUAL(r.complete, complete);
	qiao_record_fini(&r);
}

static void a_head_and_its_openings_are_a_record(void)
{
	struct qiao_record r;
	struct world w;

	world_open(&w);
	CU_ASSERT_EQUAL(apply(&r, &w), QIAO_OK);
	CU_ASSERT_TRUE(r.complete && r.issuer_ok);
	CU_ASSERT_EQUAL(r.checks, QIAO_FINDING_NONE);
	CU_ASSERT_EQUAL(r.fields.n, 2);
	CU_ASSERT_STRING_EQUAL(r.head.id, "N-1");
	qiao_record_fini(&r);
	world_close(&w);
}

static void a_head_without_fields_needs_no_openings(void)
{
	struct qiao_record r;
	struct world w;

	world_open(&w);
	qiao_fields_free(&w.set);
	pack(&w);
	qiao_buf_clear(&w.openings);
	CU_ASSERT_EQUAL(apply(&r, &w), QIAO_OK);
	qiao_record_fini(&r);
	qiao_mp_put_nil(&w.openings);
	CU_ASSERT_EQUAL(apply(&r, &w), QIAO_OK);
	qiao_record_fini(&r);
	world_close(&w);
}

static void openings_that_do_not_fit_are_refused(void)
{
	struct world w;

	world_open(&w);
	qiao_buf_clear(&w.openings);
	refused(&w, "R_FIELD_CHECK", false);
	qiao_mp_put_nil(&w.openings);
	refused(&w, "R_FIELD_CHECK", false);
	pack(&w);
	w.openings.p[w.openings.n - 1] ^= 1; /* a value */
	refused(&w, "R_FIELD_CHECK", false);
	pack(&w);
	qiao_buf_put_u8(&w.openings, 0xc0);
	refused(&w, "R_FIELD_CHECK", false);
	world_close(&w);
}

static void openings_out_of_order_or_cut_are_refused(void)
{
	static const uint8_t salt[16] = { 3 };
	static const char *const names[] = { "who", "no" };
	struct world w;

	world_open(&w);
	while (w.openings.n-- > 0)
		refused(&w, "R_FIELD_CHECK", false);
	w.openings.n = 0;
	qiao_mp_put_array(&w.openings, 2);
	for (size_t i = 0; i < 2; i++) {
		qiao_mp_put_array(&w.openings, 3);
		qiao_mp_put_cstr(&w.openings, names[i]);
		qiao_mp_put_bin(&w.openings, qiao_slice_of(salt, 16));
		qiao_mp_put_bin(&w.openings,
				qiao_fields_find(&w.set, names[i])->value);
	}
	refused(&w, "R_FIELD_CHECK", false);
	world_close(&w);
}

static void the_signer_must_be_the_issuer_and_may_issue(void)
{
	struct world w;

	world_open(&w);
	w.key.b[0] ^= 1;
	refused(&w, "R_ORG_UNKNOWN", true);
	w.key.b[0] ^= 1;
	snprintf(w.head.issuer, sizeof(w.head.issuer), "city.police");
	pack(&w);
	refused(&w, "R_ISSUER_KEY", true);
	snprintf(w.head.issuer, sizeof(w.head.issuer), "city.market");
	pack(&w);
	w.env.mapping = NULL;
	refused(&w, "R_ISSUER_KEY", true);
	w.env.mapping = w.map;
	snprintf(w.head.type, sizeof(w.head.type), "licence.b");
	pack(&w);
	refused(&w, "R_ISSUER_KEY", true); /* and the type is unknown, too */
	world_close(&w);
}

static void the_rest_is_checked_as_for_any_record(void)
{
	struct qiao_record r;
	struct world w;

	world_open(&w);
	w.head.network.b[0] = 8;
	pack(&w);
	refused(&w, "R_FIELD_CHECK", false);
	w.head.network.b[0] = 9;
	snprintf(w.head.state, sizeof(w.head.state), "lost");
	pack(&w);
	refused(&w, "R_STATE", true);
	snprintf(w.head.state, sizeof(w.head.state), "valid");
	add(&w, "author.#", "2");
	add(&w, "author.0", "x");
	add(&w, "not_listed", "y");
	pack(&w);
	CU_ASSERT_EQUAL(apply(&r, &w), QIAO_E_DENIED);
	CU_ASSERT_EQUAL(r.unmapped, 1);
	CU_ASSERT_EQUAL(r.n_findings, 1);
	CU_ASSERT_STRING_EQUAL(r.findings[0], "author.#:list:count");
	qiao_record_fini(&r);
	add(&w, "author.1", "x");
	pack(&w);
	CU_ASSERT_EQUAL(apply(&r, &w), QIAO_OK);
	qiao_record_fini(&r);
	qiao_buf_clear(&w.bytes);
	refused(&w, "R_FIELD_CHECK", false);
	world_close(&w);
}

/* The other gateway's view: what was withheld is no finding. */
static void a_list_disclosed_in_part_is_no_finding(void)
{
	static const struct {
		const char *count;
		unsigned int fields; /* of the head */
		size_t findings;
	} rows[] = { { "3", 4, 0 }, { "2", 4, 0 },  { "1", 4, 1 },
		     { "2", 3, 0 }, { "3", 3, 1 },  { "", 4, 1 },
		     { "x", 4, 1 }, { "02", 3, 1 }, { "9999", 4, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qiao_record r = { .complete = true };
		struct world w;

		world_open(&w);
		qiao_fields_free(&w.set);
		add(&w, "author.#", rows[i].count);
		add(&w, "author.0", "x");
		add(&w, "author.2", "y");
		r.head = w.head;
		r.head.fields = rows[i].fields;
		r.fields = w.set;
		qiao_record_check(&r, w.cat, NOW_MS);
		CU_ASSERT_EQUAL(r.n_findings, rows[i].findings);
		world_close(&w);
	}
}

static void more_findings_than_there_is_room_are_no_harm(void)
{
	struct qiao_record r;
	struct world w;

	world_open(&w);
	for (int i = 0; i < QIAO_FINDINGS_MAX + 4; i++) {
		char name[QIAO_NAME_MAX];

		snprintf(name, sizeof(name), "who.%d", i);
		add(&w, name, "1");
	}
	pack(&w);
	CU_ASSERT_EQUAL(apply(&r, &w), QIAO_E_DENIED);
	CU_ASSERT_EQUAL(r.n_findings, QIAO_FINDINGS_MAX);
	CU_ASSERT_STRING_EQUAL(r.findings[0], "who.0:citizen-id:syntax");
	qiao_record_fini(&r);
	world_close(&w);
}

static void without_memory_there_is_no_refusal(void)
{
	struct world w;

	world_open(&w);
	for (long n = 0;; n++) {
		struct qiao_record r;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = apply(&r, &w);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_PTR_NULL(r.refusal.code);
		qiao_record_fini(&r);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
	world_close(&w);
}

static const struct test_case cases[] = {
	{ "a head and its openings are a record",
	  a_head_and_its_openings_are_a_record },
	{ "a head without fields needs no openings",
	  a_head_without_fields_needs_no_openings },
	{ "openings that do not fit are refused",
	  openings_that_do_not_fit_are_refused },
	{ "openings out of order or cut are refused",
	  openings_out_of_order_or_cut_are_refused },
	{ "the signer must be the issuer, and may issue",
	  the_signer_must_be_the_issuer_and_may_issue },
	{ "the rest is checked as for any record",
	  the_rest_is_checked_as_for_any_record },
	{ "a list disclosed in part is no finding",
	  a_list_disclosed_in_part_is_no_finding },
	{ "more findings than there is room are no harm",
	  more_findings_than_there_is_room_are_no_harm },
	{ "without memory there is no refusal",
	  without_memory_there_is_no_refusal },
	{ NULL, NULL },
};

const struct test_suite native_test_suite = { "record/native", cases };
