/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/make.h"

#include "gateway/base/file.h"

#include <stdio.h>
#include <string.h>

/* --- changes of the configuration --- */

void make_rotate_add(struct ledger *l)
{
	struct org *org = net_rotating_org(l->net);
	struct pool p = { NULL };
	struct change change = {
		{ "Orderer", org->msp }, "MSP", false, { NULL, 0 }
	};

	net_rotate_authority(l->net);
	org->pinned = false;
	change.value = config_msp(&p, org);
	ledger_configure(l, config_change(&l->config, &p, &change, 1));
	pool_free(&p);
}

/* The block is still signed by the certificates that it replaces. */
void make_rotate_switch(struct ledger *l)
{
	struct net *net = l->net;
	struct node node[NET_ORDERERS];
	struct identity admin;
	struct pool p = { NULL };
	struct change change[3] = {
		{ { "Orderer", NULL }, "ConsensusType", false, { NULL, 0 } },
		{ { "Orderer", NULL }, "Orderers", false, { NULL, 0 } },
		{ { "Orderer", NULL }, "BlockValidation", true, { NULL, 0 } },
	};

	net_rotate_nodes(net, node, &admin);
	change[0].value = config_consensus(&p, net, node);
	change[1].value = config_mapping(&p, net, node);
	change[2].value = config_block_policy(&p, net, node);
	ledger_configure(l, config_change(&l->config, &p,
					  &change[net->bft ? 1 : 0],
					  net->bft ? 2 : 1));
	net_take_nodes(net, node, &admin);
	pool_free(&p);
}

void make_rotate_drop(struct ledger *l)
{
	struct org *org = net_rotating_org(l->net);
	struct pool p = { NULL };
	struct change change = {
		{ "Orderer", org->msp }, "MSP", false, { NULL, 0 }
	};

	org->first = 1;
	change.value = config_msp(&p, org);
	ledger_configure(l, config_change(&l->config, &p, &change, 1));
	pool_free(&p);
}

void make_batch_change(struct ledger *l, uint32_t max_messages)
{
	struct pool p = { NULL };
	struct change change = { { "Orderer", NULL },
				 "BatchSize",
				 false,
				 config_batch(&p, max_messages) };

	ledger_configure(l, config_change(&l->config, &p, &change, 1));
	pool_free(&p);
}

/* --- transactions --- */

static void submit(struct ledger *l, const struct identity *by,
		   const char *const *args, size_t n, size_t endorsers)
{
	struct pool p = { NULL };

	ledger_submit(l,
		      ledger_make_tx(l, &p, by, "records", args, n, endorsers));
	pool_free(&p);
}

void make_put(struct ledger *l, const char *id, const char *kind,
	      const char *document)
{
	const char *args[4] = { "PutRecord", id, kind, document };

	submit(l, &l->net->org[0].client, args, 4, l->net->need);
}

static void put_numbered(struct ledger *l, uint64_t block, size_t i)
{
	struct pool p = { NULL };

	make_put(
		l,
		pool_printf(&p, "LIC-%04llu-%zu", (unsigned long long)block, i),
		"licence",
		pool_printf(&p,
			    "{\"证照类型\":\"营业执照\",\"证照编号\":\"%04llu"
			    "-%zu\",\"名称\":\"测试(第%zu号)\"}",
			    (unsigned long long)block, i, i));
	pool_free(&p);
}

/* Two change what both have read: the second one is 11. */
static void put_conflict(struct ledger *l)
{
	const char *args[4] = { "ChangeRecord", "LIC-0002-0", "licence",
				"{\"名称\":\"新\"}" };

	submit(l, &l->net->org[0].client, args, 4, l->net->need);
	submit(l, &l->net->org[1].client, args, 4, l->net->need);
}

/* One organisation endorsed: 10. */
static void put_half_endorsed(struct ledger *l)
{
	const char *args[4] = { "PutRecord", "HALF", "licence", "{}" };

	submit(l, &l->net->org[0].client, args, 4, 1);
}

/* One whole, the same again: 9. Signed by another than it says: 4. */
static void put_repeated(struct ledger *l)
{
	const char *args[4] = { "PutRecord", "TWICE", "licence", "{}" };
	struct identity liar = l->net->org[0].client;
	struct pool p = { NULL };
	struct qiao_slice tx = ledger_make_tx(l, &p, &l->net->org[0].client,
					      "records", args, 4, l->net->need);

	ledger_submit(l, tx);
	ledger_submit(l, tx);
	liar.key = l->net->org[1].client.key;
	submit(l, &liar, args, 4, l->net->need);
	pool_free(&p);
}

/* --- files --- */

static bool write_copy(struct ledger *l, const char *dir, const char *node,
		       const struct block *b, size_t orderer, bool peer)
{
	struct pool p = { NULL };
	struct qiao_why why;
	char path[512];
	qiao_err err;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	err = qiao_dir_need(path, 0755, &why);
	snprintf(path, sizeof(path), "%s/%s/block_%04llu.pb", dir, node,
		 (unsigned long long)b->number);
	if (err == QIAO_OK)
		err = qiao_file_write(
			path,
			ledger_copy(&p, l, b, orderer, peer, false, LIE_NONE),
			0644, &why);
	if (err != QIAO_OK)
		fprintf(stderr, "qiao-fabric-double: %s\n", why.text);
	pool_free(&p);
	return err == QIAO_OK;
}

bool make_write_genesis(const struct ledger *l, const char *dir)
{
	struct pool p = { NULL };
	struct qiao_why why;
	char path[512];
	qiao_err err;

	snprintf(path, sizeof(path), "%s/genesis.block", dir);
	err = qiao_file_write(path,
			      ledger_copy(&p, l, ledger_block(l, 0), 0, false,
					  false, LIE_NONE),
			      0644, &why);
	if (err == QIAO_OK) {
		snprintf(path, sizeof(path), "%s/genesis.hash", dir);
		err = qiao_file_write(
			path,
			qiao_slice_str(pool_hex(
				&p,
				qiao_slice_hash(&ledger_block(l, 0)->hash))),
			0644, &why);
	}
	if (err != QIAO_OK)
		fprintf(stderr, "qiao-fabric-double: %s\n", why.text);
	pool_free(&p);
	return err == QIAO_OK;
}

static bool write_block(struct ledger *l, const char *dir, FILE *flags,
			const struct block *b)
{
	char name[32];
	bool ok = write_copy(l, dir, "peer", b, 0, true);

	for (size_t i = 0; ok && i < l->net->orderers; i++) {
		snprintf(name, sizeof(name), "orderer%zu", i + 1);
		ok = write_copy(l, dir, name, b, i, false);
	}
	for (size_t i = 0; i < b->n; i++)
		fprintf(flags, "%s%u", i ? "," : "", b->flag[i]);
	fputc('\n', flags);
	return ok;
}

static void fill_block(struct ledger *l, size_t blocks, size_t txs)
{
	uint64_t number = l->n;

	if (number == 4)
		put_conflict(l);
	else if (number == 5)
		put_half_endorsed(l);
	else if (number == 6)
		put_repeated(l);
	else if (number == 7)
		make_batch_change(l, 100);
	else if (number == 8) /* one of an earlier block again: 9 */
		ledger_submit(l, ledger_block(l, 6)->entry[0]);
	else if (blocks >= 10 && number == blocks / 2 + 3)
		make_rotate_add(l);
	else if (blocks >= 10 && number == blocks / 2 + 4)
		make_rotate_switch(l);
	else if (blocks >= 14 && number == blocks / 2 + 6)
		make_rotate_drop(l);
	for (size_t i = 0; l->n == number && i < txs; i++)
		put_numbered(l, number, i);
	ledger_cut(l);
}

bool make_blocks(struct ledger *l, const char *dir, size_t blocks, size_t txs)
{
	char path[512];
	FILE *flags;
	bool ok;

	snprintf(path, sizeof(path), "%s/flags", dir);
	flags = fopen(path, "w");
	ok = flags && make_write_genesis(l, dir);
	while (l->n < blocks)
		fill_block(l, blocks, txs);
	for (size_t i = 0; ok && i < l->n; i++)
		ok = write_block(l, dir, flags, l->block[i]);
	if (flags && fclose(flags) != 0)
		ok = false;
	return ok;
}
