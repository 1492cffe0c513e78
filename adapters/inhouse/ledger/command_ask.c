/* SPDX-License-Identifier: Apache-2.0 */
/* Small commands: info, rotate, key. */
#include "adapters/inhouse/client.h"
#include "adapters/inhouse/ledger/command.h"
#include "gateway/base/hex.h"
#include "gateway/base/slice.h"
#include "gateway/codec/mp.h"
#include "gateway/crypto/sig.h"
#include "gateway/include/qiao/limits.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define CALL_MS 10000

static qiao_err ask(struct qiao_buf *result, const char *url, const char *op,
		    struct qiao_slice args, struct qiao_why *why)
{
	struct qiao_inhouse_client *c;
	qiao_err err = qiao_inhouse_client_open(&c, url, why);

	if (err == QIAO_OK) {
		err = qiao_inhouse_client_call(c, result, op, args, CALL_MS,
					       why);
		qiao_inhouse_client_close(c);
	}
	return err;
}

static qiao_err validators_print(struct qiao_slice set)
{
	struct qiao_mp m;
	size_t n;
	uint64_t threshold;
	qiao_err err = qiao_mp_open(&m, set);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 3);
	qiao_mp_uint(&m, 1);
	threshold = qiao_mp_uint(&m, UINT64_MAX);
	n = qiao_mp_array(&m, QIAO_VALIDATORS_MAX);
	printf("threshold %llu of %zu validators\n",
	       (unsigned long long)threshold, n);
	for (size_t i = 0; i < n; i++) {
		struct qiao_pubkey key;
		struct qiao_id16 id;
		char hex[QIAO_HEX_LEN(16)], text[QIAO_PUBKEY_TEXT_LEN];
		unsigned int scheme;

		qiao_mp_array_of(&m, 3);
		scheme = (unsigned int)qiao_mp_uint(&m, UINT8_MAX);
		err = qiao_pubkey_parse(&key, scheme,
					qiao_mp_bin(&m, QIAO_PUBKEY_LEN));
		qiao_mp_uint(&m, UINT32_MAX);
		if (err != QIAO_OK)
			return err;
		id = qiao_pubkey_id(&key);
		printf("validator %s %s\n",
		       qiao_hex_encode(hex, qiao_slice_of(id.b, 16)),
		       qiao_pubkey_format(text, &key));
	}
	return qiao_mp_finish(&m);
}

static qiao_err info_print(struct qiao_slice result)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	struct qiao_slice name, set;
	struct qiao_hash network, genesis;
	struct qiao_mp m;
	uint64_t blocks, waiting;
	qiao_err err = qiao_mp_open(&m, result);

	if (err != QIAO_OK)
		return err;
	qiao_mp_array_of(&m, 6);
	name = qiao_mp_str(&m, QIAO_NAME_MAX);
	network = qiao_mp_hash(&m);
	genesis = qiao_mp_hash(&m);
	blocks = qiao_mp_uint(&m, UINT64_MAX);
	set = qiao_mp_bin(&m, QIAO_QUORUM_SET_MAX);
	waiting = qiao_mp_uint(&m, UINT64_MAX);
	err = qiao_mp_finish(&m);
	if (err != QIAO_OK)
		return err;
	printf("chain %.*s\n", (int)name.n, (const char *)name.p);
	printf("network %s\n", qiao_hex_encode(hex, qiao_slice_hash(&network)));
	printf("genesis %s\n", qiao_hex_encode(hex, qiao_slice_hash(&genesis)));
	printf("blocks %llu\nwaiting %llu\n", (unsigned long long)blocks,
	       (unsigned long long)waiting);
	return validators_print(set);
}

int qiao_ledger_command_info(int argc, char **argv)
{
	static const uint8_t none[] = { 0x90 };
	struct qiao_buf result = QIAO_BUF;
	struct qiao_why why = { "" };
	qiao_err err;

	if (argc != 2) {
		fprintf(stderr, "usage: qiao-ledger info URL\n");
		return 2;
	}
	err = ask(&result, argv[1], "info", qiao_slice_of(none, sizeof(none)),
		  &why);
	if (err == QIAO_OK)
		err = info_print(qiao_buf_slice(&result));
	qiao_buf_free(&result);
	return err == QIAO_OK ? 0 : qiao_ledger_fail(err, &why);
}

struct rotate {
	const char *url;
	uint64_t add;
	size_t n;
	struct qiao_id16 gone[QIAO_VALIDATORS_MAX];
};

static bool gone_add(struct rotate *r, const char *hex)
{
	if (r->n < QIAO_VALIDATORS_MAX &&
	    qiao_hex_decode(r->gone[r->n].b, sizeof(r->gone[0].b),
			    qiao_slice_str(hex))) {
		r->n++;
		return true;
	}
	fprintf(stderr, "qiao-ledger: %s is no key id; `info` prints them\n",
		hex);
	return false;
}

static bool rotate_options(struct rotate *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "add", required_argument, NULL, 'a' },
		{ "remove", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'a')
			good = qiao_ledger_number(&r->add, "--add", optarg,
						  QIAO_VALIDATORS_MAX);
		else
			good = c == 'r' && gone_add(r, optarg);
	}
	if (good && optind + 1 == argc && r->add + r->n > 0) {
		r->url = argv[optind];
		return true;
	}
	fprintf(stderr, "usage: qiao-ledger rotate URL [--add N] [--remove "
			"KEYID]...\n");
	return false;
}

int qiao_ledger_command_rotate(int argc, char **argv)
{
	struct rotate r = { .url = NULL };
	struct qiao_buf args = QIAO_BUF, result = QIAO_BUF;
	struct qiao_why why = { "" };
	struct qiao_mp m;
	qiao_err err;

	if (!rotate_options(&r, argc, argv))
		return 2;
	qiao_mp_put_array(&args, 2);
	qiao_mp_put_uint(&args, r.add);
	qiao_mp_put_array(&args, r.n);
	for (size_t i = 0; i < r.n; i++)
		qiao_mp_put_bin(&args, qiao_slice_of(r.gone[i].b, 16));
	err = ask(&result, r.url, "rotate", qiao_buf_slice(&args), &why);
	if (err == QIAO_OK)
		err = qiao_mp_open(&m, qiao_buf_slice(&result));
	if (err == QIAO_OK) {
		qiao_mp_array_of(&m, 1);
		printf("the set changes after block %llu\n",
		       (unsigned long long)qiao_mp_uint(&m, UINT64_MAX));
		err = qiao_mp_finish(&m);
	}
	qiao_buf_free(&args);
	qiao_buf_free(&result);
	return err == QIAO_OK ? 0 : qiao_ledger_fail(err, &why);
}

int qiao_ledger_command_key(int argc, char **argv)
{
	char text[QIAO_PUBKEY_TEXT_LEN], hex[QIAO_HEX_LEN(16)];
	struct qiao_why why = { "" };
	struct qiao_key *key = NULL;
	struct qiao_id16 id;
	qiao_err err;

	if (argc != 2) {
		fprintf(stderr, "usage: qiao-ledger key FILE\n");
		return 2;
	}
	err = qiao_key_new(&key, QIAO_SCHEME_SECP256K1);
	if (err == QIAO_OK)
		err = qiao_key_save(key, argv[1], &why);
	if (err == QIAO_OK) {
		id = qiao_pubkey_id(qiao_key_public(key));
		printf("key %s\nid %s\n",
		       qiao_pubkey_format(text, qiao_key_public(key)),
		       qiao_hex_encode(hex, qiao_slice_of(id.b, 16)));
	}
	qiao_key_free(key);
	return err == QIAO_OK ? 0 : qiao_ledger_fail(err, &why);
}
