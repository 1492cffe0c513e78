/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_peers.h"

#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/wire/queued.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_FILE_MAX QIAO_MIB(4)

/* Where in a file the line about something stands. */
struct line {
	struct qiao_hash of;
	long at;
	bool verified; /* the signature of its envelope */
};

/* Lines by what they are about; they stay in the file until they are asked. */
struct lines {
	FILE *f;
	struct line *line;
	size_t n, cap;
	struct qiao_buf text; /* the last one read, without its end */
};

struct key {
	char gateway[QIAO_NAME_MAX + 1];
	struct qiao_pubkey key;
	struct qiao_id16 id;
	int64_t from, until;
};

struct qiao_audit_peers {
	const char *gateway;
	const struct qiao_hash *network;
	struct lines messages, queued;
	struct key *key;
	size_t n_keys;
	struct qiao_buf envelope, signature, items; /* of the last message */
	struct qiao_envelope env;
};

/* --- files --------------------------------------------------------------- */

static struct qiao_slice next_word(struct qiao_slice *in, uint8_t end)
{
	const uint8_t *p = in->n ? memchr(in->p, end, in->n) : NULL;
	struct qiao_slice word = { in->p, p ? (size_t)(p - in->p) : in->n };
	size_t used = word.n + (p != NULL);

	in->p += used;
	in->n -= used;
	return word;
}

static bool line_read(struct lines *l)
{
	int ch;

	qiao_buf_clear(&l->text);
	while ((ch = getc(l->f)) != EOF && ch != '\n')
		qiao_buf_put_u8(&l->text, (uint8_t)ch);
	return l->text.err == QIAO_OK && (ch != EOF || l->text.n > 0);
}

static int line_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return memcmp(x->of.b, y->of.b, sizeof(x->of.b));
}

static qiao_err line_add(struct lines *l, const struct qiao_hash *of, long at)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct line *p = qiao_realloc(l->line, cap * sizeof(*p));

		if (!p)
			return QIAO_E_NOMEM;
		l->line = p;
		l->cap = cap;
	}
	l->line[l->n++] = (struct line){ .of = *of, .at = at };
	return QIAO_OK;
}

/* QIAO_E_MALFORMED: not a line that export writes. */
typedef qiao_err (*line_about)(struct qiao_hash *of, struct qiao_slice line);

static qiao_err about_message(struct qiao_hash *of, struct qiao_slice line)
{
	struct qiao_buf envelope = { .max = QIAO_ENVELOPE_MAX };
	qiao_err err = qiao_hex_decode_buf(&envelope, next_word(&line, ' '));

	if (err == QIAO_OK)
		qiao_envelope_digest(of, qiao_buf_slice(&envelope));
	qiao_buf_free(&envelope);
	return err == QIAO_E_NOMEM ? err
	       : err != QIAO_OK    ? QIAO_E_MALFORMED
				   : QIAO_OK;
}

static qiao_err about_transfer(struct qiao_hash *of, struct qiao_slice line)
{
	return qiao_hex_decode(of->b, sizeof(of->b), next_word(&line, ' '))
		       ? QIAO_OK
		       : QIAO_E_MALFORMED;
}

static qiao_err lines_open(struct lines *l, const char *dir, const char *name,
			   line_about about, struct qiao_why *why)
{
	char path[2 * QIAO_PATH_LEN];
	struct qiao_hash of;
	long at = 0;
	qiao_err err = QIAO_OK;

	snprintf(path, sizeof(path), "%.900s/%s", dir, name);
	l->f = fopen(path, "r");
	if (!l->f)
		return errno == ENOENT ? QIAO_OK
				       : qiao_fail(why, QIAO_E_IO, "%s: %s",
						   path, strerror(errno));
	l->text.max = QIAO_MIB(1); /* a message of 512 kept items is less */
	for (; err == QIAO_OK && line_read(l); at = ftell(l->f)) {
		err = about(&of, qiao_buf_slice(&l->text));
		if (err == QIAO_OK)
			err = line_add(l, &of, at);
		else if (err == QIAO_E_MALFORMED)
			err = QIAO_OK; /* as good as not there */
	}
	if (err == QIAO_OK && (l->text.err != QIAO_OK || ferror(l->f)))
		err = qiao_fail(why, QIAO_E_MALFORMED,
				"%s: a line is too long, or cannot be read",
				path);
	if (l->n > 0)
		qsort(l->line, l->n, sizeof(*l->line), line_order);
	return err;
}

static struct line *lines_find(struct lines *l, const struct qiao_hash *of)
{
	struct line want = { .of = *of }, *found = NULL;

	if (l->n > 0)
		found = bsearch(&want, l->line, l->n, sizeof(want), line_order);
	if (!found || fseek(l->f, found->at, SEEK_SET) != 0 || !line_read(l))
		return NULL;
	return found;
}

static void lines_close(struct lines *l)
{
	if (l->f)
		fclose(l->f);
	qiao_free(l->line);
	qiao_buf_free(&l->text);
}

/* GATEWAY KEY FROM UNTIL */
static bool key_read(struct key *k, struct qiao_slice line)
{
	char text[QIAO_PUBKEY_TEXT_LEN];
	struct qiao_slice from, until;

	if (!qiao_str_copy(k->gateway, sizeof(k->gateway),
			   next_word(&line, ' ')) ||
	    !qiao_str_copy(text, sizeof(text), next_word(&line, ' ')) ||
	    qiao_pubkey_read(&k->key, text) != QIAO_OK)
		return false;
	k->id = qiao_pubkey_id(&k->key);
	from = next_word(&line, ' ');
	until = next_word(&line, ' ');
	k->from = QIAO_TIME_MS_MIN;
	k->until = QIAO_TIME_MS_MAX;
	return (qiao_slice_is(from, "-") ||
		qiao_time_parse(&k->from, from, 0)) &&
	       (qiao_slice_is(until, "-") ||
		qiao_time_parse(&k->until, until, 0));
}

static qiao_err keys_read(struct qiao_audit_peers *p, const char *dir,
			  struct qiao_why *why)
{
	struct qiao_buf b = QIAO_BUF;
	char path[2 * QIAO_PATH_LEN];
	struct qiao_slice in;
	size_t lines = 1;
	qiao_err err;

	snprintf(path, sizeof(path), "%.900s/" QIAO_AUDIT_KEYS, dir);
	err = qiao_file_read(&b, path, KEYS_FILE_MAX, why);
	if (err != QIAO_OK)
		return err == QIAO_E_NOTFOUND ? QIAO_OK : err;
	in = qiao_buf_slice(&b);
	for (size_t i = 0; i < in.n; i++)
		lines += in.p[i] == '\n';
	p->key = qiao_calloc(lines, sizeof(*p->key));
	while (p->key && in.n > 0)
		if (key_read(&p->key[p->n_keys], next_word(&in, '\n')))
			p->n_keys++;
	qiao_buf_free(&b);
	return p->key ? QIAO_OK : QIAO_E_NOMEM;
}

qiao_err qiao_audit_peers_open(struct qiao_audit_peers **out, const char *dir,
			       const char *gateway,
			       const struct qiao_hash *network,
			       struct qiao_why *why)
{
	struct qiao_audit_peers *p = qiao_calloc(1, sizeof(*p));
	qiao_err err = p ? QIAO_OK : QIAO_E_NOMEM;

	*out = p;
	if (err == QIAO_OK) {
		p->gateway = gateway;
		p->network = network;
		err = keys_read(p, dir, why);
	}
	if (err == QIAO_OK)
		err = lines_open(&p->messages, dir, QIAO_AUDIT_MESSAGES,
				 about_message, why);
	if (err == QIAO_OK)
		err = lines_open(&p->queued, dir, QIAO_AUDIT_QUEUED,
				 about_transfer, why);
	return err;
}

void qiao_audit_peers_close(struct qiao_audit_peers *p)
{
	if (!p)
		return;
	lines_close(&p->messages);
	lines_close(&p->queued);
	qiao_buf_free(&p->envelope);
	qiao_buf_free(&p->signature);
	qiao_buf_free(&p->items);
	qiao_free(p->key);
	qiao_free(p);
}

/* --- one entry ----------------------------------------------------------- */

static struct qiao_slice text_of(const struct qiao_json *e, const char *key)
{
	return qiao_json_text(qiao_json_get(e, key));
}

static bool hash_of(struct qiao_hash *out, const struct qiao_json *e,
		    const char *key)
{
	return qiao_hex_decode(out->b, sizeof(out->b), text_of(e, key));
}

static qiao_err contradicts(struct qiao_why *why, const char *how)
{
	return qiao_fail(why, QIAO_E_PROOF, "the message that it names %s",
			 how);
}

static const struct key *key_find(const struct qiao_audit_peers *p,
				  int64_t at_ms)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (strcmp(p->key[i].gateway, p->env.sender) == 0 &&
		    memcmp(p->key[i].id.b, p->env.key.b,
			   sizeof(p->env.key.b)) == 0 &&
		    at_ms >= p->key[i].from && at_ms < p->key[i].until)
			return &p->key[i];
	return NULL;
}

static qiao_err message_decode(struct qiao_audit_peers *p, struct qiao_why *why)
{
	struct qiao_slice in = qiao_buf_slice(&p->messages.text), word;
	qiao_err err;

	qiao_buf_clear(&p->envelope);
	qiao_buf_clear(&p->signature);
	qiao_buf_clear(&p->items);
	err = qiao_hex_decode_buf(&p->envelope, next_word(&in, ' '));
	if (err == QIAO_OK)
		err = qiao_hex_decode_buf(&p->signature, next_word(&in, ' '));
	word = next_word(&in, ' ');
	if (err == QIAO_OK && !qiao_slice_is(word, "-"))
		err = qiao_hex_decode_buf(&p->items, word);
	if (err == QIAO_OK)
		err = qiao_envelope_parse(&p->env,
					  qiao_buf_slice(&p->envelope));
	if (err == QIAO_E_NOMEM)
		return err;
	return err == QIAO_OK ? err : contradicts(why, "is malformed");
}

static qiao_err message_check(struct qiao_audit_peers *p, struct line *l,
			      const struct qiao_json *e, struct qiao_why *why)
{
	const struct key *k;
	int64_t at;

	if (!qiao_hash_eq(&p->env.network, p->network))
		return contradicts(why, "is of another network");
	if (strcmp(p->env.receiver, p->gateway) != 0)
		return contradicts(why, "is meant for another gateway");
	if (!qiao_slice_is(text_of(e, "from"), p->env.sender))
		return contradicts(why, "is from another gateway");
	if (l->verified)
		return QIAO_OK;
	if (!qiao_time_parse(&at, text_of(e, "at"), 0))
		return QIAO_E_NOTFOUND;
	k = key_find(p, at);
	if (!k)
		return QIAO_E_NOTFOUND;
	if (qiao_envelope_signed_by(qiao_buf_slice(&p->envelope),
				    qiao_buf_slice(&p->signature),
				    &k->key) != QIAO_OK)
		return contradicts(why, "has a signature that does not hold");
	l->verified = true;
	return QIAO_OK;
}

/* The sender's own log, which it signed, has it queued for us. */
static qiao_err transfer_check(struct qiao_audit_peers *p,
			       const struct qiao_json *e, struct qiao_why *why)
{
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_hash transfer, payload, said, digest;
	struct qiao_queued q;
	struct qiao_slice in;
	qiao_err err;

	if (p->env.kind != QIAO_KIND_TRANSFERS || p->env.has_reply_to)
		return contradicts(why, "brings no transfers");
	if (!hash_of(&transfer, e, "transfer") ||
	    !hash_of(&payload, e, "payload"))
		return contradicts(why, "cannot be compared");
	if (!lines_find(&p->queued, &transfer))
		return QIAO_E_NOTFOUND;
	in = qiao_buf_slice(&p->queued.text);
	next_word(&in, ' ');
	err = qiao_hex_decode_buf(&bytes, in);
	if (err == QIAO_OK)
		err = qiao_queued_parse(&q, qiao_buf_slice(&bytes));
	if (err == QIAO_OK)
		err = qiao_queued_check(&q, &said, &digest, &p->env, why);
	qiao_buf_free(&bytes);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK || !qiao_hash_eq(&said, &transfer) ||
	    !qiao_hash_eq(&digest, &payload))
		return contradicts(why, "commits to another transfer");
	return QIAO_OK;
}

/* A receipt: [2, transfer, digest, state ...]; a refusal: [2, transfer ...]. */
static bool names_transfer(struct qiao_slice item, bool reply,
			   const struct qiao_json *e)
{
	struct qiao_hash want, have;
	struct qiao_mp m;

	qiao_mp_open(&m, item);
	qiao_mp_array(&m, 16);
	if (qiao_mp_uint(&m, QIAO_FORMAT_MAX) != 2)
		return false;
	have = qiao_mp_hash(&m);
	if (!hash_of(&want, e, "transfer") || !qiao_hash_eq(&want, &have))
		return false;
	if (reply)
		return m.r.err == QIAO_OK;
	have = qiao_mp_hash(&m);
	return m.r.err == QIAO_OK && hash_of(&want, e, "payload") &&
	       qiao_hash_eq(&want, &have);
}

struct kept {
	struct qiao_mp m;
	struct qiao_merkle_frontier tree;
	const struct qiao_hash *want; /* leaf of the item that is looked for */
	bool found;
	struct qiao_slice open; /* its bytes, when they were kept */
};

static void kept_next(struct kept *k)
{
	struct qiao_slice open = { NULL, 0 };
	struct qiao_hash leaf;

	qiao_mp_array_of(&k->m, 2);
	if (qiao_mp_uint(&k->m, 1) == 0) {
		open = qiao_mp_bin(&k->m, QIAO_KIB(4));
		qiao_merkle_leaf(&leaf, open);
	} else {
		leaf = qiao_mp_hash(&k->m);
	}
	qiao_merkle_push(&k->tree, &leaf);
	if (!qiao_hash_eq(&leaf, k->want))
		return;
	k->found = true;
	k->open = open;
}

static qiao_err receipt_check(struct qiao_audit_peers *p,
			      const struct qiao_json *e, struct qiao_why *why)
{
	struct qiao_hash item, root;
	struct kept k = { .want = &item };
	size_t n;

	if (p->env.kind != QIAO_KIND_RECEIPTS &&
	    !(p->env.kind == QIAO_KIND_TRANSFERS && p->env.has_reply_to))
		return contradicts(why, "brings no receipts");
	if (!hash_of(&item, e, "item"))
		return QIAO_E_NOTFOUND;
	qiao_mp_open(&k.m, qiao_buf_slice(&p->items));
	n = qiao_mp_array(&k.m, QIAO_ITEMS_MAX);
	for (size_t i = 0; i < n; i++)
		kept_next(&k);
	qiao_merkle_frontier_root(&k.tree, &root);
	if (qiao_mp_finish(&k.m) != QIAO_OK || n != p->env.count ||
	    !qiao_hash_eq(&root, &p->env.items_root))
		return contradicts(why, "signs other items");
	if (!k.found)
		return contradicts(why, "does not have the item");
	if (k.open.n > 0 && !names_transfer(k.open, p->env.has_reply_to, e))
		return contradicts(why, "is about another transfer");
	return QIAO_OK;
}

qiao_err qiao_audit_peers_check(struct qiao_audit_peers *p, bool *named,
				const struct qiao_json *entry,
				struct qiao_why *why)
{
	bool received = qiao_slice_is(text_of(entry, "type"), "received");
	struct qiao_hash digest;
	struct line *l;
	qiao_err err;

	*named = received || qiao_slice_is(text_of(entry, "type"), "receipt");
	if (!*named)
		return QIAO_OK;
	if (!hash_of(&digest, entry, "envelope"))
		return qiao_fail(why, QIAO_E_PROOF, "names no message");
	l = lines_find(&p->messages, &digest);
	if (!l)
		return QIAO_E_NOTFOUND;
	err = message_decode(p, why);
	if (err == QIAO_OK)
		err = message_check(p, l, entry, why);
	if (err != QIAO_OK)
		return err;
	return received ? transfer_check(p, entry, why)
			: receipt_check(p, entry, why);
}
