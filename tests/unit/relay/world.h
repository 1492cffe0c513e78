/* SPDX-License-Identifier: Apache-2.0 */
/* Two gateways that know each other, and what they send, for relay tests. */
#ifndef TESTS_UNIT_RELAY_WORLD_H
#define TESTS_UNIT_RELAY_WORLD_H

#include "gateway/base/slice.h"
#include "gateway/codec/json.h"
#include "relay/items.h"
#include "tests/unit/crypto/vector.h"
#include "tests/unit/store/fixture.h"

#define NOW INT64_C(1764000000000)

static inline struct qiao_json *load_json(const char *path)
{
	struct qiao_slice text = read_vector(path);
	struct qiao_json *root = NULL;

	CU_ASSERT_EQUAL_FATAL(qiao_json_parse(&root, text, NULL), QIAO_OK);
	free((void *)(uintptr_t)text.p);
	return root;
}

/* Bytes of a hex member, in a buffer that the caller frees. */
static inline struct qiao_slice hex_member(struct qiao_buf *mem,
					   const struct qiao_json *v,
					   const char *key)
{
	qiao_buf_clear(mem);
	CU_ASSERT_EQUAL_FATAL(
		qiao_hex_decode_buf(mem, qiao_json_text(qiao_json_get(v, key))),
		QIAO_OK);
	return qiao_buf_slice(mem);
}

struct world {
	struct qiao_hash network;
	struct qiao_key *key[2];  /* of nanjing and province */
	struct qiao_peers *peers; /* both, so that either may read */
};

static inline void world_add(struct world *w, int i, const char *name)
{
	struct qiao_peer p = { .n_keys = 1, .standing = QIAO_STANDING_KNOWN };

	snprintf(p.gateway, sizeof(p.gateway), "%s", name);
	p.keys[0].key = *qiao_key_public(w->key[i]);
	p.keys[0].not_before = NOW - 1000000;
	p.keys[0].not_after = NOW + 1000000;
	CU_ASSERT_EQUAL_FATAL(qiao_peers_add(w->peers, &p, NULL), QIAO_OK);
}

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->network = hash_of(77);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&w->key[0], QIAO_SCHEME_SECP256K1),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&w->key[1], QIAO_SCHEME_P256),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_peers_new(&w->peers), QIAO_OK);
	world_add(w, 0, "gw.nanjing");
	world_add(w, 1, "gw.province");
}

static inline void world_close(struct world *w)
{
	qiao_peers_free(w->peers);
	qiao_key_free(w->key[0]);
	qiao_key_free(w->key[1]);
}

/* An envelope from nanjing to province (or back), as a caller fills it. */
static inline struct qiao_envelope world_envelope(const struct world *w,
						  bool back, unsigned int kind)
{
	struct qiao_envelope e = {
		.network = w->network,
		.kind = kind,
		.sent_at = NOW,
		.expires_at = NOW + 60000,
	};

	snprintf(e.sender, sizeof(e.sender), "%s",
		 back ? "gw.province" : "gw.nanjing");
	snprintf(e.receiver, sizeof(e.receiver), "%s",
		 back ? "gw.nanjing" : "gw.province");
	e.message.b[0] = 1;
	return e;
}

static inline struct qiao_message_rules world_rules(struct world *w,
						    const char *self)
{
	return (struct qiao_message_rules){ .network = &w->network,
					    .self = self,
					    .peers = w->peers,
					    .now_ms = NOW };
}

/* A transfer of record n with its audit entry in a log of one entry. */
struct sample {
	struct qiao_buf id_array, entry;
	struct qiao_item_transfer item;
	struct qiao_hash audit_root;
};

static inline void sample_make(struct sample *s, const struct world *w,
			       unsigned int n, const char *payload)
{
	char entry[512], id[65], digest[65];
	struct qiao_transfer_key t = {
		.network = w->network,
		.from = { .chain = hash_of(1), .height = n },
		.to = hash_of(2),
		.to_org = "province.data",
		.action = "forward",
		.purpose = "licence-index",
	};

	memset(s, 0, sizeof(*s));
	qiao_transfer_key_encode(&s->id_array, &t);
	s->item.id = t;
	s->item.id_array = qiao_buf_slice(&s->id_array);
	s->item.payload = qiao_slice_str(payload);
	qiao_transfer_id(&s->item.transfer, s->item.id_array);
	qiao_payload_digest(&s->item.digest, s->item.payload);
	s->item.not_after = NOW + 3600000;
	s->item.as_of_height = n;
	s->item.as_of_hash = hash_of(3);
	s->item.as_of_basis = QIAO_AS_OF_SCANNED;
	qiao_hex_encode(id, qiao_slice_hash(&s->item.transfer));
	qiao_hex_encode(digest, qiao_slice_hash(&s->item.digest));
	snprintf(entry, sizeof(entry),
		 "{\"gw\":\"gw.nanjing\",\"payload\":\"%s\",\"seq\":0,"
		 "\"to\":\"gw.province\",\"transfer\":\"%s\","
		 "\"type\":\"queued\",\"v\":1}",
		 digest, id);
	qiao_buf_put_str(&s->entry, entry);
	s->item.queued.entry = qiao_buf_slice(&s->entry);
	qiao_merkle_leaf(&s->audit_root, s->item.queued.entry);
}

static inline void sample_free(struct sample *s)
{
	qiao_buf_free(&s->id_array);
	qiao_buf_free(&s->entry);
}

#endif
