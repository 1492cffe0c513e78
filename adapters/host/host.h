/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's side of one adapter process: starting and ending it through the
 * spawner, deadlines, and the eight operations of docs/wire.md 10. Nothing an
 * adapter says is believed here or anywhere; it is handed to a light client.
 *
 * A dead, slow or lying adapter degrades its own chain: calls fail with a
 * sentence, the process is ended and started again after a pause. All functions
 * may be called from any thread; calls block until answer or deadline.
 */
#ifndef ADAPTERS_HOST_HOST_H
#define ADAPTERS_HOST_HOST_H

#include "adapters/host/health.h"
#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/include/qiao/adapter.h"
#include "gateway/include/qiao/limits.h"

#include <sys/types.h>

#define QIAO_HOST_CAPS_MAX 16

struct qiao_host_config {
	const char *chain;    /* nickname, for messages */
	const char *url;      /* ipc:// path in a folder of mode 0700 */
	const char *text;     /* the adapter's own configuration */
	const char *family;   /* what its hello must say */
	unsigned int call_ms; /* deadline of one call, head's wait on top */
	/* Start and end the process; `end` also when it is gone already. */
	void *ctx;
	qiao_err (*start)(void *ctx, pid_t *pid, struct qiao_why *why);
	void (*end)(void *ctx, pid_t pid);
};

struct qiao_host;
/* Copies the configuration; starts nothing yet. */
qiao_err qiao_host_new(struct qiao_host **out,
		       const struct qiao_host_config *c);
/* Any thread, any time: pending calls fail with QIAO_E_CLOSED. */
void qiao_host_close(struct qiao_host *h);
void qiao_host_free(struct qiao_host *h); /* after close; NULL is fine */

struct qiao_host_status {
	enum qiao_health health;
	unsigned int failures; /* since it last ran as long as its pause */
	unsigned int starts;
	pid_t pid;
	char name[QIAO_NAME_MAX];
	char origin[16]; /* "live", "recorded"; "" before the first hello */
	char last[384];  /* the newest failure in words, or "" */
};
void qiao_host_status(struct qiao_host *h, struct qiao_host_status *out);
bool qiao_host_can(struct qiao_host *h, const char *capability);

/*
 * Make sure the process runs and has answered hello and open. QIAO_E_BUSY while
 * pausing after a failure; QIAO_E_ABI when it does not fit.
 */
qiao_err qiao_host_ready(struct qiao_host *h, struct qiao_why *why);

/*
 * What it brought was refused by the light client: a failure like any other, so
 * that it is asked again only after the growing pause, and the operator sees
 * it.
 */
void qiao_host_doubt(struct qiao_host *h, qiao_err err,
		     const struct qiao_why *why);

qiao_err qiao_host_head(struct qiao_host *h, uint64_t *next_height,
			uint64_t known, unsigned int wait_ms,
			struct qiao_why *why);

struct qiao_bundle {
	uint64_t height;
	struct qiao_slice claim;
	struct qiao_slice proof;    /* empty: the claim is its own proof */
	struct qiao_slice openings; /* encoded array */
};
/*
 * Bundles from a height on, at most max_bytes of them (at least one; a block
 * larger than a message is put together from its parts). The slices live as
 * long as *store, which the caller frees. Heights are consecutive from `from`.
 */
qiao_err qiao_host_fetch(struct qiao_host *h, struct qiao_buf *store,
			 struct qiao_bundle *out, size_t *n, size_t max,
			 uint64_t from, size_t max_bytes, struct qiao_why *why);

qiao_err qiao_host_prove(struct qiao_host *h, struct qiao_buf *proof,
			 struct qiao_slice reference, struct qiao_why *why);
/*
 * Hand n submissions over, in as many calls as they need. *result (n of them):
 * what the adapter says of each; after an error of a call those it carried and
 * all behind them have that error. Returns the first that is not QIAO_OK, its
 * sentence in why.
 */
qiao_err qiao_host_submit(struct qiao_host *h, qiao_err *result,
			  const struct qiao_submission *s, size_t n,
			  struct qiao_why *why);
qiao_err qiao_host_lookup(struct qiao_host *h, struct qiao_lookup *out,
			  const struct qiao_hash *id, struct qiao_why *why);
qiao_err qiao_host_receipt(struct qiao_host *h, struct qiao_buf *proof,
			   const struct qiao_hash *id, struct qiao_why *why);

#endif
