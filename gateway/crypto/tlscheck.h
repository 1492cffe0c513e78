/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says in words what is wrong with TLS certificates, before a link is used or
 * after it failed. Never decides whether a peer is believed: that is the
 * envelope's signature.
 */
#ifndef GATEWAY_CRYPTO_TLSCHECK_H
#define GATEWAY_CRYPTO_TLSCHECK_H

#include "gateway/base/why.h"

/* PEM files. key: private key, may be in one file with cert. */
struct qiao_tls_files {
	const char *cert;
	const char *key;
	const char *ca; /* who signs the certificates of both sides */
};

/*
 * Our own files: readable, certificate in its dates at now_ms, key fits it, the
 * CA signed it. name (NULL: any): a host that the certificate must name.
 * QIAO_E_CONFIG with a sentence: "certificate FILE expired on DATE; ...".
 */
qiao_err qiao_tls_check(const struct qiao_tls_files *f, const char *name,
			int64_t now_ms, struct qiao_why *why);

/*
 * Why does a link not come up? One handshake over fd (a connected TCP socket;
 * not closed here) as the link would do it. QIAO_OK: nothing is wrong with
 * either side's certificates; else QIAO_E_CONFIG and the sentence: the peer's
 * certificate expired, is not valid yet, names another host, is of another CA;
 * or the peer refused ours. Blocks up to timeout_ms.
 */
qiao_err qiao_tls_explain(int fd, const struct qiao_tls_files *f,
			  const char *name, int timeout_ms,
			  struct qiao_why *why);

#endif
