/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_msp.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"
#include "gateway/verify/fabric_schema.h"

#include <string.h>

struct qiao_fabric_id_slot {
	struct qiao_hash key; /* SHA-256 of the serialised identity */
	bool used;
	struct qiao_fabric_identity *id; /* NULL: Fabric would drop it */
};

/* Only the leaf is looked up; CAs were when the configuration was loaded. */
bool qiao_fabric_is_revoked(const struct qiao_fabric_msp *msp,
			    const struct qiao_cert *cert,
			    const struct qiao_fabric_ca *issuer)
{
	for (size_t i = 0; i < msp->crls; i++) {
		const struct qiao_crl *crl = msp->crl[i];

		/* a list that the CA did not sign has no effect */
		if (qiao_slice_eq(qiao_crl_aki(crl),
				  qiao_cert_ski(issuer->cert)) &&
		    qiao_crl_lists(crl, qiao_cert_serial(cert)) &&
		    qiao_crl_signed_by(crl, issuer->cert) == QIAO_OK)
			return true;
	}
	return false;
}

static bool has_required_ou(const struct qiao_fabric_identity *id)
{
	const struct qiao_fabric_msp *msp = id->msp;

	if (msp->requireds == 0)
		return true;
	for (size_t i = 0; i < msp->requireds; i++)
		for (size_t k = 0; k < qiao_cert_ou_count(id->cert); k++)
			if (qiao_slice_eq(msp->required[i].name,
					  qiao_cert_ou(id->cert, k)) &&
			    qiao_hash_eq(&msp->required[i].path, &id->path))
				return true;
	return false;
}

/* The rule for an OU; of several roles with one OU, Go's map keeps the last. */
static const struct qiao_fabric_ou *rule_for(const struct qiao_fabric_msp *msp,
					     struct qiao_slice ou)
{
	static const enum qiao_fabric_role order[] = { QIAO_FABRIC_ORDERER,
						       QIAO_FABRIC_ADMIN,
						       QIAO_FABRIC_PEER,
						       QIAO_FABRIC_CLIENT };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (msp->ou[order[i]].set &&
		    qiao_slice_eq(msp->ou[order[i]].name, ou))
			return &msp->ou[order[i]];
	return NULL;
}

/* Exactly one OU stands for a role, under the CA it is pinned to. */
static bool has_one_node_ou(const struct qiao_fabric_identity *id)
{
	size_t found = 0;

	if (!id->msp->node_ous)
		return true;
	for (size_t i = 0; i < qiao_cert_ou_count(id->cert); i++) {
		const struct qiao_fabric_ou *rule =
			rule_for(id->msp, qiao_cert_ou(id->cert, i));

		if (!rule)
			continue;
		if (rule->pinned && !qiao_hash_eq(&rule->path, &id->path))
			return false;
		found++;
	}
	return found == 1;
}

static unsigned int roles_of(const struct qiao_fabric_identity *id)
{
	unsigned int roles = 0;

	if (!id->msp->node_ous)
		return 0;
	for (unsigned int r = QIAO_FABRIC_ADMIN; r <= QIAO_FABRIC_ORDERER; r++)
		for (size_t i = 0; i < qiao_cert_ou_count(id->cert); i++)
			if (id->msp->ou[r].set &&
			    qiao_slice_eq(id->msp->ou[r].name,
					  qiao_cert_ou(id->cert, i)))
				roles |= 1u << r;
	return roles;
}

static bool key_is_allowed(const struct qiao_fabric_identity *id)
{
	switch (qiao_cert_key(id->cert)) {
	case QIAO_CERT_KEY_P224:
	case QIAO_CERT_KEY_P256:
	case QIAO_CERT_KEY_P384:
	case QIAO_CERT_KEY_P521:
		return true;
	case QIAO_CERT_KEY_ED25519:
		return id->msp->ed25519;
	case QIAO_CERT_KEY_OTHER:
		return false;
	}
	return false;
}

void qiao_fabric_identity_judge(struct qiao_fabric_identity *id,
				const struct qiao_fabric_chain *chain)
{
	const struct qiao_fabric_ca *issuer = chain->ca[0];

	id->path = issuer->path;
	for (size_t i = 0; i < id->msp->admins; i++)
		id->listed_admin |= qiao_hash_eq(&id->msp->admin[i], &id->id);
	id->valid = key_is_allowed(id) && !qiao_cert_is_ca(id->cert) &&
		    !issuer->inner &&
		    !qiao_fabric_is_revoked(id->msp, id->cert, issuer) &&
		    has_required_ou(id) && has_one_node_ou(id);
	if (id->valid)
		id->roles = roles_of(id);
}

bool qiao_fabric_has_role(const struct qiao_fabric_identity *id,
			  enum qiao_fabric_role role)
{
	switch (role) {
	case QIAO_FABRIC_MEMBER:
		return id->valid;
	case QIAO_FABRIC_ADMIN:
		/* a listed one was validated when the list was loaded */
		if (id->listed_admin)
			return true;
		break;
	case QIAO_FABRIC_CLIENT:
	case QIAO_FABRIC_PEER:
	case QIAO_FABRIC_ORDERER:
		break;
	}
	return id->valid && (id->roles & (1u << role));
}

static const struct qiao_fabric_msp *find_msp(const struct qiao_fabric_msps *m,
					      struct qiao_slice name)
{
	for (size_t i = 0; i < m->n; i++)
		if (qiao_slice_eq(m->msp[i]->name, name))
			return m->msp[i];
	return NULL;
}

static void identity_free(struct qiao_fabric_identity *id)
{
	if (!id)
		return;
	qiao_cert_free(id->cert);
	qiao_free((void *)(uintptr_t)id->serialized.p);
	qiao_free(id);
}

/* The certificate's chain decides what its sanitised form is. */
static qiao_err chain_and_judge(struct qiao_fabric_identity *id, bool *keep)
{
	struct qiao_fabric_chain chain;
	struct qiao_buf der = QIAO_BUF;
	qiao_err err = qiao_fabric_chain_find(&chain, &id->msp->cas, id->cert);

	*keep = false;
	if (err != QIAO_OK)
		return QIAO_OK;
	err = qiao_cert_sanitise(&der, id->cert, chain.ca[0]->cert);
	if (err == QIAO_OK) {
		qiao_sha256(&id->id, qiao_buf_slice(&der));
		qiao_fabric_identity_judge(id, &chain);
		*keep = true;
	}
	qiao_buf_free(&der);
	return err == QIAO_E_NOMEM ? err : QIAO_OK;
}

/* *out stays NULL where Fabric's DeserializeIdentity fails. */
static qiao_err make(struct qiao_fabric_identity **out,
		     const struct qiao_fabric_msps *m,
		     struct qiao_slice serialized)
{
	struct qiao_fabric_identity *id;
	const struct qiao_fabric_msp *msp;
	struct qiao_cert *cert;
	bool keep = false;
	qiao_err err;

	if (qiao_pb_check(&qiao_pb_serialized_identity, serialized) != QIAO_OK)
		return QIAO_OK;
	msp = find_msp(m, qiao_pb_bytes(serialized, 1));
	if (!msp)
		return QIAO_OK;
	err = qiao_cert_parse_pem(&cert, qiao_pb_bytes(serialized, 2), NULL);
	if (err != QIAO_OK)
		return err == QIAO_E_NOMEM ? err : QIAO_OK;
	id = qiao_calloc(1, sizeof(*id));
	if (!id) {
		qiao_cert_free(cert);
		return QIAO_E_NOMEM;
	}
	id->msp = msp;
	id->cert = cert;
	id->serialized = qiao_slice_of(qiao_memdup(serialized), serialized.n);
	err = QIAO_E_NOMEM;
	if (id->serialized.p)
		err = chain_and_judge(id, &keep);
	if (keep)
		*out = id;
	else
		identity_free(id);
	return err;
}

static struct qiao_fabric_id_slot *slot_for(const struct qiao_fabric_msps *m,
					    const struct qiao_hash *key)
{
	size_t i = (size_t)key->b[0] | (size_t)key->b[1] << 8 |
		   (size_t)key->b[2] << 16;

	for (i &= m->slots - 1; m->slot[i].used; i = (i + 1) & (m->slots - 1))
		if (qiao_hash_eq(&m->slot[i].key, key))
			break;
	return &m->slot[i];
}

static qiao_err grow(struct qiao_fabric_msps *m)
{
	struct qiao_fabric_id_slot *old = m->slot;
	size_t n = m->slots;

	if (m->used < m->slots / 2)
		return QIAO_OK;
	m->slot = qiao_calloc(n ? 2 * n : 64, sizeof(*m->slot));
	if (!m->slot) {
		m->slot = old;
		return QIAO_E_NOMEM;
	}
	m->slots = n ? 2 * n : 64;
	for (size_t i = 0; i < n; i++)
		if (old[i].used)
			*slot_for(m, &old[i].key) = old[i];
	qiao_free(old);
	return QIAO_OK;
}

/* A block has few signers, who come again and again: that saves the hash. */
static struct qiao_fabric_identity *find_recent(
	const struct qiao_fabric_msps *m, struct qiao_slice serialized)
{
	for (size_t i = 0; i < sizeof(m->recent) / sizeof(m->recent[0]); i++)
		if (m->recent[i] &&
		    qiao_slice_eq(m->recent[i]->serialized, serialized))
			return m->recent[i];
	return NULL;
}

static void note_recent(struct qiao_fabric_msps *m,
			struct qiao_fabric_identity *id)
{
	if (!id)
		return;
	m->recent[m->recent_at] = id;
	m->recent_at =
		(m->recent_at + 1) % (sizeof(m->recent) / sizeof(m->recent[0]));
}

qiao_err qiao_fabric_identify(struct qiao_fabric_msps *m,
			      const struct qiao_fabric_identity **out,
			      struct qiao_slice serialized)
{
	struct qiao_fabric_identity *id = find_recent(m, serialized);
	struct qiao_fabric_id_slot *slot;
	struct qiao_hash key;
	qiao_err err;

	*out = id;
	if (id)
		return QIAO_OK;
	err = grow(m);
	if (err != QIAO_OK)
		return err;
	qiao_sha256(&key, serialized);
	slot = slot_for(m, &key);
	if (!slot->used) {
		err = make(&id, m, serialized);
		if (err != QIAO_OK)
			return err;
		slot->key = key;
		slot->used = true;
		slot->id = id;
		m->used++;
	}
	note_recent(m, slot->id);
	*out = slot->id;
	return QIAO_OK;
}

static void forget(struct qiao_fabric_msps *m)
{
	for (size_t i = 0; i < m->slots; i++)
		identity_free(m->slot[i].id);
	qiao_free(m->slot);
	m->slot = NULL;
	m->slots = 0;
	m->used = 0;
	memset(m->recent, 0, sizeof(m->recent));
}

void qiao_fabric_msps_trim(struct qiao_fabric_msps *m)
{
	if (m->used > QIAO_FABRIC_IDENTITIES_MAX)
		forget(m);
}

void qiao_fabric_identities_forget(struct qiao_fabric_msps *m)
{
	forget(m);
}

static qiao_err verify_ed25519(const struct qiao_cert *c,
			       const struct qiao_slice *parts, size_t n,
			       struct qiao_slice signature)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	for (size_t i = 0; i < n; i++)
		qiao_buf_put(&b, parts[i]);
	err = b.err;
	if (err == QIAO_OK)
		err = qiao_cert_verify(c, qiao_buf_slice(&b), signature);
	qiao_buf_free(&b);
	return err;
}

/* What an ECDSA signature is over; false: the MSP has no hash that we know. */
static bool digest_of(struct qiao_hash *out,
		      const struct qiao_fabric_identity *id,
		      const struct qiao_slice *parts, size_t n)
{
	switch (id->msp->hash) {
	case QIAO_FABRIC_SHA2:
		qiao_sha256_list(out, parts, n);
		return true;
	case QIAO_FABRIC_SHA3:
		qiao_sha3_256_list(out, parts, n);
		return true;
	case QIAO_FABRIC_NO_HASH:
		return false;
	}
	return false;
}

static size_t set_of(const struct qiao_hash *key)
{
	return (size_t)(key->b[0] | key->b[1] << 8) % 1024;
}

static bool is_kept(const struct qiao_fabric_sigs *sigs,
		    const struct qiao_hash *key)
{
	const struct qiao_hash *set = sigs->good[set_of(key)];

	for (size_t i = 0; i < 4; i++)
		if (qiao_hash_eq(&set[i], key))
			return true;
	return false;
}

void qiao_fabric_sig_keep(struct qiao_fabric_sigs *sigs,
			  const struct qiao_fabric_sig *s)
{
	size_t set = set_of(&s->key);

	if (s->err != QIAO_OK || is_kept(sigs, &s->key))
		return;
	sigs->good[set][sigs->oldest[set]] = s->key;
	sigs->oldest[set] = (uint8_t)((sigs->oldest[set] + 1) % 4);
}

static void check_ecdsa(struct qiao_fabric_sig *s,
			const struct qiao_fabric_sigs *sigs,
			const struct qiao_slice *parts, size_t n)
{
	struct qiao_hash digest;
	struct qiao_slice of[3];

	s->err = QIAO_E_BADSIG;
	if (!digest_of(&digest, s->id, parts, n))
		return;
	of[0] = qiao_slice_hash(&digest); /* fixed length, then what ends */
	of[1] = qiao_cert_spki(s->id->cert);
	of[2] = s->signature;
	qiao_sha256_list(&s->key, of, 3);
	s->err = is_kept(sigs, &s->key)
			 ? QIAO_OK
			 : qiao_cert_verify_digest(s->id->cert, &digest,
						   s->signature);
}

void qiao_fabric_sig_check(struct qiao_fabric_sig *s,
			   const struct qiao_fabric_sigs *sigs)
{
	s->err = QIAO_E_UNSUPPORTED;
	if (qiao_cert_key(s->id->cert) != QIAO_CERT_KEY_ED25519)
		check_ecdsa(s, sigs, s->part, s->parts);
}

static bool is_same(const struct qiao_fabric_sig *s,
		    const struct qiao_fabric_identity *id,
		    const struct qiao_slice *parts, size_t n,
		    struct qiao_slice signature)
{
	if (s->id != id || s->parts != n || s->signature.p != signature.p ||
	    s->signature.n != signature.n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s->part[i].p != parts[i].p || s->part[i].n != parts[i].n)
			return false;
	return true;
}

/* Told by where its bytes are, which the block holds still. */
static const struct qiao_fabric_sig *find_ahead(
	struct qiao_fabric_sigs *sigs, const struct qiao_fabric_identity *id,
	const struct qiao_slice *parts, size_t n, struct qiao_slice signature)
{
	for (size_t i = sigs->ahead_at; i < sigs->ahead_n; i++) {
		const struct qiao_fabric_sig *s = &sigs->ahead[i];

		if (!is_same(s, id, parts, n, signature))
			continue;
		sigs->ahead_at = i + 1;
		return s->err == QIAO_OK || s->err == QIAO_E_BADSIG ? s : NULL;
	}
	return NULL;
}

qiao_err qiao_fabric_signed(struct qiao_fabric_msps *m,
			    const struct qiao_fabric_identity *id,
			    const struct qiao_slice *parts, size_t n,
			    struct qiao_slice signature)
{
	struct qiao_fabric_sig s = { .id = id, .signature = signature };
	const struct qiao_fabric_sig *known;

	if (qiao_cert_key(id->cert) == QIAO_CERT_KEY_ED25519)
		return verify_ed25519(id->cert, parts, n, signature);
	known = find_ahead(m->sigs, id, parts, n, signature);
	if (known)
		return known->err;
	check_ecdsa(&s, m->sigs, parts, n);
	if (!m->sigs->lent)
		qiao_fabric_sig_keep(m->sigs, &s);
	return s.err;
}

struct qiao_slice qiao_fabric_identity_ou(const struct qiao_fabric_identity *id)
{
	size_t n = qiao_cert_ou_count(id->cert);

	for (size_t i = 0; i < n; i++) {
		struct qiao_slice ou = qiao_cert_ou(id->cert, i);
		bool is_role = false;

		for (size_t r = 0; r < 5; r++)
			is_role |= id->msp->ou[r].set &&
				   qiao_slice_eq(id->msp->ou[r].name, ou);
		if (!is_role)
			return ou;
	}
	return n ? qiao_cert_ou(id->cert, 0) : qiao_slice_of(NULL, 0);
}
