/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/record/orgs.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

#define ORGS(list) \
	"orgs = { format = 1; id = \"o\"; version = 2; list = ( " list " ); };"
#define ORG(org, ids) "{ org = \"" org "\"; ids = ( " ids " ); }"
#define MSP(chain, value, rest)                                     \
	"{ chain = \"" chain "\"; kind = \"msp\"; value = \"" value \
	"\"; " rest "}"
/* "issuer" and "validator 1" of identity.json */
#define KEY(text, rest) \
	"{ chain = \"led\"; kind = \"key\"; value = \"" text "\"; " rest "}"

static struct qiao_orgs *parse(const char *text)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *c = conf_text(text);
	struct qiao_orgs *o;
	qiao_err err = qiao_orgs_parse(&o, &d, c);

	if (err != QIAO_OK)
		fprintf(stderr, "%.*s", (int)d.text.n, (char *)d.text.p);
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	qiao_diags_free(&d);
	qiao_conf_free(c);
	return o;
}

/* Name of who speaks, "-" for nobody. */
static const char *who(const struct qiao_orgs *o, const char *chain,
		       const char *msp, const char *ou, uint64_t height)
{
	const struct qiao_org *org = qiao_orgs_of_msp(
		o, chain, qiao_slice_str(msp), qiao_slice_str(ou), height);

	return org ? org->org : "-";
}

static void an_msp_speaks_on_its_chain_only(void)
{
	struct qiao_orgs *o = parse(ORGS(
		ORG("b.one", MSP("nj", "AMSP", "") ", " MSP(
				     "qz", "BMSP",
				     "")) ", " ORG("a.two",
						   MSP("nj", "BMSP",
						       "")) ", " ORG("c.none",
								     "")));

	CU_ASSERT_STRING_EQUAL(qiao_orgs_id(o), "o");
	CU_ASSERT_EQUAL(qiao_orgs_version(o), 2);
	CU_ASSERT_EQUAL(qiao_orgs_count(o), 3);
	CU_ASSERT_STRING_EQUAL(qiao_orgs_at(o, 0)->org, "a.two");
	CU_ASSERT_PTR_NULL(qiao_orgs_at(o, 3));
	CU_ASSERT_EQUAL(qiao_orgs_find(o, "c.none")->n_ids, 0);
	CU_ASSERT_STRING_EQUAL(qiao_orgs_find(o, "c.none")->title, "c.none");
	CU_ASSERT_PTR_NULL(qiao_orgs_find(o, "c"));
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "AMSP", "client", 5), "b.one");
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "BMSP", "", 5), "a.two");
	CU_ASSERT_STRING_EQUAL(who(o, "qz", "BMSP", "", 5), "b.one");
	CU_ASSERT_STRING_EQUAL(who(o, "qz", "AMSP", "", 5), "-");
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "amsp", "", 5), "-");
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "", "", 5), "-");
	qiao_orgs_free(o);
}

static void an_ou_wins_and_heights_bound(void)
{
	struct qiao_orgs *o = parse(ORGS(
		ORG("all", MSP("nj", "AMSP", "")) ", " ORG("police", MSP("nj", "AMSP", "ou = \"police\"; ")) ", " ORG(
			"old",
			MSP("nj", "BMSP",
			    "to_height = 9; ")) ", " ORG("new",
							 MSP("nj", "BMSP",
							     "from_height = 10; "))));

	CU_ASSERT_STRING_EQUAL(who(o, "nj", "AMSP", "client", 1), "all");
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "AMSP", "police", 1), "police");
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "BMSP", "", 9), "old");
	CU_ASSERT_STRING_EQUAL(who(o, "nj", "BMSP", "", 10), "new");
	qiao_orgs_free(o);
}

/* The text form and id of a key of identity.json. */
static struct qiao_id16 key_of(char *text, size_t size, size_t i)
{
	struct qiao_json *root = vectors_load("identity.json");
	const struct qiao_json *k =
		qiao_json_at(qiao_json_get(root, "keys"), i);
	struct qiao_slice pub = qiao_json_text(qiao_json_get(k, "public"));
	struct qiao_id16 id;
	int64_t scheme = 0;

	qiao_json_int(qiao_json_get(k, "scheme"), &scheme);
	snprintf(text, size, "%s:%.*s", scheme == 1 ? "secp256k1" : "p256",
		 (int)pub.n, (const char *)pub.p);
	CU_ASSERT_TRUE(qiao_hex_decode(id.b, 16,
				       qiao_json_text(qiao_json_get(k, "id"))));
	qiao_json_free(root);
	return id;
}

static void a_key_speaks_by_its_id(void)
{
	char a[128], b[128], text[1024];
	struct qiao_id16 first = key_of(a, sizeof(a), 0);
	struct qiao_id16 last = key_of(b, sizeof(b), 4);
	const struct qiao_org *org;
	struct qiao_orgs *o;

	snprintf(text, sizeof(text),
		 ORGS(ORG("one", KEY("%s", "")) ", " ORG(
			 "two", KEY("%s", "from_height = 5; "))),
		 a, b);
	o = parse(text);
	org = qiao_orgs_of_key(o, "led", qiao_slice_of(first.b, 16), 0);
	CU_ASSERT_PTR_EQUAL(org, qiao_orgs_find(o, "one"));
	org = qiao_orgs_of_key(o, "led", qiao_slice_of(last.b, 16), 5);
	CU_ASSERT_PTR_EQUAL(org, qiao_orgs_find(o, "two"));
	CU_ASSERT_PTR_NULL(
		qiao_orgs_of_key(o, "led", qiao_slice_of(last.b, 16), 4));
	CU_ASSERT_PTR_NULL(
		qiao_orgs_of_key(o, "led", qiao_slice_of(last.b, 15), 5));
	CU_ASSERT_PTR_NULL(
		qiao_orgs_of_key(o, "nj", qiao_slice_of(first.b, 16), 0));
	qiao_orgs_free(o);
}

/* clang-format off */
static const struct {
	const char *name, *text, *codes;
} mistakes[] = {
	{ "another kind of file", "catalogue = { };", "E100" },
	{ "an organisation twice", ORGS(ORG("a", "") ", " ORG("a", "")),
	  "E104" },
	{ "a name with a space", ORGS(ORG("a b", "")), "E109" },
	{ "no ids", ORGS("{ org = \"a\"; }"), "E102" },
	{ "a credit code that is none",
	  ORGS("{ org = \"a\"; usci = \"91350203M0001QAY9B\"; ids = (); }"),
	  "E105" },
	{ "a kind that is none", ORGS(ORG("a", "{ chain = \"c\"; "
	  "kind = \"mps\"; value = \"v\"; }")), "E105" },
	{ "a key that is none", ORGS(ORG("a", KEY("secp256k1:00", ""))),
	  "E105" },
	{ "a key with an OU", ORGS(ORG("a", KEY("secp256k1:00",
	  "ou = \"x\"; "))), "E101 E105" },
	{ "an account that is none", ORGS(ORG("a", "{ chain = \"c\"; "
	  "kind = \"fisco-account\"; value = \"0x3F\"; }")), "E105" },
	{ "an empty value", ORGS(ORG("a", MSP("c", "", ""))), "E105" },
	{ "one identity for two", ORGS(ORG("a", MSP("c", "M", "")) ", "
	  ORG("b", MSP("c", "M", ""))), "E104" },
	{ "one OU for two", ORGS(ORG("a", MSP("c", "M", "ou = \"x\"; ")) ", "
	  ORG("b", MSP("c", "M", "")) ", "
	  ORG("d", MSP("c", "M", "ou = \"x\"; "))), "E104" },
	{ "heights that overlap", ORGS(ORG("a", MSP("c", "M",
	  "to_height = 10; ")) ", " ORG("b", MSP("c", "M",
	  "from_height = 10; "))), "E104" },
	{ "a height below 0", ORGS(ORG("a", MSP("c", "M",
	  "to_height = -1; "))), "E103" },
};
/* clang-format on */

static void mistakes_are_named(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct qiao_conf *c = conf_text(mistakes[i].text);
		struct qiao_diags d = { .errors = 0 };
		struct qiao_orgs *o;
		char codes[128];

		CU_ASSERT_EQUAL(qiao_orgs_parse(&o, &d, c), QIAO_E_CONFIG);
		CU_ASSERT_PTR_NULL(o);
		codes_of(codes, sizeof(codes), &d);
		if (strcmp(codes, mistakes[i].codes) != 0)
			fprintf(stderr, "%s: %s\n%.*s", mistakes[i].name, codes,
				(int)d.text.n, (char *)d.text.p);
		CU_ASSERT_STRING_EQUAL(codes, mistakes[i].codes);
		qiao_diags_free(&d);
		qiao_conf_free(c);
	}
}

static void without_memory_there_are_no_organisations(void)
{
	struct qiao_conf *c = conf_of("configs/demo/orgs.cfg");

	for (long n = 0;; n++) {
		struct qiao_diags d = { .errors = 0 };
		struct qiao_orgs *o;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_orgs_parse(&o, &d, c);
		qiao_fault_alloc_after = -1;
		qiao_diags_free(&d);
		qiao_orgs_free(o);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
	}
	qiao_conf_free(c);
}

static const struct test_case cases[] = {
	{ "an MSP speaks on its chain only", an_msp_speaks_on_its_chain_only },
	{ "an OU wins, and heights bound", an_ou_wins_and_heights_bound },
	{ "a key speaks by its id", a_key_speaks_by_its_id },
	{ "mistakes are named", mistakes_are_named },
	{ "without memory there are no organisations",
	  without_memory_there_are_no_organisations },
	{ NULL, NULL },
};

const struct test_suite orgs_test_suite = { "record/orgs", cases };
