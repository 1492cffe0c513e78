/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao-fabric-double: a test double of a Fabric channel. No consensus engine,
 * never to be installed (README.md).
 */
#include "tests/doubles/fabric/make.h"

#include "gateway/base/file.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *make;
	size_t blocks, txs;
	bool bft;
};

static int make(const struct options *o)
{
	static struct net net;
	static struct ledger ledger;
	struct qiao_why why;
	bool ok;

	if (qiao_dir_need(o->make, 0755, &why) != QIAO_OK) {
		fprintf(stderr, "qiao-fabric-double: %s\n", why.text);
		return 1;
	}
	net_make(&net, o->bft);
	ledger_open(&ledger, &net);
	ok = make_blocks(&ledger, o->make, o->blocks, o->txs);
	ledger_close(&ledger);
	net_free(&net);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "make", required_argument, NULL, 'm' },
		{ "blocks", required_argument, NULL, 'b' },
		{ "txs", required_argument, NULL, 't' },
		{ "bft", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .blocks = 20, .txs = 5 };
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'm')
			o.make = optarg;
		else if (opt == 'b')
			o.blocks = (size_t)strtoul(optarg, NULL, 10);
		else if (opt == 't')
			o.txs = (size_t)strtoul(optarg, NULL, 10);
		else if (opt == 'f')
			o.bft = true;
		else
			return 2;
	}
	if (o.make)
		return make(&o);
	return 2;
}
