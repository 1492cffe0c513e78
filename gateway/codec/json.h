/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in two directions.
 *
 * Reading foreign JSON (jansson behind our pre-scan): duplicate keys, depth
 * over 32, invalid UTF-8, NUL in strings, bytes after the value are errors.
 * Numbers keep their source text and never pass through a double: our pre-scan
 * turns each number token into a string before jansson reads it, so
 * qiao_json_text gives "1.10" for 1.10.
 *
 * Writing canonical JSON: the subset of RFC 8785 that audit entries use: ASCII
 * keys, strictly ascending; strings, integers of magnitude below 2^53,
 * booleans, null, arrays, objects; no floats.
 */
#ifndef GATEWAY_CODEC_JSON_H
#define GATEWAY_CODEC_JSON_H

#include "gateway/base/buf.h"
#include "gateway/base/why.h"
#include "gateway/include/qiao/limits.h"

struct qiao_json; /* a node; all nodes live until the root is freed */

enum qiao_json_kind {
	QIAO_JSON_NULL,
	QIAO_JSON_BOOL,
	QIAO_JSON_NUMBER,
	QIAO_JSON_STRING,
	QIAO_JSON_ARRAY,
	QIAO_JSON_OBJECT,
};

/*
 * Expected: QIAO_E_LIMIT (over QIAO_JSON_MAX, over 32 deep), QIAO_E_TRUNCATED,
 * QIAO_E_TRAILING, QIAO_E_MALFORMED for the rest, a name given twice included.
 * The text may go after this call. *out is NULL on failure.
 */
qiao_err qiao_json_parse(struct qiao_json **out, struct qiao_slice text,
			 struct qiao_why *why);
void qiao_json_free(struct qiao_json *root); /* NULL is fine */
/* These all take NULL, as a null without members: gets may be chained. */
enum qiao_json_kind qiao_json_kind(const struct qiao_json *v);
/* Member of an object, or NULL (also when v is no object, or NULL). */
const struct qiao_json *qiao_json_get(const struct qiao_json *v,
				      const char *key);
/*
 * "document.名称": dotted path of members; NULL when any is missing. A name
 * with a dot in it is out of reach.
 */
const struct qiao_json *qiao_json_path(const struct qiao_json *v,
				       const char *path);
size_t qiao_json_count(const struct qiao_json *v); /* of an array or object */
const struct qiao_json *qiao_json_at(const struct qiao_json *v, size_t i);
/* Name of the i-th member of an object, in source order; NULL past the end. */
const char *qiao_json_key(const struct qiao_json *v, size_t i);
/* Text of a string, source text of a number, "true"/"false"; else empty. */
struct qiao_slice qiao_json_text(const struct qiao_json *v);
/* A number written as digits only that fits; false, and *out 0, otherwise. */
bool qiao_json_int(const struct qiao_json *v, int64_t *out);

/* Exactly the bytes the canonical writer would emit for this value. */
bool qiao_json_is_canonical(struct qiao_slice text);
/* The same, told apart from QIAO_E_NOMEM, which says nothing about the text. */
qiao_err qiao_json_canonical(struct qiao_slice text);
/* Parse and check in one go; NULL *out and QIAO_E_NONCANON when it is not. */
qiao_err qiao_json_parse_canonical(struct qiao_json **out,
				   struct qiao_slice text,
				   struct qiao_why *why);

/*
 * The canonical writer. Misuse (keys out of order, a value without its key, a
 * number over 2^53, text that is not UTF-8, nesting deeper than QIAO_JW_DEPTH)
 * fails the buffer with QIAO_E_NONCANON; ask once, with qiao_jw_finish.
 */
#define QIAO_JW_DEPTH 16
struct qiao_jw {
	struct qiao_buf *out;
	int depth;  /* open objects and arrays */
	bool keyed; /* a key waits for its value */
	bool done;  /* the one value at the top is whole */
	bool comma[QIAO_JW_DEPTH];
	char close[QIAO_JW_DEPTH]; /* the bracket that ends it */
	char last_key[QIAO_JW_DEPTH][QIAO_NAME_MAX + 1];
};
void qiao_jw_init(struct qiao_jw *w, struct qiao_buf *out);
void qiao_jw_obj(struct qiao_jw *w);
void qiao_jw_arr(struct qiao_jw *w);
void qiao_jw_end(struct qiao_jw *w); /* of the innermost object or array */
void qiao_jw_key(struct qiao_jw *w, const char *key);
void qiao_jw_str(struct qiao_jw *w, struct qiao_slice v);
void qiao_jw_cstr(struct qiao_jw *w, const char *v);
void qiao_jw_hex(struct qiao_jw *w, struct qiao_slice v); /* as a hex string */
void qiao_jw_int(struct qiao_jw *w, int64_t v);
void qiao_jw_bool(struct qiao_jw *w, bool v);
void qiao_jw_null(struct qiao_jw *w);
/* key and value in one call */
void qiao_jw_kstr(struct qiao_jw *w, const char *key, const char *v);
void qiao_jw_kint(struct qiao_jw *w, const char *key, int64_t v);
void qiao_jw_khex(struct qiao_jw *w, const char *key, struct qiao_slice v);
void qiao_jw_kbool(struct qiao_jw *w, const char *key, bool v);
qiao_err qiao_jw_finish(const struct qiao_jw *w); /* all closed, no error */

#endif
