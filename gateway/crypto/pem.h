/* SPDX-License-Identifier: Apache-2.0 */
/* PEM as Go's encoding/pem reads it. Only for this folder. */
#ifndef GATEWAY_CRYPTO_PEM_H
#define GATEWAY_CRYPTO_PEM_H

#include "gateway/base/buf.h"

/*
 * Append the bytes of the first well-formed block to out; *label points into
 * text. Text around the block, headers in it, blanks and line breaks anywhere
 * in the base64 are ignored; blocks with another label at their end or with
 * base64 that does not decode are passed over. QIAO_E_MALFORMED: no block;
 * QIAO_E_NOMEM, QIAO_E_LIMIT from out. Time is linear in text.n.
 */
qiao_err qiao_pem_decode(struct qiao_buf *out, struct qiao_slice *label,
			 struct qiao_slice text);

#endif
