/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy/world.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/crypto/hash.h"

static void says(const char *text, const char *line)
{
	if (!strstr(text, line))
		printf("\nnot said: %s\nbut:\n%s", line, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
}

/* clang-format off */
static const char *const mistakes[] = {
	"50-mistakes.cfg:5:16: error E105: rule[].effect = \"permt\" is not one of permit, deny, hold; did you mean \"permit\"?\n",
	"50-mistakes.cfg:8:5: error E101: unknown setting \"purpos\" in rule[]; did you mean \"purpose\"?\n",
	"50-mistakes.cfg:12:86: error E107: rule[].obligations[].max must be a duration like \"30s\", \"10m\", \"8h\", \"30d\"\n",
	"50-mistakes.cfg:16:69: error E009: 4294967296 does not fit 32 bits and would silently become 0; write 4294967296L\n",
	"50-mistakes.cfg:17:38: error E008: two strings side by side are silently joined; is a comma missing?\n",
	"50-mistakes.cfg:13:3: error E119: rule \"r2\": \"correction.person\" is 不予共享 (share = \"never\") in the catalogue; no rule may permit it\n",
	"60.cfg:2:1: error E003: comment opened here is never closed: everything after it would be silently ignored\n",
	"50-mistakes.cfg:1:58: error E108: unknown organisation \"quanzhou.markt\"; did you mean \"quanzhou.market\"?\n",
	"50-mistakes.cfg:6:20: error E108: no organisation fits \"nanjin.*\"\n",
	"50-mistakes.cfg:7:25: error E110: unknown record type \"licence.busines\"; did you mean \"licence.business\"?\n",
	"50-mistakes.cfg:10:38: error E109: illegal pattern \"*.market\"; write a whole name, \"*\" or \"prefix.*\"\n",
	"50-mistakes.cfg:11:59: error E112: unknown state \"vaild\"; did you mean \"valid\"?\n",
	"50-mistakes.cfg:9:59: error E113: unknown action \"quary\"; did you mean \"query\"?\n",
	"50-mistakes.cfg:12:23: error E105: rule[].obligations[].do = \"withold\" is not one of withhold,",
	"50-mistakes.cfg:12:50: error E115: unknown field \"holder_cod\"; did you mean \"holder_code\"?\n",
	"50-mistakes.cfg:13:3: error E104: rule id \"r2\" is there already, in line 9\n",
	"50-mistakes.cfg:15:16: error E114: unknown attribute \"proof.age\"; did you mean \"proof.age_s\"?\n",
	"50-mistakes.cfg:16:3: error E122: rule \"r4\": a deny must give its reason\n",
};
/* clang-format on */

static void an_officers_mistakes_are_all_named_in_one_run(void)
{
	struct folder f = { .n = 0 };
	char *text;

	folder_read(&f, "tests/vectors/policy/bad");
	text = folder_refused(&f);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		says(text, mistakes[i]);
	free(text);
	folder_free(&f);
}

#define P(rules) WORLD_POLICY("p", "owner", "") "rules = ( " rules " );"
#define NEVER_PERMIT                                                         \
	"{ id = \"r\"; effect = \"permit\"; to = { org = [ \"dst.dept\" ]; " \
	"}; record = { type = [ \"n.*\" ]; }; action = [ \"query\" ]; "      \
	"purpose = [ \"p\" ]; basis = \"b\"; }"
#define COND_PERMIT(purpose, more)                                           \
	"{ id = \"r\"; effect = \"permit\"; to = { org = [ \"dst.dept\" ]; " \
	"}; record = { type = [ \"a.cond\" ]; }; action = [ \"query\" ]; "   \
	"purpose = [ \"" purpose "\" ]; basis = \"b\"; " more "}"

/* clang-format off */
static const struct {
	const char *file, *said;
} errors[] = {
	{ "nothing = 1;", "error E100: a file holds exactly one of" },
	{ "policy = {}; tests = ();", "error E100:" },
	{ "catalogue = {}; rules = ();", "error E100:" },
	{ WORLD_CATALOGUE, "error E104: a second catalogue; the other is 00.cfg" },
	{ WORLD_ORGS, "error E104: a second orgs" },
	{ "rules = ();", "E102: \"policy\" is missing" },
	{ WORLD_POLICY("p", "owner", ""), "E102: \"rules\" is missing" },
	{ WORLD_POLICY("p", "owner", "format_ = 1; ") "rules = ();", "E101: unknown setting \"format_\" in policy; did you mean \"format\"?" },
	{ WORLD_POLICY("p", "ownr", "") "rules = ();", "E105: policy.layer = \"ownr\" is not one of guardrail, owner, recipient; did you mean \"owner\"?" },
	{ WORLD_POLICY("p p", "owner", "") "rules = ();", "E109: policy.id is 1 to 64 letters" },
	{ WORLD_POLICY("p", "owner", "not_after = \"2026-02-30\"; ") "rules = ();", "E107: not_after must be a date" },
	{ WORLD_POLICY("p", "owner", "not_before = \"2027-01-01\"; not_after = \"2026-12-31\"; ") "rules = ();", "E107: not_after lies before not_before" },
	{ "policy = { format = 2; id = \"p\"; version = 0; owner = \"nobody\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"*\" ]; record = [ \"b.*\" ]; }; timezone = \"+8\"; }; rules = ();", "E105: policy.format is unknown" },
	{ "policy = { format = 2; id = \"p\"; version = 0; owner = \"nobody\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"*\" ]; record = [ \"b.*\" ]; }; timezone = \"+8\"; }; rules = ();", "E105: policy.version counts from 1" },
	{ "policy = { format = 2; id = \"p\"; version = 0; owner = \"nobody\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"*\" ]; record = [ \"b.*\" ]; }; timezone = \"+8\"; }; rules = ();", "E108: unknown organisation \"nobody\"" },
	{ "policy = { format = 2; id = \"p\"; version = 0; owner = \"nobody\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"*\" ]; record = [ \"b.*\" ]; }; timezone = \"+8\"; }; rules = ();", "E110: unknown record type \"b.*\"" },
	{ "policy = { format = 2; id = \"p\"; version = 0; owner = \"nobody\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"*\" ]; record = [ \"b.*\" ]; }; timezone = \"+8\"; }; rules = ();", "E107: policy.timezone must be an offset" },
	{ P("1"), "E103: rule[] must be a group" },
	{ P("{ effect = \"deny\"; }"), "E102: rule[]: \"id\" is missing" },
	{ P(DENY("r", "R_NONE", "")), "E105: rule[].reason = \"R_NONE\" is no reason code" },
	{ P(DENY("r", "R_OK", "")), "E105: rule[].reason" },
	{ P(DENY("r", "R_ONWARD", "action = []; ")), "E106: rule[].action is empty" },
	{ P(DENY("r", "R_ONWARD", "action = 1; ")), "E103: rule[].action must be an array" },
	{ P(DENY("r", "R_ONWARD", "action = [ \"quer\" ]; ")), "E113: unknown action \"quer\"; did you mean \"query\"?" },
	{ P(DENY("r", "R_ONWARD", "purpose = [ \"a*\" ]; ")), "E109: illegal pattern \"a*\"" },
	{ P(DENY("r", "R_ONWARD", "purpose = [ \"\" ]; ")), "E109: illegal pattern \"\"" },
	{ P(DENY("r", "R_ONWARD", "to = { org = [ \"src.depd\" ]; }; ")), "E108: unknown organisation \"src.depd\"; did you mean \"src.dept\"?" },
	{ P(DENY("r", "R_ONWARD", "record = { state = [ \"gone\" ]; }; ")), "E112: unknown state \"gone\"" },
	{ P(DENY("r", "R_ONWARD", "when = (); ")), "E106: empty" },
	{ P(DENY("r", "R_ONWARD", "when = ( { attr = \"x\"; op = \"eq\"; value = 1; } ); ")), "E114: unknown attribute \"x\"" },
	{ P(DENY("r", "R_ONWARD", "when = ( { op = \"eq\"; value = 1; } ); ")), "E102: rule[].when[]: \"attr\" is missing" },
	{ P(DENY("r", "R_ONWARD", "unless = ( { attr = \"proof.age_s\"; op = \"qe\"; value = 1; } ); ")), "E105: rule[].unless[].op = \"qe\"" },
	{ P(DENY("r", "R_ONWARD", "when = ( { attr = \"proof.age_s\"; op = \"prefix\"; value = \"1\"; } ); ")), "E105: op prefix does not fit proof.age_s" },
	{ P(DENY("r", "R_ONWARD", "when = ( { attr = \"proof.age_s\"; op = \"gt\"; value = \"1\"; } ); ")), "E103: value of proof.age_s with op gt must be a whole number" },
	{ P(DENY("r", "R_ONWARD", "when = ( { attr = \"proof.age_s\"; op = \"gt\"; } ); ")), "E102: a condition lacks its \"value\"" },
	{ P(DENY("r", "R_ONWARD", "when = ( { attr = \"record.origin\"; op = \"eq\"; value = \"recorderd\"; } ); ")), "E105: record.origin = \"recorderd\" is not one of live, recorded; did you mean \"recorded\"?" },
	{ P(DENY("r", "R_ONWARD", "when = ( { attr = \"record.origin\"; op = \"in\"; value = [ \"live\", \"dead\" ]; } ); ")), "E105: record.origin = \"dead\"" },
	{ P(DENY("r", "R_ONWARD", "require = { duty = { basis = \"law\"; }; }; ")), "E101: require belongs to a permit" },
	{ P(DENY("r", "R_ONWARD", "obligations = ( { do = \"receipt\"; within = \"1s\"; } ); ")), "E101: obligations belong to a permit" },
	{ P(PERMIT("r", "reason = \"R_ONWARD\"; ")), "E101: a permit has a basis, not a reason" },
	{ P(PERMIT("r", "require = { duty = { basis = \"\"; }; }; ")), "E102: rule[].require.duty.basis is empty" },
	{ P(PERMIT("r", "require = { proof = { max_age = \"1 s\"; }; }; ")), "E107: rule[].require.proof.max_age must be a duration" },
	{ P(PERMIT("r", "require = { proof = { finality = \"pending\"; }; }; ")), "E105: rule[].require.proof.finality = \"pending\"" },
	{ P(PERMIT("r", "obligations = ( { do = \"withhold\"; } ); ")), "E102: a withhold obligation lacks \"fields\"" },
	{ P(PERMIT("r", "obligations = ( { do = \"receipt\"; within = \"1s\"; fields = [ \"pub\" ]; } ); ")), "E101: unknown setting \"fields\" in a receipt obligation" },
	{ P(PERMIT("r", "obligations = ( { do = \"commit\"; fields = [ \"pubb\" ]; } ); ")), "E115: unknown field \"pubb\"; did you mean \"pub\"?" },
	{ P(PERMIT("r", "obligations = ( { do = \"commit\"; fields = [ \"author\" ]; } ); ")), "E115: unknown field \"author\"" },
	{ P(PERMIT("r", "obligations = ( { do = \"keep\"; fields = [ \"sec\" ]; } ); ")), "E116: \"sec\" is secret" },
	{ WORLD_POLICY("p", "guardrail", "") "rules = ( " PERMIT("r", "") " );", "E117: rule \"r\": a guardrail" },
	{ P("{ id = \"r\"; effect = \"permit\"; }"), "E118: rule \"r\": a permit must name its record.type" },
	{ P("{ id = \"r\"; effect = \"permit\"; }"), "E118: rule \"r\": a permit must name its basis" },
	{ P("{ id = \"r\"; effect = \"permit\"; }"), "E118: rule \"r\": a permit must name its to" },
	{ P("{ id = \"r\"; effect = \"permit\"; }"), "E118: rule \"r\": a permit must name its action" },
	{ P("{ id = \"r\"; effect = \"permit\"; }"), "E118: rule \"r\": a permit must name its purpose" },
	{ P(NEVER_PERMIT), "E119: rule \"r\": \"n.never\" is 不予共享" },
	{ P(COND_PERMIT("p", "")), "E120: rule \"r\": \"a.cond\" is 有条件共享" },
	{ P(COND_PERMIT("*", "")), "E121: rule \"r\": \"a.cond\" is 有条件共享; a permit must name its purposes" },
	{ P("{ id = \"r\"; effect = \"deny\"; }"), "E122: rule \"r\": a deny must give its reason" },
	{ P(PERMIT("r", "overrides = [ \"s\" ]; ")), "E123: rule \"r\" overrides \"s\"" },
	{ P(PERMIT("r", "overrides = [ \"r\" ]; ")), "E123: rule \"r\" is replaced in a circle" },
	{ P(PERMIT("r", "overrides = [ \"s\" ]; ") ", " PERMIT("s", "overrides = [ \"r\" ]; ")), "E123: rule \"s\" is replaced in a circle" },
	{ P(PERMIT("r", "overrides = [ \"d\" ]; ") ", " DENY("d", "R_ONWARD", "")), "E123: rule \"r\" overrides \"d\": both must be permits" },
	{ P(PERMIT("r", "") ", " PERMIT("r", "")), "E104: rule id \"r\" is there already" },
	{ "policy = { format = 1; id = \"p\"; version = 1; owner = \"src.dept\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"src\" ]; record = [ \"a.open\" ]; }; timezone = \"+08:00\"; }; rules = ( " DENY("r", "R_ONWARD", "from = { chain = [ \"other\" ]; }; ") " );", "E111: rule \"r\": from.chain reaches outside policy.scope.chain" },
	{ "policy = { format = 1; id = \"p\"; version = 1; owner = \"src.dept\"; layer = \"owner\"; point = \"release\"; scope = { chain = [ \"src\" ]; record = [ \"a.open\" ]; }; timezone = \"+08:00\"; }; rules = ( " DENY("r", "R_ONWARD", "record = { type = [ \"a.*\" ]; }; ") " );", "E111: rule \"r\": record.type reaches outside policy.scope.record" },
	{ WORLD_ACCEPT("p", "") "rules = ( " DENY("r", "R_ONWARD", "to = { chain = [ \"src\" ]; }; ") " );", "E111: rule \"r\": to.chain reaches outside" },
	{ P(PERMIT("r", "hours = { days = \"mon-fri\"; }; ")), "E190: rule[].hours is not built yet" },
	{ P(PERMIT("r", "quota = ( { per = \"to.org\"; limit = 1; window = \"1h\"; } ); ")), "E190: rule[].quota is not built yet" },
	{ P(PERMIT("r", "unique = { registry = \"x\"; }; ")), "E190: rule[].unique is not built yet" },
	{ P(PERMIT("r", "transition = { to = \"x\"; }; ")), "E190: rule[].transition is not built yet" },
	{ P(PERMIT("r", "require = { consent = { by = \"holder\"; }; }; ")), "E190: rule[].require.consent is not built yet" },
	{ P(PERMIT("r", "require = { timestamp = { token = \"rfc3161\"; }; }; ")), "E190: rule[].require.timestamp is not built yet" },
	{ P(PERMIT("r", "obligations = ( { do = \"notify\"; to = \"x\"; } ); ")), "E190: obligation \"notify\" is not built yet" },
	{ "tests = ( { name = \"t\"; } );", "E102: tests[]: \"request\" is missing" },
	{ "tests = ( 1 );", "E103: tests[] must be a group" },
	{ "policy = { id = \"/*\"; };\n rules = ( /* ", "E003" },
};
/* clang-format on */

static void every_static_error_is_found(void)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct folder f;
		char *text;

		world_open(&f);
		folder_add_text(&f, "p.cfg", errors[i].file);
		text = folder_refused(&f);
		says(text, errors[i].said);
		free(text);
		folder_free(&f);
	}
}

static void a_folder_needs_its_catalogue_and_orgs(void)
{
	struct folder f = { .n = 0 };
	char *text = folder_refused(&f);

	says(text, "E102: no file with catalogue");
	says(text, "E102: no file with orgs");
	free(text);
	folder_add_text(&f, "00.cfg", WORLD_CATALOGUE);
	text = folder_refused(&f);
	says(text, "E102: no file with orgs");
	free(text);
	/* twice the same name, twice the same policy */
	folder_add_text(&f, "01.cfg", WORLD_ORGS);
	folder_add_text(&f, "p.cfg", P(""));
	folder_add_text(&f, "p.cfg", P(""));
	text = folder_refused(&f);
	says(text, "p.cfg:1:1: error E104: the folder has this file twice");
	says(text, "E104: policy id \"p\" is that of p.cfg, too");
	free(text);
	folder_free(&f);
}

/* Warnings of a folder that loads, at 2026-11-20. */
static void warned(const char *file, const char *said)
{
	struct folder f;
	struct qiao_diags d = { .errors = 0 };
	struct qiao_policy *p;
	int64_t now = 0;

	qiao_time_parse(&now, qiao_slice_str("2026-11-20T10:00:00Z"), 0);
	world_open(&f);
	folder_add_text(&f, "p.cfg", file);
	CU_ASSERT_EQUAL(qiao_policy_load(&p, &d, f.files, f.n, now), QIAO_OK);
	qiao_buf_put_u8(&d.text, '\0');
	if (said)
		says((const char *)d.text.p, said);
	CU_ASSERT_EQUAL(d.warnings, said ? 1 : 0);
	qiao_policy_unref(p);
	qiao_diags_free(&d);
	folder_free(&f);
}

static void warnings_do_not_refuse(void)
{
	warned(P(PERMIT("r", "")), NULL);
	warned(P(PERMIT("r", "") ", " DENY("d", "R_ONWARD", "")),
	       "W201: rule \"r\" can never permit: p/d@3 denies");
	warned(P(PERMIT("r", "") ", " DENY("d", "R_ONWARD", WHEN_ONWARD)),
	       NULL);
	warned(P("{ id = \"r\"; effect = \"permit\"; to = { org = [ \"*\" ]; }; "
		 "record = { type = [ \"a.open\" ]; }; action = [ \"query\" ]; "
		 "purpose = [ \"p\" ]; basis = \"b\"; }"),
	       "W202: rule \"r\" permits every organisation");
	warned(P(PERMIT("r", "not_after = \"2026-12-01\"; ")),
	       "W203: rule \"r\" expires within 30 days");
	warned(WORLD_POLICY("p", "owner",
			    "not_after = \"2026-11-19\"; ") "rules = ();",
	       "W203: policy \"p\" has expired");
	warned(P(PERMIT("r", "not_after = \"2027-01-01\"; ")), NULL);
	/* a conditional type: verify may be for any purpose, accept for any */
	warned(P("{ id = \"r\"; effect = \"permit\"; to = { org = [ "
		 "\"dst.dept\" ]; }; record = { type = [ \"a.cond\" ]; }; "
		 "action = [ \"verify\" ]; purpose = [ \"*\" ]; basis = \"b\"; "
		 "require = { duty = { basis = \"law\"; }; }; }"),
	       NULL);
	warned(WORLD_ACCEPT("p", "") "rules = ( " COND_PERMIT("*", "") " );",
	       NULL);
}

static void the_hash_is_over_sorted_names_and_hashes(void)
{
	struct folder f;
	struct qiao_policy *a, *b;
	struct qiao_policy_info x, y;
	struct qiao_conf_file swap;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], lines[512];
	struct qiao_hash h;
	int n;

	world_open(&f);
	folder_add_text(&f, "p.cfg", P(PERMIT("r", "")));
	a = folder_load(&f);
	swap = f.files[0];
	f.files[0] = f.files[2];
	f.files[2] = swap;
	b = folder_load(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	qiao_policy_info(a, &x);
	qiao_policy_info(b, &y);
	CU_ASSERT(qiao_hash_eq(&x.sha256, &y.sha256));
	qiao_sha256(&h, qiao_slice_str(WORLD_CATALOGUE));
	n = snprintf(lines, sizeof(lines), "00.cfg %s\n",
		     qiao_hex_encode(hex, qiao_slice_hash(&h)));
	qiao_sha256(&h, qiao_slice_str(WORLD_ORGS));
	n += snprintf(lines + n, sizeof(lines) - (size_t)n, "01.cfg %s\n",
		      qiao_hex_encode(hex, qiao_slice_hash(&h)));
	qiao_sha256(&h, qiao_slice_str(P(PERMIT("r", ""))));
	snprintf(lines + n, sizeof(lines) - (size_t)n, "p.cfg %s\n",
		 qiao_hex_encode(hex, qiao_slice_hash(&h)));
	qiao_sha256(&h, qiao_slice_str(lines));
	CU_ASSERT(qiao_hash_eq(&x.sha256, &h));
	CU_ASSERT_EQUAL(x.policies, 1);
	CU_ASSERT_EQUAL(x.rules, 1);
	CU_ASSERT_EQUAL(x.tests, 0);
	qiao_policy_unref(qiao_policy_ref(a));
	CU_ASSERT_EQUAL(qiao_orgs_count(qiao_policy_orgs(a)), 3);
	CU_ASSERT_EQUAL(qiao_catalogue_count(qiao_policy_catalogue(a)), 3);
	qiao_policy_unref(a);
	qiao_policy_unref(b);
	folder_free(&f);
}

static void no_memory_is_said_and_nothing_is_left(void)
{
	struct folder f = { .n = 0 };
	qiao_err err;
	long i = 0;

	folder_read(&f, "tests/vectors/policy-built");
	do {
		struct qiao_diags d = { .errors = 0 };
		struct qiao_policy *p;

		atomic_store(&qiao_fault_alloc_after, i++);
		err = qiao_policy_load(&p, &d, f.files, f.n, 0);
		atomic_store(&qiao_fault_alloc_after, -1);
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
		CU_ASSERT_EQUAL(p != NULL, err == QIAO_OK);
		qiao_policy_unref(p);
		qiao_diags_free(&d);
	} while (err != QIAO_OK);
	CU_ASSERT(i > 50);
	folder_free(&f);
}

/* 10,000 rules over 20 types: not a benchmark, but nothing quadratic either. */
static void ten_thousand_rules_load_and_decide(void)
{
	size_t cap = 4u << 20, n;
	char *text = malloc(cap);
	int64_t start = qiao_monotonic_ms();
	struct folder f;
	struct qiao_policy *p;
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts facts = world_facts();
	struct qiao_decision d;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	n = (size_t)snprintf(text, cap, "%srules = (",
			     WORLD_POLICY("p", "owner", ""));
	for (int i = 0; i < 10000; i++)
		n += (size_t)snprintf(
			text + n, cap - n,
			"%s{ id = \"r%d\"; effect = \"permit\"; to = { org = [ "
			"\"dst.dept\" ]; }; record = { type = [ \"a.open\" ]; "
			"}; action = [ \"forward\" ]; purpose = [ \"p%d\" ]; "
			"basis = \"b\"; overrides = [ \"r%d\" ]; }",
			i ? ",\n" : "", i, i, i ? i - 1 : 1);
	/* the first overrides the second, which overrides the first */
	snprintf(text + n, cap - n, ");");
	world_open(&f);
	folder_add_text(&f, "p.cfg", text);
	free(folder_refused(&f));
	folder_free(&f);
	for (char *at = strstr(text, "overrides = [ \"r1\" ]; }"); at;
	     at = NULL)
		memset(at, ' ', strlen("overrides = [ \"r1\" ];"));
	world_open(&f);
	folder_add_text(&f, "p.cfg", text);
	p = folder_load(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	q.purpose = "p9999";
	qiao_policy_decide(p, &d, &q, &facts, NULL);
	CU_ASSERT_EQUAL(d.verdict, QIAO_PERMIT);
	CU_ASSERT_STRING_EQUAL(d.rules[0], "p/r9999@3");
	CU_ASSERT(qiao_monotonic_ms() - start < 60000);
	qiao_policy_unref(p);
	folder_free(&f);
	free(text);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "an officer's mistakes are all named in one run", an_officers_mistakes_are_all_named_in_one_run },
	{ "every static error is found", every_static_error_is_found },
	{ "a folder needs its catalogue and orgs", a_folder_needs_its_catalogue_and_orgs },
	{ "warnings do not refuse", warnings_do_not_refuse },
	{ "the hash is over sorted names and hashes", the_hash_is_over_sorted_names_and_hashes },
	{ "no memory is said and nothing is left", no_memory_is_said_and_nothing_is_left },
	{ "ten thousand rules load and decide", ten_thousand_rules_load_and_decide },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite policy_load_test_suite = { "policy/load", cases };
