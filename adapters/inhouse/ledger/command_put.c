/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/client.h"
#include "adapters/inhouse/ledger/command.h"
#include "adapters/inhouse/record.h"
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define BATCH        100
#define ID_LEN       (QIAO_RECORD_ID_MAX + 1)
#define WAIT_MS      10000
#define LOCAL_OFFSET 480 /* a date without zone is meant in Beijing time */

struct put {
	const char *url, *key_path;
	struct qiao_inhouse_head h; /* id: prefix, when count > 1 */
	struct qiao_hash chain;     /* identity */
	uint64_t count;
	size_t n;
	struct qiao_inhouse_field fields[QIAO_FIELDS_MAX];

	struct qiao_key *key;
	struct qiao_inhouse_client *client;
};

static bool date_read(int64_t *out, const char *text)
{
	if (qiao_time_parse(out, qiao_slice_str(text), LOCAL_OFFSET))
		return true;
	fprintf(stderr, "qiao-ledger: %s is neither YYYY-MM-DD nor RFC 3339\n",
		text);
	return false;
}

static bool head_option(struct put *p, int c)
{
	if (c == 'o')
		p->h.org = optarg;
	else if (c == 't')
		p->h.type = optarg;
	else if (c == 'i')
		p->h.id = optarg;
	else if (c == 's')
		p->h.state = optarg;
	else if (c == 'r')
		p->h.region = optarg;
	else if (c == 'v')
		return qiao_ledger_number(&p->h.version, "--version", optarg,
					  INT64_MAX);
	else if (c == 'T')
		return qiao_ledger_number(&p->h.type_version, "--type-version",
					  optarg, UINT32_MAX);
	else if (c == 'C')
		return qiao_ledger_number(&p->h.sharing, "--class", optarg, 2);
	else if (c == 'I')
		return date_read(&p->h.issued, optarg);
	else if (c == 'F')
		return date_read(&p->h.valid_from, optarg);
	else if (c == 'L')
		return date_read(&p->h.valid_to, optarg);
	else
		return false;
	return true;
}

static bool fields_read(struct put *p, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');

		if (!eq || p->n == QIAO_FIELDS_MAX) {
			fprintf(stderr, "qiao-ledger: %s is not NAME=VALUE\n",
				argv[i]);
			return false;
		}
		p->fields[p->n].name =
			qiao_slice_of(argv[i], (size_t)(eq - argv[i]));
		p->fields[p->n++].value = qiao_slice_str(eq + 1);
	}
	return true;
}

static bool options_read(struct put *p, int argc, char **argv)
{
	/* clang-format off */
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "count", required_argument, NULL, 'n' },
		{ "org", required_argument, NULL, 'o' },
		{ "type", required_argument, NULL, 't' },
		{ "id", required_argument, NULL, 'i' },
		{ "state", required_argument, NULL, 's' },
		{ "version", required_argument, NULL, 'v' },
		{ "type-version", required_argument, NULL, 'T' },
		{ "region", required_argument, NULL, 'r' },
		{ "class", required_argument, NULL, 'C' },
		{ "issued", required_argument, NULL, 'I' },
		{ "from", required_argument, NULL, 'F' },
		{ "to", required_argument, NULL, 'L' },
		{ NULL, 0, NULL, 0 },
	};
	/* clang-format on */
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'k')
			p->key_path = optarg;
		else if (c == 'n')
			good = qiao_ledger_number(&p->count, "--count", optarg,
						  10000000);
		else
			good = head_option(p, c);
	}
	if (good && optind < argc && p->key_path && p->h.org && p->h.type &&
	    p->h.id && strlen(p->h.id) < QIAO_RECORD_ID_MAX - 8) {
		p->url = argv[optind];
		return fields_read(p, argc - optind - 1, argv + optind + 1);
	}
	fprintf(stderr, "usage: qiao-ledger put URL --key FILE --org ORG "
			"--type TYPE --id ID ... NAME=VALUE...; see --help\n");
	return false;
}

/* One [head, scheme, key, signature, openings]. */
static qiao_err record_put(struct qiao_buf *out, struct put *p, const char *id)
{
	struct qiao_buf openings = QIAO_BUF, head = QIAO_BUF;
	const struct qiao_pubkey *public = qiao_key_public(p->key);
	struct qiao_inhouse_head h = p->h;
	struct qiao_sig sig;
	qiao_err err;

	h.id = id;
	h.field_count = p->n;
	err = qiao_inhouse_fields_put(&openings, &h.fields_root, p->fields,
				      p->n);
	if (err == QIAO_OK) {
		qiao_inhouse_head_put(&head, &h);
		err = head.err;
	}
	if (err == QIAO_OK)
		err = qiao_inhouse_record_sign(&sig, p->key, &p->chain,
					       qiao_buf_slice(&head));
	if (err == QIAO_OK) {
		qiao_mp_put_array(out, 5);
		qiao_mp_put_bin(out, qiao_buf_slice(&head));
		qiao_mp_put_uint(out, public->scheme);
		qiao_mp_put_bin(out, qiao_slice_of(public->b, QIAO_PUBKEY_LEN));
		qiao_mp_put_bin(out, qiao_slice_of(sig.b, QIAO_SIG_LEN));
		qiao_mp_put_raw(out, qiao_buf_slice(&openings));
		err = out->err;
	}
	qiao_buf_free(&openings);
	qiao_buf_free(&head);
	return err;
}

static const char *id_of(char *buf, const struct put *p, uint64_t i)
{
	if (p->count == 1)
		return p->h.id;
	snprintf(buf, ID_LEN, "%s-%llu", p->h.id, (unsigned long long)i + 1);
	return buf;
}

static qiao_err positions_print(const struct put *p, struct qiao_slice result,
				uint64_t first)
{
	struct qiao_mp m;
	char buf[ID_LEN];
	size_t n;
	qiao_err err = qiao_mp_open(&m, result);

	if (err != QIAO_OK)
		return err;
	n = qiao_mp_array(&m, BATCH);
	for (size_t i = 0; i < n; i++) {
		uint64_t height, index;

		qiao_mp_array_of(&m, 2);
		height = qiao_mp_uint(&m, UINT64_MAX);
		index = qiao_mp_uint(&m, UINT64_MAX);
		printf("%s height=%llu index=%llu\n", id_of(buf, p, first + i),
		       (unsigned long long)height, (unsigned long long)index);
	}
	return qiao_mp_finish(&m);
}

static qiao_err batch_put(struct put *p, uint64_t first, size_t n,
			  struct qiao_why *why)
{
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	char buf[ID_LEN];
	qiao_err err = QIAO_OK;

	qiao_mp_put_array(&args, 2);
	qiao_mp_put_array(&args, n);
	for (size_t i = 0; i < n && err == QIAO_OK; i++)
		err = record_put(&args, p, id_of(buf, p, first + i));
	qiao_mp_put_uint(&args, WAIT_MS);
	if (err == QIAO_OK)
		err = args.err;
	if (err == QIAO_OK)
		err = qiao_inhouse_client_call(p->client, &result, "put",
					       qiao_buf_slice(&args),
					       2 * WAIT_MS, why);
	if (err == QIAO_OK)
		err = positions_print(p, qiao_buf_slice(&result), first);
	qiao_buf_free(&args);
	qiao_buf_free(&result);
	return err;
}

/* The network and chain that a record is signed for are the ledger's. */
static qiao_err chain_ask(struct put *p, struct qiao_why *why)
{
	static const uint8_t none[] = { 0x90 };
	struct qiao_buf result = QIAO_BUF;
	struct qiao_hash genesis;
	struct qiao_mp m;
	qiao_err err = qiao_inhouse_client_call(
		p->client, &result, "info", qiao_slice_of(none, sizeof(none)),
		WAIT_MS, why);

	if (err == QIAO_OK)
		err = qiao_mp_open(&m, qiao_buf_slice(&result));
	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 6);
		qiao_mp_str(&m, QIAO_NAME_MAX);
		p->h.network = qiao_mp_hash(&m);
		genesis = qiao_mp_hash(&m);
		err = m.r.err;
	}
	if (err == QIAO_OK)
		err = qiao_inhouse_identity(&p->chain, &genesis);
	qiao_buf_free(&result);
	return err;
}

static qiao_err put(struct put *p, struct qiao_why *why)
{
	qiao_err err = qiao_key_load(&p->key, p->key_path, why);

	if (err == QIAO_OK)
		err = qiao_inhouse_client_open(&p->client, p->url, why);
	if (err == QIAO_OK)
		err = chain_ask(p, why);
	for (uint64_t i = 0; i < p->count && err == QIAO_OK; i += BATCH) {
		uint64_t left = p->count - i;

		err = batch_put(p, i, left < BATCH ? (size_t)left : BATCH, why);
	}
	qiao_inhouse_client_close(p->client);
	qiao_key_free(p->key);
	return err;
}

int qiao_ledger_command_put(int argc, char **argv)
{
	static struct put p = {
		.count = 1,
		.h = { .type_version = 1, .version = 1, .state = "valid" },
	};
	struct qiao_why why = { "" };
	qiao_err err;

	if (!options_read(&p, argc, argv))
		return 2;
	err = put(&p, &why);
	return err == QIAO_OK ? 0 : qiao_ledger_fail(err, &why);
}
