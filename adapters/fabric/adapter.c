/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Fabric adapter, an own process. This version replays recorded blocks
 * (mode = "replay"); it talks to no network, and says so: origin `recorded`.
 */
#include "adapters/fabric/replay.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"
#include "gateway/include/qiao/adapter.h"

#include <string.h>

static const struct qiao_ckey keys[] = {
	{ "mode", QIAO_C_STR, true },
	{ "nodes", QIAO_C_ARRAY, true },
	{ "block_ms", QIAO_C_INT, false },
	{ NULL, 0, false },
};

static qiao_err read_nodes(struct fabric_replay *r,
			   const struct qiao_cnode *list, struct qiao_why *why)
{
	r->nodes = qiao_cnode_count(list);
	if (r->nodes > FABRIC_NODES_MAX)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "fabric adapter: more than %d nodes",
				 FABRIC_NODES_MAX);
	for (size_t i = 0; i < r->nodes; i++) {
		const char *dir = qiao_cnode_str(qiao_cnode_at(list, i), "");

		if (!qiao_str_copy(r->node[i], sizeof(r->node[i]),
				   qiao_slice_str(dir)))
			return qiao_fail(why, QIAO_E_CONFIG,
					 "fabric adapter: node path too long");
	}
	return QIAO_OK;
}

static qiao_err configure(struct fabric_replay *r, const struct qiao_conf *conf,
			  struct qiao_diags *d, struct qiao_why *why)
{
	const struct qiao_cnode *root = qiao_conf_root(conf);
	int64_t block_ms = qiao_conf_int(root, "block_ms", 0);

	if (!qiao_conf_check(conf, d, root, "adapter", keys))
		return QIAO_E_CONFIG;
	if (strcmp(qiao_conf_str(root, "mode", ""), "replay") != 0)
		return qiao_fail(
			why, QIAO_E_UNSUPPORTED,
			"fabric adapter: mode must be \"replay\"; live "
			"peers and orderers are not built yet");
	if (block_ms < 0 || block_ms > 60000)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "fabric adapter: block_ms must be 0..60000");
	r->block_ms = (unsigned int)block_ms;
	return read_nodes(r, qiao_cnode_get(root, "nodes"), why);
}

static qiao_err open_chain(void **self, const char *text, struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	struct fabric_replay *r = qiao_calloc(1, sizeof(*r));
	struct qiao_conf *conf = NULL;
	qiao_err err;

	*self = NULL;
	if (!r)
		return QIAO_E_NOMEM;
	err = qiao_conf_parse(&conf, &d, "adapter", qiao_slice_str(text));
	if (err == QIAO_OK)
		err = configure(r, conf, &d, why);
	if (err == QIAO_OK)
		err = fabric_replay_open(r, why);
	if (d.errors > 0)
		qiao_fail(why, err, "fabric adapter: %.*s", (int)d.text.n,
			  (const char *)d.text.p);
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	if (err != QIAO_OK) {
		qiao_free(r);
		return err;
	}
	*self = r;
	return QIAO_OK;
}

static qiao_err chain_head(void *self, uint64_t *next_height, uint64_t known,
			   unsigned int wait_ms, struct qiao_why *why)
{
	(void)why;
	*next_height = fabric_replay_head(self, known, wait_ms);
	return QIAO_OK;
}

/* A Fabric block is its own claim and its own proof (docs/wire.md 8.1). */
static qiao_err fetch_block(void *self, struct qiao_buf *bundle,
			    uint64_t height, struct qiao_why *why)
{
	struct qiao_buf block = QIAO_BUF;
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err = fabric_replay_fetch(self, &block, height, why);

	if (err == QIAO_OK)
		qiao_bundle_put(bundle, qiao_buf_slice(&block), none, none);
	qiao_buf_free(&block);
	return err;
}

static qiao_err prove_record(void *self, struct qiao_buf *proof,
			     struct qiao_slice reference, struct qiao_why *why)
{
	(void)self;
	(void)proof;
	(void)reference;
	return qiao_fail(why, QIAO_E_UNSUPPORTED,
			 "fabric adapter: pull proofs are not built yet");
}

static void close_chain(void *self)
{
	qiao_free(self);
}

static const char *const capabilities[] = { NULL };

static const struct qiao_adapter_api api = {
	.size = sizeof(struct qiao_adapter_api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
	.abi_minor = QIAO_ADAPTER_ABI_MINOR,
	.name = "fabric",
	.family = "fabric",
	.origin = "recorded",
	.max_parallel = 1,
	.capabilities = capabilities,
	.open = open_chain,
	.head = chain_head,
	.fetch = fetch_block,
	.prove = prove_record,
	.close = close_chain,
};

int main(int argc, char **argv)
{
	return qiao_adapter_main(&api, argc, argv);
}
