/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marking must not change what is JSON: we accept what jansson alone accepts,
 * but for our depth, for numbers that overflow in its hands only, and for NUL
 * bytes, some of which it drops; and our tree is its tree.
 */
#include "gateway/codec/json.h"
#include "gateway/base/slice.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void compare(const struct qiao_json *v, const json_t *j)
{
	struct qiao_slice s = qiao_json_text(v);
	enum qiao_json_kind kind = qiao_json_kind(v);
	int64_t number;

	must(json_is_null(j) == (kind == QIAO_JSON_NULL));
	must(json_is_boolean(j) == (kind == QIAO_JSON_BOOL));
	must(json_is_number(j) == (kind == QIAO_JSON_NUMBER));
	must(json_is_string(j) == (kind == QIAO_JSON_STRING));
	must(json_is_array(j) == (kind == QIAO_JSON_ARRAY));
	must(json_is_object(j) == (kind == QIAO_JSON_OBJECT));
	if (json_is_string(j))
		must(qiao_slice_eq(s, qiao_slice_of(json_string_value(j),
						    json_string_length(j))));
	if (json_is_integer(j))
		must(qiao_json_int(v, &number) &&
		     number == json_integer_value(j));
	for (size_t i = 0; i < qiao_json_count(v); i++) {
		const char *key = qiao_json_key(v, i);

		compare(qiao_json_at(v, i),
			key ? json_object_get(j, key) : json_array_get(j, i));
	}
}

static size_t deepest(const uint8_t *p, size_t n)
{
	size_t depth = 0, max = 0;
	bool string = false;

	for (size_t i = 0; i < n; i++) {
		if (string && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			string = !string;
		else if (!string && (p[i] == '[' || p[i] == '{'))
			depth++;
		else if (!string && (p[i] == ']' || p[i] == '}'))
			depth--;
		max = depth > max ? depth : max;
	}
	return max;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_json *root;
	struct qiao_why why;
	json_error_t e;
	json_t *j = json_loadb((const char *)data, size,
			       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	qiao_err err = qiao_json_parse(&root, in, &why);

	if (err == QIAO_OK)
		must(j || json_error_code(&e) == json_error_numeric_overflow);
	else
		must(!j || deepest(data, size) > 32 || memchr(data, 0, size));
	if (root && j)
		compare(root, j);
	must(err == QIAO_OK || !qiao_json_is_canonical(in));
	qiao_json_free(root);
	json_decref(j);
	return 0;
}
