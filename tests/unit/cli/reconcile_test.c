/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/reconcile.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/cli/reconcile_book.h"
#include "tests/unit/cli/capture.h"

#include <sys/stat.h>

/* One letter per entry, made into what docs/wire.md 9 says, fewer members. */
struct log_kind {
	char letter;
	const char *gw, *rest;
};

/* clang-format off */
static const struct log_kind kinds[] = {
	{ 'P', "city", "\"decision\":\"permit\",\"point\":\"release\",\"reason\":\"R_OK\",\"record\":{\"state\":\"valid\"},\"type\":\"decision\"" },
	{ 'V', "city", "\"decision\":\"permit\",\"point\":\"release\",\"reason\":\"R_OK\",\"record\":{\"state\":\"revoked\"},\"type\":\"decision\"" },
	{ 'D', "city", "\"decision\":\"deny\",\"point\":\"release\",\"reason\":\"R_ONWARD\",\"type\":\"decision\"" },
	{ 'H', "city", "\"decision\":\"hold\",\"point\":\"release\",\"reason\":\"R_HELD\",\"type\":\"decision\"" },
	{ 'Q', "city", "\"assurance\":\"proven\",\"to\":\"prov\",\"type\":\"queued\"" },
	{ 'A', "city", "\"assurance\":\"attested\",\"to\":\"prov\",\"type\":\"queued\"" },
	{ 'E', "city", "\"assurance\":\"proven\",\"to\":\"other\",\"type\":\"queued\"" },
	{ 'c', "city", "\"reason\":null,\"state\":\"committed\",\"type\":\"receipt\"" },
	{ 'd', "city", "\"reason\":\"R_STATE\",\"state\":\"denied\",\"type\":\"receipt\"" },
	{ 'h', "city", "\"reason\":\"R_HELD\",\"state\":\"held\",\"type\":\"receipt\"" },
	{ 'e', "city", "\"reason\":null,\"state\":\"expired\",\"type\":\"receipt\"" },
	{ 'x', "city", "\"reason\":null,\"state\":\"conflict\",\"type\":\"receipt\"" },
	{ 's', "city", "\"type\":\"superseded\"" },
	{ 'R', "prov", "\"from\":\"city\",\"type\":\"received\"" },
	{ 'F', "prov", "\"from\":\"town\",\"type\":\"received\"" },
	{ 'S', "prov", "\"type\":\"submitting\"" },
	{ 'C', "prov", "\"type\":\"committed\"" },
};

/* What both logs say of one transfer, and what that counts as. */
static const struct {
	const char *name, *source, *destination, *counts;
	bool clean;
} lives[] = {
	{ "delivered with its proof", "PQc", "RSC", "delivered proven", true },
	{ "delivered, attested", "PAc", "RSC", "delivered", true },
	{ "a revocation delivered", "VQc", "RSC", "delivered proven revoked", true },
	{ "denied here", "D", "", "denied reason.R_ONWARD", true },
	{ "denied there", "PQd", "R", "denied reason.R_STATE", true },
	{ "held here", "H", "", "held", true },
	{ "held there", "PQh", "R", "held", true },
	{ "superseded", "PQs", "", "superseded", true },
	{ "expired there", "PQe", "R", "expired", true },
	{ "to another gateway", "PE", "", "elsewhere", true },
	{ "to another gateway, and back", "PEc", "", "elsewhere", true },
	{ "of another source", "", "FSC", "", true },
	{ "permitted and forgotten", "P", "", "lost open", false },
	{ "still under way", "PQ", "R", "lost open", false },
	{ "committed, and the receipt is missing", "PQ", "RSC", "lost open", false },
	{ "a receipt for what is not there", "PQc", "RS", "lost", false },
	{ "committed twice", "PQc", "RSCC", "delivered proven duplicated", false },
	{ "queued twice", "PQQc", "RSC", "delivered proven duplicated", false },
	{ "decided twice", "PPQc", "RSC", "delivered proven duplicated", false },
	{ "denied and committed all the same", "D", "RSC", "contradicted", false },
	{ "superseded and committed all the same", "PQs", "RSC", "contradicted", false },
	{ "a conflict", "PQx", "R", "conflicting", false },
	{ "never decided here", "", "RSC", "unknown", false },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void put_entries(struct qiao_buf *b, const char *gw, const char *letters,
			size_t transfer)
{
	for (; *letters; letters++) {
		const struct log_kind *k = kinds;

		while (k->letter != *letters)
			k++;
		CU_ASSERT_STRING_EQUAL(k->gw, gw);
		qiao_buf_printf(b,
				"{\"gw\":\"%s\",\"transfer\":\"%064zx\",%s}\n",
				k->gw, transfer, k->rest);
	}
}

static void begin(struct qiao_buf *source, struct qiao_buf *destination)
{
	*source = *destination = QIAO_BUF;
	qiao_buf_put_str(source, "{\"gw\":\"city\",\"type\":\"start\"}\n");
	qiao_buf_put_str(destination, "{\"gw\":\"prov\",\"type\":\"start\"}\n");
}

static const struct {
	const char *word;
	size_t at;
} members[] = {
#define MEMBER(word, name)                                   \
	{                                                    \
		word, offsetof(struct qiao_reconciled, name) \
	}
	MEMBER("delivered", delivered),
	MEMBER("denied", denied),
	MEMBER("held", held),
	MEMBER("superseded", superseded),
	MEMBER("expired", expired),
	MEMBER("conflicting", conflicting),
	MEMBER("contradicted", contradicted),
	MEMBER("lost", lost),
	MEMBER("proven", proven),
	MEMBER("revoked", ended),
	MEMBER("open", open),
	MEMBER("duplicated", duplicated),
	MEMBER("unknown", unknown),
	MEMBER("elsewhere", elsewhere),
};

/* Every member is 1 when the text names it, and 0 otherwise. */
static void check_counts(const struct qiao_reconciled *r, size_t i)
{
	char word[80];

	for (size_t k = 0; k < COUNT(members); k++) {
		bool want = strstr(lives[i].counts, members[k].word) != NULL;
		size_t have;

		memcpy(&have, (const char *)r + members[k].at, sizeof(have));
		if (have != want)
			printf("\n%s: %s is %zu\n", lives[i].name,
			       members[k].word, have);
		CU_ASSERT_EQUAL(have, want);
	}
	snprintf(word, sizeof(word), "reason.%s",
		 r->reasons ? r->reason[0].code : "");
	CU_ASSERT_EQUAL(r->reasons, strstr(lives[i].counts, "reason.") ? 1 : 0);
	CU_ASSERT(!r->reasons || strstr(lives[i].counts, word));
	CU_ASSERT_EQUAL(qiao_reconciled_clean(r), lives[i].clean);
}

static void every_life_is_counted_as_what_it_is(void)
{
	for (size_t i = 0; i < COUNT(lives); i++) {
		struct qiao_reconciled r;
		struct qiao_buf s, d;
		struct qiao_why why;

		begin(&s, &d);
		put_entries(&s, "city", lives[i].source, 7);
		put_entries(&d, "prov", lives[i].destination, 7);
		CU_ASSERT_EQUAL(qiao_reconcile(&r, qiao_buf_slice(&s),
					       qiao_buf_slice(&d), &why),
				QIAO_OK);
		check_counts(&r, i);
		qiao_buf_free(&s);
		qiao_buf_free(&d);
	}
}

static void put_all(struct qiao_buf *s, struct qiao_buf *d, bool clean_only)
{
	begin(s, d);
	/* twice over, and not in the order of their ids */
	for (size_t n = 0; n < 2 * COUNT(lives); n++) {
		size_t i = n % COUNT(lives);

		if (clean_only && !lives[i].clean)
			continue;
		put_entries(s, "city", lives[i].source, 1000 - 7 * n);
		put_entries(d, "prov", lives[i].destination, 1000 - 7 * n);
	}
}

static void many_lives_add_up(void)
{
	struct qiao_reconciled r;
	struct qiao_buf s, d;
	struct qiao_why why;

	put_all(&s, &d, false);
	CU_ASSERT_EQUAL(qiao_reconcile(&r, qiao_buf_slice(&s),
				       qiao_buf_slice(&d), &why),
			QIAO_OK);
	CU_ASSERT_EQUAL(r.delivered, 12);
	CU_ASSERT_EQUAL(r.denied, 4);
	CU_ASSERT_EQUAL(r.reasons, 2);
	CU_ASSERT_EQUAL(r.reason[0].n, 2);
	CU_ASSERT_EQUAL(r.lost, 8);
	CU_ASSERT_EQUAL(r.open, 6);
	CU_ASSERT_EQUAL(r.unknown, 2);
	CU_ASSERT_EQUAL(qiao_reconciled_all(&r), 38);
	qiao_buf_free(&s);
	qiao_buf_free(&d);
}

/* clang-format off */
#define CITY "{\"gw\":\"city\",\"type\":\"start\"}\n"
#define PROV "{\"gw\":\"prov\",\"type\":\"start\"}\n"
static const struct {
	const char *source, *destination, *word;
} wrong[] = {
	{ "", PROV, "source is empty" },
	{ CITY, "", "destination is empty" },
	{ CITY, CITY, "both logs are of city" },
	{ "x\n", PROV, "source does not begin" },
	{ "{}\n", PROV, "source does not begin" },
	{ CITY "x\n", PROV, "log of city, line 2" },
	{ CITY PROV, PROV, "log of city, line 2" },
	{ CITY, PROV CITY, "log of prov, line 2" },
	{ CITY "\n", PROV, "log of city, line 2" },
};
/* clang-format on */

static void what_is_no_log_is_not_counted(void)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct qiao_reconciled r;
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(
			qiao_reconcile(&r, qiao_slice_str(wrong[i].source),
				       qiao_slice_str(wrong[i].destination),
				       &why),
			QIAO_E_MALFORMED);
		if (!strstr(why.text, wrong[i].word))
			printf("\n%s\n", why.text);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, wrong[i].word));
		CU_ASSERT_EQUAL(qiao_reconciled_all(&r), 0);
	}
}

static void no_memory_is_no_count(void)
{
	struct qiao_buf s, d;
	qiao_err err = QIAO_E_NOMEM;

	put_all(&s, &d, false);
	for (long n = 0; err != QIAO_OK && n < 100000; n += n < 200 ? 1 : 97) {
		struct qiao_reconciled r;
		struct qiao_why why;

		qiao_fault_alloc_after = n;
		err = qiao_reconcile(&r, qiao_buf_slice(&s), qiao_buf_slice(&d),
				     &why);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || err == QIAO_E_NOMEM);
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_buf_free(&s);
	qiao_buf_free(&d);
}

/* --- the command --------------------------------------------------------- */

static char top[64], source[96], destination[96];

static void write_log(const char *dir, struct qiao_slice text)
{
	char path[160];
	FILE *f;

	CU_ASSERT_EQUAL_FATAL(mkdir(dir, 0700), 0);
	snprintf(path, sizeof(path), "%s/entries.jsonl", dir);
	f = fopen(path, "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
}

static void remove_log(const char *dir)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/entries.jsonl", dir);
	unlink(path);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void make_folders(bool clean)
{
	struct qiao_buf s, d;

	snprintf(top, sizeof(top), P_tmpdir "/qiao-cmd-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(top));
	snprintf(source, sizeof(source), "%s/a", top);
	snprintf(destination, sizeof(destination), "%s/b", top);
	put_all(&s, &d, clean);
	write_log(source, qiao_buf_slice(&s));
	write_log(destination, qiao_buf_slice(&d));
	qiao_buf_free(&s);
	qiao_buf_free(&d);
}

static void remove_folders(void)
{
	remove_log(source);
	remove_log(destination);
	CU_ASSERT_EQUAL(rmdir(top), 0);
}

static struct output o;

static void the_command_answers_by_its_exit_code(void)
{
	make_folders(true);
	RUN(&o, qiao_cmd_reconcile, "reconcile", source, destination);
	CU_ASSERT_EQUAL(o.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, "verified=18\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, "delivered=6\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, "lost=0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, "reason.R_ONWARD=2\n"));
	RUN(&o, qiao_cmd_reconcile, "reconcile", "--json", source, destination);
	CU_ASSERT_EQUAL(o.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.out, "\"delivered\":6,"));
	/* the other way round */
	RUN(&o, qiao_cmd_reconcile, "reconcile", destination, source);
	CU_ASSERT_EQUAL(o.code, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.err, "is it the source?"));
	remove_folders();
	make_folders(false);
	RUN(&o, qiao_cmd_reconcile, "reconcile", source, destination);
	CU_ASSERT_EQUAL(o.code, 2);
	RUN(&o, qiao_cmd_reconcile, "reconcile", source, source);
	CU_ASSERT_EQUAL(o.code, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.err, "both logs are of city"));
	RUN(&o, qiao_cmd_reconcile, "reconcile", source, "nowhere");
	CU_ASSERT_EQUAL(o.code, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.err, "nowhere/entries.jsonl"));
	RUN(&o, qiao_cmd_reconcile, "reconcile", source);
	CU_ASSERT_EQUAL(o.code, 64);
	remove_folders();
}

static const struct test_case cases[] = {
	{ "every life is counted as what it is",
	  every_life_is_counted_as_what_it_is },
	{ "many lives add up", many_lives_add_up },
	{ "what is no log is not counted", what_is_no_log_is_not_counted },
	{ "no memory is no count", no_memory_is_no_count },
	{ "the command answers by its exit code",
	  the_command_answers_by_its_exit_code },
	{ 0 },
};

const struct test_suite reconcile_test_suite = { "cli/reconcile", cases };
