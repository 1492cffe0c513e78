/* SPDX-License-Identifier: Apache-2.0 */
/* qiao audit verify: everything again, from the folder alone. docs/audit.md. */
#include "gateway/audit/log.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/cli/audit_books.h"
#include "gateway/cli/audit_heads.h"
#include "gateway/cli/audit_peers.h"
#include "gateway/cli/audit_policy.h"
#include "gateway/cli/audit_unfreeze.h"
#include "gateway/crypto/hash.h"
#include "policies/engine/decision_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE   (2 * QIAO_PATH_LEN)
#define BUNDLES_MAX 1024 /* policies that were ever in force */

/* A policy that was in force; policy NULL: the folder does not have it. */
struct bundle {
	struct qiao_hash sha256;
	struct qiao_policy *policy;
};

struct verifier {
	const struct qiao_audit_verify *v;
	struct qiao_audit_result *r;
	struct qiao_hash network;
	struct qiao_audit_heads heads; /* checkpoints, by size */
	size_t head;                   /* the next to be compared */
	uint64_t proven; /* entries below are under a head that fits */
	struct qiao_merkle_frontier tree;
	struct qiao_books books;
	struct bundle bundle[BUNDLES_MAX];
	size_t n_bundles;
	FILE *entries, *leaves;
	struct qiao_audit_peers *peers; /* NULL: a folder of version 1 */
	char line[QIAO_AUDIT_ENTRY_MAX + 2];
};

/* --- verdicts ------------------------------------------------------------ */

/* One of from..until is bad. Ends the run. */
#define TAMPERED(k, from, until, ...)                                   \
	(qiao_fail(&(k)->r->why, QIAO_E_STATE, __VA_ARGS__),            \
	 (k)->r->verdict = QIAO_AUDIT_TAMPERED, (k)->r->has_bad = true, \
	 (k)->r->bad = (from), (k)->r->bad_until = (until), QIAO_E_STATE)

/* Goes on; the first is kept. */
#define INCOMPLETE(k, ...)                                                  \
	do {                                                                \
		if ((k)->r->verdict == QIAO_AUDIT_CLEAN)                    \
			qiao_fail(&(k)->r->why, QIAO_E_STATE, __VA_ARGS__); \
		(k)->r->verdict = QIAO_AUDIT_INCOMPLETE;                    \
	} while (0)

/* --- policies ------------------------------------------------------------ */

static qiao_err load_policy(struct verifier *k, uint64_t i, struct bundle *b)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	qiao_err err =
		qiao_audit_policy_load(&b->policy, k->v->dir, &b->sha256);

	qiao_hex_encode(hex, qiao_slice_hash(&b->sha256));
	if (err == QIAO_E_HASH)
		return TAMPERED(k, i, i,
				"the files of the policy that it names have "
				"another digest");
	if (err == QIAO_E_NOTFOUND)
		INCOMPLETE(k, "policy %.16s is not in the folder", hex);
	else if (err == QIAO_E_UNSUPPORTED)
		INCOMPLETE(k, "policy %.16s cannot be loaded by this version",
			   hex);
	else
		return err;
	return QIAO_OK;
}

static struct bundle *find_bundle(struct verifier *k,
				  const struct qiao_hash *sha256)
{
	for (size_t i = 0; i < k->n_bundles; i++)
		if (qiao_hash_eq(&k->bundle[i].sha256, sha256))
			return &k->bundle[i];
	return NULL;
}

/* `start` and `policy_activated` say what is in force from here on. */
static qiao_err activate(struct verifier *k, uint64_t i,
			 const struct qiao_json *bundle)
{
	struct qiao_hash sha256;
	struct bundle *b;

	if (qiao_json_kind(bundle) == QIAO_JSON_NULL)
		return QIAO_OK;
	if (!qiao_hex_decode(sha256.b, sizeof(sha256.b),
			     qiao_json_text(qiao_json_get(bundle, "sha256"))))
		return TAMPERED(k, i, i, "names no policy");
	if (find_bundle(k, &sha256))
		return QIAO_OK;
	if (k->n_bundles == BUNDLES_MAX)
		return QIAO_E_LIMIT;
	b = &k->bundle[k->n_bundles++];
	b->sha256 = sha256;
	return load_policy(k, i, b);
}

/* --- one entry ----------------------------------------------------------- */

static qiao_err replay(struct verifier *k, uint64_t i, struct qiao_slice bytes)
{
	const struct qiao_policy *policy = NULL;
	struct qiao_why why = { "" };
	struct qiao_hash sha256;
	struct bundle *b;
	qiao_err err = qiao_decision_bundle(&sha256, bytes, &why);

	k->r->decisions++;
	if (err == QIAO_E_NOTFOUND && k->n_bundles > 0)
		return TAMPERED(k, i, i,
				"decided without a policy, but one was in "
				"force");
	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK && err != QIAO_E_NOTFOUND)
		return TAMPERED(k, i, i, "%.300s", why.text);
	if (err == QIAO_OK) {
		b = find_bundle(k, &sha256);
		if (!b)
			return TAMPERED(k, i, i,
					"decided under a policy that was "
					"never put in force");
		policy = b->policy;
		if (!policy) {
			k->r->not_replayed++;
			return QIAO_OK;
		}
	}
	err = qiao_decision_replay(policy, bytes, &why);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK)
		return TAMPERED(k, i, i,
				"decided again it comes out otherwise: "
				"%.300s",
				why.text);
	k->r->replayed++;
	return QIAO_OK;
}

static qiao_err check_evidence(struct verifier *k, uint64_t i,
			       const struct qiao_json *e)
{
	struct qiao_slice hex = qiao_json_text(qiao_json_get(e, "evidence"));
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash want, have;
	char path[PATH_SIZE];
	qiao_err err;

	if (!qiao_hex_decode(want.b, sizeof(want.b), hex))
		return TAMPERED(k, i, i, "names no evidence");
	snprintf(path, sizeof(path), "%.400s/" QIAO_AUDIT_EVIDENCE "/%.*s.bin",
		 k->v->dir, (int)hex.n, (const char *)hex.p);
	err = qiao_file_read(&b, path, QIAO_MIB(64), NULL);
	qiao_sha256(&have, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK)
		INCOMPLETE(k,
			   "evidence of entry %" PRIu64 " is not in the folder",
			   i);
	else if (!qiao_hash_eq(&want, &have))
		return TAMPERED(k, i, i, "its evidence file was changed");
	return QIAO_OK;
}

static bool text_is(const struct qiao_json *e, const char *key,
		    const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_get(e, key)), want);
}

/* What every entry has, docs/wire.md 9.1. */
static qiao_err check_frame(struct verifier *k, uint64_t i,
			    const struct qiao_json *e)
{
	int64_t n, ms;

	if (!qiao_json_int(qiao_json_get(e, "seq"), &n) || n < 0 ||
	    (uint64_t)n != i)
		return TAMPERED(k, i, i,
				"its number is not %" PRIu64
				": an entry is missing, or out of order",
				i);
	if (!qiao_json_int(qiao_json_get(e, "v"), &n) || n != 1)
		return TAMPERED(k, i, i, "no entry of version 1");
	if (!text_is(e, "gw", k->r->gateway))
		return TAMPERED(k, i, i, "of another gateway");
	if (!qiao_time_parse(&ms, qiao_json_text(qiao_json_get(e, "at")), 0))
		return TAMPERED(k, i, i, "no time");
	return QIAO_OK;
}

static qiao_err check_start(struct verifier *k, uint64_t i,
			    const struct qiao_json *e)
{
	struct qiao_hash network;

	if (!qiao_hex_decode(network.b, sizeof(network.b),
			     qiao_json_text(qiao_json_get(e, "network"))) ||
	    !qiao_hash_eq(&network, &k->network))
		return TAMPERED(k, i, i, "of another network");
	return activate(k, i, qiao_json_get(e, "policy"));
}

/* The peer cannot deny what it signed, nor can we have made it up. */
static qiao_err check_peer(struct verifier *k, uint64_t i,
			   const struct qiao_json *e)
{
	struct qiao_why why = { "" };
	bool named = false;
	qiao_err err =
		k->peers ? qiao_audit_peers_check(k->peers, &named, e, &why)
			 : QIAO_OK;

	if (err == QIAO_E_PROOF)
		return TAMPERED(k, i, i, "%s", why.text);
	if (err == QIAO_E_NOTFOUND)
		k->r->peer_missing++;
	else if (err == QIAO_OK && named)
		k->r->peer_signed++;
	return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
}

static qiao_err check_unfrozen(struct verifier *k, uint64_t i,
			       const struct qiao_json *e)
{
	struct qiao_why why = { "" };

	if (qiao_audit_unfrozen(e, &k->network, k->r->gateway, &why) == QIAO_OK)
		return QIAO_OK;
	return TAMPERED(k, i, i, "%s", why.text);
}

static qiao_err check_type(struct verifier *k, uint64_t i,
			   const struct qiao_json *e, struct qiao_slice bytes)
{
	if (text_is(e, "type", "decision"))
		return replay(k, i, bytes);
	if (text_is(e, "type", "start"))
		return check_start(k, i, e);
	if (text_is(e, "type", "policy_activated"))
		return activate(k, i, qiao_json_get(e, "bundle"));
	if (text_is(e, "type", "chain_frozen") ||
	    (text_is(e, "type", "route_frozen") &&
	     qiao_json_text(qiao_json_get(e, "evidence")).n > 0))
		return check_evidence(k, i, e);
	if (text_is(e, "type", "unfrozen"))
		return check_unfrozen(k, i, e);
	return check_peer(k, i, e);
}

/* leaves.txt is a help to find the place: the signed heads are the proof. */
static qiao_err check_leaf(struct verifier *k, uint64_t i,
			   const struct qiao_hash *leaf)
{
	char text[2 * QIAO_HASH_LEN + 2];
	struct qiao_hash h;

	if (!k->leaves)
		return QIAO_OK;
	if (fread(text, 1, 2 * QIAO_HASH_LEN + 1, k->leaves) !=
		    2 * QIAO_HASH_LEN + 1 ||
	    !qiao_hex_decode(h.b, sizeof(h.b),
			     qiao_slice_of(text, 2 * QIAO_HASH_LEN)) ||
	    !qiao_hash_eq(&h, leaf))
		return TAMPERED(k, i, i, "its bytes were changed");
	return QIAO_OK;
}

static qiao_err compare_heads(struct verifier *k, uint64_t size)
{
	struct qiao_hash root;

	if (k->head >= k->heads.n || k->heads.head[k->head].c.size != size)
		return QIAO_OK;
	qiao_merkle_frontier_root(&k->tree, &root);
	for (; k->head < k->heads.n && k->heads.head[k->head].c.size == size;
	     k->head++)
		if (!qiao_hash_eq(&root, &k->heads.head[k->head].c.root))
			return TAMPERED(k, k->proven, size ? size - 1 : 0,
					"the tree of %" PRIu64
					" entries is not the one that was "
					"signed%s",
					size,
					k->heads.head[k->head].known
						? " when it was exported before"
						: "");
	k->proven = size;
	return QIAO_OK;
}

static qiao_err check_entry(struct verifier *k, uint64_t i,
			    struct qiao_slice bytes)
{
	struct qiao_json *e = NULL;
	struct qiao_hash leaf;
	qiao_err err;

	qiao_merkle_leaf(&leaf, bytes);
	err = qiao_json_canonical(bytes);
	if (err == QIAO_OK)
		err = qiao_json_parse(&e, bytes, NULL);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK)
		return TAMPERED(k, i, i, "not the canonical form of an entry");
	err = check_frame(k, i, e);
	if (err == QIAO_OK)
		err = check_leaf(k, i, &leaf);
	if (err == QIAO_OK)
		err = check_type(k, i, e, bytes);
	if (err == QIAO_OK) {
		err = qiao_books_note(&k->books, i, e);
		if (err == QIAO_E_MALFORMED)
			err = TAMPERED(k, i, i,
				       "lacks its transfer or payload, or "
				       "names another decision");
	}
	qiao_json_free(e);
	qiao_merkle_push(&k->tree, &leaf);
	return err == QIAO_OK ? compare_heads(k, i + 1) : err;
}

/* --- the whole ----------------------------------------------------------- */

/* One line without its end. False at the end of the file. */
static bool next_line(struct verifier *k, struct qiao_slice *out, bool *whole)
{
	size_t n = 0;
	int ch;

	while ((ch = getc(k->entries)) != EOF && ch != '\n')
		if (n < sizeof(k->line) - 1)
			k->line[n++] = (char)ch;
	*whole = ch == '\n' && n <= QIAO_AUDIT_ENTRY_MAX;
	*out = qiao_slice_of(k->line, n);
	return ch != EOF || n > 0;
}

static qiao_err check_entries(struct verifier *k)
{
	struct qiao_slice bytes;
	bool whole;
	qiao_err err = compare_heads(k, 0);

	while (err == QIAO_OK && next_line(k, &bytes, &whole)) {
		uint64_t i = k->r->entries;

		if (!whole)
			return TAMPERED(k, i, i,
					"longer than an entry can be, "
					"or without an end");
		err = check_entry(k, i, bytes);
		k->r->entries = i + 1;
	}
	return err;
}

static qiao_err check_end(struct verifier *k, const struct qiao_json *summary)
{
	uint64_t n = k->r->entries;
	int64_t said;

	if (k->head < k->heads.n)
		return TAMPERED(k, n, n,
				"the end is missing: a tree of %" PRIu64
				" entries was signed",
				k->heads.head[k->head].c.size);
	if (!qiao_json_int(qiao_json_get(summary, "entries"), &said) ||
	    (uint64_t)said != n)
		return TAMPERED(
			k, n, n,
			"the end is missing, or something was added: " QIAO_AUDIT_SUMMARY
			" tells another number");
	if (k->leaves && getc(k->leaves) != EOF)
		return TAMPERED(k, n, n, QIAO_AUDIT_LEAVES " has more lines");
	if (n > k->proven)
		INCOMPLETE(k,
			   "%" PRIu64 " entries after the newest signed tree "
			   "head are vouched for by nobody",
			   n - k->proven);
	return QIAO_OK;
}

static qiao_err check_books(struct verifier *k)
{
	struct qiao_why why = { "" };
	uint64_t bad;
	qiao_err err = qiao_books_close(&k->books, &k->r->counts, &bad, &why);

	return err == QIAO_OK ? err : TAMPERED(k, bad, bad, "%s", why.text);
}

static qiao_err open_in(FILE **out, const char *dir, const char *name,
			struct qiao_why *why)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%.900s/%s", dir, name);
	*out = fopen(path, "r");
	if (*out)
		return QIAO_OK;
	return qiao_fail(why, errno == ENOENT ? QIAO_E_NOTFOUND : QIAO_E_IO,
			 "%s: %s", path, strerror(errno));
}

/* Who and which federation: everything else is held against these. */
static qiao_err read_summary(struct verifier *k, struct qiao_json **out,
			     struct qiao_why *why)
{
	struct qiao_buf b = QIAO_BUF;
	char path[PATH_SIZE];
	int64_t v;
	qiao_err err;

	snprintf(path, sizeof(path), "%.900s/" QIAO_AUDIT_SUMMARY, k->v->dir);
	err = qiao_file_read(&b, path, QIAO_KIB(64), why);
	if (err == QIAO_OK)
		err = qiao_json_parse(out, qiao_buf_slice(&b), why);
	qiao_buf_free(&b);
	if (err != QIAO_OK)
		return err;
	if (!qiao_json_int(qiao_json_get(*out, "v"), &v) || v < 1 ||
	    v > QIAO_AUDIT_FOLDER_VERSION ||
	    !qiao_str_copy(k->r->gateway, sizeof(k->r->gateway),
			   qiao_json_text(qiao_json_get(*out, "gateway"))) ||
	    !k->r->gateway[0] ||
	    !qiao_hex_decode(k->network.b, sizeof(k->network.b),
			     qiao_json_text(qiao_json_get(*out, "network"))))
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "%s is not what `qiao audit export` writes",
				 path);
	return v == 1 ? QIAO_OK
		      : qiao_audit_peers_open(&k->peers, k->v->dir,
					      k->r->gateway, &k->network, why);
}

static qiao_err read_heads(struct verifier *k, struct qiao_why *why)
{
	struct qiao_why bad = { "" };
	qiao_err err = qiao_audit_heads_read(&k->heads, k->v, k->r->gateway,
					     &k->network, &bad, why);

	k->r->key = k->heads.key;
	k->r->checkpoints = k->heads.n;
	if (k->heads.n > 0)
		k->r->signed_ = k->heads.head[k->heads.n - 1].c.size;
	if (err == QIAO_E_BADSIG)
		return TAMPERED(k, 0,
				k->heads.bad_size ? k->heads.bad_size - 1 : 0,
				"%s", bad.text);
	if (err == QIAO_OK && k->heads.n == 0)
		INCOMPLETE(k, "no signed tree head");
	return err;
}

static qiao_err run(struct verifier *k, struct qiao_why *why)
{
	struct qiao_json *summary = NULL;
	qiao_err err = read_summary(k, &summary, why);

	if (err == QIAO_OK)
		err = open_in(&k->entries, k->v->dir, QIAO_AUDIT_ENTRIES, why);
	if (err == QIAO_OK) {
		err = open_in(&k->leaves, k->v->dir, QIAO_AUDIT_LEAVES, why);
		if (err == QIAO_E_NOTFOUND)
			err = QIAO_OK; /* a convenience */
	}
	if (err == QIAO_OK)
		err = read_heads(k, why);
	if (err == QIAO_OK)
		err = check_entries(k);
	if (err == QIAO_OK)
		err = check_end(k, summary);
	if (err == QIAO_OK)
		err = check_books(k);
	if (err == QIAO_OK && k->r->not_replayed > 0)
		INCOMPLETE(k, "%" PRIu64 " decisions were not re-evaluated",
			   k->r->not_replayed);
	if (err == QIAO_OK && k->r->peer_missing > 0)
		INCOMPLETE(k,
			   "%" PRIu64 " entries name a message of a peer that, "
			   "or whose key, is not in the folder",
			   k->r->peer_missing);
	qiao_json_free(summary);
	return err;
}

qiao_err qiao_audit_verify(struct qiao_audit_result *out,
			   const struct qiao_audit_verify *v,
			   struct qiao_why *why)
{
	struct verifier *k = qiao_calloc(1, sizeof(*k));
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (!k)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	k->v = v;
	k->r = out;
	why->text[0] = '\0';
	err = run(k, why);
	if (out->verdict == QIAO_AUDIT_TAMPERED)
		err = QIAO_OK; /* that is an answer */
	else if (err != QIAO_OK && !why->text[0])
		qiao_fail(why, err, "%s: %s", v->dir, qiao_strerror(err));
	for (size_t i = 0; i < k->n_bundles; i++)
		qiao_policy_unref(k->bundle[i].policy);
	if (k->entries)
		fclose(k->entries);
	if (k->leaves)
		fclose(k->leaves);
	qiao_audit_peers_close(k->peers);
	qiao_audit_heads_free(&k->heads);
	qiao_books_free(&k->books);
	qiao_free(k);
	return err;
}
