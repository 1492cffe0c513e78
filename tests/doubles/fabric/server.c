/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/doubles/fabric/server.h"

#include "gateway/base/mem.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX (64 * 1024 * 1024)

struct server {
	struct server_wish wish;
	grpc_server *grpc;
	grpc_completion_queue *cq; /* new calls, and the end */
	pthread_t thread;
};

/* Tags of the operations of one call. */
static char tag_read, tag_write, tag_close, tag_finish, tag_stop;

/* --- calls --- */

static bool start(struct call *c, const grpc_op *op, void *tag)
{
	return grpc_call_start_batch(c->call, op, 1, tag, NULL) == GRPC_CALL_OK;
}

static bool wait_for(struct call *c, void *tag)
{
	return grpc_completion_queue_pluck(
		       c->cq, tag, gpr_inf_future(GPR_CLOCK_REALTIME), NULL)
		       .success != 0;
}

bool call_is_alive(struct call *c)
{
	grpc_event e;

	if (c->closed)
		return false;
	e = grpc_completion_queue_pluck(c->cq, &tag_close,
					gpr_inf_past(GPR_CLOCK_REALTIME), NULL);
	c->closed = e.type == GRPC_OP_COMPLETE;
	return !c->closed;
}

static struct qiao_slice take_buffer(struct pool *p, grpc_byte_buffer *b)
{
	struct qiao_slice out = { NULL, 0 };
	grpc_byte_buffer_reader r;

	if (grpc_byte_buffer_reader_init(&r, b)) {
		grpc_slice s = grpc_byte_buffer_reader_readall(&r);

		out = pool_copy(p, qiao_slice_of(GRPC_SLICE_START_PTR(s),
						 GRPC_SLICE_LENGTH(s)));
		grpc_slice_unref(s);
		grpc_byte_buffer_reader_destroy(&r);
	}
	grpc_byte_buffer_destroy(b);
	return out;
}

bool call_read(struct call *c, struct qiao_slice *out)
{
	grpc_byte_buffer *b = NULL;
	grpc_op op = { .op = GRPC_OP_RECV_MESSAGE };

	op.data.recv_message.recv_message = &b;
	if (!start(c, &op, &tag_read) || !wait_for(c, &tag_read) || !b)
		return false;
	*out = take_buffer(&c->pool, b);
	return true;
}

bool call_write(struct call *c, struct qiao_slice message)
{
	grpc_slice s = grpc_slice_from_copied_buffer((const char *)message.p,
						     message.n);
	grpc_byte_buffer *b = grpc_raw_byte_buffer_create(&s, 1);
	grpc_op op = { .op = GRPC_OP_SEND_MESSAGE };
	bool ok;

	op.data.send_message.send_message = b;
	ok = start(c, &op, &tag_write) && wait_for(c, &tag_write);
	grpc_byte_buffer_destroy(b);
	grpc_slice_unref(s);
	return ok && call_is_alive(c);
}

void call_finish(struct call *c, grpc_status_code code, const char *message,
		 struct qiao_slice details)
{
	grpc_slice text = grpc_slice_from_copied_string(message);
	grpc_op op = { .op = GRPC_OP_SEND_STATUS_FROM_SERVER };
	grpc_metadata trailer;

	memset(&trailer, 0, sizeof(trailer));
	trailer.key = grpc_slice_from_static_string("grpc-status-details-bin");
	trailer.value = grpc_slice_from_copied_buffer((const char *)details.p,
						      details.n);
	op.data.send_status_from_server.status = code;
	op.data.send_status_from_server.status_details = &text;
	if (details.n > 0) {
		op.data.send_status_from_server.trailing_metadata = &trailer;
		op.data.send_status_from_server.trailing_metadata_count = 1;
	}
	if (c->call && start(c, &op, &tag_finish))
		wait_for(c, &tag_finish);
	grpc_slice_unref(text);
	grpc_slice_unref(trailer.value);
	if (!c->closed)
		wait_for(c, &tag_close);
	c->closed = true;
	grpc_call_unref(c->call);
	c->call = NULL;
}

static bool begin(struct call *c)
{
	grpc_op close = { .op = GRPC_OP_RECV_CLOSE_ON_SERVER };
	grpc_op head = { .op = GRPC_OP_SEND_INITIAL_METADATA };

	close.data.recv_close_on_server.cancelled = &c->cancelled;
	return start(c, &close, &tag_close) && start(c, &head, &tag_write) &&
	       wait_for(c, &tag_write);
}

static void take_client(struct call *c)
{
	grpc_auth_context *ctx = grpc_call_auth_context(c->call);
	grpc_auth_property_iterator it;
	const grpc_auth_property *pem;

	it = grpc_auth_context_find_properties_by_name(
		ctx, GRPC_X509_PEM_CERT_PROPERTY_NAME);
	pem = grpc_auth_property_iterator_next(&it);
	if (pem)
		c->client_cert = pool_copy(
			&c->pool, qiao_slice_of(pem->value, pem->value_length));
	grpc_auth_context_release(ctx);
}

static void free_call(struct call *c)
{
	grpc_call_details_destroy(&c->details);
	grpc_metadata_array_destroy(&c->metadata);
	grpc_completion_queue_shutdown(c->cq);
	grpc_completion_queue_destroy(c->cq);
	pool_free(&c->pool);
	qiao_free(c);
}

static void *run_call(void *arg)
{
	struct call *c = arg;
	size_t n = GRPC_SLICE_LENGTH(c->details.method);

	if (n < sizeof(c->method))
		memcpy(c->method, GRPC_SLICE_START_PTR(c->details.method), n);
	take_client(c);
	if (begin(c))
		c->server->wish.serve(c);
	if (c->call)
		call_finish(c, GRPC_STATUS_OK, "", qiao_slice_of(NULL, 0));
	free_call(c);
	return NULL;
}

/* --- the listener --- */

static struct call *expect_call(struct server *s)
{
	struct call *c = qiao_calloc(1, sizeof(*c));

	if (!c)
		exit(1);
	c->server = s;
	c->node = s->wish.node;
	c->cq = grpc_completion_queue_create_for_pluck(NULL);
	grpc_call_details_init(&c->details);
	grpc_metadata_array_init(&c->metadata);
	if (grpc_server_request_call(s->grpc, &c->call, &c->details,
				     &c->metadata, c->cq, s->cq,
				     c) == GRPC_CALL_OK)
		return c;
	free_call(c);
	return NULL;
}

static void spawn(struct call *c)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &attr, run_call, c) != 0)
		run_call(c);
	pthread_attr_destroy(&attr);
}

/* Until the end has been told and the last expected call has come back. */
static void *run_server(void *arg)
{
	struct server *s = arg;
	bool stopped = false;
	struct call *expected = expect_call(s);

	while (!stopped || expected) {
		grpc_event e = grpc_completion_queue_next(
			s->cq, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);

		if (e.tag == &tag_stop) {
			stopped = true;
		} else if (e.success) {
			spawn(e.tag);
			expected = expect_call(s);
		} else {
			free_call(e.tag);
			expected = NULL;
		}
	}
	return NULL;
}

static grpc_ssl_certificate_config_reload_status certificate(
	void *user, grpc_ssl_server_certificate_config **config)
{
	struct server *s = user;
	grpc_ssl_pem_key_cert_pair pair;
	const char *roots;

	if (!s->wish.certificate(s->wish.node, &pair.cert_chain,
				 &pair.private_key, &roots))
		return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
	*config = grpc_ssl_server_certificate_config_create(roots, &pair, 1);
	return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

static bool listen_on(struct server *s)
{
	grpc_ssl_server_credentials_options *options =
		grpc_ssl_server_credentials_create_options_using_config_fetcher(
			s->wish.mutual
				? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
				: GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
			certificate, s);
	grpc_server_credentials *creds =
		grpc_ssl_server_credentials_create_with_options(options);
	char address[32];
	int port;

	snprintf(address, sizeof(address), "127.0.0.1:%d", s->wish.port);
	port = grpc_server_add_http2_port(s->grpc, address, creds);
	grpc_server_credentials_release(creds);
	if (port == s->wish.port)
		return true;
	fprintf(stderr, "qiao-fabric-double: cannot listen on %s\n", address);
	return false;
}

static void free_server(struct server *s)
{
	grpc_server_destroy(s->grpc);
	grpc_completion_queue_shutdown(s->cq);
	while (grpc_completion_queue_next(
		       s->cq, gpr_inf_future(GPR_CLOCK_REALTIME), NULL)
		       .type != GRPC_QUEUE_SHUTDOWN)
		;
	grpc_completion_queue_destroy(s->cq);
	qiao_free(s);
}

struct server *server_start(const struct server_wish *w)
{
	grpc_arg arg = {
		.type = GRPC_ARG_INTEGER,
		.key = (char *)(uintptr_t)GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
		.value.integer = MESSAGE_MAX
	};
	grpc_channel_args args = { 1, &arg };
	struct server *s = qiao_calloc(1, sizeof(*s));

	if (!s)
		exit(1);
	s->wish = *w;
	s->cq = grpc_completion_queue_create_for_next(NULL);
	s->grpc = grpc_server_create(&args, NULL);
	grpc_server_register_completion_queue(s->grpc, s->cq, NULL);
	if (!listen_on(s)) {
		free_server(s);
		return NULL;
	}
	grpc_server_start(s->grpc);
	if (pthread_create(&s->thread, NULL, run_server, s) != 0)
		exit(1);
	return s;
}

void server_stop(struct server *s)
{
	grpc_server_shutdown_and_notify(s->grpc, s->cq, &tag_stop);
	grpc_server_cancel_all_calls(s->grpc);
	pthread_join(s->thread, NULL);
	free_server(s);
}
