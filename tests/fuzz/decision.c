/* SPDX-License-Identifier: Apache-2.0 */
/* An audit entry from anywhere, decided again: an answer, never a crash. */
#include "gateway/base/slice.h"
#include "policies/engine/decision_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice entry = qiao_slice_of(data, size);
	struct qiao_hash bundle;
	qiao_err named = qiao_decision_bundle(&bundle, entry, NULL);
	/* the corpus was decided while no policy was loaded */
	qiao_err err = qiao_decision_replay(NULL, entry, NULL);

	if (named != QIAO_E_NOTFOUND && err == QIAO_OK)
		abort();
	if (named == QIAO_E_MALFORMED && err != QIAO_E_MALFORMED)
		abort();
	return 0;
}
