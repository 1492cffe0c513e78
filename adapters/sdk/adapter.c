/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/sdk/adapter.h"

#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/include/qiao/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_MAX    QIAO_KIB(64)
#define WAIT_MS_MAX   1000
#define REFERENCE_MAX QIAO_KIB(4)
#define KIND_MAX      16

qiao_err qiao_adapter_fail(struct qiao_why *why, qiao_err err, const char *fmt,
			   ...)
{
	va_list ap;

	if (!why)
		return err;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return err;
}

void qiao_adapter_put(struct qiao_buf *out, const void *p, size_t n)
{
	qiao_buf_put_mem(out, p, n);
}

void qiao_bundle_put(struct qiao_buf *out, struct qiao_slice claim,
		     struct qiao_slice proof, struct qiao_slice openings)
{
	/* beside them: tags and lengths, at most 5 bytes each */
	qiao_buf_reserve(out, claim.n + proof.n + openings.n + 16);
	qiao_mp_put_array(out, 3);
	qiao_mp_put_bin(out, claim);
	qiao_mp_put_bin(out, proof);
	if (openings.n == 0)
		qiao_mp_put_array(out, 0);
	else
		qiao_mp_put_raw(out, openings);
}

/* What the arguments were, when they were not what they should be. */
static qiao_err args_finish(const struct qiao_mp *args, struct qiao_why *why)
{
	qiao_err err = qiao_mp_finish(args);

	if (err != QIAO_OK)
		return qiao_fail(why, err,
				 "the arguments are not those of "
				 "docs/wire.md 10");
	return QIAO_OK;
}

static qiao_err hello(void *ctx, struct qiao_buf *result, struct qiao_mp *args,
		      struct qiao_why *why)
{
	struct qiao_adapter *a = ctx;
	const struct qiao_adapter_api *api = a->api;
	size_t n = 0;
	qiao_err err = args_finish(args, why);

	if (err != QIAO_OK)
		return err;
	pthread_rwlock_rdlock(&a->lock); /* `open` may be changing it */
	while (api->capabilities[n])
		n++;
	qiao_mp_put_array(result, 7);
	qiao_mp_put_uint(result, api->abi_major);
	qiao_mp_put_uint(result, api->abi_minor);
	qiao_mp_put_cstr(result, api->name);
	qiao_mp_put_cstr(result, api->family);
	qiao_mp_put_uint(result, api->max_parallel);
	qiao_mp_put_array(result, n);
	for (size_t i = 0; i < n; i++)
		qiao_mp_put_cstr(result, api->capabilities[i]);
	qiao_mp_put_cstr(result, api->origin);
	pthread_rwlock_unlock(&a->lock);
	return QIAO_OK;
}

static qiao_err open_once(struct qiao_adapter *a, const char *text,
			  struct qiao_why *why)
{
	qiao_err err;

	if (a->is_open)
		return qiao_fail(why, QIAO_E_STATE,
				 "the adapter is open already: one process "
				 "serves one chain");
	err = a->api->open(&a->self, text, why);
	a->is_open = err == QIAO_OK;
	return err;
}

static qiao_err op_open(void *ctx, struct qiao_buf *result,
			struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_adapter *a = ctx;
	static char text[CONFIG_MAX]; /* used under the lock */
	qiao_err err;

	(void)result;
	pthread_rwlock_wrlock(&a->lock);
	qiao_mp_str_into(args, text, sizeof(text));
	err = args_finish(args, why);
	if (err == QIAO_OK)
		err = open_once(a, text, why);
	qiao_wipe(text, sizeof(text));
	pthread_rwlock_unlock(&a->lock);
	return err;
}

typedef qiao_err (*call_fn)(struct qiao_adapter *a, struct qiao_buf *result,
			    struct qiao_mp *args, struct qiao_why *why);

/* Every operation but hello and open: only when open, none while opening. */
static qiao_err call(void *ctx, call_fn fn, struct qiao_buf *result,
		     struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_adapter *a = ctx;
	qiao_err err;

	pthread_rwlock_rdlock(&a->lock);
	if (a->is_open)
		err = fn(a, result, args, why);
	else
		err = qiao_fail(why, QIAO_E_STATE,
				"the adapter was not opened: `open` comes "
				"first");
	pthread_rwlock_unlock(&a->lock);
	return err;
}

static qiao_err head_run(struct qiao_adapter *a, struct qiao_buf *result,
			 struct qiao_mp *args, struct qiao_why *why)
{
	uint64_t known = qiao_mp_uint(args, QIAO_HEIGHT_MAX);
	unsigned int wait = (unsigned int)qiao_mp_uint(args, WAIT_MS_MAX);
	uint64_t next = 0;
	qiao_err err = args_finish(args, why);

	if (err == QIAO_OK)
		err = a->api->head(a->self, &next, known, wait, why);
	qiao_mp_put_array(result, 1);
	qiao_mp_put_uint(result, next);
	return err;
}

/* A proof, as one bin; nothing is no proof. */
static qiao_err proof_put(struct qiao_buf *result, const struct qiao_buf *proof,
			  struct qiao_why *why)
{
	if (proof->err != QIAO_OK)
		return proof->err;
	if (proof->n == 0)
		return qiao_fail(why, QIAO_E_NOTFOUND,
				 "the adapter gave an empty proof");
	qiao_mp_put_bin(result, qiao_buf_slice(proof));
	return QIAO_OK;
}

static qiao_err prove_run(struct qiao_adapter *a, struct qiao_buf *result,
			  struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_slice reference = qiao_mp_bin(args, REFERENCE_MAX);
	struct qiao_buf proof = { .max = QIAO_ADAPTER_MSG_MAX };
	qiao_err err = args_finish(args, why);

	if (err == QIAO_OK)
		err = a->api->prove(a->self, &proof, reference, why);
	if (err == QIAO_OK)
		err = proof_put(result, &proof, why);
	qiao_buf_free(&proof);
	return err;
}

static bool is_capable(const struct qiao_adapter_api *api, const char *kind)
{
	static const char prefix[] = "submit.";
	size_t n = sizeof(prefix) - 1;

	for (const char *const *c = api->capabilities; *c; c++)
		if (strncmp(*c, prefix, n) == 0 && strcmp(*c + n, kind) == 0)
			return true;
	return false;
}

/* What one `submit` brings, and what becomes of each. */
struct submissions {
	size_t n;
	char kind[QIAO_SUBMISSIONS_MAX][KIND_MAX + 1];
	struct qiao_submission s[QIAO_SUBMISSIONS_MAX];
	struct qiao_submitted out[QIAO_SUBMISSIONS_MAX];
};

static qiao_err submissions_take(struct submissions *l, struct qiao_mp *args,
				 struct qiao_why *why)
{
	l->n = qiao_mp_array(args, QIAO_SUBMISSIONS_MAX);
	if (l->n == 0)
		qiao_mp_fail(args, QIAO_E_MALFORMED);
	for (size_t i = 0; i < l->n; i++) {
		struct qiao_submission *s = &l->s[i];

		qiao_mp_array_of(args, 5);
		qiao_mp_str_into(args, l->kind[i], sizeof(l->kind[i]));
		s->kind = l->kind[i];
		s->id = qiao_mp_hash(args);
		s->digest = qiao_mp_hash(args);
		s->source = qiao_mp_hash(args);
		s->payload = qiao_mp_bin(args, QIAO_PAYLOAD_MAX);
	}
	return args_finish(args, why);
}

static qiao_err submissions_run(struct qiao_adapter *a, struct submissions *l,
				struct qiao_why *why)
{
	for (size_t i = 0; i < l->n; i++)
		if (!a->api->submit || !is_capable(a->api, l->kind[i]))
			return qiao_fail(why, QIAO_E_UNSUPPORTED,
					 "adapter %s cannot submit.%s",
					 a->api->name, l->kind[i]);
	if (a->api->submit_many)
		return a->api->submit_many(a->self, l->out, l->s, l->n, why);
	for (size_t i = 0; i < l->n; i++) {
		struct qiao_why said = { "" };

		l->out[i].err = a->api->submit(a->self, &l->s[i], &said);
		snprintf(l->out[i].sentence, sizeof(l->out[i].sentence), "%s",
			 said.text);
	}
	return QIAO_OK;
}

static qiao_err submit_run(struct qiao_adapter *a, struct qiao_buf *result,
			   struct qiao_mp *args, struct qiao_why *why)
{
	struct submissions *l = qiao_calloc(1, sizeof(*l));
	qiao_err err = l ? submissions_take(l, args, why) : QIAO_E_NOMEM;

	if (err == QIAO_OK)
		err = submissions_run(a, l, why);
	if (err == QIAO_OK)
		qiao_mp_put_array(result, l->n);
	for (size_t i = 0; err == QIAO_OK && i < l->n; i++) {
		qiao_mp_put_array(result, 2);
		qiao_mp_put_int(result, l->out[i].err);
		qiao_serve_sentence(result, l->out[i].sentence);
	}
	qiao_free(l);
	return err;
}

static qiao_err not_writable(const struct qiao_adapter *a, struct qiao_why *why)
{
	return qiao_fail(why, QIAO_E_UNSUPPORTED,
			 "adapter %s only reads its chain", a->api->name);
}

static void lookup_put(struct qiao_buf *result, const struct qiao_lookup *l)
{
	qiao_mp_put_array(result, 5);
	qiao_mp_put_uint(result, (uint64_t)l->state);
	if (l->state != QIAO_LOOKUP_DONE) {
		for (size_t i = 0; i < 4; i++)
			qiao_mp_put_nil(result);
		return;
	}
	qiao_mp_put_hash(result, &l->digest);
	qiao_mp_put_bin(result, qiao_slice_of(l->submitter, l->submitter_len));
	qiao_mp_put_uint(result, l->height);
	qiao_mp_put_bin(result, qiao_slice_of(l->tx, l->tx_len));
}

static qiao_err lookup_run(struct qiao_adapter *a, struct qiao_buf *result,
			   struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_hash id = qiao_mp_hash(args);
	struct qiao_lookup l = { .state = QIAO_LOOKUP_UNKNOWN };
	qiao_err err = args_finish(args, why);

	if (err != QIAO_OK)
		return err;
	if (!a->api->lookup)
		return not_writable(a, why);
	err = a->api->lookup(a->self, &l, &id, why);
	if (err != QIAO_OK)
		return err;
	if (l.submitter_len > sizeof(l.submitter) || l.tx_len > sizeof(l.tx))
		return qiao_fail(why, QIAO_E_LIMIT,
				 "adapter %s answered with lengths over 64",
				 a->api->name);
	lookup_put(result, &l);
	return QIAO_OK;
}

static qiao_err receipt_run(struct qiao_adapter *a, struct qiao_buf *result,
			    struct qiao_mp *args, struct qiao_why *why)
{
	struct qiao_hash id = qiao_mp_hash(args);
	struct qiao_buf proof = { .max = QIAO_ADAPTER_MSG_MAX };
	qiao_err err = args_finish(args, why);

	if (err == QIAO_OK && !a->api->receipt)
		err = not_writable(a, why);
	if (err == QIAO_OK)
		err = a->api->receipt(a->self, &proof, &id, why);
	if (err == QIAO_OK)
		err = proof_put(result, &proof, why);
	qiao_buf_free(&proof);
	return err;
}

#define OPENED(op, fn)                                                 \
	static qiao_err op(void *ctx, struct qiao_buf *result,         \
			   struct qiao_mp *args, struct qiao_why *why) \
	{                                                              \
		return call(ctx, fn, result, args, why);               \
	}

OPENED(op_head, head_run)
OPENED(op_fetch, qiao_adapter_fetch)
OPENED(op_prove, prove_run)
OPENED(op_submit, submit_run)
OPENED(op_lookup, lookup_run)
OPENED(op_receipt, receipt_run)

const struct qiao_serve_op qiao_adapter_ops[] = {
	{ "hello", 0, hello },      { "open", 1, op_open },
	{ "head", 2, op_head },     { "fetch", 3, op_fetch },
	{ "prove", 1, op_prove },   { "submit", 1, op_submit },
	{ "lookup", 1, op_lookup }, { "receipt", 1, op_receipt },
	{ NULL, 0, NULL },
};

static const char *defect(const struct qiao_adapter_api *api)
{
	if (api->size < sizeof(*api))
		return "its size is too small";
	if (api->abi_major != QIAO_ADAPTER_ABI_MAJOR)
		return "it was made for another ABI";
	if (!api->name || !api->family || !api->origin || !api->capabilities)
		return "name, family, origin, capabilities must be there";
	if (!api->open || !api->head || !api->fetch || !api->prove ||
	    !api->close)
		return "open, head, fetch, prove, close must be there";
	if (api->max_parallel == 0 || api->max_parallel > 64)
		return "max_parallel must be 1 to 64";
	return NULL;
}

qiao_err qiao_adapter_init(struct qiao_adapter *a,
			   const struct qiao_adapter_api *api,
			   struct qiao_why *why)
{
	const char *what = defect(api);

	memset(a, 0, sizeof(*a));
	if (what)
		return qiao_fail(why, QIAO_E_ABI, "struct qiao_adapter_api: %s",
				 what);
	a->api = api;
	a->kept.bundle.max = QIAO_BLOCK_MAX;
	if (pthread_rwlock_init(&a->lock, NULL) != 0)
		return QIAO_E_NOMEM;
	if (pthread_mutex_init(&a->kept_lock, NULL) == 0)
		return QIAO_OK;
	pthread_rwlock_destroy(&a->lock);
	return QIAO_E_NOMEM;
}

void qiao_adapter_fini(struct qiao_adapter *a)
{
	if (a->is_open)
		a->api->close(a->self);
	qiao_buf_free(&a->kept.bundle);
	pthread_mutex_destroy(&a->kept_lock);
	pthread_rwlock_destroy(&a->lock);
}
