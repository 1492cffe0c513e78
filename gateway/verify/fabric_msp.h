/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is who on a channel: its MSPs, and identities judged by them. The name in
 * an identity selects one MSP, and only that MSP's roots count; nothing in a
 * certificate names an MSP. Rules of channel capability V1_4_3 and later.
 * Sources: fabric msp/mspimpl.go, mspimplvalidate.go, mspimplsetup.go,
 * identities.go.
 *
 * Expiry is not judged: Fabric does not either, at a block.
 */
#ifndef GATEWAY_VERIFY_FABRIC_MSP_H
#define GATEWAY_VERIFY_FABRIC_MSP_H

#include "gateway/base/workers.h"
#include "gateway/verify/fabric_ca.h"
#include "gateway/verify/fabric_pb.h"

/* MSPRole.MSPRoleType */
enum qiao_fabric_role {
	QIAO_FABRIC_MEMBER = 0,
	QIAO_FABRIC_ADMIN = 1,
	QIAO_FABRIC_CLIENT = 2,
	QIAO_FABRIC_PEER = 3,
	QIAO_FABRIC_ORDERER = 4,
};

/*
 * Results of signature checks. The good ones by (digest, key, signature), four
 * to a set; and those of the block at hand that were made ahead of their use,
 * all of them, in the order in which they will be asked for.
 */
struct qiao_fabric_sigs {
	struct qiao_hash good[1024][4];
	uint8_t oldest[1024]; /* in its set */
	/* who has threads to lend; NULL: nobody */
	const struct qiao_parallel *parallel;
	const struct qiao_fabric_sig *ahead;
	size_t ahead_n, ahead_at;
	bool lent; /* threads read `good`: it must not change */
};

struct qiao_fabric_identity;

/* One check, to be made in any thread: did id sign the parts joined? */
struct qiao_fabric_sig {
	const struct qiao_fabric_identity *id;
	struct qiao_slice part[2];
	size_t parts;
	struct qiao_slice signature;
	struct qiao_hash key; /* of the result, if it was good */
	qiao_err err;         /* the result */
};
/* Reads sigs->good only. Ed25519 is left to those who ask: QIAO_E_UNSUPPORTED.
 */
void qiao_fabric_sig_check(struct qiao_fabric_sig *s,
			   const struct qiao_fabric_sigs *sigs);
void qiao_fabric_sig_keep(struct qiao_fabric_sigs *sigs,
			  const struct qiao_fabric_sig *s);

/* An organisational unit that stands for a role, maybe under one CA only. */
struct qiao_fabric_ou {
	struct qiao_slice name;
	bool set;
	bool pinned;
	struct qiao_hash path; /* of the CA it is pinned to */
};

struct qiao_fabric_msp {
	struct qiao_slice name;   /* borrowed from the configuration */
	struct qiao_slice config; /* MSPConfig, likewise */
	struct qiao_fabric_cas cas;
	struct qiao_crl **crl;
	size_t crls;
	struct qiao_hash *admin; /* SHA-256 of sanitised DER */
	size_t admins;
	bool node_ous;
	struct qiao_fabric_ou ou[5];     /* by role; [MEMBER] unused */
	struct qiao_fabric_ou *required; /* organizational_unit_identifiers */
	size_t requireds;
	bool ed25519; /* keys of that kind are identities: MSPs of v3 */
	/* crypto_config.signature_hash_family */
	enum qiao_fabric_hash {
		QIAO_FABRIC_SHA2 = 0,
		QIAO_FABRIC_SHA3,
		QIAO_FABRIC_NO_HASH, /* Fabric verifies nothing with it */
	} hash;
	struct qiao_pb_arena arena; /* joined pieces that names borrow from */
};

struct qiao_fabric_msps {
	struct qiao_fabric_msp *msp[QIAO_FABRIC_MSPS_MAX];
	size_t n;
	struct qiao_fabric_sigs *sigs;    /* borrowed */
	struct qiao_fabric_id_slot *slot; /* identities seen, a hash table */
	size_t slots, used;
	struct qiao_fabric_identity *recent[8]; /* or NULL */
	size_t recent_at;
};

struct qiao_fabric_identity {
	const struct qiao_fabric_msp *msp;
	struct qiao_cert *cert;
	struct qiao_slice serialized; /* own copy */
	struct qiao_hash id;          /* SHA-256 of the sanitised certificate */
	struct qiao_hash path;        /* of its issuer */
	bool valid;
	bool listed_admin;
	unsigned int roles; /* bit 1 << role, by organisational unit */
};

/* *m is set whether or not it fails; always end with _fini. */
void qiao_fabric_msps_init(struct qiao_fabric_msps *m,
			   struct qiao_fabric_sigs *sigs);
void qiao_fabric_msps_fini(struct qiao_fabric_msps *m);

/*
 * Add the MSP of an MSPConfig message, borrowed for the life of *m. The same
 * message again is fine; another one under a known name is QIAO_E_CONFIG, as is
 * anything that Fabric refuses at setup. QIAO_E_UNSUPPORTED: Idemix.
 * *name is the MSP's name.
 */
qiao_err qiao_fabric_msps_add(struct qiao_fabric_msps *m,
			      struct qiao_slice *name,
			      struct qiao_slice msp_config, bool ed25519,
			      struct qiao_why *why);

/*
 * The identity in a SerializedIdentity. *out is NULL when Fabric would drop it:
 * unparsable, unknown MSP, no chain. Borrowed from *m until the next
 * qiao_fabric_msps_trim. Errors: QIAO_E_NOMEM only.
 */
qiao_err qiao_fabric_identify(struct qiao_fabric_msps *m,
			      const struct qiao_fabric_identity **out,
			      struct qiao_slice serialized);

/* Forget identities when many are kept. Call where none is in use. */
void qiao_fabric_msps_trim(struct qiao_fabric_msps *m);

/* Has id signed the parts joined? QIAO_OK, QIAO_E_BADSIG, QIAO_E_NOMEM. */
qiao_err qiao_fabric_signed(struct qiao_fabric_msps *m,
			    const struct qiao_fabric_identity *id,
			    const struct qiao_slice *parts, size_t n,
			    struct qiao_slice signature);

bool qiao_fabric_has_role(const struct qiao_fabric_identity *id,
			  enum qiao_fabric_role role);

/* An organisational unit that says more than a role, or the role's; borrowed.
 */
struct qiao_slice qiao_fabric_identity_ou(
	const struct qiao_fabric_identity *id);

/* Between fabric_msp.c and fabric_identity.c. */
void qiao_fabric_identities_forget(struct qiao_fabric_msps *m);
void qiao_fabric_identity_judge(struct qiao_fabric_identity *id,
				const struct qiao_fabric_chain *chain);
bool qiao_fabric_is_revoked(const struct qiao_fabric_msp *msp,
			    const struct qiao_cert *cert,
			    const struct qiao_fabric_ca *issuer);

#endif
