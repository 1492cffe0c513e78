/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-store-bound FOLDER [RECORDS]: the rows of a delivery, written with no
 * gateway around them: three durable writes at the source, two at the
 * destination, audit entries in the same transactions, both stores at once, in
 * batches as the daemon makes them. One line: records a second of the slower
 * side. Sizes are those that the two daemons write for a record of two fields.
 */
#include "gateway/audit/log.h"
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/store/in.h"
#include "gateway/store/out.h"
#include "gateway/store/proof.h"
#include "gateway/store/record.h"
#include "relay/transfer_state.h"
#include "tests/bench/measure.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define BATCH    100
#define DECISION 900 /* bytes of a decision's members */
#define SMALL    100 /* of the other entries' */

static uint8_t filler[1024];
static struct qiao_slice bytes(size_t n)
{
	return qiao_slice_of(filler, n);
}

struct side {
	struct qiao_store *store;
	struct qiao_audit_log log;
	qiao_err (*step)(struct side *s, struct qiao_txn *txn, size_t i);
	size_t first; /* of the batch */
	size_t n, steps, at;
	qiao_err err;
};

static struct qiao_hash id_of(size_t i)
{
	struct qiao_hash h = { { 0 } };

	/* spread as digests are */
	for (size_t k = 0; k < sizeof(h.b); k++)
		h.b[k] = (uint8_t)((i + 1) * 2654435761u >> (k % 4 * 8));
	memcpy(h.b + 8, &i, sizeof(i));
	return h;
}

static qiao_err audit(struct side *s, struct qiao_txn *txn, size_t i,
		      const char *type, size_t n)
{
	struct qiao_hash id = id_of(i);
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, type, qiao_now_ms());
	qiao_audit_hash(&e, "transfer", &id);
	qiao_audit_hex(&e, "body", bytes(n / 2));
	return qiao_audit_append(&s->log, txn, &e, &id, NULL);
}

static qiao_err record(struct qiao_txn *txn, size_t i,
		       enum qiao_record_side side, int64_t *number)
{
	struct qiao_record_row r = { .side = side,
				     .chain = 1,
				     .type = "licence.test",
				     .version = 1,
				     .digest = id_of(i),
				     .state = "valid",
				     .height = i / BATCH };
	qiao_err err;

	snprintf(r.id, sizeof(r.id), "B-%zu", i);
	err = qiao_store_record_put(txn, &r);
	*number = r.record;
	return err;
}

static qiao_err queue(struct side *s, struct qiao_txn *txn, size_t i)
{
	struct qiao_out_row r = { .id = id_of(i),
				  .state = QIAO_OUT_QUEUED,
				  .route = "city-province",
				  .peer = "province-gw",
				  .chain = 1,
				  .digest = id_of(i),
				  .decision =
					  "d-00112233445566778899aabbccddeeff",
				  .has_entry = true,
				  .id_array = bytes(136),
				  .payload = bytes(237),
				  .proof = bytes(468) };
	qiao_err err = record(txn, i, QIAO_RECORD_SOURCE, &r.record);

	if (err == QIAO_OK)
		err = audit(s, txn, i, "decision", DECISION);
	if (err == QIAO_OK)
		err = audit(s, txn, i, "queued", SMALL);
	return err == QIAO_OK ? qiao_store_out_put(txn, &r) : err;
}

static qiao_err move_out(struct qiao_txn *txn, size_t i, int from, int to,
			 struct qiao_slice receipt)
{
	struct qiao_hash id = id_of(i);
	struct qiao_out_row r;
	qiao_err err = qiao_store_out_get(txn, &r, &id);

	if (err != QIAO_OK)
		return err;
	r.state = to;
	r.changed_at = qiao_now_ms();
	r.receipt = receipt;
	err = qiao_store_out_update(txn, &r, from);
	qiao_out_row_free(&r);
	return err;
}

static qiao_err source_step(struct side *s, struct qiao_txn *txn, size_t i)
{
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err;

	switch (s->at) {
	case 0:
		return queue(s, txn, i);
	case 1:
		return move_out(txn, i, QIAO_OUT_QUEUED, QIAO_OUT_AT_PEER,
				none);
	default:
		err = move_out(txn, i, QIAO_OUT_AT_PEER, QIAO_OUT_CLOSED,
			       bytes(500));
		return err == QIAO_OK ? audit(s, txn, i, "receipt", SMALL)
				      : err;
	}
}

static qiao_err receive(struct side *s, struct qiao_txn *txn, size_t i)
{
	struct qiao_in_row r = { .id = id_of(i),
				 .state = QIAO_IN_RECEIVED,
				 .peer = "city-gw",
				 .source = id_of(0),
				 .destination = id_of(1),
				 .digest = id_of(i),
				 .envelope = id_of(2),
				 .id_array = bytes(136),
				 .payload = bytes(237),
				 .proof_ref = id_of(i),
				 .audit = bytes(700) };
	qiao_err err = qiao_store_proof_put(txn, &r.proof_ref, 1, i / BATCH,
					    bytes(468));

	if (err == QIAO_OK)
		err = qiao_store_in_put(txn, &r);
	return err == QIAO_OK ? audit(s, txn, i, "received", SMALL) : err;
}

static qiao_err commit(struct side *s, struct qiao_txn *txn, size_t i)
{
	struct qiao_hash id = id_of(i);
	struct qiao_in_row r;
	qiao_err err = qiao_store_in_get(txn, &r, &id);

	if (err != QIAO_OK)
		return err;
	r.state = QIAO_IN_COMMITTED;
	r.tx = bytes(32);
	r.receipt = bytes(500);
	err = record(txn, i, QIAO_RECORD_DESTINATION, &r.record);
	if (err == QIAO_OK)
		err = audit(s, txn, i, "decision", DECISION);
	if (err == QIAO_OK)
		err = audit(s, txn, i, "submitting", SMALL);
	if (err == QIAO_OK)
		err = audit(s, txn, i, "committed", SMALL);
	if (err == QIAO_OK)
		err = qiao_store_in_update(txn, &r, QIAO_IN_RECEIVED);
	qiao_in_row_free(&r);
	return err;
}

static qiao_err destination_step(struct side *s, struct qiao_txn *txn, size_t i)
{
	return s->at == 0 ? receive(s, txn, i) : commit(s, txn, i);
}

static qiao_err batch(struct qiao_txn *txn, void *arg)
{
	struct side *s = arg;
	qiao_err err = QIAO_OK;

	for (size_t i = s->first; i < s->first + BATCH && err == QIAO_OK; i++)
		err = s->step(s, txn, i);
	return err;
}

static void *run(void *arg)
{
	struct side *s = arg;

	for (; s->first < s->n && s->err == QIAO_OK; s->first += BATCH)
		for (s->at = 0; s->at < s->steps && s->err == QIAO_OK; s->at++)
			s->err = qiao_store_write(s->store, batch, s);
	return NULL;
}

static bool open_side(struct side *s, const char *folder, const char *name)
{
	struct qiao_why why;
	char path[512];

	s->log.pseudonym_key = bytes(32);
	snprintf(s->log.gw, sizeof(s->log.gw), "%s", name);
	snprintf(path, sizeof(path), "%s/%s.db", folder, name);
	if (qiao_store_open(&s->store, path, NULL, &why) == QIAO_OK)
		return true;
	fprintf(stderr, "store-bound: %s\n", why.text);
	return false;
}

int main(int argc, char **argv)
{
	size_t n = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 10000;
	struct side out = { .step = source_step, .steps = 3 };
	struct side in = { .step = destination_step, .steps = 2 };
	pthread_t a, b;
	int64_t start;
	double rate;

	out.n = in.n = n / BATCH * BATCH;
	if (argc < 2 || out.n == 0 || !open_side(&out, argv[1], "source") ||
	    !open_side(&in, argv[1], "destination"))
		return 1;
	start = measure_ns();
	if (pthread_create(&a, NULL, run, &out) ||
	    pthread_create(&b, NULL, run, &in))
		return 1;
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	rate = measure_rate(out.n, start);
	qiao_store_close(out.store);
	qiao_store_close(in.store);
	if (out.err != QIAO_OK || in.err != QIAO_OK) {
		fprintf(stderr, "store-bound: %s, %s\n", qiao_errname(out.err),
			qiao_errname(in.err));
		return 1;
	}
	printf("store-bound: records=%zu records_per_s=%.0f\n", out.n, rate);
	return 0;
}
