/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/daemon/freeze.h"

#include "gateway/base/clock.h"
#include "gateway/daemon/accept.h"
#include "gateway/daemon/chain.h"
#include "gateway/store/audit.h"
#include "gateway/store/chain.h"
#include "gateway/store/evidence.h"
#include "gateway/store/header.h"
#include "gateway/store/vfs_fault.h"
#include "relay/inbox.h"
#include "tests/unit/policy/world.h"
#include "tests/unit/store/fixture.h"

#define LICENCES                                                               \
	"catalogue = { format = 1; id = \"c\"; version = 1; records = ( "      \
	"{ type = \"licence.x\"; share = \"unconditional\"; "                  \
	"id_kind = \"opaque\"; states = [ \"valid\", \"suspended\", "          \
	"\"revoked\" ]; fields = ( { name = \"pub\"; class = \"public\"; } );" \
	" } ); };"
#define ACCEPT                                                         \
	WORLD_ACCEPT("acc", "")                                        \
	"rules = ( { id = \"a\"; effect = \"permit\"; to = { org = [ " \
	"\"dst.dept\" ]; }; record = { type = [ \"licence.x\" ]; }; "  \
	"action = [ \"forward\" ]; purpose = [ \"p\" ]; basis = \"b\"; } );"

#define TOP 10 /* headers below it are trusted */

/* A destination gateway: one route, a policy that accepts, no threads. */
struct bench {
	struct fixture f;
	struct qiao_config cfg;
	struct qiao_config_chain chain[2];
	struct qiao_config_route route_cfg;
	struct qiao_chain chains[2];
	struct qiao_route route;
	struct qiao_rules rules;
	struct qiao_daemon d;
};

static const uint8_t pseudonyms[16] = { 4 };

static qiao_err put_chains(struct qiao_txn *txn, void *arg)
{
	struct bench *b = arg;
	struct qiao_chain_row row;
	struct qiao_hash block = hash_of(77);
	qiao_err err = QIAO_OK;

	for (size_t i = 0; i < 2 && err == QIAO_OK; i++) {
		err = qiao_store_chain_need(txn, &row, b->chain[i].name,
					    "quorum");
		b->chains[i].number = row.chain;
	}
	for (uint64_t h = 0; h < TOP && err == QIAO_OK; h++)
		err = qiao_store_header_put(txn, b->chains[0].number, h, &block,
					    qiao_slice_str("claim"));
	return err;
}

static void load_rules(struct bench *b, const char *accept)
{
	struct folder f = { .n = 0 };

	folder_add_text(&f, "00.cfg", LICENCES);
	folder_add_text(&f, "01.cfg", WORLD_ORGS);
	folder_add_text(&f, "02.cfg", accept);
	b->rules.policy = folder_load(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->rules.policy);
	folder_free(&f);
	b->rules.n = 2;
	atomic_init(&b->rules.refs, 1);
}

static void bench_open(struct bench *b)
{
	static const char *const names[] = { "src", "dst" };

	memset(b, 0, sizeof(*b));
	fixture_open(&b->f);
	load_rules(b, ACCEPT);
	b->cfg.network = hash_of(1);
	b->d.cfg = &b->cfg;
	b->d.store = b->f.store;
	b->d.chains = b->chains;
	b->d.n_chains = 2;
	b->d.routes = &b->route;
	b->d.n_routes = 1;
	snprintf(b->d.log.gw, sizeof(b->d.log.gw), "dst-gw");
	b->d.log.pseudonym_key = qiao_slice_of(pseudonyms, sizeof(pseudonyms));
	for (size_t i = 0; i < 2; i++) {
		snprintf(b->chain[i].name, sizeof(b->chain[i].name), "%s",
			 names[i]);
		b->chains[i].d = &b->d;
		b->chains[i].cfg = &b->chain[i];
		b->chains[i].identity = hash_of(10 + (unsigned int)i);
		qiao_chain_note_accepted(&b->chains[i], qiao_now_ms());
	}
	b->chains[0].next = TOP;
	/* only that there is one is looked at */
	b->chains[1].host = (struct qiao_host *)&b->f;
	snprintf(b->route_cfg.name, sizeof(b->route_cfg.name), "src-dst");
	snprintf(b->route_cfg.peer, sizeof(b->route_cfg.peer), "src-gw");
	b->route.cfg = &b->route_cfg;
	b->route.from = &b->chains[0];
	b->route.to = &b->chains[1];
	CU_ASSERT_EQUAL_FATAL(qiao_store_write(b->f.store, put_chains, b),
			      QIAO_OK);
}

static void bench_close(struct bench *b)
{
	qiao_policy_unref(b->rules.policy);
	fixture_close(&b->f);
}

/* What comes in: the version of the record LIC in a state, from a height. */
struct coming {
	const char *id, *state;
	uint64_t version, height;
	bool late; /* its not_after has passed */
};

struct put_arg {
	const struct coming *c;
	struct qiao_in_row row;
	struct qiao_buf payload, key;
};

static void make_payload(struct bench *b, struct put_arg *a)
{
	const struct coming *c = a->c;
	struct qiao_head h = { .network = b->cfg.network,
			       .type_version = 1,
			       .version = c->version,
			       .share = QIAO_SHARE_UNCONDITIONAL,
			       .suite = 1,
			       .fields = 1 };
	struct qiao_fields fields = QIAO_FIELDS;
	struct qiao_buf head = QIAO_BUF, open = QIAO_BUF;
	struct qiao_payload p = { .assurance = QIAO_ASSURANCE_ATTESTED,
				  .validity = 1,
				  .origin = QIAO_ORIGIN_LIVE };
	const uint8_t mask[1] = { QIAO_MASK_CLEAR };

	snprintf(h.type, sizeof(h.type), "licence.x");
	snprintf(h.id, sizeof(h.id), "%s", c->id);
	snprintf(h.issuer, sizeof(h.issuer), "src.dept");
	snprintf(h.state, sizeof(h.state), "%s", c->state);
	qiao_fields_add(&fields, qiao_slice_str("pub"), qiao_slice_str("v"));
	qiao_fields_root(&h.fields_root, &fields);
	CU_ASSERT_EQUAL_FATAL(qiao_head_encode(&head, &h), QIAO_OK);
	qiao_disclosure_encode(&open, &fields, mask);
	p.head_bytes = qiao_buf_slice(&head);
	p.disclosure_bytes = qiao_buf_slice(&open);
	p.at.chain = b->chains[0].identity;
	p.at.height = c->height;
	p.at.tx_len = 1;
	p.at.index = c->version;
	CU_ASSERT_EQUAL_FATAL(qiao_payload_encode(&a->payload, &p), QIAO_OK);
	qiao_fields_free(&fields);
	qiao_buf_free(&head);
	qiao_buf_free(&open);
}

static qiao_err put_row(struct qiao_txn *txn, void *arg)
{
	struct put_arg *a = arg;

	return qiao_store_in_put(txn, &a->row);
}

static struct qiao_hash receive(struct bench *b, const struct coming *c)
{
	struct put_arg a = { .c = c };
	struct qiao_transfer_key k = { .network = b->cfg.network,
				       .to = b->chains[1].identity };

	make_payload(b, &a);
	k.from.chain = b->chains[0].identity;
	k.from.height = c->height;
	k.from.tx_len = 1;
	k.from.index = c->version;
	snprintf(k.to_org, sizeof(k.to_org), "dst.dept");
	snprintf(k.action, sizeof(k.action), "forward");
	snprintf(k.purpose, sizeof(k.purpose), "p");
	qiao_transfer_key_encode(&a.key, &k);
	a.row = (struct qiao_in_row){ .state = QIAO_IN_RECEIVED,
				      .source = b->chains[0].identity,
				      .destination = b->chains[1].identity,
				      .height = c->height,
				      .as_of_basis = 1 };
	qiao_transfer_id(&a.row.id, qiao_buf_slice(&a.key));
	a.row.id.b[0] = (uint8_t)c->id[0]; /* several records, one place */
	qiao_payload_digest(&a.row.digest, qiao_buf_slice(&a.payload));
	snprintf(a.row.peer, sizeof(a.row.peer), "src-gw");
	a.row.not_after = qiao_now_ms() + (c->late ? -1000 : 3600000);
	a.row.id_array = qiao_buf_slice(&a.key);
	a.row.payload = qiao_buf_slice(&a.payload);
	CU_ASSERT_EQUAL_FATAL(qiao_store_write(b->f.store, put_row, &a),
			      QIAO_OK);
	qiao_buf_free(&a.payload);
	qiao_buf_free(&a.key);
	return a.row.id;
}

struct decide_arg {
	struct bench *b;
	struct qiao_hash id;
	struct qiao_in_row row;
	struct qiao_accept a;
	uint64_t entries;
};

static qiao_err read_row(struct qiao_txn *txn, void *arg)
{
	struct decide_arg *x = arg;

	return qiao_store_in_get(txn, &x->row, &x->id);
}

static qiao_err decide_row(struct qiao_txn *txn, void *arg)
{
	struct decide_arg *x = arg;
	qiao_err err = qiao_accept_decide(&x->a, txn, qiao_now_ms());

	return err == QIAO_OK ? qiao_store_audit_size(txn, &x->entries) : err;
}

/* The state of the row after the deliverer looked at it. */
static int look_at(struct bench *b, const struct qiao_hash *id)
{
	struct qiao_accept_cache cache = { .found = { .n = 0 } };
	struct decide_arg x = { .b = b, .id = *id };
	int state;

	CU_ASSERT_EQUAL_FATAL(qiao_store_read(b->f.store, read_row, &x),
			      QIAO_OK);
	qiao_accept_verify(&x.a, &b->d, &b->rules, &x.row, &cache);
	CU_ASSERT_EQUAL(qiao_store_write(b->f.store, decide_row, &x), QIAO_OK);
	state = x.row.state;
	if (state == QIAO_IN_RECEIVED)
		CU_ASSERT_EQUAL(x.row.tries, 1);
	qiao_accept_fini(&x.a);
	qiao_accept_cache_clear(&cache);
	qiao_in_row_free(&x.row);
	return state;
}

static int comes(struct bench *b, const char *id, const char *state,
		 uint64_t version, uint64_t height)
{
	struct coming c = { id, state, version, height, false };
	struct qiao_hash t = receive(b, &c);

	return look_at(b, &t);
}

static void on_a_frozen_route_only_what_takes_away_from_a_record_goes_on(void)
{
	struct bench b;

	for (size_t i = 0; i < 3; i++) {
		atomic_bool *frozen;

		bench_open(&b);
		frozen = i == 0   ? &b.route.frozen
			 : i == 1 ? &b.chains[0].frozen
				  : &b.chains[1].frozen;
		CU_ASSERT_EQUAL(comes(&b, "held", "valid", 1, 3),
				QIAO_IN_SUBMITTING);
		CU_ASSERT_EQUAL(comes(&b, "susp", "valid", 1, 3),
				QIAO_IN_SUBMITTING);
		*frozen = true;
		/* a new record, a new version, one that never was here */
		CU_ASSERT_EQUAL(comes(&b, "new", "valid", 1, 4),
				QIAO_IN_RECEIVED);
		CU_ASSERT_EQUAL(comes(&b, "other", "revoked", 2, 4),
				QIAO_IN_RECEIVED);
		CU_ASSERT_EQUAL(comes(&b, "held", "valid", 2, 4),
				QIAO_IN_RECEIVED);
		/* revoked, and suspended; but not back again */
		CU_ASSERT_EQUAL(comes(&b, "susp", "suspended", 3, 5),
				QIAO_IN_SUBMITTING);
		CU_ASSERT_EQUAL(comes(&b, "susp", "valid", 4, 6),
				QIAO_IN_RECEIVED);
		CU_ASSERT_EQUAL(comes(&b, "held", "revoked", 3, 5),
				QIAO_IN_SUBMITTING);
		bench_close(&b);
	}
}

static void a_height_that_is_not_followed_waits(void)
{
	struct bench b;

	bench_open(&b);
	CU_ASSERT_EQUAL(comes(&b, "held", "valid", 1, 3), QIAO_IN_SUBMITTING);
	b.chains[0].frozen = true;
	CU_ASSERT_EQUAL(comes(&b, "held", "revoked", 2, TOP), QIAO_IN_RECEIVED);
	bench_close(&b);
}

static void what_waited_is_decided_when_the_route_is_free_again(void)
{
	struct coming c = { "new", "valid", 1, 4, false };
	struct qiao_hash id;
	struct bench b;

	bench_open(&b);
	b.route.frozen = true;
	id = receive(&b, &c);
	CU_ASSERT_EQUAL(look_at(&b, &id), QIAO_IN_RECEIVED);
	b.route.frozen = false;
	bench_close(&b);
	bench_open(&b);
	id = receive(&b, &c);
	CU_ASSERT_EQUAL(look_at(&b, &id), QIAO_IN_SUBMITTING);
	bench_close(&b);
}

static void on_a_frozen_route_nothing_is_denied(void)
{
	struct bench b;

	bench_open(&b);
	CU_ASSERT_EQUAL(comes(&b, "held", "valid", 1, 3), QIAO_IN_SUBMITTING);
	b.route.frozen = true;
	qiao_policy_unref(b.rules.policy);
	load_rules(&b, WORLD_ACCEPT("acc", "") "rules = ( );");
	CU_ASSERT_EQUAL(comes(&b, "held", "revoked", 2, 5), QIAO_IN_RECEIVED);
	b.route.frozen = false;
	CU_ASSERT_EQUAL(comes(&b, "held", "revoked", 3, 5), QIAO_IN_DENIED);
	bench_close(&b);
}

struct entry_arg {
	struct qiao_buf bytes;
};

static qiao_err keep_entry(void *ctx, const void *row)
{
	struct entry_arg *a = ctx;
	const struct qiao_audit_row *r = row;

	qiao_buf_clear(&a->bytes);
	qiao_buf_put(&a->bytes, r->entry);
	return a->bytes.err;
}

static qiao_err last_entry(struct qiao_txn *txn, void *arg)
{
	return qiao_store_audit_each(txn, 0, INT64_MAX, keep_entry, arg);
}

static bool last_says(struct bench *b, const char *text)
{
	struct entry_arg a = { .bytes = QIAO_BUF };
	bool found;

	CU_ASSERT_EQUAL(qiao_store_read(b->f.store, last_entry, &a), QIAO_OK);
	qiao_buf_put_u8(&a.bytes, 0);
	found = strstr((const char *)a.bytes.p, text) != NULL;
	qiao_buf_free(&a.bytes);
	return found;
}

static void what_comes_too_late_leaves_an_audit_entry(void)
{
	struct coming late = { "late", "valid", 1, 4, true };
	struct coming old = { "held", "valid", 1, 4, false };
	struct qiao_hash id;
	struct bench b;

	bench_open(&b);
	id = receive(&b, &late);
	CU_ASSERT_EQUAL(look_at(&b, &id), QIAO_IN_EXPIRED);
	CU_ASSERT_TRUE(last_says(&b, "\"type\":\"too_late\""));
	CU_ASSERT_TRUE(last_says(&b, "\"state\":\"expired\""));
	CU_ASSERT_EQUAL(comes(&b, "held", "valid", 5, 3), QIAO_IN_SUBMITTING);
	id = receive(&b, &old);
	CU_ASSERT_EQUAL(look_at(&b, &id), QIAO_IN_SUPERSEDED);
	CU_ASSERT_TRUE(last_says(&b, "\"type\":\"too_late\""));
	CU_ASSERT_TRUE(last_says(&b, "\"state\":\"superseded\""));
	bench_close(&b);
}

static qiao_err is_stored(struct qiao_txn *txn, void *arg)
{
	(void)arg;
	return qiao_store_frozen(txn, NULL, QIAO_SCOPE_ROUTE, "src-dst");
}

/* In force at once, and on the disk once there is room again. */
static void a_freeze_that_the_disk_refused_is_stored_later(void)
{
	const struct qiao_slice none = { NULL, 0 };
	struct bench b;

	bench_open(&b);
	qiao_store_close(b.f.store);
	qiao_vfs_fault_register();
	qiao_vfs_fault_reset();
	CU_ASSERT_EQUAL_FATAL(fixture_try_open(&b.f, "qiao-fault"), QIAO_OK);
	b.d.store = b.f.store;
	qiao_vfs_fault_space(0);
	qiao_route_freeze(&b.route, none, "for the test");
	CU_ASSERT_TRUE(b.route.frozen);
	CU_ASSERT_EQUAL(qiao_store_read(b.f.store, is_stored, NULL),
			QIAO_E_NOTFOUND);
	qiao_freeze_retry(&b.d);
	CU_ASSERT_PTR_NOT_NULL(b.d.unstored);
	qiao_vfs_fault_space(-1);
	qiao_freeze_retry(&b.d);
	CU_ASSERT_PTR_NULL(b.d.unstored);
	CU_ASSERT_EQUAL(qiao_store_read(b.f.store, is_stored, NULL), QIAO_OK);
	qiao_freeze_fini(&b.d);
	bench_close(&b);
}

static const struct test_case cases[] = {
	{ "on a frozen route only what takes away from a record goes on",
	  on_a_frozen_route_only_what_takes_away_from_a_record_goes_on },
	{ "a height that is not followed waits",
	  a_height_that_is_not_followed_waits },
	{ "what waited is decided when the route is free again",
	  what_waited_is_decided_when_the_route_is_free_again },
	{ "on a frozen route nothing is denied",
	  on_a_frozen_route_nothing_is_denied },
	{ "what comes too late leaves an audit entry",
	  what_comes_too_late_leaves_an_audit_entry },
	{ "a freeze that the disk refused is stored later",
	  a_freeze_that_the_disk_refused_is_stored_later },
	{ NULL, NULL },
};
const struct test_suite freeze_test_suite = { "daemon/freeze", cases };
