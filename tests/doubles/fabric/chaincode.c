/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/chaincode.h"

#include "tests/doubles/fabric/config.h"

#include "gateway/base/hex.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"

#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 8

/* What one namespace read and wrote. */
struct touched {
	Fab__KVRead *read[ITEMS_MAX];
	size_t reads;
	Fab__KVWrite *write[ITEMS_MAX];
	size_t writes;
};

struct run {
	const struct chaincode_call *c;
	struct pool *p;
	struct simulation *out;
	struct touched own, lifecycle;
};

static const struct cell *read_key(struct run *r, struct touched *t,
				   const char *space, const char *key)
{
	const struct cell *c = state_get(r->c->state, space, key);
	Fab__KVRead *read = pool_take(r->p, sizeof(*read));

	fab__kvread__init(read);
	read->key = pool_printf(r->p, "%s", key);
	if (c) {
		read->version = pool_take(r->p, sizeof(*read->version));
		fab__version__init(read->version);
		read->version->block_num = c->block;
		read->version->tx_num = c->tx;
	}
	t->read[t->reads++] = read;
	return c;
}

static void write_key(struct run *r, const char *key, struct qiao_slice value)
{
	Fab__KVWrite *w = pool_take(r->p, sizeof(*w));

	fab__kvwrite__init(w);
	w->key = pool_printf(r->p, "%s", key);
	w->is_delete = value.n == 0;
	w->value = pb(value);
	r->own.write[r->own.writes++] = w;
}

static void refuse(struct run *r, const char *message)
{
	r->out->status = 500;
	r->out->message = message;
}

static const char *text_arg(const struct run *r, size_t i)
{
	return i < r->c->n ? (const char *)pool_copy(r->p, r->c->arg[i]).p : "";
}

static struct qiao_slice take_buf(struct pool *p, struct qiao_buf *b)
{
	struct qiao_slice s = pool_copy(p, qiao_buf_slice(b));

	qiao_buf_free(b);
	return s;
}

/* --- qiao --- */

void chaincode_account(uint8_t out[16], struct qiao_slice serialized)
{
	struct pool p = { NULL };
	Fab__SerializedIdentity *s =
		UNPACK(&p, serialized_identity, serialized);
	X509 *cert = s ? pki_read(pb_slice(s->id_bytes)) : NULL;
	unsigned char *der = NULL;
	int n = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : 0;
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash h;

	qiao_mp_put_array(&b, 2);
	qiao_mp_put_cstr(&b, s ? s->mspid : "");
	qiao_mp_put_bin(&b, qiao_slice_of(der, n > 0 ? (size_t)n : 0));
	qiao_sha256_tagged(&h, "qiao/fabric/account/1", qiao_buf_slice(&b));
	memcpy(out, h.b, 16);
	qiao_buf_free(&b);
	OPENSSL_free(der);
	X509_free(cert);
	pool_free(&p);
}

/* By kind. */
static const char *const spaces[] = {
	[2] = "entry", [3] = "usage", [4] = "anchor"
};

/* [kind, id, digest, source, submitter, payload, tx id] */
struct entry {
	uint64_t kind;
	struct qiao_hash id, digest, source;
	struct qiao_slice submitter, tx;
};

static bool read_entry(struct entry *e, struct qiao_slice in)
{
	struct qiao_mp m;

	if (qiao_mp_open(&m, in) != QIAO_OK)
		return false;
	qiao_mp_array_of(&m, 7);
	e->kind = qiao_mp_uint(&m, 255);
	e->id = qiao_mp_hash(&m);
	e->digest = qiao_mp_hash(&m);
	e->source = qiao_mp_hash(&m);
	e->submitter = qiao_mp_bin(&m, 16);
	qiao_mp_bin(&m, 1024 * 1024);
	e->tx = qiao_mp_bin(&m, 32);
	return qiao_mp_finish(&m) == QIAO_OK;
}

static struct qiao_slice make_entry(struct run *r, const struct entry *e,
				    struct qiao_slice payload)
{
	struct qiao_buf b = QIAO_BUF;

	qiao_mp_put_array(&b, 7);
	qiao_mp_put_uint(&b, e->kind);
	qiao_mp_put_hash(&b, &e->id);
	qiao_mp_put_hash(&b, &e->digest);
	qiao_mp_put_hash(&b, &e->source);
	qiao_mp_put_bin(&b, e->submitter);
	qiao_mp_put_bin(&b, payload);
	qiao_mp_put_bin(&b, e->tx);
	return take_buf(r->p, &b);
}

static bool hex32(struct qiao_hash *out, const struct run *r, size_t i)
{
	return i < r->c->n &&
	       qiao_hex_decode(out->b, sizeof(out->b), r->c->arg[i]);
}

static void refuse_twice(struct run *r, const struct entry *e,
			 struct qiao_slice there)
{
	struct entry old;
	bool same = read_entry(&old, there) &&
		    qiao_hash_eq(&old.digest, &e->digest) &&
		    qiao_hash_eq(&old.source, &e->source);

	refuse(r, same ? "EXISTS: written before with the same content"
		       : "CONFLICT: written before with other content");
}

/* Of a payload's head (docs/wire.md 5, 4): what `held` is about. */
struct head {
	struct qiao_slice type, id, state;
	uint64_t version;
};

static bool read_head(struct head *h, struct qiao_slice payload)
{
	struct qiao_mp m, in;
	struct qiao_slice head;

	if (qiao_mp_open(&m, payload) != QIAO_OK)
		return false;
	qiao_mp_array(&m, 7);
	qiao_mp_uint(&m, 1);
	head = qiao_mp_bin(&m, 8192);
	if (qiao_mp_open(&in, head) != QIAO_OK)
		return false;
	qiao_mp_array(&in, 17);
	qiao_mp_uint(&in, 1);
	qiao_mp_hash(&in);
	h->type = qiao_mp_str(&in, 64);
	qiao_mp_uint(&in, UINT64_MAX);
	h->id = qiao_mp_str(&in, 128);
	qiao_mp_str(&in, 96);
	h->state = qiao_mp_str(&in, 64);
	h->version = qiao_mp_uint(&in, UINT64_MAX);
	return m.r.err == QIAO_OK && in.r.err == QIAO_OK;
}

static uint64_t held_version(const struct cell *c)
{
	struct qiao_mp m;

	if (!c || qiao_mp_open(&m, c->value) != QIAO_OK)
		return 0;
	qiao_mp_array_of(&m, 4);
	qiao_mp_uint(&m, 6);
	qiao_mp_hash(&m);
	return qiao_mp_uint(&m, UINT64_MAX);
}

/* The newest state that was delivered; it only moves to a higher version. */
static void put_held(struct run *r, const struct entry *e, const struct head *h)
{
	char *key = pool_printf(r->p, "held/%s/%.*s/%.*s",
				pool_hex(r->p, qiao_slice_hash(&e->source)),
				(int)h->type.n, (const char *)h->type.p,
				(int)h->id.n, (const char *)h->id.p);
	struct qiao_buf b = QIAO_BUF;

	if (held_version(read_key(r, &r->own, "qiao", key)) >= h->version)
		return;
	qiao_mp_put_array(&b, 4);
	qiao_mp_put_uint(&b, 6);
	qiao_mp_put_hash(&b, &e->id);
	qiao_mp_put_uint(&b, h->version);
	qiao_mp_put_str(&b, h->state);
	write_key(r, key, take_buf(r->p, &b));
}

static void put_entry(struct run *r, uint64_t kind, const char *event)
{
	struct head head;
	struct entry e = { .kind = kind };
	struct qiao_buf b = QIAO_BUF;
	uint8_t account[16], tx[32];
	const struct cell *there;
	struct qiao_hash digest;
	char *key;

	if (r->c->n != 5 || !hex32(&e.id, r, 1) || !hex32(&e.digest, r, 2) ||
	    !hex32(&e.source, r, 3)) {
		refuse(r, "MALFORMED: id, digest, source, payload");
		return;
	}
	qiao_sha256_tagged(&digest, "qiao/payload/1", r->c->arg[4]);
	if (!qiao_hash_eq(&digest, &e.digest)) {
		refuse(r, "DIGEST: not that of the payload");
		return;
	}
	key = pool_printf(r->p, "%s/%s", spaces[kind], text_arg(r, 1));
	there = read_key(r, &r->own, "qiao", key);
	if (there) {
		refuse_twice(r, &e, there->value);
		return;
	}
	chaincode_account(account, r->c->creator);
	e.submitter = qiao_slice_of(account, sizeof(account));
	qiao_hex_decode(tx, sizeof(tx), qiao_slice_str(r->c->tx_id));
	e.tx = qiao_slice_of(tx, sizeof(tx));
	write_key(r, key, make_entry(r, &e, r->c->arg[4]));
	if (kind == 2 && read_head(&head, r->c->arg[4]))
		put_held(r, &e, &head);
	qiao_mp_put_array(&b, 3);
	qiao_mp_put_hash(&b, &e.id);
	qiao_mp_put_hash(&b, &e.digest);
	qiao_mp_put_bin(&b, e.submitter);
	r->out->event = event;
	r->out->event_payload = take_buf(r->p, &b);
}

static void look_up(struct run *r)
{
	const struct cell *c = NULL;
	struct qiao_buf b = QIAO_BUF;
	struct entry e;

	for (uint64_t kind = 2; kind <= 4 && !c; kind++)
		c = read_key(r, &r->own, "qiao",
			     pool_printf(r->p, "%s/%s", spaces[kind],
					 text_arg(r, 1)));
	if (!c || !read_entry(&e, c->value))
		return;
	qiao_mp_put_array(&b, 5);
	qiao_mp_put_uint(&b, e.kind);
	qiao_mp_put_hash(&b, &e.digest);
	qiao_mp_put_hash(&b, &e.source);
	qiao_mp_put_bin(&b, e.submitter);
	qiao_mp_put_bin(&b, e.tx);
	r->out->payload = take_buf(r->p, &b);
}

static void get_key(struct run *r)
{
	const struct cell *c =
		read_key(r, &r->own, r->c->chaincode, text_arg(r, 1));

	if (c)
		r->out->payload = c->value;
}

static void run_qiao(struct run *r, const char *function)
{
	uint8_t account[16];

	if (strcmp(function, "Deliver") == 0 || strcmp(function, "State") == 0)
		put_entry(r, 2, "Delivered");
	else if (strcmp(function, "Usage") == 0)
		put_entry(r, 3, "Used");
	else if (strcmp(function, "Anchor") == 0)
		put_entry(r, 4, "Anchored");
	else if (strcmp(function, "Lookup") == 0)
		look_up(r);
	else if (strcmp(function, "Get") == 0)
		get_key(r);
	else if (strcmp(function, "Account") == 0) {
		chaincode_account(account, r->c->creator);
		r->out->payload = qiao_slice_str(pool_hex(
			r->p, qiao_slice_of(account, sizeof(account))));
	} else {
		refuse(r, "MALFORMED: no such function in the double");
	}
}

/* --- records --- */

static char *document(struct run *r, const char *status, int version,
		      const char *text)
{
	return pool_printf(r->p,
			   "{\"id\":\"%s\",\"kind\":\"%s\",\"status\":\"%s\","
			   "\"version\":%d,\"document\":%s}",
			   text_arg(r, 1), text_arg(r, 2), status, version,
			   text);
}

static void put_record(struct run *r, const char *status, int version)
{
	char *key = pool_printf(r->p, "REC_%s", text_arg(r, 1));
	struct qiao_slice value;

	if (r->c->n != 4) {
		refuse(r, "MALFORMED: id, kind, document");
		return;
	}
	value = qiao_slice_str(document(r, status, version, text_arg(r, 3)));
	write_key(r, key, value);
	r->out->event = "RecordPut";
	r->out->event_payload = value;
	r->out->payload = value;
}

/* Reads what it writes: two in one block conflict. */
static void change_record(struct run *r)
{
	char *key = pool_printf(r->p, "REC_%s", text_arg(r, 1));
	const struct cell *old = read_key(r, &r->own, "records", key);
	const char *at =
		old ? strstr((const char *)old->value.p, "\"version\":") : NULL;

	if (at)
		put_record(r, "active", (int)strtol(at + 10, NULL, 10) + 1);
	else
		refuse(r, "NOTFOUND: no such record");
}

static void run_records(struct run *r, const char *function)
{
	if (strcmp(function, "PutRecord") == 0)
		put_record(r, "active", 1);
	else if (strcmp(function, "RevokeRecord") == 0)
		put_record(r, "revoked", 2);
	else if (strcmp(function, "ChangeRecord") == 0)
		change_record(r);
	else if (strcmp(function, "DeleteRecord") == 0)
		write_key(r, pool_printf(r->p, "REC_%s", text_arg(r, 1)),
			  qiao_slice_of(NULL, 0));
	else if (strcmp(function, "Get") == 0)
		get_key(r);
	else
		refuse(r, "MALFORMED: no such function in the double");
}

/* --- _lifecycle --- */

static struct qiao_slice state_bytes(struct pool *p, struct qiao_slice bytes)
{
	Fab__StateData d = FAB__STATE_DATA__INIT;

	d.type_case = FAB__STATE_DATA__TYPE_BYTES;
	d.bytes = pb(bytes);
	return pool_pack(p, &d);
}

static struct qiao_slice validation_info(struct run *r)
{
	Fab__ChaincodeValidationInfo info =
		FAB__CHAINCODE_VALIDATION_INFO__INIT;
	Fab__ApplicationPolicy policy = FAB__APPLICATION_POLICY__INIT;

	policy.type_case = FAB__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
	policy.signature_policy =
		UNPACK(r->p, signature_policy_envelope,
		       config_peers_policy(r->p, r->c->net, r->c->net->need));
	info.validation_plugin = pool_printf(r->p, "vscc");
	info.validation_parameter = pb(pool_pack(r->p, &policy));
	return pool_pack(r->p, &info);
}

static struct qiao_slice metadata(struct pool *p)
{
	static const char *const fields[] = { "Sequence", "EndorsementInfo",
					      "ValidationInfo", "Collections" };
	Fab__StateMetadata m = FAB__STATE_METADATA__INIT;
	char *name[4];

	for (size_t i = 0; i < 4; i++)
		name[i] = pool_printf(p, "%s", fields[i]);
	m.datatype = pool_printf(p, "ChaincodeDefinition");
	m.fields = name;
	m.n_fields = 4;
	return pool_pack(p, &m);
}

/* The keys that committing a definition writes; approvals are left out. */
static void define_chaincode(struct run *r, const char *name)
{
	Fab__ChaincodeEndorsementInfo e = FAB__CHAINCODE_ENDORSEMENT_INFO__INIT;
	Fab__StateData sequence = FAB__STATE_DATA__INIT;
	char *field = pool_printf(r->p, "namespaces/fields/%s/", name);
	char *meta = pool_printf(r->p, "namespaces/metadata/%s", name);

	e.version = pool_printf(r->p, "1.0");
	e.endorsement_plugin = pool_printf(r->p, "escc");
	sequence.type_case = FAB__STATE_DATA__TYPE_INT64;
	sequence.int64 = 1;
	read_key(r, &r->own, "_lifecycle",
		 pool_printf(r->p, "%sSequence", field));
	read_key(r, &r->own, "_lifecycle", meta);
	write_key(r, pool_printf(r->p, "%sCollections", field),
		  state_bytes(r->p, qiao_slice_of(NULL, 0)));
	write_key(r, pool_printf(r->p, "%sEndorsementInfo", field),
		  state_bytes(r->p, pool_pack(r->p, &e)));
	write_key(r, pool_printf(r->p, "%sSequence", field),
		  pool_pack(r->p, &sequence));
	write_key(r, pool_printf(r->p, "%sValidationInfo", field),
		  state_bytes(r->p, validation_info(r)));
	write_key(r, meta, metadata(r->p));
}

/* --- all of them --- */

static struct qiao_slice pack_touched(struct pool *p, struct touched *t)
{
	Fab__KVRWSet kv = FAB__KVRWSET__INIT;

	kv.reads = t->read;
	kv.n_reads = t->reads;
	kv.writes = t->write;
	kv.n_writes = t->writes;
	return pool_pack(p, &kv);
}

/* Namespaces ascend, and `_` stands before every name of ours. */
static struct qiao_slice pack_results(struct run *r)
{
	Fab__TxReadWriteSet set = FAB__TX_READ_WRITE_SET__INIT;
	Fab__NsReadWriteSet *ns =
		pool_list(r->p, 2, sizeof(*ns), (void ***)&set.ns_rwset);

	if (r->lifecycle.reads > 0) {
		fab__ns_read_write_set__init(&ns[0]);
		ns[0].namespace_ = pool_printf(r->p, "_lifecycle");
		ns[0].rwset = pb(pack_touched(r->p, &r->lifecycle));
		set.n_ns_rwset++;
	}
	fab__ns_read_write_set__init(&ns[set.n_ns_rwset]);
	ns[set.n_ns_rwset].namespace_ =
		pool_printf(r->p, "%s", r->c->chaincode);
	ns[set.n_ns_rwset].rwset = pb(pack_touched(r->p, &r->own));
	set.n_ns_rwset++;
	return pool_pack(r->p, &set);
}

bool chaincode_run(struct simulation *out, struct pool *p,
		   const struct chaincode_call *c)
{
	struct run r = { .c = c, .p = p, .out = out };
	const char *function = text_arg(&r, 0);
	bool lifecycle = strcmp(c->chaincode, "_lifecycle") == 0;

	*out = (struct simulation){ .status = 200 };
	if (!lifecycle &&
	    !read_key(&r, &r.lifecycle, "_lifecycle",
		      pool_printf(p, "namespaces/fields/%s/Sequence",
				  c->chaincode)))
		return false;
	if (lifecycle)
		define_chaincode(&r, text_arg(&r, 1));
	else if (strcmp(c->chaincode, "qiao") == 0)
		run_qiao(&r, function);
	else
		run_records(&r, function);
	out->results = pack_results(&r);
	return true;
}
