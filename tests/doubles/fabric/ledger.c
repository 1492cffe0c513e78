/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/ledger.h"

#include "tests/doubles/fabric/chaincode.h"

#include "gateway/base/mem.h"
#include "gateway/crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the header --- */

static size_t der_integer(uint8_t *out, uint64_t v)
{
	size_t n = 1;

	while (n < 8 && v >> (8 * n - 1) > 0)
		n++;
	if (n == 8 && v >> 63)
		n = 9;
	out[0] = 2;
	out[1] = (uint8_t)n;
	for (size_t i = 0; i < n; i++) {
		size_t shift = 8 * (n - 1 - i);

		out[2 + i] = (uint8_t)(shift < 64 ? v >> shift : 0);
	}
	return 2 + n;
}

static size_t der_octets(uint8_t *out, struct qiao_slice s)
{
	out[0] = 4;
	out[1] = (uint8_t)s.n;
	if (s.n > 0)
		memcpy(out + 2, s.p, s.n);
	return 2 + s.n;
}

/* Number, hash before, hash of the entries: all below 128 bytes. */
static struct qiao_slice header_der(struct pool *p, const struct block *b)
{
	uint8_t *out = pool_take(p, 96);
	size_t n = 2;

	n += der_integer(out + n, b->number);
	n += der_octets(out + n, b->previous);
	n += der_octets(out + n, b->data_hash);
	out[0] = 0x30;
	out[1] = (uint8_t)(n - 2);
	return qiao_slice_of(out, n);
}

static struct qiao_slice hash_list(struct pool *p,
				   const struct qiao_slice *part, size_t n)
{
	struct qiao_hash h;

	qiao_sha256_list(&h, part, n);
	return pool_copy(p, qiao_slice_hash(&h));
}

static void seal_header(struct block *b)
{
	b->data_hash = hash_list(&b->pool, b->entry, b->n);
	b->der = header_der(&b->pool, b);
	qiao_sha256(&b->hash, b->der);
}

/* --- signatures of the orderers --- */

static struct qiao_slice consenter_metadata(const struct ledger *l,
					    struct block *b)
{
	Fab__RaftMetadata raft = FAB__RAFT_METADATA__INIT;
	Fab__ViewMetadata view = FAB__VIEW_METADATA__INIT;
	Fab__Metadata wrap = FAB__METADATA__INIT;
	uint64_t ids[NET_ORDERERS] = { 1, 2, 3, 4 };

	if (l->net->bft) {
		view.latest_sequence = b->number;
		view.decisions_in_view = b->number - 1;
		return pool_pack(&b->pool, &view);
	}
	raft.consenter_ids = ids;
	raft.n_consenter_ids = l->net->orderers;
	raft.next_consenter_id = l->net->orderers + 1;
	raft.raft_index = b->number + 4;
	wrap.value = pb(pool_pack(&b->pool, &raft));
	return pool_pack(&b->pool, &wrap);
}

static struct qiao_slice signed_value(const struct ledger *l, struct block *b)
{
	Fab__OrdererBlockMetadata m = FAB__ORDERER_BLOCK_METADATA__INIT;
	Fab__LastConfig last = FAB__LAST_CONFIG__INIT;

	last.index = b->last_config;
	m.last_config = &last;
	if (b->number > 0)
		m.consenter_metadata = pb(consenter_metadata(l, b));
	return pool_pack(&b->pool, &m);
}

static struct qiao_slice signer_header(struct pool *p, const struct net *net,
				       size_t which)
{
	Fab__IdentifierHeader id = FAB__IDENTIFIER_HEADER__INIT;
	Fab__SignatureHeader sh = FAB__SIGNATURE_HEADER__INIT;
	uint8_t nonce[24];

	qiao_random(nonce, sizeof(nonce));
	id.identifier = (uint32_t)which + 1;
	sh.creator = pb(net->orderer[which].signer.serialized);
	id.nonce = sh.nonce = pb(qiao_slice_of(nonce, sizeof(nonce)));
	return net->bft ? pool_pack(p, &id) : pool_pack(p, &sh);
}

static void sign(const struct ledger *l, struct block *b, size_t which)
{
	struct qiao_slice header = signer_header(&b->pool, l->net, which);
	const struct qiao_slice part[3] = { b->value, header, b->der };
	Fab__MetadataSignature s = FAB__METADATA_SIGNATURE__INIT;

	s.signature =
		pb(pki_sign(&b->pool, &l->net->orderer[which].signer, part, 3));
	if (l->net->bft)
		s.identifier_header = pb(header);
	else
		s.signature_header = pb(header);
	b->sig[which] = pool_pack(&b->pool, &s);
}

static void seal(const struct ledger *l, struct block *b)
{
	seal_header(b);
	b->value = signed_value(l, b);
	for (size_t i = 0; b->number > 0 && i < l->net->orderers; i++)
		sign(l, b, i);
}

/* --- blocks --- */

static struct block *new_block(uint64_t number, size_t n)
{
	struct block *b = qiao_calloc(1, sizeof(*b));

	if (!b)
		exit(1);
	b->number = number;
	b->n = n;
	b->entry = pool_take(&b->pool, (n + 1) * sizeof(*b->entry));
	b->flag = pool_take(&b->pool, n + 1);
	return b;
}

void block_free(struct block *b)
{
	if (!b)
		return;
	pool_free(&b->pool);
	qiao_free(b);
}

/* A peer's chain of hashes over its verdicts; nobody signs it. */
static void set_commit(struct ledger *l, struct block *b)
{
	const struct qiao_slice part[3] = { qiao_slice_of(b->flag, b->n),
					    b->der, l->commit };

	b->commit = hash_list(&b->pool, part, 3);
	l->commit = b->commit;
}

static void append(struct ledger *l, struct block *b)
{
	if (l->n > 0)
		b->previous = pool_copy(
			&b->pool, qiao_slice_hash(&l->block[l->n - 1]->hash));
	if (b->is_config)
		l->last_config = b->number;
	b->last_config = l->last_config;
	seal(l, b);
	if (b->number > 0)
		ledger_judge(l, b);
	set_commit(l, b);
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->block = qiao_realloc(l->block,
					l->room * sizeof(struct block *));
		if (!l->block)
			exit(1);
	}
	l->block[l->n++] = b;
	pthread_cond_broadcast(&l->changed);
}

void ledger_submit(struct ledger *l, struct qiao_slice envelope)
{
	if (l->n_waiting == LEDGER_TXS_MAX)
		ledger_cut(l);
	l->waiting[l->n_waiting++] = pool_copy(&l->queue, envelope);
}

bool ledger_cut(struct ledger *l)
{
	struct block *b;

	if (l->n_waiting == 0)
		return false;
	b = new_block(l->n, l->n_waiting);
	for (size_t i = 0; i < b->n; i++)
		b->entry[i] = pool_copy(&b->pool, l->waiting[i]);
	l->n_waiting = 0;
	pool_free(&l->queue);
	append(l, b);
	return true;
}

void ledger_configure(struct ledger *l, struct qiao_slice last_update)
{
	const struct identity *by = &l->net->orderer[0].signer;
	struct block *b;
	struct tx_head head;

	ledger_cut(l);
	b = new_block(l->n, 1);
	b->is_config = true;
	tx_head_make(&head, &b->pool, TX_CONFIG, l->net->channel, NULL, by);
	b->entry[0] = tx_envelope(
		&b->pool, by,
		tx_payload(&b->pool, &head,
			   config_envelope(&l->config, &b->pool, last_update)));
	append(l, b);
}

/* Made by a tool: no creator, no signature. */
static void add_genesis(struct ledger *l)
{
	struct block *b = new_block(0, 1);
	const struct identity nobody = { .serialized = { NULL, 0 } };
	Fab__Envelope env = FAB__ENVELOPE__INIT;
	struct tx_head head;

	b->is_config = true;
	tx_head_make(&head, &b->pool, TX_CONFIG, l->net->channel, NULL,
		     &nobody);
	env.payload =
		pb(tx_payload(&b->pool, &head,
			      config_envelope(&l->config, &b->pool,
					      (struct qiao_slice){ NULL, 0 })));
	b->entry[0] = pool_pack(&b->pool, &env);
	append(l, b);
}

static void define(struct ledger *l, const char *chaincode)
{
	const char *args[2] = { "CommitChaincodeDefinition", chaincode };
	struct pool p = { NULL };

	ledger_submit(l, ledger_make_tx(l, &p, &l->net->org[0].admin,
					"_lifecycle", args, 2, NET_PEERS));
	pool_free(&p);
}

void ledger_open(struct ledger *l, struct net *net)
{
	memset(l, 0, sizeof(*l));
	l->net = net;
	l->waiting = qiao_calloc(LEDGER_TXS_MAX, sizeof(*l->waiting));
	if (!l->waiting)
		exit(1);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	state_init(&l->state);
	state_init(&l->ids);
	config_make(&l->config, net);
	add_genesis(l);
	define(l, "qiao");
	define(l, "records");
	ledger_cut(l);
}

void ledger_close(struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		block_free(l->block[i]);
	qiao_free(l->block);
	qiao_free(l->waiting);
	pool_free(&l->queue);
	config_free(&l->config);
	state_free(&l->state);
	state_free(&l->ids);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->changed);
}

const struct block *ledger_block(const struct ledger *l, uint64_t number)
{
	return number < l->n ? l->block[number] : NULL;
}

const struct cell *ledger_find(const struct ledger *l, const char *tx_id)
{
	return state_get(&l->ids, "", tx_id);
}

struct qiao_slice ledger_make_tx(struct ledger *l, struct pool *p,
				 const struct identity *creator,
				 const char *chaincode, const char *const *args,
				 size_t n, size_t endorsers)
{
	struct qiao_slice arg[8], input = tx_input(p, chaincode, args, n);
	Fab__Endorsement *endorsement[NET_PEERS];
	struct simulation s;
	struct tx_head head;
	struct qiao_slice response;

	for (size_t i = 0; i < n; i++)
		arg[i] = qiao_slice_str(args[i]);
	tx_head_make(&head, p, TX_ENDORSER, l->net->channel, chaincode,
		     creator);
	chaincode_run(&s, p,
		      &(struct chaincode_call){ &l->state, l->net, chaincode,
						arg, n, creator->serialized,
						head.tx_id });
	response = tx_response(p, &head, input, chaincode, &s);
	for (size_t i = 0; i < endorsers; i++)
		endorsement[i] =
			tx_endorse(p, &l->net->peer[i].signer, response);
	return tx_envelope(p, creator,
			   tx_payload(p, &head,
				      tx_body(p, &head, input, response,
					      endorsement, endorsers)));
}

struct block *ledger_fork(struct ledger *l, const struct block *b)
{
	struct block *f = new_block(b->number, b->n + 1);
	char *id = pool_printf(&f->pool, "FORK-%llu",
			       (unsigned long long)b->number);
	const char *args[4] = { "PutRecord", id, "licence", "{}" };

	f->previous = pool_copy(&f->pool, b->previous);
	f->last_config = b->last_config;
	for (size_t i = 0; i < b->n; i++) {
		f->entry[i] = pool_copy(&f->pool, b->entry[i]);
		f->flag[i] = b->flag[i];
	}
	f->entry[b->n] = ledger_make_tx(l, &f->pool, &l->net->org[0].client,
					"records", args, 4, NET_PEERS);
	f->commit = pool_copy(&f->pool, b->commit);
	seal(l, f);
	return f;
}

bool ledger_rewrite(struct ledger *l)
{
	struct block *b = l->block[l->n - 1];

	if (b->is_config)
		return false;
	l->block[l->n - 1] = ledger_fork(l, b);
	l->commit = l->block[l->n - 1]->commit;
	block_free(b);
	return true;
}

/* --- as it is served --- */

static struct qiao_slice bend(struct pool *p, struct qiao_slice s)
{
	struct qiao_slice copy = pool_copy(p, s);

	if (copy.n > 0)
		((uint8_t *)(uintptr_t)copy.p)[copy.n - 1] ^= 1;
	return copy;
}

/* Raft: its own signature; BFT: a quorum that begins with its own. */
static struct qiao_slice slot0(struct pool *p, const struct ledger *l,
			       const struct block *b, size_t orderer,
			       enum lie lie)
{
	size_t all = l->net->orderers;
	size_t n = l->net->bft ? config_quorum(all) : 1;
	Fab__MetadataSignature *sig[NET_ORDERERS];
	Fab__Metadata m = FAB__METADATA__INIT;

	m.value = pb(b->value);
	m.signatures = sig;
	for (size_t i = 0; b->number > 0 && i < n; i++) {
		sig[i] = UNPACK(p, metadata_signature,
				b->sig[(orderer + i) % all]);
		if (lie == LIE_SIGNATURE)
			sig[i]->signature =
				pb(bend(p, pb_slice(sig[i]->signature)));
		m.n_signatures++;
	}
	return pool_pack(p, &m);
}

static struct qiao_slice slot1(struct pool *p, const struct block *b)
{
	Fab__LastConfig last = FAB__LAST_CONFIG__INIT;
	Fab__Metadata m = FAB__METADATA__INIT;

	last.index = b->last_config;
	m.value = pb(pool_pack(p, &last));
	return pool_pack(p, &m);
}

static struct qiao_slice slot2(struct pool *p, const struct block *b,
			       enum lie lie)
{
	uint8_t *flag = pool_take(p, b->n + 1);

	for (size_t i = 0; i < b->n; i++) {
		flag[i] = b->flag[i];
		if (lie == LIE_FLAGS)
			flag[i] =
				flag[i] == CODE_VALID ? CODE_MVCC : CODE_VALID;
	}
	return qiao_slice_of(flag, b->n);
}

static void fill_slots(ProtobufCBinaryData slot[5], struct pool *p,
		       const struct ledger *l, const struct block *b,
		       size_t orderer, bool peer, enum lie lie)
{
	Fab__Metadata commit = FAB__METADATA__INIT;

	memset(slot, 0, 5 * sizeof(slot[0]));
	slot[0] = pb(slot0(p, l, b, orderer, lie));
	slot[1] = pb(slot1(p, b));
	if (!peer)
		return;
	commit.value = pb(b->commit);
	slot[2] = pb(slot2(p, b, lie));
	slot[4] = pb(pool_pack(p, &commit));
}

struct qiao_slice ledger_copy(struct pool *p, const struct ledger *l,
			      const struct block *b, size_t orderer, bool peer,
			      bool thin, enum lie lie)
{
	Fab__Block out = FAB__BLOCK__INIT;
	Fab__BlockHeader header = FAB__BLOCK_HEADER__INIT;
	Fab__BlockData data = FAB__BLOCK_DATA__INIT;
	Fab__BlockMetadata metadata = FAB__BLOCK_METADATA__INIT;
	ProtobufCBinaryData slot[5];
	ProtobufCBinaryData *entry = pool_take(p, b->n * sizeof(*entry) + 1);

	for (size_t i = 0; i < b->n; i++)
		entry[i] = pb(b->entry[i]);
	if (lie == LIE_DATA)
		entry[b->n - 1] = pb(bend(p, b->entry[b->n - 1]));
	fill_slots(slot, p, l, b, orderer, peer, lie);
	header.number = b->number;
	header.previous_hash =
		pb(lie == LIE_PREVIOUS ? bend(p, b->previous) : b->previous);
	header.data_hash = pb(b->data_hash);
	data.data = entry;
	data.n_data = b->n;
	metadata.metadata = slot;
	metadata.n_metadata = 5;
	out.header = &header;
	out.metadata = &metadata;
	if (!thin || b->is_config)
		out.data = &data;
	return pool_pack(p, &out);
}
