/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contracts in C in place of a chaincode. `qiao` does what deliveries need of
 * the reference contract (adapters/fabric/chaincode/README.md): Deliver, State,
 * Usage, Anchor, Lookup, Get, Account; any client of the channel is a
 * registered account. `records` keeps documents under REC_<id>, as a
 * department's own contract would. `_lifecycle` defines both.
 */
#ifndef TESTS_DOUBLES_FABRIC_CHAINCODE_H
#define TESTS_DOUBLES_FABRIC_CHAINCODE_H

#include "tests/doubles/fabric/state.h"
#include "tests/doubles/fabric/tx.h"

struct chaincode_call {
	const struct state *state;
	const struct net *net;
	const char *chaincode;
	const struct qiao_slice *arg; /* arg[0] is the function */
	size_t n;
	struct qiao_slice creator; /* SerializedIdentity */
	const char *tx_id;
};

/*
 * Run it. A refusal is out->status 500 with a message. False: there is no such
 * chaincode.
 */
bool chaincode_run(struct simulation *out, struct pool *p,
		   const struct chaincode_call *c);

/* Account of a client: adapters/fabric/chaincode/README.md 1 */
void chaincode_account(uint8_t out[16], struct qiao_slice serialized);

#endif
