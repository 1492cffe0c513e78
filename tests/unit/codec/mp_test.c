/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/include/qiao/limits.h"
#include "tests/unit/suite.h"

#include <string.h>

static struct qiao_buf bytes_of(const char *hex)
{
	struct qiao_buf b = QIAO_BUF;

	CU_ASSERT_EQUAL_FATAL(qiao_hex_decode_buf(&b, qiao_slice_str(hex)),
			      QIAO_OK);
	return b;
}

/* clang-format off */
static const struct {
	const char *name, *hex;
	bool ok;
} scans[] = {
	{ "nothing", "", false },
	{ "zero", "00", true },
	{ "largest fixint", "7f", true },
	{ "least negative fixint", "e0", true },
	{ "nil", "c0", true },
	{ "false", "c2", true },
	{ "true", "c3", true },
	{ "the reserved tag", "c1", false },
	{ "uint8", "cc80", true },
	{ "uint8 that fits a fixint", "cc7f", false },
	{ "uint16", "cd0100", true },
	{ "uint16 that fits a uint8", "cd00ff", false },
	{ "uint32", "ce00010000", true },
	{ "uint32 that fits a uint16", "ce0000ffff", false },
	{ "uint64", "cf0000000100000000", true },
	{ "uint64 that fits a uint32", "cf00000000ffffffff", false },
	{ "largest uint64", "cfffffffffffffffff", true },
	{ "int8", "d0df", true },
	{ "least int8", "d080", true },
	{ "int8 that fits a fixint", "d0e0", false },
	{ "positive int8", "d07f", false },
	{ "int16", "d1ff7f", true },
	{ "int16 that fits an int8", "d1ff80", false },
	{ "positive int16", "d10100", false },
	{ "int32", "d2ffff7fff", true },
	{ "int32 that fits an int16", "d2ffff8000", false },
	{ "positive int32", "d200010000", false },
	{ "int64", "d3ffffffff7fffffff", true },
	{ "int64 that fits an int32", "d3ffffffff80000000", false },
	{ "least int64", "d38000000000000000", true },
	{ "positive int64", "d30000000100000000", false },
	{ "float32", "ca00000000", false },
	{ "float64", "cb0000000000000000", false },
	{ "fixmap", "80", false },
	{ "fixmap with one pair", "810101", false },
	{ "map16", "de0000", false },
	{ "map32", "df00000000", false },
	{ "fixext", "d40000", false },
	{ "ext8", "c70100ff", false },
	{ "fixstr", "a3616263", true },
	{ "empty str", "a0", true },
	{ "str of a Chinese word", "a6e5908de7a7b0", true },
	{ "str that is no UTF-8", "a2c328", false },
	{ "str of a surrogate", "a3eda080", false },
	{ "str8 that fits a fixstr", "d903616263", false },
	{ "str16 that fits a str8", "da0003616263", false },
	{ "str32 that fits a str16", "db00000003616263", false },
	{ "bin8", "c403ffffff", true },
	{ "empty bin8", "c400", true },
	{ "bin16 that fits a bin8", "c50001ff", false },
	{ "bin32 that fits a bin16", "c600000001ff", false },
	{ "bin longer than the input", "c404ffffff", false },
	{ "bin32 of 4 GiB", "c6ffffffff", false },
	{ "empty array", "90", true },
	{ "array", "93010203", true },
	{ "array with a missing element", "930102", false },
	{ "array16 that fits a fixarray", "dc0001c0", false },
	{ "array32 that fits an array16", "dd00000001c0", false },
	{ "array32 of 4 G elements", "ddffffffff", false },
	{ "one byte after the value", "0000", false },
	{ "one byte after an array", "9100c0", false },
	{ "eight arrays deep", "9191919191919190", true },
	{ "eight arrays and a value", "919191919191919101", true },
	{ "nine arrays deep", "919191919191919190", false },
	{ "nine arrays and a value", "91919191919191919101", false },
	{ "siblings do not add depth", "9290939091c090", true },
};
/* clang-format on */

static void the_scan_takes_one_encoding_per_value(void)
{
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		struct qiao_buf b = bytes_of(scans[i].hex);
		qiao_err want = scans[i].ok ? QIAO_OK : QIAO_E_NONCANON;

		if (qiao_mp_check(qiao_buf_slice(&b)) != want)
			CU_FAIL(scans[i].name);
		qiao_buf_free(&b);
	}
}

/* An array of everything the getters know. */
static const uint8_t blob[3] = { 0xff, 0x00, 0x80 };

static struct qiao_buf sample(void)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash h;

	memset(h.b, 0xab, sizeof(h.b));
	qiao_mp_put_array(&b, 11);
	qiao_mp_put_uint(&b, UINT64_MAX);
	qiao_mp_put_int(&b, INT64_MIN);
	qiao_mp_put_int(&b, 5);
	qiao_mp_put_bool(&b, true);
	qiao_mp_put_bool(&b, false);
	qiao_mp_put_nil(&b);
	qiao_mp_put_bin(&b, qiao_slice_of(blob, sizeof(blob)));
	qiao_mp_put_cstr(&b, "名称");
	qiao_mp_put_hash(&b, &h);
	qiao_mp_put_raw(&b, qiao_slice_of("\x92", 1)); /* two follow */
	qiao_mp_put_cstr(&b, "");
	qiao_mp_put_bin(&b, qiao_slice_of(NULL, 0));
	qiao_mp_put_str(&b, qiao_slice_of("a\0b", 3));
	CU_ASSERT_EQUAL_FATAL(b.err, QIAO_OK);
	return b;
}

static void what_is_written_is_read_back(void)
{
	struct qiao_buf b = sample();
	struct qiao_mp m;
	struct qiao_slice s;

	CU_ASSERT_EQUAL_FATAL(qiao_mp_open(&m, qiao_buf_slice(&b)), QIAO_OK);
	qiao_mp_array_of(&m, 11);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, UINT64_MAX), UINT64_MAX);
	CU_ASSERT_EQUAL(qiao_mp_int(&m), INT64_MIN);
	CU_ASSERT_FALSE(qiao_mp_nil(&m));
	CU_ASSERT_EQUAL(qiao_mp_int(&m), 5);
	CU_ASSERT_TRUE(qiao_mp_bool(&m));
	CU_ASSERT_FALSE(qiao_mp_bool(&m));
	CU_ASSERT_TRUE(qiao_mp_nil(&m));
	s = qiao_mp_bin(&m, 3);
	CU_ASSERT_TRUE(qiao_slice_eq(s, qiao_slice_of(blob, sizeof(blob))));
	CU_ASSERT_TRUE(qiao_slice_is(qiao_mp_str(&m, 64), "名称"));
	CU_ASSERT_EQUAL(qiao_mp_hash(&m).b[31], 0xab);
	s = qiao_mp_raw(&m);
	CU_ASSERT_TRUE(qiao_slice_eq(s, qiao_slice_of("\x92\xa0\xc4\0", 4)));
	CU_ASSERT_EQUAL(qiao_mp_check(s), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_mp_str(&m, 3).n, 3);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
	qiao_buf_free(&b);
}

static void a_message_cut_anywhere_is_refused(void)
{
	struct qiao_buf b = sample();

	for (size_t n = 0; n < b.n; n++) {
		void *cut = qiao_memdup(qiao_slice_of(b.p, n));
		struct qiao_mp m;

		CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
		CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_slice_of(cut, n)),
				QIAO_E_NONCANON);
		CU_ASSERT_EQUAL(qiao_mp_uint(&m, UINT64_MAX), 0);
		CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_E_NONCANON);
		qiao_free(cut);
	}
	qiao_buf_free(&b);
}

enum get {
	GET_ARRAY,
	GET_ARRAY_OF,
	GET_UINT,
	GET_INT,
	GET_BOOL,
	GET_BIN,
	GET_BIN_INTO,
	GET_STR,
	GET_STR_INTO,
	GET_HASH,
};

/* Each with a limit of 4, where there is one. True: the result is zero. */
static bool get_one(struct qiao_mp *m, enum get what)
{
	char text[5] = "????";
	uint8_t raw[4] = { 1, 1, 1, 1 };
	struct qiao_hash h;

	switch (what) {
	case GET_ARRAY:
		return qiao_mp_array(m, 4) == 0;
	case GET_ARRAY_OF:
		qiao_mp_array_of(m, 4);
		return true;
	case GET_UINT:
		return qiao_mp_uint(m, 4) == 0;
	case GET_INT:
		return qiao_mp_int(m) == 0;
	case GET_BOOL:
		return !qiao_mp_bool(m);
	case GET_BIN:
		return qiao_mp_bin(m, 4).n == 0;
	case GET_BIN_INTO:
		qiao_mp_bin_into(m, raw, 4);
		return !raw[0] && !raw[1] && !raw[2] && !raw[3];
	case GET_STR:
		return qiao_mp_str(m, 4).n == 0;
	case GET_STR_INTO:
		qiao_mp_str_into(m, text, sizeof(text));
		return text[0] == '\0';
	case GET_HASH:
		h = qiao_mp_hash(m);
		return qiao_hash_is_zero(&h);
	}
	return false;
}

/* clang-format off */
static const struct {
	const char *name, *hex;
	enum get what;
	qiao_err want;
} gets[] = {
	{ "array at the limit", "9401020304", GET_ARRAY, QIAO_E_TRAILING },
	{ "array over the limit", "950102030405", GET_ARRAY, QIAO_E_LIMIT },
	{ "array where a number stands", "04", GET_ARRAY, QIAO_E_MALFORMED },
	{ "array of another count", "93010203", GET_ARRAY_OF, QIAO_E_MALFORMED },
	{ "array_of on a bin of that length", "c40401020304", GET_ARRAY_OF,
	  QIAO_E_MALFORMED },
	{ "uint at the limit", "04", GET_UINT, QIAO_OK },
	{ "uint over the limit", "05", GET_UINT, QIAO_E_LIMIT },
	{ "uint from a negative", "ff", GET_UINT, QIAO_E_MALFORMED },
	{ "uint from nil", "c0", GET_UINT, QIAO_E_MALFORMED },
	{ "uint from true", "c3", GET_UINT, QIAO_E_MALFORMED },
	{ "int of the largest", "cf7fffffffffffffff", GET_INT, QIAO_OK },
	{ "int one larger", "cf8000000000000000", GET_INT, QIAO_E_LIMIT },
	{ "int from a str", "a131", GET_INT, QIAO_E_MALFORMED },
	{ "bool from one", "01", GET_BOOL, QIAO_E_MALFORMED },
	{ "bin at the limit", "c40401020304", GET_BIN, QIAO_OK },
	{ "bin over the limit", "c4050102030405", GET_BIN, QIAO_E_LIMIT },
	{ "bin from a str", "a161", GET_BIN, QIAO_E_MALFORMED },
	{ "bin_into of fewer", "c403010203", GET_BIN_INTO, QIAO_E_MALFORMED },
	{ "bin_into of more", "c4050102030405", GET_BIN_INTO, QIAO_E_LIMIT },
	{ "bin_into of none", "c400", GET_BIN_INTO, QIAO_E_MALFORMED },
	{ "str at the limit", "a461626364", GET_STR, QIAO_OK },
	{ "str over the limit", "a56162636465", GET_STR, QIAO_E_LIMIT },
	{ "str from a bin", "c40161", GET_STR, QIAO_E_MALFORMED },
	{ "str_into at the limit", "a461626364", GET_STR_INTO, QIAO_OK },
	{ "str_into over the limit", "a56162636465", GET_STR_INTO, QIAO_E_LIMIT },
	{ "str_into with a NUL", "a3610062", GET_STR_INTO, QIAO_E_MALFORMED },
	{ "hash of 3 bytes", "c403010203", GET_HASH, QIAO_E_MALFORMED },
};
/* clang-format on */

static void a_getter_refuses_other_types_and_sizes(void)
{
	for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		struct qiao_buf b = bytes_of(gets[i].hex);
		struct qiao_mp m;
		bool zero;

		CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_buf_slice(&b)), QIAO_OK);
		zero = get_one(&m, gets[i].what);
		if (qiao_mp_finish(&m) != gets[i].want ||
		    (gets[i].want != QIAO_OK && m.r.err != QIAO_OK && !zero))
			CU_FAIL(gets[i].name);
		qiao_buf_free(&b);
	}
}

static void a_getter_without_open_refuses_what_the_scan_would(void)
{
	/* a caller that forgot qiao_mp_open still cannot be led astray */
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		struct qiao_buf b = bytes_of(scans[i].hex);
		struct qiao_mp m = { qiao_reader_of(qiao_buf_slice(&b)) };
		struct qiao_slice s = qiao_mp_raw(&m);

		if ((qiao_mp_finish(&m) == QIAO_OK) != scans[i].ok)
			CU_FAIL(scans[i].name);
		if (scans[i].ok)
			CU_ASSERT_EQUAL(s.n, b.n);
		qiao_buf_free(&b);
	}
}

static void failing_by_hand_is_sticky(void)
{
	struct qiao_mp m;

	CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_slice_of("\x01", 1)), QIAO_OK);
	qiao_mp_fail(&m, QIAO_E_CONFLICT);
	qiao_mp_fail(&m, QIAO_E_IO);
	CU_ASSERT_EQUAL(qiao_mp_uint(&m, 9), 0);
	CU_ASSERT_EQUAL(qiao_mp_raw(&m).n, 0);
	CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_E_CONFLICT);
}

/* At each length where the form changes: what we write, we accept. */
static void every_length_is_written_in_its_shortest_form(void)
{
	static const size_t lengths[] = { 0,   1,   15,    16,    31,   32,
					  255, 256, 65535, 65536, 70000 };
	static uint8_t body[70000];

	memset(body, 'a', sizeof(body));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct qiao_slice v = qiao_slice_of(body, lengths[i]);
		struct qiao_buf b = QIAO_BUF;
		struct qiao_mp m;

		qiao_mp_put_array(&b, 3);
		qiao_mp_put_bin(&b, v);
		qiao_mp_put_str(&b, v);
		qiao_mp_put_array(&b, v.n);
		for (size_t j = 0; j < v.n; j++)
			qiao_mp_put_nil(&b);
		CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_buf_slice(&b)), QIAO_OK);
		qiao_mp_array_of(&m, 3);
		CU_ASSERT_EQUAL(qiao_mp_bin(&m, v.n).n, v.n);
		CU_ASSERT_EQUAL(qiao_mp_str(&m, v.n).n, v.n);
		CU_ASSERT_EQUAL(qiao_mp_array(&m, v.n), v.n);
		CU_ASSERT_EQUAL(m.r.left, v.n);
		qiao_buf_free(&b);
	}
}

static void every_integer_is_written_in_its_shortest_form(void)
{
	for (int shift = 0; shift < 64; shift++) {
		for (int off = -1; off <= 1; off++) {
			uint64_t u = ((uint64_t)1 << shift) + (uint64_t)off;
			int64_t n = -(int64_t)(u & INT64_MAX);
			struct qiao_buf b = QIAO_BUF;
			struct qiao_mp m;

			qiao_mp_put_array(&b, 3);
			qiao_mp_put_uint(&b, u);
			qiao_mp_put_int(&b, n);
			qiao_mp_put_int(&b, -n);
			CU_ASSERT_EQUAL(qiao_mp_open(&m, qiao_buf_slice(&b)),
					QIAO_OK);
			qiao_mp_array_of(&m, 3);
			CU_ASSERT_EQUAL(qiao_mp_uint(&m, UINT64_MAX), u);
			CU_ASSERT_EQUAL(qiao_mp_int(&m), n);
			CU_ASSERT_EQUAL(qiao_mp_int(&m), -n);
			CU_ASSERT_EQUAL(qiao_mp_finish(&m), QIAO_OK);
			qiao_buf_free(&b);
		}
	}
}

static void a_full_buffer_is_said_once_at_the_end(void)
{
	struct qiao_buf b = { .max = 4 };

	qiao_mp_put_array(&b, 2);
	qiao_mp_put_cstr(&b, "too long");
	qiao_mp_put_nil(&b);
	CU_ASSERT_EQUAL(b.err, QIAO_E_LIMIT);
	CU_ASSERT_EQUAL(qiao_buf_slice(&b).n, 0);
	qiao_buf_free(&b);
}

static const struct test_case cases[] = {
	{ "the scan takes one encoding per value",
	  the_scan_takes_one_encoding_per_value },
	{ "what is written is read back", what_is_written_is_read_back },
	{ "a message cut anywhere is refused",
	  a_message_cut_anywhere_is_refused },
	{ "a getter refuses other types and sizes",
	  a_getter_refuses_other_types_and_sizes },
	{ "a getter without open refuses what the scan would",
	  a_getter_without_open_refuses_what_the_scan_would },
	{ "failing by hand is sticky", failing_by_hand_is_sticky },
	{ "every length is written in its shortest form",
	  every_length_is_written_in_its_shortest_form },
	{ "every integer is written in its shortest form",
	  every_integer_is_written_in_its_shortest_form },
	{ "a full buffer is said once, at the end",
	  a_full_buffer_is_said_once_at_the_end },
	{ NULL, NULL },
};

const struct test_suite mp_test_suite = { "codec/mp", cases };
