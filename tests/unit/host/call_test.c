/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/call.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "tests/unit/suite.h"

#include <string.h>

static const struct {
	const char *name, *hex;
	qiao_err want;
} replies[] = {
	{ "empty", "", QIAO_E_NONCANON },
	{ "not an array", "01", QIAO_E_MALFORMED },
	{ "good, nil", "95010700a0c0", QIAO_OK },
	{ "other number", "95010800a0c0", QIAO_E_MALFORMED },
	{ "other version", "95020700a0c0", QIAO_E_MALFORMED },
	{ "an error of ours", "950107eda0c0", QIAO_E_EXISTS },
	{ "an error nobody knows", "950107d19c40a0c0", QIAO_E_IO },
	{ "a positive error", "95010705a0c0", QIAO_E_IO },
	{ "a byte after the end", "95010700a0c000", QIAO_E_NONCANON },
	{ "four elements", "94010700a0", QIAO_E_MALFORMED },
};

static void reply_table(void)
{
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct qiao_buf in = QIAO_BUF;
		struct qiao_why why;
		struct qiao_mp m;

		CU_ASSERT_EQUAL(qiao_hex_decode_buf(
					&in, qiao_slice_str(replies[i].hex)),
				QIAO_OK);
		CU_ASSERT_EQUAL(
			qiao_call_reply(&m, qiao_buf_slice(&in), 7, &why),
			replies[i].want);
		qiao_buf_free(&in);
	}
}

static void hello_cut_anywhere(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hello h;
	struct qiao_mp m;

	qiao_mp_put_array(&b, 7);
	qiao_mp_put_uint(&b, 1);
	qiao_mp_put_uint(&b, 0);
	qiao_mp_put_cstr(&b, "inhouse");
	qiao_mp_put_cstr(&b, "quorum");
	qiao_mp_put_uint(&b, 4);
	qiao_mp_put_array(&b, 1);
	qiao_mp_put_cstr(&b, "idempotent");
	qiao_mp_put_cstr(&b, "live");
	CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_buf_slice(&b)), QIAO_OK);
	qiao_call_hello(&m, &h);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	CU_ASSERT_STRING_EQUAL(h.cap[0], "idempotent");
	CU_ASSERT_STRING_EQUAL(h.origin, "live");
	for (size_t n = 0; n < b.n; n++)
		CU_ASSERT_NOT_EQUAL(qiao_mp_open(&m, qiao_slice_of(b.p, n)),
				    QIAO_OK);
	qiao_buf_free(&b);
}

static void submitted_table(void)
{
	static const struct {
		const char *hex;
		qiao_err want;
		const char *sentence;
	} rows[] = {
		{ "9200a0", QIAO_OK, "" },
		{ "92eda161", QIAO_E_EXISTS, "a" },
		{ "9205a0", QIAO_E_IO, "" }, /* a positive error */
		{ "92d19c40a0", QIAO_E_IO, "" },
		{ "9100", QIAO_E_MALFORMED, "" },
		{ "9200c0", QIAO_E_MALFORMED, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qiao_buf in = QIAO_BUF;
		struct qiao_why why;
		struct qiao_mp m;

		qiao_hex_decode_buf(&in, qiao_slice_str(rows[i].hex));
		CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_buf_slice(&in)), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_call_submitted(&m, &why), rows[i].want);
		CU_ASSERT_STRING_EQUAL(why.text, rows[i].sentence);
		qiao_buf_free(&in);
	}
}

static const struct test_case cases[] = {
	{ "a result of submit is an error and a sentence", submitted_table },
	{ "replies are accepted or refused by form and number", reply_table },
	{ "hello is read whole and refused when cut", hello_cut_anywhere },
	{ NULL, NULL },
};

const struct test_suite call_test_suite = { "host/call", cases };
