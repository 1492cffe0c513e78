/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/sign.h"

#include "gateway/base/clock.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/x509.h"
#include "tests/unit/fabric/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TLS  "tests/vectors/tls/"
#define CERT TLS "good.pem"

static char key_path[64];

/* A copy of a key with a mode of its own. */
static const char *key_with_mode(const char *from, unsigned int mode)
{
	struct qiao_buf b = read_whole(from);

	mkdir("build", 0777);
	snprintf(key_path, sizeof(key_path), "build/sign-%d.key",
		 (int)getpid());
	unlink(key_path);
	CU_ASSERT_EQUAL_FATAL(
		qiao_file_write(key_path, qiao_buf_slice(&b), 0600, NULL),
		QIAO_OK);
	chmod(key_path, (mode_t)mode);
	qiao_buf_free(&b);
	return key_path;
}

static struct fabric_identity *load(void)
{
	struct fabric_identity *id;
	struct qiao_why why = { "" };

	if (fabric_identity_load(&id, "NanjingMSP", CERT,
				 key_with_mode(TLS "good.key", 0600),
				 &why) != QIAO_OK)
		puts(why.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(id);
	unlink(key_path);
	return id;
}

static const struct {
	const char *cert, *key;
	unsigned int mode;
	qiao_err err;
	const char *said;
} loads[] = {
	{ CERT, TLS "good.key", 0600, QIAO_OK, "" },
	{ CERT, TLS "good.key", 0400, QIAO_OK, "" },
	{ CERT, TLS "good.key", 0640, QIAO_E_KEY, "chmod 600" },
	{ CERT, TLS "good.key", 0604, QIAO_E_KEY, "chmod 600" },
	{ CERT, TLS "good2.key", 0600, QIAO_E_KEY, "does not fit" },
	{ CERT, TLS "good.pem", 0600, QIAO_E_KEY, "holds no private key" },
	{ TLS "good.key", TLS "good.key", 0600, QIAO_E_MALFORMED,
	  "holds no certificate" },
	{ TLS "gone.pem", TLS "good.key", 0600, QIAO_E_NOTFOUND, "gone.pem" },
};

static void files_that_do_not_fit_are_named(void)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		struct fabric_identity *id;
		struct qiao_why why = { "" };
		qiao_err err = fabric_identity_load(
			&id, "NanjingMSP", loads[i].cert,
			key_with_mode(loads[i].key, loads[i].mode), &why);

		if (err != loads[i].err || !strstr(why.text, loads[i].said))
			printf("%zu: %s %s\n", i, qiao_errname(err), why.text);
		CU_ASSERT_EQUAL(err, loads[i].err);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, loads[i].said));
		CU_ASSERT_EQUAL(id != NULL, err == QIAO_OK);
		fabric_identity_free(id);
		unlink(key_path);
	}
}

static void signatures_are_what_peers_verify(void)
{
	struct fabric_identity *id = load();
	struct qiao_buf pem = read_whole(CERT), sig = QIAO_BUF;
	struct qiao_slice msg = qiao_slice_str("exact bytes");
	struct qiao_cert *cert;

	CU_ASSERT_EQUAL_FATAL(
		qiao_cert_parse_pem(&cert, qiao_buf_slice(&pem), NULL),
		QIAO_OK);
	for (int i = 0; i < 32; i++) { /* half of them need their S turned */
		qiao_buf_clear(&sig);
		CU_ASSERT_EQUAL(fabric_identity_sign(id, &sig, msg), QIAO_OK);
		CU_ASSERT_EQUAL(
			qiao_cert_verify(cert, msg, qiao_buf_slice(&sig)),
			QIAO_OK);
	}
	qiao_cert_free(cert);
	qiao_buf_free(&pem);
	qiao_buf_free(&sig);
	fabric_identity_free(id);
}

static void the_account_is_of_msp_and_key(void)
{
	struct fabric_identity *id = load();
	struct qiao_buf pem = read_whole(CERT), b = QIAO_BUF;
	struct qiao_cert *cert;
	struct qiao_hash h;

	CU_ASSERT_EQUAL_FATAL(
		qiao_cert_parse_pem(&cert, qiao_buf_slice(&pem), NULL),
		QIAO_OK);
	qiao_mp_put_array(&b, 2);
	qiao_mp_put_cstr(&b, "NanjingMSP");
	qiao_mp_put_bin(&b, qiao_cert_spki(cert));
	qiao_sha256_tagged(&h, "qiao/fabric/account/1", qiao_buf_slice(&b));
	CU_ASSERT_EQUAL(memcmp(fabric_identity_account(id), h.b, 16), 0);
	qiao_cert_free(cert);
	qiao_buf_free(&pem);
	qiao_buf_free(&b);
	fabric_identity_free(id);
}

static void an_expired_certificate_is_loaded_and_named(void)
{
	struct fabric_identity *id;
	char doubt[256];
	qiao_err err = fabric_identity_load(
		&id, "NanjingMSP", TLS "expired.pem",
		key_with_mode(TLS "expired.key", 0600), NULL);

	CU_ASSERT_EQUAL_FATAL(err, QIAO_OK);
	fabric_identity_doubt(doubt, sizeof(doubt), id, qiao_now_ms());
	CU_ASSERT_PTR_NOT_NULL(strstr(doubt, "expired.pem expired on"));
	fabric_identity_free(id);
	id = load();
	fabric_identity_doubt(doubt, sizeof(doubt), id, qiao_now_ms());
	CU_ASSERT_STRING_EQUAL(doubt, "");
	fabric_identity_free(id);
	unlink(key_path);
}

static void a_failing_allocation_is_an_error(void)
{
	const char *key = key_with_mode(TLS "good.key", 0600);

	for (int n = 0; n < 64; n++) {
		struct fabric_identity *id;
		qiao_err err;

		qiao_fault_alloc_after = n;
		err = fabric_identity_load(&id, "NanjingMSP", CERT, key, NULL);
		qiao_fault_alloc_after = -1;
		CU_ASSERT_EQUAL(id != NULL, err == QIAO_OK);
		fabric_identity_free(id);
		if (err == QIAO_OK)
			break;
	}
	unlink(key_path);
}

static const struct test_case cases[] = {
	{ "files that do not fit, or that others may read, are named",
	  files_that_do_not_fit_are_named },
	{ "signatures are what peers verify: DER, low S",
	  signatures_are_what_peers_verify },
	{ "the account is of MSP id and key", the_account_is_of_msp_and_key },
	{ "an expired certificate is loaded, and named in refusals",
	  an_expired_certificate_is_loaded_and_named },
	{ "a failing allocation is an error",
	  a_failing_allocation_is_an_error },
	{ NULL, NULL },
};
const struct test_suite sign_test_suite = { "fabric/sign", cases };
