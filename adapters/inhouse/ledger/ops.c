/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/ledger/ops.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <string.h>

#define WAIT_MS_MAX     1000
#define PUT_WAIT_MS_MAX 60000
#define PUT_RECORDS_MAX 512

typedef qiao_err (*op_fn)(struct qiao_ledger_service *s,
			  struct qiao_buf *result, struct qiao_mp *args,
			  struct qiao_why *why);

static qiao_err finish(const struct qiao_mp *args, struct qiao_why *why)
{
	qiao_err err = qiao_mp_finish(args);

	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "the arguments are not those of "
				 "adapters/inhouse/README.md 3");
	return QIAO_OK;
}

static struct qiao_id16 id16_take(struct qiao_mp *args)
{
	struct qiao_id16 id;

	qiao_mp_bin_into(args, id.b, sizeof(id.b));
	return id;
}

static qiao_err head(struct qiao_ledger_service *s, struct qiao_buf *result,
		     struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	uint64_t known = qiao_mp_uint(args, QIAO_HEIGHT_MAX);
	unsigned int wait = (unsigned int)qiao_mp_uint(args, WAIT_MS_MAX);
	qiao_err err = finish(args, why);

	if (err != QIAO_OK)
		return err;
	qiao_mp_put_array(result, 1);
	qiao_mp_put_uint(result, qiao_ledger_next(l, known, wait));
	return QIAO_OK;
}

static qiao_err block(struct qiao_ledger_service *s, struct qiao_buf *result,
		      struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	uint64_t height = qiao_mp_uint(args, QIAO_HEIGHT_MAX);
	struct qiao_buf claim = QIAO_BUF, leaves = QIAO_BUF,
			openings = QIAO_BUF;
	qiao_err err = finish(args, why);

	if (err == QIAO_OK)
		err = qiao_ledger_claim(l, &claim, height);
	if (err == QIAO_OK)
		err = qiao_ledger_leaves(l, &leaves, &openings, height);
	if (err == QIAO_OK) {
		qiao_mp_put_array(result, 3);
		qiao_mp_put_bin(result, qiao_buf_slice(&claim));
		qiao_mp_put_raw(result, qiao_buf_slice(&leaves));
		qiao_mp_put_raw(result, qiao_buf_slice(&openings));
	} else if (err == QIAO_E_NOTFOUND) {
		qiao_fail(why, err, "there is no block %llu yet",
			  (unsigned long long)height);
	}
	qiao_buf_free(&claim);
	qiao_buf_free(&leaves);
	qiao_buf_free(&openings);
	return err;
}

/* One of a list: an error is its own. */
static void submit_one(struct qiao_ledger *l, struct qiao_buf *result,
		       struct qiao_ledger_submissions *list)
{
	enum qiao_lookup_state state = QIAO_LOOKUP_ABSENT;
	struct qiao_why why = { "" };
	struct qiao_ledger_entry *e;
	qiao_err err = qiao_ledger_submission_next(&e, list, &why);

	if (err == QIAO_OK)
		err = qiao_ledger_add(l, &state, e, &why);
	qiao_mp_put_array(result, 3);
	qiao_mp_put_uint(result, (uint64_t)state);
	qiao_mp_put_int(result, err);
	qiao_serve_sentence(result, why.text);
}

static qiao_err submit(struct qiao_ledger_service *s, struct qiao_buf *result,
		       struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	struct qiao_slice bytes = qiao_mp_bin(args, QIAO_ADAPTER_MSG_MAX);
	struct qiao_id16 account = id16_take(args);
	struct qiao_slice sig = qiao_mp_bin(args, QIAO_SIG_LEN);
	struct qiao_ledger_submissions list;
	qiao_err err = finish(args, why);

	if (err == QIAO_OK)
		err = qiao_ledger_submissions_open(&list, qiao_ledger_config(l),
						   &s->identity, bytes,
						   &account, sig, why);
	if (err != QIAO_OK)
		return err;
	qiao_mp_put_array(result, list.n);
	while (list.n > 0)
		submit_one(l, result, &list);
	return QIAO_OK;
}

static qiao_err lookup(struct qiao_ledger_service *s, struct qiao_buf *result,
		       struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	struct qiao_hash id = qiao_mp_hash(args);
	struct qiao_ledger_leaf_row row;
	enum qiao_lookup_state state;
	qiao_err err = finish(args, why);

	if (err == QIAO_OK)
		err = qiao_ledger_lookup(l, &state, &row, &id);
	if (err != QIAO_OK)
		return err;
	qiao_mp_put_array(result, 5);
	qiao_mp_put_uint(result, (uint64_t)state);
	if (state == QIAO_LOOKUP_DONE) {
		qiao_mp_put_hash(result, &row.digest);
		qiao_mp_put_bin(result, qiao_slice_of(row.submitter.b, 16));
		qiao_mp_put_uint(result, row.height);
		qiao_mp_put_uint(result, row.index);
	} else {
		for (int i = 0; i < 4; i++)
			qiao_mp_put_nil(result);
	}
	return QIAO_OK;
}

static qiao_err proof_put(struct qiao_ledger *l, struct qiao_buf *result,
			  uint64_t height, uint64_t index, struct qiao_why *why)
{
	struct qiao_buf proof = QIAO_BUF;
	qiao_err err = qiao_ledger_prove(l, &proof, height, index);

	if (err == QIAO_OK)
		qiao_mp_put_bin(result, qiao_buf_slice(&proof));
	else if (err == QIAO_E_NOTFOUND)
		qiao_fail(why, err, "there is no leaf %llu in block %llu",
			  (unsigned long long)index,
			  (unsigned long long)height);
	qiao_buf_free(&proof);
	return err;
}

static qiao_err receipt(struct qiao_ledger_service *s, struct qiao_buf *result,
			struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	struct qiao_hash id = qiao_mp_hash(args);
	struct qiao_ledger_leaf_row row;
	enum qiao_lookup_state state;
	qiao_err err = finish(args, why);

	if (err == QIAO_OK)
		err = qiao_ledger_lookup(l, &state, &row, &id);
	if (err != QIAO_OK)
		return err;
	if (state != QIAO_LOOKUP_DONE)
		return qiao_fail(why, QIAO_E_NOTFOUND,
				 "this id is in no block (yet)");
	return proof_put(l, result, row.height, row.index, why);
}

static qiao_err prove(struct qiao_ledger_service *s, struct qiao_buf *result,
		      struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	uint64_t height = qiao_mp_uint(args, QIAO_HEIGHT_MAX);
	uint64_t index = qiao_mp_uint(args, QIAO_LEAVES_MAX - 1);
	qiao_err err = finish(args, why);

	return err == QIAO_OK ? proof_put(l, result, height, index, why) : err;
}

/* --- put: records of issuers ---------------------------------------------- */
struct put {
	size_t n;
	struct qiao_ledger_entry *e[PUT_RECORDS_MAX];
	struct qiao_hash ids[PUT_RECORDS_MAX];
};

static qiao_err put_read(struct put *p, unsigned int *wait,
			 const struct qiao_ledger_service *s,
			 struct qiao_mp *args, struct qiao_why *why)
{
	const struct qiao_ledger_config *cfg = qiao_ledger_config(s->ledger);
	size_t n = qiao_mp_array(args, PUT_RECORDS_MAX);

	for (size_t i = 0; i < n; i++) {
		qiao_err err = qiao_ledger_record_read(&p->e[i], cfg,
						       &s->identity, args, why);

		if (err != QIAO_OK)
			return err;
		p->ids[p->n++] = p->e[i]->id;
	}
	*wait = (unsigned int)qiao_mp_uint(args, PUT_WAIT_MS_MAX);
	return finish(args, why);
}

static qiao_err put_add(struct qiao_ledger *l, struct put *p,
			struct qiao_why *why)
{
	for (size_t i = 0; i < p->n; i++) {
		struct qiao_ledger_entry *e = p->e[i];
		enum qiao_lookup_state state;
		qiao_err err;

		p->e[i] = NULL;
		err = qiao_ledger_add(l, &state, e, why);
		if (err != QIAO_OK)
			return err;
	}
	return QIAO_OK;
}

static qiao_err put_answer(struct qiao_ledger *l, struct qiao_buf *result,
			   const struct put *p)
{
	qiao_mp_put_array(result, p->n);
	for (size_t i = 0; i < p->n; i++) {
		struct qiao_ledger_leaf_row row;
		enum qiao_lookup_state state;
		qiao_err err = qiao_ledger_lookup(l, &state, &row, &p->ids[i]);

		if (err == QIAO_OK && state != QIAO_LOOKUP_DONE)
			err = QIAO_E_STATE;
		if (err != QIAO_OK)
			return err;
		qiao_mp_put_array(result, 2);
		qiao_mp_put_uint(result, row.height);
		qiao_mp_put_uint(result, row.index);
	}
	return QIAO_OK;
}

static qiao_err put(struct qiao_ledger_service *s, struct qiao_buf *result,
		    struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	struct put p = { .n = 0 };
	unsigned int wait = 0;
	qiao_err err;

	err = put_read(&p, &wait, s, args, why);
	if (err == QIAO_OK)
		err = put_add(l, &p, why);
	for (size_t i = 0; i < p.n; i++)
		qiao_ledger_entry_free(p.e[i]);
	if (err == QIAO_OK && qiao_ledger_wait(l, p.ids, p.n, wait) != QIAO_OK)
		err = qiao_fail(why, QIAO_E_TIMEOUT,
				"the records wait for a block; put them again "
				"to see whether they have one");
	return err == QIAO_OK ? put_answer(l, result, &p) : err;
}

static qiao_err account(struct qiao_ledger_service *s, struct qiao_buf *result,
			struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	struct qiao_id16 id = id16_take(args);
	const struct qiao_ledger_account *a;
	qiao_err err = finish(args, why);

	if (err != QIAO_OK)
		return err;
	a = qiao_ledger_account_find(qiao_ledger_config(l), &id);
	qiao_mp_put_array(result, 1);
	if (a)
		qiao_mp_put_cstr(result, a->name);
	else
		qiao_mp_put_nil(result);
	return QIAO_OK;
}

static qiao_err rotate(struct qiao_ledger_service *s, struct qiao_buf *result,
		       struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger *l = s->ledger;
	struct qiao_id16 gone[QIAO_VALIDATORS_MAX];
	size_t add = (size_t)qiao_mp_uint(args, QIAO_VALIDATORS_MAX);
	size_t n = qiao_mp_array(args, QIAO_VALIDATORS_MAX);
	uint64_t height = 0;
	qiao_err err;

	for (size_t i = 0; i < n; i++)
		gone[i] = id16_take(args);
	err = finish(args, why);
	if (err == QIAO_OK)
		err = qiao_ledger_rotate(l, &height, add, gone, n, why);
	qiao_mp_put_array(result, 1);
	qiao_mp_put_uint(result, height);
	return err;
}

/* --- the table ------------------------------------------------------------ */
static bool is_dropped(struct qiao_ledger_service *s, unsigned int every)
{
	unsigned int n = atomic_fetch_add(&s->asked, 1) + 1;

	return every && n % every == 0;
}

/* The test switches stand around every operation. */
static qiao_err run(void *ctx, op_fn fn, struct qiao_buf *result,
		    struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_ledger_service *s = ctx;
	const struct qiao_ledger_config *cfg = qiao_ledger_config(s->ledger);
	bool drop = is_dropped(s, cfg->test_drop);
	qiao_err err;

	if (cfg->test_delay_ms)
		qiao_sleep_ms(cfg->test_delay_ms);
	err = fn(s, result, args, why);
	return drop ? QIAO_E_CLOSED : err;
}

static qiao_err info(void *ctx, struct qiao_buf *result, struct qiao_mp *args,
		     struct qiao_why *why)
{
	struct qiao_ledger_service *s = ctx;
	const struct qiao_ledger_config *cfg = qiao_ledger_config(s->ledger);
	struct qiao_buf set = QIAO_BUF;
	qiao_err err = finish(args, why);

	if (err != QIAO_OK)
		return err;
	qiao_ledger_set_bytes(s->ledger, &set);
	qiao_mp_put_array(result, 6);
	qiao_mp_put_cstr(result, cfg->chain);
	qiao_mp_put_hash(result, &cfg->network);
	qiao_mp_put_hash(result, &s->genesis);
	qiao_mp_put_uint(result, qiao_ledger_next(s->ledger, 0, 0));
	qiao_mp_put_bin(result, qiao_buf_slice(&set));
	qiao_mp_put_uint(result, qiao_ledger_waiting(s->ledger));
	err = set.err;
	qiao_buf_free(&set);
	return err;
}

#define OP(fn)                                                              \
	static qiao_err op_##fn(void *ctx, struct qiao_buf *result,         \
				struct qiao_mp *args, struct qiao_why *why) \
	{                                                                   \
		return run(ctx, fn, result, args, why);                     \
	}
OP(head)
OP(block)
OP(submit)
OP(lookup)
OP(receipt)
OP(prove)
OP(put)
OP(account)
OP(rotate)

/* clang-format off */
const struct qiao_serve_op qiao_ledger_ops[] = {
	{ "info", 0, info },
	{ "head", 2, op_head },
	{ "block", 1, op_block },
	{ "submit", 3, op_submit },
	{ "lookup", 1, op_lookup },
	{ "receipt", 1, op_receipt },
	{ "prove", 2, op_prove },
	{ "put", 2, op_put },
	{ "account", 1, op_account },
	{ "rotate", 2, op_rotate },
	{ NULL, 0, NULL },
};
/* clang-format on */

qiao_err qiao_ledger_service_init(struct qiao_ledger_service *s,
				  struct qiao_ledger *ledger)
{
	struct qiao_buf claim = QIAO_BUF;
	struct qiao_slice header = { NULL, 0 };
	struct qiao_mp m;
	qiao_err err = qiao_ledger_claim(ledger, &claim, 0);

	memset(s, 0, sizeof(*s));
	s->ledger = ledger;
	if (err == QIAO_OK)
		err = qiao_mp_open(&m, qiao_buf_slice(&claim));
	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 3);
		header = qiao_mp_bin(&m, QIAO_QUORUM_HEADER_MAX);
		err = m.r.err;
	}
	if (err == QIAO_OK)
		qiao_sha256_tagged(&s->genesis, QIAO_INHOUSE_HEADER_TAG,
				   header);
	if (err == QIAO_OK)
		err = qiao_inhouse_identity(&s->identity, &s->genesis);
	qiao_buf_free(&claim);
	return err;
}
