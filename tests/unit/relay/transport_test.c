/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/transport.h"

#include "gateway/base/clock.h"
#include "gateway/crypto/tlscheck.h"
#include "gateway/include/qiao/limits.h"
#include "tests/unit/store/fixture.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/supplemental/tls/tls.h>

#include <pthread.h>
#include <stdatomic.h>

#define TLS_DIR "tests/vectors/tls/"
#define WAIT_MS 5000

static const struct qiao_tls_files good = { TLS_DIR "good.pem",
					    TLS_DIR "good.key",
					    TLS_DIR "ca.pem" };
static const struct qiao_tls_files good2 = { TLS_DIR "good2.pem",
					     TLS_DIR "good2.key",
					     TLS_DIR "ca.pem" };

static const struct {
	const char *name;
	struct qiao_tls_files files;
	const char *own_words;  /* when it is ours */
	const char *peer_words; /* when it is the peer's */
} bad[] = {
	{ "expired",
	  { TLS_DIR "expired.pem", TLS_DIR "expired.key", TLS_DIR "ca.pem" },
	  "expired on 2021-01-01",
	  "peer localhost expired on 2021-01-01" },
	{ "not yet valid",
	  { TLS_DIR "future.pem", TLS_DIR "future.key", TLS_DIR "ca.pem" },
	  "not valid yet, only from 2110-01-01",
	  "not valid yet, only from 2110-01-01" },
	{ "wrong name",
	  { TLS_DIR "wrong-name.pem", TLS_DIR "wrong-name.key",
	    TLS_DIR "ca.pem" },
	  "wrong name: it is for DNS:gw.elsewhere, not localhost",
	  "wrong name: it is for DNS:gw.elsewhere, not localhost" },
	{ "wrong CA",
	  { TLS_DIR "stranger.pem", TLS_DIR "stranger.key", TLS_DIR "ca.pem" },
	  "is not signed by the CA of",
	  "signed by another CA" },
};
#define BAD (sizeof(bad) / sizeof(bad[0]))

/* A handler that answers with the request backwards, or as told. */
struct service {
	atomic_int calls, at_once, most;
	atomic_int slow_ms;
	atomic_size_t reply_size; /* 0: as long as the request */
	atomic_bool silent;
};

static void answer(void *ctx, struct qiao_buf *reply, struct qiao_slice in)
{
	struct service *s = ctx;
	int now = atomic_fetch_add(&s->at_once, 1) + 1;

	atomic_fetch_add(&s->calls, 1);
	if (now > atomic_load(&s->most))
		atomic_store(&s->most, now);
	if (s->slow_ms > 0)
		qiao_sleep_ms(s->slow_ms);
	for (size_t i = 0; i < in.n && s->reply_size == 0 && !s->silent; i++)
		qiao_buf_put_u8(reply, in.p[in.n - 1 - i]);
	for (size_t i = 0; i < s->reply_size; i++)
		qiao_buf_put_u8(reply, 'x');
	atomic_fetch_sub(&s->at_once, 1);
}

static struct qiao_listener *listen_at(struct service *s, const char *url,
				       const struct qiao_tls_files *tls,
				       struct qiao_capture *capture)
{
	struct qiao_listener_options o = { .url = url,
					   .tls = tls,
					   .handle = answer,
					   .ctx = s,
					   .capture = capture };
	struct qiao_listener *l = NULL;
	struct qiao_why why = { "" };

	if (qiao_listener_open(&l, &o, &why) != QIAO_OK)
		fprintf(stderr, "%s\n", why.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	return l;
}

static struct qiao_dialer *dial_to(const char *url,
				   const struct qiao_tls_files *tls,
				   struct qiao_capture *capture)
{
	struct qiao_dialer_options o = { .url = url,
					 .tls = tls,
					 .capture = capture };
	struct qiao_dialer *d = NULL;
	struct qiao_why why = { "" };

	if (qiao_dialer_open(&d, &o, &why) != QIAO_OK)
		fprintf(stderr, "%s\n", why.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	return d;
}

static qiao_err ask(struct qiao_dialer *d, const char *text, int ms,
		    struct qiao_why *why)
{
	struct qiao_buf reply = QIAO_BUF;
	qiao_err err =
		qiao_dialer_call(d, &reply, qiao_slice_str(text), ms, why);

	if (err == QIAO_OK) {
		CU_ASSERT_EQUAL_FATAL(reply.n, strlen(text));
		for (size_t i = 0; i < reply.n; i++)
			CU_ASSERT_EQUAL(reply.p[i],
					(uint8_t)text[reply.n - 1 - i]);
	} else {
		CU_ASSERT_EQUAL(reply.n, 0);
	}
	qiao_buf_free(&reply);
	return err;
}

static void messages_travel_with_and_without_tls(void)
{
	static const char *const urls[] = { "tcp://127.0.0.1:0",
					    "tls+tcp://localhost:0" };

	for (size_t i = 0; i < 2; i++) {
		const struct qiao_tls_files *tls = i ? &good : NULL;
		struct service s = { 0 };
		struct qiao_listener *l = listen_at(&s, urls[i], tls, NULL);
		struct qiao_dialer *d =
			dial_to(qiao_listener_url(l), i ? &good2 : NULL, NULL);

		for (int n = 0; n < 20; n++)
			CU_ASSERT_EQUAL(ask(d, "hello", WAIT_MS, NULL),
					QIAO_OK);
		CU_ASSERT_TRUE(qiao_dialer_connected(d));
		CU_ASSERT_EQUAL(atomic_load(&s.calls), 20);
		qiao_dialer_free(d);
		qiao_listener_free(l);
	}
}

static void a_bad_certificate_of_ours_is_named_before_use(void)
{
	for (size_t i = 0; i < BAD; i++) {
		struct qiao_listener_options lo = {
			.url = "tls+tcp://localhost:0", .tls = &bad[i].files
		};
		struct qiao_dialer_options d_o = {
			.url = "tls+tcp://localhost:7", .tls = &bad[i].files
		};
		struct qiao_listener *l;
		struct qiao_dialer *d;
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(qiao_listener_open(&l, &lo, &why),
				QIAO_E_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, bad[i].own_words));
		if (strcmp(bad[i].name, "wrong name") == 0)
			continue; /* nobody dials a dialer by name */
		why.text[0] = 0;
		CU_ASSERT_EQUAL(qiao_dialer_open(&d, &d_o, &why),
				QIAO_E_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, bad[i].own_words));
	}
}

static void unusable_files_are_named(void)
{
	static const struct {
		struct qiao_tls_files files;
		const char *words;
	} cases[] = {
		{ { TLS_DIR "none.pem", TLS_DIR "good.key", TLS_DIR "ca.pem" },
		  "none.pem: cannot be read" },
		{ { TLS_DIR "good.key", TLS_DIR "good.key", TLS_DIR "ca.pem" },
		  "holds no PEM certificate" },
		{ { TLS_DIR "good.pem", TLS_DIR "none.key", TLS_DIR "ca.pem" },
		  "none.key: cannot be read" },
		{ { TLS_DIR "good.pem", TLS_DIR "good.pem", TLS_DIR "ca.pem" },
		  "holds no private key" },
		{ { TLS_DIR "good.pem", TLS_DIR "good2.key", TLS_DIR "ca.pem" },
		  "does not fit certificate" },
		{ { TLS_DIR "good.pem", TLS_DIR "good.key",
		    TLS_DIR "none.pem" },
		  "holds no certificate of a CA" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(qiao_tls_check(&cases[i].files, NULL,
					       qiao_now_ms(), &why),
				QIAO_E_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, cases[i].words));
	}
	CU_ASSERT_EQUAL(qiao_tls_check(&good, "localhost", qiao_now_ms(), NULL),
			QIAO_OK);
}

static void slurp(char *out, size_t size, const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in)
		abort();
	out[fread(out, 1, size - 1, in)] = 0;
	fclose(in);
}

/* A listener that shows whatever certificate it is given. */
static nng_socket careless_listener(char *url, size_t size,
				    const struct qiao_tls_files *f)
{
	char cert[4096], key[4096], ca[4096];
	nng_tls_config *config;
	nng_listener l;
	nng_socket s;
	int port = 0;

	slurp(cert, sizeof(cert), f->cert);
	slurp(key, sizeof(key), f->key);
	slurp(ca, sizeof(ca), f->ca);
	if (nng_rep0_open(&s) ||
	    nng_listener_create(&l, s, "tls+tcp://localhost:0") ||
	    nng_tls_config_alloc(&config, NNG_TLS_MODE_SERVER) ||
	    nng_tls_config_own_cert(config, cert, key, NULL) ||
	    nng_tls_config_ca_chain(config, ca, NULL) ||
	    nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED) ||
	    nng_listener_set_ptr(l, NNG_OPT_TLS_CONFIG, config) ||
	    nng_listener_start(l, 0) ||
	    nng_listener_get_int(l, NNG_OPT_TCP_BOUND_PORT, &port))
		abort();
	nng_tls_config_free(config);
	snprintf(url, size, "tls+tcp://localhost:%d", port);
	return s;
}

static void a_bad_certificate_of_the_peer_is_said_in_words(void)
{
	for (size_t i = 0; i < BAD; i++) {
		char url[64];
		struct qiao_why why = { "" };
		nng_socket s =
			careless_listener(url, sizeof(url), &bad[i].files);
		struct qiao_dialer *d = dial_to(url, &good, NULL);

		CU_ASSERT_EQUAL(ask(d, "hello", 300, &why), QIAO_E_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, bad[i].peer_words));
		CU_ASSERT_FALSE(qiao_dialer_connected(d));
		qiao_dialer_free(d);
		nng_close(s);
	}
}

/* Trusts both CAs, so that only the peer objects to its certificate. */
static void a_peer_that_refuses_our_certificate_is_said_in_words(void)
{
	struct qiao_tls_files stranger = { TLS_DIR "stranger.pem",
					   TLS_DIR "stranger.key", NULL };
	char both[8192], path[256];
	struct service s = { 0 };
	struct qiao_listener *l =
		listen_at(&s, "tls+tcp://localhost:0", &good, NULL);
	struct qiao_why why = { "" };
	struct qiao_dialer *d;
	struct fixture f;
	FILE *out;

	fixture_dir(&f);
	snprintf(path, sizeof(path), "%s/other", f.dir);
	slurp(both, 4096, TLS_DIR "ca.pem");
	slurp(both + strlen(both), 4096, TLS_DIR "other-ca.pem");
	out = fopen(path, "w");
	if (!out)
		abort();
	fputs(both, out);
	fclose(out);
	stranger.ca = path;
	d = dial_to(qiao_listener_url(l), &stranger, NULL);
	CU_ASSERT_EQUAL(ask(d, "hello", 300, &why), QIAO_E_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text,
				      "refused our certificate " TLS_DIR
				      "stranger.pem: it is signed by a CA"));
	CU_ASSERT_EQUAL(atomic_load(&s.calls), 0);
	qiao_dialer_free(d);
	qiao_listener_free(l);
	fixture_close(&f);
}

static void a_peer_that_is_down_or_silent_is_told_apart(void)
{
	struct service s = { .silent = true };
	struct qiao_listener *l =
		listen_at(&s, "tcp://127.0.0.1:0", NULL, NULL);
	struct qiao_why why = { "" };
	struct qiao_dialer *d;
	char url[64];

	d = dial_to(qiao_listener_url(l), NULL, NULL);
	CU_ASSERT_EQUAL(ask(d, "hello", 300, &why), QIAO_E_TIMEOUT);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "does not answer"));
	qiao_dialer_free(d);
	snprintf(url, sizeof(url), "%s", qiao_listener_url(l));
	qiao_listener_free(l);
	d = dial_to(url, NULL, NULL);
	CU_ASSERT_EQUAL(ask(d, "hello", 300, &why), QIAO_E_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "Connection refused"));
	/* it comes up after all */
	s.silent = false;
	l = listen_at(&s, url, NULL, NULL);
	CU_ASSERT_EQUAL(ask(d, "hello", WAIT_MS, &why), QIAO_OK);
	qiao_dialer_free(d);
	qiao_listener_free(l);
}

static void without_tls_only_on_loopback(void)
{
	static const struct {
		const char *url;
		qiao_err want;
	} cases[] = {
		{ "tcp://gw.example:7400", QIAO_E_CONFIG },
		{ "tcp://0.0.0.0:7400", QIAO_E_CONFIG },
		{ "tcp://127.0.0.1.example:7400", QIAO_E_CONFIG },
		{ "tcp://127.0.0.1", QIAO_E_CONFIG },
		{ "tcp://127.0.0.1:", QIAO_E_CONFIG },
		{ "tcp://127.0.0.1:74x", QIAO_E_CONFIG },
		{ "ipc:///somewhere", QIAO_E_CONFIG },
		{ "tls+tcp://localhost:7400", QIAO_E_CONFIG }, /* no files */
		{ "tcp://127.0.0.1:7400", QIAO_OK },
		{ "tcp://[::1]:7400", QIAO_OK },
		{ "tcp://localhost:7400", QIAO_OK },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qiao_dialer_options o = { .url = cases[i].url };
		struct qiao_dialer *d;
		struct qiao_why why = { "" };

		CU_ASSERT_EQUAL(qiao_dialer_open(&d, &o, &why), cases[i].want);
		CU_ASSERT_EQUAL(why.text[0] != 0, cases[i].want != QIAO_OK);
		qiao_dialer_free(d);
	}
}

static void an_oversize_message_is_refused_on_both_sides(void)
{
	static uint8_t big[QIAO_PEER_MSG_MAX + 1];
	struct service s = { 0 };
	struct qiao_listener *l =
		listen_at(&s, "tcp://127.0.0.1:0", NULL, NULL);
	struct qiao_dialer *d = dial_to(qiao_listener_url(l), NULL, NULL);
	struct qiao_buf reply = QIAO_BUF;
	struct qiao_why why = { "" };
	int kept = fixture_mute();

	CU_ASSERT_EQUAL(qiao_dialer_call(d, &reply,
					 qiao_slice_of(big, sizeof(big)),
					 WAIT_MS, &why),
			QIAO_E_LIMIT);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "over the limit"));
	CU_ASSERT_EQUAL(atomic_load(&s.calls), 0);
	CU_ASSERT_EQUAL(qiao_dialer_call(d, &reply,
					 qiao_slice_of(big, sizeof(big) - 1),
					 WAIT_MS, &why),
			QIAO_OK);
	CU_ASSERT_EQUAL(reply.n, QIAO_PEER_MSG_MAX);
	qiao_buf_free(&reply);
	s.reply_size = QIAO_PEER_MSG_MAX + 1;
	CU_ASSERT_EQUAL(ask(d, "hello", 500, &why), QIAO_E_TIMEOUT);
	s.reply_size = 0;
	CU_ASSERT_EQUAL(ask(d, "hello", WAIT_MS, &why), QIAO_OK);
	fixture_unmute(kept);
	qiao_dialer_free(d);
	qiao_listener_free(l);
}

struct caller {
	pthread_t thread;
	struct qiao_dialer *d;
	qiao_err err;
};

static void *call_once(void *arg)
{
	struct caller *c = arg;

	c->err = ask(c->d, "a question", WAIT_MS, NULL);
	return NULL;
}

static void calls_run_side_by_side_up_to_the_limit(void)
{
	struct caller callers[QIAO_CALLS_MAX + 4];
	struct service s = { .slow_ms = 200 };
	struct qiao_listener *l =
		listen_at(&s, "tcp://127.0.0.1:0", NULL, NULL);
	struct qiao_dialer *d = dial_to(qiao_listener_url(l), NULL, NULL);
	int busy = 0, ok = 0;

	for (int i = 0; i < QIAO_CALLS_MAX + 4; i++) {
		callers[i] = (struct caller){ .d = d };
		pthread_create(&callers[i].thread, NULL, call_once,
			       &callers[i]);
	}
	for (int i = 0; i < QIAO_CALLS_MAX + 4; i++) {
		pthread_join(callers[i].thread, NULL);
		busy += callers[i].err == QIAO_E_BUSY;
		ok += callers[i].err == QIAO_OK;
	}
	CU_ASSERT_EQUAL(ok + busy, QIAO_CALLS_MAX + 4);
	CU_ASSERT_TRUE(ok >= QIAO_CALLS_MAX);
	CU_ASSERT_EQUAL(atomic_load(&s.most), QIAO_CONTEXTS_MIN);
	qiao_dialer_free(d);
	qiao_listener_free(l);
}

static void closing_ends_a_call_that_waits(void)
{
	struct service s = { .silent = true };
	struct qiao_listener *l =
		listen_at(&s, "tcp://127.0.0.1:0", NULL, NULL);
	struct caller c = { .d = dial_to(qiao_listener_url(l), NULL, NULL) };

	pthread_create(&c.thread, NULL, call_once, &c);
	qiao_sleep_ms(100);
	qiao_dialer_close(c.d);
	qiao_dialer_close(c.d);
	pthread_join(c.thread, NULL);
	CU_ASSERT_EQUAL(c.err, QIAO_E_CLOSED);
	CU_ASSERT_EQUAL(ask(c.d, "hello", 100, NULL), QIAO_E_CLOSED);
	qiao_dialer_free(c.d);
	qiao_dialer_free(NULL);
	qiao_listener_free(l);
	qiao_listener_free(NULL);
}

static void copy(const char *from, const char *to)
{
	char text[8192], tmp[300];
	FILE *out;

	slurp(text, sizeof(text), from);
	snprintf(tmp, sizeof(tmp), "%s.new", to);
	out = fopen(tmp, "w");
	if (!out)
		abort();
	fputs(text, out);
	fclose(out);
	rename(tmp, to);
}

static void a_changed_certificate_is_taken_into_use(void)
{
	char cert[256], key[256];
	struct fixture f;
	struct service s = { 0 };
	struct qiao_tls_files files = { cert, key, TLS_DIR "ca.pem" };
	struct qiao_listener *l;
	struct qiao_dialer *d, *late;
	struct qiao_why why = { "" };
	bool reopened;
	int kept = fixture_mute();

	fixture_dir(&f);
	snprintf(cert, sizeof(cert), "%s/cert", f.dir);
	snprintf(key, sizeof(key), "%s/key", f.dir);
	copy(good.cert, cert);
	copy(good.key, key);
	l = listen_at(&s, "tls+tcp://localhost:0", &files, NULL);
	d = dial_to(qiao_listener_url(l), &files, NULL);
	CU_ASSERT_EQUAL(ask(d, "hello", WAIT_MS, NULL), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_listener_tick(l, &reopened, &why), QIAO_OK);
	CU_ASSERT_FALSE(reopened);
	/* a bad one: the old one stays in use */
	copy(bad[0].files.cert, cert);
	CU_ASSERT_EQUAL(qiao_listener_tick(l, &reopened, &why), QIAO_E_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "expired"));
	CU_ASSERT_FALSE(reopened);
	CU_ASSERT_EQUAL(qiao_dialer_tick(d, &reopened, &why), QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(ask(d, "hello", WAIT_MS, NULL), QIAO_OK);
	/* a good one */
	copy(good2.cert, cert);
	copy(good2.key, key);
	CU_ASSERT_EQUAL(qiao_listener_tick(l, &reopened, &why), QIAO_OK);
	CU_ASSERT_TRUE(reopened);
	CU_ASSERT_EQUAL(qiao_dialer_tick(d, &reopened, &why), QIAO_OK);
	CU_ASSERT_TRUE(reopened);
	CU_ASSERT_EQUAL(ask(d, "hello", WAIT_MS, NULL), QIAO_OK);
	late = dial_to(qiao_listener_url(l), &good, NULL);
	CU_ASSERT_EQUAL(ask(late, "hello", WAIT_MS, NULL), QIAO_OK);
	fixture_unmute(kept);
	qiao_dialer_free(late);
	qiao_dialer_free(d);
	qiao_listener_free(l);
	unlink(cert);
	unlink(key);
	fixture_close(&f);
}

static void a_capture_holds_both_directions_in_clear(void)
{
	struct service s = { 0 };
	struct qiao_capture *c;
	struct qiao_listener *l;
	struct qiao_dialer *d;
	char text[512], path[256];
	struct fixture f;
	int kept = fixture_mute();

	fixture_dir(&f);
	snprintf(path, sizeof(path), "%s/other", f.dir);
	CU_ASSERT_EQUAL_FATAL(qiao_capture_open(&c, path, NULL), QIAO_OK);
	fixture_unmute(kept);
	l = listen_at(&s, "tls+tcp://localhost:0", &good, NULL);
	d = dial_to(qiao_listener_url(l), &good, c);
	CU_ASSERT_EQUAL(ask(d, "abc", WAIT_MS, NULL), QIAO_OK);
	qiao_dialer_free(d);
	qiao_listener_free(l);
	qiao_capture_close(c);
	qiao_capture_close(NULL);
	slurp(text, sizeof(text), path);
	CU_ASSERT_EQUAL(text[0], 'S');
	CU_ASSERT_EQUAL(text[12], 3);
	CU_ASSERT_EQUAL(memcmp(text + 13, "abcR", 4), 0);
	CU_ASSERT_EQUAL(memcmp(text + 29, "cba", 3), 0);
	fixture_close(&f);
}

static const struct test_case cases[] = {
	{ "messages travel with and without TLS",
	  messages_travel_with_and_without_tls },
	{ "a bad certificate of ours is named before use",
	  a_bad_certificate_of_ours_is_named_before_use },
	{ "unusable files are named", unusable_files_are_named },
	{ "a bad certificate of the peer is said in words",
	  a_bad_certificate_of_the_peer_is_said_in_words },
	{ "a peer that refuses our certificate is said in words",
	  a_peer_that_refuses_our_certificate_is_said_in_words },
	{ "a peer that is down or silent is told apart",
	  a_peer_that_is_down_or_silent_is_told_apart },
	{ "without TLS only on loopback", without_tls_only_on_loopback },
	{ "an oversize message is refused on both sides",
	  an_oversize_message_is_refused_on_both_sides },
	{ "calls run side by side up to the limit",
	  calls_run_side_by_side_up_to_the_limit },
	{ "closing ends a call that waits", closing_ends_a_call_that_waits },
	{ "a changed certificate is taken into use",
	  a_changed_certificate_is_taken_into_use },
	{ "a capture holds both directions in clear",
	  a_capture_holds_both_directions_in_clear },
	{ .name = NULL },
};

const struct test_suite transport_test_suite = { "relay/transport", cases };
