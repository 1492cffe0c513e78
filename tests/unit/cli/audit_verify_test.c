/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_folder.h"

#include "gateway/audit/log.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/store/in.h"
#include "policies/engine/decision_json.h"
#include "relay/keep.h"
#include "tests/unit/policy/world.h"
#include "tests/unit/store/fixture.h"

#include <dirent.h>
#include <sys/stat.h>

#define RULES                                                   \
	WORLD_POLICY("c", "owner", "")                          \
	"rules = ( " PERMIT("a", "") ", " DENY("d", "R_ONWARD", \
					       WHEN_ONWARD) " );"

/* What goes wrong while the log is written, by somebody who holds the key. */
enum flaw {
	NO_FLAW,
	WRONG_DECISION, /* a denial is written down for what is permitted */
	NO_DECISION,    /* something is queued without a permit */
	FOREIGN_POLICY, /* decided under a policy that was never in force */
	NO_RECEIPT,     /* the transfer is still open */
	UNSIGNED_END,   /* entries after the newest tree head */
	NO_HEAD,        /* nothing was ever signed */
	NO_POLICY_KEPT, /* the policy's files are gone */
	POLICY_DENIED,  /* a denial that says no policy was there */
	ARRIVAL,        /* none: something arrived from the peer, too */
};

struct bench {
	struct fixture f;
	char data[192], dir[192], other[192];
	struct qiao_config cfg;
	struct qiao_key *key, *peer_key;
	struct qiao_config_peer peer;
	struct qiao_policy *policy, *foreign;
	struct folder files;
	enum flaw flaw;
	uint64_t entries;
};

static const uint8_t pseudonyms[16] = { 4 };
static const struct qiao_audit_log audit = {
	.gw = "nanjing-gw",
	.pseudonym_key = { pseudonyms, sizeof(pseudonyms) },
};

#define NOW 1795140000000

/* --- a small log ---------------------------------------------------------- */

static struct qiao_hash id_of(uint8_t n)
{
	struct qiao_hash h = { { 0x77, n } };

	return h;
}

static void put_bundle(struct qiao_jw *w, const struct qiao_policy *p)
{
	struct qiao_policy_info info;

	qiao_policy_info(p, &info);
	qiao_jw_obj(w);
	qiao_jw_kint(w, "seq", (int64_t)info.seq);
	qiao_jw_khex(w, "sha256", qiao_slice_hash(&info.sha256));
	qiao_jw_kbool(w, "unsigned", true);
	qiao_jw_end(w);
}

static qiao_err put_start(struct bench *b, struct qiao_txn *txn)
{
	struct qiao_audit_entry e;

	qiao_audit_begin(&e, "start", NOW);
	qiao_audit_int(&e, "epoch", 1);
	qiao_audit_hash(&e, "network", &b->cfg.network);
	put_bundle(qiao_audit_value(&e, "policy"), b->policy);
	qiao_audit_str(&e, "version", "0");
	return qiao_audit_append(&audit, txn, &e, NULL, NULL);
}

static qiao_err put_decision(struct bench *b, struct qiao_txn *txn,
			     const struct qiao_hash *id, bool permit,
			     bool wrong)
{
	struct qiao_policy_request q = world_request();
	struct qiao_policy_facts f = world_facts();
	struct qiao_decision d;
	const struct qiao_decision_record r = {
		.policy = b->flaw == FOREIGN_POLICY             ? b->foreign
			  : b->flaw == POLICY_DENIED && !permit ? NULL
								: b->policy,
		.request = &q,
		.facts = &f,
		.decision = &d,
		.transfer = *id,
		.record_ref = "h:00112233445566778899aabbccddeeff",
	};
	struct qiao_audit_entry e;

	q.onward = !permit;
	qiao_policy_decide(r.policy, &d, &q, &f, NULL);
	if (d.verdict != (permit ? QIAO_PERMIT : QIAO_DENY))
		return QIAO_E_STATE;
	if (wrong)
		q.onward = false; /* the facts say what it should have been */
	qiao_audit_begin(&e, "decision", f.at_ms);
	for (size_t i = 0; qiao_decision_keys[i]; i++)
		qiao_decision_put(qiao_audit_value(&e, qiao_decision_keys[i]),
				  &r, i);
	return qiao_audit_append(&audit, txn, &e, id, NULL);
}

/* What the peer signs: one item, under its log of one entry. */
static qiao_err peer_says(struct bench *b, struct qiao_txn *txn,
			  struct qiao_audit_entry *e, unsigned int kind,
			  struct qiao_slice item, struct qiao_slice entry)
{
	struct qiao_envelope env = { .network = b->cfg.network,
				     .kind = kind,
				     .sender = "province-gw",
				     .receiver = "nanjing-gw",
				     .sent_at = NOW,
				     .expires_at = NOW + 1000,
				     .audit_size = 1 };
	static struct qiao_message m;
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_hash leaf;
	qiao_err err;

	qiao_merkle_leaf(&env.audit_root, entry);
	err = qiao_message_make(&bytes, NULL, &env, &item, 1, b->peer_key);
	if (err == QIAO_OK)
		err = qiao_message_parse(&m, qiao_buf_slice(&bytes));
	if (err == QIAO_OK)
		err = qiao_message_keep(txn, &m, NOW);
	qiao_audit_str(e, "from", "province-gw");
	qiao_audit_hash(e, "envelope", &m.digest);
	qiao_merkle_leaf(&leaf, item);
	if (kind == QIAO_KIND_RECEIPTS)
		qiao_audit_hash(e, "item", &leaf);
	qiao_buf_free(&bytes);
	return err;
}

static qiao_err put_receipt(struct bench *b, struct qiao_txn *txn,
			    struct qiao_audit_entry *e,
			    const struct qiao_hash *id)
{
	struct qiao_item_receipt it = { .transfer = *id,
					.digest = *id,
					.state = QIAO_RECEIPT_DENIED,
					.destination = { { 1 } } };
	struct qiao_buf item = QIAO_BUF;
	qiao_err err;

	qiao_item_receipt_encode(&item, &it);
	err = peer_says(b, txn, e, QIAO_KIND_RECEIPTS, qiao_buf_slice(&item),
			qiao_slice_str("{}"));
	qiao_buf_free(&item);
	return err;
}

/* The inbox row is what `queued.txt` comes from. */
static qiao_err put_arrival(struct bench *b, struct qiao_txn *txn)
{
	struct qiao_hash id = id_of(200);
	struct qiao_in_row row = {
		.id = id, .digest = id, .state = 1, .peer = "province-gw"
	};
	struct qiao_buf queued = QIAO_BUF;
	struct qiao_queued q = { .index = 0 };
	struct qiao_audit_entry e;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], entry[400];
	qiao_err err;

	snprintf(entry, sizeof(entry),
		 "{\"gw\":\"province-gw\",\"payload\":\"%s\",\"seq\":0,"
		 "\"to\":\"nanjing-gw\",\"transfer\":\"%s\",\"type\":"
		 "\"queued\"}",
		 qiao_hex_encode(hex, qiao_slice_hash(&id)), hex);
	q.entry = qiao_slice_str(entry);
	qiao_queued_encode(&queued, &q);
	row.audit = qiao_buf_slice(&queued);
	row.id_array = row.payload = row.audit;
	err = qiao_store_in_put(txn, &row);
	qiao_audit_begin(&e, "received", NOW);
	qiao_audit_hash(&e, "transfer", &id);
	qiao_audit_hash(&e, "payload", &id);
	if (err == QIAO_OK)
		err = peer_says(b, txn, &e, QIAO_KIND_TRANSFERS,
				qiao_slice_str("item"), q.entry);
	if (err == QIAO_OK)
		err = qiao_audit_append(&audit, txn, &e, &id, NULL);
	qiao_buf_free(&queued);
	return err;
}

static qiao_err put_step(struct bench *b, struct qiao_txn *txn,
			 const char *type, const struct qiao_hash *id,
			 const char *state)
{
	struct qiao_audit_entry e;
	char decision[QIAO_DECISION_ID_LEN];

	qiao_audit_begin(&e, type, NOW);
	if (strcmp(type, "queued") == 0)
		qiao_audit_str(
			&e, "decision",
			qiao_decision_id(decision, id, QIAO_POINT_RELEASE));
	qiao_audit_hash(&e, "transfer", id);
	qiao_audit_hash(&e, "payload", id);
	if (state) {
		qiao_err err = put_receipt(b, txn, &e, id);

		if (err != QIAO_OK)
			return err;
		qiao_audit_str(&e, "state", state);
	}
	return qiao_audit_append(&audit, txn, &e, id, NULL);
}

/* 4 entries: decision, queued, receipt; and a denial. */
static qiao_err put_life(struct bench *b, struct qiao_txn *txn, uint8_t n)
{
	struct qiao_hash id = id_of(n), no = id_of((uint8_t)(n + 100));
	bool last = n == 5;
	qiao_err err = QIAO_OK;

	if (!(last && b->flaw == NO_DECISION))
		err = put_decision(b, txn, &id, true, false);
	if (err == QIAO_OK)
		err = put_step(b, txn, "queued", &id, NULL);
	if (err == QIAO_OK && !(last && b->flaw == NO_RECEIPT))
		err = put_step(b, txn, "receipt", &id, "committed");
	if (err == QIAO_OK)
		err = put_decision(b, txn, &no, false,
				   last && b->flaw == WRONG_DECISION);
	return err;
}

static qiao_err sign_head(struct bench *b, struct qiao_txn *txn)
{
	return qiao_audit_checkpoint(&audit, txn, NULL, &b->cfg.network, b->key,
				     NOW);
}

static qiao_err write_log(struct qiao_txn *txn, void *arg)
{
	struct bench *b = arg;
	qiao_err err = put_start(b, txn);

	for (uint8_t n = 0; n < 6 && err == QIAO_OK; n++) {
		err = put_life(b, txn, n);
		if (err == QIAO_OK && n == 2 && b->flaw != NO_HEAD)
			err = sign_head(b, txn);
	}
	if (err == QIAO_OK && b->flaw == ARRIVAL)
		err = put_arrival(b, txn);
	if (err == QIAO_OK && b->flaw != UNSIGNED_END && b->flaw != NO_HEAD)
		err = sign_head(b, txn);
	if (err == QIAO_OK)
		err = qiao_audit_size(txn, &b->entries);
	return err;
}

/* --- the bench ------------------------------------------------------------ */

static void put_file(const char *dir, const char *name, struct qiao_slice s)
{
	char path[512];
	struct qiao_why why = { "" };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (qiao_file_write(path, s, 0600, &why) != QIAO_OK)
		CU_FAIL_FATAL(why.text);
}

static void keep_policy(struct bench *b)
{
	struct qiao_policy_info info;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], dir[320];

	qiao_policy_info(b->policy, &info);
	qiao_hex_encode(hex, qiao_slice_hash(&info.sha256));
	mkdir(b->data, 0700);
	snprintf(dir, sizeof(dir), "%s/policies", b->data);
	mkdir(dir, 0700);
	if (b->flaw == NO_POLICY_KEPT)
		return;
	snprintf(dir, sizeof(dir), "%s/policies/%s", b->data, hex);
	mkdir(dir, 0700);
	for (size_t i = 0; i < b->files.n; i++)
		put_file(dir, b->files.files[i].name, b->files.files[i].bytes);
}

static void export_to(struct bench *b, const char *dir)
{
	struct qiao_audit_export x = { .cfg = &b->cfg,
				       .store = b->f.store,
				       .key = qiao_key_public(b->key) };
	struct qiao_why why = { "" };

	if (qiao_audit_export(&x, dir, &why) != QIAO_OK)
		CU_FAIL_FATAL(why.text);
	CU_ASSERT_EQUAL(x.entries, b->entries);
}

static void bench_open(struct bench *b, enum flaw flaw)
{
	static const char rules[] = RULES;
	static const char *const other[] = { RULES "\n" };
	qiao_err err;

	memset(b, 0, sizeof(*b));
	fixture_open(&b->f);
	b->flaw = flaw;
	snprintf(b->data, sizeof(b->data), "%s/data", b->f.dir);
	snprintf(b->dir, sizeof(b->dir), "%s/export", b->f.dir);
	snprintf(b->other, sizeof(b->other), "%s/before", b->f.dir);
	snprintf(b->cfg.data, sizeof(b->cfg.data), "%s", b->data);
	snprintf(b->cfg.id, sizeof(b->cfg.id), "nanjing-gw");
	b->cfg.network.b[0] = 9;
	world_open(&b->files);
	folder_add_text(&b->files, "p0.cfg", rules);
	b->policy = folder_load(&b->files);
	b->foreign = world_policy(other, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->policy);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&b->key, QIAO_SCHEME_SECP256K1),
			      QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&b->peer_key, QIAO_SCHEME_P256),
			      QIAO_OK);
	snprintf(b->peer.id, sizeof(b->peer.id), "province-gw");
	b->peer.n_keys = 1;
	b->peer.keys[0].key = *qiao_key_public(b->peer_key);
	b->peer.keys[0].not_after = INT64_MAX;
	b->cfg.peers = &b->peer;
	b->cfg.n_peers = 1;
	keep_policy(b);
	err = qiao_store_write(b->f.store, write_log, b);
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	export_to(b, b->dir);
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char below[1024];

	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		if (unlink(below) != 0)
			remove_tree(below);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static void bench_close(struct bench *b)
{
	qiao_policy_unref(b->policy);
	qiao_policy_unref(b->foreign);
	folder_free(&b->files);
	qiao_key_free(b->key);
	qiao_key_free(b->peer_key);
	remove_tree(b->data);
	remove_tree(b->dir);
	remove_tree(b->other);
	fixture_close(&b->f);
}

static void verify(const struct bench *b, struct qiao_audit_result *r)
{
	const struct qiao_audit_verify v = { .dir = b->dir };
	struct qiao_why why = { "" };

	if (qiao_audit_verify(r, &v, &why) != QIAO_OK)
		CU_FAIL(why.text);
}

/* --- changing the folder -------------------------------------------------- */

struct lines {
	struct qiao_buf text;
	char *line[64];
	size_t n;
};

static void read_lines(struct lines *l, const struct bench *b, const char *name)
{
	char path[512];
	struct qiao_why why = { "" };

	memset(l, 0, sizeof(*l));
	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	if (qiao_file_read(&l->text, path, QIAO_MIB(4), &why) != QIAO_OK)
		CU_FAIL_FATAL(why.text);
	qiao_buf_put_u8(&l->text, 0);
	for (char *p = (char *)l->text.p; *p && l->n < 64; l->n++) {
		l->line[l->n] = p;
		p = strchr(p, '\n');
		*p++ = '\0';
	}
}

static void write_lines(struct lines *l, const struct bench *b,
			const char *name)
{
	struct qiao_buf out = QIAO_BUF;

	for (size_t i = 0; i < l->n; i++)
		if (l->line[i])
			qiao_buf_printf(&out, "%s\n", l->line[i]);
	put_file(b->dir, name, qiao_buf_slice(&out));
	qiao_buf_free(&out);
	qiao_buf_free(&l->text);
}

enum change {
	NOTHING,
	FLIP,        /* one digit of a digest inside entry 6 */
	FLIP_AT,     /* one digit of its time: nothing else says what it was */
	DELETE,      /* entry 6 */
	SWAP,        /* entries 6 and 7 */
	CUT,         /* the last two entries */
	CUT_TO_HEAD, /* everything after the first signed head */
	APPEND,      /* the last entry once more, as the next number */
	BLANK,       /* a space in entry 6: the same JSON */
	NO_END,      /* the last newline */
};

static void change_log(const struct bench *b, enum change c, const char *name)
{
	bool leaves = strcmp(name, QIAO_AUDIT_LEAVES) == 0;
	struct lines l;
	char *p, *spaced = NULL;

	read_lines(&l, b, name);
	if (c == FLIP && !leaves) {
		p = strstr(l.line[6], "\"transfer\":\"77");
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		p[40] = p[40] == 'f' ? 'e' : 'f';
	} else if (c == FLIP_AT && !leaves) {
		p = strstr(l.line[6], "\"at\":\"");
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		p[28] = p[28] == '9' ? '8' : '9';
	} else if (c == DELETE) {
		l.line[6] = NULL;
	} else if (c == SWAP) {
		p = l.line[6];
		l.line[6] = l.line[7];
		l.line[7] = p;
	} else if (c == CUT) {
		l.n -= 2;
	} else if (c == CUT_TO_HEAD) {
		l.n = 13;
	} else if (c == APPEND) {
		l.line[l.n] = l.line[l.n - 1];
		l.n++;
	} else if (c == BLANK && !leaves) {
		spaced = calloc(1, strlen(l.line[6]) + 2);
		CU_ASSERT_PTR_NOT_NULL_FATAL(spaced);
		snprintf(spaced, strlen(l.line[6]) + 2, "{ %s", l.line[6] + 1);
		l.line[6] = spaced;
	}
	write_lines(&l, b, name);
	free(spaced);
}

static void cut_last_byte(const struct bench *b)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" QIAO_AUDIT_ENTRIES, b->dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(truncate(path, st.st_size - 1), 0);
}

/* What one who knows the layout changes along with the entries. */
static void change_folder(const struct bench *b, enum change c, bool thorough)
{
	struct lines l;
	char path[512];
	char *p;

	if (c == NO_END) {
		cut_last_byte(b);
		return;
	}
	change_log(b, c, QIAO_AUDIT_ENTRIES);
	if (!thorough)
		return;
	snprintf(path, sizeof(path), "%s/" QIAO_AUDIT_LEAVES, b->dir);
	unlink(path);
	read_lines(&l, b, QIAO_AUDIT_SUMMARY);
	p = strstr(l.line[0], "\"entries\":25");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	if (c == CUT || c == CUT_TO_HEAD)
		memcpy(p, c == CUT ? "\"entries\":23" : "\"entries\":13", 12);
	write_lines(&l, b, QIAO_AUDIT_SUMMARY);
}

/* --- cases ---------------------------------------------------------------- */

static void clean(void)
{
	struct qiao_audit_result r;
	struct bench b;

	bench_open(&b, NO_FLAW);
	verify(&b, &r);
	if (r.verdict != QIAO_AUDIT_CLEAN)
		CU_FAIL(r.why.text);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_CLEAN);
	CU_ASSERT_EQUAL(r.entries, 25);
	CU_ASSERT_EQUAL(r.signed_, 25);
	CU_ASSERT_EQUAL(r.checkpoints, 2);
	CU_ASSERT_EQUAL(r.decisions, 12);
	CU_ASSERT_EQUAL(r.replayed, 12);
	CU_ASSERT_EQUAL(r.counts.release_permit, 6);
	CU_ASSERT_EQUAL(r.counts.release_deny, 6);
	CU_ASSERT_EQUAL(r.counts.queued, 6);
	CU_ASSERT_EQUAL(r.counts.receipts_committed, 6);
	CU_ASSERT_EQUAL(r.counts.open_out, 0);
	CU_ASSERT_EQUAL(r.peer_signed, 6);
	CU_ASSERT_EQUAL(r.peer_missing, 0);
	CU_ASSERT_STRING_EQUAL(r.gateway, "nanjing-gw");
	CU_ASSERT_TRUE(qiao_pubkey_eq(&r.key, qiao_key_public(b.key)));
	bench_close(&b);
}

static const struct {
	enum change change;
	bool thorough; /* helpers are changed, too; only signed heads tell */
	uint64_t bad, until;
	const char *word;
} changes[] = {
	{ FLIP, false, 6, 6, "bytes were changed" },
	{ FLIP, true, 6, 6, "names another decision" },
	{ FLIP_AT, false, 6, 6, "bytes were changed" },
	{ FLIP_AT, true, 0, 12, "not the one that was signed" },
	{ DELETE, false, 6, 6, "missing, or out of order" },
	{ DELETE, true, 6, 6, "missing, or out of order" },
	{ SWAP, false, 6, 6, "missing, or out of order" },
	{ SWAP, true, 6, 6, "missing, or out of order" },
	{ CUT, false, 23, 23, "the end is missing" },
	{ CUT, true, 23, 23, "the end is missing" },
	{ CUT_TO_HEAD, true, 13, 13, "the end is missing" },
	{ APPEND, false, 25, 25, "out of order" },
	{ BLANK, false, 6, 6, "canonical" },
	{ NO_END, false, 24, 24, "without an end" },
};

static void tampered_table(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct qiao_audit_result r;
		struct bench b;
		bool hit;

		bench_open(&b, NO_FLAW);
		change_folder(&b, changes[i].change, changes[i].thorough);
		verify(&b, &r);
		hit = r.verdict == QIAO_AUDIT_TAMPERED && r.has_bad &&
		      r.bad == changes[i].bad &&
		      r.bad_until == changes[i].until &&
		      strstr(r.why.text, changes[i].word);
		if (!hit)
			fprintf(stderr,
				"change %zu: verdict %d bad %d..%d %s\n", i,
				(int)r.verdict, (int)r.bad, (int)r.bad_until,
				r.why.text);
		CU_ASSERT_TRUE(hit);
		bench_close(&b);
	}
}

static const struct {
	enum flaw flaw;
	enum qiao_audit_verdict verdict;
	bool has_bad;
	uint64_t bad;
	const char *word;
} flaws[] = {
	{ WRONG_DECISION, QIAO_AUDIT_TAMPERED, true, 24, "decided again" },
	{ NO_DECISION, QIAO_AUDIT_TAMPERED, true, 21, "without a permit" },
	{ FOREIGN_POLICY, QIAO_AUDIT_TAMPERED, true, 1, "never put in force" },
	{ NO_RECEIPT, QIAO_AUDIT_CLEAN, false, 0, "" },
	{ UNSIGNED_END, QIAO_AUDIT_INCOMPLETE, false, 0, "vouched for" },
	{ NO_HEAD, QIAO_AUDIT_INCOMPLETE, false, 0, "no signed tree head" },
	{ NO_POLICY_KEPT, QIAO_AUDIT_INCOMPLETE, false, 0, "policy" },
	{ POLICY_DENIED, QIAO_AUDIT_TAMPERED, true, 4, "one was in force" },
};

static void flaw_table(void)
{
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		struct qiao_audit_result r;
		struct bench b;
		bool hit;

		bench_open(&b, flaws[i].flaw);
		verify(&b, &r);
		hit = r.verdict == flaws[i].verdict &&
		      r.has_bad == flaws[i].has_bad && r.bad == flaws[i].bad &&
		      strstr(r.why.text, flaws[i].word);
		if (!hit)
			fprintf(stderr, "flaw %zu: verdict %d bad %d: %s\n", i,
				(int)r.verdict, (int)r.bad, r.why.text);
		CU_ASSERT_TRUE(hit);
		CU_ASSERT_EQUAL(r.counts.open_out,
				flaws[i].flaw == NO_RECEIPT ? 1 : 0);
		CU_ASSERT_EQUAL(r.not_replayed,
				flaws[i].flaw == NO_POLICY_KEPT ? 12 : 0);
		bench_close(&b);
	}
}

/* What a peer signed, changed in the folder. */
static const struct {
	const char *file;
	size_t line, at; /* the hex digit that is flipped */
	bool gone;       /* the whole line is */
	enum qiao_audit_verdict verdict;
	uint64_t bad;
	const char *word;
} words[] = {
	{ QIAO_AUDIT_MESSAGES, 1, 400, false, QIAO_AUDIT_TAMPERED, 7,
	  "signature" },
	{ QIAO_AUDIT_MESSAGES, 1, 100, false, QIAO_AUDIT_INCOMPLETE, 0,
	  "not in the folder" },
	{ QIAO_AUDIT_MESSAGES, 1, 0, true, QIAO_AUDIT_INCOMPLETE, 0,
	  "1 entries" },
	{ QIAO_AUDIT_MESSAGES, 2, SIZE_MAX, false, QIAO_AUDIT_TAMPERED, 11,
	  "" },
	{ QIAO_AUDIT_QUEUED, 0, 120, false, QIAO_AUDIT_TAMPERED, 25,
	  "another transfer" },
	{ QIAO_AUDIT_QUEUED, 0, 3, false, QIAO_AUDIT_INCOMPLETE, 0,
	  "1 entries" },
	{ QIAO_AUDIT_KEYS, 1, 0, true, QIAO_AUDIT_INCOMPLETE, 0, "7 entries" },
};

static void flip(struct lines *l, size_t line, size_t at)
{
	char *p = l->line[line] +
		  (at == SIZE_MAX ? strlen(l->line[line]) - 1 : at);

	*p = *p == '0' ? '1' : '0';
}

static void words_of_peers(void)
{
	struct qiao_audit_result r;
	struct bench b;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct lines l;
		bool hit;

		bench_open(&b, ARRIVAL);
		verify(&b, &r);
		CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_CLEAN);
		CU_ASSERT_EQUAL(r.peer_signed, 7);
		read_lines(&l, &b, words[i].file);
		if (words[i].gone)
			l.line[words[i].line] = NULL;
		else
			flip(&l, words[i].line, words[i].at);
		write_lines(&l, &b, words[i].file);
		verify(&b, &r);
		hit = r.verdict == words[i].verdict && r.bad == words[i].bad &&
		      strstr(r.why.text, words[i].word);
		if (!hit)
			fprintf(stderr, "word %zu: verdict %d bad %d: %s\n", i,
				(int)r.verdict, (int)r.bad, r.why.text);
		CU_ASSERT_TRUE(hit);
		bench_close(&b);
	}
}

/* An export of version 1 had nothing of peers: it is judged as it was. */
static void earlier_version(void)
{
	struct qiao_audit_result r;
	struct bench b;
	struct lines l;
	char path[512], *p;

	bench_open(&b, NO_FLAW);
	snprintf(path, sizeof(path), "%s/" QIAO_AUDIT_MESSAGES, b.dir);
	CU_ASSERT_EQUAL(unlink(path), 0);
	verify(&b, &r);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_INCOMPLETE);
	CU_ASSERT_EQUAL(r.peer_missing, 6);
	read_lines(&l, &b, QIAO_AUDIT_SUMMARY);
	p = strstr(l.line[0], "\"v\":2");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p[4] = '1';
	write_lines(&l, &b, QIAO_AUDIT_SUMMARY);
	verify(&b, &r);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_CLEAN);
	CU_ASSERT_EQUAL(r.peer_signed, 0);
	bench_close(&b);
}

/* The one who holds the key signs another log: an earlier export tells. */
static void forked(void)
{
	struct qiao_audit_verify v = { .dir = NULL };
	struct qiao_audit_result r;
	struct qiao_why why = { "" };
	struct bench a, b;
	struct lines l;

	bench_open(&a, NO_FLAW);
	bench_open(&b, NO_RECEIPT);
	/* the same key, as a gateway that shows two logs has */
	v.dir = b.dir;
	v.known = a.dir;
	v.key = qiao_key_public(a.key);
	CU_ASSERT_EQUAL(qiao_audit_verify(&r, &v, &why), QIAO_OK);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_TAMPERED); /* another key */
	/* its own heads in one folder: two of one size */
	read_lines(&l, &a, QIAO_AUDIT_CHECKPOINTS);
	CU_ASSERT_EQUAL(l.n, 2);
	qiao_buf_free(&l.text);
	v.dir = v.known = a.dir;
	CU_ASSERT_EQUAL(qiao_audit_verify(&r, &v, &why), QIAO_OK);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_CLEAN);
	bench_close(&a);
	bench_close(&b);
}

static void add_head(const struct bench *b, uint64_t size, uint8_t root,
		     const struct qiao_key *key)
{
	struct qiao_checkpoint c = { .network = b->cfg.network,
				     .size = size,
				     .root = { { root } },
				     .at_ms = NOW };
	struct qiao_buf e = QIAO_BUF;
	struct qiao_sig sig;
	struct lines l;
	char line[1024], hex[400], shex[QIAO_HEX_LEN(QIAO_SIG_LEN)];

	snprintf(c.gw, sizeof(c.gw), "nanjing-gw");
	CU_ASSERT_EQUAL_FATAL(qiao_checkpoint_encode(&e, &c), QIAO_OK);
	CU_ASSERT_EQUAL_FATAL(
		qiao_checkpoint_sign(&sig, qiao_buf_slice(&e), key), QIAO_OK);
	CU_ASSERT_FATAL(e.n < 190);
	snprintf(line, sizeof(line), "%s %s",
		 qiao_hex_encode(hex, qiao_buf_slice(&e)),
		 qiao_hex_encode(shex, qiao_slice_of(sig.b, sizeof(sig.b))));
	read_lines(&l, b, QIAO_AUDIT_CHECKPOINTS);
	l.line[l.n++] = line;
	write_lines(&l, b, QIAO_AUDIT_CHECKPOINTS);
	qiao_buf_free(&e);
}

static void other_heads(void)
{
	static const struct {
		uint64_t size;
		bool own_key;
		const char *word;
	} t[] = {
		{ 25, true, "forked" },
		{ 13, true, "forked" },
		{ 7, true, "not the one that was signed" },
		{ 26, true, "the end is missing" },
		{ 0, true, "not the one that was signed" },
		{ 7, false, "does not hold" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct qiao_audit_result r;
		struct qiao_key *stranger;
		struct bench b;

		bench_open(&b, NO_FLAW);
		CU_ASSERT_EQUAL_FATAL(
			qiao_key_new(&stranger, QIAO_SCHEME_SECP256K1),
			QIAO_OK);
		add_head(&b, t[i].size, 3, t[i].own_key ? b.key : stranger);
		verify(&b, &r);
		if (!strstr(r.why.text, t[i].word))
			fprintf(stderr, "head %zu: %s\n", i, r.why.text);
		CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_TAMPERED);
		CU_ASSERT_PTR_NOT_NULL(strstr(r.why.text, t[i].word));
		qiao_key_free(stranger);
		bench_close(&b);
	}
}

/* A log that was rewritten and signed again, beside the one shown before. */
static void rewritten(void)
{
	struct qiao_audit_verify v = { .dir = NULL };
	struct qiao_audit_result r;
	struct qiao_why why = { "" };
	struct bench b;
	char path[512];

	bench_open(&b, NO_FLAW);
	export_to(&b, b.other);
	/* another store of the same gateway, with the same key */
	qiao_store_close(b.f.store);
	unlink(b.f.path);
	snprintf(path, sizeof(path), "%s-wal", b.f.path);
	unlink(path);
	snprintf(path, sizeof(path), "%s-shm", b.f.path);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(fixture_try_open(&b.f, NULL), QIAO_OK);
	b.flaw = NO_RECEIPT;
	CU_ASSERT_EQUAL_FATAL(qiao_store_write(b.f.store, write_log, &b),
			      QIAO_OK);
	remove_tree(b.dir);
	export_to(&b, b.dir);
	verify(&b, &r);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_CLEAN); /* alone it is fine */
	v.dir = b.dir;
	v.known = b.other;
	CU_ASSERT_EQUAL(qiao_audit_verify(&r, &v, &why), QIAO_OK);
	CU_ASSERT_EQUAL(r.verdict, QIAO_AUDIT_TAMPERED);
	bench_close(&b);
}

/* clang-format off */
static const struct {
	const char *name, *text; /* a file of the policy's folder */
	enum qiao_audit_verdict verdict;
	const char *word;
} policy_files[] = {
	{ "p0.cfg", RULES "\n", QIAO_AUDIT_TAMPERED, "another digest" },
	{ "p0.cfg", "rules = (", QIAO_AUDIT_TAMPERED, "another digest" },
	{ "p1.cfg", "tests = ( );\n", QIAO_AUDIT_TAMPERED, "another digest" },
	{ "p0.txt", "", QIAO_AUDIT_TAMPERED, "another digest" },
	{ "README", "", QIAO_AUDIT_CLEAN, "" },
};
/* clang-format on */

static void policy_changed(void)
{
	for (size_t i = 0; i < sizeof(policy_files) / sizeof(policy_files[0]);
	     i++) {
		char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], dir[512];
		struct qiao_policy_info info;
		struct qiao_audit_result r;
		struct bench b;

		bench_open(&b, NO_FLAW);
		qiao_policy_info(b.policy, &info);
		snprintf(dir, sizeof(dir), "%s/" QIAO_AUDIT_POLICIES "/%s",
			 b.dir,
			 qiao_hex_encode(hex, qiao_slice_hash(&info.sha256)));
		put_file(dir, policy_files[i].name,
			 qiao_slice_str(policy_files[i].text));
		verify(&b, &r);
		CU_ASSERT_EQUAL(r.verdict, policy_files[i].verdict);
		CU_ASSERT_EQUAL(r.bad, 0); /* `start` put it in force */
		CU_ASSERT_PTR_NOT_NULL(
			strstr(r.why.text, policy_files[i].word));
		bench_close(&b);
	}
}

static void not_a_folder(void)
{
	struct qiao_audit_verify v = { .dir = "no/such/folder" };
	struct qiao_audit_result r;
	struct qiao_why why = { "" };

	CU_ASSERT_NOT_EQUAL(qiao_audit_verify(&r, &v, &why), QIAO_OK);
	CU_ASSERT_TRUE(why.text[0] != '\0');
}

static void export_needs_a_new_folder(void)
{
	struct qiao_why why = { "" };
	struct bench b;

	bench_open(&b, NO_FLAW);
	{
		struct qiao_audit_export x = { .cfg = &b.cfg,
					       .store = b.f.store,
					       .key = qiao_key_public(b.key) };

		CU_ASSERT_EQUAL(qiao_audit_export(&x, b.dir, &why),
				QIAO_E_EXISTS);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "not empty"));
	}
	bench_close(&b);
}

static void no_memory(void)
{
	struct qiao_audit_result r;
	struct qiao_why why = { "" };
	qiao_err err = QIAO_E_NOMEM;
	struct bench b;

	bench_open(&b, NO_FLAW);
	for (long n = 0; n < 20000 && err != QIAO_OK; n += n < 50 ? 1 : 37) {
		const struct qiao_audit_verify v = { .dir = b.dir };

		qiao_fault_alloc_after = n;
		err = qiao_audit_verify(&r, &v, &why);
		qiao_fault_alloc_after = -1;
		/* no memory is no verdict about the log */
		if (err == QIAO_OK && r.verdict != QIAO_AUDIT_CLEAN) {
			fprintf(stderr, "allocation %ld: %s\n", n, r.why.text);
			CU_FAIL("a verdict");
		}
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	bench_close(&b);
}

static const struct test_case cases[] = {
	{ "an untouched export is clean, and counted", clean },
	{ "a changed folder is tampered, and the place is named",
	  tampered_table },
	{ "what the key's holder did wrong while writing is found",
	  flaw_table },
	{ "what peers signed is checked, and its absence is told",
	  words_of_peers },
	{ "an export of version 1 is judged as it was", earlier_version },
	{ "heads of another key are refused; the same heads again are fine",
	  forked },
	{ "a signed head that does not fit is refused", other_heads },
	{ "a log rewritten and signed again differs from the one shown before",
	  rewritten },
	{ "a policy whose files were changed is refused", policy_changed },
	{ "what cannot be read has no verdict", not_a_folder },
	{ "an export is never mixed with an older one",
	  export_needs_a_new_folder },
	{ "a failed allocation is no verdict", no_memory },
	{ NULL, NULL },
};
const struct test_suite audit_verify_test_suite = { "cli/audit_verify", cases };
