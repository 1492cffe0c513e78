/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Organisations (机构): one stable name per body, its unified social credit
 * code, and the chain identities that may speak for it. One chain identity
 * maps to exactly one organisation. Immutable after parse.
 */
#ifndef GATEWAY_RECORD_ORGS_H
#define GATEWAY_RECORD_ORGS_H

#include "gateway/conf/conf.h"
#include "gateway/crypto/sig.h"

enum qiao_org_id_kind {
	QIAO_ORG_ID_MSP = 0,   /* "msp": a Fabric MSP id, with or without OU */
	QIAO_ORG_ID_KEY = 1,   /* "key": a public key "secp256k1:<66 hex>" */
	QIAO_ORG_ID_FISCO = 2, /* "fisco-account": 0x and 40 hex digits */
};

struct qiao_org_id {
	const char *chain; /* nickname */
	enum qiao_org_id_kind kind;
	const char *value;       /* as the file gives it */
	const char *ou;          /* MSP; "": any */
	struct qiao_id16 key_id; /* KEY: docs/wire.md 2.2 */
	/* heights at which it speaks, both included */
	uint64_t from, to;
};

struct qiao_org {
	const char *org;
	const char *title;
	const char *usci; /* "" when the file gives none */
	size_t n_ids;
	const struct qiao_org_id *ids;
};

struct qiao_orgs;

/*
 * From a parsed file whose root holds the group `orgs`; everything is copied.
 * NULL *out and QIAO_E_CONFIG when there are findings; QIAO_E_NOMEM. An
 * organisation without chain identity is no finding here.
 */
qiao_err qiao_orgs_parse(struct qiao_orgs **out, struct qiao_diags *d,
			 const struct qiao_conf *c);
void qiao_orgs_free(struct qiao_orgs *o); /* NULL is fine */

const char *qiao_orgs_id(const struct qiao_orgs *o);
int64_t qiao_orgs_version(const struct qiao_orgs *o);
/* Ascending by name. */
size_t qiao_orgs_count(const struct qiao_orgs *o);
const struct qiao_org *qiao_orgs_at(const struct qiao_orgs *o, size_t i);
const struct qiao_org *qiao_orgs_find(const struct qiao_orgs *o,
				      const char *org); /* NULL: unknown */
/*
 * Who is this on that chain, at that height? NULL: nobody we know.
 * An identity with an OU wins over one of the same MSP without.
 */
const struct qiao_org *qiao_orgs_of_msp(const struct qiao_orgs *o,
					const char *chain,
					struct qiao_slice msp,
					struct qiao_slice ou, uint64_t height);
/* key_id: 16 bytes (docs/wire.md 2.2). */
const struct qiao_org *qiao_orgs_of_key(const struct qiao_orgs *o,
					const char *chain,
					struct qiao_slice key_id,
					uint64_t height);

#endif
