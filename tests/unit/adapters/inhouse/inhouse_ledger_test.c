/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger as a process: its rules, and what a SIGKILL leaves of it. */
#include "gateway/base/mem.h"
#include "gateway/conf/conf.h"
#include "gateway/verify/lightclient.h"
#include "tests/unit/adapters/inhouse/process.h"

/* --- what a gateway would believe ----------------------------------------- */
struct pair {
	struct qiao_buf key, value;
};
struct follower {
	struct pair pairs[600];
	size_t n;
	struct qiao_view view;
	struct qiao_lightclient *lc;
	size_t records, delivered, usage, other, doubted;
	struct qiao_proven last;
	struct qiao_buf claims[600]; /* by height */
};

static qiao_err view_get(void *ctx, struct qiao_buf *out, struct qiao_slice key)
{
	struct follower *f = ctx;

	for (size_t i = 0; i < f->n; i++)
		if (qiao_slice_eq(qiao_buf_slice(&f->pairs[i].key), key)) {
			qiao_buf_put(out, qiao_buf_slice(&f->pairs[i].value));
			return out->err;
		}
	return QIAO_E_NOTFOUND;
}

static qiao_err view_put(void *ctx, struct qiao_slice key,
			 struct qiao_slice value)
{
	struct follower *f = ctx;
	size_t i = 0;

	while (i < f->n &&
	       !qiao_slice_eq(qiao_buf_slice(&f->pairs[i].key), key))
		i++;
	CU_ASSERT_FATAL(i < COUNT(f->pairs));
	if (i == f->n) {
		qiao_buf_put(&f->pairs[i].key, key);
		f->n++;
	}
	qiao_buf_clear(&f->pairs[i].value);
	qiao_buf_put(&f->pairs[i].value, value);
	return QIAO_OK;
}

static struct follower *follower_new(const struct ledger *l)
{
	struct follower *f = calloc(1, sizeof(*f));
	struct qiao_diags d = { .errors = 0 };
	struct qiao_lc_config cfg = { 0 };
	struct qiao_conf *conf = NULL;
	struct qiao_why why = { "" };

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	f->view = (struct qiao_view){ f, view_get, view_put, NULL };
	CU_ASSERT_EQUAL_FATAL(qiao_conf_load(&conf, &d, l->anchor), QIAO_OK);
	cfg.anchor = qiao_conf_root(conf);
	CU_ASSERT_EQUAL_FATAL(
		qiao_lc_quorum.open(&f->lc, &cfg, &l->network, &f->view, &why),
		QIAO_OK);
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	return f;
}

static void follower_free(struct follower *f)
{
	qiao_lc_quorum.free(f->lc);
	for (size_t i = 0; i < COUNT(f->pairs); i++) {
		qiao_buf_free(&f->pairs[i].key);
		qiao_buf_free(&f->pairs[i].value);
		qiao_buf_free(&f->claims[i]);
	}
	free(f);
}

static qiao_err follower_see(void *ctx, const struct qiao_proven *item)
{
	struct follower *f = ctx;

	f->last = *item;
	f->records += item->kind == QIAO_PROVEN_RECORD;
	f->delivered += item->kind == QIAO_PROVEN_DELIVERED;
	f->usage += item->kind == QIAO_PROVEN_USAGE;
	f->other += item->kind == QIAO_PROVEN_OTHER;
	f->doubted += item->doubted;
	return QIAO_OK;
}

static uint64_t blocks(struct ledger *l)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	uint64_t next = 0;
	struct qiao_mp m;

	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, 0);
	qiao_mp_put_uint(&args, 0);
	CU_ASSERT_EQUAL(call(l, &result, "head", &args), QIAO_OK);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	qiao_mp_array_of(&m, 1);
	next = qiao_mp_uint(&m, UINT64_MAX);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	qiao_buf_free(&result);
	return next;
}

/* [claim, leaves, openings] of a block. */
static void block_get(struct ledger *l, struct qiao_buf *claim,
		      struct qiao_buf *proof, uint64_t height)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_mp m;

	qiao_mp_put_array(&args, 1);
	qiao_mp_put_uint(&args, height);
	CU_ASSERT_EQUAL_FATAL(call(l, &result, "block", &args), QIAO_OK);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	qiao_mp_array_of(&m, 3);
	qiao_buf_clear(claim);
	qiao_buf_put(claim, qiao_mp_bin(&m, SIZE_MAX));
	qiao_mp_put_array(proof, 3);
	qiao_mp_put_uint(proof, 1);
	qiao_mp_put_uint(proof, height);
	qiao_mp_put_raw(proof, qiao_mp_raw(&m));
	qiao_mp_raw(&m);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	qiao_buf_free(&result);
}

/* Verify whatever is new. */
static void follow(struct follower *f, struct ledger *l)
{
	uint64_t height = qiao_lc_quorum.head(f->lc).height + 1;
	uint64_t next = blocks(l);
	struct qiao_proven_sink sink = { f, follower_see };

	for (; height < next; height++) {
		struct qiao_buf proof = QIAO_BUF;
		struct qiao_why why = { "" };
		struct qiao_slice claim;
		size_t bad;

		CU_ASSERT_FATAL(height < COUNT(f->claims));
		block_get(l, &f->claims[height], &proof, height);
		claim = qiao_buf_slice(&f->claims[height]);
		CU_ASSERT_EQUAL(qiao_lc_quorum.advance(f->lc, &bad, &claim, 1,
						       &f->view, &why),
				QIAO_OK);
		CU_ASSERT_EQUAL(qiao_lc_quorum.prove(f->lc,
						     qiao_buf_slice(&proof),
						     sink, &f->view, &why),
				QIAO_OK);
		qiao_buf_free(&proof);
	}
}

/* The receipt of an id, judged by the light client. */
static void receipt_check(struct follower *f, struct ledger *l,
			  const struct qiao_inhouse_submission *s)
{
	struct qiao_id16 id = qiao_pubkey_id(qiao_key_public(l->account));
	struct qiao_proven_sink sink = { f, follower_see };
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_why why;
	struct qiao_mp m;

	qiao_mp_put_array(&args, 1);
	qiao_mp_put_hash(&args, &s->id);
	CU_ASSERT_EQUAL(call(l, &result, "receipt", &args), QIAO_OK);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	CU_ASSERT_EQUAL(qiao_lc_quorum.prove(f->lc, qiao_mp_bin(&m, SIZE_MAX),
					     sink, &f->view, &why),
			QIAO_OK);
	CU_ASSERT_EQUAL(f->last.kind, QIAO_PROVEN_DELIVERED);
	CU_ASSERT_TRUE(qiao_hash_eq(&f->last.id, &s->id));
	CU_ASSERT_TRUE(qiao_hash_eq(&f->last.digest, &s->digest));
	CU_ASSERT_TRUE(qiao_hash_eq(&f->last.source, &s->source));
	CU_ASSERT_TRUE(qiao_slice_eq(f->last.issuer_key,
				     qiao_slice_of(id.b, sizeof(id.b))));
	CU_ASSERT_TRUE(qiao_slice_eq(f->last.value, s->payload));
	qiao_buf_free(&result);
}

/* --- rules of delivery ---------------------------------------------------- */
static void an_id_is_written_once(void)
{
	struct qiao_inhouse_submission s, other;
	char payload[32], text[32];
	struct follower *f;
	struct ledger l;
	uint64_t state;

	ledger_init(&l, "4");
	ledger_start(&l, NULL, NULL);
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	CU_ASSERT_EQUAL(state, 1);
	CU_ASSERT_TRUE(wait_done(&l, &s.id));
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	CU_ASSERT_EQUAL(state, 3); /* done already */
	delivery(&other, text, 2);
	other.id = s.id;
	CU_ASSERT_EQUAL(submit(&l, &state, &other, l.account), QIAO_E_CONFLICT);
	f = follower_new(&l);
	follow(f, &l);
	CU_ASSERT_EQUAL(f->delivered, 1);
	receipt_check(f, &l, &s);
	follower_free(f);
	CU_ASSERT_EQUAL(ledger_stop(&l), 0);
	ledger_fini(&l);
}

/* Another account knows a transfer id and writes something else under it. */
static void a_usage_record_hides_no_delivery(void)
{
	struct qiao_inhouse_submission s, usage;
	struct follower *f;
	char text[32], other[32];
	struct ledger l;
	uint64_t state = 0;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	delivery(&s, text, 1);
	delivery(&usage, other, 2);
	usage.id = s.id;
	usage.kind = "usage";
	CU_ASSERT_EQUAL(submit(&l, &state, &usage, l.account), QIAO_OK);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	for (int i = 0; i < 500 && state != 3; i++) {
		qiao_sleep_ms(10);
		CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	}
	usage.kind = "anchor"; /* and after it */
	CU_ASSERT_EQUAL(submit(&l, &state, &usage, l.account), QIAO_OK);
	f = follower_new(&l);
	follow(f, &l);
	CU_ASSERT_EQUAL(f->delivered, 1);
	receipt_check(f, &l, &s);
	follower_free(f);
	CU_ASSERT_EQUAL(ledger_stop(&l), 0);
	ledger_fini(&l);
}

static void what_is_not_in_order_is_refused(void)
{
	struct qiao_inhouse_submission s;
	struct qiao_key *stranger;
	char payload[32];
	struct ledger l;
	uint64_t state;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&stranger, QIAO_SCHEME_SECP256K1),
			      QIAO_OK);
#define TRY(change, key, want)                                      \
	do {                                                        \
		delivery(&s, payload, 5);                           \
		change;                                             \
		CU_ASSERT_EQUAL(submit(&l, &state, &s, key), want); \
		CU_ASSERT_NOT_EQUAL(l.why.text[0], '\0');           \
	} while (0)
	TRY(, stranger, QIAO_E_DENIED);
	TRY(, l.issuer, QIAO_E_DENIED); /* may put records, not deliver */
	TRY(l.identity.b[0] ^= 1, l.account, QIAO_E_CHANNEL);
	l.identity.b[0] ^= 1;
	TRY(s.kind = "grant", l.account, QIAO_E_UNSUPPORTED);
	TRY(s.digest.b[0] ^= 1, l.account, QIAO_E_HASH);
	TRY(s.payload.n--, l.account, QIAO_E_HASH);
	TRY((s.kind = "usage", s.payload.n--), l.account, QIAO_E_HASH);
	TRY((s.kind = "anchor", s.payload.n--), l.account, QIAO_E_HASH);
	TRY(memset(&s.id, 0, 32), l.account, QIAO_E_MALFORMED);
	TRY(memset(&s.source, 0, 32), l.account, QIAO_E_MALFORMED);
#undef TRY
	CU_ASSERT_EQUAL(lookup(&l, &state, NULL, &(struct qiao_hash){ { 5 } }),
			QIAO_OK);
	CU_ASSERT_EQUAL(state, 0);
	CU_ASSERT_EQUAL(blocks(&l), 1);
	qiao_key_free(stranger);
	ledger_stop(&l);
	ledger_fini(&l);
}

/* A good submission under the name of an account whose key did not sign. */
static void a_signature_of_another_key_is_refused(void)
{
	struct qiao_inhouse_submission s;
	struct qiao_buf bytes = QIAO_BUF, args = QIAO_BUF;
	struct qiao_id16 id;
	struct qiao_sig sig;
	char payload[32];
	struct ledger l;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	id = qiao_pubkey_id(qiao_key_public(l.account));
	delivery(&s, payload, 6);
	qiao_inhouse_submission_begin(&bytes, &l.identity, 1);
	qiao_inhouse_submission_put(&bytes, &s);
	CU_ASSERT_EQUAL(qiao_key_sign(l.issuer, &sig, QIAO_INHOUSE_SUBMIT_TAG,
				      qiao_buf_slice(&bytes)),
			QIAO_OK);
	qiao_mp_put_array(&args, 3);
	qiao_mp_put_bin(&args, qiao_buf_slice(&bytes));
	qiao_mp_put_bin(&args, qiao_slice_of(id.b, sizeof(id.b)));
	qiao_mp_put_bin(&args, qiao_slice_of(sig.b, sizeof(sig.b)));
	CU_ASSERT_EQUAL(call(&l, NULL, "submit", &args), QIAO_E_BADSIG);
	qiao_buf_free(&bytes);
	ledger_stop(&l);
	ledger_fini(&l);
}

/* --- records -------------------------------------------------------------- */
static qiao_err put_one(struct ledger *l, const struct qiao_key *key,
			const char *org, const char *id)
{
	struct qiao_buf args = QIAO_BUF;

	qiao_mp_put_array(&args, 2);
	qiao_mp_put_array(&args, 1);
	record_put(&args, l, key, org, id);
	qiao_mp_put_uint(&args, 3000);
	return call(l, NULL, "put", &args);
}

static void records_of_registered_issuers_are_taken(void)
{
	struct qiao_buf args = QIAO_BUF, again = QIAO_BUF, result = QIAO_BUF;
	struct follower *f;
	struct ledger l;
	struct qiao_hash first;

	ledger_init(&l, "7");
	ledger_start(&l, NULL, NULL);
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_array(&args, 3);
	for (int i = 0; i < 3; i++)
		record_put(&args, &l, l.issuer, ORG,
			   (const char *[]){ "A", "B", "C" }[i]);
	qiao_mp_put_uint(&args, 3000);
	qiao_buf_put(&again, qiao_buf_slice(&args));
	CU_ASSERT_EQUAL(call(&l, &result, "put", &args), QIAO_OK);
	qiao_sha256(&first, qiao_buf_slice(&result));
	/* the same again: the same places, nothing twice */
	CU_ASSERT_EQUAL(call(&l, &result, "put", &again), QIAO_OK);
	qiao_sha256(&l.network, qiao_buf_slice(&result));
	CU_ASSERT_TRUE(qiao_hash_eq(&first, &l.network));
	l.network = (struct qiao_hash){ { 7, 7, 7 } };
	f = follower_new(&l);
	follow(f, &l);
	CU_ASSERT_EQUAL(f->records, 3);
	CU_ASSERT_EQUAL(f->doubted + f->other, 0);
	follower_free(f);
	CU_ASSERT_EQUAL(put_one(&l, l.account, ORG, "D"), QIAO_E_DENIED);
	CU_ASSERT_EQUAL(put_one(&l, l.issuer, "quanzhou.market", "D"),
			QIAO_E_DENIED);
	l.network.b[0] ^= 1;
	CU_ASSERT_EQUAL(put_one(&l, l.issuer, ORG, "D"), QIAO_E_NETWORK);
	l.network.b[0] ^= 1;
	l.identity.b[0] ^= 1; /* signed for another ledger of the network */
	CU_ASSERT_EQUAL(put_one(&l, l.issuer, ORG, "D"), QIAO_E_BADSIG);
	qiao_buf_free(&result);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void openings_of_another_record_are_refused(void)
{
	struct qiao_buf one = QIAO_BUF, args = QIAO_BUF;
	struct ledger l;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_array(&args, 1);
	record_put(&one, &l, l.issuer, ORG, "A");
	one.p[one.n - 1] ^= 1; /* in the last value */
	qiao_buf_put(&args, qiao_buf_slice(&one));
	qiao_mp_put_uint(&args, 0);
	CU_ASSERT_EQUAL(call(&l, NULL, "put", &args), QIAO_E_HASH);
	qiao_buf_free(&one);
	ledger_stop(&l);
	ledger_fini(&l);
}

/* --- durability ----------------------------------------------------------- */
static void a_killed_ledger_lost_nothing(void)
{
	struct qiao_inhouse_submission s;
	struct qiao_hash digest;
	char payload[32];
	struct follower *f;
	struct ledger l;
	uint64_t state, before;

	ledger_init(&l, "4");
	ledger_start(&l, NULL, NULL);
	f = follower_new(&l);
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	CU_ASSERT_TRUE(wait_done(&l, &s.id));
	before = blocks(&l);
	follow(f, &l);
	ledger_kill(&l);
	ledger_start(&l, NULL, NULL);
	CU_ASSERT_EQUAL(lookup(&l, &state, &digest, &s.id), QIAO_OK);
	CU_ASSERT_EQUAL(state, 3);
	CU_ASSERT_TRUE(qiao_hash_eq(&digest, &s.digest));
	CU_ASSERT_EQUAL(blocks(&l), before);
	receipt_check(f, &l, &s);
	/* the chain goes on where it was */
	delivery(&s, payload, 2);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	CU_ASSERT_TRUE(wait_done(&l, &s.id));
	follow(f, &l);
	CU_ASSERT_EQUAL(f->delivered, 3); /* and the receipt seen before */
	follower_free(f);
	ledger_stop(&l);
	ledger_fini(&l);
}

/* Submit, kill at a moment of chance, ask again: the gateway's own way. */
static void kills_at_random_lose_and_double_nothing(void)
{
	enum {
		ROUNDS = 12,
		PER_ROUND = 20
	};
	struct qiao_inhouse_submission s;
	static bool done[ROUNDS * PER_ROUND];
	char payload[32];
	struct follower *f;
	struct ledger l;
	uint64_t state;
	unsigned int seed = 3;

	memset(done, 0, sizeof(done));
	ledger_init(&l, "1");
	for (unsigned int r = 0; r < ROUNDS; r++) {
		ledger_start(&l, NULL, NULL);
		for (unsigned int i = 0; i < (r + 1) * PER_ROUND; i++) {
			delivery(&s, payload, i);
			CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account),
					QIAO_OK);
			CU_ASSERT(state == 1 || state == 3);
			/* once done it is never anything else */
			CU_ASSERT(!done[i] || state == 3);
			done[i] = done[i] || state == 3;
		}
		seed = seed * 1103515245 + 12345;
		qiao_sleep_ms(seed >> 16 & 15);
		ledger_kill(&l);
	}
	ledger_start(&l, NULL, NULL);
	for (unsigned int i = 0; i < ROUNDS * PER_ROUND; i++) {
		delivery(&s, payload, i);
		CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
		CU_ASSERT(!done[i] || state == 3);
	}
	for (unsigned int i = 0; i < ROUNDS * PER_ROUND; i++) {
		struct qiao_hash id = id_of(i);

		CU_ASSERT_TRUE(wait_done(&l, &id));
	}
	f = follower_new(&l);
	follow(f, &l);
	CU_ASSERT_EQUAL(f->delivered, ROUNDS * PER_ROUND);
	follower_free(f);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void a_folder_has_one_chain_and_one_process(void)
{
	struct ledger l;

	ledger_init(&l, "2");
	CU_ASSERT_EQUAL(
		run("qiao-ledger", (const char *[]){ "init", l.dir, "--chain",
						     "other", NULL }),
		1);
	ledger_start(&l, NULL, NULL);
	CU_ASSERT_EQUAL(blocks(&l), 1);
	CU_ASSERT_EQUAL(run("qiao-ledger",
			    (const char *[]){ "run", l.dir, "--listen",
					      "tcp://127.0.0.1:1", NULL }),
			1);
	CU_ASSERT_EQUAL(run("qiao-ledger",
			    (const char *[]){ "run", l.dir, "--listen",
					      "tcp://0.0.0.0:17777", NULL }),
			2);
	CU_ASSERT_EQUAL(ledger_stop(&l), 0);
	ledger_fini(&l);
}

/* --- validators ----------------------------------------------------------- */
static struct qiao_id16 first_validator(struct ledger *l, size_t *n)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_pubkey key = { 0 };
	struct qiao_slice set;
	struct qiao_mp m, s;

	qiao_mp_put_array(&args, 0);
	CU_ASSERT_EQUAL(call(l, &result, "info", &args), QIAO_OK);
	qiao_mp_open(&m, qiao_buf_slice(&result));
	qiao_mp_array_of(&m, 6);
	for (int i = 0; i < 4; i++)
		qiao_mp_raw(&m);
	set = qiao_mp_bin(&m, SIZE_MAX);
	CU_ASSERT_EQUAL(qiao_mp_open(&s, set), QIAO_OK);
	qiao_mp_array_of(&s, 3);
	qiao_mp_raw(&s);
	qiao_mp_raw(&s);
	*n = qiao_mp_array(&s, 256);
	qiao_mp_array_of(&s, 3);
	qiao_mp_uint(&s, 9);
	qiao_pubkey_parse(&key, 1, qiao_mp_bin(&s, 33));
	qiao_buf_free(&result);
	return qiao_pubkey_id(&key);
}

static qiao_err rotate(struct ledger *l, uint64_t add,
		       const struct qiao_id16 *gone, size_t n)
{
	struct qiao_buf args = QIAO_BUF;

	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, add);
	qiao_mp_put_array(&args, n);
	for (size_t i = 0; i < n; i++)
		qiao_mp_put_bin(&args, qiao_slice_of(gone[i].b, 16));
	return call(l, NULL, "rotate", &args);
}

static void a_change_of_validators_is_followed(void)
{
	struct qiao_inhouse_submission s;
	struct qiao_id16 gone;
	char payload[32];
	struct follower *f;
	struct ledger l;
	uint64_t state;
	size_t n;

	ledger_init(&l, "4");
	ledger_start(&l, NULL, NULL);
	f = follower_new(&l);
	gone = first_validator(&l, &n);
	CU_ASSERT_EQUAL(n, 4);
	CU_ASSERT_EQUAL(rotate(&l, 2, &gone, 1), QIAO_OK);
	CU_ASSERT_EQUAL(rotate(&l, 0, &gone, 1), QIAO_E_NOTFOUND);
	first_validator(&l, &n);
	CU_ASSERT_EQUAL(n, 5);
	/* the new set signs, also after a restart */
	ledger_kill(&l);
	ledger_start(&l, NULL, NULL);
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	CU_ASSERT_TRUE(wait_done(&l, &s.id));
	follow(f, &l);
	CU_ASSERT_EQUAL(f->delivered, 1);
	CU_ASSERT_EQUAL(qiao_lc_quorum.trust_height(f->lc), 1);
	follower_free(f);
	ledger_stop(&l);
	ledger_fini(&l);
}

/* --- test switches -------------------------------------------------------- */
static void an_equivocating_ledger_gives_evidence(void)
{
	struct qiao_buf a = QIAO_BUF, b = QIAO_BUF, proof = QIAO_BUF;
	struct qiao_buf evidence = QIAO_BUF;
	struct qiao_inhouse_submission s;
	struct qiao_why why;
	char payload[32];
	struct follower *f;
	struct ledger l;
	struct qiao_slice one, other;
	uint64_t state;
	size_t n = 1;

	ledger_init(&l, "4");
	ledger_start(&l, "--test-equivocate", "1");
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	CU_ASSERT_TRUE(wait_done(&l, &s.id));
	block_get(&l, &a, &proof, 1);
	block_get(&l, &b, &proof, 1);
	CU_ASSERT_FALSE(qiao_slice_eq(qiao_buf_slice(&a), qiao_buf_slice(&b)));
	f = follower_new(&l);
	one = qiao_buf_slice(&a);
	other = qiao_buf_slice(&b);
	CU_ASSERT_EQUAL(qiao_lc_quorum.conflict(f->lc, &evidence, &one, &n,
						&other, &n, &f->view, &why),
			QIAO_OK);
	CU_ASSERT(evidence.n > 0);
	follow(f, &l);
	CU_ASSERT_EQUAL(f->delivered, 1);
	follower_free(f);
	qiao_buf_free(&a);
	qiao_buf_free(&b);
	qiao_buf_free(&proof);
	qiao_buf_free(&evidence);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void a_dropped_answer_is_a_timeout_and_the_work_is_done(void)
{
	struct qiao_buf args = QIAO_BUF;
	struct ledger l;

	ledger_init(&l, "1");
	ledger_start(&l, "--test-drop", "1");
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, 0);
	qiao_mp_put_uint(&args, 0);
	CU_ASSERT_EQUAL(call_ms(&l, NULL, "head", &args, 500), QIAO_E_TIMEOUT);
	CU_ASSERT_PTR_NOT_NULL(strstr(l.why.text, "does not answer"));
	ledger_stop(&l);
	ledger_fini(&l);
}

static void a_waiting_head_is_woken_by_a_block(void)
{
	struct qiao_inhouse_submission s;
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	int64_t start;
	char payload[32];
	struct ledger l;
	uint64_t state;

	ledger_init(&l, "1");
	ledger_start(&l, NULL, NULL);
	CU_ASSERT_EQUAL(blocks(&l), 1);
	start = qiao_monotonic_ms();
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, 1);
	qiao_mp_put_uint(&args, 200);
	CU_ASSERT_EQUAL(call(&l, &result, "head", &args), QIAO_OK);
	CU_ASSERT(qiao_monotonic_ms() - start >= 190);
	delivery(&s, payload, 1);
	CU_ASSERT_EQUAL(submit(&l, &state, &s, l.account), QIAO_OK);
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, 1);
	qiao_mp_put_uint(&args, 1000);
	CU_ASSERT_EQUAL(call(&l, &result, "head", &args), QIAO_OK);
	CU_ASSERT_EQUAL(result.p[1], 2);
	qiao_buf_free(&result);
	ledger_stop(&l);
	ledger_fini(&l);
}

static void a_wrong_configuration_is_refused_in_words(void)
{
	struct ledger l;

	ledger_init(&l, "1");
	CU_ASSERT_EQUAL(run("qiao-ledger", (const char *[]){ NULL }), 2);
	CU_ASSERT_EQUAL(run("qiao-ledger", (const char *[]){ "--help", NULL }),
			0);
	CU_ASSERT_EQUAL(run("qiao-ledger", (const char *[]){ "frob", NULL }),
			2);
	CU_ASSERT_EQUAL(
		run("qiao-ledger", (const char *[]){ "init", l.top, NULL }), 2);
	CU_ASSERT_EQUAL(run("qiao-ledger",
			    (const char *[]){ "init", l.top, "--chain", "x",
					      "--network", "12", NULL }),
			1);
	CU_ASSERT_EQUAL(
		run("qiao-ledger",
		    (const char *[]){ "init", l.top, "--chain", "x",
				      "--account", "gw=secp256k1:00", NULL }),
		1);
	CU_ASSERT_EQUAL(run("qiao-ledger",
			    (const char *[]){ "init", l.top, "--chain", "x",
					      "--validators", "0", NULL }),
			1);
	ledger_fini(&l);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "an id is written once", an_id_is_written_once },
	{ "a usage record hides no delivery", a_usage_record_hides_no_delivery },
	{ "what is not in order is refused", what_is_not_in_order_is_refused },
	{ "a signature of another key is refused", a_signature_of_another_key_is_refused },
	{ "records of registered issuers are taken", records_of_registered_issuers_are_taken },
	{ "openings of another record are refused", openings_of_another_record_are_refused },
	{ "a killed ledger lost nothing", a_killed_ledger_lost_nothing },
	{ "kills at random lose and double nothing", kills_at_random_lose_and_double_nothing },
	{ "a folder has one chain and one process", a_folder_has_one_chain_and_one_process },
	{ "a change of validators is followed", a_change_of_validators_is_followed },
	{ "an equivocating ledger gives evidence", an_equivocating_ledger_gives_evidence },
	{ "a dropped answer is a timeout", a_dropped_answer_is_a_timeout_and_the_work_is_done },
	{ "a waiting head is woken by a block", a_waiting_head_is_woken_by_a_block },
	{ "a wrong configuration is refused in words", a_wrong_configuration_is_refused_in_words },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite inhouse_ledger_test_suite = { "adapters/inhouse/ledger",
						      cases };
