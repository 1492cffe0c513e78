/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a parsed disclosure discloses in clear, made into fields again, gives
 * the same bytes when nothing was withheld.
 */
#include "gateway/base/slice.h"
#include "gateway/record/fieldtree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fields_of(struct qiao_fields *set, const struct qiao_disclosure *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct qiao_disclosed *e = &d->e[i];

		if (e->mask != QIAO_MASK_CLEAR ||
		    qiao_fields_add_salted(set, e->name, e->salt, e->value) !=
			    QIAO_OK)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_slice in = qiao_slice_of(data, size);
	struct qiao_fields set = QIAO_FIELDS;
	struct qiao_head head = { .fields = 4 };
	uint8_t clear[QIAO_FIELDS_MAX];
	struct qiao_buf out = QIAO_BUF;
	struct qiao_disclosure d;
	struct qiao_why why;

	if (qiao_disclosure_parse(&d, in, &why) != QIAO_OK)
		return 0;
	qiao_disclosure_check(&d, &head, &why);
	memset(clear, QIAO_MASK_CLEAR, sizeof(clear));
	if (fields_of(&set, &d) &&
	    (qiao_disclosure_encode(&out, &set, clear) != QIAO_OK ||
	     !qiao_slice_eq(qiao_buf_slice(&out), in)))
		abort();
	qiao_fields_free(&set);
	qiao_disclosure_free(&d);
	qiao_buf_free(&out);
	return 0;
}
