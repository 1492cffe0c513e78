/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an adapter author implements: fill one `const struct qiao_adapter_api`,
 * link libqiao-sdk, call qiao_adapter_main from main. The SDK is the main loop:
 * it answers `hello` from the struct's data and calls the functions below, one
 * at a time unless max_parallel says more (then from several threads).
 *
 * An adapter is never trusted: its word changes only when the gateway looks,
 * never what it believes. It needs no cryptography beyond its chain's own.
 * Wire: docs/wire.md 10.
 */
#ifndef QIAO_ADAPTER_H
#define QIAO_ADAPTER_H

#include "gateway/include/qiao/err.h"
#include "gateway/include/qiao/types.h"

#define QIAO_ADAPTER_ABI_MAJOR 1
#define QIAO_ADAPTER_ABI_MINOR 0

struct qiao_buf;
struct qiao_why;

/* One sentence for the operator: place, cause, remedy. Returns err. */
qiao_err qiao_adapter_fail(struct qiao_why *why, qiao_err err, const char *fmt,
			   ...) QIAO_PRINTF(3, 4);
/* Append bytes to an output. */
void qiao_adapter_put(struct qiao_buf *out, const void *p, size_t n);

enum qiao_lookup_state {
	QIAO_LOOKUP_ABSENT = 0,
	QIAO_LOOKUP_PENDING = 1,
	QIAO_LOOKUP_UNKNOWN = 2,
	QIAO_LOOKUP_DONE = 3,
};

struct qiao_lookup {
	enum qiao_lookup_state state;
	struct qiao_hash digest; /* DONE, below likewise */
	uint8_t submitter[64];
	size_t submitter_len;
	uint64_t height;
	uint8_t tx[64];
	size_t tx_len;
};

struct qiao_submission {
	const char *kind; /* "deliver", "state", "usage", "anchor" */
	struct qiao_hash id;
	struct qiao_hash digest;
	struct qiao_hash source; /* source chain identity */
	struct qiao_slice payload;
};

struct qiao_submitted {
	qiao_err err;
	char sentence[256]; /* place, cause, remedy; "" when err is QIAO_OK */
};

/*
 * A field of a native record, opened beside its leaf (docs/wire.md 10, bundle).
 * The adapter appends openings already encoded; see qiao_bundle_put.
 */
struct qiao_adapter_api {
	size_t size; /* sizeof(struct qiao_adapter_api) */
	unsigned int abi_major, abi_minor;
	const char *name;   /* "inhouse" */
	const char *family; /* "quorum" */
	/* origin ("live" or "recorded") and capabilities may be set by open */
	const char *origin;
	unsigned int max_parallel;       /* 1: one call at a time */
	const char *const *capabilities; /* ends with NULL */

	/* text: this chain's `adapter` configuration, libconfig syntax. */
	qiao_err (*open)(void **self, const char *text, struct qiao_why *why);
	/* Number of blocks; at once when above known, else in wait_ms. */
	qiao_err (*head)(void *self, uint64_t *next_height, uint64_t known,
			 unsigned int wait_ms, struct qiao_why *why);
	/*
	 * One bundle (claim, proof, openings; docs/wire.md 10). The SDK packs
	 * several into a message and splits a large one into parts.
	 * QIAO_E_NOTFOUND past the end.
	 */
	qiao_err (*fetch)(void *self, struct qiao_buf *bundle, uint64_t height,
			  struct qiao_why *why);
	qiao_err (*prove)(void *self, struct qiao_buf *proof,
			  struct qiao_slice reference, struct qiao_why *why);
	/* Optional from here on: NULL when the chain is read only. */
	qiao_err (*submit)(void *self, const struct qiao_submission *s,
			   struct qiao_why *why);
	qiao_err (*lookup)(void *self, struct qiao_lookup *out,
			   const struct qiao_hash *id, struct qiao_why *why);
	qiao_err (*receipt)(void *self, struct qiao_buf *proof,
			    const struct qiao_hash *id, struct qiao_why *why);
	void (*close)(void *self);
	/*
	 * Several submissions at once, where the chain gains by it; NULL: the
	 * SDK calls submit for each. out: what became of each, all zero before
	 * the call. An error returned is that of all of them.
	 */
	qiao_err (*submit_many)(void *self, struct qiao_submitted *out,
				const struct qiao_submission *s, size_t n,
				struct qiao_why *why);
};

/* Encode a bundle; openings is an encoded array, empty slice for none. */
void qiao_bundle_put(struct qiao_buf *out, struct qiao_slice claim,
		     struct qiao_slice proof, struct qiao_slice openings);

/*
 * Run until the host closes the socket. argv: --socket ipc://PATH. Returns the
 * exit code of main.
 */
int qiao_adapter_main(const struct qiao_adapter_api *api, int argc,
		      char **argv);

#endif
