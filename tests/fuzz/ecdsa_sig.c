/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as a DER signature on every curve, and as one of ours: parsing,
 * encoding, parsing gives the same numbers.
 */
#include "gateway/base/slice.h"
#include "gateway/crypto/ecdsa.h"
#include "gateway/crypto/sig.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_curve(const struct qiao_curve *curve, struct qiao_slice in)
{
	uint8_t der[QIAO_ECDSA_DER_MAX];
	struct qiao_ecdsa sig, again;
	bool low;

	if (!qiao_ecdsa_parse(&sig, curve, in))
		return;
	if (!qiao_ecdsa_parse(
		    &again, curve,
		    qiao_slice_of(der, qiao_ecdsa_encode(der, &sig, curve))))
		abort();
	if (memcmp(sig.r, again.r, curve->n) != 0 ||
	    memcmp(sig.s, again.s, curve->n) != 0)
		abort();
	low = qiao_ecdsa_is_low(&sig, curve);
	if (qiao_ecdsa_negate(&sig, curve) &&
	    qiao_ecdsa_is_low(&sig, curve) == low)
		abort();
}

/* scheme, 33 bytes of key, the rest as signature; SEC-20 */
static void check_ours(struct qiao_slice in)
{
	static const struct qiao_hash digest = { .b = { 1 } };
	struct qiao_pubkey k;

	if (in.n < 1 + QIAO_PUBKEY_LEN)
		return;
	if (qiao_pubkey_parse(&k, in.p[0],
			      qiao_slice_of(in.p + 1, QIAO_PUBKEY_LEN)) !=
	    QIAO_OK)
		return;
	qiao_sig_verify_digest(&k, &digest,
			       qiao_slice_of(in.p + 1 + QIAO_PUBKEY_LEN,
					     in.n - 1 - QIAO_PUBKEY_LEN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);

	for (int id = QIAO_CURVE_P224; id <= QIAO_CURVE_P521; id++)
		check_curve(qiao_curve((enum qiao_curve_id)id), in);
	check_ours(in);
	return 0;
}
