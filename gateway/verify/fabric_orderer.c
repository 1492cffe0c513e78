/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_orderer.h"

#include "gateway/base/slice.h"
#include "gateway/verify/fabric_schema.h"

/* common.Metadata, MetadataSignature */
#define METADATA_VALUE      1
#define METADATA_SIGNATURES 2
#define SIGNATURE_HEADER    1
#define SIGNATURE           2
#define IDENTIFIER_HEADER   3

static qiao_err unsigned_block(struct qiao_why *why, const char *what)
{
	return qiao_fail(why, QIAO_E_BADSIG,
			 "orderer signatures: %s; ask another orderer", what);
}

static qiao_err read_slot(struct qiao_slice *metadata,
			  const struct qiao_fabric_block *b,
			  struct qiao_why *why)
{
	*metadata = b->signatures;
	if (metadata->n == 0)
		return unsigned_block(why, "none in the block's metadata");
	if (qiao_pb_check(&qiao_pb_metadata, *metadata) != QIAO_OK)
		return unsigned_block(why, "metadata slot 0 is malformed");
	return QIAO_OK;
}

qiao_err qiao_fabric_last_config(uint64_t *out,
				 const struct qiao_fabric_block *b,
				 struct qiao_why *why)
{
	struct qiao_pb_arena a = { NULL, QIAO_OK };
	struct qiao_slice metadata, value, last;
	qiao_err err = read_slot(&metadata, b, why);

	*out = 0;
	if (err != QIAO_OK)
		return err;
	value = qiao_pb_bytes(metadata, METADATA_VALUE);
	if (qiao_pb_check(&qiao_pb_orderer_block_metadata, value) != QIAO_OK ||
	    !qiao_pb_message(&a, &last, value, 1))
		err = unsigned_block(why, "no last_config in the signed value "
					  "(orderers before 1.4.1 are not "
					  "supported)");
	else
		*out = qiao_pb_uint(last, 1);
	if (a.err != QIAO_OK)
		err = a.err;
	qiao_pb_arena_free(&a);
	return err;
}

/*
 * Who claims to have signed, and the header that was signed. A BFT orderer
 * names itself by number; every other signer, and in a BFT channel too whoever
 * fills in that header, by certificate. A number that is not listed is nobody.
 * A header that cannot be read is where Fabric fails the block, so do we.
 */
static bool read_signer(struct qiao_slice *identity, struct qiao_slice *header,
			const struct qiao_fabric_config *c,
			struct qiao_slice signature)
{
	struct qiao_slice id = qiao_pb_bytes(signature, IDENTIFIER_HEADER);
	const struct qiao_fabric_consenter *who;

	*header = qiao_pb_bytes(signature, SIGNATURE_HEADER);
	if (!c->v3 || header->n > 0 || id.n == 0) {
		*identity = qiao_pb_bytes(*header, 1);
		return qiao_pb_check(&qiao_pb_signature_header, *header) ==
		       QIAO_OK;
	}
	*header = id;
	who = qiao_fabric_consenter_find(c, (uint32_t)qiao_pb_uint(id, 1));
	*identity =
		who ? qiao_buf_slice(&who->identity) : qiao_slice_of(NULL, 0);
	return qiao_pb_check(&qiao_pb_identifier_header, id) == QIAO_OK;
}

static qiao_err take_signatures(struct qiao_fabric_signers *s,
				const struct qiao_fabric_block *b,
				struct qiao_fabric_config *c,
				struct qiao_slice metadata,
				struct qiao_why *why)
{
	struct qiao_pb_iter it = qiao_pb_iter(metadata, METADATA_SIGNATURES);
	const struct qiao_slice value = qiao_pb_bytes(metadata, METADATA_VALUE);
	struct qiao_slice one, identity;
	size_t n = 0;
	qiao_err err = QIAO_OK;

	while (err == QIAO_OK && qiao_pb_each(&it, &one)) {
		struct qiao_slice parts[3] = {
			value,
			{ NULL, 0 },
			qiao_slice_of(b->der, b->der_n),
		};

		if (++n > QIAO_SIGNATURES_MAX)
			return unsigned_block(why, "too many");
		if (!read_signer(&identity, &parts[1], c, one))
			return unsigned_block(why, "a header is malformed");
		err = qiao_fabric_signers_take(s, &c->msps, identity, parts, 3,
					       qiao_pb_bytes(one, SIGNATURE));
	}
	return err;
}

static bool is_consenter(struct qiao_fabric_config *c,
			 const struct qiao_fabric_identity *id, qiao_err *err)
{
	for (size_t i = 0; i < c->consenters; i++) {
		const struct qiao_fabric_identity *it = NULL;

		*err = qiao_fabric_identify(
			&c->msps, &it,
			qiao_buf_slice(&c->consenter[i].identity));
		if (*err != QIAO_OK)
			return false;
		if (it && it->msp == id->msp && qiao_hash_eq(&it->id, &id->id))
			return true;
	}
	return false;
}

/* BFT channels list their orderers; on others the certificate says so. */
static bool is_orderer(struct qiao_fabric_config *c,
		       const struct qiao_fabric_identity *id, qiao_err *err)
{
	const struct qiao_fabric_group *g =
		qiao_fabric_group_at(&c->root, "Orderer");

	if (c->bft)
		return is_consenter(c, id, err);
	if (!qiao_fabric_has_role(id, QIAO_FABRIC_ORDERER))
		return false;
	for (size_t i = 0; g && i < g->n_groups; i++)
		if (qiao_slice_eq(g->groups[i].msp, id->msp->name))
			return true;
	return false;
}

static qiao_err keep_orderers(struct qiao_fabric_signers *s,
			      struct qiao_fabric_config *c)
{
	size_t kept = 0;
	qiao_err err = QIAO_OK;

	for (size_t i = 0; err == QIAO_OK && i < s->n; i++)
		if (is_orderer(c, s->id[i], &err))
			s->id[kept++] = s->id[i];
	s->n = kept;
	return err;
}

/* One key under several certificates is one orderer. */
static unsigned int count_keys(const struct qiao_fabric_signers *s)
{
	unsigned int n = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t k = 0;

		while (k < i && !qiao_slice_eq(qiao_cert_spki(s->id[k]->cert),
					       qiao_cert_spki(s->id[i]->cert)))
			k++;
		n += k == i && s->id[i]->valid;
	}
	return n;
}

static qiao_err judge(struct qiao_fabric_signers *s,
		      struct qiao_fabric_config *c,
		      const struct qiao_fabric_demand *demand,
		      struct qiao_why *why)
{
	static const char path[] = "/Channel/Orderer/BlockValidation";
	unsigned int need = demand->min_orderers ? demand->min_orderers : 1;
	unsigned int have;
	const size_t good = s->n;
	char name[128];
	qiao_err err = QIAO_OK;

	if (need == QIAO_FABRIC_SOME_ORDERERS)
		need = c->raft_nodes >= 3 ? 2 : 1;
	if (demand->orderer_role)
		err = keep_orderers(s, c);
	if (err != QIAO_OK)
		return err;
	if (s->n == 0)
		return unsigned_block(
			why, good > 0 ? "none by a certificate with role "
					"ORDERER (orderer_role)"
				      : "no good one by an identity of the "
					"channel");
	err = qiao_fabric_config_satisfied(c, qiao_slice_str(path), s);
	if (err == QIAO_E_BADSIG)
		return qiao_fail(
			why, err,
			"BlockValidation of configuration %llu is not "
			"satisfied by %s%s; ask another orderer",
			(unsigned long long)c->height,
			qiao_cert_describe(name, sizeof(name), s->id[0]->cert),
			s->n > 1 ? " and others" : "");
	if (err != QIAO_OK)
		return err;
	have = count_keys(s);
	if (have < need)
		return qiao_fail(why, QIAO_E_BADSIG,
				 "signed by %u orderers, %u are demanded "
				 "(min_orderers); ask more orderers",
				 have, need);
	return QIAO_OK;
}

qiao_err qiao_fabric_check_orderers(const struct qiao_fabric_block *b,
				    struct qiao_fabric_config *c,
				    const struct qiao_fabric_demand *demand,
				    struct qiao_why *why)
{
	struct qiao_fabric_signers s = { NULL, 0, 0 };
	struct qiao_slice metadata;
	qiao_err err = read_slot(&metadata, b, why);

	if (err != QIAO_OK)
		return err;
	qiao_fabric_msps_trim(&c->msps);
	err = take_signatures(&s, b, c, metadata, why);
	if (err == QIAO_OK)
		err = judge(&s, c, demand, why);
	qiao_fabric_signers_free(&s);
	return err;
}
