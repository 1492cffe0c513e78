/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_msp.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

static void msp_free(struct qiao_fabric_msp *msp)
{
	qiao_fabric_cas_fini(&msp->cas);
	for (size_t i = 0; i < msp->crls; i++)
		qiao_crl_free(msp->crl[i]);
	qiao_free(msp->crl);
	qiao_free(msp->admin);
	qiao_free(msp->required);
	qiao_pb_arena_free(&msp->arena);
	qiao_free(msp);
}

void qiao_fabric_msps_init(struct qiao_fabric_msps *m,
			   struct qiao_fabric_sigs *sigs)
{
	memset(m, 0, sizeof(*m));
	m->sigs = sigs;
}

void qiao_fabric_msps_fini(struct qiao_fabric_msps *m)
{
	qiao_fabric_identities_forget(m);
	for (size_t i = 0; i < m->n; i++)
		msp_free(m->msp[i]);
	m->n = 0;
}

static bool is_hash_function(struct qiao_slice name)
{
	return name.n == 0 || qiao_slice_is(name, "SHA256") ||
	       qiao_slice_is(name, "SHA384") ||
	       qiao_slice_is(name, "SHA3_256") ||
	       qiao_slice_is(name, "SHA3_384");
}

static qiao_err load_crypto(struct qiao_fabric_msp *msp, struct qiao_slice in,
			    struct qiao_why *why)
{
	struct qiao_slice crypto, family;

	if (!qiao_pb_message(&msp->arena, &crypto, in, 8))
		return QIAO_OK;
	/* what it hashes for is to tell identities apart: any will do */
	if (!is_hash_function(qiao_pb_bytes(crypto, 2)))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "identity_identifier_hash_function is none "
				 "that Fabric knows");
	family = qiao_pb_bytes(crypto, 1);
	if (qiao_slice_is(family, "SHA3"))
		msp->hash = QIAO_FABRIC_SHA3;
	else if (family.n > 0 && !qiao_slice_is(family, "SHA2"))
		msp->hash = QIAO_FABRIC_NO_HASH;
	return QIAO_OK;
}

static qiao_err load_crls(struct qiao_fabric_msp *msp, struct qiao_slice in,
			  struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, 5);
	struct qiao_slice crl;
	size_t n = qiao_pb_count(in, 5);

	if (n > QIAO_FABRIC_CRLS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "%zu revocation lists", n);
	msp->crl = qiao_calloc(n, sizeof(struct qiao_crl *));
	if (!msp->crl)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	while (qiao_pb_each(&it, &crl)) {
		qiao_err err = qiao_crl_parse(&msp->crl[msp->crls], crl, why);

		if (err != QIAO_OK)
			return err == QIAO_E_NOMEM ? err : QIAO_E_CONFIG;
		msp->crls++;
	}
	return QIAO_OK;
}

/* A revoked intermediate cannot be configured. */
static qiao_err check_cas(const struct qiao_fabric_msp *msp,
			  struct qiao_why *why)
{
	for (size_t i = 0; i < msp->cas.n; i++) {
		struct qiao_fabric_chain above;
		const struct qiao_fabric_ca *ca = &msp->cas.ca[i];

		if (ca->root || qiao_fabric_chain_find(&above, &msp->cas,
						       ca->cert) != QIAO_OK)
			continue;
		if (qiao_fabric_is_revoked(msp, ca->cert, above.ca[0]))
			return qiao_fail(why, QIAO_E_CONFIG,
					 "an intermediate CA is revoked");
	}
	return QIAO_OK;
}

/* FabricOUIdentifier: a name, and maybe the certificate of a CA of this MSP. */
static qiao_err load_ou(struct qiao_fabric_ou *ou,
			const struct qiao_fabric_msp *msp, struct qiao_slice in,
			struct qiao_why *why)
{
	struct qiao_slice pem = qiao_pb_bytes(in, 1);
	const struct qiao_fabric_ca *ca;
	struct qiao_cert *cert;
	qiao_err err;

	ou->set = true;
	ou->name = qiao_pb_bytes(in, 2);
	if (pem.n == 0)
		return QIAO_OK;
	err = qiao_cert_parse_pem(&cert, pem, why);
	if (err != QIAO_OK)
		return err == QIAO_E_NOMEM ? err : QIAO_E_CONFIG;
	ca = qiao_fabric_cas_find(&msp->cas, cert);
	qiao_cert_free(cert);
	if (!ca || (!ca->root && ca->inner))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "the certifier of an organisational unit is "
				 "no issuing CA of the MSP");
	ou->pinned = true;
	ou->path = ca->path;
	return QIAO_OK;
}

static qiao_err load_required_ous(struct qiao_fabric_msp *msp,
				  struct qiao_slice in, struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, 7);
	size_t n = qiao_pb_count(in, 7);
	struct qiao_slice item;
	qiao_err err = QIAO_OK;

	if (n == 0)
		return QIAO_OK;
	msp->required = qiao_calloc(n, sizeof(*msp->required));
	if (!msp->required)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	while (err == QIAO_OK && qiao_pb_each(&it, &item)) {
		struct qiao_fabric_ou *ou = &msp->required[msp->requireds];

		err = load_ou(ou, msp, item, why);
		if (err == QIAO_OK && !ou->pinned)
			err = qiao_fail(why, QIAO_E_CONFIG,
					"an organisational unit identifier "
					"without certificate");
		msp->requireds++;
	}
	return err;
}

static qiao_err load_node_ous(struct qiao_fabric_msp *msp, struct qiao_slice in,
			      struct qiao_pb_arena *a, struct qiao_why *why)
{
	/* clang-format off */
	static const struct { uint32_t field; enum qiao_fabric_role role; } of[] = {
		{ 2, QIAO_FABRIC_CLIENT }, { 3, QIAO_FABRIC_PEER },
		{ 4, QIAO_FABRIC_ADMIN }, { 5, QIAO_FABRIC_ORDERER },
	};
	/* clang-format on */
	struct qiao_slice ous, ou;
	size_t found = 0;

	if (!qiao_pb_message(a, &ous, in, 11))
		return QIAO_OK;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		qiao_err err;

		if (!qiao_pb_message(a, &ou, ous, of[i].field))
			continue;
		found++;
		err = load_ou(&msp->ou[of[i].role], msp, ou, why);
		if (err != QIAO_OK)
			return err;
	}
	msp->node_ous = qiao_pb_uint(ous, 1) != 0 && found > 0;
	return QIAO_OK;
}

static qiao_err load_admin(struct qiao_fabric_msp *msp, struct qiao_slice pem,
			   struct qiao_why *why)
{
	struct qiao_fabric_chain chain;
	struct qiao_buf der = QIAO_BUF;
	struct qiao_cert *cert;
	qiao_err err = qiao_cert_parse_pem(&cert, pem, why);

	if (err != QIAO_OK)
		return err == QIAO_E_NOMEM ? err : QIAO_E_CONFIG;
	err = qiao_fabric_chain_find(&chain, &msp->cas, cert);
	if (err == QIAO_OK)
		err = qiao_cert_sanitise(&der, cert, chain.ca[0]->cert);
	if (err == QIAO_OK)
		qiao_sha256(&msp->admin[msp->admins++], qiao_buf_slice(&der));
	else if (err != QIAO_E_NOMEM)
		err = qiao_fail(why, QIAO_E_CONFIG,
				"a listed administrator has no chain");
	qiao_buf_free(&der);
	qiao_cert_free(cert);
	return err;
}

static qiao_err load_admins(struct qiao_fabric_msp *msp, struct qiao_slice in,
			    struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, 4);
	struct qiao_slice pem;
	qiao_err err = QIAO_OK;

	msp->admin = qiao_calloc(qiao_pb_count(in, 4), sizeof(*msp->admin));
	if (!msp->admin)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	while (err == QIAO_OK && qiao_pb_each(&it, &pem))
		err = load_admin(msp, pem, why);
	return err;
}

static qiao_err load(struct qiao_fabric_msp *msp, struct qiao_slice in,
		     struct qiao_pb_arena *a, struct qiao_why *why)
{
	qiao_err err = load_crypto(msp, in, why);

	if (err == QIAO_OK)
		err = qiao_fabric_cas_init(&msp->cas, in, why);
	if (err == QIAO_OK)
		err = load_crls(msp, in, why);
	if (err == QIAO_OK)
		err = check_cas(msp, why);
	if (err == QIAO_OK)
		err = load_required_ous(msp, in, why);
	if (err == QIAO_OK)
		err = load_node_ous(msp, in, a, why);
	if (err == QIAO_OK)
		err = load_admins(msp, in, why);
	return err;
}

/* Names reach log lines; say which MSP it is in front of what is wrong. */
static qiao_err say_which(qiao_err err, struct qiao_slice name,
			  const struct qiao_why *inner, struct qiao_why *why)
{
	char text[96];

	if (err == QIAO_OK)
		return err;
	return qiao_fail(why, err, "MSP %s: %s",
			 qiao_str_escape(text, sizeof(text), name),
			 inner->text);
}

static qiao_err read_config(struct qiao_slice *name, struct qiao_slice *fabric,
			    struct qiao_slice msp_config, struct qiao_why *why)
{
	if (qiao_pb_check(&qiao_pb_msp_config, msp_config) != QIAO_OK)
		return qiao_fail(why, QIAO_E_CONFIG, "MSPConfig is malformed");
	if ((int32_t)(uint32_t)qiao_pb_uint(msp_config, 1) != 0)
		return qiao_fail(
			why, QIAO_E_UNSUPPORTED,
			"an MSP that is not X.509 (Idemix): not built");
	*fabric = qiao_pb_bytes(msp_config, 2);
	if (qiao_pb_check(&qiao_pb_fabric_msp_config, *fabric) != QIAO_OK)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "FabricMSPConfig is malformed");
	*name = qiao_pb_bytes(*fabric, 1);
	if (name->n == 0 || name->n >= QIAO_ORG_MAX)
		return qiao_fail(why, QIAO_E_CONFIG,
				 "MSP without a name, or "
				 "with too long a one");
	return QIAO_OK;
}

qiao_err qiao_fabric_msps_add(struct qiao_fabric_msps *m,
			      struct qiao_slice *name,
			      struct qiao_slice msp_config, bool ed25519,
			      struct qiao_why *why)
{
	struct qiao_why inner = { "" };
	struct qiao_fabric_msp *msp;
	struct qiao_slice fabric;
	qiao_err err = read_config(name, &fabric, msp_config, why);

	if (err != QIAO_OK)
		return err;
	for (size_t i = 0; i < m->n; i++)
		if (qiao_slice_eq(m->msp[i]->name, *name))
			return qiao_slice_eq(m->msp[i]->config, msp_config)
				       ? QIAO_OK
				       : qiao_fail(
						 why, QIAO_E_CONFIG,
						 "two definitions of one MSP");
	if (m->n == QIAO_FABRIC_MSPS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "too many MSPs");
	msp = qiao_calloc(1, sizeof(*msp));
	if (!msp)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	m->msp[m->n++] = msp;
	msp->name = *name;
	msp->config = msp_config;
	msp->ed25519 = ed25519;
	err = load(msp, fabric, &msp->arena, &inner);
	if (err == QIAO_OK)
		err = msp->arena.err;
	return say_which(err, *name, &inner, why);
}
