/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao-adapter-fabric: the eight operations of docs/wire.md 10 for one channel,
 * from its servers (mode = "live") or from recorded blocks (mode = "replay").
 * It believes nothing and checks nothing: that is the light client's work.
 */
#include "gateway/include/qiao/adapter.h"
#include "adapters/fabric/live.h"
#include "adapters/fabric/replay.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/conf/conf.h"

#include <pthread.h>
#include <string.h>
#ifdef __linux__
#include <malloc.h>
#endif

/* One of the two. */
struct fabric {
	struct fabric_live *live;
	struct fabric_replay *replay;
	pthread_mutex_t lock; /* of the replay */
};

static struct qiao_adapter_api api; /* open sets what depends on the mode */

static const struct qiao_ckey replay_keys[] = {
	{ "mode", QIAO_C_STR, true },
	{ "nodes", QIAO_C_ARRAY, true },
	{ "block_ms", QIAO_C_INT, false },
	{ NULL, 0, false },
};

/* --- open ----------------------------------------------------------------- */
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

static qiao_err open_replay(struct fabric *f, const struct qiao_conf *conf,
			    struct qiao_diags *d, struct qiao_why *why)
{
	const struct qiao_cnode *root = qiao_conf_root(conf);
	int64_t block_ms = qiao_conf_int(root, "block_ms", 0);
	qiao_err err;

	if (!qiao_conf_check(conf, d, root, "adapter", replay_keys))
		return QIAO_E_CONFIG;
	if (block_ms < 0 || block_ms > 60000)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "fabric adapter: block_ms must be 0..60000");
	f->replay = qiao_calloc(1, sizeof(*f->replay));
	if (!f->replay)
		return QIAO_E_NOMEM;
	f->replay->block_ms = (unsigned int)block_ms;
	err = read_nodes(f->replay, qiao_cnode_get(root, "nodes"), why);
	return err == QIAO_OK ? fabric_replay_open(f->replay, why) : err;
}

static qiao_err open_live(struct fabric *f, const struct qiao_conf *conf,
			  struct qiao_diags *d, struct qiao_why *why)
{
	struct fabric_config *cfg = qiao_calloc(1, sizeof(*cfg));
	qiao_err err = QIAO_E_NOMEM;

	if (cfg)
		err = fabric_config_read(cfg, conf, d, why);
	if (err == QIAO_OK)
		err = fabric_live_open(&f->live, cfg, why);
	qiao_free(cfg);
	if (err != QIAO_OK)
		return err;
	api.origin = "live";
	api.capabilities = fabric_live_capabilities(f->live);
	return QIAO_OK;
}

static qiao_err open_mode(struct fabric *f, const struct qiao_conf *conf,
			  struct qiao_diags *d, struct qiao_why *why)
{
	const char *mode = qiao_conf_str(qiao_conf_root(conf), "mode", "");

	if (strcmp(mode, "replay") == 0)
		return open_replay(f, conf, d, why);
	if (strcmp(mode, "live") == 0)
		return open_live(f, conf, d, why);
	return qiao_fail(why, QIAO_E_CONFIG,
			 "fabric adapter: mode must be \"live\" (a channel's "
			 "servers) or \"replay\" (recorded blocks)");
}

static void close_chain(void *self)
{
	struct fabric *f = self;

	if (f->live)
		fabric_live_close(f->live);
	qiao_free(f->replay);
	pthread_mutex_destroy(&f->lock);
	qiao_free(f);
}

static qiao_err open_chain(void **self, const char *text, struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	struct fabric *f = qiao_calloc(1, sizeof(*f));
	struct qiao_conf *conf = NULL;
	qiao_err err;

	*self = NULL;
	if (!f)
		return QIAO_E_NOMEM;
	pthread_mutex_init(&f->lock, NULL);
	err = qiao_conf_parse(&conf, &d, "adapter", qiao_slice_str(text));
	if (err == QIAO_OK)
		err = open_mode(f, conf, &d, why);
	if (d.errors > 0 && d.text.n > 0)
		qiao_fail(why, err, "fabric adapter: %.*s",
			  (int)strcspn((const char *)d.text.p, "\n"),
			  (const char *)d.text.p);
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	if (err == QIAO_OK)
		*self = f;
	else
		close_chain(f);
	return err;
}

/* --- reading -------------------------------------------------------------- */
static qiao_err chain_head(void *self, uint64_t *next_height, uint64_t known,
			   unsigned int wait_ms, struct qiao_why *why)
{
	struct fabric *f = self;

	if (f->live)
		return fabric_live_head(f->live, next_height, known, wait_ms,
					why);
	pthread_mutex_lock(&f->lock);
	*next_height = fabric_replay_head(f->replay, known, wait_ms);
	pthread_mutex_unlock(&f->lock);
	return QIAO_OK;
}

/* A Fabric block is its own claim and its own proof (docs/wire.md 8.1). */
static qiao_err replay_fetch(struct fabric *f, struct qiao_buf *bundle,
			     uint64_t height, struct qiao_why *why)
{
	struct qiao_buf block = QIAO_BUF;
	const struct qiao_slice none = { NULL, 0 };
	qiao_err err;

	pthread_mutex_lock(&f->lock);
	err = fabric_replay_fetch(f->replay, &block, height, why);
	pthread_mutex_unlock(&f->lock);
	if (err == QIAO_OK)
		qiao_bundle_put(bundle, qiao_buf_slice(&block), none, none);
	qiao_buf_free(&block);
	return err;
}

static qiao_err fetch_block(void *self, struct qiao_buf *bundle,
			    uint64_t height, struct qiao_why *why)
{
	struct fabric *f = self;

	return f->live ? fabric_live_fetch(f->live, bundle, height, why)
		       : replay_fetch(f, bundle, height, why);
}

static qiao_err only_recorded(struct qiao_why *why)
{
	return qiao_fail(why, QIAO_E_UNSUPPORTED,
			 "fabric adapter: recorded blocks are only followed");
}

static qiao_err prove(void *self, struct qiao_buf *proof,
		      struct qiao_slice reference, struct qiao_why *why)
{
	struct fabric *f = self;

	return f->live ? fabric_live_prove(f->live, proof, reference, why)
		       : only_recorded(why);
}

/* --- writing -------------------------------------------------------------- */
static qiao_err submit(void *self, const struct qiao_submission *s,
		       struct qiao_why *why)
{
	struct fabric *f = self;

	return f->live ? fabric_live_submit(f->live, s, why)
		       : only_recorded(why);
}

static qiao_err submit_many(void *self, struct qiao_submitted *out,
			    const struct qiao_submission *s, size_t n,
			    struct qiao_why *why)
{
	struct fabric *f = self;

	return f->live ? fabric_live_submit_many(f->live, out, s, n, why)
		       : only_recorded(why);
}

static qiao_err lookup(void *self, struct qiao_lookup *out,
		       const struct qiao_hash *id, struct qiao_why *why)
{
	struct fabric *f = self;

	return f->live ? fabric_live_lookup(f->live, out, id, why)
		       : only_recorded(why);
}

static qiao_err receipt(void *self, struct qiao_buf *proof,
			const struct qiao_hash *id, struct qiao_why *why)
{
	struct fabric *f = self;

	return f->live ? fabric_live_receipt(f->live, proof, id, why)
		       : only_recorded(why);
}

static const char *const nothing[] = { NULL };

static struct qiao_adapter_api api = {
	.size = sizeof(struct qiao_adapter_api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
	.abi_minor = QIAO_ADAPTER_ABI_MINOR,
	.name = "fabric",
	.family = "fabric",
	.origin = "recorded",
	.max_parallel = 8,
	.capabilities = nothing,
	.open = open_chain,
	.head = chain_head,
	.fetch = fetch_block,
	.prove = prove,
	.submit = submit,
	.lookup = lookup,
	.receipt = receipt,
	.close = close_chain,
	.submit_many = submit_many,
};

/*
 * An arena of glibc's malloc takes 64 MiB of address space, which is limited,
 * and there would be eight for each processor.
 */
static void bound_arenas(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 4);
#endif
}

int main(int argc, char **argv)
{
	bound_arenas();
	return qiao_adapter_main(&api, argc, argv);
}
