/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/contract.h"

#include "gateway/base/clock.h"
#include "gateway/base/hex.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define AGAIN_MS  1000 /* a pending id is looked up that often at least */
#define DOUBT_MS  3000 /* then its commit is asked for by name */
#define STATUS_MS 2000
#define GLANCE_MS 100
#define MANY_MS   3000
#define LANES     8 /* submissions at once */
#define DOUBTS    3 /* receipts that did not help: is it in that block? */

static const struct function {
	const char *kind, *name;
	enum fabric_entry_kind entry;
} functions[] = {
	{ "deliver", "Deliver", FABRIC_ENTRY_DELIVERED },
	{ "state", "State", FABRIC_ENTRY_DELIVERED },
	{ "usage", "Usage", FABRIC_ENTRY_USAGE },
	{ "anchor", "Anchor", FABRIC_ENTRY_ANCHOR },
};

void fabric_contract_open(struct fabric_contract *c,
			  struct fabric_sessions *sessions,
			  struct fabric_blocks *blocks)
{
	memset(c, 0, sizeof(*c));
	c->sessions = sessions;
	c->blocks = blocks;
	pthread_mutex_init(&c->lock, NULL);
}

void fabric_contract_close(struct fabric_contract *c)
{
	pthread_mutex_destroy(&c->lock);
}

/* --- flights -------------------------------------------------------------- */
static struct fabric_flight *find(struct fabric_contract *c,
				  const struct qiao_hash *id)
{
	for (size_t i = 0; i < FABRIC_FLIGHTS_MAX; i++)
		if (qiao_hash_eq(&c->flight[i].id, id))
			return &c->flight[i];
	return NULL;
}

/* A copy; zero when nothing is remembered. */
static struct fabric_flight recall(struct fabric_contract *c,
				   const struct qiao_hash *id)
{
	struct fabric_flight copy = { .height = 0 };
	struct fabric_flight *f;

	pthread_mutex_lock(&c->lock);
	f = find(c, id);
	if (f)
		copy = *f;
	pthread_mutex_unlock(&c->lock);
	return copy;
}

static void remember(struct fabric_contract *c, const struct fabric_flight *f)
{
	struct fabric_flight *old;

	pthread_mutex_lock(&c->lock);
	old = find(c, &f->id);
	if (!old) {
		old = &c->flight[c->next];
		c->next = (c->next + 1) % FABRIC_FLIGHTS_MAX;
	}
	*old = *f;
	pthread_mutex_unlock(&c->lock);
}

/* --- submit --------------------------------------------------------------- */
static const struct function *function_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(functions[i].kind, kind) == 0)
			return &functions[i];
	return NULL;
}

/* What the contract's refusal means to the gateway. */
static qiao_err refusal(const char *code, qiao_err err)
{
	if (strcmp(code, "EXISTS") == 0)
		return QIAO_OK; /* a lookup will find it */
	if (strcmp(code, "CONFLICT") == 0)
		return QIAO_E_CONFLICT;
	if (strcmp(code, "DENIED") == 0 || strcmp(code, "SETUP") == 0)
		return QIAO_E_DENIED;
	if (strcmp(code, "NETWORK") == 0)
		return QIAO_E_NETWORK;
	return err;
}

qiao_err fabric_contract_submit(struct fabric_contract *c,
				const struct qiao_submission *s,
				struct qiao_why *why)
{
	char id[QIAO_HEX_LEN(QIAO_HASH_LEN)], digest[sizeof(id)];
	char source[sizeof(id)], code[FABRIC_CODE_LEN];
	char tx_id[FABRIC_TX_ID_LEN];
	const struct function *function = function_of(s->kind);
	struct fabric_flight f = recall(c, &s->id);
	struct qiao_slice args[5];
	qiao_err err;

	if (!function)
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "the contract takes no submission of kind %s",
				 s->kind);
	args[0] = qiao_slice_str(function->name);
	args[1] = qiao_slice_str(qiao_hex_encode(id, qiao_slice_hash(&s->id)));
	args[2] = qiao_slice_str(
		qiao_hex_encode(digest, qiao_slice_hash(&s->digest)));
	args[3] = qiao_slice_str(
		qiao_hex_encode(source, qiao_slice_hash(&s->source)));
	args[4] = s->payload;
	err = fabric_gateway_submit(
		c->sessions, tx_id, code,
		&(struct fabric_invocation){
			.chaincode = c->sessions->cfg->chaincode,
			.args = args,
			.n = 5 },
		why);
	if (err == QIAO_OK || tx_id[0]) {
		/* it may be on its way, whatever became of the answer */
		f = (struct fabric_flight){ .sent_ms = qiao_monotonic_ms() };
		memcpy(f.tx_id, tx_id, sizeof(f.tx_id));
		f.looked_ms = f.sent_ms;
		f.looked_tip = c->blocks->tip;
	} else {
		err = refusal(code, err);
	}
	f.id = s->id;
	f.kind = function->entry;
	if (err == QIAO_OK || tx_id[0])
		remember(c, &f);
	return err;
}

struct many {
	struct fabric_contract *c;
	const struct qiao_submission *s;
	struct qiao_submitted *out;
	size_t n;
	atomic_size_t next;
	_Atomic int64_t deadline;
};

static void *lane(void *arg)
{
	struct many *m = arg;
	size_t i;

	while ((i = atomic_fetch_add(&m->next, 1)) < m->n) {
		struct qiao_why why = { "no time left in this call" };
		qiao_err err = QIAO_E_BUSY;

		if (qiao_monotonic_ms() < m->deadline)
			err = fabric_contract_submit(m->c, &m->s[i], &why);
		if (err == QIAO_E_TIMEOUT || err == QIAO_E_IO)
			m->deadline = 0; /* the others would wait as long */
		m->out[i].err = err;
		if (err != QIAO_OK)
			snprintf(m->out[i].sentence, sizeof(m->out[i].sentence),
				 "%.*s", (int)sizeof(m->out[i].sentence) - 1,
				 why.text);
	}
	return NULL;
}

void fabric_contract_submit_many(struct fabric_contract *c,
				 struct qiao_submitted *out,
				 const struct qiao_submission *s, size_t n)
{
	struct many m = { .c = c, .s = s, .out = out, .n = n };
	pthread_t thread[LANES - 1];
	size_t threads = 0;

	m.deadline = qiao_monotonic_ms() + MANY_MS;
	while (threads < LANES - 1 && threads + 1 < n &&
	       pthread_create(&thread[threads], NULL, lane, &m) == 0)
		threads++;
	lane(&m);
	while (threads > 0)
		pthread_join(thread[--threads], NULL);
}

/* --- lookup --------------------------------------------------------------- */
/* An id that nothing was submitted under, or not since a crash, is asked for as
 * that of a delivery. */
static qiao_err ask_contract(struct fabric_contract *c, struct qiao_lookup *out,
			     const struct fabric_flight *f,
			     struct qiao_why *why)
{
	const struct fabric_config *cfg = c->sessions->cfg;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	const struct qiao_slice args[] = {
		qiao_slice_str("Lookup"),
		qiao_slice_str(qiao_hex_encode(hex, qiao_slice_hash(&f->id))),
	};
	struct qiao_buf answer = QIAO_BUF;
	qiao_err err = fabric_gateway_evaluate(
		c->sessions, &answer,
		&(struct fabric_invocation){
			.chaincode = cfg->chaincode, .args = args, .n = 2 },
		why);

	if (err == QIAO_OK) {
		err = fabric_entry_parse(
			out, f->kind ? f->kind : FABRIC_ENTRY_DELIVERED,
			qiao_buf_slice(&answer));
		if (err != QIAO_OK)
			qiao_fail(why, err,
				  "chaincode %s: its answer to Lookup is not "
				  "that of the reference contract",
				  cfg->chaincode);
	}
	qiao_buf_free(&answer);
	return err;
}

/* The contract has it: in which block? */
static qiao_err locate(struct fabric_contract *c, struct qiao_lookup *out,
		       struct fabric_flight *f, struct qiao_why *why)
{
	char tx_id[FABRIC_TX_ID_LEN];
	int32_t valid = -1;
	qiao_err err;

	if (f->height == 0) {
		qiao_hex_encode(tx_id, qiao_slice_of(out->tx, out->tx_len));
		err = fabric_gateway_commit(c->sessions, &valid, &f->height,
					    tx_id, STATUS_MS, why);
		if (err != QIAO_OK)
			return err;
		if (valid != 0)
			return qiao_fail(why, QIAO_E_STATE,
					 "the contract has an entry of "
					 "transaction %s, which is invalid "
					 "(code %d); do not trust this peer",
					 tx_id, (int)valid);
		remember(c, f);
	}
	out->height = f->height;
	return QIAO_OK;
}

/* The contract has it not: is our own transaction still on its way? */
static enum qiao_lookup_state on_its_way(struct fabric_contract *c,
					 struct fabric_flight *f)
{
	int64_t age = qiao_monotonic_ms() - f->sent_ms;
	struct qiao_why why = { "" };
	uint64_t height;
	int32_t valid;

	if (!f->tx_id[0] || age > (int64_t)c->sessions->cfg->commit_ms)
		return QIAO_LOOKUP_ABSENT;
	if (age > DOUBT_MS &&
	    fabric_gateway_commit(c->sessions, &valid, &height, f->tx_id,
				  GLANCE_MS, &why) == QIAO_OK &&
	    valid != 0) {
		qiao_log(QIAO_LOG_WARN, "submission-invalid",
			 "tx=%s code=%d height=%" PRIu64, f->tx_id, (int)valid,
			 height);
		f->tx_id[0] = '\0';
		remember(c, f);
		return QIAO_LOOKUP_ABSENT;
	}
	f->looked_ms = qiao_monotonic_ms();
	f->looked_tip = c->blocks->tip;
	remember(c, f);
	return QIAO_LOOKUP_PENDING;
}

static bool nothing_new(const struct fabric_contract *c,
			const struct fabric_flight *f)
{
	return f->tx_id[0] && f->height == 0 &&
	       f->looked_tip == c->blocks->tip &&
	       qiao_monotonic_ms() - f->looked_ms < AGAIN_MS;
}

qiao_err fabric_contract_lookup(struct fabric_contract *c,
				struct qiao_lookup *out,
				const struct qiao_hash *id,
				struct qiao_why *why)
{
	struct fabric_flight f = recall(c, id);
	qiao_err err;

	memset(out, 0, sizeof(*out));
	f.id = *id;
	if (nothing_new(c, &f)) {
		out->state = QIAO_LOOKUP_PENDING;
		return QIAO_OK;
	}
	err = ask_contract(c, out, &f, why);
	if (err == QIAO_OK && out->state == QIAO_LOOKUP_DONE)
		err = locate(c, out, &f, why);
	else if (err == QIAO_OK)
		out->state = on_its_way(c, &f);
	if (err != QIAO_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

/* --- receipt -------------------------------------------------------------- */
qiao_err fabric_contract_receipt(struct fabric_contract *c,
				 struct qiao_buf *proof,
				 const struct qiao_hash *id,
				 struct qiao_why *why)
{
	struct fabric_flight f = recall(c, id);
	struct qiao_lookup found = { .height = f.height };
	struct qiao_buf block = QIAO_BUF;
	qiao_err err = QIAO_OK;

	if (f.height == 0) {
		err = fabric_contract_lookup(c, &found, id, why);
		if (err == QIAO_OK && found.state != QIAO_LOOKUP_DONE)
			err = qiao_fail(why, QIAO_E_NOTFOUND,
					"the contract has no such entry yet");
		if (err != QIAO_OK)
			return err;
		f = recall(c, id);
	}
	err = fabric_blocks_get(c->blocks, &block, found.height, f.receipts,
				why);
	f.id = *id;
	if (++f.receipts % DOUBTS == 0)
		f.height = 0;
	remember(c, &f);
	if (err == QIAO_OK) {
		qiao_buf_put(proof, qiao_buf_slice(&block));
		err = proof->err;
	}
	if (err == QIAO_E_LIMIT)
		qiao_fail(why, err,
			  "block %" PRIu64 " of %zu bytes is too large for a "
			  "receipt",
			  found.height, block.n);
	qiao_buf_free(&block);
	return err;
}
