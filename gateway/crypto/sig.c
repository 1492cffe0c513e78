/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/crypto/sig.h"

#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/scheme.h"

#include <stdio.h>
#include <string.h>

static const struct qiao_scheme_ops *const schemes[] = {
	[QIAO_SCHEME_SECP256K1] = &qiao_scheme_secp256k1,
	[QIAO_SCHEME_P256] = &qiao_scheme_p256,
	[QIAO_SCHEME_SM2] = NULL,
	[QIAO_SCHEME_ED25519] = NULL,
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

/* Numbers taken, schemes not built. */
static const char *const unbuilt[SCHEMES] = {
	[QIAO_SCHEME_SM2] = "sm2",
	[QIAO_SCHEME_ED25519] = "ed25519",
};

const struct qiao_scheme_ops *qiao_scheme_ops(unsigned int scheme)
{
	return scheme < SCHEMES ? schemes[scheme] : NULL;
}

qiao_err qiao_pubkey_parse(struct qiao_pubkey *out, unsigned int scheme,
			   struct qiao_slice bytes)
{
	const struct qiao_scheme_ops *ops = qiao_scheme_ops(scheme);

	memset(out, 0, sizeof(*out));
	if (scheme < SCHEMES && unbuilt[scheme])
		return QIAO_E_UNSUPPORTED;
	if (!ops || bytes.n != QIAO_PUBKEY_LEN || !ops->pubkey_ok(bytes.p))
		return QIAO_E_KEY;
	out->scheme = (uint8_t)scheme;
	memcpy(out->b, bytes.p, QIAO_PUBKEY_LEN);
	return QIAO_OK;
}

bool qiao_pubkey_eq(const struct qiao_pubkey *a, const struct qiao_pubkey *b)
{
	return a->scheme == b->scheme &&
	       memcmp(a->b, b->b, QIAO_PUBKEY_LEN) == 0;
}

struct qiao_id16 qiao_pubkey_id(const struct qiao_pubkey *k)
{
	uint8_t bytes[1 + QIAO_PUBKEY_LEN];
	struct qiao_id16 id;
	struct qiao_hash h;

	bytes[0] = k->scheme;
	memcpy(bytes + 1, k->b, QIAO_PUBKEY_LEN);
	qiao_sha256_tagged(&h, "qiao/key/1",
			   qiao_slice_of(bytes, sizeof(bytes)));
	memcpy(id.b, h.b, sizeof(id.b));
	return id;
}

qiao_err qiao_sig_verify(const struct qiao_pubkey *k, const char *tag,
			 struct qiao_slice bytes, struct qiao_slice sig)
{
	struct qiao_hash digest;

	qiao_sha256_tagged(&digest, tag, bytes);
	return qiao_sig_verify_digest(k, &digest, sig);
}

qiao_err qiao_sig_verify_digest(const struct qiao_pubkey *k,
				const struct qiao_hash *digest,
				struct qiao_slice sig)
{
	const struct qiao_scheme_ops *ops = qiao_scheme_ops(k->scheme);

	if (!ops || sig.n != QIAO_SIG_LEN)
		return QIAO_E_BADSIG;
	return ops->verify(k->b, digest, sig.p);
}

char *qiao_pubkey_format(char *out, const struct qiao_pubkey *k)
{
	const struct qiao_scheme_ops *ops = qiao_scheme_ops(k->scheme);
	char hex[QIAO_HEX_LEN(QIAO_PUBKEY_LEN)];

	qiao_hex_encode(hex, qiao_slice_of(k->b, QIAO_PUBKEY_LEN));
	snprintf(out, QIAO_PUBKEY_TEXT_LEN, "%s:%s", ops ? ops->name : "none",
		 hex);
	return out;
}

static unsigned int scheme_of_name(struct qiao_slice name)
{
	for (unsigned int i = 0; i < SCHEMES; i++) {
		if (schemes[i] && qiao_slice_is(name, schemes[i]->name))
			return i;
		if (unbuilt[i] && qiao_slice_is(name, unbuilt[i]))
			return i;
	}
	return 0;
}

qiao_err qiao_pubkey_read(struct qiao_pubkey *out, const char *text)
{
	const char *colon = strchr(text, ':');
	uint8_t bytes[QIAO_PUBKEY_LEN];
	unsigned int scheme;

	memset(out, 0, sizeof(*out));
	if (!colon)
		return QIAO_E_KEY;
	scheme = scheme_of_name(qiao_slice_of(text, (size_t)(colon - text)));
	if (scheme < SCHEMES && unbuilt[scheme])
		return QIAO_E_UNSUPPORTED;
	if (!qiao_hex_decode(bytes, sizeof(bytes), qiao_slice_str(colon + 1)))
		return QIAO_E_KEY;
	return qiao_pubkey_parse(out, scheme,
				 qiao_slice_of(bytes, sizeof(bytes)));
}
