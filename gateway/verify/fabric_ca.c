/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_ca.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_pb.h"

#include <string.h>

/* Go gives up after so many signature checks for one certificate. */
#define SIGNATURE_CHECKS_MAX 100

struct search {
	const struct qiao_fabric_cas *cas;
	int64_t at_ms;
	unsigned int checks;
	size_t found;
	struct qiao_fabric_chain first;
	struct qiao_fabric_chain path; /* the one being walked */
};

static bool is_valid_at(const struct qiao_cert *c, int64_t at_ms)
{
	return qiao_cert_not_before_ms(c) <= at_ms &&
	       at_ms <= qiao_cert_not_after_ms(c);
}

static bool is_on_path(const struct search *s, const struct qiao_cert *c)
{
	for (size_t i = 0; i < s->path.n; i++) {
		const struct qiao_cert *on = s->path.ca[i]->cert;

		if (qiao_slice_eq(qiao_cert_subject(on),
				  qiao_cert_subject(c)) &&
		    qiao_slice_eq(qiao_cert_spki(on), qiao_cert_spki(c)))
			return true;
	}
	return false;
}

/* CA:TRUE was seen when the CAs were loaded. */
static bool may_issue(const struct qiao_cert *c, size_t below)
{
	int path_len = qiao_cert_path_len(c);

	return qiao_cert_usage_signs_certs(c) && qiao_cert_usage_serves(c) &&
	       (path_len < 0 || below <= (size_t)path_len);
}

static bool may_stand_above(struct search *s, const struct qiao_fabric_ca *ca,
			    const struct qiao_cert *below)
{
	if (!qiao_slice_eq(qiao_cert_issuer(below),
			   qiao_cert_subject(ca->cert)) ||
	    is_on_path(s, ca->cert) || s->path.n == QIAO_FABRIC_CHAIN_MAX)
		return false;
	/* path.n intermediates stand between it and the certificate asked for
	 */
	if (!may_issue(ca->cert, s->path.n) || !is_valid_at(ca->cert, s->at_ms))
		return false;
	if (++s->checks > SIGNATURE_CHECKS_MAX)
		return false;
	return qiao_cert_signed_by(below, ca->cert) == QIAO_OK;
}

static void climb(struct search *s, const struct qiao_cert *below)
{
	for (size_t i = 0; i < s->cas->n; i++) {
		const struct qiao_fabric_ca *ca = &s->cas->ca[i];

		if (!may_stand_above(s, ca, below))
			continue;
		s->path.ca[s->path.n++] = ca;
		if (!ca->root)
			climb(s, ca->cert);
		else if (s->found++ == 0)
			s->first = s->path;
		s->path.n--;
	}
}

qiao_err qiao_fabric_chain_find(struct qiao_fabric_chain *out,
				const struct qiao_fabric_cas *cas,
				const struct qiao_cert *cert)
{
	struct search s = { .cas = cas };

	memset(out, 0, sizeof(*out));
	s.at_ms = qiao_cert_not_before_ms(cert) + 1000;
	if (!is_valid_at(cert, s.at_ms) || !qiao_cert_usage_serves(cert) ||
	    qiao_cert_has_unknown_critical(cert))
		return QIAO_E_NOTFOUND;
	climb(&s, cert);
	if (s.found != 1 || s.checks > SIGNATURE_CHECKS_MAX)
		return QIAO_E_NOTFOUND;
	*out = s.first;
	return QIAO_OK;
}

static qiao_err bad_ca(struct qiao_why *why, const struct qiao_cert *c,
		       const char *what)
{
	char name[128];

	return qiao_fail(why, QIAO_E_CONFIG, "CA certificate %s %s",
			 qiao_cert_describe(name, sizeof(name), c), what);
}

static bool is_known(const struct qiao_fabric_cas *cas,
		     const struct qiao_cert *c)
{
	for (size_t i = 0; i < cas->n; i++)
		if (qiao_slice_eq(qiao_cert_der(cas->ca[i].cert),
				  qiao_cert_der(c)))
			return true;
	return false;
}

static qiao_err add(struct qiao_fabric_cas *cas, struct qiao_slice pem,
		    bool root, struct qiao_why *why)
{
	struct qiao_fabric_ca *ca;
	struct qiao_cert *c;
	qiao_err err = qiao_cert_parse_pem(&c, pem, why);

	if (err != QIAO_OK)
		return err == QIAO_E_NOMEM ? err : QIAO_E_CONFIG;
	if (is_known(cas, c)) { /* a pool holds a certificate once */
		qiao_cert_free(c);
		return QIAO_OK;
	}
	ca = &cas->ca[cas->n++];
	ca->cert = c;
	ca->root = root;
	if (!qiao_cert_is_ca(c))
		return bad_ca(why, c, "is not CA:TRUE");
	if (qiao_cert_ski(c).n == 0)
		return bad_ca(why, c, "has no subject key identifier");
	if (qiao_cert_has_unknown_critical(c)) /* name constraints and others */
		return qiao_fail(why, QIAO_E_UNSUPPORTED,
				 "a CA with a critical extension that we do "
				 "not know: not built");
	return QIAO_OK;
}

static qiao_err add_all(struct qiao_fabric_cas *cas, struct qiao_slice in,
			uint32_t field, bool root, struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_pb_iter(in, field);
	struct qiao_slice pem;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &pem))
		err = add(cas, pem, root, why);
	return err;
}

/* A root vouches for itself; an intermediate has one chain above it. */
static qiao_err find_above(struct qiao_fabric_chain *above,
			   const struct qiao_fabric_cas *cas,
			   const struct qiao_fabric_ca *ca,
			   struct qiao_why *why)
{
	memset(above, 0, sizeof(*above));
	if (ca->root) {
		if (qiao_cert_signed_by(ca->cert, ca->cert) != QIAO_OK)
			return bad_ca(why, ca->cert,
				      "is listed as a root, not self-signed");
		return QIAO_OK;
	}
	if (qiao_fabric_chain_find(above, cas, ca->cert) != QIAO_OK)
		return bad_ca(why, ca->cert,
			      "has not exactly one chain to a root of its MSP");
	return QIAO_OK;
}

static qiao_err sanitise(struct qiao_fabric_cas *cas, struct qiao_why *why)
{
	for (size_t i = 0; i < cas->n; i++) {
		struct qiao_fabric_ca *ca = &cas->ca[i];
		struct qiao_fabric_chain above;
		qiao_err err = find_above(&above, cas, ca, why);

		if (err != QIAO_OK)
			return err;
		err = qiao_cert_sanitise(&ca->der, ca->cert,
					 ca->root ? ca->cert
						  : above.ca[0]->cert);
		if (err != QIAO_OK)
			return err == QIAO_E_NOMEM
				       ? err
				       : bad_ca(why, ca->cert,
						"cannot be brought to low-S");
	}
	return QIAO_OK;
}

static void hash_path(struct qiao_hash *out, const struct qiao_fabric_ca *ca,
		      const struct qiao_fabric_chain *above)
{
	struct qiao_slice part[1 + QIAO_FABRIC_CHAIN_MAX];

	part[0] = qiao_buf_slice(&ca->der);
	for (size_t i = 0; i < above->n; i++)
		part[1 + i] = qiao_buf_slice(&above->ca[i]->der);
	qiao_sha256_list(out, part, 1 + above->n);
}

static struct qiao_fabric_ca *own(struct qiao_fabric_cas *cas,
				  const struct qiao_fabric_ca *ca)
{
	return &cas->ca[ca - cas->ca];
}

static qiao_err set_paths(struct qiao_fabric_cas *cas, struct qiao_why *why)
{
	for (size_t i = 0; i < cas->n; i++) {
		struct qiao_fabric_chain above;
		qiao_err err = find_above(&above, cas, &cas->ca[i], why);

		if (err != QIAO_OK)
			return err;
		hash_path(&cas->ca[i].path, &cas->ca[i], &above);
		for (size_t k = 0; k < above.n; k++)
			own(cas, above.ca[k])->inner = true;
	}
	return QIAO_OK;
}

qiao_err qiao_fabric_cas_init(struct qiao_fabric_cas *cas,
			      struct qiao_slice msp_config,
			      struct qiao_why *why)
{
	size_t n = qiao_pb_count(msp_config, 2) + qiao_pb_count(msp_config, 3);
	qiao_err err;

	memset(cas, 0, sizeof(*cas));
	if (qiao_pb_count(msp_config, 2) == 0)
		return qiao_fail(why, QIAO_E_CONFIG, "MSP without a root");
	if (n > QIAO_FABRIC_CAS_MAX)
		return qiao_fail(why, QIAO_E_LIMIT, "MSP with %zu CAs", n);
	cas->ca = qiao_calloc(n, sizeof(*cas->ca));
	if (!cas->ca)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	err = add_all(cas, msp_config, 2, true, why);
	if (err == QIAO_OK)
		err = add_all(cas, msp_config, 3, false, why);
	if (err == QIAO_OK)
		err = sanitise(cas, why);
	if (err == QIAO_OK)
		err = set_paths(cas, why);
	return err;
}

void qiao_fabric_cas_fini(struct qiao_fabric_cas *cas)
{
	for (size_t i = 0; i < cas->n; i++) {
		qiao_cert_free(cas->ca[i].cert);
		qiao_buf_free(&cas->ca[i].der);
	}
	qiao_free(cas->ca);
	memset(cas, 0, sizeof(*cas));
}

const struct qiao_fabric_ca *qiao_fabric_cas_find(
	const struct qiao_fabric_cas *cas, const struct qiao_cert *cert)
{
	for (size_t i = 0; i < cas->n; i++) {
		const struct qiao_fabric_ca *ca = &cas->ca[i];

		if (qiao_slice_eq(qiao_cert_der(ca->cert),
				  qiao_cert_der(cert)) ||
		    qiao_slice_eq(qiao_buf_slice(&ca->der),
				  qiao_cert_der(cert)))
			return ca;
	}
	return NULL;
}
