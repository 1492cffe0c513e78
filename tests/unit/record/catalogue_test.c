/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/record/catalogue.h"
#include "tests/unit/record/vectors.h"
#include "tests/unit/suite.h"

#define TYPE_OF(type, rest)                                \
	"{ type = \"" type "\"; share = \"conditional\"; " \
	"id_kind = \"opaque\"; " rest " }"
#define CATALOGUE(records)                                                        \
	"catalogue = { format = 1; id = \"c\"; version = 7; records = ( " records \
	" ); };"
#define FIELDS "fields = ( { name = \"a\"; class = \"public\"; } ); "

static struct qiao_catalogue *parse(const char *text)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *c = conf_text(text);
	struct qiao_catalogue *cat;
	qiao_err err = qiao_catalogue_parse(&cat, &d, c);

	if (err != QIAO_OK)
		fprintf(stderr, "%.*s", (int)d.text.n, (char *)d.text.p);
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	qiao_diags_free(&d);
	qiao_conf_free(c); /* everything was copied */
	return cat;
}

static void a_catalogue_says_what_its_file_says(void)
{
	struct qiao_catalogue *cat = parse(CATALOGUE(TYPE_OF(
		"z.last",
		"title = \"末\"; version = 3; basis = \"b\"; "
		"states = [ \"on\", \"off\" ]; "
		"moves = ( { from = \"on\"; to = [ \"off\" ]; } ); "
		"fields = ( { name = \"b\"; zh = \"乙\"; class = \"secret\"; }, "
		"{ name = \"author\"; class = \"personal\"; check = \"usci\"; "
		"severity = \"warn\"; } ); ") ", " TYPE_OF("a.first",
							   "id_severity = \"warn\"; states = [ \"x\" ]; "
							   "fields = (); ")));
	const struct qiao_cat_type *t = qiao_catalogue_type(cat, "z.last");
	const struct qiao_cat_field *f;

	CU_ASSERT_STRING_EQUAL(qiao_catalogue_id(cat), "c");
	CU_ASSERT_EQUAL(qiao_catalogue_version(cat), 7);
	CU_ASSERT_EQUAL(qiao_catalogue_count(cat), 2);
	CU_ASSERT_STRING_EQUAL(qiao_catalogue_at(cat, 0)->type, "a.first");
	CU_ASSERT_TRUE(qiao_catalogue_at(cat, 0)->id_warn_only);
	CU_ASSERT_PTR_NULL(qiao_catalogue_at(cat, 2));
	CU_ASSERT_PTR_NULL(qiao_catalogue_type(cat, "z"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_STRING_EQUAL(t->title, "末");
	CU_ASSERT_EQUAL(t->version, 3);
	CU_ASSERT_EQUAL(t->share, QIAO_SHARE_CONDITIONAL);
	CU_ASSERT_EQUAL(t->n_fields, 2);
	f = qiao_cat_field(t, "author");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->class_, QIAO_CLASS_PERSONAL);
	CU_ASSERT_EQUAL(f->check, QIAO_CHECK_USCI);
	CU_ASSERT_TRUE(f->warn_only);
	CU_ASSERT_EQUAL(qiao_cat_field(t, "b")->class_, QIAO_CLASS_SECRET);
	CU_ASSERT_STRING_EQUAL(qiao_field_class_name(f->class_), "personal");
	qiao_catalogue_free(cat);
}

static void elements_of_a_list_have_the_class_of_the_list(void)
{
	struct qiao_catalogue *cat = parse(CATALOGUE(TYPE_OF(
		"a.b", "states = [ \"x\" ]; fields = ( "
		       "{ name = \"author\"; class = \"personal\"; }, "
		       "{ name = \"author.9\"; class = \"public\"; } ); ")));
	const struct qiao_cat_type *t = qiao_catalogue_type(cat, "a.b");
	const struct qiao_cat_field *author = qiao_cat_field(t, "author");

	CU_ASSERT_PTR_NOT_NULL_FATAL(author);
	CU_ASSERT_PTR_EQUAL(qiao_cat_field(t, "author.0"), author);
	CU_ASSERT_PTR_EQUAL(qiao_cat_field(t, "author.17"), author);
	CU_ASSERT_PTR_EQUAL(qiao_cat_field(t, "author.#"), author);
	CU_ASSERT_EQUAL(qiao_cat_field(t, "author.9")->class_,
			QIAO_CLASS_PUBLIC);
	CU_ASSERT_PTR_NULL(qiao_cat_field(t, "author."));
	CU_ASSERT_PTR_NULL(qiao_cat_field(t, "author.0x"));
	CU_ASSERT_PTR_NULL(qiao_cat_field(t, "author.##"));
	CU_ASSERT_PTR_NULL(qiao_cat_field(t, "author.x.0"));
	CU_ASSERT_PTR_NULL(qiao_cat_field(t, "autho"));
	CU_ASSERT_PTR_NULL(qiao_cat_field(t, ".0"));
	qiao_catalogue_free(cat);
}

/* clang-format off */
static const struct {
	const char *type, *from, *to;
	bool ok, restricts;
} moves[] = {
	{ "licence.a", "valid", "revoked", true, true },
	{ "licence.a", "valid", "valid", true, false },
	{ "licence.a", "valid", "transferred_out", true, true },
	{ "licence.a", "suspended", "valid", true, false },
	{ "licence.a", "suspended", "cancelled", true, true },
	{ "licence.a", "suspended", "expired", false, false },
	{ "licence.a", "revoked", "valid", false, false },
	{ "licence.a", "cancelled", "valid", false, false },
	{ "licence.a", "revoked", "revoked", true, false },
	{ "licence.a", "valid", "nowhere", false, false },
	{ "licence.a", "nowhere", "nowhere", false, false },
	{ "licence.a", "valid", "suspended", true, true },
	{ "ip.a", "timestamped", "registered", true, false },
	{ "ip.a", "registered", "disputed", true, true },
	{ "ip.a", "disputed", "registered", true, false },
	{ "ip.a", "disputed", "withdrawn", true, true },
	{ "ip.a", "timestamped", "withdrawn", false, false },
	{ "ip.a", "withdrawn", "registered", false, false },
	{ "invoice.a", "locked", "claimed", true, false },
	{ "invoice.a", "locked", "red_lettered", true, true },
	{ "invoice.a", "locked", "void", false, false },
	{ "invoice.a", "void", "issued", false, false },
	{ "notary.a", "valid", "withdrawn", true, true },
	{ "relief.a", "approved", "paid", false, false },
	{ "relief.b", "approved", "paid", true, true },
	{ "relief.b", "paid", "approved", false, false },
};
/* clang-format on */

static void moves_are_those_of_the_file_or_of_the_family(void)
{
	struct qiao_catalogue *cat = parse(CATALOGUE(
		TYPE_OF("licence.a",
			"states = [ \"valid\", \"suspended\", \"revoked\", "
			"\"cancelled\", \"expired\", \"transferred_out\" ]; " FIELDS) ", " TYPE_OF("ip.a", "states = [ \"timestamped\", \"registered\", "
													   "\"disputed\", \"withdrawn\" ]; " FIELDS) ", " TYPE_OF("invoice.a", "states = [ \"issued\", \"claimed\", "
																					       "\"locked\", \"red_lettered\", \"void\" ]; " FIELDS) ", " TYPE_OF("notary.a", "states = [ \"valid\", \"withdrawn\" ]; " FIELDS) ", " TYPE_OF("relief.a",
																																							    "states = [ \"approved\", \"paid\" ]; " FIELDS) ", " TYPE_OF("relief.b",
																																															 "states = [ \"approved\", \"paid\" ]; "
																																															 "moves = ( { from = \"approved\"; to = [ \"paid\" ]; } "
																																															 "); " FIELDS)));

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		const struct qiao_cat_type *t =
			qiao_catalogue_type(cat, moves[i].type);

		CU_ASSERT_EQUAL(qiao_cat_move_ok(t, moves[i].from, moves[i].to),
				moves[i].ok);
		CU_ASSERT_EQUAL(
			qiao_cat_move_restricts(t, moves[i].from, moves[i].to),
			moves[i].restricts);
	}
	qiao_catalogue_free(cat);
}

static void an_exception_is_for_one_value_of_one_check(void)
{
	struct qiao_catalogue *cat =
		parse("catalogue = { format = 1; id = \"c\"; version = 1; "
		      "records = (); exceptions = ( { check = \"usci\"; value "
		      "= \"91350203M0001QAY9B\"; basis = \"pilot\"; } ); };");

	CU_ASSERT_TRUE(qiao_catalogue_excepts(
		cat, QIAO_CHECK_USCI, qiao_slice_str("91350203M0001QAY9B")));
	CU_ASSERT_FALSE(qiao_catalogue_excepts(
		cat, QIAO_CHECK_USCI, qiao_slice_str("91350203M0001QAY9C")));
	CU_ASSERT_FALSE(qiao_catalogue_excepts(
		cat, QIAO_CHECK_CERT_ID, qiao_slice_str("91350203M0001QAY9B")));
	CU_ASSERT_PTR_NULL(qiao_catalogue_type(cat, "a"));
	qiao_catalogue_free(cat);
}

#define OK_STATES "states = [ \"x\" ]; "
/* clang-format off */
static const struct {
	const char *name, *text, *codes;
} mistakes[] = {
	{ "another kind of file", "orgs = { };", "E100" },
	{ "two kinds in one file", "catalogue = { }; x = 1;", "E100" },
	{ "nothing in it", "catalogue = { };", "E102 E102 E102 E102" },
	{ "a later format",
	  "catalogue = { format = 2; id = \"c\"; version = 1; records = (); };",
	  "E105" },
	{ "an unknown setting", CATALOGUE(TYPE_OF("a", OK_STATES FIELDS
	  "sharing = 1;")), "E101" },
	{ "a share class that is none", CATALOGUE("{ type = \"a\"; "
	  "share = \"nevr\"; id_kind = \"opaque\"; " OK_STATES FIELDS "}"),
	  "E105" },
	{ "an id kind that is none", CATALOGUE("{ type = \"a\"; "
	  "share = \"never\"; id_kind = \"certid\"; " OK_STATES FIELDS "}"),
	  "E105" },
	{ "a type twice", CATALOGUE(TYPE_OF("a", OK_STATES FIELDS) ", "
	  TYPE_OF("a", OK_STATES FIELDS)), "E104" },
	{ "a type with a capital", CATALOGUE(TYPE_OF("A", OK_STATES FIELDS)),
	  "E109" },
	{ "no states", CATALOGUE(TYPE_OF("a", "states = [ ]; " FIELDS)),
	  "E106" },
	{ "a state twice", CATALOGUE(TYPE_OF("a",
	  "states = [ \"x\", \"x\" ]; " FIELDS)), "E104" },
	{ "a move from nowhere", CATALOGUE(TYPE_OF("a", OK_STATES FIELDS
	  "moves = ( { from = \"y\"; to = [ \"x\", \"z\" ]; } );")),
	  "E112 E112" },
	{ "a version of 0", CATALOGUE(TYPE_OF("a", "version = 0; " OK_STATES
	  FIELDS)), "E103" },
	{ "a field twice", CATALOGUE(TYPE_OF("a", OK_STATES "fields = ( "
	  "{ name = \"a\"; class = \"public\"; }, "
	  "{ name = \"a\"; class = \"public\"; } );")), "E104" },
	{ "a field with a dash", CATALOGUE(TYPE_OF("a", OK_STATES "fields = ( "
	  "{ name = \"a-b\"; class = \"public\"; } );")), "E109" },
	{ "a field without class", CATALOGUE(TYPE_OF("a", OK_STATES
	  "fields = ( { name = \"a\"; } );")), "E102" },
	{ "a class, check and severity that are none", CATALOGUE(TYPE_OF("a",
	  OK_STATES "fields = ( { name = \"a\"; class = \"open\"; "
	  "check = \"uscii\"; severity = \"warning\"; } );")),
	  "E105 E105 E105" },
	{ "a field that is no group", CATALOGUE(TYPE_OF("a", OK_STATES
	  "fields = ( \"a\" );")), "E103" },
	{ "a certificate type with a wrong digit", CATALOGUE(TYPE_OF("a",
	  OK_STATES FIELDS "cert_types = [ \"11100000000013338X011\" ];")),
	  "E105" },
	{ "an exception for citizens", "catalogue = { format = 1; id = \"c\"; "
	  "version = 1; records = (); exceptions = ( { check = \"citizen-id\"; "
	  "value = \"1\"; basis = \"b\"; } ); };", "E105" },
	{ "an exception without a basis", "catalogue = { format = 1; "
	  "id = \"c\"; version = 1; records = (); exceptions = ( "
	  "{ check = \"usci\"; value = \"1\"; } ); };", "E102" },
};
/* clang-format on */

static void mistakes_are_named(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct qiao_conf *c = conf_text(mistakes[i].text);
		struct qiao_diags d = { .errors = 0 };
		struct qiao_catalogue *cat;
		char codes[128];

		CU_ASSERT_EQUAL(qiao_catalogue_parse(&cat, &d, c),
				QIAO_E_CONFIG);
		CU_ASSERT_PTR_NULL(cat);
		codes_of(codes, sizeof(codes), &d);
		if (strcmp(codes, mistakes[i].codes) != 0)
			fprintf(stderr, "%s: %s\n%.*s", mistakes[i].name, codes,
				(int)d.text.n, (char *)d.text.p);
		CU_ASSERT_STRING_EQUAL(codes, mistakes[i].codes);
		qiao_diags_free(&d);
		qiao_conf_free(c);
	}
}

static void without_memory_there_is_no_catalogue(void)
{
	struct qiao_conf *c = conf_of("configs/demo/catalogue.cfg");

	for (long n = 0;; n++) {
		struct qiao_diags d = { .errors = 0 };
		struct qiao_catalogue *cat;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = qiao_catalogue_parse(&cat, &d, c);
		qiao_fault_alloc_after = -1;
		qiao_diags_free(&d);
		qiao_catalogue_free(cat);
		if (err == QIAO_OK)
			break;
		CU_ASSERT_EQUAL(err, QIAO_E_NOMEM);
		CU_ASSERT_PTR_NULL(cat);
	}
	qiao_conf_free(c);
}

static const struct test_case cases[] = {
	{ "a catalogue says what its file says",
	  a_catalogue_says_what_its_file_says },
	{ "elements of a list have the class of the list",
	  elements_of_a_list_have_the_class_of_the_list },
	{ "moves are those of the file or of the family",
	  moves_are_those_of_the_file_or_of_the_family },
	{ "an exception is for one value of one check",
	  an_exception_is_for_one_value_of_one_check },
	{ "mistakes are named", mistakes_are_named },
	{ "without memory there is no catalogue",
	  without_memory_there_is_no_catalogue },
	{ NULL, NULL },
};

const struct test_suite catalogue_test_suite = { "record/catalogue", cases };
