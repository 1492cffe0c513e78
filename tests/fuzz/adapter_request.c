/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as one request to an open adapter: any answer, never an end. */
#include "adapters/sdk/adapter.h"
#include "gateway/base/slice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static qiao_err open_it(void **self, const char *text, struct qiao_why *why)
{
	(void)text;
	(void)why;
	*self = NULL;
	return QIAO_OK;
}

static qiao_err head(void *self, uint64_t *next, uint64_t known,
		     unsigned int wait_ms, struct qiao_why *why)
{
	(void)self;
	(void)wait_ms;
	(void)why;
	*next = known;
	return QIAO_OK;
}

static qiao_err fetch(void *self, struct qiao_buf *bundle, uint64_t height,
		      struct qiao_why *why)
{
	static const uint8_t bytes[3000];

	(void)self;
	(void)why;
	if (height > 9)
		return QIAO_E_NOTFOUND;
	for (uint64_t i = 0; i <= height; i++)
		qiao_adapter_put(bundle, bytes, sizeof(bytes));
	return QIAO_OK;
}

static qiao_err prove(void *self, struct qiao_buf *proof,
		      struct qiao_slice reference, struct qiao_why *why)
{
	(void)self;
	(void)why;
	qiao_adapter_put(proof, reference.p, reference.n);
	return QIAO_OK;
}

static qiao_err submit(void *self, const struct qiao_submission *s,
		       struct qiao_why *why)
{
	(void)self;
	return qiao_adapter_fail(why, QIAO_E_EXISTS, "%s", s->kind);
}

static void close_it(void *self)
{
	(void)self;
}

static const char *const capabilities[] = { "submit.deliver", NULL };
static const struct qiao_adapter_api api = {
	.size = sizeof(api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
	.name = "fuzz",
	.family = "quorum",
	.origin = "live",
	.max_parallel = 1,
	.capabilities = capabilities,
	.open = open_it,
	.head = head,
	.fetch = fetch,
	.prove = prove,
	.submit = submit,
	.close = close_it,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qiao_buf reply = QIAO_BUF;
	struct qiao_adapter a;

	if (qiao_adapter_init(&a, &api, NULL) != QIAO_OK)
		abort();
	a.is_open = true;
	if (qiao_serve_answer(qiao_adapter_ops, &a, &reply,
			      qiao_slice_of(data, size)) == QIAO_OK &&
	    qiao_mp_check(qiao_buf_slice(&reply)) != QIAO_OK)
		abort(); /* our own reply must be canonical */
	qiao_buf_free(&reply);
	qiao_adapter_fini(&a);
	return 0;
}
