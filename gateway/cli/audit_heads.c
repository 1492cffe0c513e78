/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/audit_heads.h"

#include "gateway/base/file.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX QIAO_MIB(64)

struct reading {
	struct qiao_audit_heads *heads;
	const char *gateway;
	const struct qiao_hash *network;
	struct qiao_why *bad;
	bool known;
};

static struct qiao_slice next_word(struct qiao_slice *in, uint8_t end)
{
	const uint8_t *p = in->n ? memchr(in->p, end, in->n) : NULL;
	struct qiao_slice word = { in->p, p ? (size_t)(p - in->p) : in->n };
	size_t used = word.n + (p != NULL);

	in->p += used;
	in->n -= used;
	return word;
}

static qiao_err read_in(struct qiao_buf *out, const char *dir, const char *name,
			struct qiao_why *why)
{
	char path[2 * QIAO_PATH_LEN];

	snprintf(path, sizeof(path), "%.900s/%s", dir, name);
	return qiao_file_read(out, path, FILE_MAX, why);
}

/* The first key that keys.txt gives the gateway. */
static qiao_err find_key(struct qiao_audit_heads *h, const char *dir,
			 const char *gateway, struct qiao_why *why)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = read_in(&b, dir, QIAO_AUDIT_KEYS, why);
	struct qiao_slice in = qiao_buf_slice(&b);
	char text[QIAO_PUBKEY_TEXT_LEN];

	while (err == QIAO_OK && in.n > 0) {
		struct qiao_slice line = next_word(&in, '\n');
		struct qiao_slice id = next_word(&line, ' ');

		if (!qiao_slice_is(id, gateway) ||
		    !qiao_str_copy(text, sizeof(text), next_word(&line, ' ')))
			continue;
		err = qiao_pubkey_read(&h->key, text);
		qiao_buf_free(&b);
		return err == QIAO_OK ? err
				      : qiao_fail(why, err,
						  "%s/" QIAO_AUDIT_KEYS
						  ": no usable key of %s",
						  dir, gateway);
	}
	qiao_buf_free(&b);
	if (err != QIAO_OK)
		return err;
	return qiao_fail(why, QIAO_E_KEY,
			 "%s/" QIAO_AUDIT_KEYS " has no key of %s; give it "
			 "with --key",
			 dir, gateway);
}

static qiao_err add(struct qiao_audit_heads *h,
		    const struct qiao_audit_head *head)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 64;
		struct qiao_audit_head *p =
			qiao_realloc(h->head, cap * sizeof(*p));

		if (!p)
			return QIAO_E_NOMEM;
		h->head = p;
		h->cap = cap;
	}
	h->head[h->n++] = *head;
	return QIAO_OK;
}

static qiao_err check_head(struct reading *r, struct qiao_audit_head *out,
			   struct qiao_slice encoded, struct qiao_slice sig)
{
	qiao_err err;

	r->heads->bad_size = 0;
	if (qiao_checkpoint_parse(&out->c, encoded) != QIAO_OK)
		return qiao_fail(r->bad, QIAO_E_BADSIG,
				 QIAO_AUDIT_CHECKPOINTS
				 ": a line is no tree head");
	r->heads->bad_size = out->c.size;
	err = qiao_checkpoint_verify(encoded, sig, &r->heads->key);
	if (err == QIAO_E_NOMEM)
		return err;
	if (err != QIAO_OK)
		return qiao_fail(r->bad, QIAO_E_BADSIG,
				 "the signature of the tree head of %" PRIu64
				 " entries does not hold",
				 out->c.size);
	if (strcmp(out->c.gw, r->gateway) != 0 ||
	    !qiao_hash_eq(&out->c.network, r->network))
		return qiao_fail(r->bad, QIAO_E_BADSIG,
				 "a tree head of another gateway or network");
	out->known = r->known;
	return QIAO_OK;
}

static qiao_err take_line(struct reading *r, struct qiao_slice line)
{
	struct qiao_slice hex = next_word(&line, ' ');
	struct qiao_buf head = QIAO_BUF, sig = QIAO_BUF;
	struct qiao_audit_head h = { .c = { .size = 0 } };
	qiao_err err = qiao_hex_decode_buf(&head, hex);

	if (err == QIAO_OK)
		err = qiao_hex_decode_buf(&sig, line);
	if (err == QIAO_OK)
		err = check_head(r, &h, qiao_buf_slice(&head),
				 qiao_buf_slice(&sig));
	else if (err != QIAO_E_NOMEM)
		err = qiao_fail(r->bad, QIAO_E_BADSIG,
				QIAO_AUDIT_CHECKPOINTS ": a line is not hex");
	if (err == QIAO_OK)
		err = add(r->heads, &h);
	qiao_buf_free(&head);
	qiao_buf_free(&sig);
	return err;
}

static qiao_err take_file(struct reading *r, const char *dir,
			  struct qiao_why *why)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err = read_in(&b, dir, QIAO_AUDIT_CHECKPOINTS, why);
	struct qiao_slice in = qiao_buf_slice(&b);

	while (err == QIAO_OK && in.n > 0)
		err = take_line(r, next_word(&in, '\n'));
	qiao_buf_free(&b);
	return err;
}

static int by_size(const void *a, const void *b)
{
	const struct qiao_audit_head *x = a, *y = b;

	return x->c.size < y->c.size ? -1 : x->c.size > y->c.size;
}

/* Two signed heads of one size that differ: somebody was shown another log. */
static qiao_err refuse_fork(struct qiao_audit_heads *h, struct qiao_why *bad)
{
	if (h->n > 0)
		qsort(h->head, h->n, sizeof(*h->head), by_size);
	for (size_t i = 1; i < h->n; i++) {
		const struct qiao_checkpoint *a = &h->head[i - 1].c,
					     *b = &h->head[i].c;

		if (a->size != b->size || qiao_hash_eq(&a->root, &b->root))
			continue;
		h->bad_size = a->size;
		return qiao_fail(bad, QIAO_E_BADSIG,
				 "the log was forked: two trees of %" PRIu64
				 " entries are signed",
				 a->size);
	}
	return QIAO_OK;
}

qiao_err qiao_audit_heads_read(struct qiao_audit_heads *out,
			       const struct qiao_audit_verify *v,
			       const char *gateway,
			       const struct qiao_hash *network,
			       struct qiao_why *bad, struct qiao_why *why)
{
	struct reading r = {
		.heads = out, .gateway = gateway, .network = network, .bad = bad
	};
	qiao_err err = QIAO_OK;

	if (v->key)
		out->key = *v->key;
	else
		err = find_key(out, v->dir, gateway, why);
	if (err == QIAO_OK)
		err = take_file(&r, v->dir, why);
	r.known = true;
	if (err == QIAO_OK && v->known)
		err = take_file(&r, v->known, why);
	return err == QIAO_OK ? refuse_fork(out, bad) : err;
}

void qiao_audit_heads_free(struct qiao_audit_heads *h)
{
	qiao_free(h->head);
	*h = (struct qiao_audit_heads){ .n = 0 };
}
