/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/sign.h"

#include "adapters/fabric/pb.h"
#include "adapters/fabric/proto/common.pb-c.h"
#include "gateway/base/clock.h"
#include "gateway/base/file.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/pem_key.h"
#include "gateway/include/qiao/limits.h"

#include <stdio.h>
#include <string.h>

#define KEY_MAX QIAO_KIB(16)

struct fabric_identity {
	struct qiao_buf creator;
	struct qiao_pem_key *key;
	int64_t not_before_ms, not_after_ms;
	uint8_t account[FABRIC_ACCOUNT_LEN];
	char cert_path[QIAO_PATH_LEN];
};

static qiao_err put_creator(struct qiao_buf *out, const char *mspid,
			    struct qiao_slice pem)
{
	Fabric__SerializedIdentity m = FABRIC__SERIALIZED_IDENTITY__INIT;

	m.mspid = fabric_pb_str(mspid);
	m.id_bytes = fabric_pb_bytes(pem);
	return fabric_pb_put(out, &m.base);
}

static qiao_err set_account(struct fabric_identity *id, const char *mspid,
			    struct qiao_slice spki)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_hash h;
	qiao_err err;

	qiao_mp_put_array(&b, 2);
	qiao_mp_put_cstr(&b, mspid);
	qiao_mp_put_bin(&b, spki);
	qiao_sha256_tagged(&h, "qiao/fabric/account/1", qiao_buf_slice(&b));
	memcpy(id->account, h.b, sizeof(id->account));
	err = b.err;
	qiao_buf_free(&b);
	return err;
}

static qiao_err take_cert(struct fabric_identity *id, const char *mspid,
			  const char *path, struct qiao_slice pem,
			  struct qiao_why *why)
{
	struct qiao_why inner = { "" };
	struct qiao_cert *cert;
	qiao_err err = qiao_cert_parse_pem(&cert, pem, &inner);

	if (err != QIAO_OK)
		return qiao_fail(why, err, "%s: holds no certificate: %.200s",
				 path, inner.text);
	if (!qiao_pem_key_fits(id->key, cert))
		err = qiao_fail(why, QIAO_E_KEY,
				"the private key does not fit certificate %s; "
				"`cert` and `key` of `identity` belong "
				"together",
				path);
	id->not_before_ms = qiao_cert_not_before_ms(cert);
	id->not_after_ms = qiao_cert_not_after_ms(cert);
	if (err == QIAO_OK)
		err = set_account(id, mspid, qiao_cert_spki(cert));
	if (err == QIAO_OK)
		err = put_creator(&id->creator, mspid, pem);
	qiao_cert_free(cert);
	return err;
}

static qiao_err load(struct fabric_identity *id, const char *mspid,
		     const char *cert, const char *key, struct qiao_why *why)
{
	struct qiao_buf pem = QIAO_BUF, secret = QIAO_BUF;
	qiao_err err = qiao_file_read(&pem, cert, QIAO_CERT_MAX, why);

	if (err == QIAO_OK)
		err = qiao_file_read_private(&secret, key, KEY_MAX, why);
	if (err == QIAO_OK)
		err = qiao_pem_key_parse(&id->key, qiao_buf_slice(&secret), key,
					 why);
	if (err == QIAO_OK)
		err = take_cert(id, mspid, cert, qiao_buf_slice(&pem), why);
	qiao_buf_free(&secret);
	qiao_buf_free(&pem);
	return err;
}

qiao_err fabric_identity_load(struct fabric_identity **out, const char *mspid,
			      const char *cert, const char *key,
			      struct qiao_why *why)
{
	struct fabric_identity *id = qiao_calloc(1, sizeof(*id));
	qiao_err err = QIAO_E_NOMEM;

	*out = NULL;
	if (id) {
		snprintf(id->cert_path, sizeof(id->cert_path), "%s", cert);
		err = load(id, mspid, cert, key, why);
	}
	if (err == QIAO_OK)
		*out = id;
	else
		fabric_identity_free(id);
	return err;
}

void fabric_identity_free(struct fabric_identity *id)
{
	if (!id)
		return;
	qiao_pem_key_free(id->key);
	qiao_buf_free(&id->creator);
	qiao_free(id);
}

struct qiao_slice fabric_identity_creator(const struct fabric_identity *id)
{
	return qiao_buf_slice(&id->creator);
}

const uint8_t *fabric_identity_account(const struct fabric_identity *id)
{
	return id->account;
}

char *fabric_identity_doubt(char *out, size_t size,
			    const struct fabric_identity *id, int64_t now_ms)
{
	char day[QIAO_TIME_LEN];

	out[0] = '\0';
	if (id->not_after_ms <= now_ms)
		snprintf(
			out, size,
			" (the client certificate %s expired on %.10s: have it "
			"renewed)",
			id->cert_path,
			qiao_time_format(day, id->not_after_ms, 0));
	else if (id->not_before_ms > now_ms)
		snprintf(out, size,
			 " (the client certificate %s is valid from %.10s on: "
			 "check this machine's clock)",
			 id->cert_path,
			 qiao_time_format(day, id->not_before_ms, 0));
	return out;
}

qiao_err fabric_identity_sign(const struct fabric_identity *id,
			      struct qiao_buf *der, struct qiao_slice bytes)
{
	return qiao_pem_key_sign(id->key, der, bytes);
}
