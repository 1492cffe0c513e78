/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/fabric/rpc.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/impl/codegen/propagation_bits.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SEND_MAX QIAO_MIB(8) /* a payload with what stands around it */
/* Servers of Fabric end a connection that pings more often than every 60 s. */
#define KEEPALIVE_MS         65000
#define KEEPALIVE_TIMEOUT_MS 20000
#define BACKOFF_MIN_MS       500
#define BACKOFF_MAX_MS       5000
#define CONNECT_MS           5000
#define STATUS_MS            1000 /* between the last answer and the status */

struct fabric_link {
	grpc_channel *channel;
	size_t max_bytes;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What gRPC has to say comes as statuses; its own lines would be no events. */
static void ignore_log(gpr_log_func_args *args)
{
	(void)args;
}

static void start_grpc(void)
{
	gpr_set_log_function(ignore_log);
	grpc_init(); /* for the life of the process */
}

static grpc_arg arg_int(const char *key, int value)
{
	grpc_arg a = { .type = GRPC_ARG_INTEGER };

	a.key = (char *)(uintptr_t)key;
	a.value.integer = value;
	return a;
}

static grpc_channel_credentials *credentials(const struct fabric_link_config *c)
{
	grpc_ssl_pem_key_cert_pair pair = { c->key, c->cert };

	return grpc_ssl_credentials_create(c->roots, c->cert ? &pair : NULL,
					   NULL, NULL);
}

static grpc_channel *channel(const struct fabric_link_config *c,
			     grpc_channel_credentials *creds)
{
	grpc_arg args[] = {
		arg_int(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)c->max_bytes),
		arg_int(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, (int)SEND_MAX),
		arg_int(GRPC_ARG_KEEPALIVE_TIME_MS, KEEPALIVE_MS),
		arg_int(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS),
		arg_int(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
		arg_int(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, BACKOFF_MIN_MS),
		arg_int(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, CONNECT_MS),
		arg_int(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, BACKOFF_MAX_MS),
		/* what we ask is what is asked, of whom we ask it */
		arg_int(GRPC_ARG_ENABLE_RETRIES, 0),
		arg_int(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
		arg_int(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
		/* a link with new certificates makes a new connection */
		arg_int(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
		{ .type = GRPC_ARG_STRING },
	};
	size_t n = sizeof(args) / sizeof(args[0]);
	grpc_channel_args all = { n, args };
	char target[320];
	int len = snprintf(target, sizeof(target), "dns:///%s", c->address);

	if (len < 0 || (size_t)len >= sizeof(target))
		return NULL;
	args[n - 1].key = (char *)(uintptr_t)GRPC_SSL_TARGET_NAME_OVERRIDE_ARG;
	args[n - 1].value.string = (char *)(uintptr_t)c->override;
	if (!c->override)
		all.num_args--;
	return grpc_channel_create(target, creds, &all);
}

qiao_err fabric_link_open(struct fabric_link **out,
			  const struct fabric_link_config *c)
{
	struct fabric_link *l = qiao_calloc(1, sizeof(*l));
	grpc_channel_credentials *creds;

	*out = NULL;
	if (!l)
		return QIAO_E_NOMEM;
	pthread_once(&once, start_grpc);
	creds = credentials(c);
	if (creds)
		l->channel = channel(c, creds);
	if (creds)
		grpc_channel_credentials_release(creds);
	if (!l->channel) {
		qiao_free(l);
		return QIAO_E_CONFIG;
	}
	l->max_bytes = c->max_bytes;
	*out = l;
	return QIAO_OK;
}

void fabric_link_close(struct fabric_link *l)
{
	if (l)
		grpc_channel_destroy(l->channel);
	qiao_free(l);
}

void fabric_status_free(struct fabric_status *st)
{
	qiao_buf_free(&st->detail);
}

/* --- one call ------------------------------------------------------------- */
struct call {
	grpc_completion_queue *cq;
	grpc_call *call;
	grpc_metadata_array initial, trailing;
	grpc_byte_buffer *answer;
	grpc_status_code code;
	grpc_slice detail;
	size_t max_bytes;
};

static gpr_timespec in_ms(unsigned int ms)
{
	return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
			    gpr_time_from_millis(ms, GPR_TIMESPAN));
}

static qiao_err call_open(struct call *c, struct fabric_link *l,
			  const char *method, gpr_timespec deadline)
{
	grpc_slice name = grpc_slice_from_copied_string(method);

	*c = (struct call){ .max_bytes = l->max_bytes };
	c->detail = grpc_empty_slice();
	grpc_metadata_array_init(&c->initial);
	grpc_metadata_array_init(&c->trailing);
	c->cq = grpc_completion_queue_create_for_pluck(NULL);
	c->call = grpc_channel_create_call(l->channel, NULL,
					   GRPC_PROPAGATE_DEFAULTS, c->cq, name,
					   NULL, deadline, NULL);
	grpc_slice_unref(name);
	return c->call ? QIAO_OK : QIAO_E_NOMEM;
}

/* Every batch that was started has ended. */
static void call_close(struct call *c)
{
	if (c->call)
		grpc_call_unref(c->call);
	grpc_completion_queue_shutdown(c->cq);
	while (grpc_completion_queue_pluck(
		       c->cq, NULL, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL)
		       .type == GRPC_OP_COMPLETE)
		;
	grpc_completion_queue_destroy(c->cq);
	grpc_metadata_array_destroy(&c->initial);
	grpc_metadata_array_destroy(&c->trailing);
	grpc_byte_buffer_destroy(c->answer);
	grpc_slice_unref(c->detail);
}

static grpc_byte_buffer *message(struct qiao_slice request)
{
	grpc_slice s = grpc_slice_from_copied_buffer((const char *)request.p,
						     request.n);
	grpc_byte_buffer *b = grpc_raw_byte_buffer_create(&s, 1);

	grpc_slice_unref(s);
	return b;
}

/* Move the answer to out; its length was bounded by the channel already. */
static qiao_err take_answer(struct call *c, struct qiao_buf *out)
{
	grpc_byte_buffer_reader r;
	grpc_slice s;

	if (grpc_byte_buffer_length(c->answer) > c->max_bytes ||
	    !grpc_byte_buffer_reader_init(&r, c->answer))
		return QIAO_E_LIMIT;
	qiao_buf_reserve(out, grpc_byte_buffer_length(c->answer));
	while (grpc_byte_buffer_reader_next(&r, &s)) {
		qiao_buf_put_mem(out, GRPC_SLICE_START_PTR(s),
				 GRPC_SLICE_LENGTH(s));
		grpc_slice_unref(s);
	}
	grpc_byte_buffer_reader_destroy(&r);
	grpc_byte_buffer_destroy(c->answer);
	c->answer = NULL;
	return out->err;
}

static struct qiao_slice slice_of(const grpc_slice *s)
{
	return qiao_slice_of(GRPC_SLICE_START_PTR(*s), GRPC_SLICE_LENGTH(*s));
}

static qiao_err err_of(grpc_status_code code)
{
	switch ((int)code) { /* what a server sends may be any number */
	case GRPC_STATUS_OK:
		return QIAO_OK;
	case GRPC_STATUS_DEADLINE_EXCEEDED:
		return QIAO_E_TIMEOUT;
	case GRPC_STATUS_UNAVAILABLE:
	case GRPC_STATUS_CANCELLED:
	case GRPC_STATUS_INTERNAL:
		return QIAO_E_IO;
	case GRPC_STATUS_PERMISSION_DENIED:
	case GRPC_STATUS_UNAUTHENTICATED:
		return QIAO_E_DENIED;
	case GRPC_STATUS_RESOURCE_EXHAUSTED:
		return QIAO_E_LIMIT;
	default:
		return QIAO_E_STATE;
	}
}

static qiao_err take_status(struct call *c, struct fabric_status *st)
{
	st->code = (int)c->code;
	qiao_str_escape(st->text, sizeof(st->text), slice_of(&c->detail));
	st->detail.max = QIAO_KIB(64);
	for (size_t i = 0; i < c->trailing.count; i++)
		if (qiao_slice_is(slice_of(&c->trailing.metadata[i].key),
				  "grpc-status-details-bin"))
			qiao_buf_put(&st->detail,
				     slice_of(&c->trailing.metadata[i].value));
	return err_of(c->code);
}

static grpc_op op_status(struct call *c)
{
	grpc_op op = { .op = GRPC_OP_RECV_STATUS_ON_CLIENT };

	op.data.recv_status_on_client.trailing_metadata = &c->trailing;
	op.data.recv_status_on_client.status = &c->code;
	op.data.recv_status_on_client.status_details = &c->detail;
	return op;
}

static grpc_op op_answer(struct call *c)
{
	grpc_op op = { .op = GRPC_OP_RECV_MESSAGE };

	op.data.recv_message.recv_message = &c->answer;
	return op;
}

static grpc_op op_initial(struct call *c)
{
	grpc_op op = { .op = GRPC_OP_RECV_INITIAL_METADATA };

	op.data.recv_initial_metadata.recv_initial_metadata = &c->initial;
	return op;
}

static grpc_op op_send(grpc_byte_buffer *request)
{
	grpc_op op = { .op = GRPC_OP_SEND_MESSAGE };

	op.data.send_message.send_message = request;
	return op;
}

static qiao_err run_call(struct call *c, struct qiao_buf *reply,
			 struct fabric_status *st, grpc_byte_buffer *request)
{
	grpc_op ops[] = {
		{ .op = GRPC_OP_SEND_INITIAL_METADATA },
		op_send(request),
		{ .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT },
		op_initial(c),
		op_answer(c),
		op_status(c),
	};
	qiao_err err;

	if (grpc_call_start_batch(c->call, ops, sizeof(ops) / sizeof(ops[0]), c,
				  NULL) != GRPC_CALL_OK)
		return QIAO_E_IO;
	/* the call's own deadline ends it */
	grpc_completion_queue_pluck(c->cq, c,
				    gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
	err = take_status(c, st);
	if (err == QIAO_OK && !c->answer)
		err = QIAO_E_IO;
	return err == QIAO_OK ? take_answer(c, reply) : err;
}

qiao_err fabric_rpc_call(struct fabric_link *l, struct qiao_buf *reply,
			 struct fabric_status *st, const char *method,
			 struct qiao_slice request, unsigned int timeout_ms)
{
	grpc_byte_buffer *msg = message(request);
	struct call c;
	qiao_err err = call_open(&c, l, method, in_ms(timeout_ms));

	*st = (struct fabric_status){ .code = -1 };
	if (err == QIAO_OK)
		err = run_call(&c, reply, st, msg);
	call_close(&c);
	grpc_byte_buffer_destroy(msg);
	return err;
}

/* --- streams -------------------------------------------------------------- */
struct fabric_stream {
	struct call c;
	grpc_byte_buffer *request;
	bool sent, initial, status, next; /* batches under way; their tags */
	bool ended;
};

static bool start(struct fabric_stream *s, bool *tag, const grpc_op *ops,
		  size_t n)
{
	*tag = grpc_call_start_batch(s->c.call, ops, n, tag, NULL) ==
	       GRPC_CALL_OK;
	return *tag;
}

/* True when the batch of this tag has ended. */
static bool finish(struct fabric_stream *s, bool *tag, gpr_timespec deadline)
{
	if (*tag &&
	    grpc_completion_queue_pluck(s->c.cq, tag, deadline, NULL).type ==
		    GRPC_OP_COMPLETE)
		*tag = false;
	return !*tag;
}

static bool stream_start(struct fabric_stream *s)
{
	const grpc_op send[] = { { .op = GRPC_OP_SEND_INITIAL_METADATA },
				 op_send(s->request) };
	const grpc_op initial = op_initial(&s->c), status = op_status(&s->c);

	return start(s, &s->status, &status, 1) &&
	       start(s, &s->sent, send, 2) &&
	       start(s, &s->initial, &initial, 1);
}

qiao_err fabric_stream_open(struct fabric_stream **out, struct fabric_link *l,
			    const char *method, struct qiao_slice request)
{
	struct fabric_stream *s = qiao_calloc(1, sizeof(*s));
	qiao_err err;

	*out = NULL;
	if (!s)
		return QIAO_E_NOMEM;
	s->request = message(request);
	err = call_open(&s->c, l, method, gpr_inf_future(GPR_CLOCK_MONOTONIC));
	if (err == QIAO_OK && !stream_start(s))
		err = QIAO_E_IO;
	if (err != QIAO_OK) {
		fabric_stream_close(s);
		return err;
	}
	*out = s;
	return QIAO_OK;
}

qiao_err fabric_stream_next(struct fabric_stream *s, struct qiao_buf *answer,
			    struct fabric_status *st, unsigned int timeout_ms)
{
	const grpc_op op = op_answer(&s->c);
	qiao_err err;

	*st = (struct fabric_status){ .code = -1 };
	if (s->ended || (!s->next && !start(s, &s->next, &op, 1)))
		return QIAO_E_CLOSED;
	if (!finish(s, &s->next, in_ms(timeout_ms)))
		return QIAO_E_TIMEOUT;
	if (s->c.answer)
		return take_answer(&s->c, answer);
	s->ended = true;
	if (!finish(s, &s->status, in_ms(STATUS_MS))) {
		grpc_call_cancel(s->c.call, NULL);
		finish(s, &s->status, gpr_inf_future(GPR_CLOCK_MONOTONIC));
	}
	err = take_status(&s->c, st);
	return err == QIAO_OK ? QIAO_E_CLOSED : err;
}

void fabric_stream_close(struct fabric_stream *s)
{
	const gpr_timespec for_ever = gpr_inf_future(GPR_CLOCK_MONOTONIC);

	if (!s)
		return;
	if (s->c.call)
		grpc_call_cancel(s->c.call, NULL);
	finish(s, &s->next, for_ever);
	finish(s, &s->sent, for_ever);
	finish(s, &s->initial, for_ever);
	finish(s, &s->status, for_ever);
	call_close(&s->c);
	grpc_byte_buffer_destroy(s->request);
	qiao_free(s);
}
