/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/entry.h"

#include "adapters/fabric/sign.h"
#include "gateway/codec/mp.h"

#include <string.h>

/* [kind, digest, source, submitter bin16, tx id bin32] */
qiao_err fabric_entry_parse(struct qiao_lookup *out,
			    enum fabric_entry_kind kind,
			    struct qiao_slice answer)
{
	struct qiao_mp m;
	uint64_t found;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	if (answer.n == 0)
		return QIAO_OK;
	err = qiao_mp_open(&m, answer);
	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 5);
	found = qiao_mp_uint(&m, FABRIC_ENTRY_ANCHOR);
	out->digest = qiao_mp_hash(&m);
	qiao_mp_hash(&m);
	out->submitter_len = FABRIC_ACCOUNT_LEN;
	qiao_mp_bin_into(&m, out->submitter, out->submitter_len);
	out->tx_len = QIAO_HASH_LEN;
	qiao_mp_bin_into(&m, out->tx, out->tx_len);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK || found != (uint64_t)kind)
		memset(out, 0, sizeof(*out));
	else
		out->state = QIAO_LOOKUP_DONE;
	return err;
}
