/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/codec/control.h"

#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "tests/unit/suite.h"

#include <string.h>

static const struct qiao_control_request asked = { .command = "trace",
						   .n_args = 1,
						   .args = { "LIC-0001" },
						   .zh = true,
						   .json = true };

static void round_trip(void)
{
	struct qiao_control_reply r = { QIAO_E_NOTFOUND,
					qiao_slice_str("没有") },
				  back;
	struct qiao_control_request got;
	struct qiao_buf b = QIAO_BUF;

	qiao_control_request_encode(&b, &asked);
	CU_ASSERT_EQUAL(qiao_control_request_parse(&got, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT_EQUAL(memcmp(&got, &asked, sizeof(got)), 0);
	qiao_buf_clear(&b);
	qiao_control_reply_encode(&b, &r);
	CU_ASSERT_EQUAL(qiao_control_reply_parse(&back, qiao_buf_slice(&b)),
			QIAO_OK);
	CU_ASSERT_EQUAL(back.error, QIAO_E_NOTFOUND);
	CU_ASSERT_TRUE(qiao_slice_eq(back.text, r.text));
	qiao_buf_free(&b);
}

static void cut(void)
{
	struct qiao_control_reply reply = { QIAO_OK, qiao_slice_str("x") };
	struct qiao_control_request r;
	struct qiao_buf b = QIAO_BUF;

	qiao_control_request_encode(&b, &asked);
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_control_request_parse(&r, qiao_slice_of(b.p, n)),
			QIAO_OK);
	qiao_buf_put_u8(&b, 0xc0);
	CU_ASSERT_NOT_EQUAL(qiao_control_request_parse(&r, qiao_buf_slice(&b)),
			    QIAO_OK);
	qiao_buf_clear(&b);
	qiao_control_reply_encode(&b, &reply);
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(
			qiao_control_reply_parse(&reply, qiao_slice_of(b.p, n)),
			QIAO_OK);
	qiao_buf_free(&b);
}

static void put_request(struct qiao_buf *b, unsigned int version, size_t args,
			const char *lang)
{
	qiao_mp_put_array(b, 5);
	qiao_mp_put_uint(b, version);
	qiao_mp_put_cstr(b, "status");
	qiao_mp_put_array(b, args);
	for (size_t i = 0; i < args; i++)
		qiao_mp_put_cstr(b, "a");
	qiao_mp_put_cstr(b, lang);
	qiao_mp_put_bool(b, false);
}

static void refusals(void)
{
	static const struct {
		unsigned int version;
		size_t args;
		const char *lang;
		bool ok;
	} t[] = {
		{ 1, 0, "en", true },
		{ 1, QIAO_CONTROL_ARGS_MAX, "zh", true },
		{ 1, QIAO_CONTROL_ARGS_MAX + 1, "zh", false },
		{ 2, 0, "en", false },
		{ 1, 0, "fr", false },
		{ 1, 0, "", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct qiao_control_request r;
		struct qiao_buf b = QIAO_BUF;

		put_request(&b, t[i].version, t[i].args, t[i].lang);
		CU_ASSERT_EQUAL(qiao_control_request_parse(
					&r, qiao_buf_slice(&b)) == QIAO_OK,
				t[i].ok);
		qiao_buf_free(&b);
	}
}

static const struct test_case cases[] = {
	{ "a request and a reply are read as they were written", round_trip },
	{ "cut at any length, or longer, they are refused", cut },
	{ "another version, language or too many arguments are refused",
	  refusals },
	{ NULL, NULL },
};
const struct test_suite control_test_suite = { "codec/control", cases };
