/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_books.h"

#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "policies/engine/decision_json.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One letter, one entry: what the books look at, docs/wire.md 9. */
/* clang-format off */
static const struct {
	char letter;
	const char *rest;
} kinds[] = {
	{ 'P', "\"decision\":\"permit\",\"id\":\"RELEASE\",\"point\":\"release\",\"type\":\"decision\"" },
	{ 'D', "\"decision\":\"deny\",\"id\":\"RELEASE\",\"point\":\"release\",\"type\":\"decision\"" },
	{ 'H', "\"decision\":\"hold\",\"id\":\"RELEASE\",\"point\":\"release\",\"type\":\"decision\"" },
	{ 'W', "\"decision\":\"permit\",\"id\":\"ACCEPT\",\"point\":\"release\",\"type\":\"decision\"" },
	{ 'p', "\"decision\":\"permit\",\"id\":\"ACCEPT\",\"point\":\"accept\",\"type\":\"decision\"" },
	{ 'd', "\"decision\":\"deny\",\"id\":\"ACCEPT\",\"point\":\"accept\",\"type\":\"decision\"" },
	{ 'h', "\"decision\":\"hold\",\"id\":\"ACCEPT\",\"point\":\"accept\",\"type\":\"decision\"" },
	{ 'Q', "\"decision\":\"RELEASE\",\"payload\":\"SAME\",\"type\":\"queued\"" },
	{ 'q', "\"decision\":\"ACCEPT\",\"payload\":\"SAME\",\"type\":\"queued\"" },
	{ 'R', "\"payload\":\"SAME\",\"state\":\"committed\",\"type\":\"receipt\"" },
	{ 'r', "\"payload\":\"SAME\",\"state\":\"denied\",\"type\":\"receipt\"" },
	{ 'o', "\"payload\":\"OTHER\",\"state\":\"committed\",\"type\":\"receipt\"" },
	{ 'n', "\"state\":\"committed\",\"type\":\"receipt\"" },
	{ 'S', "\"by\":\"SAME\",\"type\":\"superseded\"" },
	{ 'I', "\"payload\":\"SAME\",\"type\":\"received\"" },
	{ 'B', "\"payload\":\"SAME\",\"type\":\"submitting\"" },
	{ 'C', "\"payload\":\"SAME\",\"type\":\"committed\"" },
	{ 'O', "\"payload\":\"OTHER\",\"type\":\"committed\"" },
	{ 'X', "\"other\":\"OTHER\",\"payload\":\"SAME\",\"type\":\"conflict\"" },
	{ 'L', "\"payload\":\"SAME\",\"state\":\"expired\",\"type\":\"too_late\"" },
	{ '-', "\"type\":\"operator\"" },
};

/* The entries of one transfer; '.' stands for an entry of another one. */
static const struct {
	const char *entries;
	int bad; /* index of the entry that cannot be; -1: none */
	const char *word;
	int open; /* what is listed as open begins there; -1: nothing is */
} logs[] = {
	{ "", -1, "", -1 },
	{ "PQR", -1, "", -1 },
	{ "PQr", -1, "", -1 },
	{ "PQS", -1, "", -1 },
	{ "PQX", -1, "", -1 },
	{ "D", -1, "", -1 },
	{ "H", -1, "", -1 },
	{ ".PQ", -1, "", 2 },
	{ "..P.Q-", -1, "", 4 },
	{ "IpBC", -1, "", -1 },
	{ "IpBX", -1, "", -1 },
	{ "Id", -1, "", -1 },
	{ "Ih", -1, "", -1 },
	{ "IL", -1, "", -1 },
	{ ".I", -1, "", 1 },
	{ "IpB", -1, "", 0 },
	{ "IpBBC", -1, "", -1 },
	{ "Q", 0, "without a permit", 0 },
	{ "DQR", 1, "without a permit", -1 },
	{ "QPR", 0, "without a permit", -1 },
	{ "pQR", 0, "not received", -1 },
	{ "PQQR", 2, "or twice", -1 },
	{ "PDQR", 1, "second release decision", -1 },
	{ "P", 0, "never queued", -1 },
	{ "..P", 2, "never queued", -1 },
	{ "R", 0, "a receipt for what was not queued", -1 },
	{ "PR", 0, "never queued", -1 },
	{ "PQRR", 3, "had ended", -1 },
	{ "PQrR", 3, "had ended", -1 },
	{ "PQSR", 3, "had ended", -1 },
	{ "PQRS", 3, "had ended", -1 },
	{ "PQo", 2, "another payload", -1 },
	{ "PQn", 2, "lacks", 1 },
	{ "Pq", 1, "lacks", -1 },
	{ "W", 0, "lacks", -1 },
	{ "S", 0, "never there", -1 },
	{ "X", 0, "never there", -1 },
	{ "p", 0, "not received", -1 },
	{ "pI", 0, "not received", 1 },
	{ "II", 1, "received twice", 0 },
	{ "L", 0, "not received", -1 },
	{ "ILL", 2, "was decided", -1 },
	{ "IpL", 2, "was decided", -1 },
	{ "ILp", 2, "had ended", -1 },
	{ "ILpBC", 2, "had ended", -1 },
	{ "IB", 1, "submitted without a permit", 0 },
	{ "IdB", 2, "submitted without a permit", -1 },
	{ "IpC", 2, "committed without being submitted", -1 },
	{ "IpBCC", 4, "or twice", -1 },
	{ "IpBO", 3, "another payload", -1 },
};
/* clang-format on */

static void put_word(struct qiao_buf *b, const char *word, size_t n,
		     const struct qiao_hash *id)
{
	char text[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_slice s = qiao_slice_of(word, n);

	if (qiao_slice_is(s, "RELEASE"))
		qiao_buf_put_str(
			b, qiao_decision_id(text, id, QIAO_POINT_RELEASE));
	else if (qiao_slice_is(s, "ACCEPT"))
		qiao_buf_put_str(b,
				 qiao_decision_id(text, id, QIAO_POINT_ACCEPT));
	else if (qiao_slice_is(s, "SAME") || qiao_slice_is(s, "OTHER"))
		qiao_buf_printf(b, "%x%063x", n == 4 ? 7u : 8u, 0u);
	else
		qiao_buf_put(b, s);
}

/* Between quotes, capitals stand for a digest or an id. */
static void put_rest(struct qiao_buf *b, const char *rest,
		     const struct qiao_hash *id)
{
	while (*rest) {
		size_t n = strcspn(rest, "\"");

		put_word(b, rest, n, id);
		rest += n;
		if (*rest) {
			qiao_buf_put_u8(b, '"');
			rest++;
		}
	}
}

static qiao_err note(struct qiao_books *books, uint64_t seq, char letter,
		     uint8_t transfer)
{
	struct qiao_hash id = { { transfer } };
	struct qiao_buf b = QIAO_BUF;
	struct qiao_json *e = NULL;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	size_t k = 0;
	qiao_err err;

	while (k < COUNT(kinds) - 1 && kinds[k].letter != letter)
		k++;
	qiao_buf_printf(&b, "{\"transfer\":\"%s\",",
			qiao_hex_encode(hex, qiao_slice_hash(&id)));
	put_rest(&b, kinds[k].rest, &id);
	qiao_buf_put_u8(&b, '}');
	err = qiao_json_parse(&e, qiao_buf_slice(&b), NULL);
	CU_ASSERT_EQUAL(err, QIAO_OK);
	err = qiao_books_note(books, seq, e);
	qiao_json_free(e);
	qiao_buf_free(&b);
	return err;
}

static int note_all(struct qiao_books *books, const char *entries)
{
	for (size_t i = 0; entries[i]; i++) {
		qiao_err err = entries[i] == '.'
				       ? note(books, i, 'D', (uint8_t)(9 + i))
				       : note(books, i, entries[i], 1);

		CU_ASSERT(err == QIAO_OK || err == QIAO_E_MALFORMED);
		if (err != QIAO_OK)
			return (int)i;
	}
	return -1;
}

static void check_open(const struct qiao_audit_counts *c, int want, size_t i)
{
	CU_ASSERT_EQUAL(c->n_open, want >= 0 ? 1 : 0);
	CU_ASSERT_EQUAL(c->open_in + c->open_out, c->n_open);
	if (want < 0 || c->n_open == 0)
		return;
	CU_ASSERT_EQUAL(c->open[0].seq, (uint64_t)want);
	CU_ASSERT_EQUAL(c->open[0].transfer.b[0], 1);
	CU_ASSERT_EQUAL(c->open[0].out, logs[i].entries[want] == 'Q');
}

static void every_life_can_be_or_is_refused_at_its_entry(void)
{
	for (size_t i = 0; i < COUNT(logs); i++) {
		struct qiao_books books = { .n = 0 };
		struct qiao_audit_counts counts;
		struct qiao_why why = { "" };
		bool lacks = strcmp(logs[i].word, "lacks") == 0;
		int bad = note_all(&books, logs[i].entries);
		uint64_t at = 0;
		qiao_err err = qiao_books_close(&books, &counts, &at, &why);

		if (bad < 0 && err != QIAO_OK) {
			CU_ASSERT_EQUAL(err, QIAO_E_STATE);
			bad = (int)at;
		}
		if (bad != logs[i].bad)
			printf("\n%s: %d %s\n", logs[i].entries, bad, why.text);
		CU_ASSERT_EQUAL(bad, logs[i].bad);
		CU_ASSERT(lacks || bad < 0 || strstr(why.text, logs[i].word));
		if (!lacks)
			check_open(&counts, logs[i].open, i);
		qiao_books_free(&books);
	}
}

static void the_first_of_several_is_named(void)
{
	struct qiao_books books = { .n = 0 };
	struct qiao_audit_counts counts;
	struct qiao_why why;
	uint64_t at = 0;

	/* sorted by transfer, the second comes first */
	CU_ASSERT_EQUAL(note(&books, 0, 'P', 5), QIAO_OK);
	CU_ASSERT_EQUAL(note(&books, 1, 'Q', 5), QIAO_OK);
	CU_ASSERT_EQUAL(note(&books, 2, 'C', 5), QIAO_OK);
	CU_ASSERT_EQUAL(note(&books, 3, 'R', 2), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_books_close(&books, &counts, &at, &why),
			QIAO_E_STATE);
	CU_ASSERT_EQUAL(at, 2);
	qiao_books_free(&books);
}

static void the_oldest_open_ones_are_listed_and_all_are_counted(void)
{
	struct qiao_books books = { .n = 0 };
	struct qiao_audit_counts counts;
	struct qiao_why why;
	uint64_t at;

	for (uint8_t i = 0; i < 40; i++) /* ids descend, numbers ascend */
		CU_ASSERT_EQUAL(note(&books, i, 'I', (uint8_t)(100 - i)),
				QIAO_OK);
	CU_ASSERT_EQUAL(qiao_books_close(&books, &counts, &at, &why), QIAO_OK);
	CU_ASSERT_EQUAL(counts.open_in, 40);
	CU_ASSERT_EQUAL(counts.n_open, QIAO_AUDIT_OPEN_MAX);
	for (size_t i = 0; i < counts.n_open; i++) {
		CU_ASSERT_EQUAL(counts.open[i].seq, i);
		CU_ASSERT_EQUAL(counts.open[i].transfer.b[0], 100 - i);
	}
	qiao_books_free(&books);
}

static const struct test_case cases[] = {
	{ "every life can be, or is refused at its entry",
	  every_life_can_be_or_is_refused_at_its_entry },
	{ "the first of several is named", the_first_of_several_is_named },
	{ "the oldest open ones are listed, and all are counted",
	  the_oldest_open_ones_are_listed_and_all_are_counted },
	{ 0 },
};

const struct test_suite audit_books_test_suite = { "cli/audit_books", cases };
