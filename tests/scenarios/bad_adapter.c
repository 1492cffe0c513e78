/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter that misbehaves as its configuration says: mode = "crash", "hang",
 * "lie" or "flood". With "nonsense" it answers bytes that are no protocol.
 */
#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/codec/mp.h"
#include "gateway/include/qiao/adapter.h"
#include "gateway/include/qiao/limits.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char mode[16];

static qiao_err bad_open(void **self, const char *text, struct qiao_why *why)
{
	const char *from = strchr(text, '"');
	const char *to = from ? strchr(from + 1, '"') : NULL;

	*self = mode;
	if (!to || (size_t)(to - from) > sizeof(mode))
		return qiao_adapter_fail(why, QIAO_E_CONFIG, "no mode");
	memcpy(mode, from + 1, (size_t)(to - from) - 1);
	return QIAO_OK;
}

static qiao_err bad_head(void *self, uint64_t *next_height, uint64_t known,
			 unsigned int wait_ms, struct qiao_why *why)
{
	(void)self;
	(void)known;
	(void)wait_ms;
	(void)why;
	*next_height = INT64_MAX;
	return QIAO_OK;
}

static qiao_err bad_fetch(void *self, struct qiao_buf *bundle, uint64_t height,
			  struct qiao_why *why)
{
	static uint8_t junk[QIAO_MIB(4)];
	struct qiao_slice claim = { junk, 64 };

	(void)self;
	(void)height;
	(void)why;
	if (strcmp(mode, "crash") == 0)
		_exit(3);
	while (strcmp(mode, "hang") == 0)
		qiao_sleep_ms(1000);
	if (strcmp(mode, "flood") == 0)
		claim.n = sizeof(junk); /* in many parts */
	qiao_bundle_put(bundle, claim, claim, (struct qiao_slice){ NULL, 0 });
	return QIAO_OK;
}

static qiao_err bad_prove(void *self, struct qiao_buf *proof,
			  struct qiao_slice reference, struct qiao_why *why)
{
	(void)self;
	(void)why;
	qiao_adapter_put(proof, reference.p, reference.n);
	return QIAO_OK;
}

static void bad_close(void *self)
{
	(void)self;
}

static const char *const capabilities[] = { "prove", NULL };
static const struct qiao_adapter_api api = {
	.size = sizeof(api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
	.abi_minor = QIAO_ADAPTER_ABI_MINOR,
	.name = "bad",
	.family = "quorum",
	.origin = "live",
	.max_parallel = 1,
	.capabilities = capabilities,
	.open = bad_open,
	.head = bad_head,
	.fetch = bad_fetch,
	.prove = bad_prove,
	.close = bad_close,
};

static int nonsense(const char *url)
{
	nng_socket s;
	nng_msg *m;

	if (nng_rep0_open(&s) != 0 || nng_listen(s, url, NULL, 0) != 0)
		return 1;
	while (nng_recvmsg(s, &m, 0) == 0) {
		nng_msg_clear(m);
		if (nng_msg_append(m, "\xc1\xc1 no protocol", 14) != 0 ||
		    nng_sendmsg(s, m, 0) != 0)
			break;
	}
	return 0;
}

/* The name it is started by says which: the SDK must not come first. */
int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	if (argc == 3 && strcmp(name, "nonsense-adapter") == 0)
		return nonsense(argv[2]);
	return qiao_adapter_main(&api, argc, argv);
}
