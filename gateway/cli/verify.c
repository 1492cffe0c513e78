/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `qiao verify`: the light client on files, for outside checks. One line for
 * each block file; the options, the lines and the words for a refusal are a
 * stable interface (docs/light-client-fabric.md 6).
 */
#include "gateway/base/hex.h"
#include "gateway/base/mem.h"
#include "gateway/base/slice.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/try_mapping.h"
#include "gateway/codec/json.h"
#include "gateway/verify/fabric_judge.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: qiao verify --family fabric --anchor GENESIS.block\n"
	"           [--chaincode NAME[@FROM]=POLICY]... [--each [--config "
	"BLOCK]...]\n"
	"           [--no-replay] [--json] FILE...\n"
	"       qiao verify ... --mapping FILE --policy DIR --chain NAME "
	"FILE...\n"
	"\n"
	"  --family fabric   the kind of chain\n"
	"  --anchor FILE     the genesis block, which you trust\n"
	"  --chaincode NAME[@FROM]=POLICY\n"
	"                    with --each or --no-replay: endorsement policy of a "
	"chaincode\n"
	"                    from block FROM on, such as\n"
	"                    records@55=\"AND('A.peer',OR('B.peer','C.peer'))\";"
	" without one the\n"
	"                    channel's /Channel/Application/Endorsement holds\n"
	"  --each            judge every file by itself, not as a chain\n"
	"  --no-replay       a chain, but judge transactions by --chaincode "
	"alone\n"
	"  --config FILE     a configuration block that you trust\n"
	"  --json            one JSON object per line\n"
	"  --mapping FILE    say what this mapping file makes of each write, "
	"without values\n"
	"  --policy DIR      with --mapping: the folder with catalogue and "
	"organisations\n"
	"  --chain NAME      with --mapping: the chain's name in them\n"
	"\n"
	"Exit code: 0 all accepted, 1 some refused, 2 no answer.\n"
	"\n"
	"离线校验 Fabric 区块:以创世区块为信任锚,逐个或按顺序判定;\n"
	"加 --mapping 可试运行映射文件,逐条显示每次写入成为何种记录或为何被拒(不显示内容);\n"
	"退出码 0 全部接受,1 有拒绝,2 无法判定。\n";

struct job {
	const char *family, *anchor;
	const char **config;
	size_t configs;
	bool each, json, no_replay;
	struct qiao_fabric_rules rules;
	struct qiao_fabric_judge *judge; /* NULL: the anchor is unsupported */
	struct qiao_workers *workers;    /* NULL: none could be started */
	struct qiao_parallel parallel;
	struct qiao_why unsupported;
	const char *mapping, *policy, *chain;
	struct qiao_try_mapping *tried; /* NULL: no mapping is tried */
};

static int complain(const char *what)
{
	fprintf(stderr, "qiao verify: %s\n", what);
	return QIAO_EXIT_USAGE;
}

static bool read_number(uint64_t *out, const char *s)
{
	*out = 0;
	if (!*s || strlen(s) > 18)
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		*out = 10 * *out + (uint64_t)(*s - '0');
	return *s == 0;
}

/* NAME[@FROM]=POLICY */
static qiao_err add_chaincode(struct job *job, const char *arg,
			      struct qiao_why *why)
{
	char *name = qiao_strdup(arg), *policy, *at;
	uint64_t from = 0;
	qiao_err err;

	if (!name)
		return qiao_fail(why, QIAO_E_NOMEM, "out of memory");
	policy = strchr(name, '=');
	if (policy)
		*policy++ = 0;
	at = strrchr(name, '@');
	if (at)
		*at++ = 0;
	if (!policy || (at && !read_number(&from, at)))
		err = qiao_fail(why, QIAO_E_USAGE,
				"--chaincode takes NAME[@FROM]=POLICY");
	else
		err = qiao_fabric_rules_add(&job->rules, name, from, policy,
					    why);
	qiao_free(name);
	return err;
}

enum {
	OPT_FAMILY = 1,
	OPT_ANCHOR,
	OPT_CHAINCODE,
	OPT_EACH,
	OPT_CONFIG,
	OPT_JSON,
	OPT_NO_REPLAY,
	OPT_MAPPING,
	OPT_POLICY,
	OPT_CHAIN,
	OPT_HELP,
};

static const struct option options[] = {
	{ "family", required_argument, NULL, OPT_FAMILY },
	{ "anchor", required_argument, NULL, OPT_ANCHOR },
	{ "chaincode", required_argument, NULL, OPT_CHAINCODE },
	{ "each", no_argument, NULL, OPT_EACH },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "no-replay", no_argument, NULL, OPT_NO_REPLAY },
	{ "mapping", required_argument, NULL, OPT_MAPPING },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "chain", required_argument, NULL, OPT_CHAIN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; otherwise the exit code. */
static int read_option(struct job *job, int opt)
{
	struct qiao_why why;

	switch (opt) {
	case OPT_FAMILY:
		job->family = optarg;
		return -1;
	case OPT_ANCHOR:
		job->anchor = optarg;
		return -1;
	case OPT_CHAINCODE:
		if (add_chaincode(job, optarg, &why) == QIAO_OK)
			return -1;
		return complain(why.text);
	case OPT_EACH:
		job->each = true;
		return -1;
	case OPT_CONFIG:
		job->config[job->configs++] = optarg;
		return -1;
	case OPT_JSON:
		job->json = true;
		return -1;
	case OPT_NO_REPLAY:
		job->no_replay = true;
		return -1;
	case OPT_MAPPING:
		job->mapping = optarg;
		return -1;
	case OPT_POLICY:
		job->policy = optarg;
		return -1;
	case OPT_CHAIN:
		job->chain = optarg;
		return -1;
	case OPT_HELP:
		fputs(usage, stdout);
		return QIAO_EXIT_OK;
	default:
		fputs(usage, stderr);
		return QIAO_EXIT_USAGE;
	}
}

static int read_options(struct job *job, int argc, char **argv)
{
	int opt, code;

	optind = 1;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		code = read_option(job, opt);
		if (code >= 0)
			return code;
	}
	if (!job->family || !job->anchor || optind == argc) {
		fputs(usage, stderr);
		return QIAO_EXIT_USAGE;
	}
	if (strcmp(job->family, "fabric") != 0)
		return complain("only --family fabric is built yet");
	if (job->configs && !job->each)
		return complain("--config goes with --each");
	if (!job->mapping != !job->policy || !job->mapping != !job->chain)
		return complain("--mapping, --policy and --chain go together");
	if (job->mapping && job->json)
		return complain("--mapping has no JSON form; leave out --json");
	return -1;
}

/* A channel that we cannot follow is an answer about every block of it. */
static int open_anchor(struct job *job)
{
	struct qiao_buf b = QIAO_BUF;
	struct qiao_why why;
	qiao_err err = qiao_cli_read(&b, job->anchor, QIAO_BLOCK_MAX, &why);

	if (err == QIAO_OK)
		err = qiao_fabric_judge_new(&job->judge, qiao_buf_slice(&b),
					    &job->rules, &why);
	qiao_buf_free(&b);
	if (err == QIAO_E_UNSUPPORTED) {
		job->unsupported = why;
		return -1;
	}
	if (err == QIAO_OK && qiao_workers_new(&job->workers, 0) == QIAO_OK) {
		job->parallel = qiao_workers_lend(job->workers);
		qiao_fabric_judge_lend(job->judge, &job->parallel);
	}
	if (err == QIAO_OK && job->no_replay)
		qiao_fabric_judge_by_rules(job->judge);
	return err == QIAO_OK ? -1 : complain(why.text);
}

static int open_mapping(struct job *job)
{
	struct qiao_why why;

	if (!job->mapping || !job->judge)
		return -1;
	if (qiao_try_mapping_open(&job->tried, job->mapping, job->policy,
				  job->chain, &why) != QIAO_OK)
		return complain(why.text);
	qiao_fabric_judge_show(job->judge, qiao_try_mapping_sink(job->tried));
	return -1;
}

static int open_configs(struct job *job)
{
	for (size_t i = 0; job->judge && i < job->configs; i++) {
		struct qiao_buf b = QIAO_BUF;
		struct qiao_why why;
		qiao_err err =
			qiao_cli_read(&b, job->config[i], QIAO_BLOCK_MAX, &why);

		if (err == QIAO_OK)
			err = qiao_fabric_judge_give(job->judge,
						     qiao_buf_slice(&b), &why);
		qiao_buf_free(&b);
		if (err != QIAO_OK) {
			fprintf(stderr,
				"qiao verify: --config %s: ", job->config[i]);
			fprintf(stderr, "%s\n", why.text);
			return QIAO_EXIT_USAGE;
		}
	}
	if (job->judge)
		qiao_fabric_judge_given(job->judge);
	return -1;
}

static const char *validity(const struct qiao_fabric_verdict *v)
{
	return v->replayed ? "replayed" : "endorsed-only";
}

static void print_text(const struct qiao_fabric_verdict *v)
{
	char hex[QIAO_HEX_LEN(QIAO_HASH_LEN)];

	if (v->err != QIAO_OK) {
		printf("refuse %s: %s\n", qiao_fabric_refusal(v->err),
		       v->why.text);
		return;
	}
	printf("accept height=%" PRIu64 " hash=%s records=%" PRIu64
	       " validity=%s%s\n",
	       v->height, qiao_hex_encode(hex, qiao_slice_hash(&v->hash)),
	       v->records, validity(v),
	       v->flags_differ ? " warn=flags-differ" : "");
}

static void put_position(struct qiao_jw *w, const struct qiao_fabric_verdict *v)
{
	qiao_jw_key(w, "hash");
	if (v->known)
		qiao_jw_hex(w, qiao_slice_hash(&v->hash));
	else
		qiao_jw_null(w);
	qiao_jw_key(w, "height");
	if (v->known)
		qiao_jw_int(w, (int64_t)v->height);
	else
		qiao_jw_null(w);
}

static void put_string(struct qiao_jw *w, const char *key, const char *s)
{
	qiao_jw_key(w, key);
	if (s)
		qiao_jw_cstr(w, s);
	else
		qiao_jw_null(w);
}

static void put_file(struct qiao_jw *w, const char *file)
{
	struct qiao_slice s = qiao_slice_str(file);
	char name[QIAO_PATH_LEN];

	qiao_jw_key(w, "file");
	if (qiao_utf8_valid(s))
		qiao_jw_str(w, s);
	else
		qiao_jw_cstr(w, qiao_str_escape(name, sizeof(name), s));
}

static void print_json(const char *file, const struct qiao_fabric_verdict *v)
{
	bool ok = v->err == QIAO_OK;
	struct qiao_buf b = QIAO_BUF;
	struct qiao_jw w;

	qiao_jw_init(&w, &b);
	qiao_jw_obj(&w);
	put_string(&w, "code", ok ? NULL : qiao_fabric_refusal(v->err));
	put_file(&w, file);
	qiao_jw_key(&w, "flags");
	qiao_jw_arr(&w);
	for (size_t i = 0; i < v->n_flags; i++)
		qiao_jw_int(&w, v->flags[i]);
	qiao_jw_end(&w);
	put_position(&w, v);
	put_string(&w, "reason", ok ? NULL : v->why.text);
	qiao_jw_kint(&w, "records", (int64_t)v->records);
	put_string(&w, "validity", ok ? validity(v) : NULL);
	qiao_jw_kstr(&w, "verdict", ok ? "accept" : "refuse");
	qiao_jw_key(&w, "warn");
	qiao_jw_arr(&w);
	if (v->flags_differ)
		qiao_jw_cstr(&w, "flags-differ");
	qiao_jw_end(&w);
	qiao_jw_end(&w);
	if (qiao_jw_finish(&w) == QIAO_OK)
		printf("%.*s\n", (int)b.n, (const char *)b.p);
	else
		puts("{}"); /* out of memory */
	qiao_buf_free(&b);
}

/* The verdict on one file; a file that cannot be read is refused too. */
static qiao_err judge_file(struct job *job, struct qiao_fabric_verdict *v,
			   const char *file)
{
	struct qiao_buf b = QIAO_BUF;
	qiao_err err;

	memset(v, 0, sizeof(*v));
	if (!job->judge) {
		v->err = QIAO_E_UNSUPPORTED;
		v->why = job->unsupported;
		return QIAO_OK;
	}
	v->err = qiao_cli_read(&b, file, QIAO_BLOCK_MAX, &v->why);
	if (v->err != QIAO_OK)
		err = v->err == QIAO_E_NOMEM ? v->err : QIAO_OK;
	else if (job->each)
		err = qiao_fabric_judge_each(job->judge, v, qiao_buf_slice(&b));
	else
		err = qiao_fabric_judge_next(job->judge, v, qiao_buf_slice(&b));
	qiao_buf_free(&b);
	return err;
}

static int judge_files(struct job *job, int argc, char **argv)
{
	int code = QIAO_EXIT_OK;

	for (int i = optind; i < argc; i++) {
		struct qiao_fabric_verdict v;

		if (judge_file(job, &v, argv[i]) != QIAO_OK)
			return complain("out of memory");
		if (job->json)
			print_json(argv[i], &v);
		else
			print_text(&v);
		if (job->tried)
			qiao_try_mapping_block(job->tried, v.err == QIAO_OK);
		if (v.err != QIAO_OK)
			code = QIAO_EXIT_NO;
		qiao_fabric_verdict_fini(&v);
	}
	if (job->tried)
		qiao_try_mapping_summary(job->tried);
	if (fflush(stdout) != 0)
		return complain("cannot write the answer");
	return code;
}

int qiao_cmd_verify(int argc, char **argv)
{
	struct job job = { .family = NULL };
	int code;

	job.config = qiao_calloc((size_t)argc, sizeof(char *));
	if (!job.config)
		return complain("out of memory");
	code = read_options(&job, argc, argv);
	if (code < 0)
		code = open_anchor(&job);
	if (code < 0)
		code = open_configs(&job);
	if (code < 0)
		code = open_mapping(&job);
	if (code < 0)
		code = judge_files(&job, argc, argv);
	qiao_fabric_judge_free(job.judge);
	qiao_try_mapping_free(job.tried);
	qiao_workers_free(job.workers);
	qiao_fabric_rules_free(&job.rules);
	qiao_free((void *)job.config);
	return code;
}
