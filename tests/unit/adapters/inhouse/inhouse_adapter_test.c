/* SPDX-License-Identifier: Apache-2.0 */
/* qiao-adapter-inhouse as a host sees it: a process behind a socket. */
#include "tests/unit/adapters/inhouse/process.h"

struct adapter {
	char url[100], key_path[100];
	pid_t pid;
	int line; /* its standard input: closed when the host dies */
	struct qiao_inhouse_client *c; /* the frames are the same */
	struct qiao_why why;
};

static void adapter_start(struct adapter *a, const struct ledger *l)
{
	int ends[2];

	memset(a, 0, sizeof(*a));
	snprintf(a->url, sizeof(a->url), "ipc://%s/a.sock", l->top);
	snprintf(a->key_path, sizeof(a->key_path), "%s/account.key", l->top);
	unlink(a->key_path);
	CU_ASSERT_EQUAL(qiao_key_save(l->account, a->key_path, &a->why),
			QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	a->line = ends[1];
	a->pid = spawn("qiao-adapter-inhouse",
		       (const char *[]){ "--socket", a->url, NULL }, ends[0]);
	close(ends[0]);
	CU_ASSERT_EQUAL_FATAL(qiao_inhouse_client_open(&a->c, a->url, &a->why),
			      QIAO_OK);
}

static void adapter_stop(struct adapter *a)
{
	kill(a->pid, SIGTERM);
	CU_ASSERT_EQUAL(reap(a->pid), 0);
	close(a->line);
	qiao_inhouse_client_close(a->c);
}

static qiao_err ask(struct adapter *a, struct qiao_buf *result, const char *op,
		    struct qiao_buf *args)
{
	struct qiao_buf none = QIAO_BUF;
	qiao_err err;

	a->why.text[0] = '\0';
	if (result)
		qiao_buf_clear(result);
	err = qiao_inhouse_client_call(a->c, result ? result : &none, op,
				       qiao_buf_slice(args), 15000, &a->why);
	qiao_buf_free(&none);
	qiao_buf_free(args);
	return err;
}

static qiao_err ask_open(struct adapter *a, const char *fmt, ...)
	QIAO_PRINTF(2, 3);
static qiao_err ask_open(struct adapter *a, const char *fmt, ...)
{
	struct qiao_buf args = QIAO_BUF;
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	qiao_mp_put_array(&args, 1);
	qiao_mp_put_cstr(&args, text);
	return ask(a, NULL, "open", &args);
}

static qiao_err open_good(struct adapter *a, const struct ledger *l)
{
	return ask_open(a,
			"ledger = \"%s\"; chain = \"province\"; key = \"%s\"; "
			"timeout = \"3s\";",
			l->url, a->key_path);
}

static qiao_err ask_submit(struct adapter *a,
			   const struct qiao_inhouse_submission *s)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_mp m;
	qiao_err err;

	qiao_mp_put_array(&args, 1);
	qiao_mp_put_array(&args, 1);
	qiao_mp_put_array(&args, 5);
	qiao_mp_put_cstr(&args, s->kind);
	qiao_mp_put_hash(&args, &s->id);
	qiao_mp_put_hash(&args, &s->digest);
	qiao_mp_put_hash(&args, &s->source);
	qiao_mp_put_bin(&args, s->payload);
	err = ask(a, &result, "submit", &args);
	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		qiao_mp_array_of(&m, 1);
		qiao_mp_array_of(&m, 2);
		err = (qiao_err)qiao_mp_int(&m);
		CU_ASSERT_EQUAL(qiao_mp_str(&m, 256).n > 0, err != QIAO_OK);
		CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	}
	qiao_buf_free(&result);
	return err;
}

static qiao_err ask_id(struct adapter *a, struct qiao_buf *result,
		       const char *op, const struct qiao_hash *id)
{
	struct qiao_buf args = QIAO_BUF;

	qiao_mp_put_array(&args, 1);
	qiao_mp_put_hash(&args, id);
	return ask(a, result, op, &args);
}

/* Until lookup says done, as the deliverer does. */
static uint64_t ask_state(struct adapter *a, struct qiao_buf *result,
			  const struct qiao_hash *id)
{
	int64_t until = qiao_monotonic_ms() + 5000;
	uint64_t state = 99;
	struct qiao_mp m;

	while (state != 3 && qiao_monotonic_ms() < until) {
		if (ask_id(a, result, "lookup", id) != QIAO_OK)
			return 99;
		qiao_mp_open(&m, qiao_buf_slice(result));
		qiao_mp_array_of(&m, 5);
		state = qiao_mp_uint(&m, 9);
		qiao_sleep_ms(2);
	}
	return state;
}

static void a_delivery_is_written_found_and_proven(void)
{
	struct qiao_buf result = QIAO_BUF, args = QIAO_BUF;
	struct qiao_inhouse_submission s;
	struct qiao_id16 account;
	struct qiao_hash digest;
	struct qiao_slice proof;
	struct adapter a;
	struct qiao_mp m;
	char payload[32];
	struct ledger l;

	ledger_init(&l, "4");
	ledger_start(&l, NULL, NULL);
	adapter_start(&a, &l);
	CU_ASSERT_EQUAL_FATAL(open_good(&a, &l), QIAO_OK);
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(ask_id(&a, &result, "receipt", &s.id), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_OK);
	CU_ASSERT_EQUAL(ask_state(&a, &result, &s.id), 3);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	qiao_mp_array_of(&m, 5);
	qiao_mp_uint(&m, 3);
	digest = qiao_mp_hash(&m);
	CU_ASSERT_TRUE(qiao_hash_eq(&digest, &s.digest));
	account = qiao_pubkey_id(qiao_key_public(l.account));
	CU_ASSERT_TRUE(qiao_slice_eq(qiao_mp_bin(&m, 64),
				     qiao_slice_of(account.b, 16)));
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 99), 1);  /* height */
	CU_ASSERT_EQUAL(qiao_mp_bin(&m, 64).n, 0); /* tx */
	/* the same again is fine, another under its id is not */
	CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_OK);
	delivery(&s, payload, 2);
	s.id = id_of(1);
	CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_E_CONFLICT);
	CU_ASSERT_EQUAL(ask_id(&a, &result, "receipt", &s.id), QIAO_OK);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	proof = qiao_mp_bin(&m, SIZE_MAX);
	CU_ASSERT(proof.n > 100 && proof.p[0] == 0x95 && proof.p[1] == 2);
	/* the same proof, asked for by place */
	qiao_mp_put_array(&args, 1);
	qiao_mp_put_bin(&args, qiao_slice_of("\x93\x01\x01\x00", 4));
	CU_ASSERT_EQUAL(ask(&a, &result, "prove", &args), QIAO_OK);
	qiao_mp_put_array(&args, 1);
	qiao_mp_put_bin(&args, qiao_slice_str("elsewhere"));
	CU_ASSERT_EQUAL(ask(&a, &result, "prove", &args), QIAO_E_NONCANON);
	s.kind = "state";
	CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_E_UNSUPPORTED);
	qiao_buf_free(&result);
	adapter_stop(&a);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void blocks_come_with_proof_and_openings(void)
{
	struct qiao_buf result = QIAO_BUF, args = QIAO_BUF;
	struct qiao_slice bundle, openings;
	struct qiao_hash root;
	struct adapter a;
	struct qiao_mp m, b, o;
	struct ledger l;
	size_t n;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	adapter_start(&a, &l);
	CU_ASSERT_EQUAL_FATAL(open_good(&a, &l), QIAO_OK);
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_array(&args, 1);
	record_put(&args, &l, l.issuer, ORG, "A");
	qiao_mp_put_uint(&args, 3000);
	CU_ASSERT_EQUAL(call(&l, NULL, "put", &args), QIAO_OK);
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, 1);
	qiao_mp_put_uint(&args, 1000);
	CU_ASSERT_EQUAL(ask(&a, &result, "head", &args), QIAO_OK);
	CU_ASSERT_EQUAL(result.p[1], 2);
	qiao_mp_put_array(&args, 3);
	qiao_mp_put_uint(&args, 0);
	qiao_mp_put_uint(&args, 1000000);
	qiao_mp_put_uint(&args, 0);
	CU_ASSERT_EQUAL(ask(&a, &result, "fetch", &args), QIAO_OK);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	CU_ASSERT_EQUAL(qiao_mp_array(&m, 9), 2);
	qiao_mp_raw(&m); /* block 0 */
	qiao_mp_array_of(&m, 4);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 9), 1);
	qiao_mp_uint(&m, 9);
	qiao_mp_uint(&m, 9);
	bundle = qiao_mp_bin(&m, SIZE_MAX);
	CU_ASSERT_EQUAL(qiao_mp_open(&b, bundle), QIAO_OK);
	qiao_mp_array_of(&b, 3);
	qiao_mp_bin(&b, SIZE_MAX);
	CU_ASSERT_EQUAL(qiao_mp_bin(&b, SIZE_MAX).p[1], 1);
	openings = qiao_mp_raw(&b);
	qiao_mp_open(&o, openings);
	qiao_mp_array_of(&o, 1);
	CU_ASSERT_EQUAL(qiao_inhouse_fields_root(&root, &n, qiao_mp_raw(&o)),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 2);
	qiao_mp_put_array(&args, 3);
	qiao_mp_put_uint(&args, 2);
	qiao_mp_put_uint(&args, 1000000);
	qiao_mp_put_uint(&args, 0);
	CU_ASSERT_EQUAL(ask(&a, &result, "fetch", &args), QIAO_E_NOTFOUND);
	qiao_buf_free(&result);
	adapter_stop(&a);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void a_ledger_that_comes_back_is_found_again(void)
{
	struct qiao_inhouse_submission s;
	struct qiao_buf result = QIAO_BUF;
	struct adapter a;
	char payload[32];
	struct ledger l;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	adapter_start(&a, &l);
	CU_ASSERT_EQUAL_FATAL(
		ask_open(&a,
			 "ledger = \"%s\"; chain = \"province\"; key = \"%s\"; "
			 "timeout = \"1s\";",
			 l.url, a.key_path),
		QIAO_OK);
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_OK);
	CU_ASSERT_EQUAL(ask_state(&a, &result, &s.id), 3);
	ledger_kill(&l);
	CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_E_TIMEOUT);
	CU_ASSERT_PTR_NOT_NULL(strstr(a.why.text, "does not answer"));
	ledger_start(&l, NULL, NULL);
	CU_ASSERT_EQUAL(ask_state(&a, &result, &s.id), 3);
	qiao_buf_free(&result);
	adapter_stop(&a);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void what_is_configured_wrongly_is_said(void)
{
	struct qiao_key *stranger;
	struct adapter a;
	char other[120];
	struct ledger l;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	adapter_start(&a, &l);
	snprintf(other, sizeof(other), "%s/other.key", l.top);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&stranger, QIAO_SCHEME_SECP256K1),
			      QIAO_OK);
	CU_ASSERT_EQUAL(qiao_key_save(stranger, other, &a.why), QIAO_OK);
	qiao_key_free(stranger);
#define SAYS(word) CU_ASSERT_PTR_NOT_NULL(strstr(a.why.text, word))
	CU_ASSERT_EQUAL(ask_open(&a, "ledgr = \"%s\";", l.url), QIAO_E_CONFIG);
	SAYS("ledgr");
	CU_ASSERT_EQUAL(ask_open(&a, "ledger = \"%s\"", l.url), QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(ask_open(&a, "nonsense"), QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(ask_open(&a, "ledger = \"tcp://10.0.0.1:9\"; "
				     "chain = \"province\";"),
			QIAO_E_CONFIG);
	SAYS("ipc:///");
	CU_ASSERT_EQUAL(
		ask_open(&a, "ledger = \"%s\"; chain = \"other\";", l.url),
		QIAO_E_CHANNEL);
	SAYS("another chain");
	CU_ASSERT_EQUAL(ask_open(&a,
				 "ledger = \"%s\"; chain = \"province\"; "
				 "key = \"%s\";",
				 l.url, other),
			QIAO_E_DENIED);
	SAYS("not registered");
	CU_ASSERT_EQUAL(ask_open(&a,
				 "ledger = \"ipc://%s/none.sock\"; "
				 "chain = \"province\"; timeout = \"1s\";",
				 l.top),
			QIAO_E_TIMEOUT);
	SAYS("qiao-ledger running");
	/* without a key it reads, and says why it does not write */
	CU_ASSERT_EQUAL(
		ask_open(&a, "ledger = \"%s\"; chain = \"province\";", l.url),
		QIAO_OK);
	{
		struct qiao_inhouse_submission s;
		char payload[32];

		delivery(&s, payload, 1);
		CU_ASSERT_EQUAL(ask_submit(&a, &s), QIAO_E_CONFIG);
		SAYS("no account key");
	}
#undef SAYS
	adapter_stop(&a);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void an_adapter_ends_with_its_host(void)
{
	struct adapter a;
	struct ledger l;
	int64_t start;

	ledger_init(&l, "1");
	adapter_start(&a, &l);
	{
		struct qiao_buf args = QIAO_BUF;

		qiao_mp_put_array(&args, 0);
		CU_ASSERT_EQUAL(ask(&a, NULL, "hello", &args), QIAO_OK);
	}
	start = qiao_monotonic_ms();
	close(a.line); /* all that is left of a host that was killed */
	CU_ASSERT_EQUAL(reap(a.pid), 0);
	CU_ASSERT(qiao_monotonic_ms() - start < 5000);
	qiao_inhouse_client_close(a.c);
	CU_ASSERT_EQUAL(run("qiao-adapter-inhouse", (const char *[]){ NULL }),
			2);
	ledger_fini(&l);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "a delivery is written, found and proven", a_delivery_is_written_found_and_proven },
	{ "blocks come with proof and openings", blocks_come_with_proof_and_openings },
	{ "a ledger that comes back is found again", a_ledger_that_comes_back_is_found_again },
	{ "what is configured wrongly is said", what_is_configured_wrongly_is_said },
	{ "an adapter ends with its host", an_adapter_ends_with_its_host },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite inhouse_adapter_test_suite = {
	"adapters/inhouse/adapter", cases
};
