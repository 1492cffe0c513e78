/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/host/link.h"

#include "gateway/base/mem.h"
#include "gateway/include/qiao/limits.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

struct qiao_link {
	nng_socket sock;
};

static qiao_err from_nng(int rv)
{
	switch (rv) {
	case 0:
		return QIAO_OK;
	case NNG_ETIMEDOUT:
		return QIAO_E_TIMEOUT;
	case NNG_ECLOSED:
	case NNG_ECANCELED:
		return QIAO_E_CLOSED;
	case NNG_ENOMEM:
		return QIAO_E_NOMEM;
	case NNG_EMSGSIZE:
		return QIAO_E_LIMIT;
	default: /* the library's own list, not an enum of ours */
		return QIAO_E_IO;
	}
}

static int configure(nng_socket sock)
{
	/* without a limit NNG receives anything: set it on every socket */
	int rv = nng_socket_set_size(sock, NNG_OPT_RECVMAXSZ,
				     QIAO_ADAPTER_MSG_MAX);

	if (rv == 0)
		rv = nng_socket_set_ms(sock, NNG_OPT_RECONNMINT, 20);
	if (rv == 0)
		rv = nng_socket_set_ms(sock, NNG_OPT_RECONNMAXT, 500);
	/* we decide what is asked twice, not the socket */
	if (rv == 0)
		rv = nng_socket_set_ms(sock, NNG_OPT_REQ_RESENDTIME,
				       NNG_DURATION_INFINITE);
	return rv;
}

qiao_err qiao_link_open(struct qiao_link **out, const char *url,
			struct qiao_why *why)
{
	struct qiao_link *l = qiao_calloc(1, sizeof(*l));
	int rv;

	*out = NULL;
	if (!l)
		return QIAO_E_NOMEM;
	rv = nng_req0_open(&l->sock);
	if (rv != 0) {
		qiao_free(l);
		return qiao_fail(why, from_nng(rv), "adapter socket: %s",
				 nng_strerror(rv));
	}
	rv = configure(l->sock);
	if (rv == 0)
		rv = nng_dial(l->sock, url, NULL, NNG_FLAG_NONBLOCK);
	if (rv != 0) {
		nng_close(l->sock);
		qiao_free(l);
		return qiao_fail(why, from_nng(rv), "adapter socket %s: %s",
				 url, nng_strerror(rv));
	}
	*out = l;
	return QIAO_OK;
}

void qiao_link_close(struct qiao_link *l)
{
	if (l)
		nng_close(l->sock);
}

void qiao_link_free(struct qiao_link *l)
{
	qiao_free(l);
}

/* NNG 1.5 has no blocking calls on a context: start the aio and wait for it. */
static int send_request(nng_ctx ctx, nng_aio *aio, struct qiao_slice request)
{
	nng_msg *msg;
	int rv = nng_msg_alloc(&msg, 0);

	if (rv != 0)
		return rv;
	rv = nng_msg_append(msg, request.p, request.n);
	if (rv == 0) {
		nng_aio_set_msg(aio, msg);
		nng_ctx_send(ctx, aio);
		nng_aio_wait(aio);
		rv = nng_aio_result(aio);
	}
	if (rv != 0)
		nng_msg_free(msg);
	return rv;
}

static int receive_reply(nng_ctx ctx, nng_aio *aio, struct qiao_buf *reply)
{
	nng_msg *msg;
	int rv;

	nng_ctx_recv(ctx, aio);
	nng_aio_wait(aio);
	rv = nng_aio_result(aio);
	if (rv != 0)
		return rv;
	msg = nng_aio_get_msg(aio);
	qiao_buf_put_mem(reply, nng_msg_body(msg), nng_msg_len(msg));
	nng_msg_free(msg);
	return 0;
}

static int talk(nng_socket sock, struct qiao_buf *reply,
		struct qiao_slice request, unsigned int deadline_ms)
{
	nng_ctx ctx;
	nng_aio *aio = NULL;
	int rv = nng_ctx_open(&ctx, sock);

	if (rv != 0)
		return rv;
	rv = nng_aio_alloc(&aio, NULL, NULL);
	if (rv == 0) {
		nng_aio_set_timeout(aio, (nng_duration)deadline_ms);
		rv = send_request(ctx, aio, request);
		if (rv == 0)
			rv = receive_reply(ctx, aio, reply);
		nng_aio_free(aio);
	}
	nng_ctx_close(ctx);
	return rv;
}

qiao_err qiao_link_call(struct qiao_link *l, struct qiao_buf *reply,
			struct qiao_slice request, unsigned int deadline_ms,
			struct qiao_why *why)
{
	int rv = talk(l->sock, reply, request, deadline_ms);

	if (rv != 0)
		return qiao_fail(why, from_nng(rv),
				 "adapter did not answer in %u ms: %s",
				 deadline_ms, nng_strerror(rv));
	return reply->err;
}
