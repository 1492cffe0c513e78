/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/inhouse/ledger/chain.h"
#include "adapters/inhouse/ledger/command.h"
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct init {
	const char *dir, *chain, *network;
	uint64_t validators, block_ms, idle_ms;
	struct qiao_buf accounts, issuers; /* list entries */
};

/* NAME=KEY as one entry of a configuration list; the loader checks both. */
static bool entry_add(struct qiao_buf *list, const char *member,
		      const char *arg)
{
	const char *eq = strchr(arg, '=');

	if (!eq || strpbrk(arg, "\"\\\n")) {
		fprintf(stderr, "qiao-ledger: %s is not NAME=KEY\n", arg);
		return false;
	}
	qiao_buf_printf(list, "%s\n\t{ %s = \"%.*s\"; key = \"%s\"; }",
			list->n ? "," : "", member, (int)(eq - arg), arg,
			eq + 1);
	return true;
}

static bool options_read(struct init *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "chain", required_argument, NULL, 'c' },
		{ "network", required_argument, NULL, 'n' },
		{ "validators", required_argument, NULL, 'v' },
		{ "account", required_argument, NULL, 'a' },
		{ "issuer", required_argument, NULL, 'i' },
		{ "block-ms", required_argument, NULL, 'b' },
		{ "idle-ms", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			o->chain = optarg;
		else if (c == 'n')
			o->network = optarg;
		else if (c == 'v')
			good = qiao_ledger_number(&o->validators,
						  "--validators", optarg,
						  QIAO_VALIDATORS_MAX);
		else if (c == 'b')
			good = qiao_ledger_number(&o->block_ms, "--block-ms",
						  optarg, 60000);
		else if (c == 'e')
			good = qiao_ledger_number(&o->idle_ms, "--idle-ms",
						  optarg, 86400000);
		else if (c == 'a')
			good = entry_add(&o->accounts, "name", optarg);
		else if (c == 'i')
			good = entry_add(&o->issuers, "org", optarg);
		else
			good = false;
	}
	if (good && optind + 1 == argc && o->chain) {
		o->dir = argv[optind];
		return true;
	}
	fprintf(stderr, "usage: qiao-ledger init DIR --chain NAME ...; "
			"see --help\n");
	return false;
}

static void conf_print(struct qiao_buf *out, const struct init *o)
{
	struct qiao_hash random;
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];
	const char *network = o->network;

	if (!network) {
		qiao_random(random.b, sizeof(random.b));
		network = qiao_hex_encode(hex, qiao_slice_hash(&random));
	}
	qiao_buf_printf(
		out,
		"# qiao-ledger; adapters/inhouse/README.md explains "
		"it\n"
		"chain = \"%s\";\n"
		"# of the federation of gateways: the same everywhere\n"
		"network = \"%s\";\n"
		"# at least so long between two blocks, unless one is full\n"
		"block_ms = %llu;\n"
		"# an empty block after this long; 0: never\n"
		"idle_ms = %llu;\n"
		"# who may submit deliveries, uses and anchors\n"
		"accounts = (%.*s );\n"
		"# who may put records, for which organisation\n"
		"issuers = (%.*s );\n",
		o->chain, network, (unsigned long long)o->block_ms,
		(unsigned long long)o->idle_ms, (int)o->accounts.n,
		o->accounts.n ? (const char *)o->accounts.p : "",
		(int)o->issuers.n,
		o->issuers.n ? (const char *)o->issuers.p : "");
}

/* A new file, or an error in words: nothing is overwritten. */
static qiao_err file_write(const char *dir, const char *name,
			   const struct qiao_buf *text, struct qiao_why *why)
{
	char path[QIAO_PATH_LEN];
	ssize_t n = -1;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "folder name %s is too long", dir);
	if (text->err != QIAO_OK)
		return text->err;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd >= 0)
		n = write(fd, text->p, text->n);
	if (fd >= 0 && fsync(fd) == 0 && n == (ssize_t)text->n)
		return close(fd) == 0 ? QIAO_OK : QIAO_E_IO;
	qiao_fail(why, QIAO_E_IO,
		  "%s: %s; init wants a folder without a "
		  "ledger",
		  path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return QIAO_E_IO;
}

static qiao_err folders_make(const char *dir, struct qiao_why *why)
{
	char keys[QIAO_PATH_LEN];

	if (snprintf(keys, sizeof(keys), "%s/keys", dir) >= (int)sizeof(keys))
		return qiao_fail(why, QIAO_E_CONFIG,
				 "folder name %s is too long", dir);
	if ((mkdir(dir, 0700) == 0 || errno == EEXIST) &&
	    (mkdir(keys, 0700) == 0 || errno == EEXIST))
		return QIAO_OK;
	return qiao_fail(why, QIAO_E_IO, "%s: %s", keys, strerror(errno));
}

static qiao_err config_read(struct qiao_ledger_config *cfg, const char *dir,
			    struct qiao_why *why)
{
	struct qiao_diags d = { .errors = 0 };
	char path[QIAO_PATH_LEN];
	qiao_err err;

	snprintf(path, sizeof(path), "%s/ledger.conf", dir);
	err = qiao_ledger_config_load(cfg, &d, path);
	if (err != QIAO_OK)
		qiao_fail(why, err, "%.*s", (int)d.text.n,
			  d.text.n ? (const char *)d.text.p : "");
	qiao_diags_free(&d);
	if (err != QIAO_OK)
		unlink(path); /* we wrote it: the next try starts afresh */
	return err;
}

static qiao_err init(const struct init *o, struct qiao_buf *anchor,
		     struct qiao_why *why)
{
	struct qiao_ledger_config *cfg = qiao_calloc(1, sizeof(*cfg));
	struct qiao_buf conf = QIAO_BUF;
	char name[QIAO_NAME_MAX + 16];
	qiao_err err = QIAO_E_NOMEM;

	if (cfg)
		err = folders_make(o->dir, why);
	if (err == QIAO_OK) {
		conf_print(&conf, o);
		err = file_write(o->dir, "ledger.conf", &conf, why);
	}
	if (err == QIAO_OK)
		err = config_read(cfg, o->dir, why);
	if (err == QIAO_OK)
		err = qiao_ledger_create(anchor, o->dir, cfg,
					 (size_t)o->validators, why);
	if (err == QIAO_OK) {
		snprintf(name, sizeof(name), "%s.anchor", cfg->chain);
		err = file_write(o->dir, name, anchor, why);
	}
	qiao_buf_free(&conf);
	qiao_free(cfg);
	return err;
}

int qiao_ledger_command_init(int argc, char **argv)
{
	struct init o = { .validators = 1, .block_ms = 20 };
	struct qiao_buf anchor = QIAO_BUF;
	struct qiao_why why = { "" };
	qiao_err err;
	int code = 2;

	if (options_read(&o, argc, argv)) {
		err = init(&o, &anchor, &why);
		code = err == QIAO_OK ? 0 : qiao_ledger_fail(err, &why);
	}
	if (code == 0)
		printf("%.*s", (int)anchor.n, (const char *)anchor.p);
	qiao_buf_free(&anchor);
	qiao_buf_free(&o.accounts);
	qiao_buf_free(&o.issuers);
	return code;
}
