/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/client.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/include/qiao/limits.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

#include <stdatomic.h>
#include <string.h>

#define SENTENCE_MAX 1024

struct qiao_inhouse_client {
	nng_socket socket;
	char url[QIAO_PATH_LEN];
	atomic_ullong number;
};

bool qiao_inhouse_url_is_local(const char *url)
{
	static const char *const starts[] = { "ipc:///", "tcp://127.0.0.1:",
					      "tcp://[::1]:" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(url, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static int dial(nng_socket socket, const char *url)
{
	int rv = nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ,
				     QIAO_ADAPTER_MSG_MAX);

	if (rv == 0)
		rv = nng_socket_set_ms(socket, NNG_OPT_RECONNMINT, 20);
	if (rv == 0)
		rv = nng_socket_set_ms(socket, NNG_OPT_RECONNMAXT, 500);
	if (rv == 0)
		rv = nng_dial(socket, url, NULL, NNG_FLAG_NONBLOCK);
	return rv;
}

qiao_err qiao_inhouse_client_open(struct qiao_inhouse_client **out,
				  const char *url, struct qiao_why *why)
{
	struct qiao_inhouse_client *c;
	int rv;

	*out = NULL;
	if (!qiao_inhouse_url_is_local(url) || strlen(url) >= sizeof(c->url))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "the ledger's address must be ipc:///PATH or "
				 "tcp://127.0.0.1:PORT: its protocol protects "
				 "nothing on a network");
	c = qiao_calloc(1, sizeof(*c));
	if (!c)
		return QIAO_E_NOMEM;
	memcpy(c->url, url, strlen(url) + 1);
	rv = nng_req0_open(&c->socket);
	if (rv != 0) {
		qiao_free(c);
		return QIAO_E_NOMEM;
	}
	rv = dial(c->socket, url);
	if (rv != 0) {
		qiao_inhouse_client_close(c);
		return qiao_fail(why, QIAO_E_CONFIG, "ledger address %s: %s",
				 url, nng_strerror(rv));
	}
	*out = c;
	return QIAO_OK;
}

void qiao_inhouse_client_close(struct qiao_inhouse_client *c)
{
	if (!c)
		return;
	nng_close(c->socket);
	qiao_free(c);
}

/* Both ways on one context; *reply only when 0. */
static int exchange(nng_ctx ctx, nng_aio *aio, nng_msg **reply,
		    struct qiao_slice request)
{
	nng_msg *m;
	int rv = nng_msg_alloc(&m, 0);

	if (rv != 0)
		return rv;
	rv = nng_msg_append(m, request.p, request.n);
	if (rv != 0) {
		nng_msg_free(m);
		return rv;
	}
	nng_aio_set_msg(aio, m);
	nng_ctx_send(ctx, aio);
	nng_aio_wait(aio);
	rv = nng_aio_result(aio);
	if (rv != 0) {
		nng_msg_free(m);
		return rv;
	}
	nng_ctx_recv(ctx, aio);
	nng_aio_wait(aio);
	rv = nng_aio_result(aio);
	if (rv == 0)
		*reply = nng_aio_get_msg(aio);
	return rv;
}

static int ask(const struct qiao_inhouse_client *c, nng_msg **reply,
	       struct qiao_slice request, unsigned int deadline_ms)
{
	nng_aio *aio;
	nng_ctx ctx;
	int rv = nng_aio_alloc(&aio, NULL, NULL);

	if (rv != 0)
		return rv;
	nng_aio_set_timeout(aio, (nng_duration)deadline_ms);
	rv = nng_ctx_open(&ctx, c->socket);
	if (rv == 0) {
		rv = exchange(ctx, aio, reply, request);
		nng_ctx_close(ctx);
	}
	nng_aio_free(aio);
	return rv;
}

static qiao_err reply_read(struct qiao_buf *result, struct qiao_slice reply,
			   uint64_t number, struct qiao_why *why)
{
	char safe[sizeof(((struct qiao_why *)0)->text)];
	struct qiao_slice sentence, value;
	struct qiao_mp m;
	int64_t code;
	qiao_err err = qiao_mp_open(&m, reply);

	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 5);
		qiao_mp_uint(&m, 1);
		if (qiao_mp_uint(&m, UINT64_MAX) != number)
			qiao_mp_fail(&m, QIAO_E_MALFORMED);
		code = qiao_mp_int(&m);
		sentence = qiao_mp_str(&m, SENTENCE_MAX);
		value = qiao_mp_raw(&m);
		err = qiao_mp_finish(&m);
	}
	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "the ledger's reply is malformed; do the "
				 "versions fit?");
	if (code < INT8_MIN || code > 0)
		return qiao_fail(why, QIAO_E_MALFORMED,
				 "the ledger answered an unknown error");
	if (code != QIAO_OK)
		return qiao_fail(why, (qiao_err)code, "ledger: %s",
				 qiao_str_escape(safe, sizeof(safe), sentence));
	qiao_buf_put(result, value);
	return result->err;
}

static qiao_err ask_failed(const struct qiao_inhouse_client *c, int rv,
			   struct qiao_why *why)
{
	if (rv == NNG_ETIMEDOUT)
		return qiao_fail(why, QIAO_E_TIMEOUT,
				 "the ledger at %s does not answer: is "
				 "qiao-ledger running there?",
				 c->url);
	return qiao_fail(why, rv == NNG_ENOMEM ? QIAO_E_NOMEM : QIAO_E_IO,
			 "asking the ledger at %s: %s", c->url,
			 nng_strerror(rv));
}

qiao_err qiao_inhouse_client_call(struct qiao_inhouse_client *c,
				  struct qiao_buf *result, const char *op,
				  struct qiao_slice args,
				  unsigned int deadline_ms,
				  struct qiao_why *why)
{
	struct qiao_buf request = { .max = QIAO_ADAPTER_MSG_MAX };
	uint64_t number = atomic_fetch_add(&c->number, 1) + 1;
	nng_msg *reply = NULL;
	qiao_err err;
	int rv;

	qiao_mp_put_array(&request, 4);
	qiao_mp_put_uint(&request, 1);
	qiao_mp_put_uint(&request, number);
	qiao_mp_put_cstr(&request, op);
	qiao_mp_put_raw(&request, args);
	err = request.err;
	if (err == QIAO_OK) {
		rv = ask(c, &reply, qiao_buf_slice(&request), deadline_ms);
		err = rv == 0 ? QIAO_OK : ask_failed(c, rv, why);
	}
	if (err == QIAO_OK) {
		err = reply_read(
			result,
			qiao_slice_of(nng_msg_body(reply), nng_msg_len(reply)),
			number, why);
		nng_msg_free(reply);
	}
	qiao_buf_free(&request);
	return err;
}
