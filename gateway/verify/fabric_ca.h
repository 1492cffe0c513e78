/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certification authorities of one MSP, and the one chain that leads from a
 * certificate to a root among them. Fabric asks Go's x509.Certificate.Verify at
 * the certificate's own NotBefore plus one second, so nothing here reads a
 * clock, and an expired certificate stays valid. Sources: fabric
 * msp/mspimpl.go getUniqueValidationChain, Go crypto/x509/verify.go.
 */
#ifndef GATEWAY_VERIFY_FABRIC_CA_H
#define GATEWAY_VERIFY_FABRIC_CA_H

#include "gateway/base/buf.h"
#include "gateway/crypto/x509.h"

struct qiao_fabric_ca {
	struct qiao_cert *cert;
	struct qiao_buf der; /* sanitised */
	bool root;
	/* It issued a configured intermediate: it issues no identities. */
	bool inner;
	/* SHA-256 over its DER and that of everything above: "certifiers" */
	struct qiao_hash path;
};

struct qiao_fabric_cas {
	struct qiao_fabric_ca *ca;
	size_t n;
};

#define QIAO_FABRIC_CHAIN_MAX 16

/* What stands above a certificate, the issuer first, a root last. */
struct qiao_fabric_chain {
	const struct qiao_fabric_ca *ca[QIAO_FABRIC_CHAIN_MAX];
	size_t n;
};

/*
 * QIAO_OK if exactly one chain exists; QIAO_E_NOTFOUND for none and for
 * several (it would be unclear who vouches).
 */
qiao_err qiao_fabric_chain_find(struct qiao_fabric_chain *out,
				const struct qiao_fabric_cas *cas,
				const struct qiao_cert *cert);

/*
 * Parse, sanitise and check the CAs of an MSP: CA:TRUE with an SKI, roots
 * self-signed, every intermediate with one chain; set `inner` and `path`.
 * QIAO_E_CONFIG otherwise. On failure what was made is freed by _fini.
 */
qiao_err qiao_fabric_cas_init(struct qiao_fabric_cas *cas,
			      struct qiao_slice msp_config,
			      struct qiao_why *why);
void qiao_fabric_cas_fini(struct qiao_fabric_cas *cas);

/* The CA with this certificate, NULL if it is none of ours. */
const struct qiao_fabric_ca *qiao_fabric_cas_find(
	const struct qiao_fabric_cas *cas, const struct qiao_cert *cert);

#endif
