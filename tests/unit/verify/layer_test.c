/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/layer.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static void put(struct qiao_layer *l, const char *key, const char *value)
{
	struct qiao_view v = qiao_layer_view(l);

	CU_ASSERT_EQUAL(
		v.put(v.ctx, qiao_slice_str(key), qiao_slice_str(value)),
		QIAO_OK);
}

static void has(struct qiao_layer *l, const char *key, const char *value)
{
	struct qiao_view v = qiao_layer_view(l);
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL(v.get(v.ctx, &b, qiao_slice_str(key)),
			value ? QIAO_OK : QIAO_E_NOTFOUND);
	CU_ASSERT(qiao_slice_is(qiao_buf_slice(&b), value ? value : ""));
	qiao_buf_free(&b);
}

/* All keys and values from `from` on, as "k=v ". */
static void lists(struct qiao_layer *l, const char *from, const char *want)
{
	struct qiao_view v = qiao_layer_view(l);
	struct qiao_buf key = QIAO_BUF, value = QIAO_BUF, all = QIAO_BUF;
	struct qiao_buf at = QIAO_BUF;

	qiao_buf_put_str(&at, from);
	while (v.next(v.ctx, &key, &value, qiao_buf_slice(&at)) == QIAO_OK) {
		qiao_buf_printf(&all, "%.*s=%.*s ", (int)key.n,
				(const char *)key.p, (int)value.n,
				(const char *)value.p);
		qiao_buf_clear(&at);
		qiao_buf_put(&at, qiao_buf_slice(&key));
		qiao_buf_put_u8(&at, 0);
	}
	CU_ASSERT(qiao_slice_is(qiao_buf_slice(&all), want));
	qiao_buf_free(&key);
	qiao_buf_free(&value);
	qiao_buf_free(&all);
	qiao_buf_free(&at);
}

static void a_layer_hides_what_is_below(void)
{
	struct qiao_layer low = { .n = 0 }, high;
	struct qiao_view view = qiao_layer_view(&low);

	put(&low, "a", "1");
	put(&low, "c", "3");
	put(&low, "e", "5");
	qiao_layer_init(&high, &view);
	has(&high, "a", "1");
	put(&high, "c", "");
	put(&high, "b", "2");
	put(&high, "e", "55");
	put(&high, "f", "6");
	put(&high, "f", "");
	has(&high, "c", NULL);
	has(&high, "e", "55");
	has(&low, "e", "5");
	CU_ASSERT(qiao_layer_has(&high, qiao_slice_str("c")));
	CU_ASSERT(!qiao_layer_has(&high, qiao_slice_str("a")));
	lists(&high, "", "a=1 b=2 e=55 ");
	lists(&high, "b", "b=2 e=55 ");
	lists(&high, "f", "");
	lists(&low, "", "a=1 c=3 e=5 ");
	CU_ASSERT_EQUAL(qiao_layer_flush(&high, &view), QIAO_OK);
	lists(&low, "", "a=1 b=2 e=55 ");
	qiao_layer_clear(&high);
	lists(&high, "", "a=1 b=2 e=55 ");
	qiao_layer_clear(&high);
	qiao_layer_clear(&low);
}

static void keys_are_bytes_in_their_order(void)
{
	struct qiao_layer l = { .n = 0 };
	struct qiao_view v = qiao_layer_view(&l);
	struct qiao_buf key = QIAO_BUF, value = QIAO_BUF;
	static const uint8_t high[] = { 0xff }, zero[] = { 0 };

	put(&l, "z", "last but one");
	v.put(v.ctx, qiao_slice_of(high, 1), qiao_slice_str("last"));
	v.put(v.ctx, qiao_slice_of(zero, 1), qiao_slice_str("second"));
	v.put(v.ctx, qiao_slice_of(NULL, 0), qiao_slice_str("first"));
	CU_ASSERT_EQUAL(v.next(v.ctx, &key, &value, qiao_slice_of(NULL, 0)),
			QIAO_OK);
	CU_ASSERT(qiao_slice_is(qiao_buf_slice(&value), "first"));
	CU_ASSERT_EQUAL(v.next(v.ctx, &key, &value, qiao_slice_of(zero, 1)),
			QIAO_OK);
	CU_ASSERT(qiao_slice_is(qiao_buf_slice(&value), "second"));
	CU_ASSERT_EQUAL(v.next(v.ctx, &key, &value, qiao_slice_str("zz")),
			QIAO_OK);
	CU_ASSERT(qiao_slice_is(qiao_buf_slice(&value), "last"));
	qiao_buf_free(&key);
	qiao_buf_free(&value);
	qiao_layer_clear(&l);
}

/* 2,000 keys in a scattered order, each put twice. */
static void many_keys_are_all_found(void)
{
	struct qiao_layer l = { .n = 0 };
	struct qiao_view v = qiao_layer_view(&l);
	struct qiao_buf key = QIAO_BUF, value = QIAO_BUF;
	unsigned int n = 0;
	char name[16];

	for (unsigned int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "k%05u", i * 7919 % 2000);
		put(&l, name, name);
	}
	CU_ASSERT_EQUAL(l.n, 2000);
	qiao_buf_put_str(&key, "");
	for (;;) {
		struct qiao_buf from = key;

		key = QIAO_BUF;
		qiao_buf_put_u8(&from, 0);
		if (v.next(v.ctx, &key, &value, qiao_buf_slice(&from)) !=
		    QIAO_OK) {
			qiao_buf_free(&from);
			break;
		}
		snprintf(name, sizeof(name), "k%05u", n++);
		CU_ASSERT(qiao_slice_is(qiao_buf_slice(&key), name));
		has(&l, name, name);
		qiao_buf_free(&from);
	}
	CU_ASSERT_EQUAL(n, 2000);
	qiao_buf_free(&key);
	qiao_buf_free(&value);
	qiao_layer_clear(&l);
}

static qiao_err no_next_get(void *ctx, struct qiao_buf *out,
			    struct qiao_slice key)
{
	(void)ctx;
	(void)out;
	(void)key;
	return QIAO_E_IO;
}

static void errors_from_below_are_passed_up(void)
{
	const struct qiao_view below = { NULL, no_next_get, NULL, NULL };
	struct qiao_buf key = QIAO_BUF, value = QIAO_BUF;
	struct qiao_layer l;
	struct qiao_view v;

	qiao_layer_init(&l, &below);
	v = qiao_layer_view(&l);
	CU_ASSERT_EQUAL(v.get(v.ctx, &value, qiao_slice_str("a")), QIAO_E_IO);
	CU_ASSERT_EQUAL(v.next(v.ctx, &key, &value, qiao_slice_str("a")),
			QIAO_E_UNSUPPORTED);
	put(&l, "a", "1");
	has(&l, "a", "1");
	qiao_layer_clear(&l);
	qiao_buf_free(&key);
	qiao_buf_free(&value);
}

static const struct test_case cases[] = {
	{ "a layer hides what is below", a_layer_hides_what_is_below },
	{ "keys are bytes in their order", keys_are_bytes_in_their_order },
	{ "many keys are all found", many_keys_are_all_found },
	{ "errors from below are passed up", errors_from_below_are_passed_up },
	{ NULL, NULL },
};

const struct test_suite layer_test_suite = { "verify/layer", cases };
