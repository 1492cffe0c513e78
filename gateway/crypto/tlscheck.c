/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/tlscheck.h"

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define NAME_TEXT 256

static int64_t ms_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static char *day_of(char *out, const ASN1_TIME *t)
{
	qiao_time_format(out, ms_of(t), 0);
	out[strcspn(out, "T")] = 0;
	return out;
}

/* "DNS:gw.example, DNS:localhost", escaped; the subject when there are none. */
static char *names_of(char *out, size_t size, X509 *cert)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	BIO *text = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n;

	for (int i = 0; text && i < sk_GENERAL_NAME_num(names); i++) {
		if (i > 0)
			BIO_puts(text, ", ");
		GENERAL_NAME_print(text, sk_GENERAL_NAME_value(names, i));
	}
	if (text && !names)
		X509_NAME_print_ex(text, X509_get_subject_name(cert), 0,
				   XN_FLAG_ONELINE);
	n = text ? BIO_get_mem_data(text, &p) : 0;
	qiao_str_escape(out, size, qiao_slice_of(p, n > 0 ? (size_t)n : 0));
	BIO_free(text);
	GENERAL_NAMES_free(names);
	return out;
}

static X509 *read_cert(const char *path, struct qiao_why *why)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	if (!cert)
		qiao_fail(why, QIAO_E_CONFIG,
			  in ? "%s: holds no PEM certificate"
			     : "%s: cannot be read; check path and permissions",
			  path);
	BIO_free(in);
	ERR_clear_error();
	return cert;
}

/* A key with a passphrase would stop at a prompt: it has none to give. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static qiao_err check_dates(const struct qiao_tls_files *f, X509 *cert,
			    int64_t now_ms, struct qiao_why *why)
{
	char day[QIAO_TIME_LEN];

	if (ms_of(X509_get0_notAfter(cert)) <= now_ms)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "certificate %s expired on %s; put a new one "
				 "in its place",
				 f->cert,
				 day_of(day, X509_get0_notAfter(cert)));
	if (ms_of(X509_get0_notBefore(cert)) > now_ms)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "certificate %s is not valid yet, only from "
				 "%s; check this machine's clock",
				 f->cert,
				 day_of(day, X509_get0_notBefore(cert)));
	return QIAO_OK;
}

static qiao_err check_key(const struct qiao_tls_files *f, X509 *cert,
			  struct qiao_why *why)
{
	BIO *in = BIO_new_file(f->key, "r");
	EVP_PKEY *key =
		in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL)
		   : NULL;
	qiao_err err = QIAO_OK;

	if (!in)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"%s: cannot be read; check path and "
				"permissions",
				f->key);
	else if (!key)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"%s: holds no private key in PEM without a "
				"passphrase",
				f->key);
	else if (X509_check_private_key(cert, key) != 1)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"private key %s does not fit certificate %s",
				f->key, f->cert);
	EVP_PKEY_free(key);
	BIO_free(in);
	ERR_clear_error();
	return err;
}

static qiao_err check_issuer(const struct qiao_tls_files *f, X509 *cert,
			     int64_t now_ms, struct qiao_why *why)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	qiao_err err = store && ctx ? QIAO_OK : QIAO_E_NOMEM;

	if (err == QIAO_OK && X509_STORE_load_file(store, f->ca) != 1)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"%s: holds no certificate of a CA, or cannot "
				"be read",
				f->ca);
	if (err == QIAO_OK && X509_STORE_CTX_init(ctx, store, cert, NULL) != 1)
		err = QIAO_E_NOMEM;
	if (err == QIAO_OK) {
		X509_STORE_CTX_set_time(ctx, 0, (time_t)(now_ms / 1000));
		if (X509_verify_cert(ctx) != 1)
			err = qiao_fail(
				why, QIAO_E_CONFIG,
				"certificate %s is not signed by the CA of "
				"%s: %s",
				f->cert, f->ca,
				X509_verify_cert_error_string(
					X509_STORE_CTX_get_error(ctx)));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return err;
}

qiao_err qiao_tls_check(const struct qiao_tls_files *f, const char *name,
			int64_t now_ms, struct qiao_why *why)
{
	char names[NAME_TEXT];
	X509 *cert = read_cert(f->cert, why);
	qiao_err err;

	if (!cert)
		return QIAO_E_CONFIG;
	err = check_dates(f, cert, now_ms, why);
	if (err == QIAO_OK)
		err = check_key(f, cert, why);
	if (err == QIAO_OK)
		err = check_issuer(f, cert, now_ms, why);
	if (err == QIAO_OK && name &&
	    X509_check_host(cert, name, 0, 0, NULL) != 1)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"certificate %s has the wrong name: it is for "
				"%s, not %s",
				f->cert, names_of(names, sizeof(names), cert),
				name);
	X509_free(cert);
	return err;
}

/* What verification of the peer's certificate ended with. */
struct found {
	int code;   /* X509_V_... */
	X509 *cert; /* the peer's own; NULL: nothing was wrong */
};

/* Keep the certificate: after a failure OpenSSL forgets it. */
static int note_failure(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct found *found = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get0_cert(ctx);

	if (!ok && !found->cert && cert && X509_up_ref(cert) == 1) {
		found->cert = cert;
		found->code = X509_STORE_CTX_get_error(ctx);
	}
	return ok;
}

/* What our side found about the peer's certificate. */
static qiao_err say_verify(const struct found *found,
			   const struct qiao_tls_files *f, const char *name,
			   struct qiao_why *why)
{
	char day[QIAO_TIME_LEN], names[NAME_TEXT];
	X509 *cert = found->cert;
	qiao_err err;

	switch (found->code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		err = qiao_fail(why, QIAO_E_CONFIG,
				"the certificate of peer %s expired on %s; its "
				"operator must renew it",
				name, day_of(day, X509_get0_notAfter(cert)));
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		err = qiao_fail(why, QIAO_E_CONFIG,
				"the certificate of peer %s is not valid yet, "
				"only from %s; compare the clocks",
				name, day_of(day, X509_get0_notBefore(cert)));
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		err = qiao_fail(why, QIAO_E_CONFIG,
				"the certificate of the peer has the wrong "
				"name: it is for %s, not %s",
				names_of(names, sizeof(names), cert), name);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		err = qiao_fail(why, QIAO_E_CONFIG,
				"the certificate of peer %s is signed by "
				"another CA than that of %s",
				name, f->ca);
		break;
	default: /* OpenSSL's numbers, not ours */
		err = qiao_fail(why, QIAO_E_CONFIG,
				"the certificate of peer %s is not good: %s",
				name,
				X509_verify_cert_error_string(found->code));
	}
	return err;
}

/* What the other side found about ours, as far as an alert can tell. */
static qiao_err say_alert(const struct qiao_tls_files *f, const char *name,
			  struct qiao_why *why)
{
	unsigned long e = ERR_peek_last_error();
	const char *what = NULL;

	switch (ERR_GET_REASON(e)) {
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
		what = "it is signed by a CA that the peer does not know";
		break;
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		what = "it expired, by the peer's clock";
		break;
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		what = "the peer does not say why";
		break;
	}
	if (what)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "the peer %s refused our certificate %s: %s",
				 name, f->cert, what);
	return qiao_fail(why, QIAO_E_IO, "no TLS connection with peer %s: %s",
			 name,
			 e ? ERR_reason_error_string(e)
			   : "it closed the connection or is too slow");
}

static SSL_CTX *client_context(const struct qiao_tls_files *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	/* as NNG's: in 1.2 the peer judges us before the handshake ends */
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note_failure);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (SSL_CTX_load_verify_file(ctx, f->ca) == 1 &&
	    SSL_CTX_use_certificate_chain_file(ctx, f->cert) == 1 &&
	    SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static void set_timeout(int fd, int timeout_ms)
{
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000L };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* SSL_set_tlsext_host_name takes a char * in disguise. */
static long set_sni(SSL *ssl, const char *name)
{
	char host[NAME_TEXT];

	if (!qiao_str_copy(host, sizeof(host), qiao_slice_str(name)))
		return 0;
	return SSL_set_tlsext_host_name(ssl, host);
}

qiao_err qiao_tls_explain(int fd, const struct qiao_tls_files *f,
			  const char *name, int timeout_ms,
			  struct qiao_why *why)
{
	SSL_CTX *ctx;
	struct found found = { X509_V_OK, NULL };
	SSL *ssl = NULL;
	qiao_err err = qiao_tls_check(f, NULL, qiao_now_ms(), why);

	if (err != QIAO_OK)
		return err;
	set_timeout(fd, timeout_ms);
	ctx = client_context(f);
	if (ctx)
		ssl = SSL_new(ctx);
	if (!ssl || SSL_set_app_data(ssl, &found) != 1 ||
	    SSL_set_fd(ssl, fd) != 1 || set_sni(ssl, name) != 1 ||
	    SSL_set1_host(ssl, name) != 1)
		err = qiao_fail(why, QIAO_E_NOMEM, "TLS cannot be set up");
	else if (SSL_connect(ssl) != 1)
		err = found.cert ? say_verify(&found, f, name, why)
				 : say_alert(f, name, why);
	X509_free(found.cert);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return err;
}
