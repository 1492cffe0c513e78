/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao audit reconcile SOURCE DESTINATION: what became of every record that the
 * source gateway decided on, counted from the two exported audit logs alone.
 */
#include "gateway/cli/reconcile.h"

#include "gateway/base/file.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"
#include "gateway/include/qiao/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX     QIAO_MIB(1024) /* an exported entries.jsonl */
#define REASONS_MAX 64
#define REASON_LEN  48

/* What both logs say of one transfer. */
struct life {
	char id[65];
	bool decided, denied, held, queued, proven, revocation;
	bool superseded, committed_here, refused_there, held_there;
	unsigned int committed_there, queued_times;
	char reason[REASON_LEN];
};

struct book {
	struct life *l; /* sorted by id once the source log is read */
	size_t n, cap;
	unsigned int strangers; /* committed there, unknown here */
};

static struct life *add(struct book *b, const char *id)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 1024;
		struct life *l = qiao_realloc(b->l, cap * sizeof(*l));

		if (!l)
			return NULL;
		b->l = l;
		b->cap = cap;
	}
	memset(&b->l[b->n], 0, sizeof(b->l[b->n]));
	snprintf(b->l[b->n].id, sizeof(b->l[b->n].id), "%s", id);
	return &b->l[b->n++];
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct life *)a)->id,
		      ((const struct life *)b)->id);
}

static struct life *find(const struct book *b, const char *id)
{
	struct life key;

	snprintf(key.id, sizeof(key.id), "%s", id);
	return b->n ? bsearch(&key, b->l, b->n, sizeof(key), by_id) : NULL;
}

static bool is(const struct qiao_json *e, const char *path, const char *want)
{
	return qiao_slice_is(qiao_json_text(qiao_json_path(e, path)), want);
}

static void text_of(char *out, size_t size, const struct qiao_json *e,
		    const char *path)
{
	qiao_str_copy(out, size, qiao_json_text(qiao_json_path(e, path)));
}

static bool is_end_state(const struct qiao_json *e)
{
	return is(e, "record.state", "revoked") ||
	       is(e, "record.state", "withdrawn") ||
	       is(e, "record.state", "cancelled");
}

/* First pass over the source log: every release decision opens a life. */
static bool note_decision(struct book *b, const struct qiao_json *e,
			  const char *id)
{
	struct life *l;

	if (!is(e, "type", "decision") || !is(e, "point", "release"))
		return true;
	l = add(b, id);
	if (!l)
		return false;
	l->decided = true;
	l->denied = is(e, "decision", "deny");
	l->held = is(e, "decision", "hold");
	l->revocation = is_end_state(e);
	text_of(l->reason, sizeof(l->reason), e, "reason");
	return true;
}

/* Second pass: what happened to it. */
static bool note_source(struct book *b, const struct qiao_json *e,
			const char *id)
{
	struct life *l = find(b, id);

	if (!l)
		return true;
	if (is(e, "type", "queued")) {
		l->queued = true;
		l->queued_times++;
		l->proven = is(e, "assurance", "proven") ||
			    is(e, "assurance", "proven-redacted");
	} else if (is(e, "type", "superseded")) {
		l->superseded = true;
	} else if (is(e, "type", "receipt")) {
		l->committed_here = is(e, "state", "committed");
		l->refused_there = is(e, "state", "denied");
		l->held_there = is(e, "state", "held");
		if (is(e, "state", "superseded"))
			l->superseded = true;
		if (l->refused_there)
			text_of(l->reason, sizeof(l->reason), e, "reason");
	}
	return true;
}

static bool note_destination(struct book *b, const struct qiao_json *e,
			     const char *id)
{
	struct life *l = find(b, id);

	if (!is(e, "type", "committed"))
		return true;
	if (l)
		l->committed_there++;
	else
		b->strangers++;
	return true;
}

typedef bool (*note_fn)(struct book *b, const struct qiao_json *e,
			const char *id);

static bool each_line(struct book *b, struct qiao_slice log, note_fn note,
		      struct qiao_why *why)
{
	size_t line = 0;

	while (log.n > 0) {
		const uint8_t *end = memchr(log.p, '\n', log.n);
		size_t n = end ? (size_t)(end - log.p) : log.n;
		struct qiao_json *e = NULL;
		char id[65];
		bool ok;

		line++;
		if (qiao_json_parse(&e, qiao_slice_of(log.p, n), NULL) !=
		    QIAO_OK) {
			qiao_fail(why, QIAO_E_MALFORMED,
				  "line %zu is no audit entry", line);
			return false;
		}
		text_of(id, sizeof(id), e, "transfer");
		ok = note(b, e, id);
		qiao_json_free(e);
		if (!ok)
			return false;
		log.p += end ? n + 1 : n;
		log.n -= end ? n + 1 : n;
	}
	return true;
}

static bool read_log(struct qiao_buf *out, const char *dir,
		     struct qiao_why *why)
{
	char path[QIAO_PATH_LEN];

	snprintf(path, sizeof(path), "%s/entries.jsonl", dir);
	return qiao_file_read(out, path, LOG_MAX, why) == QIAO_OK;
}

struct count {
	unsigned int verified, delivered, proven, denied, held, superseded,
		ended, lost, duplicated;
	size_t reasons;
	struct {
		char code[REASON_LEN];
		unsigned int n;
	} reason[REASONS_MAX];
};

static void count_reason(struct count *c, const char *code)
{
	size_t i = 0;

	while (i < c->reasons && strcmp(c->reason[i].code, code) != 0)
		i++;
	if (i == REASONS_MAX)
		return;
	if (i == c->reasons) {
		snprintf(c->reason[i].code, sizeof(c->reason[i].code), "%s",
			 code);
		c->reasons++;
	}
	c->reason[i].n++;
}

static void count_one(struct count *c, const struct life *l)
{
	bool delivered = l->committed_here && l->committed_there > 0;

	c->verified++;
	if (l->committed_there > 1)
		c->duplicated += l->committed_there - 1;
	if (l->queued_times > 1)
		c->duplicated += l->queued_times - 1;
	if (l->denied || l->refused_there) {
		c->denied++;
		count_reason(c, l->reason);
	} else if (l->held || l->held_there) {
		c->held++;
	} else if (delivered) {
		c->delivered++;
		c->proven += l->proven;
		c->ended += l->revocation;
	} else if (l->superseded && l->committed_there == 0) {
		c->superseded++;
	} else {
		c->lost++;
	}
}

static void print(const struct count *c)
{
	printf("verified=%u\ndelivered=%u\nproven=%u\ndenied=%u\nheld=%u\n"
	       "superseded=%u\nrevoked=%u\nlost=%u\nduplicated=%u\n",
	       c->verified, c->delivered, c->proven, c->denied, c->held,
	       c->superseded, c->ended, c->lost, c->duplicated);
	for (size_t i = 0; i < c->reasons; i++)
		printf("reason.%s=%u\n", c->reason[i].code, c->reason[i].n);
}

static bool read_both(struct book *b, const char *source,
		      const char *destination, struct qiao_why *why)
{
	struct qiao_buf here = QIAO_BUF, there = QIAO_BUF;
	bool ok = read_log(&here, source, why) &&
		  read_log(&there, destination, why) &&
		  each_line(b, qiao_buf_slice(&here), note_decision, why);

	if (ok && b->n > 0)
		qsort(b->l, b->n, sizeof(*b->l), by_id);
	ok = ok && each_line(b, qiao_buf_slice(&here), note_source, why) &&
	     each_line(b, qiao_buf_slice(&there), note_destination, why);
	qiao_buf_free(&here);
	qiao_buf_free(&there);
	return ok;
}

int qiao_cmd_reconcile(int argc, char **argv)
{
	struct book b = { .n = 0 };
	struct count *c = NULL;
	struct qiao_why why = { "out of memory" };
	bool clean;

	if (argc != 3) {
		fprintf(stderr, "usage: qiao audit reconcile SOURCE "
				"DESTINATION (two exported folders)\n");
		return 64;
	}
	c = qiao_calloc(1, sizeof(*c));
	if (!c || !read_both(&b, argv[1], argv[2], &why)) {
		fprintf(stderr, "qiao: %s\n", why.text);
		qiao_free(c);
		qiao_free(b.l);
		return 3;
	}
	for (size_t i = 0; i < b.n; i++)
		count_one(c, &b.l[i]);
	c->duplicated += b.strangers;
	print(c);
	clean = c->lost == 0 && c->duplicated == 0;
	qiao_free(c);
	qiao_free(b.l);
	return clean ? 0 : 2;
}
