/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the JSON files of tests/vectors/wire, and configuration, in tests. */
#ifndef TESTS_UNIT_RECORD_VECTORS_H
#define TESTS_UNIT_RECORD_VECTORS_H

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/json.h"
#include "gateway/conf/conf.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static inline struct qiao_json *vectors_load(const char *name)
{
	struct qiao_buf text = QIAO_BUF;
	struct qiao_json *root = NULL;
	char path[128];
	uint8_t part[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "tests/vectors/wire/%s", name);
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		qiao_buf_put_mem(&text, part, n);
	fclose(f);
	CU_ASSERT_EQUAL_FATAL(
		qiao_json_parse(&root, qiao_buf_slice(&text), NULL), QIAO_OK);
	qiao_buf_free(&text);
	return root;
}

/* The bytes of a hex member; the caller frees. */
static inline struct qiao_buf vector_bytes(const struct qiao_json *v,
					   const char *key)
{
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(
		qiao_hex_decode_buf(&b, qiao_json_text(qiao_json_get(v, key))),
		QIAO_OK);
	return b;
}

static inline struct qiao_hash vector_hash(const struct qiao_json *v,
					   const char *key)
{
	struct qiao_hash h;

	CU_ASSERT_TRUE(qiao_hex_decode(h.b, sizeof(h.b),
				       qiao_json_text(qiao_json_get(v, key))));
	return h;
}

/* "MALFORMED" is QIAO_E_MALFORMED. */
static inline bool vector_wants(const struct qiao_json *v, qiao_err got)
{
	const char *name = qiao_errname(got);
	bool same = strncmp(name, "QIAO_E_", 7) == 0 &&
		    qiao_slice_is(qiao_json_text(qiao_json_get(v, "want")),
				  name + 7);

	if (!same)
		fprintf(stderr, "vector \"%.60s\": %s\n",
			(const char *)qiao_json_text(qiao_json_get(v, "name"))
				.p,
			name);
	return same;
}

/* A parsed file; findings are shown and fail the test. */
static inline struct qiao_conf *conf_of(const char *path)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *c = NULL;
	qiao_err err = qiao_conf_load(&c, &d, path);

	if (err != QIAO_OK)
		fprintf(stderr, "%.*s", (int)d.text.n, (char *)d.text.p);
	qiao_diags_free(&d);
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	return c;
}

static inline struct qiao_conf *conf_text(const char *text)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *c = NULL;
	qiao_err err = qiao_conf_parse(&c, &d, "f", qiao_slice_str(text));

	if (err != QIAO_OK)
		fprintf(stderr, "%.*s", (int)d.text.n, (char *)d.text.p);
	qiao_diags_free(&d);
	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	return c;
}

/* memmem is no POSIX */
static inline const uint8_t *bytes_find(const uint8_t *p, size_t n,
					const uint8_t *what, size_t len)
{
	for (size_t i = 0; len > 0 && i + len <= n; i++)
		if (memcmp(p + i, what, len) == 0)
			return p + i;
	return NULL;
}

/* "E101 E104" of findings, one code a line. */
static inline char *codes_of(char *out, size_t size, const struct qiao_diags *d)
{
	struct qiao_slice rest = qiao_buf_slice(&d->text);
	size_t n = 0;

	out[0] = '\0';
	while (rest.n > 0 && n < size) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		char code[8] = "", word[8] = "", line[64];

		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		/* the buffer has no NUL for sscanf to stop at */
		snprintf(line, sizeof(line), "%.*s", (int)(end - rest.p),
			 (const char *)rest.p);
		if (sscanf(line, "f:%*u:%*u: %7s %4s", word, code) != 2)
			break;
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "",
				      code);
		rest.n -= (size_t)(end + 1 - rest.p);
		rest.p = end + 1;
	}
	return out;
}

#endif
