/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exported audit log, docs/audit.md: one folder that holds all that an
 * auditor needs, and no network, no daemon.
 */
#ifndef GATEWAY_CLI_AUDIT_FOLDER_H
#define GATEWAY_CLI_AUDIT_FOLDER_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/crypto/sig.h"
#include "gateway/daemon/config.h"

/* names in it */
#define QIAO_AUDIT_ENTRIES "entries.jsonl" /* exact bytes, one a line */
#define QIAO_AUDIT_LEAVES  "leaves.txt"    /* leaf hash of each, hex */
#define QIAO_AUDIT_CHECKPOINTS                                     \
	"checkpoints.txt"              /* HEX(checkpoint) HEX(sig) \
					*/
#define QIAO_AUDIT_KEYS     "keys.txt" /* gateway key from until */
#define QIAO_AUDIT_SUMMARY  "export.json"
#define QIAO_AUDIT_POLICIES "policies" /* SHA256/FILE.cfg */
#define QIAO_AUDIT_ANCHORS  "anchors"  /* CHAIN.anchor, CHAIN.genesis */
#define QIAO_AUDIT_EVIDENCE "evidence" /* SHA256.bin */
/* what peers signed: HEX(envelope) HEX(signature) HEX(kept items) or - */
#define QIAO_AUDIT_MESSAGES "messages.txt"
/* and what their logs say: TRANSFER HEX(entry, index, path) */
#define QIAO_AUDIT_QUEUED "queued.txt"
/* of export.json: 1 had neither of the last two */
#define QIAO_AUDIT_FOLDER_VERSION 2

struct qiao_store;

struct qiao_audit_export {
	const struct qiao_config *cfg;
	struct qiao_store *store; /* may be read-only */
	const struct qiao_pubkey *key;
	/* only what a signed checkpoint covers: for a log that grows */
	bool signed_only;
	/* out */
	uint64_t entries, signed_;
};
/* Makes dir, which must not be there or be empty. */
qiao_err qiao_audit_export(struct qiao_audit_export *x, const char *dir,
			   struct qiao_why *why);

/* Exit codes of `qiao audit verify`. */
enum qiao_audit_verdict {
	QIAO_AUDIT_CLEAN = 0,
	QIAO_AUDIT_TAMPERED = 2,
	QIAO_AUDIT_INCOMPLETE = 3,
};

#define QIAO_AUDIT_OPEN_MAX 16 /* named in the answer; all are counted */

/* A transfer whose end is not in the log (yet). */
struct qiao_audit_open {
	struct qiao_hash transfer;
	uint64_t seq; /* of the entry that opened it */
	bool out;     /* queued here; otherwise received */
};

/* What the entries say of transfers (audit_books.c). */
struct qiao_audit_counts {
	uint64_t release_permit, release_deny, release_hold;
	uint64_t accept_permit, accept_deny, accept_hold;
	uint64_t queued, superseded, conflicts;
	uint64_t receipts_committed, receipts_other;
	uint64_t received, submitted, committed, too_late;
	uint64_t open_out; /* queued, and no end of it in the log */
	uint64_t open_in;  /* received, likewise */
	size_t n_open;     /* the oldest of both */
	struct qiao_audit_open open[QIAO_AUDIT_OPEN_MAX];
};

struct qiao_audit_result {
	enum qiao_audit_verdict verdict;
	bool has_bad;
	uint64_t bad;        /* index of the first bad entry */
	uint64_t bad_until;  /* it is one of bad..bad_until */
	struct qiao_why why; /* tampered: how; incomplete: the first gap */
	uint64_t entries, checkpoints, signed_; /* signed_: newest tree size */
	uint64_t decisions, replayed, not_replayed;
	/* entries that name a message of a peer: its signature holds, or it is
	 * not in the folder */
	uint64_t peer_signed, peer_missing;
	char gateway[QIAO_NAME_MAX + 1];
	struct qiao_pubkey key; /* that signed */
	struct qiao_audit_counts counts;
};

struct qiao_audit_verify {
	const char *dir;
	/* an earlier export of the same log, or NULL: it must be a prefix */
	const char *known;
	/* the key that must have signed, or NULL: the one in the folder */
	const struct qiao_pubkey *key;
};
/*
 * Re-does everything, reading the folder once. QIAO_OK with the verdict in
 * *out; an error (why) when there is no answer: the folder cannot be read.
 */
qiao_err qiao_audit_verify(struct qiao_audit_result *out,
			   const struct qiao_audit_verify *v,
			   struct qiao_why *why);

#endif
