/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qiao-adapter-inhouse: the eight operations of docs/wire.md 10 over the
 * protocol of the reference ledger (README.md 3). It believes nothing and
 * checks nothing: that is the light client's work.
 */
#include "gateway/include/qiao/adapter.h"
#include "adapters/inhouse/claim.h"
#include "adapters/inhouse/client.h"
#include "adapters/inhouse/inhouse.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/conf/conf.h"

#include <stdio.h>
#include <string.h>

#define CALL_MS      5000 /* unless configured */
#define SENTENCE_MAX 1024

struct inhouse {
	struct qiao_inhouse_client *client;
	struct qiao_key *key; /* NULL: read only */
	struct qiao_id16 account;
	char chain[QIAO_NAME_MAX + 1];
	struct qiao_hash identity; /* what submissions are signed for */
	unsigned int call_ms;
};

static const struct qiao_ckey keys[] = {
	{ "ledger", QIAO_C_STR, true },
	{ "chain", QIAO_C_STR, true },
	{ "key", QIAO_C_STR, false },
	{ "timeout", QIAO_C_DURATION, false },
	{ NULL, 0, false },
};

static qiao_err ask(struct inhouse *a, struct qiao_buf *result, const char *op,
		    struct qiao_buf *args, unsigned int more_ms,
		    struct qiao_why *why)
{
	qiao_err err = args->err;

	if (err == QIAO_OK)
		err = qiao_inhouse_client_call(a->client, result, op,
					       qiao_buf_slice(args),
					       a->call_ms + more_ms, why);
	qiao_buf_free(args);
	return err;
}

static qiao_err nonsense(qiao_err err, const char *op, struct qiao_why *why)
{
	if (err == QIAO_OK)
		return err;
	return qiao_adapter_fail(
		why, err,
		"the answer of the ledger to %s is not that of "
		"adapters/inhouse/README.md 3",
		op);
}

/* --- open ----------------------------------------------------------------- */
static qiao_err conf_use(struct inhouse *a, const struct qiao_cnode *root,
			 struct qiao_why *why)
{
	const char *chain = qiao_conf_str(root, "chain", "");
	const char *path = qiao_conf_str(root, "key", NULL);
	qiao_err err = QIAO_OK;

	a->call_ms = (unsigned int)qiao_conf_ms(root, "timeout", CALL_MS);
	if (!qiao_str_copy(a->chain, sizeof(a->chain), qiao_slice_str(chain)))
		return qiao_adapter_fail(why, QIAO_E_CONFIG,
					 "chain: the name is too long");
	if (path)
		err = qiao_key_load(&a->key, path, why);
	if (err == QIAO_OK && a->key)
		a->account = qiao_pubkey_id(qiao_key_public(a->key));
	if (err == QIAO_OK)
		err = qiao_inhouse_client_open(
			&a->client, qiao_conf_str(root, "ledger", ""), why);
	return err;
}

static qiao_err conf_read(struct inhouse *a, const char *text,
			  struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	struct qiao_conf *conf = NULL;
	qiao_err err =
		qiao_conf_parse(&conf, &d, "adapter", qiao_slice_str(text));

	if (err == QIAO_OK &&
	    !qiao_conf_check(conf, &d, qiao_conf_root(conf), "adapter", keys))
		err = QIAO_E_CONFIG;
	if (err == QIAO_OK)
		err = conf_use(a, qiao_conf_root(conf), why);
	else if (d.text.n > 0)
		qiao_adapter_fail(why, err, "%.*s", (int)d.text.n - 1,
				  (const char *)d.text.p);
	qiao_conf_free(conf);
	qiao_diags_free(&d);
	return err;
}

static qiao_err chain_check(struct inhouse *a, struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_hash genesis;
	struct qiao_slice name;
	struct qiao_mp m;
	qiao_err err;

	qiao_mp_put_array(&args, 0);
	err = ask(a, &result, "info", &args, 0, why);
	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		qiao_mp_array_of(&m, 6);
		name = qiao_mp_str(&m, QIAO_NAME_MAX);
		qiao_mp_hash(&m); /* network id */
		genesis = qiao_mp_hash(&m);
		err = nonsense(m.r.err, "info", why);
		if (err == QIAO_OK && !qiao_slice_is(name, a->chain))
			err = qiao_adapter_fail(why, QIAO_E_CHANNEL,
						"the ledger serves another "
						"chain than %s; correct "
						"`ledger` or `chain`",
						a->chain);
		if (err == QIAO_OK)
			err = qiao_inhouse_identity(&a->identity, &genesis);
	}
	qiao_buf_free(&result);
	return err;
}

static qiao_err account_check(struct inhouse *a, struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_mp m;
	qiao_err err;

	if (!a->key)
		return QIAO_OK;
	qiao_mp_put_array(&args, 1);
	qiao_mp_put_bin(&args, qiao_slice_of(a->account.b, 16));
	err = ask(a, &result, "account", &args, 0, why);
	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		qiao_mp_array_of(&m, 1);
		if (qiao_mp_nil(&m))
			err = qiao_adapter_fail(why, QIAO_E_DENIED,
						"the account key is not "
						"registered at the ledger; its "
						"operator adds it to "
						"ledger.conf");
		else
			err = nonsense(m.r.err, "account", why);
	}
	qiao_buf_free(&result);
	return err;
}

static void inhouse_close(void *self)
{
	struct inhouse *a = self;

	qiao_inhouse_client_close(a->client);
	qiao_key_free(a->key);
	qiao_free(a);
}

static qiao_err inhouse_open(void **self, const char *text,
			     struct qiao_why *why)
{
	struct inhouse *a = qiao_calloc(1, sizeof(*a));
	qiao_err err = QIAO_E_NOMEM;

	*self = NULL;
	if (!a)
		return err;
	err = conf_read(a, text, why);
	if (err == QIAO_OK)
		err = chain_check(a, why);
	if (err == QIAO_OK)
		err = account_check(a, why);
	if (err == QIAO_OK)
		*self = a;
	else
		inhouse_close(a);
	return err;
}

/* --- reading -------------------------------------------------------------- */
static qiao_err inhouse_head(void *self, uint64_t *next_height, uint64_t known,
			     unsigned int wait_ms, struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_mp m;
	qiao_err err;

	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, known);
	qiao_mp_put_uint(&args, wait_ms);
	err = ask(self, &result, "head", &args, wait_ms, why);
	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		qiao_mp_array_of(&m, 1);
		*next_height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
		err = nonsense(qiao_mp_finish(&m), "head", why);
	}
	qiao_buf_free(&result);
	return err;
}

static qiao_err inhouse_fetch(void *self, struct qiao_buf *bundle,
			      uint64_t height, struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_buf claim = QIAO_BUF, proof = QIAO_BUF, openings = QIAO_BUF;
	qiao_err err;

	qiao_mp_put_array(&args, 1);
	qiao_mp_put_uint(&args, height);
	err = ask(self, &result, "block", &args, 0, why);
	if (err == QIAO_OK)
		err = qiao_inhouse_claim(&claim, &proof, &openings, height,
					 qiao_buf_slice(&result), why);
	if (err == QIAO_OK)
		qiao_bundle_put(bundle, qiao_buf_slice(&claim),
				qiao_buf_slice(&proof),
				qiao_buf_slice(&openings));
	qiao_buf_free(&result);
	qiao_buf_free(&claim);
	qiao_buf_free(&proof);
	qiao_buf_free(&openings);
	return err;
}

/* An answer that is one proof, copied out of its bin. */
static qiao_err proof_ask(struct inhouse *a, struct qiao_buf *proof,
			  const char *op, struct qiao_buf *args,
			  struct qiao_why *why)
{
	struct qiao_buf result = QIAO_BUF;
	struct qiao_slice bytes;
	struct qiao_mp m;
	qiao_err err = ask(a, &result, op, args, 0, why);

	if (err == QIAO_OK) {
		qiao_mp_open(&m, qiao_buf_slice(&result));
		bytes = qiao_mp_bin(&m, SIZE_MAX);
		err = nonsense(qiao_mp_finish(&m), op, why);
		if (err == QIAO_OK)
			qiao_adapter_put(proof, bytes.p, bytes.n);
	}
	qiao_buf_free(&result);
	return err;
}

/* A record reference of this chain: [1, height uint, index uint]. */
static qiao_err inhouse_prove(void *self, struct qiao_buf *proof,
			      struct qiao_slice reference, struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF;
	uint64_t height, index;
	struct qiao_mp m;
	qiao_err err;

	qiao_mp_open(&m, reference);
	qiao_mp_array_of(&m, 3);
	if (qiao_mp_uint(&m, UINT64_MAX) != 1)
		qiao_mp_fail(&m, QIAO_E_UNSUPPORTED);
	height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
	index = qiao_mp_uint(&m, QIAO_LEAVES_MAX - 1);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		return qiao_adapter_fail(why, err,
					 "a record reference of an in-house "
					 "chain is [1, height, index]");
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, height);
	qiao_mp_put_uint(&args, index);
	return proof_ask(self, proof, "prove", &args, why);
}

/* --- writing -------------------------------------------------------------- */
static qiao_err submission_sign(const struct inhouse *a, struct qiao_buf *args,
				const struct qiao_submission *s, size_t n)
{
	struct qiao_buf bytes = QIAO_BUF;
	struct qiao_sig sig;
	qiao_err err;

	qiao_inhouse_submission_begin(&bytes, &a->identity, n);
	for (size_t i = 0; i < n; i++) {
		const struct qiao_inhouse_submission sub = {
			.kind = s[i].kind,
			.id = s[i].id,
			.digest = s[i].digest,
			.source = s[i].source,
			.payload = s[i].payload,
		};

		qiao_inhouse_submission_put(&bytes, &sub);
	}
	err = bytes.err;
	if (err == QIAO_OK)
		err = qiao_key_sign(a->key, &sig, QIAO_INHOUSE_SUBMIT_TAG,
				    qiao_buf_slice(&bytes));
	if (err == QIAO_OK) {
		qiao_mp_put_array(args, 3);
		qiao_mp_put_bin(args, qiao_buf_slice(&bytes));
		qiao_mp_put_bin(args, qiao_slice_of(a->account.b, 16));
		qiao_mp_put_bin(args, qiao_slice_of(sig.b, QIAO_SIG_LEN));
	}
	qiao_buf_free(&bytes);
	return err;
}

/* [[state, error, sentence], ...]: states are asked for by lookup. */
static qiao_err submitted_read(struct qiao_submitted *out, size_t n,
			       struct qiao_slice result)
{
	struct qiao_mp m;

	qiao_mp_open(&m, result);
	qiao_mp_array_of(&m, n);
	for (size_t i = 0; i < n; i++) {
		struct qiao_slice sentence;
		int64_t code;

		qiao_mp_array_of(&m, 3);
		qiao_mp_uint(&m, QIAO_LOOKUP_DONE);
		code = qiao_mp_int(&m);
		sentence = qiao_mp_str(&m, SENTENCE_MAX);
		if (code < INT8_MIN || code > 0)
			qiao_mp_fail(&m, QIAO_E_MALFORMED);
		if (m.r.err != QIAO_OK)
			break;
		out[i].err = (qiao_err)code;
		if (code != 0)
			snprintf(out[i].sentence, sizeof(out[i].sentence),
				 "ledger: %.*s", (int)sentence.n,
				 (const char *)sentence.p);
	}
	return qiao_mp_finish(&m);
}

static qiao_err inhouse_submit_many(void *self, struct qiao_submitted *out,
				    const struct qiao_submission *s, size_t n,
				    struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct inhouse *a = self;
	qiao_err err;

	if (!a->key)
		return qiao_adapter_fail(why, QIAO_E_CONFIG,
					 "no account key is configured; set "
					 "`key` to write on this chain");
	err = submission_sign(a, &args, s, n);
	if (err == QIAO_OK)
		err = ask(a, &result, "submit", &args, 0, why);
	if (err == QIAO_OK)
		err = nonsense(submitted_read(out, n, qiao_buf_slice(&result)),
			       "submit", why);
	qiao_buf_free(&args);
	qiao_buf_free(&result);
	return err;
}

static qiao_err inhouse_submit(void *self, const struct qiao_submission *s,
			       struct qiao_why *why)
{
	struct qiao_submitted out = { QIAO_OK, "" };
	qiao_err err = inhouse_submit_many(self, &out, s, 1, why);

	if (err == QIAO_OK && out.err != QIAO_OK)
		err = qiao_adapter_fail(why, out.err, "%s", out.sentence);
	return err;
}

static qiao_err lookup_read(struct qiao_lookup *out, struct qiao_slice result)
{
	struct qiao_mp m;

	qiao_mp_open(&m, result);
	qiao_mp_array_of(&m, 5);
	out->state = (enum qiao_lookup_state)qiao_mp_uint(&m, QIAO_LOOKUP_DONE);
	if (out->state == QIAO_LOOKUP_DONE) {
		out->digest = qiao_mp_hash(&m);
		out->submitter_len = sizeof(struct qiao_id16);
		qiao_mp_bin_into(&m, out->submitter, out->submitter_len);
		out->height = qiao_mp_uint(&m, QIAO_HEIGHT_MAX);
		qiao_mp_uint(&m, QIAO_LEAVES_MAX); /* index: no transactions */
	} else {
		for (int i = 0; i < 4; i++)
			if (!qiao_mp_nil(&m))
				qiao_mp_fail(&m, QIAO_E_MALFORMED);
	}
	return qiao_mp_finish(&m);
}

static void id_put(struct qiao_buf *args, const struct qiao_hash *id)
{
	qiao_mp_put_array(args, 1);
	qiao_mp_put_hash(args, id);
}

static qiao_err inhouse_lookup(void *self, struct qiao_lookup *out,
			       const struct qiao_hash *id, struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	qiao_err err;

	memset(out, 0, sizeof(*out));
	id_put(&args, id);
	err = ask(self, &result, "lookup", &args, 0, why);
	if (err == QIAO_OK)
		err = nonsense(lookup_read(out, qiao_buf_slice(&result)),
			       "lookup", why);
	qiao_buf_free(&result);
	return err;
}

static qiao_err inhouse_receipt(void *self, struct qiao_buf *proof,
				const struct qiao_hash *id,
				struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF;

	id_put(&args, id);
	return proof_ask(self, proof, "receipt", &args, why);
}

static const char *const capabilities[] = {
	"prove",        "idempotent",    "submit.deliver",
	"submit.usage", "submit.anchor", NULL,
};

static const struct qiao_adapter_api api = {
	.size = sizeof(api),
	.abi_major = QIAO_ADAPTER_ABI_MAJOR,
	.abi_minor = QIAO_ADAPTER_ABI_MINOR,
	.name = "inhouse",
	.family = "quorum",
	.origin = "live",
	.max_parallel = 8,
	.capabilities = capabilities,
	.open = inhouse_open,
	.head = inhouse_head,
	.fetch = inhouse_fetch,
	.prove = inhouse_prove,
	.submit = inhouse_submit,
	.lookup = inhouse_lookup,
	.receipt = inhouse_receipt,
	.close = inhouse_close,
	.submit_many = inhouse_submit_many,
};

int main(int argc, char **argv)
{
	return qiao_adapter_main(&api, argc, argv);
}
