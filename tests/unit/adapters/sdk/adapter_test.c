/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/sdk/adapter.h"
#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"
#include "tests/unit/suite.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- an adapter whose blocks we choose ------------------------------------ */
static struct {
	uint64_t blocks;
	size_t size[8]; /* of the bundle at each height */
	unsigned int fetches;
	struct qiao_submission got;
	char got_kind[16];
	unsigned int submits;
	uint8_t refuse_id; /* first byte of an id; 0: none */
	bool is_open, fails;
} fake;

static qiao_err fake_open(void **self, const char *text, struct qiao_why *why)
{
	if (strcmp(text, "good = 1;") != 0)
		return qiao_adapter_fail(why, QIAO_E_CONFIG, "text is %s",
					 text);
	fake.is_open = true;
	*self = &fake;
	return QIAO_OK;
}

static qiao_err fake_head(void *self, uint64_t *next, uint64_t known,
			  unsigned int wait_ms, struct qiao_why *why)
{
	(void)self;
	(void)why;
	*next = fake.blocks + known * 0 + wait_ms * 0;
	return QIAO_OK;
}

static uint8_t byte_at(uint64_t height, size_t i)
{
	return (uint8_t)(height * 31 + i % 251);
}

static qiao_err fake_fetch(void *self, struct qiao_buf *bundle, uint64_t height,
			   struct qiao_why *why)
{
	uint8_t piece[4096];

	(void)self;
	fake.fetches++;
	if (height >= fake.blocks)
		return qiao_adapter_fail(why, QIAO_E_NOTFOUND, "no block %d",
					 (int)height);
	for (size_t i = 0; i < fake.size[height]; i += sizeof(piece)) {
		size_t n = fake.size[height] - i;

		for (size_t j = 0; j < sizeof(piece); j++)
			piece[j] = byte_at(height, i + j);
		qiao_adapter_put(bundle, piece,
				 n < sizeof(piece) ? n : sizeof(piece));
	}
	return QIAO_OK;
}

static qiao_err fake_prove(void *self, struct qiao_buf *proof,
			   struct qiao_slice reference, struct qiao_why *why)
{
	(void)self;
	(void)why;
	qiao_adapter_put(proof, reference.p, reference.n);
	return QIAO_OK;
}

static qiao_err fake_submit(void *self, const struct qiao_submission *s,
			    struct qiao_why *why)
{
	(void)self;
	(void)why;
	fake.got = *s;
	fake.submits++;
	snprintf(fake.got_kind, sizeof(fake.got_kind), "%s", s->kind);
	if (fake.refuse_id && s->id.b[0] == fake.refuse_id)
		return qiao_adapter_fail(why, QIAO_E_BUSY, "later");
	return QIAO_OK;
}

static qiao_err fake_submit_many(void *self, struct qiao_submitted *out,
				 const struct qiao_submission *s, size_t n,
				 struct qiao_why *why)
{
	(void)self;
	fake.submits++;
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(s[2].id.b[0], 3);
	out[0].err = QIAO_E_EXISTS;
	snprintf(out[0].sentence, sizeof(out[0].sentence), "it is there");
	return fake.fails ? qiao_adapter_fail(why, QIAO_E_CONFIG, "no key")
			  : QIAO_OK;
}

static qiao_err fake_lookup(void *self, struct qiao_lookup *out,
			    const struct qiao_hash *id, struct qiao_why *why)
{
	(void)self;
	(void)why;
	out->state = (enum qiao_lookup_state)id->b[0];
	out->height = 300;
	out->submitter_len = id->b[1];
	return QIAO_OK;
}

static void fake_close(void *self)
{
	(void)self;
	fake.is_open = false;
}

static const char *const capabilities[] = { "prove", "submit.deliver", NULL };
static const struct qiao_adapter_api fake_api = {
	.size = sizeof(struct qiao_adapter_api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
	.abi_minor = QIAO_ADAPTER_ABI_MINOR,
	.name = "fake",
	.family = "quorum",
	.origin = "live",
	.max_parallel = 2,
	.capabilities = capabilities,
	.open = fake_open,
	.head = fake_head,
	.fetch = fake_fetch,
	.prove = fake_prove,
	.submit = fake_submit,
	.lookup = fake_lookup,
	.close = fake_close,
};

/* --- asking it ------------------------------------------------------------ */
struct fixture {
	struct qiao_adapter a;
	struct qiao_buf request, reply;
	char sentence[400];
};

static void setup(struct fixture *f, bool open);

static void request_start(struct fixture *f, const char *op, size_t nargs)
{
	qiao_buf_clear(&f->request);
	qiao_mp_put_array(&f->request, 4);
	qiao_mp_put_uint(&f->request, 1);
	qiao_mp_put_uint(&f->request, 77);
	qiao_mp_put_cstr(&f->request, op);
	qiao_mp_put_array(&f->request, nargs);
}

/* Send; the result is left in *m, to be read until qiao_mp_finish. */
static qiao_err ask(struct fixture *f, struct qiao_mp *m)
{
	int64_t err;

	qiao_buf_clear(&f->reply);
	CU_ASSERT_EQUAL(qiao_serve_answer(qiao_adapter_ops, &f->a, &f->reply,
					  qiao_buf_slice(&f->request)),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_mp_open(m, qiao_buf_slice(&f->reply)),
			      QIAO_OK);
	qiao_mp_array_of(m, 5);
	CU_ASSERT_EQUAL(qiao_mp_uint(m, 1), 1);
	qiao_mp_uint(m, UINT64_MAX);
	err = qiao_mp_int(m);
	qiao_mp_str_into(m, f->sentence, sizeof(f->sentence));
	if (err != QIAO_OK) {
		CU_ASSERT_NOT_EQUAL(f->sentence[0], '\0');
		CU_ASSERT_TRUE(qiao_mp_nil(m));
		CU_ASSERT_EQUAL(qiao_mp_finish(m), QIAO_OK);
	}
	return (qiao_err)err;
}

static qiao_err ask_open(struct fixture *f, const char *text)
{
	struct qiao_mp m;

	request_start(f, "open", 1);
	qiao_mp_put_cstr(&f->request, text);
	return ask(f, &m);
}

static void setup(struct fixture *f, bool open)
{
	memset(f, 0, sizeof(*f));
	memset(&fake, 0, sizeof(fake));
	CU_ASSERT_EQUAL_FATAL(qiao_adapter_init(&f->a, &fake_api, NULL),
			      QIAO_OK);
	if (open)
		CU_ASSERT_EQUAL(ask_open(f, "good = 1;"), QIAO_OK);
}

static void teardown(struct fixture *f)
{
	qiao_adapter_fini(&f->a);
	CU_ASSERT_FALSE(fake.is_open);
	qiao_buf_free(&f->request);
	qiao_buf_free(&f->reply);
}

static void hello_is_answered_from_the_struct(void)
{
	struct fixture f;
	struct qiao_mp m;

	setup(&f, false);
	request_start(&f, "hello", 0);
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_OK);
	qiao_mp_array_of(&m, 7);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 9), QIAO_ADAPTER_ABI_MAJOR);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 9), QIAO_ADAPTER_ABI_MINOR);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_str(&m, 64), "fake"));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_str(&m, 64), "quorum"));
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 99), 2);
	qiao_mp_array_of(&m, 2);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_str(&m, 64), "prove"));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_str(&m, 64), "submit.deliver"));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_str(&m, 64), "live"));
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	teardown(&f);
}

static void open_comes_first_and_once(void)
{
	struct fixture f;
	struct qiao_mp m;

	setup(&f, false);
	request_start(&f, "head", 2);
	qiao_mp_put_uint(&f.request, 0);
	qiao_mp_put_uint(&f.request, 0);
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_E_STATE);
	CU_ASSERT_EQUAL(ask_open(&f, "bad = 1;"), QIAO_E_CONFIG);
	CU_ASSERT_STRING_EQUAL(f.sentence, "text is bad = 1;");
	CU_ASSERT_EQUAL(ask_open(&f, "good = 1;"), QIAO_OK);
	CU_ASSERT_EQUAL(ask_open(&f, "good = 1;"), QIAO_E_STATE);
	teardown(&f);
}

static void foreign_text_in_a_sentence_stays_one_encoding(void)
{
	struct fixture f;
	char text[300];

	setup(&f, false);
	/* cut by the sentence's length in the middle of a character */
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe6\xa1\xa5", 3);
	text[sizeof(text) - 3] = '\0';
	for (size_t shift = 0; shift < 3; shift++)
		CU_ASSERT_EQUAL(ask_open(&f, text + 3 * shift), QIAO_E_CONFIG);
	teardown(&f);
}

static void wrong_requests_are_answered_in_words(void)
{
	static const struct {
		const char *op;
		size_t nargs; /* zeros */
		qiao_err want;
	} cases[] = {
		{ "frobnicate", 0, QIAO_E_UNSUPPORTED },
		{ "hello", 1, QIAO_E_USAGE },
		{ "head", 1, QIAO_E_USAGE },
		{ "fetch", 3, QIAO_E_USAGE }, /* 0 bytes */
		{ "prove", 1, QIAO_E_MALFORMED },
		{ "submit", 1, QIAO_E_MALFORMED },
		{ "lookup", 1, QIAO_E_MALFORMED },
		{ "receipt", 1, QIAO_E_MALFORMED },
		{ "open", 1, QIAO_E_MALFORMED },
		{ "an operation with a name that is long", 0, QIAO_E_LIMIT },
	};
	struct fixture f;
	struct qiao_mp m;

	setup(&f, true);
	for (size_t i = 0; i < COUNT(cases); i++) {
		request_start(&f, cases[i].op, cases[i].nargs);
		for (size_t j = 0; j < cases[i].nargs; j++)
			qiao_mp_put_uint(&f.request, 0);
		CU_ASSERT_EQUAL(ask(&f, &m), cases[i].want);
	}
	/* head waits at most a second */
	request_start(&f, "head", 2);
	qiao_mp_put_uint(&f.request, 0);
	qiao_mp_put_uint(&f.request, 1001);
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_E_LIMIT);
	teardown(&f);
}

static void every_cut_of_a_request_is_answered(void)
{
	struct fixture f;
	struct qiao_mp m;
	size_t n;

	setup(&f, true);
	request_start(&f, "head", 2);
	qiao_mp_put_uint(&f.request, 1);
	qiao_mp_put_uint(&f.request, 2);
	n = f.request.n;
	for (f.request.n = 0; f.request.n < n; f.request.n++)
		CU_ASSERT_EQUAL(ask(&f, &m), QIAO_E_NONCANON);
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_OK);
	qiao_mp_array_of(&m, 1);
	qiao_mp_uint(&m, 0);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	qiao_buf_put_u8(&f.request, 0);
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_E_NONCANON);
	teardown(&f);
}

/* --- fetch ---------------------------------------------------------------- */
static qiao_err ask_fetch(struct fixture *f, struct qiao_mp *m, uint64_t from,
			  size_t max, uint64_t part)
{
	request_start(f, "fetch", 3);
	qiao_mp_put_uint(&f->request, from);
	qiao_mp_put_uint(&f->request, max);
	qiao_mp_put_uint(&f->request, part);
	return ask(f, m);
}

static struct qiao_slice item_take(struct qiao_mp *m, uint64_t height,
				   uint64_t parts, uint64_t part)
{
	qiao_mp_array_of(m, 4);
	CU_ASSERT_EQUAL(qiao_mp_uint(m, UINT64_MAX), height);
	CU_ASSERT_EQUAL(qiao_mp_uint(m, UINT64_MAX), parts);
	CU_ASSERT_EQUAL(qiao_mp_uint(m, UINT64_MAX), part);
	return qiao_mp_bin(m, SIZE_MAX);
}

static void bytes_check(struct qiao_slice s, uint64_t height, size_t from)
{
	size_t wrong = 0;

	for (size_t i = 0; i < s.n; i++)
		wrong += s.p[i] != byte_at(height, from + i);
	CU_ASSERT_EQUAL(wrong, 0);
}

static void small_bundles_are_packed(void)
{
	struct fixture f;
	struct qiao_mp m;

	setup(&f, true);
	fake.blocks = 5;
	for (size_t i = 0; i < 5; i++)
		fake.size[i] = 1500;
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 1, 4096, 0), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_mp_array(&m, 99), 2);
	bytes_check(item_take(&m, 1, 1, 0), 1, 0);
	bytes_check(item_take(&m, 2, 1, 0), 2, 0);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	CU_ASSERT_EQUAL(fake.fetches, 3);
	/* the one that did not fit was kept */
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 3, 1 << 20, 0), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_mp_array(&m, 99), 2);
	bytes_check(item_take(&m, 3, 1, 0), 3, 0);
	bytes_check(item_take(&m, 4, 1, 0), 4, 0);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	CU_ASSERT_EQUAL(fake.fetches, 5); /* 4, and the end */
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 5, 4096, 0), QIAO_E_NOTFOUND);
	CU_ASSERT_STRING_EQUAL(f.sentence, "no block 5");
	teardown(&f);
}

static void a_large_bundle_goes_in_parts_of_one_copy(void)
{
	struct fixture f;
	struct qiao_mp m;
	size_t got = 0;

	setup(&f, true);
	fake.blocks = 2;
	fake.size[0] = 10;
	fake.size[1] = 20000;
	for (uint64_t part = 0; part < 5; part++) {
		struct qiao_slice s;

		CU_ASSERT_EQUAL(ask_fetch(&f, &m, 1, 4096, part), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_mp_array(&m, 99), 1);
		s = item_take(&m, 1, 5, part);
		bytes_check(s, 1, got);
		got += s.n;
		CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	}
	CU_ASSERT_EQUAL(got, 20000);
	CU_ASSERT_EQUAL(fake.fetches, 1);
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 1, 4096, 5), QIAO_E_USAGE);
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 0, 4096, 1), QIAO_E_USAGE);
	/* asked again it is fetched again: another node's copy */
	fake.fetches = 0;
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 1, 4096, 0), QIAO_OK);
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 1, 4096, 0), QIAO_OK);
	CU_ASSERT_EQUAL(fake.fetches, 2);
	teardown(&f);
}

static void a_reply_never_exceeds_a_message(void)
{
	struct fixture f;
	struct qiao_mp m;

	setup(&f, true);
	fake.blocks = 8;
	for (size_t i = 0; i < 8; i++)
		fake.size[i] = QIAO_MIB(1) - 100 + i;
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 0, UINT32_MAX, 0), QIAO_OK);
	CU_ASSERT(f.reply.n <= QIAO_ADAPTER_MSG_MAX);
	CU_ASSERT_EQUAL(qiao_mp_array(&m, 99), 3);
	fake.size[1] = QIAO_ADAPTER_MSG_MAX;
	CU_ASSERT_EQUAL(ask_fetch(&f, &m, 1, UINT32_MAX, 0), QIAO_OK);
	CU_ASSERT(f.reply.n <= QIAO_ADAPTER_MSG_MAX);
	CU_ASSERT_EQUAL(qiao_mp_array(&m, 99), 1);
	item_take(&m, 1, 2, 0);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	teardown(&f);
}

static void a_bundle_has_claim_proof_openings(void)
{
	struct qiao_buf b = QIAO_BUF;
	static const uint8_t want[] = { 0x93, 0xc4, 1, 'c', 0xc4, 0, 0x90 };

	qiao_bundle_put(&b, qiao_slice_str("c"), qiao_slice_of(NULL, 0),
			qiao_slice_of(NULL, 0));
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_buf_slice(&b),
				     qiao_slice_of(want, sizeof(want))));
	qiao_buf_free(&b);
}

/* --- the write side ------------------------------------------------------- */
static qiao_err ask_submit(struct fixture *f, const char *kind, size_t payload)
{
	const struct qiao_hash id = { { 1 } }, digest = { { 2 } },
			       source = { { 3 } };
	uint8_t *bytes = calloc(1, payload + 1);
	struct qiao_mp m;
	qiao_err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	request_start(f, "submit", 1);
	qiao_mp_put_array(&f->request, 1);
	qiao_mp_put_array(&f->request, 5);
	qiao_mp_put_cstr(&f->request, kind);
	qiao_mp_put_hash(&f->request, &id);
	qiao_mp_put_hash(&f->request, &digest);
	qiao_mp_put_hash(&f->request, &source);
	qiao_mp_put_bin(&f->request, qiao_slice_of(bytes, payload));
	err = ask(f, &m);
	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 1);
		qiao_mp_array_of(&m, 2);
		err = (qiao_err)qiao_mp_int(&m);
		qiao_mp_str(&m, 256);
	}
	free(bytes);
	return err;
}

/* Three deliveries in one call; the results one after the other. */
static qiao_err ask_three(struct fixture *f, qiao_err result[3])
{
	const struct qiao_hash digest = { { 2 } };
	struct qiao_mp m;
	qiao_err err;

	request_start(f, "submit", 1);
	qiao_mp_put_array(&f->request, 3);
	for (uint8_t i = 1; i <= 3; i++) {
		const struct qiao_hash id = { { i } };

		qiao_mp_put_array(&f->request, 5);
		qiao_mp_put_cstr(&f->request, "deliver");
		qiao_mp_put_hash(&f->request, &id);
		qiao_mp_put_hash(&f->request, &digest);
		qiao_mp_put_hash(&f->request, &digest);
		qiao_mp_put_bin(&f->request, qiao_slice_str("p"));
	}
	err = ask(f, &m);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	for (size_t i = 0; i < 3; i++) {
		qiao_mp_array_of(&m, 2);
		result[i] = (qiao_err)qiao_mp_int(&m);
		CU_ASSERT_EQUAL(qiao_mp_str(&m, 256).n > 0,
				result[i] != QIAO_OK);
	}
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	return err;
}

static void several_submissions_have_a_result_each(void)
{
	struct qiao_adapter_api many = fake_api;
	qiao_err result[3];
	struct fixture f;

	setup(&f, true);
	fake.refuse_id = 2;
	CU_ASSERT_EQUAL(ask_three(&f, result), QIAO_OK);
	CU_ASSERT_EQUAL(result[0], QIAO_OK);
	CU_ASSERT_EQUAL(result[1], QIAO_E_BUSY);
	CU_ASSERT_EQUAL(result[2], QIAO_OK);
	CU_ASSERT_EQUAL(fake.got.id.b[0], 3);
	CU_ASSERT_EQUAL(fake.submits, 3);
	/* an adapter that takes them all at once is asked once */
	many.submit_many = fake_submit_many;
	f.a.api = &many;
	CU_ASSERT_EQUAL(ask_three(&f, result), QIAO_OK);
	CU_ASSERT_EQUAL(result[0], QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(result[1], QIAO_OK);
	CU_ASSERT_EQUAL(fake.submits, 4);
	fake.fails = true;
	CU_ASSERT_EQUAL(ask_three(&f, result), QIAO_E_CONFIG);
	teardown(&f);
}

static void submit_hands_over_what_the_adapter_can(void)
{
	struct fixture f;

	setup(&f, true);
	CU_ASSERT_EQUAL(ask_submit(&f, "deliver", 100), QIAO_OK);
	CU_ASSERT_STRING_EQUAL(fake.got_kind, "deliver");
	CU_ASSERT_EQUAL(fake.got.id.b[0], 1);
	CU_ASSERT_EQUAL(fake.got.digest.b[0], 2);
	CU_ASSERT_EQUAL(fake.got.source.b[0], 3);
	CU_ASSERT_EQUAL(fake.got.payload.n, 100);
	CU_ASSERT_EQUAL(ask_submit(&f, "usage", 1), QIAO_E_UNSUPPORTED);
	CU_ASSERT_EQUAL(ask_submit(&f, "", 1), QIAO_E_UNSUPPORTED);
	CU_ASSERT_EQUAL(ask_submit(&f, "deliver", QIAO_PAYLOAD_MAX), QIAO_OK);
	CU_ASSERT_EQUAL(ask_submit(&f, "deliver", QIAO_PAYLOAD_MAX + 1),
			QIAO_E_LIMIT);
	teardown(&f);
}

static qiao_err ask_lookup(struct fixture *f, struct qiao_mp *m, uint8_t state,
			   uint8_t submitter_len)
{
	struct qiao_hash id = { { state, submitter_len } };

	request_start(f, "lookup", 1);
	qiao_mp_put_hash(&f->request, &id);
	return ask(f, m);
}

static void lookup_says_more_only_when_done(void)
{
	struct fixture f;
	struct qiao_mp m;

	setup(&f, true);
	for (uint8_t state = 0; state < 3; state++) {
		CU_ASSERT_EQUAL(ask_lookup(&f, &m, state, 9), QIAO_OK);
		qiao_mp_array_of(&m, 5);
		CU_ASSERT_EQUAL(qiao_mp_uint(&m, 3), state);
		for (int i = 0; i < 4; i++)
			CU_ASSERT_TRUE(qiao_mp_nil(&m));
		CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	}
	CU_ASSERT_EQUAL(ask_lookup(&f, &m, 3, 64), QIAO_OK);
	qiao_mp_array_of(&m, 5);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 3), 3);
	qiao_mp_hash(&m);
	CU_ASSERT_EQUAL(qiao_mp_bin(&m, 64).n, 64);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 1000), 300);
	CU_ASSERT_EQUAL(qiao_mp_bin(&m, 64).n, 0);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	CU_ASSERT_EQUAL(ask_lookup(&f, &m, 3, 65), QIAO_E_LIMIT);
	teardown(&f);
}

static void what_an_adapter_lacks_is_not_supported(void)
{
	struct fixture f;
	struct qiao_hash id = { { 1 } };
	struct qiao_mp m;

	setup(&f, true);
	request_start(&f, "receipt", 1);
	qiao_mp_put_hash(&f.request, &id);
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_E_UNSUPPORTED);
	request_start(&f, "prove", 1);
	qiao_mp_put_bin(&f.request, qiao_slice_str("ref"));
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_bin(&m, 9), "ref"));
	request_start(&f, "prove", 1);
	qiao_mp_put_bin(&f.request, qiao_slice_of(NULL, 0));
	CU_ASSERT_EQUAL(ask(&f, &m), QIAO_E_NOTFOUND);
	teardown(&f);
}

static void an_adapter_of_another_abi_does_not_start(void)
{
	struct qiao_adapter_api bad[6];
	struct qiao_adapter a;
	struct qiao_why why;

	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = fake_api;
	bad[0].size--;
	bad[1].abi_major++;
	bad[2].fetch = NULL;
	bad[3].family = NULL;
	bad[4].max_parallel = 0;
	bad[5].max_parallel = 65;
	for (size_t i = 0; i < COUNT(bad); i++)
		CU_ASSERT_EQUAL(qiao_adapter_init(&a, &bad[i], &why),
				QIAO_E_ABI);
}

static void the_nth_allocation_gives_an_error_or_no_answer(void)
{
	struct fixture f;
	qiao_err err;

	setup(&f, true);
	fake.blocks = 3;
	fake.size[0] = fake.size[1] = fake.size[2] = 5000;
	request_start(&f, "fetch", 3);
	qiao_mp_put_uint(&f.request, 0);
	qiao_mp_put_uint(&f.request, 12000);
	qiao_mp_put_uint(&f.request, 0);
	for (long n = 0; n < 200; n++) {
		qiao_buf_free(&f.reply);
		qiao_fault_alloc_after = n;
		err = qiao_serve_answer(qiao_adapter_ops, &f.a, &f.reply,
					qiao_buf_slice(&f.request));
		if (qiao_fault_alloc_after >= 0)
			n = 200;
		qiao_fault_alloc_after = -1;
		CU_ASSERT_TRUE(err == QIAO_OK || err == QIAO_E_NOMEM);
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	teardown(&f);
}

/* --- over a socket -------------------------------------------------------- */
static void ask_over(nng_socket s, struct fixture *f)
{
	char junk[] = "junk";
	uint8_t *got;
	size_t n;

	for (int i = 0; i < 10; i++) {
		request_start(f, "hello", 0);
		CU_ASSERT_EQUAL(nng_send(s, f->request.p, f->request.n, 0), 0);
		CU_ASSERT_EQUAL_FATAL(nng_recv(s, &got, &n, NNG_FLAG_ALLOC), 0);
		CU_ASSERT(n > 20 && got[0] == 0x95);
		nng_free(got, n);
		/* nonsense is answered, too */
		CU_ASSERT_EQUAL(nng_send(s, junk, 4, 0), 0);
		CU_ASSERT_EQUAL_FATAL(nng_recv(s, &got, &n, NNG_FLAG_ALLOC), 0);
		CU_ASSERT(n > 10 && got[0] == 0x95);
		nng_free(got, n);
	}
}

static nng_socket dialled(const char *url)
{
	nng_socket s;

	CU_ASSERT_EQUAL_FATAL(nng_req0_open(&s), 0);
	nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 5000);
	CU_ASSERT_EQUAL_FATAL(nng_dial(s, url, NULL, 0), 0);
	return s;
}

struct served {
	char url[100];
	struct fixture f;
	struct qiao_serve_config cfg;
	struct qiao_server *server;
};

static void served_open(struct served *s)
{
	struct qiao_why why;

	snprintf(s->url, sizeof(s->url), "ipc://%s/qiao-sdk-test-%d",
		 getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir, getpid());
	setup(&s->f, true);
	s->cfg = (struct qiao_serve_config){ .url = s->url,
					     .threads = 2,
					     .ops = qiao_adapter_ops,
					     .ctx = &s->f.a };
	CU_ASSERT_EQUAL_FATAL(qiao_serve_open(&s->server, &s->cfg, &why),
			      QIAO_OK);
}

static void served_close(struct served *s)
{
	qiao_serve_close(s->server);
	teardown(&s->f);
}

static void a_host_is_answered_over_ipc(void)
{
	struct served s;
	nng_socket host;

	served_open(&s);
	host = dialled(s.url);
	ask_over(host, &s.f);
	CU_ASSERT_TRUE(qiao_serve_check(s.server));
	nng_close(host);
	served_close(&s);
	qiao_serve_close(NULL);
}

/*
 * NNG 1.5.2 never frees the pipe of a handshake that broke, so these two are
 * not for a build that counts what is left at the end.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEFT_OVERS_COUNT
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEFT_OVERS_COUNT
#endif
#ifndef LEFT_OVERS_COUNT
/* Connect and be gone, as a client that is killed does. */
static void vanish(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CU_ASSERT_FATAL(strlen(path) < sizeof(to.sun_path));
	memcpy(to.sun_path, path, strlen(path));
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	close(fd);
}

static void who_listens_second_is_told(void)
{
	struct qiao_server *second;
	struct qiao_why why;
	struct served s;

	served_open(&s);
	CU_ASSERT_EQUAL(qiao_serve_open(&second, &s.cfg, &why), QIAO_E_IO);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "another one running"));
	served_close(&s);
}

static void a_client_that_vanishes_stops_nobody_else(void)
{
	nng_socket first, later;
	struct served s;

	served_open(&s);
	first = dialled(s.url);
	for (int i = 0; i < 3; i++) {
		vanish(s.url + strlen("ipc://"));
		qiao_sleep_ms(20);
		qiao_serve_check(s.server);
		later = dialled(s.url);
		ask_over(later, &s.f);
		nng_close(later);
	}
	ask_over(first, &s.f); /* never noticed */
	nng_close(first);
	served_close(&s);
}
#endif

/* clang-format off */
static const struct test_case cases[] = {
	{ "hello is answered from the struct", hello_is_answered_from_the_struct },
	{ "open comes first and once", open_comes_first_and_once },
	{ "foreign text in a sentence stays one encoding", foreign_text_in_a_sentence_stays_one_encoding },
	{ "wrong requests are answered in words", wrong_requests_are_answered_in_words },
	{ "every cut of a request is answered", every_cut_of_a_request_is_answered },
	{ "small bundles are packed", small_bundles_are_packed },
	{ "a large bundle goes in parts of one copy", a_large_bundle_goes_in_parts_of_one_copy },
	{ "a reply never exceeds a message", a_reply_never_exceeds_a_message },
	{ "a bundle has claim, proof, openings", a_bundle_has_claim_proof_openings },
	{ "several submissions have a result each", several_submissions_have_a_result_each },
	{ "submit hands over what the adapter can", submit_hands_over_what_the_adapter_can },
	{ "lookup says more only when done", lookup_says_more_only_when_done },
	{ "what an adapter lacks is not supported", what_an_adapter_lacks_is_not_supported },
	{ "an adapter of another ABI does not start", an_adapter_of_another_abi_does_not_start },
	{ "the n-th allocation gives an error or no answer", the_nth_allocation_gives_an_error_or_no_answer },
	{ "a host is answered over ipc", a_host_is_answered_over_ipc },
#ifndef LEFT_OVERS_COUNT
	{ "who listens second is told", who_listens_second_is_told },
	{ "a client that vanishes stops nobody else", a_client_that_vanishes_stops_nobody_else },
#endif
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite adapter_test_suite = { "adapters/sdk/adapter", cases };
