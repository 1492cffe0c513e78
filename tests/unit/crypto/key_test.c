/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/base/mem.h"
#include "gateway/crypto/sig.h"
#include "tests/unit/crypto/vector.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
/* RFC 6979 A.2.5 */
#define NUMBER "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define PUB "p256:0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"

static const struct {
	const char *name, *text;
	const char *pub; /* NULL: refused with QIAO_E_KEY */
} files[] = {
	{ "p256", "qiao-key 1 p256 " NUMBER "\n", PUB },
	{ "secp256k1 number 1", "qiao-key 1 secp256k1 "
	  "0000000000000000000000000000000000000000000000000000000000000001\n",
	  "secp256k1:0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" },
	{ "number 0", "qiao-key 1 secp256k1 "
	  "0000000000000000000000000000000000000000000000000000000000000000\n", NULL },
	{ "number 0 p256", "qiao-key 1 p256 "
	  "0000000000000000000000000000000000000000000000000000000000000000\n", NULL },
	{ "number = order", "qiao-key 1 secp256k1 "
	  "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141\n", NULL },
	{ "number = order p256", "qiao-key 1 p256 "
	  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551\n", NULL },
	{ "empty", "", NULL },
	{ "no line end", "qiao-key 1 p256 " NUMBER, NULL },
	{ "two lines", "qiao-key 1 p256 " NUMBER "\n\n", NULL },
	{ "carriage return", "qiao-key 1 p256 " NUMBER "\r\n", NULL },
	{ "63 digits", "qiao-key 1 p256 "
	  "9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721\n", NULL },
	{ "66 digits", "qiao-key 1 p256 00" NUMBER "\n", NULL },
	{ "no hex", "qiao-key 1 p256 "
	  "z9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721\n", NULL },
	{ "version 2", "qiao-key 2 p256 " NUMBER "\n", NULL },
	{ "two spaces", "qiao-key 1  p256 " NUMBER "\n", NULL },
	{ "sm2", "qiao-key 1 sm2 " NUMBER "\n", NULL },
	{ "unknown scheme", "qiao-key 1 p384 " NUMBER "\n", NULL },
	{ "pem", "-----BEGIN PRIVATE KEY-----\n", NULL },
};
/* clang-format on */

static char dir[64];
static char path[80];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), P_tmpdir "/qiao-key-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
}

static void remove_dir(void)
{
	unlink(path);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void write_file(const char *text, mode_t mode)
{
	size_t n = strlen(text);
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, n), (ssize_t)n);
	CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
	close(fd);
}

static void a_key_file_has_exactly_one_form(void)
{
	char text[QIAO_PUBKEY_TEXT_LEN];

	make_dir();
	for (size_t i = 0; i < COUNT(files); i++) {
		struct qiao_why why = { "" };
		struct qiao_key *k;
		qiao_err err;

		write_file(files[i].text, 0600);
		err = qiao_key_load(&k, path, &why);
		if (files[i].pub && err == QIAO_OK) {
			qiao_pubkey_format(text, qiao_key_public(k));
			CU_ASSERT_STRING_EQUAL(text, files[i].pub);
		} else {
			CU_ASSERT_PTR_NULL(files[i].pub);
			CU_ASSERT_EQUAL(err, QIAO_E_KEY);
			CU_ASSERT_PTR_NULL(k);
			CU_ASSERT_PTR_NOT_NULL(strstr(why.text, path));
			/* no digit of a key reaches a message */
			CU_ASSERT_PTR_NULL(strstr(why.text, "b5c2"));
		}
		qiao_key_free(k);
	}
	remove_dir();
}

static void a_file_cut_anywhere_is_refused(void)
{
	char text[128];

	make_dir();
	for (size_t n = 0; n < strlen(files[0].text); n++) {
		struct qiao_key *k;

		snprintf(text, sizeof(text), "%.*s", (int)n, files[0].text);
		write_file(text, 0600);
		CU_ASSERT_EQUAL(qiao_key_load(&k, path, NULL), QIAO_E_KEY);
	}
	remove_dir();
}

static void a_key_that_others_may_read_is_refused_with_the_remedy(void)
{
	static const mode_t bad[] = {
		0640, 0604, 0620, 0602, 0610, 0644, 0660
	};
	struct qiao_why why;
	struct qiao_key *k;
	char want[128];

	make_dir();
	snprintf(want, sizeof(want), "chmod 600 %s", path);
	for (size_t i = 0; i < COUNT(bad); i++) {
		write_file(files[0].text, bad[i]);
		CU_ASSERT_EQUAL(qiao_key_load(&k, path, &why), QIAO_E_KEY);
		CU_ASSERT_PTR_NULL(k);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, want));
	}
	write_file(files[0].text, 0400);
	CU_ASSERT_EQUAL(qiao_key_load(&k, path, &why), QIAO_OK);
	qiao_key_free(k);
	remove_dir();
}

static void a_missing_file_or_a_folder_is_said_so(void)
{
	struct qiao_why why;
	struct qiao_key *k;

	make_dir();
	CU_ASSERT_EQUAL(qiao_key_load(&k, path, &why), QIAO_E_NOTFOUND);
	CU_ASSERT_EQUAL(chmod(dir, 0700), 0);
	CU_ASSERT_EQUAL(qiao_key_load(&k, dir, &why), QIAO_E_KEY);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(qiao_key_load(&k, path, &why), QIAO_E_KEY);
	remove_dir();
}

static void a_saved_key_loads_and_is_never_overwritten(void)
{
	struct qiao_slice msg = qiao_slice_str("m");
	struct qiao_key *k, *back;
	struct qiao_sig sig;
	struct stat st;

	make_dir();
	for (unsigned int scheme = 1; scheme <= 2; scheme++) {
		unlink(path);
		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&k, scheme), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_key_save(k, path, NULL), QIAO_OK);
		CU_ASSERT_EQUAL(stat(path, &st), 0);
		CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
		CU_ASSERT_EQUAL(qiao_key_save(k, path, NULL), QIAO_E_EXISTS);
		CU_ASSERT_EQUAL_FATAL(qiao_key_load(&back, path, NULL),
				      QIAO_OK);
		CU_ASSERT_TRUE(qiao_pubkey_eq(qiao_key_public(k),
					      qiao_key_public(back)));
		CU_ASSERT_EQUAL(qiao_key_sign(back, &sig, "t", msg), QIAO_OK);
		CU_ASSERT_EQUAL(qiao_sig_verify(qiao_key_public(k), "t", msg,
						qiao_slice_of(sig.b, 64)),
				QIAO_OK);
		qiao_key_free(k);
		qiao_key_free(back);
	}
	remove_dir();
	CU_ASSERT_EQUAL_FATAL(qiao_key_new(&k, 1), QIAO_OK);
	CU_ASSERT_EQUAL(qiao_key_save(k, path, NULL), QIAO_E_IO);
	qiao_key_free(k);
}

static void new_keys_differ_and_unbuilt_schemes_have_none(void)
{
	struct qiao_key *a, *b;

	for (unsigned int scheme = 1; scheme <= 2; scheme++) {
		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&a, scheme), QIAO_OK);
		CU_ASSERT_EQUAL_FATAL(qiao_key_new(&b, scheme), QIAO_OK);
		CU_ASSERT_FALSE(
			qiao_pubkey_eq(qiao_key_public(a), qiao_key_public(b)));
		qiao_key_free(a);
		qiao_key_free(b);
	}
	CU_ASSERT_EQUAL(qiao_key_new(&a, QIAO_SCHEME_SM2), QIAO_E_UNSUPPORTED);
	CU_ASSERT_PTR_NULL(a);
	CU_ASSERT_EQUAL(qiao_key_new(&a, QIAO_SCHEME_ED25519),
			QIAO_E_UNSUPPORTED);
	CU_ASSERT_EQUAL(qiao_key_new(&a, 0), QIAO_E_KEY);
	CU_ASSERT_EQUAL(qiao_key_new(&a, 77), QIAO_E_KEY);
	qiao_key_free(NULL);
}

/* The secret may not leave the locked pages: the kernel knows how many. */
static void a_hundred_keys_fit_into_locked_memory(void)
{
	struct qiao_key *k[100] = { 0 };
	char line[128];
	long locked = 0;
	FILE *f;

	for (size_t i = 0; i < COUNT(k); i++)
		CU_ASSERT_EQUAL(qiao_key_new(&k[i], 1 + i % 2), QIAO_OK);
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmLck:", 6) == 0)
			locked = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	CU_ASSERT(locked >= 32 || !f);
	for (size_t i = 0; i < COUNT(k); i++)
		qiao_key_free(k[i]);
}

static void a_key_without_memory_is_an_error(void)
{
	struct qiao_key *k;
	qiao_err err = QIAO_E_NOMEM;

	for (long n = 0; err != QIAO_OK && n < 10; n++) {
		qiao_fault_alloc_after = n;
		err = qiao_key_new(&k, QIAO_SCHEME_P256);
		qiao_fault_alloc_after = -1;
		CU_ASSERT(err == QIAO_OK || (err == QIAO_E_NOMEM && !k));
	}
	CU_ASSERT_EQUAL(err, QIAO_OK);
	qiao_key_free(k);
}

static const struct test_case cases[] = {
	{ "a key file has exactly one form", a_key_file_has_exactly_one_form },
	{ "a file cut anywhere is refused", a_file_cut_anywhere_is_refused },
	{ "a key that others may read is refused, with the remedy",
	  a_key_that_others_may_read_is_refused_with_the_remedy },
	{ "a missing file or a folder is said so",
	  a_missing_file_or_a_folder_is_said_so },
	{ "a saved key loads and is never overwritten",
	  a_saved_key_loads_and_is_never_overwritten },
	{ "new keys differ, unbuilt schemes have none",
	  new_keys_differ_and_unbuilt_schemes_have_none },
	{ "a hundred keys fit into locked memory",
	  a_hundred_keys_fit_into_locked_memory },
	{ "a key without memory is an error",
	  a_key_without_memory_is_an_error },
	{ 0 },
};

const struct test_suite key_test_suite = { "crypto/key", cases };
