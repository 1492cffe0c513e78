/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/codec/json.h"

#include "gateway/base/mem.h"
#include "gateway/base/reader.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <jansson.h>

#include <pthread.h>
#include <string.h>

#define DEPTH_MAX   32 /* brackets; also bounds our recursion */
#define STRING_MARK 's'
#define NUMBER_MARK 'n'

struct qiao_json {
	enum qiao_json_kind kind;
	const char *key; /* of a member */
	struct qiao_slice text;
	const struct qiao_json *kids;
	size_t n;
};

/* The strings are jansson's; nodes[0] is the root. */
struct document {
	json_t *doc;
	struct qiao_json nodes[];
};

/* --- marking ------------------------------------------------------------- */

/*
 * jansson would read numbers into long long and double. So each number becomes
 * a string of its source text with NUMBER_MARK before it, and each string that
 * is no member's name gets STRING_MARK: what has which kind is told by the
 * first character, and no input can forge it. We must then see to the grammar
 * of numbers, and that none stands where a name must.
 */

static void space_skip(struct qiao_reader *r)
{
	uint8_t ch = qiao_peek_u8(r);

	while (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r') {
		qiao_get_u8(r);
		ch = qiao_peek_u8(r);
	}
}

/* Does a colon follow? */
static bool is_name(struct qiao_reader r)
{
	space_skip(&r);
	return qiao_peek_u8(&r) == ':';
}

static struct qiao_slice since(const struct qiao_reader *from,
			       const struct qiao_reader *to)
{
	return qiao_slice_of(from->p, from->left - to->left);
}

static void string_mark(struct qiao_buf *out, struct qiao_reader *r)
{
	struct qiao_reader from;
	uint8_t ch;

	qiao_get_u8(r);
	from = *r;
	do {
		ch = qiao_get_u8(r);
		if (ch == '\\')
			qiao_get_u8(r); /* jansson knows the escapes */
	} while (ch != '"' && r->err == QIAO_OK);
	if (r->err != QIAO_OK)
		return;
	qiao_buf_put_u8(out, '"');
	if (!is_name(*r))
		qiao_buf_put_u8(out, STRING_MARK);
	qiao_buf_put(out, since(&from, r));
}

static size_t digits_skip(struct qiao_reader *r)
{
	size_t n = 0;

	for (; qiao_peek_u8(r) >= '0' && qiao_peek_u8(r) <= '9'; n++)
		qiao_get_u8(r);
	return n;
}

static bool take_any(struct qiao_reader *r, const char *of)
{
	uint8_t ch = qiao_peek_u8(r);

	if (ch == 0 || !strchr(of, ch))
		return false;
	qiao_get_u8(r);
	return true;
}

/* RFC 8259 section 6 */
static bool number_skip(struct qiao_reader *r)
{
	take_any(r, "-");
	if (!take_any(r, "0") && digits_skip(r) == 0)
		return false;
	if (take_any(r, ".") && digits_skip(r) == 0)
		return false;
	if (!take_any(r, "eE"))
		return true;
	take_any(r, "+-");
	return digits_skip(r) > 0;
}

static void number_mark(struct qiao_buf *out, struct qiao_reader *r)
{
	struct qiao_reader from = *r;

	if (!number_skip(r) || is_name(*r)) {
		qiao_reader_fail(r, QIAO_E_MALFORMED);
		return;
	}
	qiao_buf_put_u8(out, '"');
	qiao_buf_put_u8(out, NUMBER_MARK);
	qiao_buf_put(out, since(&from, r));
	qiao_buf_put_u8(out, '"');
}

static void mark_one(struct qiao_buf *out, struct qiao_reader *r, int *depth)
{
	uint8_t ch = qiao_peek_u8(r);

	if (ch == '"') {
		string_mark(out, r);
		return;
	}
	if (ch == '-' || (ch >= '0' && ch <= '9')) {
		number_mark(out, r);
		return;
	}
	if (ch == '{' || ch == '[')
		++*depth;
	if (ch == '}' || ch == ']')
		--*depth;
	if (*depth > DEPTH_MAX)
		qiao_reader_fail(r, QIAO_E_LIMIT);
	if (ch == 0) /* jansson 2.14 drops one after true, false, null */
		qiao_reader_fail(r, QIAO_E_MALFORMED);
	qiao_buf_put_u8(out, qiao_get_u8(r));
}

static qiao_err mark_all(struct qiao_buf *out, struct qiao_slice text,
			 struct qiao_why *why)
{
	struct qiao_reader r = qiao_reader_of(text);
	int depth = 0;

	if (text.n > QIAO_JSON_MAX)
		return qiao_fail(why, QIAO_E_LIMIT,
				 "JSON of %zu bytes, limit %zu", text.n,
				 QIAO_JSON_MAX);
	while (r.left > 0 && r.err == QIAO_OK && out->err == QIAO_OK)
		mark_one(out, &r, &depth);
	if (r.err == QIAO_E_LIMIT)
		return qiao_fail(why, r.err, "JSON nested deeper than %d",
				 DEPTH_MAX);
	if (r.err == QIAO_E_MALFORMED)
		return qiao_fail(why, r.err,
				 "JSON: bad number or NUL at byte %zu",
				 text.n - r.left);
	if (r.err != QIAO_OK)
		return qiao_fail(why, r.err, "JSON: string never closed");
	return out->err;
}

/* --- parsing ------------------------------------------------------------- */

/* jansson reports most allocation failures as bad syntax. */
static _Thread_local bool no_memory;

static void *noted_malloc(size_t n)
{
	void *p = qiao_malloc(n);

	no_memory = no_memory || !p;
	return p;
}

static void use_our_memory(void)
{
	json_set_alloc_funcs(noted_malloc, qiao_free);
}

/* jansson's own sentences quote the marked text, which nobody wrote. */
static qiao_err parse_error(struct qiao_why *why, const json_error_t *e)
{
	enum json_error_code code = json_error_code(e);

	if (no_memory)
		return qiao_fail(why, QIAO_E_NOMEM, "JSON: out of memory");
	if (code == json_error_premature_end_of_input)
		return qiao_fail(why, QIAO_E_TRUNCATED,
				 "JSON line %d: ends too early", e->line);
	if (code == json_error_end_of_input_expected)
		return qiao_fail(why, QIAO_E_TRAILING,
				 "JSON line %d: bytes after the value",
				 e->line);
	if (code == json_error_duplicate_key)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "JSON line %d: a name stands twice", e->line);
	if (code == json_error_invalid_utf8)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "JSON line %d: not UTF-8", e->line);
	if (code == json_error_null_character ||
	    code == json_error_null_byte_in_key)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "JSON line %d: a NUL in a string", e->line);
	return qiao_fail(why, QIAO_E_MALFORMED, "JSON line %d: malformed",
			 e->line);
}

static qiao_err marked_load(json_t **doc, struct qiao_slice marked,
			    struct qiao_why *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	json_error_t e;

	if (marked.n == 0) /* which jansson calls a wrong argument */
		return qiao_fail(why, QIAO_E_TRUNCATED, "JSON: nothing there");
	pthread_once(&once, use_our_memory);
	no_memory = false;
	*doc = json_loadb((const char *)marked.p, marked.n,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (*doc && !no_memory)
		return QIAO_OK;
	json_decref(*doc); /* it gets over some failures: not with ours */
	*doc = NULL;
	return parse_error(why, &e);
}

/* Nodes in a value, itself included. Recursion as deep as the input's. */
static size_t node_count(json_t *v)
{
	size_t n = 1;

	for (void *i = json_object_iter(v); i; i = json_object_iter_next(v, i))
		n += node_count(json_object_iter_value(i));
	for (size_t i = 0; i < json_array_size(v); i++)
		n += node_count(json_array_get(v, i));
	return n;
}

static void scalar_fill(struct qiao_json *node, const json_t *v)
{
	const char *s = json_string_value(v);

	if (json_is_boolean(v)) {
		node->kind = QIAO_JSON_BOOL;
		node->text = qiao_slice_str(json_is_true(v) ? "true" : "false");
	} else if (s) {
		node->kind = s[0] == NUMBER_MARK ? QIAO_JSON_NUMBER
						 : QIAO_JSON_STRING;
		node->text = qiao_slice_of(s + 1, json_string_length(v) - 1);
	}
}

/* *next: the first unused node, where the kids go, side by side. */
static void node_fill(struct qiao_json *node, struct qiao_json **next,
		      json_t *v)
{
	struct qiao_json *kids = *next;

	node->kids = kids;
	node->n = json_is_object(v) ? json_object_size(v) : json_array_size(v);
	*next += node->n;
	if (json_is_object(v))
		node->kind = QIAO_JSON_OBJECT;
	else if (json_is_array(v))
		node->kind = QIAO_JSON_ARRAY;
	else
		scalar_fill(node, v);
	/* in source order */
	for (void *i = json_object_iter(v); i;
	     i = json_object_iter_next(v, i)) {
		kids->key = json_object_iter_key(i);
		node_fill(kids++, next, json_object_iter_value(i));
	}
	for (size_t i = 0; i < json_array_size(v); i++)
		node_fill(kids++, next, json_array_get(v, i));
}

/* Takes the reference to doc, also on failure. */
static struct qiao_json *document_new(json_t *doc)
{
	size_t n = node_count(doc);
	struct document *d;
	struct qiao_json *next;

	d = qiao_calloc(1, sizeof(*d) + n * sizeof(d->nodes[0]));
	if (!d) {
		json_decref(doc);
		return NULL;
	}
	d->doc = doc;
	next = d->nodes + 1;
	node_fill(d->nodes, &next, doc);
	return d->nodes;
}

qiao_err qiao_json_parse(struct qiao_json **out, struct qiao_slice text,
			 struct qiao_why *why)
{
	struct qiao_buf marked = QIAO_BUF;
	json_t *doc = NULL;
	qiao_err err = mark_all(&marked, text, why);

	*out = NULL;
	if (err == QIAO_OK)
		err = marked_load(&doc, qiao_buf_slice(&marked), why);
	qiao_buf_free(&marked);
	if (err != QIAO_OK)
		return err;
	*out = document_new(doc);
	return *out ? QIAO_OK : QIAO_E_NOMEM;
}

void qiao_json_free(struct qiao_json *root)
{
	struct document *d;

	if (!root)
		return;
	d = (struct document *)(void *)((char *)root -
					offsetof(struct document, nodes));
	json_decref(d->doc);
	qiao_free(d);
}

/* --- reading ------------------------------------------------------------- */

enum qiao_json_kind qiao_json_kind(const struct qiao_json *v)
{
	return v ? v->kind : QIAO_JSON_NULL;
}

static const struct qiao_json *member_find(const struct qiao_json *v,
					   struct qiao_slice name)
{
	if (qiao_json_kind(v) != QIAO_JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		if (qiao_slice_eq(qiao_slice_str(v->kids[i].key), name))
			return &v->kids[i];
	return NULL;
}

const struct qiao_json *qiao_json_get(const struct qiao_json *v,
				      const char *key)
{
	return member_find(v, qiao_slice_str(key));
}

const struct qiao_json *qiao_json_path(const struct qiao_json *v,
				       const char *path)
{
	for (;;) {
		size_t n = strcspn(path, ".");

		v = member_find(v, qiao_slice_of(path, n));
		if (!v || path[n] == '\0')
			return v;
		path += n + 1;
	}
}

size_t qiao_json_count(const struct qiao_json *v)
{
	return v ? v->n : 0;
}

const struct qiao_json *qiao_json_at(const struct qiao_json *v, size_t i)
{
	return i < qiao_json_count(v) ? &v->kids[i] : NULL;
}

const char *qiao_json_key(const struct qiao_json *v, size_t i)
{
	return i < qiao_json_count(v) ? v->kids[i].key : NULL;
}

struct qiao_slice qiao_json_text(const struct qiao_json *v)
{
	return v ? v->text : qiao_slice_of(NULL, 0);
}

bool qiao_json_int(const struct qiao_json *v, int64_t *out)
{
	struct qiao_slice s = qiao_json_text(v);
	size_t i = s.n > 0 && s.p[0] == '-';
	int64_t value = 0;

	*out = 0;
	if (qiao_json_kind(v) != QIAO_JSON_NUMBER)
		return false;
	for (size_t k = i; k < s.n; k++) {
		int digit = s.p[k] - '0';

		/* downwards: INT64_MIN has no positive twin */
		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, digit, &value))
			return false;
	}
	if (i == 0 && __builtin_sub_overflow(0, value, &value))
		return false;
	*out = value;
	return true;
}

/* --- canonical? ---------------------------------------------------------- */

static void rewrite(struct qiao_jw *w, const struct qiao_json *v)
{
	int64_t number;

	switch (qiao_json_kind(v)) {
	case QIAO_JSON_NULL:
		qiao_jw_null(w);
		return;
	case QIAO_JSON_BOOL:
		qiao_jw_bool(w, qiao_slice_is(v->text, "true"));
		return;
	case QIAO_JSON_NUMBER:
		if (!qiao_json_int(v, &number))
			number = INT64_MAX; /* which the writer refuses */
		qiao_jw_int(w, number);
		return;
	case QIAO_JSON_STRING:
		qiao_jw_str(w, v->text);
		return;
	case QIAO_JSON_ARRAY:
	case QIAO_JSON_OBJECT:
		break;
	}
	if (v->kind == QIAO_JSON_ARRAY)
		qiao_jw_arr(w);
	else
		qiao_jw_obj(w);
	for (size_t i = 0; i < v->n; i++) {
		if (v->kind == QIAO_JSON_OBJECT)
			qiao_jw_key(w, v->kids[i].key);
		rewrite(w, &v->kids[i]);
	}
	qiao_jw_end(w);
}

qiao_err qiao_json_parse_canonical(struct qiao_json **out,
				   struct qiao_slice text, struct qiao_why *why)
{
	struct qiao_buf b = { .max = QIAO_JSON_MAX };
	struct qiao_jw w;
	qiao_err err = qiao_json_parse(out, text, why);

	if (err != QIAO_OK)
		return err;
	qiao_jw_init(&w, &b);
	rewrite(&w, *out);
	err = qiao_jw_finish(&w);
	if (err == QIAO_OK && !qiao_slice_eq(qiao_buf_slice(&b), text))
		err = qiao_fail(why, QIAO_E_NONCANON, "JSON: not canonical");
	qiao_buf_free(&b);
	if (err == QIAO_OK)
		return QIAO_OK;
	qiao_json_free(*out);
	*out = NULL;
	return err;
}

qiao_err qiao_json_canonical(struct qiao_slice text)
{
	struct qiao_json *root = NULL;
	qiao_err err = qiao_json_parse_canonical(&root, text, NULL);

	qiao_json_free(root);
	return err;
}

bool qiao_json_is_canonical(struct qiao_slice text)
{
	return qiao_json_canonical(text) == QIAO_OK;
}
