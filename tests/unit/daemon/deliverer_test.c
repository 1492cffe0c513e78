/* SPDX-License-Identifier: Apache-2.0 */
/* The deliverer's thread against an adapter that says what a test wants. */
#include "gateway/daemon/threads.h"

#include "adapters/sdk/adapter.h"
#include "gateway/base/clock.h"
#include "tests/unit/daemon/deliver_world.h"

#include <stdatomic.h>

#define ROWS 200 /* more than one batch */

/* What the chain has: bit by bit, so that a thread may look. */
static struct {
	enum qiao_lookup_state state[ROWS];
	uint8_t lies; /* added to the digest in lookup and proof */
	bool proof_is_nonsense;
	atomic_uint lookups, submits;
	struct world *w;
	atomic_bool shows_a_usage; /* under the id, and no delivery */
} chain;

static unsigned int number_of(const struct qiao_hash *id)
{
	for (unsigned int i = 0; i < ROWS; i++) {
		struct qiao_hash h = hash_of(1000 + i);

		if (qiao_hash_eq(&h, id))
			return i;
	}
	return 0;
}

static qiao_err fake_open(void **self, const char *text, struct qiao_why *why)
{
	(void)text;
	(void)why;
	*self = &chain;
	return QIAO_OK;
}

static qiao_err fake_head(void *self, uint64_t *next, uint64_t known,
			  unsigned int wait_ms, struct qiao_why *why)
{
	(void)self;
	(void)wait_ms;
	(void)why;
	*next = known;
	return QIAO_OK;
}

static qiao_err fake_fetch(void *self, struct qiao_buf *out, uint64_t height,
			   struct qiao_why *why)
{
	(void)self;
	(void)out;
	(void)height;
	return qiao_adapter_fail(why, QIAO_E_NOTFOUND, "none");
}

static qiao_err fake_prove(void *self, struct qiao_buf *out,
			   struct qiao_slice reference, struct qiao_why *why)
{
	(void)self;
	(void)out;
	(void)reference;
	return qiao_adapter_fail(why, QIAO_E_UNSUPPORTED, "no");
}

static qiao_err fake_submit(void *self, const struct qiao_submission *s,
			    struct qiao_why *why)
{
	(void)self;
	(void)s;
	chain.submits++;
	return qiao_adapter_fail(why, QIAO_E_BUSY, "full");
}

static qiao_err fake_lookup(void *self, struct qiao_lookup *out,
			    const struct qiao_hash *id, struct qiao_why *why)
{
	unsigned int i = number_of(id);

	(void)self;
	(void)why;
	chain.lookups++;
	out->state = chain.state[i];
	out->digest = hash_of(2000 + i);
	out->digest.b[0] ^= chain.lies;
	return QIAO_OK;
}

static qiao_err fake_receipt(void *self, struct qiao_buf *out,
			     const struct qiao_hash *id, struct qiao_why *why)
{
	uint8_t i = (uint8_t)number_of(id);

	(void)self;
	(void)why;
	qiao_adapter_put(out, &i, 1);
	return QIAO_OK;
}

static void fake_close(void *self)
{
	(void)self;
}

static const char *const capabilities[] = { "submit.deliver", NULL };
static const struct qiao_adapter_api fake_api = {
	.size = sizeof(fake_api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
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
	.receipt = fake_receipt,
	.close = fake_close,
};

/* A proof is one byte: the row that it shows. */
static qiao_err fake_prove_it(struct qiao_lightclient *lc,
			      struct qiao_slice proof,
			      struct qiao_proven_sink sink,
			      const struct qiao_view *view,
			      struct qiao_why *why)
{
	struct qiao_statement s = world_delivery(chain.w, proof.p[0]);
	struct qiao_proven p = { .kind = QIAO_PROVEN_DELIVERED,
				 .height = 7,
				 .id = s.id,
				 .digest = s.digest,
				 .source = s.source,
				 .issuer_key =
					 qiao_slice_of(s.submitter.b, 16) };

	(void)lc;
	(void)view;
	if (chain.proof_is_nonsense)
		return qiao_fail(why, QIAO_E_PROOF, "nonsense");
	if (chain.shows_a_usage)
		p.kind = QIAO_PROVEN_USAGE;
	return sink.item(sink.ctx, &p);
}

static qiao_err no_start(void *ctx, pid_t *pid, struct qiao_why *why)
{
	(void)ctx;
	(void)why;
	*pid = 0; /* it listens already, in this process */
	return QIAO_OK;
}

static void no_end(void *ctx, pid_t pid)
{
	(void)ctx;
	(void)pid;
}

struct running {
	struct world w;
	struct qiao_adapter a;
	struct qiao_server *server;
	char url[200];
	pthread_t thread;
};

static void run(struct running *r)
{
	struct qiao_serve_config serve = { .threads = 2,
					   .ops = qiao_adapter_ops,
					   .ctx = &r->a };
	struct qiao_host_config host = { .chain = "dst",
					 .text = "",
					 .family = "quorum",
					 .call_ms = 5000,
					 .start = no_start,
					 .end = no_end };
	struct qiao_why why = { "" };

	snprintf(r->url, sizeof(r->url), "ipc://%s/a.sock", r->w.f.dir);
	serve.url = host.url = r->url;
	r->w.api.prove = fake_prove_it;
	r->w.chains[1].lc = (struct qiao_lightclient *)&r->w; /* not NULL */
	CU_ASSERT_EQUAL_FATAL(qiao_adapter_init(&r->a, &fake_api, &why),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_serve_open(&r->server, &serve, &why),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_host_new(&r->w.chains[1].host, &host),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&r->thread, NULL, qiao_deliverer,
					     &r->w.chains[1]),
			      0);
}

static void stop(struct running *r)
{
	r->w.d.stopping = true;
	qiao_bell_ring(&r->w.chains[1].bell);
	pthread_join(r->thread, NULL);
	qiao_host_close(r->w.chains[1].host);
	qiao_host_free(r->w.chains[1].host);
	qiao_serve_close(r->server);
	qiao_adapter_fini(&r->a);
	unlink(r->url + 6);
	world_close(&r->w);
}

static void begin(struct running *r)
{
	memset(r, 0, sizeof(*r));
	memset(&chain, 0, sizeof(chain));
	chain.w = &r->w;
	world_open(&r->w);
}

static bool becomes(struct running *r, unsigned int i, enum qiao_in_state state)
{
	int64_t until = qiao_monotonic_ms() + 8000;

	while (qiao_monotonic_ms() < until) {
		if (world_look(&r->w, i).row.state == (int)state)
			return true;
		qiao_sleep_ms(5);
	}
	return false;
}

static bool reaches(atomic_uint *n, unsigned int want)
{
	int64_t until = qiao_monotonic_ms() + 8000;

	while (*n < want && qiao_monotonic_ms() < until)
		qiao_sleep_ms(5);
	return *n >= want;
}

/* 128 rows that the chain says nothing of stand before the one that is done. */
static void rows_that_wait_do_not_starve_later_ones(void)
{
	struct running r;

	begin(&r);
	for (size_t i = 0; i < ROWS; i++)
		chain.state[i] = QIAO_LOOKUP_PENDING;
	chain.state[ROWS - 1] = QIAO_LOOKUP_DONE;
	world_rows(&r.w, 0, ROWS, QIAO_IN_SUBMITTING);
	run(&r);
	CU_ASSERT_TRUE(becomes(&r, ROWS - 1, QIAO_IN_COMMITTED));
	CU_ASSERT_EQUAL(world_look(&r.w, 0).row.state, QIAO_IN_SUBMITTING);
	stop(&r);
}

/* What it says of digests and proofs that prove nothing end no transfer. */
static void a_lying_adapter_ends_no_transfer_and_freezes_nothing(void)
{
	struct running r;
	struct world_look l;

	begin(&r);
	chain.state[0] = QIAO_LOOKUP_DONE;
	chain.lies = 1;
	chain.proof_is_nonsense = true;
	world_rows(&r.w, 0, 1, QIAO_IN_SUBMITTING);
	run(&r);
	CU_ASSERT_TRUE(reaches(&chain.lookups, 2));
	l = world_look(&r.w, 0);
	CU_ASSERT_EQUAL(l.row.state, QIAO_IN_SUBMITTING);
	CU_ASSERT_FALSE(l.frozen);
	CU_ASSERT_FALSE(r.w.route.frozen);
	CU_ASSERT_EQUAL(l.entries, 0);
	/* proven as we submitted it: that counts, its own digest does not */
	chain.proof_is_nonsense = false;
	CU_ASSERT_TRUE(becomes(&r, 0, QIAO_IN_COMMITTED));
	CU_ASSERT_FALSE(world_look(&r.w, 0).frozen);
	stop(&r);
}

/* Looked up first; absent: submitted again, and sooner when that failed. */
static void what_is_absent_is_submitted_again(void)
{
	struct running r;

	begin(&r);
	world_rows(&r.w, 0, 1, QIAO_IN_SUBMITTING);
	run(&r);
	CU_ASSERT_TRUE(reaches(&chain.submits, 2));
	CU_ASSERT(chain.lookups >= 2);
	/* on a frozen route nothing new is written */
	r.w.route.frozen = true;
	qiao_sleep_ms(20);
	chain.submits = 0;
	CU_ASSERT_TRUE(reaches(&chain.lookups, chain.lookups + 1));
	CU_ASSERT_EQUAL(chain.submits, 0);
	CU_ASSERT_EQUAL(world_look(&r.w, 0).row.state, QIAO_IN_SUBMITTING);
	stop(&r);
}

/* Ids are unique for each kind: what is not ours hides no lost submission. */
static void something_else_under_the_id_is_submitted_over(void)
{
	struct running r;

	begin(&r);
	chain.state[0] = QIAO_LOOKUP_DONE;
	chain.shows_a_usage = true;
	world_rows(&r.w, 0, 1, QIAO_IN_SUBMITTING);
	run(&r);
	CU_ASSERT_TRUE(reaches(&chain.submits, 1));
	CU_ASSERT_EQUAL(world_look(&r.w, 0).row.state, QIAO_IN_SUBMITTING);
	chain.shows_a_usage = false;
	CU_ASSERT_TRUE(becomes(&r, 0, QIAO_IN_COMMITTED));
	stop(&r);
}

/* clang-format off */
static const struct test_case cases[] = {
	{ "rows that wait do not starve later ones", rows_that_wait_do_not_starve_later_ones },
	{ "a lying adapter ends no transfer and freezes nothing", a_lying_adapter_ends_no_transfer_and_freezes_nothing },
	{ "what is absent is submitted again", what_is_absent_is_submitted_again },
	{ "something else under the id is submitted over", something_else_under_the_id_is_submitted_over },
	{ NULL, NULL },
};
/* clang-format on */

const struct test_suite deliverer_test_suite = { "daemon/deliverer", cases };
