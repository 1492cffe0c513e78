/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `qiao key`: files of private keys (qiao-key 1) and of the gateway's secret
 * (qiao-secret 1), which are made and never overwritten. What is printed is
 * public.
 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"
#include "gateway/codec/json.h"
#include "gateway/crypto/hash.h"
#include "gateway/crypto/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECRET_MAGIC "qiao-secret 1 "
#define SECRET_LINE  (sizeof(SECRET_MAGIC) + 2 * QIAO_HASH_LEN + 1)

static const char usage[] =
	"usage: qiao key new FILE [--scheme secp256k1|p256] [--json]\n"
	"       qiao key secret FILE [--json]\n"
	"       qiao key show FILE [--json]\n"
	"\n"
	"  new     make a private key (mode 0600); print its public half and id\n"
	"  secret  make a gateway's secret, from which salts and pseudonyms "
	"come\n"
	"  show    print public half and id of a private key\n"
	"\n"
	"A file that exists is never overwritten.\n"
	"Exit code: 0 done, 1 refused, 2 wrong use.\n"
	"\n"
	"生成私钥文件、网关秘密文件,或显示公钥及其编号;不覆盖已有文件。\n"
	"退出码 0 完成,1 拒绝,2 用法错误。\n";

struct job {
	const char *file;
	unsigned int scheme;
	bool json, help;
};

enum {
	OPT_SCHEME = 1,
	OPT_JSON,
	OPT_HELP,
};

static const struct option options[] = {
	{ "scheme", required_argument, NULL, OPT_SCHEME },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* 0: no such scheme, which no key is made with. */
static unsigned int scheme_of(const char *name)
{
	if (strcmp(name, "secp256k1") == 0)
		return QIAO_SCHEME_SECP256K1;
	return strcmp(name, "p256") == 0 ? QIAO_SCHEME_P256 : 0;
}

static bool read_options(struct job *job, int argc, char **argv)
{
	int opt;

	*job = (struct job){ .scheme = QIAO_SCHEME_SECP256K1 };
	optind = 1;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == OPT_SCHEME)
			job->scheme = scheme_of(optarg);
		else if (opt == OPT_JSON)
			job->json = true;
		else if (opt == OPT_HELP)
			job->help = true;
		else
			return false;
	}
	job->file = argv[optind];
	return job->help || (optind + 1 == argc && job->scheme != 0);
}

/* -1: go on; otherwise the exit code. */
static int start(struct job *job, int argc, char **argv)
{
	if (!read_options(job, argc, argv)) {
		fputs(usage, stderr);
		return QIAO_EXIT_USAGE;
	}
	if (!job->help)
		return -1;
	fputs(usage, stdout);
	return QIAO_EXIT_OK;
}

static int refuse(const struct qiao_why *why)
{
	fprintf(stderr, "qiao key: %s\n", why->text);
	return QIAO_EXIT_NO;
}

static qiao_err put_json(const char *id, const char *public)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_jw w;
	qiao_err err;

	qiao_jw_init(&w, &b);
	qiao_jw_obj(&w);
	qiao_jw_kstr(&w, "id", id);
	qiao_jw_kstr(&w, "public", public);
	qiao_jw_end(&w);
	err = qiao_jw_finish(&w);
	if (err == QIAO_OK)
		printf("%.*s\n", (int)b.n, (const char *)b.p);
	qiao_buf_free(&b);
	return err;
}

static int print(const struct job *job, const struct qiao_key *key)
{
	const struct qiao_pubkey *k = qiao_key_public(key);
	struct qiao_id16 id16 = qiao_pubkey_id(k);
	char public[QIAO_PUBKEY_TEXT_LEN], id[QIAO_HEX_LEN(16)];
	struct qiao_why why;

	qiao_pubkey_format(public, k);
	qiao_hex_encode(id, qiao_slice_of(id16.b, sizeof(id16.b)));
	if (!job->json)
		printf("%s\nid %s\n", public, id);
	else if (put_json(id, public) != QIAO_OK) {
		qiao_fail(&why, QIAO_E_NOMEM, "out of memory");
		return refuse(&why);
	}
	return QIAO_EXIT_OK;
}

static int new (int argc, char **argv)
{
	struct qiao_key *key;
	struct qiao_why why;
	struct job job;
	int code = start(&job, argc, argv);
	qiao_err err;

	if (code >= 0)
		return code;
	err = qiao_key_new(&key, job.scheme);
	if (err != QIAO_OK) {
		qiao_fail(&why, err, "%s; may memory be locked? ulimit -l 64",
			  qiao_strerror(err));
		return refuse(&why);
	}
	err = qiao_key_save(key, job.file, &why);
	code = err == QIAO_OK ? print(&job, key) : refuse(&why);
	qiao_key_free(key);
	return code;
}

static int show(int argc, char **argv)
{
	struct qiao_key *key;
	struct qiao_why why;
	struct job job;
	int code = start(&job, argc, argv);

	if (code >= 0)
		return code;
	if (qiao_key_load(&key, job.file, &why) != QIAO_OK)
		return refuse(&why);
	code = print(&job, key);
	qiao_key_free(key);
	return code;
}

/* All or nothing: half a secret is none. */
static qiao_err save_secret(const char *path, const char *line, size_t n,
			    struct qiao_why *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return qiao_fail(why,
				 errno == EEXIST ? QIAO_E_EXISTS : QIAO_E_IO,
				 "%s: %s", path, strerror(errno));
	ok = write(fd, line, n) == (ssize_t)n && fsync(fd) == 0;
	if (close(fd) == 0 && ok)
		return QIAO_OK;
	qiao_fail(why, QIAO_E_IO, "%s: %s", path, strerror(errno));
	unlink(path);
	return QIAO_E_IO;
}

static int secret(int argc, char **argv)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)], line[SECRET_LINE];
	struct qiao_hash random;
	struct qiao_why why;
	struct job job;
	int code = start(&job, argc, argv), n;
	qiao_err err;

	if (code >= 0)
		return code;
	qiao_random(random.b, sizeof(random.b));
	qiao_hex_encode(hex, qiao_slice_hash(&random));
	n = snprintf(line, sizeof(line), SECRET_MAGIC "%s\n", hex);
	err = save_secret(job.file, line, (size_t)n, &why);
	qiao_wipe(&random, sizeof(random));
	qiao_wipe(hex, sizeof(hex));
	qiao_wipe(line, sizeof(line));
	if (err != QIAO_OK)
		return refuse(&why);
	if (job.json)
		puts("{}"); /* there is nothing public about it */
	return QIAO_EXIT_OK;
}

int qiao_cmd_key(int argc, char **argv)
{
	static const struct qiao_cli_verb verbs[] = {
		{ "new", new },
		{ "secret", secret },
		{ "show", show },
		{ NULL, NULL },
	};

	return qiao_cli_run(verbs, usage, argc, argv);
}
