/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: canonical JSON entries (docs/wire.md 9), written in the
 * transaction of the state that they report, under an RFC 9162 tree. seq is the
 * row number, without a gap. The nodes of the tree are written in the same
 * transaction too, so that a crash cannot come between entry and tree.
 *
 *	struct qiao_audit_entry e;
 *	qiao_audit_begin(&e, "queued", now);
 *	qiao_audit_hash(&e, "transfer", &id);
 *	qiao_audit_str(&e, "to", peer);
 *	err = qiao_audit_append(log, txn, &e, &id, &seq);
 */
#ifndef GATEWAY_AUDIT_LOG_H
#define GATEWAY_AUDIT_LOG_H

#include "gateway/codec/json.h"
#include "gateway/crypto/merkle.h"
#include "gateway/crypto/sig.h"
#include "gateway/store/store.h"

#define QIAO_AUDIT_MEMBERS_MAX 24
#define QIAO_PSEUDONYM_LEN     35 /* "h:", 32 hex digits, NUL */

/* Who writes: fixed while the daemon runs; may be shared by threads. */
struct qiao_audit_log {
	char gw[QIAO_NAME_MAX + 1];
	struct qiao_slice pseudonym_key; /* borrowed; at least 16 bytes */
};

/*
 * One entry being built. Members in any order; a failure (no memory, a name
 * twice, too many) is sticky and comes out of append. append and abandon
 * release it.
 */
struct qiao_audit_entry {
	const char *type;
	int64_t at_ms;
	size_t n;
	struct {
		char key[32];
		size_t off, len;
	} member[QIAO_AUDIT_MEMBERS_MAX];
	struct qiao_buf values;
	struct qiao_jw w;
	bool open; /* the last member's value is still being written */
	qiao_err err;
};
void qiao_audit_begin(struct qiao_audit_entry *e, const char *type,
		      int64_t at_ms);
void qiao_audit_str(struct qiao_audit_entry *e, const char *key, const char *v);
void qiao_audit_int(struct qiao_audit_entry *e, const char *key, int64_t v);
void qiao_audit_bool(struct qiao_audit_entry *e, const char *key, bool v);
void qiao_audit_null(struct qiao_audit_entry *e, const char *key);
void qiao_audit_hex(struct qiao_audit_entry *e, const char *key,
		    struct qiao_slice v);
void qiao_audit_hash(struct qiao_audit_entry *e, const char *key,
		     const struct qiao_hash *v);
/* v, or null when it is NULL or empty. */
void qiao_audit_str_or_null(struct qiao_audit_entry *e, const char *key,
			    const char *v);
/*
 * For an object or array: a writer that takes exactly one value, used until the
 * next call on e. Never NULL.
 */
struct qiao_jw *qiao_audit_value(struct qiao_audit_entry *e, const char *key);
/* A value that is canonical JSON already. */
void qiao_audit_raw(struct qiao_audit_entry *e, const char *key,
		    struct qiao_slice json);
void qiao_audit_abandon(struct qiao_audit_entry *e);

/*
 * Fill at, gw, seq, type and v, sort, write entry and tree. transfer (may be
 * NULL) is what the entry can be found by. *seq may be NULL. Releases e in
 * every case.
 */
qiao_err qiao_audit_append(const struct qiao_audit_log *log,
			   struct qiao_txn *txn, struct qiao_audit_entry *e,
			   const struct qiao_hash *transfer, uint64_t *seq);

/* "h:" and the first 32 hex digits of HMAC-SHA-256 under the key. Returns out.
 */
char *qiao_audit_pseudonym(const struct qiao_audit_log *log, char *out,
			   struct qiao_slice value);
/* The same, kept as an opening of entry seq, in the erasable side table. */
qiao_err qiao_audit_open(struct qiao_txn *txn, uint64_t seq, const char *name,
			 struct qiao_slice value);

/* The tree. QIAO_E_NOTFOUND: no such size or index yet. Each is O(log n). */
qiao_err qiao_audit_size(struct qiao_txn *txn, uint64_t *size);
qiao_err qiao_audit_root(struct qiao_txn *txn, struct qiao_hash *root,
			 uint64_t size);
/* Inclusion path of entry `index` in the tree of `size`. */
qiao_err qiao_audit_path(struct qiao_txn *txn, struct qiao_merkle_path *path,
			 uint64_t index, uint64_t size);
/* RFC 9162 2.1.4: the tree of size m is a prefix of that of size n. */
qiao_err qiao_audit_consistency(struct qiao_txn *txn,
				struct qiao_merkle_path *proof, uint64_t m,
				uint64_t n);

/*
 * Read everything again: seq without a gap, leaf of each entry, every node of
 * the tree. QIAO_E_HASH or QIAO_E_NUMBER with the place in why. O(n).
 */
qiao_err qiao_audit_check(struct qiao_txn *txn, struct qiao_why *why);

/* Checkpoint, docs/wire.md 9.3. */
struct qiao_checkpoint {
	struct qiao_hash network;
	char gw[QIAO_NAME_MAX + 1];
	uint64_t size;
	struct qiao_hash root;
	int64_t at_ms;
};
qiao_err qiao_checkpoint_encode(struct qiao_buf *out,
				const struct qiao_checkpoint *c);
qiao_err qiao_checkpoint_parse(struct qiao_checkpoint *out,
			       struct qiao_slice in);
qiao_err qiao_checkpoint_sign(struct qiao_sig *out, struct qiao_slice encoded,
			      const struct qiao_key *key);
qiao_err qiao_checkpoint_verify(struct qiao_slice encoded,
				struct qiao_slice sig,
				const struct qiao_pubkey *key);
/* Sign the tree as it is and keep the row. c may be NULL. */
qiao_err qiao_audit_checkpoint(const struct qiao_audit_log *log,
			       struct qiao_txn *txn, struct qiao_checkpoint *c,
			       const struct qiao_hash *network,
			       const struct qiao_key *key, int64_t at_ms);

#endif
