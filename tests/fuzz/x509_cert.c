/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a certificate: PEM if they have a block, else DER. */
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/x509.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted is accepted again, with the same facts. */
static void parse_again(const struct qiao_cert *c, struct qiao_slice der)
{
	struct qiao_cert *again;

	if (qiao_cert_parse_der(&again, der, NULL) != QIAO_OK)
		abort();
	if (!qiao_slice_eq(qiao_cert_subject(again), qiao_cert_subject(c)) ||
	    !qiao_slice_eq(qiao_cert_spki(again), qiao_cert_spki(c)))
		abort();
	qiao_cert_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_buf out = QIAO_BUF;
	struct qiao_why why;
	struct qiao_cert *c;
	char name[64];

	if (qiao_cert_parse_pem(&c, in, &why) != QIAO_OK &&
	    qiao_cert_parse_der(&c, in, &why) != QIAO_OK)
		return 0;
	qiao_cert_describe(name, sizeof(name), c);
	for (size_t i = 0; i < qiao_cert_ou_count(c); i++)
		qiao_slice_is(qiao_cert_ou(c, i), "peer");
	qiao_cert_signed_by(c, c);
	qiao_cert_verify(c, in, in);
	parse_again(c, qiao_cert_der(c));
	if (qiao_cert_sanitise(&out, c, NULL) == QIAO_OK)
		parse_again(c, qiao_buf_slice(&out));
	qiao_buf_free(&out);
	qiao_cert_free(c);
	return 0;
}
