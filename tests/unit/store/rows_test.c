/* SPDX-License-Identifier: Apache-2.0 */
/* The typed rows, one module after the other. */
#include "gateway/store/chain.h"
#include "gateway/store/cursor.h"
#include "gateway/store/evidence.h"
#include "gateway/store/header.h"
#include "gateway/store/in.h"
#include "gateway/store/meta.h"
#include "gateway/store/out.h"
#include "gateway/store/proof.h"
#include "gateway/store/record.h"
#include "gateway/store/view.h"
#include "tests/unit/store/fixture.h"

static void in_txn(qiao_txn_fn fn)
{
	struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(qiao_store_write(f.store, fn, NULL), QIAO_OK);
	fixture_close(&f);
}

static qiao_err try_meta(struct qiao_txn *txn, void *arg)
{
	struct qiao_meta want = { .network = hash_of(1), .gateway = "gw.a" };
	struct qiao_meta got;
	uint64_t epoch;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_meta_get(txn, &got), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_meta_bind(txn, &got, &want), QIAO_OK);
	CU_ASSERT_EQUAL(got.epoch, 1);
	CU_ASSERT_EQUAL(qiao_store_meta_bind(txn, &got, &want), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_meta_epoch(txn, &epoch), QIAO_OK);
	CU_ASSERT_EQUAL(epoch, 2);
	CU_ASSERT_EQUAL(qiao_store_meta_get(txn, &got), QIAO_OK);
	CU_ASSERT_EQUAL(got.epoch, 2);
	CU_ASSERT_STRING_EQUAL(got.gateway, "gw.a");
	snprintf(want.gateway, sizeof(want.gateway), "%s", "gw.b");
	CU_ASSERT_EQUAL(qiao_store_meta_bind(txn, &got, &want), QIAO_E_CONFIG);
	snprintf(want.gateway, sizeof(want.gateway), "%s", "gw.a");
	want.network = hash_of(2);
	CU_ASSERT_EQUAL(qiao_store_meta_bind(txn, &got, &want), QIAO_E_CONFIG);
	return QIAO_OK;
}

static void a_store_belongs_to_one_gateway_and_network(void)
{
	in_txn(try_meta);
}

static qiao_err count(void *ctx, const void *row)
{
	(void)row;
	++*(unsigned int *)ctx;
	return QIAO_OK;
}

static qiao_err try_chain(struct qiao_txn *txn, void *arg)
{
	struct qiao_chain_row a, b, got;
	struct qiao_hash id = hash_of(1), other = hash_of(2), head = hash_of(3);
	unsigned int n = 0;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_chain_need(txn, &a, "nanjing", "fabric"),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_chain_need(txn, &b, "province", "quorum"),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_chain_need(txn, &got, "nanjing", "fabric"),
			QIAO_OK);
	CU_ASSERT_EQUAL(got.chain, a.chain);
	CU_ASSERT_NOT_EQUAL(a.chain, b.chain);
	CU_ASSERT_FALSE(got.has_head || got.frozen);
	CU_ASSERT_EQUAL(qiao_store_chain_need(txn, &got, "nanjing", "quorum"),
			QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_store_chain_pin(txn, a.chain, &id), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_chain_pin(txn, a.chain, &id), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_chain_pin(txn, a.chain, &other),
			QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_store_chain_pin(txn, b.chain, &id), QIAO_E_CONFIG);
	CU_ASSERT_EQUAL(qiao_store_chain_by_identity(txn, &got, &id), QIAO_OK);
	CU_ASSERT_STRING_EQUAL(got.name, "nanjing");
	CU_ASSERT_EQUAL(qiao_store_chain_by_identity(txn, &got, &other),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_chain_head(txn, a.chain, 0, &head, 5),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_chain_head(txn, a.chain, 7, &head, 6),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_chain_head(txn, a.chain, 6, &head, 7),
			QIAO_E_STATE);
	CU_ASSERT_EQUAL(qiao_store_chain_get(txn, &got, a.chain), QIAO_OK);
	CU_ASSERT_TRUE(got.has_head);
	CU_ASSERT_EQUAL(got.height, 7);
	CU_ASSERT_EQUAL(got.accepted_at, 6);
	CU_ASSERT_TRUE(qiao_hash_eq(&got.hash, &head));
	CU_ASSERT_EQUAL(qiao_store_chain_get(txn, &got, 99), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_chain_each(txn, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 2);
	return QIAO_OK;
}

static void a_chain_keeps_its_identity_and_its_head(void)
{
	in_txn(try_chain);
}

static qiao_err try_view(struct qiao_txn *txn, void *arg)
{
	struct qiao_store_view a = { txn, 1 }, b = { txn, 2 };
	struct qiao_slice key = qiao_slice_str("head");
	struct qiao_buf got = QIAO_BUF, name = QIAO_BUF;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_view_get(&a, &got, key), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_view_put(&a, key, qiao_slice_str("one")),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_view_put(&a, key, qiao_slice_str("two")),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_view_get(&b, &got, key), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_view_get(&a, &got, key), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&got), "two"));
	CU_ASSERT_EQUAL(qiao_store_view_put(&b, key, qiao_slice_of(NULL, 0)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_view_get(&b, &got, key), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_view_next(&b, &name, &got, key),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(
		qiao_store_view_next(&a, &name, &got, qiao_slice_of("he", 2)),
		QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&name), "head"));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&got), "two"));
	CU_ASSERT_EQUAL(qiao_store_view_next(&a, &name, &got,
					     qiao_slice_of("head\0", 5)),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_view_put(&a, key, qiao_slice_of(NULL, 0)),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_view_get(&a, &got, key), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_view_put(&a, key, qiao_slice_str("two")),
			QIAO_OK);
	qiao_buf_clear(&got);
	got.max = 2;
	CU_ASSERT_EQUAL(qiao_store_view_get(&a, &got, key), QIAO_E_LIMIT);
	qiao_buf_free(&got);
	qiao_buf_free(&name);
	return QIAO_OK;
}

static void a_view_keeps_keys_per_chain(void)
{
	in_txn(try_view);
}

struct seen {
	size_t n;
	uint64_t first, last;
};

static qiao_err note_height(void *ctx, const void *row_)
{
	const struct qiao_header_row *row = row_;
	struct seen *s = ctx;

	if (s->n++ == 0)
		s->first = row->height;
	CU_ASSERT_EQUAL(row->height, s->first + s->n - 1);
	s->last = row->height;
	return QIAO_OK;
}

static void range(struct qiao_txn *txn, uint64_t from, size_t max_n,
		  size_t max_bytes, size_t want)
{
	struct seen s = { 0, 0, 0 };

	CU_ASSERT_EQUAL(qiao_store_header_each(txn, 1, from, max_n, max_bytes,
					       note_height, &s),
			QIAO_OK);
	CU_ASSERT_EQUAL(s.n, want);
	CU_ASSERT_TRUE(want == 0 || s.first == from);
}

static qiao_err try_headers(struct qiao_txn *txn, void *arg)
{
	struct qiao_slice claim = qiao_slice_str("0123456789");
	struct qiao_hash h = hash_of(0), other = hash_of(99), got;
	struct seen s = { 0, 0, 0 };
	struct qiao_buf bytes = QIAO_BUF;

	(void)arg;
	for (uint64_t n = 0; n < 20; n++)
		if (n != 12)
			CU_ASSERT_EQUAL(
				qiao_store_header_put(txn, 1, n, &h, claim),
				QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_header_put(txn, 1, 3, &h, claim), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_header_put(txn, 1, 3, &other, claim),
			QIAO_E_CONFLICT);
	CU_ASSERT_EQUAL(qiao_store_header_put(txn, 2, 3, &other, claim),
			QIAO_OK);
	range(txn, 0, 5, 1000, 5);
	range(txn, 0, 100, 1000, 12); /* up to the gap */
	range(txn, 12, 100, 1000, 0);
	range(txn, 13, 100, 1000, 7);
	range(txn, 0, 100, 35, 3);
	range(txn, 0, 100, 5, 1); /* the first whatever its size */
	range(txn, 100, 100, 1000, 0);
	CU_ASSERT_EQUAL(qiao_store_header_newest(txn, 1, 4, note_height, &s),
			QIAO_OK);
	CU_ASSERT_EQUAL(s.n, 4);
	CU_ASSERT_EQUAL(s.last, 19);
	CU_ASSERT_EQUAL(qiao_store_header_get(txn, &got, &bytes, 1, 5),
			QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(qiao_buf_slice(&bytes), "0123456789"));
	CU_ASSERT_EQUAL(qiao_store_header_prune(txn, 1, 5), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_header_get(txn, &got, NULL, 1, 4),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_header_get(txn, &got, NULL, 1, 5), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_header_get(txn, &got, NULL, 2, 3), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_header_put(txn, 1, UINT64_MAX, &h, claim),
			QIAO_E_LIMIT);
	qiao_buf_free(&bytes);
	return QIAO_OK;
}

static void headers_are_read_without_gaps_and_within_limits(void)
{
	in_txn(try_headers);
}

static struct qiao_record_row record_of(uint64_t version)
{
	struct qiao_record_row r = { .side = QIAO_RECORD_SOURCE,
				     .chain = 1,
				     .type = "licence.business",
				     .id = "LIC-0001",
				     .version = version,
				     .digest = hash_of((unsigned int)version),
				     .state = "valid",
				     .height = 100 + version };

	r.key = qiao_slice_str("records/LIC-0001");
	return r;
}

static qiao_err try_records(struct qiao_txn *txn, void *arg)
{
	struct qiao_record_row r = record_of(1), got;
	int64_t number;
	unsigned int n = 0;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_record_put(txn, &r), QIAO_OK);
	number = r.record;
	CU_ASSERT_TRUE(number > 0);
	r = record_of(3);
	CU_ASSERT_EQUAL(qiao_store_record_put(txn, &r), QIAO_OK);
	CU_ASSERT_EQUAL(r.record, number);
	r = record_of(2);
	CU_ASSERT_EQUAL(qiao_store_record_put(txn, &r), QIAO_E_STATE);
	CU_ASSERT_EQUAL(qiao_store_record_get(txn, &got, QIAO_RECORD_SOURCE, 1,
					      "licence.business", "LIC-0001"),
			QIAO_OK);
	CU_ASSERT_EQUAL(got.version, 3);
	CU_ASSERT_EQUAL(got.height, 103);
	CU_ASSERT_EQUAL(qiao_store_record_get(txn, &got,
					      QIAO_RECORD_DESTINATION, 1,
					      "licence.business", "LIC-0001"),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(
		qiao_store_record_by_key(txn, &got, QIAO_RECORD_SOURCE, 1,
					 qiao_slice_str("records/LIC-0001")),
		QIAO_OK);
	CU_ASSERT_EQUAL(got.record, number);
	CU_ASSERT_STRING_EQUAL(got.type, "licence.business");
	/* without a key the known one stays */
	r = record_of(4);
	r.key = qiao_slice_of(NULL, 0);
	CU_ASSERT_EQUAL(qiao_store_record_put(txn, &r), QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_store_record_by_key(txn, &got, QIAO_RECORD_SOURCE, 1,
					 qiao_slice_str("records/LIC-0001")),
		QIAO_OK);
	CU_ASSERT_EQUAL(got.version, 4);
	CU_ASSERT_EQUAL(qiao_store_record_by_number(txn, &got, number),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_record_by_number(txn, &got, 99),
			QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_record_each_id(txn, "LIC-0001", count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 1);
	return QIAO_OK;
}

static void a_record_keeps_its_newest_version(void)
{
	in_txn(try_records);
}

static qiao_err try_out(struct qiao_txn *txn, void *arg)
{
	struct qiao_out_row r = {
		.id = hash_of(1),
		.state = 1,
		.route = "r",
		.peer = "gw.b",
		.chain = 3,
		.height = 44,
		.record = 5,
		.version = 6,
		.digest = hash_of(2),
		.assurance = 4,
		.proof_ref = hash_of(3),
		.not_after = -7,
		.as_of_height = 8,
		.as_of_hash = hash_of(4),
		.as_of_basis = 1,
		.decision = "d-1",
		.has_entry = true,
		.entry = 0,
		.queued_at = 100,
		.changed_at = 100,
	};
	struct qiao_out_row got, late;

	(void)arg;
	r.id_array = qiao_slice_str("array");
	r.payload = qiao_slice_str("payload");
	r.proof = qiao_slice_str("proof");
	r.duty = qiao_slice_str("duty");
	CU_ASSERT_EQUAL(qiao_store_out_put(txn, &r), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_out_put(txn, &r), QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(qiao_store_out_get(txn, &got, &r.id), QIAO_OK);
	CU_ASSERT_STRING_EQUAL(got.route, "r");
	CU_ASSERT_EQUAL(got.height, 44);
	CU_ASSERT_EQUAL(got.not_after, -7);
	CU_ASSERT_TRUE(qiao_hash_eq(&got.proof_ref, &r.proof_ref));
	CU_ASSERT_TRUE(qiao_hash_eq(&got.as_of_hash, &r.as_of_hash));
	CU_ASSERT_TRUE(got.has_entry && got.entry == 0);
	CU_ASSERT_TRUE(qiao_slice_is(got.id_array, "array"));
	CU_ASSERT_TRUE(qiao_slice_is(got.payload, "payload"));
	CU_ASSERT_TRUE(qiao_slice_is(got.proof, "proof"));
	CU_ASSERT_TRUE(qiao_slice_is(got.duty, "duty"));
	CU_ASSERT_EQUAL(got.receipt.n, 0);
	late = got;
	got.state = 4;
	got.receipt_height = 9;
	snprintf(got.reason, sizeof(got.reason), "%s", "R_OK");
	got.receipt = qiao_slice_str("receipt");
	got.receipt_ref = hash_of(6);
	CU_ASSERT_EQUAL(qiao_store_out_update(txn, &got, 1), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_out_update(txn, &late, 1), QIAO_E_STATE);
	qiao_out_row_free(&got);
	CU_ASSERT_EQUAL(qiao_store_out_get(txn, &got, &r.id), QIAO_OK);
	CU_ASSERT_EQUAL(got.state, 4);
	CU_ASSERT_EQUAL(got.receipt_height, 9);
	CU_ASSERT_STRING_EQUAL(got.reason, "R_OK");
	CU_ASSERT_TRUE(qiao_slice_is(got.receipt, "receipt"));
	CU_ASSERT_EQUAL(got.receipt_ref.b[0], hash_of(6).b[0]);
	CU_ASSERT_TRUE(qiao_slice_is(got.payload, "payload"));
	qiao_out_row_free(&got);
	r.id = hash_of(9);
	CU_ASSERT_EQUAL(qiao_store_out_get(txn, &got, &r.id), QIAO_E_NOTFOUND);
	return QIAO_OK;
}

static void a_leaving_transfer_comes_back_as_it_was_put(void)
{
	in_txn(try_out);
}

static struct qiao_in_row in_of(unsigned int n)
{
	struct qiao_in_row r = {
		.id = hash_of(n),
		.state = 1,
		.peer = "gw.a",
		.source = hash_of(1000),
		.destination = hash_of(2000),
		.height = n,
		.digest = hash_of(n + 100),
		.envelope = hash_of(7),
		.proof_ref = hash_of(8),
		.not_after = 55,
		.entry = 12,
		.received_at = 100,
		.changed_at = 100,
	};

	r.id_array = qiao_slice_str("array");
	r.payload = qiao_slice_str("payload");
	r.audit = qiao_slice_str("audit");
	return r;
}

static qiao_err try_in(struct qiao_txn *txn, void *arg)
{
	struct qiao_hash there = hash_of(2000), elsewhere = hash_of(2001);
	struct qiao_in_row r, got;
	unsigned int n = 0;
	uint64_t total;

	(void)arg;
	for (unsigned int i = 0; i < 5; i++) {
		r = in_of(i);
		CU_ASSERT_EQUAL(qiao_store_in_put(txn, &r), QIAO_OK);
	}
	CU_ASSERT_EQUAL(qiao_store_in_put(txn, &r), QIAO_E_EXISTS);
	CU_ASSERT_EQUAL(qiao_store_in_get(txn, &got, &r.id), QIAO_OK);
	CU_ASSERT_STRING_EQUAL(got.peer, "gw.a");
	CU_ASSERT_TRUE(qiao_slice_is(got.audit, "audit"));
	CU_ASSERT_EQUAL(got.entry, 12);
	got.state = 4;
	got.record = 3;
	got.receipt_due = 200;
	got.tx = qiao_slice_str("tx");
	got.receipt = qiao_slice_str("receipt");
	got.receipt_ref = hash_of(6);
	CU_ASSERT_EQUAL(qiao_store_in_update(txn, &got, 2), QIAO_E_STATE);
	CU_ASSERT_EQUAL(qiao_store_in_update(txn, &got, 1), QIAO_OK);
	qiao_in_row_free(&got);
	CU_ASSERT_EQUAL(qiao_store_in_get(txn, &got, &r.id), QIAO_OK);
	CU_ASSERT_TRUE(qiao_slice_is(got.tx, "tx"));
	CU_ASSERT_TRUE(qiao_slice_is(got.receipt, "receipt"));
	CU_ASSERT_EQUAL(got.receipt_ref.b[0], hash_of(6).b[0]);
	qiao_in_row_free(&got);
	CU_ASSERT_EQUAL(qiao_store_in_due(txn, &there, 1, 0, 3, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(qiao_store_in_due(txn, NULL, 1, 0, 9, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 7);
	CU_ASSERT_EQUAL(qiao_store_in_due(txn, &elsewhere, 1, 0, 9, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_in_owed(txn, "gw.a", 199, 9, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_in_owed(txn, "gw.z", 200, 9, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 7);
	CU_ASSERT_EQUAL(qiao_store_in_owed(txn, "gw.a", 200, 9, count, &n),
			QIAO_OK);
	CU_ASSERT_EQUAL(n, 8);
	CU_ASSERT_EQUAL(qiao_store_in_of_record(txn, 3, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 9);
	CU_ASSERT_EQUAL(qiao_store_in_count(txn, &total, "gw.a", 1), QIAO_OK);
	CU_ASSERT_EQUAL(total, 4);
	CU_ASSERT_EQUAL(qiao_store_in_count(txn, &total, NULL, 4), QIAO_OK);
	CU_ASSERT_EQUAL(total, 1);
	CU_ASSERT_EQUAL(qiao_store_in_counts(txn, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 11);
	return QIAO_OK;
}

static void an_arriving_transfer_comes_back_as_it_was_put(void)
{
	in_txn(try_in);
}

static qiao_err try_freeze(struct qiao_txn *txn, void *arg)
{
	struct qiao_evidence_row e = { .digest = hash_of(1),
				       .scope = QIAO_SCOPE_CHAIN,
				       .name = "nanjing",
				       .height = 7,
				       .at = 5 };
	struct qiao_freeze_row f = { .scope = QIAO_SCOPE_CHAIN,
				     .name = "nanjing",
				     .at = 5,
				     .evidence = hash_of(1),
				     .why = "two headers at height 7" };
	struct qiao_freeze_row got;
	struct qiao_chain_row chain;
	unsigned int n = 0;

	(void)arg;
	e.bytes = qiao_slice_str("claim one, claim two");
	CU_ASSERT_EQUAL(qiao_store_evidence_put(txn, &e), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_evidence_put(txn, &e), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_evidence_each(txn, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(
		qiao_store_frozen(txn, &got, QIAO_SCOPE_CHAIN, "nanjing"),
		QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_freeze(txn, &f), QIAO_OK);
	snprintf(f.why, sizeof(f.why), "%s", "another reason");
	CU_ASSERT_EQUAL(qiao_store_freeze(txn, &f), QIAO_OK);
	CU_ASSERT_EQUAL(
		qiao_store_frozen(txn, &got, QIAO_SCOPE_CHAIN, "nanjing"),
		QIAO_OK);
	CU_ASSERT_STRING_EQUAL(got.why, "two headers at height 7");
	CU_ASSERT_EQUAL(
		qiao_store_frozen(txn, NULL, QIAO_SCOPE_ROUTE, "nanjing"),
		QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(qiao_store_chain_need(txn, &chain, "nanjing", "fabric"),
			QIAO_OK);
	CU_ASSERT_TRUE(chain.frozen);
	CU_ASSERT_EQUAL(qiao_store_freeze_each(txn, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(qiao_store_unfreeze(txn, QIAO_SCOPE_CHAIN, "nanjing"),
			QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_unfreeze(txn, QIAO_SCOPE_CHAIN, "nanjing"),
			QIAO_E_NOTFOUND);
	return QIAO_OK;
}

static void what_is_frozen_stays_frozen_with_its_first_reason(void)
{
	in_txn(try_freeze);
}

static qiao_err try_cursors(struct qiao_txn *txn, void *arg)
{
	uint64_t next;
	unsigned int n = 0;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_cursor_get(txn, &next, 1, "scan"), QIAO_OK);
	CU_ASSERT_EQUAL(next, 0);
	CU_ASSERT_EQUAL(qiao_store_cursor_put(txn, 1, "scan", 5), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_cursor_put(txn, 1, "scan", 6), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_cursor_put(txn, 2, "scan", 7), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_cursor_put(txn, 1, "peer/gw.b", 8), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_cursor_get(txn, &next, 1, "scan"), QIAO_OK);
	CU_ASSERT_EQUAL(next, 6);
	CU_ASSERT_EQUAL(qiao_store_cursor_each(txn, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 3);
	return QIAO_OK;
}

static void cursors_are_kept_per_chain_and_name(void)
{
	in_txn(try_cursors);
}

static qiao_err stop_here(void *ctx, const void *row)
{
	(void)row;
	++*(unsigned int *)ctx;
	return QIAO_E_DENIED;
}

static qiao_err try_stop(struct qiao_txn *txn, void *arg)
{
	unsigned int n = 0;

	(void)arg;
	CU_ASSERT_EQUAL(qiao_store_cursor_put(txn, 1, "a", 5), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_cursor_put(txn, 1, "b", 5), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_store_cursor_each(txn, stop_here, &n),
			QIAO_E_DENIED);
	CU_ASSERT_EQUAL(n, 1);
	/* the statement is free again */
	CU_ASSERT_EQUAL(qiao_store_cursor_each(txn, count, &n), QIAO_OK);
	CU_ASSERT_EQUAL(n, 3);
	return QIAO_OK;
}

static void an_error_of_a_callback_stops_and_is_passed_up(void)
{
	in_txn(try_stop);
}

static const struct test_case cases[] = {
	{ "a store belongs to one gateway and network",
	  a_store_belongs_to_one_gateway_and_network },
	{ "a chain keeps its identity and its head",
	  a_chain_keeps_its_identity_and_its_head },
	{ "a view keeps keys per chain", a_view_keeps_keys_per_chain },
	{ "headers are read without gaps and within limits",
	  headers_are_read_without_gaps_and_within_limits },
	{ "a record keeps its newest version",
	  a_record_keeps_its_newest_version },
	{ "a leaving transfer comes back as it was put",
	  a_leaving_transfer_comes_back_as_it_was_put },
	{ "an arriving transfer comes back as it was put",
	  an_arriving_transfer_comes_back_as_it_was_put },
	{ "what is frozen stays frozen, with its first reason",
	  what_is_frozen_stays_frozen_with_its_first_reason },
	{ "cursors are kept per chain and name",
	  cursors_are_kept_per_chain_and_name },
	{ "an error of a callback stops and is passed up",
	  an_error_of_a_callback_stops_and_is_passed_up },
	{ .name = NULL },
};

const struct test_suite rows_test_suite = { "store/rows", cases };
