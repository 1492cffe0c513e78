/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message of a stranger: parsed, judged, each item looked at as whatever it
 * claims to be. What parses is canonical, so making it again with the parsed
 * members gives the same envelope.
 */
#include "relay/envelope.h"

#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "relay/items.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_items(const struct qiao_message *m)
{
	static struct qiao_item_transfer it;
	static struct qiao_item_headers headers;
	struct qiao_item_receipt receipt;
	struct qiao_why why;

	for (size_t i = 0; i < m->n; i++) {
		(void)qiao_item_headers_parse(&headers, m->items[i]);
		if (qiao_item_kind(m->items[i]) == 2 &&
		    qiao_item_transfer_parse(&it, m->items[i]) == QIAO_OK)
			(void)qiao_item_transfer_check(&it, m, &why);
		if (qiao_item_receipt_parse(&receipt, m->items[i]) == QIAO_OK)
			(void)qiao_item_receipt_check(&receipt, i, m, &why);
	}
}

static struct qiao_peers *peers_of(const char *name)
{
	static struct qiao_peers *peers;
	struct qiao_key *key;
	struct qiao_peer p = { .n_keys = 1 };

	if (peers)
		return peers;
	if (qiao_peers_new(&peers) != QIAO_OK ||
	    qiao_key_new(&key, QIAO_SCHEME_SECP256K1) != QIAO_OK)
		abort();
	snprintf(p.gateway, sizeof(p.gateway), "%s", name);
	p.keys[0].key = *qiao_key_public(key);
	p.keys[0].not_after = INT64_MAX;
	if (qiao_peers_add(peers, &p, NULL) != QIAO_OK)
		abort();
	qiao_key_free(key);
	return peers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qiao_message m;
	struct qiao_message_rules rules = { .self = "gw.province",
					    .peers = peers_of("gw.nanjing") };
	struct qiao_peer *peer;
	struct qiao_why why;

	if (qiao_message_parse(&m, qiao_slice_of(data, size)) != QIAO_OK)
		return 0;
	rules.network = &m.env.network;
	rules.now_ms = m.env.sent_at;
	/* nobody can sign as our peer */
	if (qiao_message_verify(&m, &peer, &rules, &why) == QIAO_OK)
		abort();
	if (why.text[0] == 0)
		abort();
	look_at_items(&m);
	return 0;
}
